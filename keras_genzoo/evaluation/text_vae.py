"""What a text VAE is worth: bounds of its likelihood, what its code carries, and how its samples read."""

import math

import keras
import numpy as np

from keras_genzoo import metrics
from keras_genzoo.evaluation.dispatch import evaluate
from keras_genzoo.evaluation.language_model import describe_samples
from keras_genzoo.evaluation.text_samples import compare, likeness
from keras_genzoo.models import TextVAE
from keras_genzoo.models.text import LENGTH, labelled, longest

MUTUAL_INFORMATION_EXAMPLES = 10_000


@evaluate.register(TextVAE)
def _(
    model, splits, split="test", num_samples=500, max_examples=None, batch_size=100, seed=0, verbose=0,
    prior_samples=1000, language_model=None, reverse_epochs=5,
):  # fmt: skip
    held_out = getattr(splits, split)
    held_out = held_out if max_examples is None else held_out.take(max_examples)
    max_length = longest(model.preprocessor, held_out.texts)
    columns = measure(model, held_out, num_samples, batch_size, seed, verbose, max_length)
    nats, tokens, count = columns["nats"].astype("float64"), int(columns["tokens"].sum()), len(held_out)
    few = min(count, MUTUAL_INFORMATION_EXAMPLES)
    results = {
        "nll": nats.sum() / tokens,
        "perplexity": math.exp(nats.sum() / tokens),
        "nats_per_sentence": nats.mean(),
        "nats_per_sentence_standard_error": nats.std() / math.sqrt(count),
        **{name: columns[name].mean(dtype="float64") for name in ("elbo", "kl", "reconstruction_nll")},
        "mutual_information": metrics.mutual_information(columns["z_mean"][:few], columns["z_log_var"][:few], seed),
        "mutual_information_limit": math.log(few),
        "active_units": metrics.active_units(columns["z_mean"]),
        **reconstruction(model, held_out.texts, columns["reconstruction"].tolist()),
        "unknown_share": int(columns["unknown"].sum()) / tokens,
    }
    if "nats" in splits.info and max_examples is None:  # of a source whose probabilities are known
        results["exact_nats_per_sentence"] = splits.info["nats"][split]
        results["excess"] = results["nats_per_sentence"] / splits.info["nats"][split] - 1
    samples = draw(model, prior_samples, splits.train.labels, seed, max_length=max_length)
    if language_model is not None:
        results |= compare(language_model, model, held_out, columns["nats"])
        results |= likeness(language_model, samples, splits.train.texts, held_out.texts, reverse_epochs, seed)
    results |= describe_samples(samples, splits, held_out)
    return {name: float(value) if isinstance(value, np.floating) else value for name, value in results.items()} | {
        "split": split,
        "num_tokens": tokens,
        "num_examples": count,
        "num_importance_samples": num_samples,
        "seed": seed,
    }


def measure(model, held_out, num_samples, batch_size=100, seed=0, verbose=0, max_length=LENGTH):
    """All of `model.bounds`, `model.encode` and `model.reconstruct`, in batches of about equal length.

    Returns:
        dict from name to an array `(examples, ...)`, in the order of the split; `reconstruction` is one of str.
    """
    order = np.argsort([len(text) for text in held_out.texts], kind="stable")
    bar = keras.utils.Progbar(len(order), verbose=verbose, unit_name="sentence")
    parts = []
    for begin in range(0, len(order), batch_size):
        rows = order[begin : begin + batch_size]
        labels = None if held_out.labels is None else held_out.labels[rows]
        x = labelled(model, [held_out.texts[i] for i in rows], labels)
        codes = {name: value.numpy() for name, value in model.encode(x).items()}
        texts = np.array(model.reconstruct(x, max_length), object)
        parts.append({**model.bounds(x, num_samples, seed), **codes, "reconstruction": texts})
        bar.add(len(rows))
    back = np.argsort(order)
    return {name: np.concatenate([part[name] for part in parts])[back] for name in parts[0]}


def reconstruction(model, texts, reconstructed):
    """How much of texts comes back: BLEU of sacrebleu and exact matches, of the preprocessor's tokens.

    A token that is not in the vocabulary is never generated, so such a text is never matched.
    """

    def tokens(texts):
        preprocessor = model.preprocessor
        return [text.decode("utf-8", "replace") for text in preprocessor.join(preprocessor(texts)).numpy()]

    pair = tokens(reconstructed), tokens(texts)
    score, signature = metrics.bleu(*pair, tokenize="none")
    return {
        "reconstruction_bleu": score,
        "reconstruction_bleu_signature": signature,
        "reconstruction_exact_match": metrics.exact_match(*pair),
    }


def draw(model, count, labels=None, seed=0, chunk=200, max_length=LENGTH):
    """Samples in parts, which are those drawn at once; a conditional model is asked for the labels of the data."""
    texts = []
    for begin in range(0, count, chunk):
        size = min(chunk, count - begin)
        if model.num_classes is None:
            texts += model.generate(size, max_length=max_length, seed=seed, first_row=begin)
        else:
            asked = np.resize(labels, count)[begin : begin + size]
            texts += model.generate(labels=asked, max_length=max_length, seed=seed, first_row=begin)
    return texts
