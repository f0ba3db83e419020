import itertools
import math
import random

import numpy as np
import pytest

from keras_genzoo import data
from keras_genzoo.data.grammar import KINDS, RULES, Grammar

FINITE = Grammar(
    {"S": "3 N V | 1 please V", "N": "2 dogs | 1 cats A | 1 birds", "V": "1 run | 3 sing", "A": "1 here"}, "S"
)
GRAMMAR = Grammar(RULES, "SENTENCE")


def enumerated(grammar, symbols):
    """All words of these symbols with their probability: brute force for a finite grammar."""
    if not symbols:
        return {"": 1.0}
    head, rest = symbols[0], enumerated(grammar, symbols[1:])
    heads = {head: 1.0} if head not in grammar.rules else {}
    for probability, parts in grammar.rules.get(head, ()):
        for words, p in enumerated(grammar, parts).items():
            heads[words] = heads.get(words, 0) + probability * p
    return {f"{a} {b}".strip(): p * q for (a, p), (b, q) in itertools.product(heads.items(), rest.items())}


def test_finite_grammar_against_brute_force():
    table = enumerated(FINITE, ("S",))
    assert len(table) == 8 and math.isclose(sum(table.values()), 1)
    assert math.isclose(FINITE.entropy(), -sum(p * math.log(p) for p in table.values()))
    assert math.isclose(FINITE.length(), sum(p * len(words.split()) for words, p in table.items()))
    for words, p in table.items():
        assert math.isclose(FINITE.log_probability(words), math.log(p))


def test_draws_follow_the_probabilities():
    generator, table = random.Random(1), enumerated(FINITE, ("S",))
    drawn = [FINITE.sample(generator)[0] for _ in range(4000)]
    chi_square = sum((drawn.count(words) - 4000 * p) ** 2 / (4000 * p) for words, p in table.items())
    assert chi_square < 24.3  # the 0.999 quantile of 7 degrees of freedom


def test_an_ambiguous_sentence_has_the_probability_of_all_its_derivations():
    grammar = Grammar({"S": "1 A | 1 B", "A": "1 x", "B": "1 x | 1 y"}, "S")
    assert math.isclose(grammar.log_probability("x"), math.log(0.75))


def test_every_sentence_has_one_derivation():
    generator = random.Random(2)
    for _ in range(60):
        text, kind, log_probability = GRAMMAR.sample(generator)
        assert math.isclose(GRAMMAR.log_probability(text), log_probability, rel_tol=1e-9)
        assert 0 <= kind < len(KINDS)


@pytest.mark.parametrize("text", ["", "the", "the dogs sees a cat .", "the dog sees a unicorn ."])
def test_what_is_no_sentence(text):
    assert GRAMMAR.log_probability(text) == -math.inf


def test_data_set():
    splits = data.load("grammar")
    texts = [split.texts for split in (splits.train, splits.validation, splits.test)]
    assert [len(part) > 3000 for part in texts] == [True] * 3 and len(set(texts[0])) > 20_000
    assert not set(texts[0]) & set(texts[2]) and not set(texts[0]) & set(texts[1]) and not set(texts[1]) & set(texts[2])
    assert splits.info["num_classes"] == 4 and splits.info["label_names"] == list(KINDS)
    assert all(text.endswith(" ?") == (kind == 1) for text, kind in zip(texts[0], splits.train.labels, strict=True))
    assert data.load("grammar").info == splits.info and splits.info["location"] == "embedded"


def test_entropy_by_monte_carlo():
    info = data.load("grammar").info
    counts = info["num_examples"]
    mean = sum(info["nats"][name] * count for name, count in counts.items()) / sum(counts.values())
    assert abs(mean - info["entropy_per_sentence"]) < 4 * 8.6 / sum(counts.values()) ** 0.5
    assert abs(info["nats"]["test"] - info["entropy_per_sentence"]) < 4 * 8.6 / counts["test"] ** 0.5
    tokens = np.mean([len(text.split()) + 1 for text in data.load("grammar").train.texts])
    assert math.isclose(info["entropy_per_sentence"] / tokens, info["entropy_per_token"], rel_tol=0.01)
