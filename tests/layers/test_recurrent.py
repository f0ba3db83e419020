"""Recurrent layers against Keras's own, which are written otherwise."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_genzoo.layers import Recurrent

KERAS = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU, "simple_rnn": keras.layers.SimpleRNN}
CROWDED = {"lstm": 256, "gru": 1024, "simple_rnn": 1024}  # units of which rows are set apart, the gradient's too
UNITS, MASK = 6, np.array([[1] * 7, [1] * 4 + [0] * 3, [1] * 2 + [0] * 5])


@pytest.fixture
def x():
    return np.random.default_rng(0).standard_normal((3, 7, 5)).astype("float32")


def theirs_to_ours(cell, array):
    """Keras's GRU has the update gate before the reset gate."""
    if cell != "gru":
        return array
    update, reset, candidate = np.split(array, 3, axis=-1)
    return np.concatenate([reset, update, candidate], axis=-1)


def pair(cell, x, units=UNITS):
    """A layer of Keras with random weights, and ours with the same."""
    ours, theirs = Recurrent(units, cell), KERAS[cell](units, return_sequences=True, return_state=True)
    ours.build(x.shape), theirs.build(x.shape)
    generator = np.random.default_rng(1)
    scale = 0.5 * (UNITS / units) ** 0.5
    weights = [scale * generator.standard_normal(weight.shape).astype("float32") for weight in theirs.get_weights()]
    theirs.set_weights(weights)
    biases = list(weights[2]) if cell == "gru" else [weights[2]]
    ours.set_weights([theirs_to_ours(cell, weight) for weight in (*weights[:2], *biases)])
    return ours, theirs


def outputs_and_gradients(run, layer, x, mask):
    real = tf.ones((3, 7, 1)) if mask is None else tf.constant(mask[..., None], tf.float32)
    variables = [variable.value for variable in layer.trainable_variables]
    x = tf.convert_to_tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        outputs, state = run(x)
        loss = tf.reduce_sum(tf.sin(outputs) * real) + sum(tf.reduce_sum(value * value) for value in state)
    return outputs * real, state, tape.gradient(loss, [x, *variables])


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("mask", [None, MASK], ids=["whole", "padded"])
@pytest.mark.parametrize("cell", sorted(KERAS))
def test_equals_keras(cell, mask, jit, x):
    assert_equals_keras(*pair(cell, x), cell, mask, jit, x)


@pytest.mark.parametrize("cell", sorted(KERAS))
def test_equals_keras_where_rows_are_set_apart(cell, x):
    assert_equals_keras(*pair(cell, x, CROWDED[cell]), cell, None, False, x)


def assert_equals_keras(ours, theirs, cell, mask, jit, x):
    keras_mask = None if mask is None else tf.constant(mask, tf.bool)
    function = tf.function(
        lambda x: outputs_and_gradients(lambda x: ours(x, mask=mask), ours, x, mask), jit_compile=jit, autograph=False
    )
    outputs, state, (d_x, *d_weights) = function(x)
    expected, expected_state, (d_x_expected, *d_expected) = outputs_and_gradients(
        lambda x: (lambda o, *s: (o, s))(*theirs(x, mask=keras_mask)), theirs, x, mask
    )
    np.testing.assert_allclose(outputs, expected, atol=1e-5)
    for value, wanted in zip(state, expected_state, strict=True):
        np.testing.assert_allclose(value, wanted, atol=1e-5)
    np.testing.assert_allclose(d_x, d_x_expected, atol=1e-4)
    d_expected = [value.numpy() for value in d_expected]
    if cell == "gru":
        d_expected = [*d_expected[:2], *d_expected[2]]
    for value, wanted in zip(d_weights, d_expected, strict=True):
        np.testing.assert_allclose(value, theirs_to_ours(cell, wanted), atol=1e-4)


@pytest.mark.parametrize("crowded", [False, True])
@pytest.mark.parametrize("cell", sorted(KERAS))
def test_steps_equal_the_sequence(cell, crowded, x):
    layer = Recurrent(CROWDED[cell] if crowded else UNITS, cell)
    outputs, last = layer(x)
    step, state = layer.stepper(), layer.zero_state(3)
    for t in range(x.shape[1]):
        output, state = step(layer.project(x[:, t]), state)
        np.testing.assert_allclose(output, outputs[:, t], atol=1e-6)
    np.testing.assert_allclose(state[0], last[0], atol=1e-6)


@pytest.mark.parametrize("cell", sorted(KERAS))
def test_reverse_reads_from_the_last_real_step(cell, x):
    layer, backward = Recurrent(UNITS, cell), Recurrent(UNITS, cell, reverse=True)
    layer.build(x.shape), backward.build(x.shape)
    backward.set_weights(layer.get_weights())
    outputs, (h, *_) = backward(x, mask=MASK)
    for row, length in enumerate(MASK.sum(axis=1)):
        expected, (h_expected, *_) = layer(x[row : row + 1, :length][:, ::-1])
        np.testing.assert_allclose(outputs[row, :length], expected[0, ::-1], atol=1e-6)
        np.testing.assert_allclose(h[row], h_expected[0], atol=1e-6)


@pytest.mark.parametrize("cell", sorted(KERAS))
def test_gradient_of_reverse(cell, x):
    layer, backward = Recurrent(UNITS, cell), Recurrent(UNITS, cell, reverse=True)
    layer.build(x.shape), backward.build(x.shape)
    backward.set_weights(layer.get_weights())
    turned = np.stack(
        [np.r_[row[:length][::-1], row[length:]] for row, length in zip(x, MASK.sum(axis=1), strict=True)]
    )
    *_, (d_x, *d_weights) = outputs_and_gradients(lambda x: backward(x, mask=MASK), backward, x, MASK)
    *_, (d_turned, *d_expected) = outputs_and_gradients(lambda x: layer(x, mask=MASK), layer, turned, MASK)
    for row, length in enumerate(MASK.sum(axis=1)):
        np.testing.assert_allclose(d_x[row, :length], d_turned[row, :length][::-1], atol=1e-5)
        np.testing.assert_array_equal(d_x[row, length:], 0.0)
    for value, expected in zip(d_weights, d_expected, strict=True):
        np.testing.assert_allclose(value, expected, atol=1e-4)


@pytest.mark.parametrize("cell", sorted(KERAS))
def test_recurrent_dropout_drops_the_same_units_at_every_step(cell):
    """With all of the input's weights 0 and half of the state dropped, what comes out of a step says what went in."""
    layer = Recurrent(UNITS, cell, recurrent_dropout=0.5)
    x = np.zeros((1, 1, 2), "float32")
    layer(x)
    state = tuple(tf.ones((200, UNITS)) for _ in layer.zero_state(1))
    outputs, _ = layer.scan(layer.project(np.zeros((200, 1, 2), "float32")), state, training=True)
    plain, _ = layer.scan(layer.project(np.zeros((200, 1, 2), "float32")), state, training=False)
    assert np.std(outputs, axis=0).min() > 1e-3 and np.std(plain, axis=0).max() < 1e-5


def test_gradient_with_recurrent_dropout_against_differences():
    layer = Recurrent(3, "lstm", recurrent_dropout=0.5)
    x = np.random.default_rng(0).standard_normal((2, 4, 3)).astype("float32")
    layer(x)
    start = layer.seed_generator.state.numpy()

    def loss(kernel):
        layer.seed_generator.state.assign(start)
        layer.recurrent_kernel.assign(kernel)
        return tf.reduce_sum(layer(x, training=True)[0] ** 2)

    kernel = layer.recurrent_kernel.numpy()
    with tf.GradientTape() as tape:
        value = loss(kernel)
    gradient = tape.gradient(value, layer.recurrent_kernel.value).numpy()
    direction = np.random.default_rng(1).standard_normal(kernel.shape).astype("float32")
    difference = (loss(kernel + 1e-2 * direction) - loss(kernel - 1e-2 * direction)) / 2e-2
    np.testing.assert_allclose(np.sum(gradient * direction), difference, rtol=1e-2)


def test_forget_bias_is_one():
    layer = Recurrent(2, "lstm")
    layer.build((None, None, 3))
    assert layer.bias.numpy().tolist() == [0, 0, 1, 1, 0, 0, 0, 0]


def test_config_round_trip(revive):
    layer = Recurrent(4, "gru", recurrent_dropout=0.1, reverse=True, seed=3)
    assert revive(layer).get_config() == layer.get_config()


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"units": 0}, "units to be an integer of at least 1. Received: units=0"),
        ({"units": 3, "cell": "elman"}, "Expected one of simple_rnn, gru, lstm. Received: cell='elman'"),
        ({"units": 3, "recurrent_dropout": 1.0}, r"recurrent_dropout in \[0, 1\). Received: recurrent_dropout=1.0"),
    ],
)
def test_errors(arguments, message):
    with pytest.raises(ValueError, match=message):
        Recurrent(**arguments)
