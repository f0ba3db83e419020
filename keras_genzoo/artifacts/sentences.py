"""Sentences of an artefact: what a text VAE writes from codes of its prior."""

from keras_genzoo.artifacts.images import class_labels, num_classes
from keras_genzoo.artifacts.options import check_options
from keras_genzoo.artifacts.texts import written
from keras_genzoo.models.text import LENGTH, check_sampling, strings

DEFAULT_SAMPLES, TEMPERATURE = 16, 1.0


def generate(served, manifest, out, num_samples, seed, options):
    """Writes samples; see `generation.generate`. Returns the texts, a list of str."""
    import tensorflow as tf

    signature = served.signatures["generate"]
    conditional = "labels" in signature.structured_input_signature[1]
    check_options(options, {"max_length", "temperature"} | ({"label"} if conditional else set()))
    max_length = LENGTH if options.get("max_length") is None else options["max_length"]
    temperature = TEMPERATURE if options.get("temperature") is None else options["temperature"]
    check_sampling(max_length, temperature, 0, 1.0)
    num_samples = DEFAULT_SAMPLES if num_samples is None else num_samples
    arguments = {"num_samples": tf.constant(num_samples, tf.int32)}
    if conditional:
        labels = class_labels(options.get("label"), num_classes(manifest), num_samples)
        arguments = {"labels": tf.constant(labels, tf.int32)}
    outputs = signature(
        max_length=tf.constant(max_length, tf.int32), temperature=tf.constant(temperature, tf.float32),
        seed=tf.constant(seed, tf.int32), **arguments,
    )  # fmt: skip
    return written(strings(outputs["texts"]), out)
