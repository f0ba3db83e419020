"""Stacks of recurrent layers."""

import numpy as np
import pytest

from keras_genzoo.layers import RecurrentStack

VARIANTS = [
    {},
    {"cell": "gru", "num_layers": 2},
    {"num_layers": 3, "residual": True, "layer_normalization": True},
    {"cell": "simple_rnn", "num_layers": 2, "layer_normalization": True},
]


@pytest.fixture
def x():
    return np.random.default_rng(0).standard_normal((3, 6, 4)).astype("float32")


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_steps_equal_the_sequence(variant, x):
    stack = RecurrentStack(5, **variant)
    outputs, last = stack(x)
    step, state = stack.stepper(), stack.zero_state(3)
    assert set(state) == set(last)
    for t in range(x.shape[1]):
        output, state = step(stack.project(x[:, t]), state)
        np.testing.assert_allclose(output, outputs[:, t], atol=1e-5)
    for name, value in last.items():
        np.testing.assert_allclose(state[name], value, atol=1e-5)


@pytest.mark.parametrize("variant", [*VARIANTS, {"num_layers": 2, "bidirectional": True}], ids=str)
def test_padding_changes_nothing(variant, x):
    stack, mask = RecurrentStack(5, **variant), np.array([[1] * 6, [1] * 4 + [0] * 2, [1] * 1 + [0] * 5])
    outputs, last = stack(x, mask=mask)
    for row, length in enumerate(mask.sum(axis=1)):
        alone, alone_last = stack(x[row : row + 1, :length])
        np.testing.assert_allclose(outputs[row, :length], alone[0], atol=1e-5)
        for name, value in alone_last.items():
            np.testing.assert_allclose(last[name][row], value[0], atol=1e-5)


def test_a_sequence_in_two_parts_is_the_sequence(x):
    stack = RecurrentStack(5, num_layers=2)
    outputs, _ = stack(x)
    first, state = stack(x[:, :2])
    second, _ = stack(x[:, 2:], state=state)
    np.testing.assert_allclose(np.concatenate([first, second], axis=1), outputs, atol=1e-6)


def test_dropout_is_in_training_alone(x):
    stack = RecurrentStack(64, dropout=0.5)
    plain, _ = stack(x)
    dropped, _ = stack(x, training=True)
    assert np.mean(dropped == 0) == pytest.approx(0.5, abs=0.1) and not np.any(plain == 0)
    kept = dropped != 0
    np.testing.assert_allclose(dropped[kept], 2 * plain.numpy()[kept], rtol=1e-5)


def test_residual_adds_the_layer_below(x):
    plain, residual = RecurrentStack(5, num_layers=2), RecurrentStack(5, num_layers=2, residual=True)
    plain.build(x.shape), residual.build(x.shape)
    residual.set_weights(plain.get_weights())
    below, _ = plain.recurrent[0](x)
    np.testing.assert_allclose(residual(x)[0], plain(x)[0] + below, atol=1e-6)


def test_config_round_trip(revive):
    stack = RecurrentStack(4, num_layers=2, cell="gru", dropout=0.1, bidirectional=True, seed=3)
    assert revive(stack).get_config() == stack.get_config()


def test_errors():
    with pytest.raises(ValueError, match=r"num_layers to be an integer of at least 1. Received: num_layers=0"):
        RecurrentStack(4, num_layers=0)
    with pytest.raises(ValueError, match=r"dropout in \[0, 1\). Received: dropout=-0.1"):
        RecurrentStack(4, dropout=-0.1)
