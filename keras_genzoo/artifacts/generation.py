"""Calls the `generate` signature of an artefact, of whatever family."""

import pathlib

from keras_genzoo.artifacts import images, sentences, texts, translations
from keras_genzoo.manifest import SAVED_MODEL, open_artifact

KINDS = {  # by an input of the signature; images and points have none of these
    "prompts": texts.generate,
    "sources": translations.generate,
    "temperature": sentences.generate,
}


def generate(path, out=None, num_samples=None, seed=0, **options):
    """Calls the `generate` signature of an artefact.

    Args:
        path: folder with a manifest.
        out: file to write: `.png` for a picture of images (`samples.png` by default) or `.npz` for their arrays, any
            name for texts, which are returned in any case; or `None`. Of a translator, `.png` is a picture of what is
            attended to.
        num_samples: int, by default 16 images or sentences, or one text a prompt; in a picture of a translator at most
            6 maps. Several translations of a text stand one after the other, the best first.
        seed: int, of 32 bits. Defaults to 0.
        **options: `label` of a conditional model, by default all classes in turn; of a language model `prompts` (list
            of str), `max_length`, `temperature`, `top_k` and `top_p`; of a translator `prompts` or `input`, a file of
            one text a line (`"-"` is standard input), `max_length`, `beam_width` and `length_penalty`; of a text VAE
            `max_length` and `temperature`.

    Returns:
        `pathlib.Path` of the picture or arrays, or the texts, a list of str.

    Raises:
        ValueError: for an option that the model does not take or that is out of range, another ending, or a model that
            generates nothing or is damaged.
        FileNotFoundError: if there is no manifest, or no folder to write in.
    """
    import tensorflow as tf

    manifest = open_artifact(path, SAVED_MODEL, ["signatures"])
    if out is not None and not pathlib.Path(out).absolute().parent.is_dir():
        folder = pathlib.Path(out).absolute().parent
        raise FileNotFoundError(f"No folder to write in. Expected {folder} to exist. Received: {out}")
    if num_samples is not None and num_samples < 1:
        raise ValueError(f"Expected at least one sample. Received: num_samples={num_samples}")
    if not -(2**31) <= seed < 2**31:
        raise ValueError(f"Expected a seed of 32 bits, below {2**31}. Received: seed={seed}")
    if "generate" not in manifest["signatures"]:
        raise ValueError(f"This model generates nothing. Expected one with a signature generate. Received: {path}")
    served = tf.saved_model.load(str(pathlib.Path(path) / SAVED_MODEL))
    signature = served.signatures["generate"]
    accepted = signature.structured_input_signature[1]
    make = next((make for name, make in KINDS.items() if name in accepted), images.generate)
    if make is translations.generate and pathlib.Path(out or "").suffix == translations.PICTURE:
        return translations.draw(path, out, num_samples, options)
    return make(served, manifest, out, num_samples, seed, options)
