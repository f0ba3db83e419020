"""Texts of an artefact: what a translator makes of the lines of a file, of standard input, or of single texts."""

import contextlib
import pathlib
import sys

import numpy as np

from keras_genzoo.artifacts.options import check_options
from keras_genzoo.checkpoints import write_whole
from keras_genzoo.data import local_text
from keras_genzoo.models.seq2seq_inference import check_search
from keras_genzoo.visualization import attention_maps, save

PICTURE = ".png"
DEFAULTS = {"max_length": 60, "beam_width": 5, "length_penalty": 1.0}
BATCH_SIZE, MAPS = 64, 6


def generate(served, manifest, out, num_samples, seed, options):
    """Translates `prompts`, or else the lines of the file `input`, `"-"` for standard input.

    `num_samples` is how many translations of each there are, the best first, at most `beam_width`, one after the other
    and each a line: those of the source number i from 0 are the lines from `num_samples * i` on. See
    `generation.generate`. Returns the texts, a list of str.
    """
    settings, count = _settings(options), num_samples or 1
    if count > settings["beam_width"]:
        raise ValueError(
            "Expected at most beam_width translations of a text. "
            f"Received: beam_width={settings['beam_width']}, num_samples={count}"
        )
    sources = _sources(options)
    batches = _batches(sources)
    done = _progress(len(batches))
    found = [()] * len(sources)
    for batch in batches:
        texts = _translated(served, [sources[i] for i in batch], settings)
        for i, row in zip(batch, texts, strict=True):
            found[i] = row[:count]
        done()
    texts = [text.decode("utf-8", "replace") for row in found for text in row]
    if out is not None:
        write_whole(pathlib.Path(out), "".join(f"{text}\n" for text in texts))
    return texts


def draw(path, out, num_samples, options):
    """Draws what is attended to in the translations of the first texts, as a picture.

    Args:
        path: folder of the artefact, whose `model.keras` tells the tokens, as a SavedModel does not.
        out: `.png` file to write.
        num_samples: int, at most so many maps, or `None` for 6.
        options: as of `generate`.

    Returns:
        `pathlib.Path` of the picture.
    """
    import keras

    settings, sources = _settings(options), _sources(options)[: num_samples or MAPS]
    model = keras.models.load_model(pathlib.Path(path) / "model.keras", compile=False)
    figure = attention_maps(model, sources, model.generate(sources, **settings), count=len(sources))
    save(figure, out)
    return pathlib.Path(out)


def _settings(options):
    """The numbers of a search: those given, and the defaults of the others."""
    check_options(options, {"prompts", "input", *DEFAULTS})
    settings = {**DEFAULTS, **{name: options[name] for name in DEFAULTS if options.get(name) is not None}}
    check_search(**settings)
    return settings


def _progress(count):
    """A function to be called after each batch: a bar on standard error, as standard output is for the texts."""
    import keras

    with contextlib.redirect_stdout(sys.stderr):  # the bar looks at what it is made on, and writes to the newest
        bar = keras.utils.Progbar(count, verbose=int(sys.stderr.isatty() and count > 1), unit_name="batch")

    def done():
        with contextlib.redirect_stdout(sys.stderr):
            bar.add(1)

    return done


def _translated(served, sources, settings):
    """The best translations of each source: object array `(batch, beam_width)` of bytes."""
    import tensorflow as tf

    numbers = {name: tf.constant(value, type(DEFAULTS[name]).__name__ + "32") for name, value in settings.items()}
    return served.signatures["generate"](sources=tf.constant(sources, tf.string), **numbers)["texts"].numpy()


def _batches(sources):
    """Numbers of the sources in batches of about equal length."""
    order = np.argsort([len(source) for source in sources], kind="stable")
    return [order[i : i + BATCH_SIZE].tolist() for i in range(0, len(order), BATCH_SIZE)]


def _sources(options):
    """The prompts, or the lines of a UTF-8 file; each gives one line of output, an empty one, too."""
    prompts, name = options.get("prompts"), options.get("input")
    if bool(prompts) == (name is not None):
        raise ValueError(
            f"{'Two things' if prompts else 'Nothing'} to translate. Expected --prompt TEXT, or --input FILE (- for "
            f"standard input). Received: prompts={prompts}, input={name}"
        )
    if prompts:
        return prompts
    content = sys.stdin.buffer.read() if name == "-" else pathlib.Path(name).read_bytes()
    return local_text.split_lines(local_text.decoded(content, name))
