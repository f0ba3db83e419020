"""Checks of what a `TextVAE` is made of and learns from, each with a one-line answer."""

import keras

from keras_genzoo.models import checks, text

FREE_BITS_PER = ("dimension", "total")


def check_arguments(
    beta, free_bits, free_bits_per, word_dropout, aggressive, pretrain_steps, language_model_steps, num_samples
):  # fmt: skip
    """Refuses arguments of `TextVAE` that are out of range, or exclude each other."""
    schedule = isinstance(beta, keras.optimizers.schedules.LearningRateSchedule)
    if not schedule and not (isinstance(beta, (int, float)) and beta >= 0):
        raise ValueError(f"Expected beta to be a number of at least 0 or a schedule. Received: beta={beta!r}")
    if not free_bits >= 0 or free_bits_per not in FREE_BITS_PER:
        raise ValueError(
            f"Expected free_bits of at least 0, free_bits_per one of {FREE_BITS_PER}. "
            f"Received: {free_bits=}, {free_bits_per=}"
        )
    if not 0 <= word_dropout < 1:
        raise ValueError(f"Expected word_dropout in [0, 1). Received: {word_dropout=}")
    for name, value, least in (
        ("aggressive", aggressive, 0), ("pretrain_steps", pretrain_steps, 0),
        ("language_model_steps", language_model_steps, 0), ("num_samples", num_samples, 1),
    ):  # fmt: skip
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ValueError(f"Expected {name} to be an integer of at least {least}. Received: {name}={value!r}")
    if language_model_steps and (aggressive or pretrain_steps):
        raise ValueError(
            "A decoder that starts as a language model excludes other phases. Expected aggressive=0, pretrain_steps=0. "
            f"Received: {language_model_steps=}, {aggressive=}, {pretrain_steps=}"
        )


def check_parts(encoder, decoder, preprocessor, num_classes):
    """Encoder, decoder and preprocessor must agree on vocabulary, code and labels."""
    if not preprocessor.sentences:
        raise ValueError("A TextVAE is of sentences. Expected sentences=True. Received: preprocessor.sentences=False")
    size, latent_dim = preprocessor.vocabulary_size, encoder.latent_dim
    for name, received, expected in (
        ("encoder.vocabulary_size", encoder.vocabulary_size, size),
        ("encoder.num_classes", encoder.num_classes, num_classes),
        ("decoder.vocabulary_size", decoder.vocabulary_size, size),
        ("decoder.context_dim", decoder.context_dim, latent_dim + (num_classes or 0)),
    ):
        if received != expected:
            raise ValueError(
                f"The parts do not fit together. Expected {name} of {expected}. Received: {name}={received}"
            )


def check_batch(x, y, vocabulary_size, num_classes):
    """Raises a one-line `ValueError` for data a `TextVAE` cannot learn from."""
    names = ["decoder_ids", "token_ids"] if num_classes is None else ["decoder_ids", "labels", "token_ids"]
    if not isinstance(x, dict) or sorted(x) != names or y is None:
        raise ValueError(
            f"Wrong data. Expected ({{{', '.join(names)}}}, next_ids[, sample_weight]). "
            f"Received: x of {sorted(x) if isinstance(x, dict) else type(x).__name__}, y of {type(y).__name__}"
        )
    for name, values in (("token_ids", x["token_ids"]), ("decoder_ids", x["decoder_ids"]), ("y", y)):
        text.check_token_ids(name, values, vocabulary_size)
    if y.shape != x["decoder_ids"].shape or len(y) != len(x["token_ids"]):
        raise ValueError(
            f"Wrong shape of y. Expected that of decoder_ids, {x['decoder_ids'].shape}, and as many rows as token_ids, "
            f"{len(x['token_ids'])}. Received: y.shape={y.shape}"
        )
    if num_classes is not None:
        checks.check_labels(x["labels"], num_classes, len(y))
