"""Texts of an artefact: what a language model writes after prompts."""

import pathlib

from keras_genzoo.artifacts.options import check_options
from keras_genzoo.checkpoints import write_whole
from keras_genzoo.models.text import check_sampling, strings

DEFAULTS = {"max_length": 200, "temperature": 1.0, "top_k": 0, "top_p": 1.0}


def generate(served, manifest, out, num_samples, seed, options):
    """Goes on with prompts, each `num_samples` times; see `generation.generate`. Returns the texts, a list of str."""
    import tensorflow as tf

    check_options(options, {"prompts", *DEFAULTS})
    given = {name: options[name] for name in DEFAULTS if options.get(name) is not None}
    settings = {**DEFAULTS, **given}
    check_sampling(**settings)
    prompts = [prompt for prompt in options.get("prompts") or [""] for _ in range(num_samples or 1)]
    numbers = {name: tf.constant(value, type(DEFAULTS[name]).__name__ + "32") for name, value in settings.items()}
    outputs = served.signatures["generate"](prompts=tf.constant(prompts), seed=tf.constant(seed, tf.int32), **numbers)
    return written(strings(outputs["texts"]), out)


def written(texts, out):
    """The texts, after they were written to a file if there is to be one."""
    if out is not None:
        if pathlib.Path(out).suffix in (".png", ".npz"):
            raise ValueError(f"This model writes texts. Expected a file of text, such as samples.txt. Received: {out}")
        write_whole(pathlib.Path(out), "\n\n".join(texts) + "\n")
    return texts
