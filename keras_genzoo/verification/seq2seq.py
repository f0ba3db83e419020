"""Attention, teacher forcing and search of sequence-to-sequence models, against themselves and brute force."""

import itertools

import numpy as np
import tensorflow as tf

from keras_genzoo import networks
from keras_genzoo.models import Seq2Seq
from keras_genzoo.optimizers import FusedAdam
from keras_genzoo.preprocessing import END, START, TextPreprocessor
from keras_genzoo.verification.table import Check, Row

SOURCES = ["a b c", "c", "b b a c b", ""]
TARGETS = ["c b a", "c", "b c a b b", "a"]
STRUCTURES = ("conditional", "input_feeding", "output")
PADDING = 6
DIGITS = tuple("0123456789")


def padding():
    """Attention on padding is exactly 0, and more padding changes nothing, over steps and layers."""
    for structure in STRUCTURES:
        model = _model(structure)
        source, target = model.preprocessor(SOURCES).numpy(), model.preprocessor(TARGETS).numpy()
        logits, weights = model._forced(model._encode(source), target[:, :-1])
        longer, more = model._forced(model._encode(np.pad(source, ((0, 0), (0, PADDING)))), target[:, :-1])
        width, detail = source.shape[1], f"{structure}, 2 layers, {target.shape[1] - 1} steps"
        on_padding = np.max(np.abs(weights.numpy() * (source == 0)[:, None]))
        yield Row("attention on padding", max(on_padding, np.max(more[..., width:])), 0.0, detail=detail)
        yield Row(
            "attention's sum over the source", np.max(np.abs(np.sum(weights, axis=-1) - 1)), 0.0, "=", 1e-5, detail
        )
        difference = np.max(np.abs(longer - logits))
        yield Row("logits with more padding", difference, 0.0, "=", 1e-5, f"{detail}, {PADDING} more columns")


def stepping():
    """One step after the other gives the logits of teacher forcing."""
    for structure in STRUCTURES:
        model = _model(structure)
        source, ids = model.preprocessor(SOURCES), model.preprocessor(TARGETS).numpy()[:, :-1]
        logits, _ = model._forced(model._encode(source), ids)
        step, state = model._begin(model._encode(source))
        difference = 0.0
        for t in range(ids.shape[1]):
            one, state = step(tf.constant(ids[:, t]), state)
            difference = max(difference, np.max(np.abs(one - logits[:, t])))
        yield Row("stepping = teacher forcing", difference, 0.0, "=", 1e-5, f"{structure}, {ids.shape[1]} steps")


def search():
    """Of nothing comes nothing; width 1 is greedy, full width brute force; the batch does not matter; scores stay."""
    model, length = _model("conditional"), 2
    source = model.preprocessor(SOURCES)
    alone = [_found(model, source[i : i + 1], 3, 5) for i in range(len(SOURCES))]
    together = _found(model, source, 3, 5)
    wrong = sum(np.any(one["token_ids"][0] != together["token_ids"][i]) for i, one in enumerate(alone))
    yield Row("a batch of unequal sources = one by one", wrong, 0.0, detail="sources whose 3 best differ")
    written = np.count_nonzero(together["token_ids"][SOURCES.index("")])
    yield Row("an empty source gives an empty text", written, 0.0, detail="tokens of the 3 best")
    source = model.preprocessor([text for text in SOURCES if text])
    greedy = _found(model, source, 1, 5)["token_ids"].numpy()[:, 0]
    wrong = np.count_nonzero(greedy != _greedy(model, source, 5))
    yield Row("beam of width 1 = greedy", wrong, 0.0, detail=f"tokens that differ, {len(source)} sources")
    difference = _largest_change(model, source, width=4, length=6)
    yield Row("scores of finished hypotheses", difference, 0.0, "=", 1e-5, "4 a source, against teacher forcing")
    every, scores = _brute_force(model, source[:1], length)
    width = 4 ** (length + 1)
    found = _found(model, source[:1], width, length)
    best = found["token_ids"].numpy()[0, : len(every)]
    wrong = np.count_nonzero(best != every)
    yield Row("full width = brute force: tokens", wrong, 0.0, detail=f"{len(every)} sequences, best first")
    difference = np.max(np.abs(found["scores"].numpy()[0, : len(every)] - scores))
    yield Row("full width = brute force: scores", difference, 0.0, "=", 1e-5, "log p by the length")


def reversal():
    """A model that has learnt to write sequences in reverse looks along the anti-diagonal."""
    generator = np.random.default_rng(0)
    rows = [generator.choice(DIGITS, generator.integers(1, 7)) for _ in range(4000)]
    sources, targets = ([" ".join(row[::order]) for row in rows] for order in (1, -1))
    preprocessor = TextPreprocessor(DIGITS, level="words")
    encoder = networks.RecurrentEncoder(preprocessor.vocabulary_size, 16, 32)
    decoder = networks.AttentionDecoder(preprocessor.vocabulary_size, 16, 32, encoder.output_dim)
    for weight in encoder.trainable_weights + decoder.trainable_weights:
        scale = np.sqrt(2 / sum(weight.shape)) if len(weight.shape) == 2 else 0.1
        weight.assign(generator.standard_normal(weight.shape) * scale)
    model = Seq2Seq(encoder, decoder, preprocessor)
    model.compile(FusedAdam(1e-2, global_clipnorm=1.0))
    source, target = preprocessor(sources).numpy(), preprocessor(targets).numpy()
    x = {"source_ids": source, "source_mask": source != 0, "decoder_ids": target[:, :-1]}
    real = (target[:, 1:] != 0).astype("float32")
    model.fit(x, target[:, 1:], sample_weight=real, batch_size=64, epochs=3, shuffle=False, verbose=0)
    aligned = model.align(sources[:100], targets[:100])
    hits = [
        weights[i].argmax() == len(tokens) - 1 - i  # the start token is the source's first
        for weights, tokens in zip(aligned["attention"], aligned["target_tokens"], strict=True)
        for i in range(len(tokens) - 1)
    ]
    detail = "share of the tokens of reversed sequences that look most at their own, after 189 updates"
    yield Row("alignment of a reversal = anti-diagonal", np.mean(hits), 0.95, ">=", detail=detail)


def _model(structure):
    """Small and untrained, but with logits that are far apart."""
    preprocessor = TextPreprocessor.learn(SOURCES + TARGETS, level="words")
    size = preprocessor.vocabulary_size
    encoder = networks.RecurrentEncoder(size, 4, 5, num_layers=2)
    decoder = networks.AttentionDecoder(size, 4, 5, encoder.output_dim, num_layers=2, structure=structure)
    generator = np.random.default_rng(0)
    for weight in encoder.trainable_weights + decoder.trainable_weights:
        weight.assign(generator.standard_normal(weight.shape) * 0.7)
    return Seq2Seq(encoder, decoder, preprocessor)


def _found(model, source, width, length):
    return model._generate_ids(source, tf.constant(width), tf.constant(length), tf.constant(1.0))


def _log_p(logits):
    """In NumPy, without the three tokens that are never generated."""
    logits = np.asarray(logits, "float64")[..., END:]
    logits -= logits.max(axis=-1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))


def _largest_change(model, source, width, length):
    """The largest difference of a hypothesis's score in the search from that of the same ids by teacher forcing."""
    found, changes = _found(model, source, width, length), []
    for row, (hypotheses, scores) in enumerate(zip(found["token_ids"].numpy(), found["scores"].numpy(), strict=True)):
        for ids, score in zip(hypotheses, scores, strict=True):
            target = np.array([[START, *ids[ids > 0], END]], "int32")
            log_p = _log_p(model._forced(model._encode(source[row : row + 1]), target[:, :-1])[0])[0]
            changes.append(score - np.mean([log_p[t, token - END] for t, token in enumerate(target[0, 1:])]))
    return np.max(np.abs(changes))


def _greedy(model, source, length):
    ids = np.full((source.shape[0], 1), START, "int32")
    for _ in range(length):
        log_p = _log_p(model._forced(model._encode(source), ids)[0][:, -1])
        ended = np.any(ids == END, axis=1)
        ids = np.concatenate([ids, np.where(ended, 0, END + log_p.argmax(axis=-1))[:, None]], axis=1).astype("int32")
    return np.where(ids[:, 1:] == END, 0, ids[:, 1:])


def _brute_force(model, source, length):
    """All sequences of at most `length` tokens `(n, length)`, the best first, and their scores."""
    words = range(END + 1, model.preprocessor.vocabulary_size)
    every = [ids for n in range(length + 1) for ids in itertools.product(words, repeat=n)]
    scores = []
    for ids in every:
        target = np.array([[START, *ids, END]], "int32")
        log_p = _log_p(model._forced(model._encode(source), target[:, :-1])[0])[0]
        scores.append(np.mean([log_p[t, token - END] for t, token in enumerate(target[0, 1:])]))
    order = np.argsort(scores)[::-1]
    return np.array([[*every[i], *[0] * (length - len(every[i]))] for i in order]), np.array(scores)[order]


CHECKS = [
    Check("attention and padding", "Seq2Seq", padding),
    Check("teacher forcing and steps", "Seq2Seq", stepping),
    Check("beam search of a translator", "Seq2Seq", search),
    Check("alignment of a reversal", "Seq2Seq", reversal),
]
