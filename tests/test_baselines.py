"""Kneser-Ney: against its formulas written out, against nltk, and counting as the language model does."""

import collections
import itertools
import math

import numpy as np
import pytest

from keras_genzoo.baselines import FALLBACK, KneserNey
from keras_genzoo.models import LanguageModel
from keras_genzoo.networks import RecurrentDecoder
from keras_genzoo.preprocessing import TextPreprocessor

TEXTS = ["a cat sat", "a dog sat on a cat", "a cat", "the dog saw the cat", "a cat sat on the dog", "sat", "a cat sat"]
ORDER = 3


def preprocessor_of(texts=TEXTS, **options):
    return TextPreprocessor.learn(texts, level="words", **options)


def chains(texts, preprocessor):
    return [[int(i) for i in preprocessor([text]).numpy()[0]] for text in texts]


def written_out(chains, outcomes, order, discounts):
    """p(w | h) from the definition, over tuples; `discounts` as for `KneserNey`."""
    raw, counts = collections.Counter(), collections.Counter()
    for chain in chains:
        for end in range(1, len(chain)):
            for n in range(1, min(order, end + 1) + 1):
                raw[tuple(chain[end + 1 - n : end + 1])] += 1
    for gram, count in raw.items():
        if len(gram) == order:
            counts[gram] = count
        if len(gram) > 1:
            counts[gram[1:]] += 1
    for chain in chains:
        for n in range(2, min(order, len(chain) + 1)):
            counts[tuple(chain[:n])] += 1

    def probability(word, history):
        history = tuple(history[-(order - 1) :]) if order > 1 else ()
        p = 1.0 / len(outcomes)
        for n in range(1, len(history) + 2):
            h = history[len(history) + 1 - n :]
            followers = {gram[-1]: c for gram, c in counts.items() if len(gram) == n and gram[:-1] == h}
            total = sum(followers.values())
            if not total:
                continue

            def taken(count, n=n):
                return min(count, discounts[n - 1][min(count, 3) - 1]) if count else 0.0

            own = followers.get(word, 0)
            p = (own - taken(own) + sum(map(taken, followers.values())) * p) / total
        return p

    return probability


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize("sentences", [True, False])
def test_scores_are_the_formula_written_out(order, sentences):
    preprocessor = preprocessor_of(min_count=2, sentences=sentences)
    discounts = [(0.3, 0.8, 1.1), (0.4, 0.9, 1.2), (0.5, 1.0, 1.5), (0.6, 1.4, 2.5)][:order]
    outcomes = [1, *([3] if sentences else []), *range(4, preprocessor.vocabulary_size)]
    probability = written_out(chains(TEXTS, preprocessor), outcomes, order, discounts)
    model = KneserNey(TEXTS, preprocessor, order, discounts)
    new = [*TEXTS, "the cat on a dog", "cat cat cat", "a zebra sat on the zebra", "dog"]
    expected = [
        -sum(math.log(probability(chain[t], chain[:t])) for t in range(1, len(chain)))
        for chain in chains(new, preprocessor)
    ]
    np.testing.assert_allclose(model.score(new)["nats"], expected, rtol=1e-12)


def test_probabilities_sum_to_one():
    """Those of the next token, the end and unknown ones included, after beginnings seen and unseen."""
    preprocessor = preprocessor_of()
    model, words = KneserNey(TEXTS, preprocessor, ORDER), preprocessor.vocabulary
    for begin in ("a cat", "dog dog", "zebra"):
        ends = np.exp(-model.score([begin])["nats"][0])
        goes_on = sum(beginning(model, f"{begin} {word}") for word in [*words, "zebra"])
        assert ends + goes_on == pytest.approx(beginning(model, begin), rel=1e-9)


def beginning(model, text):
    """The probability that a sentence begins so."""
    ids = np.array(model.preprocessor([text]).numpy()[0, :-1], "int64")
    return float(np.prod(model._probabilities(ids, np.arange(len(ids)))[1:]))


def test_scores_are_those_of_nltk():
    """Its model has one discount, none for single tokens, and needs a token before the beginning of every sequence."""
    lm = pytest.importorskip("nltk.lm")
    preprocessor, discount = preprocessor_of(), 0.1
    sequences = chains(TEXTS, preprocessor)
    grams = [
        tuple(chain[end + 1 - n : end + 1])
        for chain in sequences
        for end in range(1, len(chain))
        for n in range(1, min(ORDER, end + 1) + 1)
    ]
    grams += [(-1 - i, *chain[: n - 1]) for i, chain in enumerate(sequences) for n in range(3, ORDER + 1)]
    names = [str(i) for i in range(preprocessor.vocabulary_size)]
    theirs = lm.KneserNeyInterpolated(
        ORDER, discount, vocabulary=lm.Vocabulary(names + [str(-1 - i) for i in range(9)])
    )
    theirs.fit([[tuple(map(str, gram)) for gram in grams]])
    ours = KneserNey(TEXTS, preprocessor, ORDER, [(0.0,) * 3] + [(discount,) * 3] * (ORDER - 1))
    texts = ["a cat sat on a dog", "the cat sat", "on the dog sat", "a dog saw a dog"]
    expected = [
        -sum(
            math.log(theirs.score(str(chain[t]), [str(i) for i in chain[max(0, t - ORDER + 1) : t]]))
            for t in range(1, len(chain))
        )
        for chain in chains(texts, preprocessor)
    ]
    np.testing.assert_allclose(ours.score(texts)["nats"], expected, rtol=1e-12)


@pytest.mark.parametrize("sentences", [True, False])
def test_tokens_count_as_in_a_language_model(sentences):
    preprocessor = preprocessor_of(min_count=2, sentences=sentences)
    network = RecurrentDecoder(preprocessor.vocabulary_size, 4, 4)
    texts = ["a cat saw", "", "zebra zebra", "on"]
    theirs, ours = LanguageModel(network, preprocessor).score(texts), KneserNey(TEXTS, preprocessor).score(texts)
    for name in ("tokens", "unknown"):
        assert ours[name].tolist() == theirs[name].tolist()
        assert ours[name].dtype == theirs[name].dtype
    assert (ours["nats"] > 0).tolist() == (theirs["nats"] > 0).tolist()


def test_discounts_are_estimated_from_counts_of_counts():
    """Of the highest order: 6 bigrams once, 3 twice, 2 three times, 1 four times, so Y = 1/2."""
    pairs = [[first + second] * count for count, first, second in zip(
        [1] * 6 + [2] * 3 + [3] * 2 + [4], "abcdefghijkl", "mnopqrstuvwx", strict=True
    )]  # fmt: skip
    texts = list(itertools.chain(*pairs))
    preprocessor = TextPreprocessor.learn(texts, sentences=False)
    estimated = KneserNey(texts, preprocessor, order=2)
    # D1 = 1 - 2 Y 3/6, D2 = 2 - 3 Y 2/3, D3 = 3 - 4 Y 1/2
    given = KneserNey(texts, preprocessor, order=2, discounts=[FALLBACK, (0.5, 1.0, 2.0)])
    np.testing.assert_allclose(estimated.score(["am", "lx", "ax"])["nats"], given.score(["am", "lx", "ax"])["nats"])


def test_nothing_to_score():
    assert {k: v.tolist() for k, v in KneserNey(TEXTS, preprocessor_of()).score([]).items()} == {
        "nats": [], "tokens": [], "unknown": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    "texts, options, message",
    [(TEXTS, {"order": 0}, "Expected order of at least 1.*order=0"), ([], {}, "Nothing to count.*0 tokens")],
)
def test_errors(texts, options, message):
    with pytest.raises(ValueError, match=message):
        KneserNey(texts, preprocessor_of(), **options)


def test_a_lone_text_is_refused():
    with pytest.raises(ValueError, match="Expected a list of texts"):
        KneserNey(TEXTS, preprocessor_of()).score("a cat")
