"""A text VAE and its samples under a language model."""

import math

import keras
import numpy as np

from keras_genzoo.models import LanguageModel

BATCH = 100


def compare(language_model, model, held_out, results):
    """The column beside: the language model's likelihood of the same sentences in the same tokens.

    Args:
        language_model: `LanguageModel` with the vocabulary of `model`.
        model: `TextVAE`.
        held_out: `TextSplit`.
        results: dict with `nats_per_sentence` of `model`.

    Returns:
        dict of `language_model_nll`, `language_model_perplexity`, `language_model_nats_per_sentence`, and
        `nats_below_language_model`, by how much the VAE's bound is better.

    Raises:
        ValueError: if the vocabularies differ.
    """
    if language_model.preprocessor.vocabulary != model.preprocessor.vocabulary:
        raise ValueError(
            "The language model has other tokens. Expected the vocabulary of the TextVAE. Received: sizes "
            f"{language_model.preprocessor.vocabulary_size} and {model.preprocessor.vocabulary_size}"
        )
    nats, tokens = totals(language_model, held_out.texts)
    mean = nats / len(held_out)
    return {
        "language_model_nll": nats / tokens,
        "language_model_perplexity": math.exp(nats / tokens),
        "language_model_nats_per_sentence": mean,
        "nats_below_language_model": mean - results["nats_per_sentence"],
    }


def likeness(language_model, samples, training, held_out, epochs=5, seed=0):
    """How samples and data explain each other (Zhao et al. 2018, section 5.2), beside real text in place of samples.

    Args:
        language_model: `LanguageModel` trained on real text.
        samples, training, held_out: lists of str: of the model, of its training set, and others.
        epochs: int, of a fresh language model on the samples; 0 leaves the reverse perplexity out. Defaults to 5.
        seed: int. Defaults to 0.

    Returns:
        dict of `forward_perplexity` (the language model reads samples), `reverse_perplexity` (one trained on the
        samples alone reads held-out text; lower is better, and it misses what samples never say), and the same with as
        many texts of the training set, `..._real`.
    """
    chosen = np.random.default_rng(seed).choice(len(training), min(len(samples), len(training)), replace=False)
    results = {}
    for name, texts in (("", samples), ("_real", [training[i] for i in chosen])):
        results[f"forward_perplexity{name}"] = perplexity(language_model, texts)
        if epochs:
            fresh = _trained_on(language_model, texts, epochs, seed)
            results[f"reverse_perplexity{name}"] = perplexity(fresh, held_out)
    return results


def perplexity(language_model, texts):
    """exp of nats a token over all texts."""
    nats, tokens = totals(language_model, texts)
    return math.exp(nats / max(1, tokens))


def totals(language_model, texts):
    """Nats and tokens of texts."""
    nats, tokens = 0.0, 0
    for begin in range(0, len(texts), BATCH):
        score = language_model.score(texts[begin : begin + BATCH])
        nats += float(score["nats"].sum(dtype="float64"))
        tokens += int(score["tokens"].sum())
    return nats, tokens


def _trained_on(language_model, texts, epochs, seed):
    """A language model of the same shape that has seen nothing but these texts."""
    keras.utils.set_random_seed(seed)
    fresh = LanguageModel.from_config(language_model.get_config())
    fresh.compile(optimizer=keras.optimizers.Adam(3e-3, global_clipnorm=1.0))
    ids = fresh.preprocessor(texts).numpy()
    weight = (ids[:, 1:] != 0).astype("float32")
    fresh.fit(ids[:, :-1], ids[:, 1:], sample_weight=weight, batch_size=32, epochs=epochs, verbose=0)
    return fresh
