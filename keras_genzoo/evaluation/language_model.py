"""What a language model is worth: nats a token of held-out text, and what its samples look like."""

import math

import keras
import numpy as np

from keras_genzoo import metrics
from keras_genzoo.evaluation.dispatch import evaluate
from keras_genzoo.models import LanguageModel
from keras_genzoo.preprocessing import UNKNOWN

SAMPLES, SAMPLE_LENGTH = 200, {True: 60, False: 500}  # new tokens at most, of sentences and of running text
COPIED_WORDS = 4


@evaluate.register(LanguageModel)
def _(model, splits, split="test", num_samples=SAMPLES, max_examples=None, batch_size=100, seed=0, verbose=0):
    held_out = getattr(splits, split)
    held_out = held_out if max_examples is None else held_out.take(max_examples)
    nats, tokens, unknown = _totals(model, held_out, batch_size, verbose)
    results = {
        "nll": nats / tokens,
        "perplexity": math.exp(nats / tokens),
        "bits_per_character": nats / math.log(2) / sum(map(len, held_out.texts)),
        "unknown_share": unknown / tokens,
    }
    sentences = model.preprocessor.sentences
    if sentences:
        results["nats_per_sentence"] = nats / len(held_out)
    else:
        results["streaming_nll"] = _streaming_nll(model, held_out)
    if "nats" in splits.info and max_examples is None:  # of a source whose probabilities are known
        results["exact_nats_per_sentence"] = splits.info["nats"][split]
        results["excess"] = results["nats_per_sentence"] / splits.info["nats"][split] - 1
    samples = model.generate([""] * (num_samples or SAMPLES), max_length=SAMPLE_LENGTH[sentences], seed=seed)
    return results | {
        **describe_samples(samples, splits, held_out),
        "split": split,
        "num_tokens": tokens,
        "num_examples": len(held_out),
        "window": held_out.window,
        "seed": seed,
    }


def describe_samples(samples, splits, held_out):
    """How varied samples are, and how much of them is copied, beside the same of as many held-out texts."""
    rate = {"samples": samples, "held_out": held_out.texts[: len(samples)]}
    known = {gram for text in splits.train.texts for gram in metrics.ngrams(text, COPIED_WORDS)}
    results = {f"copy_rate_{name}": metrics.copy_rate(texts, known, COPIED_WORDS) for name, texts in rate.items()}
    results |= {f"distinct_2_{name}": metrics.distinct(texts, 2) for name, texts in rate.items()}
    return results | {"num_samples": len(samples)}


def _totals(model, held_out, batch_size, verbose):
    """Nats, tokens and unknown tokens over a split; every window begins anew."""
    nats, tokens, unknown = 0.0, 0, 0
    batches = held_out.batches(batch_size, shuffle=False, drop_remainder=False)
    bar = keras.utils.Progbar(len(batches), verbose=verbose, unit_name="batch")
    for ids, next_ids, weight in batches:
        real = weight.numpy() > 0
        nll, _ = model.token_nll(ids, next_ids)
        nats += float(nll.numpy()[real].sum(dtype="float64"))
        tokens += int(real.sum())
        unknown += int(((next_ids.numpy() == UNKNOWN) & real).sum())
        bar.add(1)
    return nats, tokens, unknown


def _streaming_nll(model, held_out):
    """Nats a token of running text that is read once, from beginning to end, with the state carried over."""
    nats, tokens, state = 0.0, 0, None
    for ids, next_ids, weight in held_out.batches(1, shuffle=False, drop_remainder=False):
        nll, state = model.token_nll(ids, next_ids, state)
        nats += float(np.sum(nll.numpy(), dtype="float64"))
        tokens += int(np.sum(weight.numpy() > 0))
    return nats / tokens
