"""Sampling and beam search against brute force."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from keras_genzoo import decoding

SIZE, END, FORBIDDEN, WORDS = 5, 3, (0, 2), (1, 4)


class Chain:
    """A model whose next token depends on the last two; rows start from different pairs."""

    def __init__(self, seed=0, rows=2):
        generator = np.random.default_rng(seed)
        self.table = generator.standard_normal((SIZE * SIZE, SIZE)).astype("float32") * 1.5
        self.first = generator.standard_normal((rows, SIZE)).astype("float32")
        self.state = {"before": np.arange(rows, dtype="int32") % SIZE}

    def step(self, token_ids, state):
        return tf.gather(tf.constant(self.table), state["before"] * SIZE + token_ids), {"before": token_ids}

    def logits(self, row, words):
        if not words:
            return self.first[row]
        before = words[-2] if len(words) > 1 else self.state["before"][row]
        return self.table[before * SIZE + words[-1]]

    def log_p(self, row, words):
        """log p of a whole sequence and its end, where some tokens never come."""
        total = 0.0
        for i, word in enumerate((*words, END)):
            logits = self.logits(row, words[:i]).astype("float64").copy()
            logits[list(FORBIDDEN)] = -np.inf
            total += logits[word] - np.log(np.exp(logits).sum())
        return total

    def best(self, row, max_length, penalty):
        """All sequences, the best first."""
        every = (words for n in range(max_length + 1) for words in itertools.product(WORDS, repeat=n))
        scored = [(self.log_p(row, words) / (len(words) + 1) ** penalty, words) for words in every]
        return sorted(scored, reverse=True)


def beams(chain, width, max_length, penalty=1.0):
    run = tf.function(
        lambda first, state, width, length: decoding.beam_search(
            chain.step, first, state, length, END, width, penalty, FORBIDDEN
        )
    )
    outputs = run(chain.first, chain.state, tf.constant(width), tf.constant(max_length))
    return outputs["token_ids"].numpy(), outputs["scores"].numpy()


def sampled(chain, first_row=0, rows=slice(None), **options):
    run = tf.function(
        lambda first, state: decoding.sample(
            chain.step, first, state, end_id=END, forbidden=FORBIDDEN, first_row=first_row, **options
        )
    )
    state = {name: tf.constant(value[rows]) for name, value in chain.state.items()}
    return run(tf.constant(chain.first[rows]), state).numpy()


@pytest.mark.parametrize("penalty", [0.0, 0.6, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_full_beam_is_exhaustive(seed, penalty):
    chain = Chain(seed)
    token_ids, scores = beams(chain, width=20, max_length=3, penalty=penalty)
    for row in range(2):
        expected = chain.best(row, 3, penalty)
        found = [tuple(int(word) for word in words if word) for words in token_ids[row][: len(expected)]]
        np.testing.assert_allclose(scores[row][: len(expected)], [score for score, _ in expected], rtol=1e-4)
        assert found == [words for _, words in expected]
        assert np.isneginf(scores[row][len(expected) :]).all()


@pytest.mark.parametrize("seed", range(5))
def test_beam_of_one_is_greedy(seed):
    chain = Chain(seed, rows=6)
    token_ids, _ = beams(chain, width=1, max_length=6)
    np.testing.assert_array_equal(token_ids[:, 0], sampled(chain, max_length=6, temperature=0.0))


@pytest.mark.parametrize("width", [2, 3])
def test_scores_are_those_of_the_sequences(width):
    """A finished sequence's score does not change while the search goes on."""
    chain = Chain(3, rows=4)
    token_ids, scores = beams(chain, width, max_length=5)
    for row, k in itertools.product(range(4), range(width)):
        words = tuple(int(word) for word in token_ids[row, k] if word)
        assert scores[row, k] == pytest.approx(chain.log_p(row, words) / (len(words) + 1), rel=1e-4)
    assert (np.diff(scores, axis=1) <= 0).all()


@pytest.mark.parametrize("width", [1, 3, 20])
def test_what_is_recorded_is_of_the_steps_that_chose_the_tokens(width):
    """The state by which a token is chosen knows the one before."""
    chain = Chain(3, rows=4)
    state = {"before": tf.constant(chain.state["before"])}
    found = decoding.beam_search(
        chain.step, chain.first, state, 5, END, width, forbidden=FORBIDDEN, record=lambda state: state["before"] + 10
    )
    recorded = found["recorded"].numpy()
    assert recorded.shape[:2] == (4, width)
    for row, k in itertools.product(range(4), range(width)):
        words = [int(word) for word in found["token_ids"][row, k] if word]
        before = [chain.state["before"][row], *words] if np.isfinite(found["scores"][row, k]) else []
        expected = np.zeros(recorded.shape[2], "int32")
        expected[: len(before)] = np.array(before, "int32") + 10
        np.testing.assert_array_equal(recorded[row, k], expected)


@pytest.mark.parametrize("width", [1, 3])
@pytest.mark.parametrize("length", [0, 1, 4])
def test_no_step_of_a_search_is_in_vain(width, length):
    """Of at most `length` tokens and an end, the first is chosen from logits that are given."""
    chain, calls = Chain(3, rows=3), tf.Variable(0)

    def counted(token_ids, state):
        calls.assign_add(1)
        return chain.step(token_ids, state)

    state = {"before": tf.constant(chain.state["before"])}
    found = decoding.beam_search(counted, chain.first, state, length, END, width, forbidden=FORBIDDEN)
    tokens = int(tf.reduce_max(tf.math.count_nonzero(found["token_ids"], axis=-1)))
    assert tokens <= int(calls) <= length


def test_beams_of_a_row_do_not_depend_on_the_others():
    chain = Chain(4, rows=4)
    together, _ = beams(chain, 3, 5)
    alone = Chain(4, rows=4)
    alone.first, alone.state = chain.first[2:3], {"before": chain.state["before"][2:3]}
    np.testing.assert_array_equal(beams(alone, 3, 5)[0][0], together[2])


@pytest.mark.parametrize("rows, length", [(0, 4), (2, 0), (0, 0)])
def test_nothing_to_decode(rows, length):
    chain = Chain(rows=rows)
    assert sampled(chain, max_length=length).shape == (rows, length)
    assert beams(chain, 2, length)[0].shape == (rows, 2, length)


def test_greedy_takes_the_best_and_stops_at_the_end():
    chain = Chain(1, rows=5)
    for row, words in enumerate(sampled(chain, max_length=6, temperature=0.0)):
        expected = []
        while len(expected) < 6:
            logits = chain.logits(row, expected).copy()
            logits[list(FORBIDDEN)] = -np.inf
            word = int(np.argmax(logits))
            if word == END:
                break
            expected.append(word)
        assert words.tolist() == expected + [0] * (6 - len(expected))


@pytest.mark.parametrize("temperature", [1e-30, 1e12, float("inf")])
def test_what_is_forbidden_never_comes(temperature):
    drawn = sampled(Chain(2, rows=50), max_length=20, temperature=temperature, min_length=20)
    assert set(np.unique(drawn)).isdisjoint({END, *FORBIDDEN})


def test_a_row_draws_its_own_noise():
    chain = Chain(2, rows=4)
    together = sampled(chain, max_length=8, seed=5)
    for row in range(4):
        alone = sampled(chain, first_row=row, rows=slice(row, row + 1), max_length=8, seed=5)
        np.testing.assert_array_equal(alone[0], together[row])
    longer = sampled(chain, max_length=12, seed=5)
    np.testing.assert_array_equal(longer[:, :8], together)
    assert not np.array_equal(together, sampled(chain, max_length=8, seed=6))


def test_min_length_and_repetition_penalty():
    def always(token_ids, state):  # the end is the best token, then 4, then 1
        return tf.tile([[0.0, 1.0, 0.0, 3.0, 2.0]], (tf.shape(token_ids)[0], 1)), state

    first = tf.constant([[0.0, 1.0, 0.0, 3.0, 2.0]])
    options = {"end_id": END, "temperature": 0.0, "forbidden": FORBIDDEN}

    def run(**more):
        return decoding.sample(always, first, (), max_length=4, **options, **more).numpy().tolist()

    assert run() == [[0, 0, 0, 0]]
    assert run(min_length=2) == [[4, 4, 0, 0]]
    assert run(min_length=3, repetition_penalty=3.0) == [[4, 1, 4, 0]]  # 2 / 3 < 1, then 1 / 3 < 2 / 3
    assert run(min_length=1, repetition_penalty=3.0, prompt_ids=tf.constant([[4, 0]])) == [[1, 0, 0, 0]]
