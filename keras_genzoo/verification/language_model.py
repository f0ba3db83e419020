"""Language models and decoders against exact answers."""

import itertools
import math

import keras
import numpy as np
import tensorflow as tf

from keras_genzoo import decoding, recipes
from keras_genzoo.models import LanguageModel
from keras_genzoo.networks import RecurrentDecoder
from keras_genzoo.preprocessing import TextPreprocessor
from keras_genzoo.training import train
from keras_genzoo.verification.table import Check, Row

TEXTS = ["to be or not to be", "that is the question", "to be is the question", "not that"]


def small_model(cell="lstm", seed=0):
    """An untrained `LanguageModel` of words, with weights large enough to matter."""
    keras.utils.set_random_seed(seed)
    preprocessor = TextPreprocessor.learn(TEXTS, level="words")
    network = RecurrentDecoder(preprocessor.vocabulary_size, 6, 12, num_layers=2, cell=cell)
    for variable in network.trainable_variables:
        variable.assign(variable * 3.0)
    return LanguageModel(network, preprocessor)


def perplexity():
    """A model that knows nothing has the size of its vocabulary."""
    model = small_model()
    for variable in model.network.trainable_variables:
        variable.assign(variable * 0.0)
    model.compile()
    ids = model.preprocessor(TEXTS)
    measured = model.evaluate(ids[:, :-1], ids[:, 1:], batch_size=3, verbose=0, return_dict=True)["perplexity"]
    yield Row("perplexity of a uniform model", measured, model.network.vocabulary_size, "=", 1e-3, "words, padded")


def padding():
    """Order, batch size and padding of a set leave its nats a token as they are."""
    model = small_model("gru")
    model.compile()
    ids = model.preprocessor(TEXTS).numpy()
    padded = np.pad(ids[::-1], ((0, 0), (0, 5)))
    plain, other = (
        model.evaluate(x[:, :-1], x[:, 1:], batch_size=size, verbose=0, return_dict=True)["nll"]
        for x, size in ((ids, 4), (padded, 3))
    )
    yield Row("nats a token, reversed, padded, in other batches", other, plain, "=", 1e-5, "")


def stepping():
    """Teacher forcing is stepping."""
    for cell in ("simple_rnn", "gru", "lstm"):
        model = small_model(cell)
        ids = model.preprocessor(TEXTS)
        logits, _ = model.network(ids)
        state, step = model.network.initial_state(len(TEXTS)), model.network.stepper()
        difference = 0.0
        for t in range(ids.shape[1]):
            stepwise, state = step(ids[:, t], state)
            difference = max(difference, float(np.max(np.abs(stepwise - logits[:, t]))))
        yield Row(f"{cell}: teacher-forced against stepwise logits", difference, 0.0, "=", 1e-4, "largest difference")


def prompts():
    """A batch of unequal prompts equals one by one."""
    model, texts = small_model(), ["to", "", "that is the", "not that to be"]
    for name, options in (("greedy", {"temperature": 0.0}), ("sampled", {"seed": 3, "top_p": 0.9})):
        together = model.generate(texts, max_length=20, **options)
        alone = [model.generate([text], max_length=20, first_row=i, **options)[0] for i, text in enumerate(texts)]
        equal = sum(a == b for a, b in zip(together, alone, strict=True))
        yield Row(f"unequal prompts in a batch against one by one, {name}", equal, len(texts), "=", 0.0, "equal texts")


def samplers():
    """Draws against the softmax, and the set that top-p keeps."""
    logits, count = np.array([2.0, 1.0, 0.5, 0.2, -1.0], "float32"), 100_000
    uniform = np.random.default_rng(0).random(count).astype("float32")
    for name, options, kept in (
        ("softmax", {}, 5),
        ("top-k of 3", {"top_k": 3}, 3),
        ("top-p of .8", {"top_p": 0.8}, 3),
    ):
        drawn = decoding.choose(tf.tile(logits[None], (count, 1)), uniform, **options).numpy()
        probability = np.exp(logits[:kept].astype("float64"))
        expected = count * probability / probability.sum()
        found = np.bincount(drawn, minlength=5)
        yield Row(f"{name}: draws of what it leaves out", found[kept:].sum(), 0, "=", 0.0, f"{count} draws")
        chi_square = np.sum((found[:kept] - expected) ** 2 / expected)
        limit = kept - 1 + 4 * math.sqrt(2 * (kept - 1))
        yield Row(f"{name}: chi-square of the draws", chi_square, limit, "<=", 0.0, f"{kept - 1} degrees of freedom")


def beams():
    """Width 1 is greedy; full width is brute force."""
    size, end, words, max_length = 5, 3, (1, 4), 3
    generator = np.random.default_rng(0)
    table = generator.standard_normal((size, size)).astype("float32") * 1.5
    first = generator.standard_normal((4, size)).astype("float32")

    def step(token_ids, state):
        return tf.gather(tf.constant(table), token_ids), state

    def log_p(row, sequence):
        total, logits = 0.0, first[row]
        for token in (*sequence, end):
            allowed = np.exp(logits[[1, 3, 4]].astype("float64"))
            total += logits[token] - math.log(allowed.sum())
            logits = table[token]
        return total / (len(sequence) + 1)

    every = [sequence for n in range(max_length + 1) for sequence in itertools.product(words, repeat=n)]
    search = {"end_id": end, "forbidden": (0, 2)}
    wide = decoding.beam_search(step, first, (), max_length, beam_width=20, **search)
    error = max(
        abs(float(wide["scores"][row, k]) - score)
        for row in range(4)
        for k, score in enumerate(sorted((log_p(row, sequence) for sequence in every), reverse=True))
    )
    yield Row("beam of full width against brute force, scores", error, 0.0, "=", 1e-4, f"{len(every)} sequences")
    one = decoding.beam_search(step, first, (), max_length, beam_width=1, **search)["token_ids"][:, 0]
    greedy = decoding.sample(step, first, (), max_length, temperature=0.0, **search)
    yield Row("beam of width 1 against greedy, different tokens", np.sum(one != greedy), 0, "=", 0.0, "")


def grammar():
    """A model of sentences whose entropy is known exactly comes close to it and not below."""
    recipe = recipes.get("lstm-grammar")
    settings = {"epochs": 4}
    splits = recipe.load(recipe.settings(**settings))
    model, _ = train(recipe, splits=splits, verbose=0, **settings)
    exact = splits.info["nats"]["test"]
    nats = float(np.mean(model.score(splits.test.texts)["nats"]))
    yield Row("lstm-grammar, nats a sentence", nats, 1.02 * exact, "<=", 0.0, "2 % above the exact mean, 4 epochs")
    yield Row("and not below the exact mean", nats, exact, ">=", 0.01, "of the very test sentences")


CHECKS = (
    Check("perplexity", "language model", perplexity),
    Check("padding of texts", "language model", padding),
    Check("stepping", "language model", stepping),
    Check("unequal prompts", "language model", prompts),
    Check("samplers", "decoding", samplers),
    Check("beam search", "decoding", beams),
    Check("entropy of the grammar", "language model", grammar),
)
