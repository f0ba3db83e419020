"""Attention against NumPy, its mask, and what it refuses."""

import numpy as np
import pytest
import tensorflow as tf

from keras_genzoo.layers import BahdanauAttention, ConditionalRecurrent, LuongAttention, UniformAttention
from keras_genzoo.layers.attention import CollectedGradient
from keras_genzoo.layers.steps import scan_steps

MAKERS = {
    "additive": lambda: BahdanauAttention(3, 5, units=4),
    "general": lambda: LuongAttention(3, 5),
    "concat": lambda: LuongAttention(3, 5, "concat"),
    "dot": lambda: LuongAttention(5, 5, "dot"),
    "location": lambda: LuongAttention(3, 5, "location", max_source=3),
    "monotonic": lambda: LuongAttention(3, 5, alignment="monotonic", window=1),
    "predictive": lambda: LuongAttention(3, 5, "concat", alignment="predictive", window=2),
    "uniform": lambda: UniformAttention(3, 5),
}


@pytest.fixture(params=MAKERS)
def layer(request):
    return MAKERS[request.param]()


@pytest.fixture
def memory():
    return np.random.default_rng(0).standard_normal((2, 4, 5)).astype("float32")


def queries(layer, count=3):
    return np.random.default_rng(1).standard_normal((2, count, layer.query_dim)).astype("float32")


def numpy_scores(layer, query, memory):
    if isinstance(layer, UniformAttention):
        return np.zeros((2, query.shape[1], memory.shape[1]))
    weights = {name: np.asarray(value, "float64") for name, value in vars(layer).items() if hasattr(value, "assign")}
    if isinstance(layer, BahdanauAttention) or layer.score == "concat":
        keys = memory @ weights["memory_kernel"] + weights.get("bias", 0.0)
        hidden = np.tanh((query @ weights["query_kernel"])[:, :, None] + keys[:, None])
        return hidden @ weights["score_vector"]
    if layer.score == "location":
        return np.concatenate([query @ weights["location_kernel"], np.full((2, query.shape[1], 1), -np.inf)], axis=2)
    return query @ np.swapaxes(memory @ weights.get("memory_kernel", np.eye(5)), 1, 2)


def numpy_window(layer, query, lengths):
    """What softmax is taken over, and what its result is multiplied by: each `(2, queries, 4)`."""
    alignment, count, places = getattr(layer, "alignment", "global"), query.shape[1], np.arange(4)
    if alignment == "global":
        return np.ones((2, count, 4)), np.ones((2, count, 4))
    centers = np.minimum(np.arange(count), lengths[:, None] - 1)
    if alignment == "predictive":
        place = np.tanh(query @ layer.center_kernel.numpy()) @ layer.center_vector.numpy()
        centers = lengths[:, None] / (1 + np.exp(-place))
    distances = places - centers[..., None]
    deviation = layer.window / 2
    gaussian = np.exp(-(distances**2) / (2 * deviation**2)) if alignment == "predictive" else np.ones(distances.shape)
    return np.abs(distances) <= layer.window, gaussian


def test_against_numpy(layer, memory):
    if hasattr(layer, "bias"):
        layer.bias.assign([0.3, -0.2, 0.1, 0.5])
    query, mask = queries(layer), np.array([[1, 1, 1, 0], [1, 1, 0, 0]])
    context, weights = layer(query, memory, mask)
    near, gaussian = numpy_window(layer, query, mask.sum(axis=1))
    exponents = np.exp(numpy_scores(layer, query, memory)) * mask[:, None] * near
    expected = exponents / exponents.sum(-1, keepdims=True) * gaussian
    np.testing.assert_allclose(weights, expected, atol=1e-6)
    np.testing.assert_allclose(context, expected @ memory, atol=1e-5)


def test_padding_has_weight_0_and_changes_nothing(layer, memory):
    query = queries(layer)
    context, weights = layer(query, memory)
    padded = np.concatenate([memory, np.full((2, 3, 5), 1e3, "float32")], axis=1)
    mask = np.array([[1] * 4 + [0] * 3] * 2)
    more_context, more_weights = layer(query, padded, mask)
    assert np.all(more_weights.numpy()[:, :, 4:] == 0)
    np.testing.assert_allclose(more_weights[:, :, :4], weights, atol=1e-6)
    np.testing.assert_allclose(more_context, context, atol=1e-5)


def test_without_memory_all_is_0_and_has_gradients(layer, memory):
    query, mask = tf.constant(queries(layer)), np.array([[1, 1, 1, 1], [0, 0, 0, 0]])
    with tf.GradientTape() as tape:
        tape.watch(query)
        context, weights = layer(query, memory, mask)
        loss = tf.reduce_sum(context)
    assert np.all(weights.numpy()[1] == 0) and np.all(context.numpy()[1] == 0)
    if getattr(layer, "alignment", None) != "predictive":  # multiplied by a Gaussian
        np.testing.assert_allclose(weights.numpy()[0].sum(-1), 1, atol=1e-6)
    gradient = tape.gradient(loss, query, unconnected_gradients="zero")
    assert np.isfinite(gradient).all() and np.any(gradient) != isinstance(layer, UniformAttention)


@pytest.mark.parametrize("traced", [False, True])
def test_collected_gradient_is_that_of_every_step(memory, traced):
    """A recurrence that attends, whose state depends on the contexts, with the memory's gradient in and after it."""
    layer = BahdanauAttention(3, 5)
    queries_of_steps = tf.constant(queries(layer, count=6))

    def gradients(memory):
        found = []
        for collected in (None, CollectedGradient(memory)):

            def step(inputs, state, collected=collected):
                values = memory if collected is None else tf.stop_gradient(memory)
                context, weights = layer((inputs["query"] + state)[:, None], values, keys=layer.keys(memory))
                context = context[:, 0] + inputs["zeros"]
                return (context, weights[:, 0]), tf.tanh(context[:, :3])

            with tf.GradientTape() as tape:
                tape.watch(memory)
                zeros = tf.zeros((2, 6, 5)) if collected is None else collected.zeros(6)
                contexts, weights = scan_steps(step, {"query": queries_of_steps, "zeros": zeros}, tf.zeros((2, 3)))
                loss = tf.reduce_sum(contexts**3) + tf.reduce_sum(weights**2)
            if collected is not None:
                collected.weights = weights
            found.append(tape.gradient(loss, memory))
        return found

    expected, found = (tf.function(gradients) if traced else gradients)(tf.constant(memory))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("padding", [0, 3])
def test_places_that_location_does_not_know_have_no_weight(memory, padding):
    """Nor where a window holds none but them, however long the padding is."""
    padded, mask = np.pad(memory, ((0, 0), (0, padding), (0, 0))), np.pad(np.ones((2, 4)), ((0, 0), (0, padding)))
    everywhere = LuongAttention(3, 5, "location", max_source=2)
    weights = everywhere(queries(everywhere), padded, mask)[1].numpy()
    assert np.all(weights[:, :, :2] > 0) and np.all(weights[:, :, 2:] == 0)
    nearby = LuongAttention(3, 5, "location", "monotonic", window=1, max_source=2)
    weights = nearby(queries(nearby, count=4), padded, mask)[1].numpy()
    np.testing.assert_allclose(weights.sum(-1), [[1, 1, 1, 0]] * 2, atol=1e-6)


def test_keys_are_projected_once(layer, memory):
    query = queries(layer)
    context, weights = layer(query, memory, keys=layer.keys(memory))
    for value, again in zip((context, weights), layer(query, memory), strict=True):
        np.testing.assert_array_equal(value, again)


def test_configuration(layer, memory, revive):
    again = revive(layer)
    for ours, theirs in zip(layer.weights, again.weights, strict=True):
        theirs.assign(ours)
    query = queries(layer)
    np.testing.assert_array_equal(again(query, memory)[1], layer(query, memory)[1])


def test_half_precision_weights_in_float32(memory):
    layer = BahdanauAttention(3, 5, dtype="mixed_bfloat16")
    context, weights = layer(tf.cast(queries(layer), tf.bfloat16), tf.cast(memory, tf.bfloat16))
    assert weights.dtype == tf.float32 and context.dtype == tf.bfloat16


def test_errors():
    with pytest.raises(ValueError, match=r"Unknown score. Expected one of dot, .*, location. Received: score='sum'"):
        LuongAttention(3, 3, score="sum")
    with pytest.raises(ValueError, match=r"Expected one of global, monotonic, predictive. Received: alignment='near'"):
        LuongAttention(3, 3, alignment="near")
    with pytest.raises(ValueError, match=r"Expected window to be an integer of at least 1. Received: window=0"):
        LuongAttention(3, 3, window=0)
    with pytest.raises(ValueError, match=r"Expected query_dim == memory_dim. Received: query_dim=3, memory_dim=4"):
        LuongAttention(3, 4, score="dot")
    with pytest.raises(ValueError, match=r"Expected units to be an integer of at least 1. Received: units=0"):
        BahdanauAttention(3, 5, units=0)
    with pytest.raises(ValueError, match=r"Expected query_dim to be an integer of at least 1. Received: query_dim=0"):
        BahdanauAttention(0, 3)


@pytest.mark.parametrize("cell", ["simple_rnn", "gru", "lstm"])
def test_conditional_step_is_two_cells_with_attention_between(cell):
    layer = ConditionalRecurrent(4, memory_dim=3, cell=cell)
    layer.build((None, 5))
    x, context = tf.random.normal((2, 5), seed=0), tf.random.normal((2, 3), seed=1)
    asked = []

    def attend(query):
        asked.append(query)
        return context, None

    outputs, _, _, state = layer.stepper(attend)(layer.project(x), layer.zero_state(2))
    query, between = layer.asking.stepper()(layer.asking.project(x), layer.asking.zero_state(2))
    expected, last = layer.reading.stepper()(layer.reading.project(context), between)
    np.testing.assert_array_equal(asked[0], query)
    np.testing.assert_array_equal(outputs, expected)
    for ours, theirs in zip(state.values(), last, strict=True):
        np.testing.assert_array_equal(ours, theirs)
