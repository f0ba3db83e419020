"""The decoder with attention and its encoder: one definition for sequence, step and search."""

import numpy as np
import pytest
import tensorflow as tf

from keras_genzoo.networks import AttentionDecoder, RecurrentEncoder
from keras_genzoo.networks.attending import attend_to

SOURCE = np.array([[2, 5, 6, 7, 8, 3], [2, 9, 4, 3, 0, 0], [2, 3, 0, 0, 0, 0]], "int32")
IDS = np.array([[2, 5, 4, 6], [2, 7, 7, 4], [2, 6, 5, 4]], "int32")
VARIANTS = [
    {},
    {"cell": "lstm", "num_layers": 2, "tied": True, "residual": True},
    {"structure": "input_feeding", "attention": "general", "cell": "lstm", "num_layers": 2},
    {"structure": "input_feeding", "attention": "concat", "layer_normalization": True, "tied": True},
    {"structure": "output", "attention": "general", "num_layers": 2, "layer_normalization": True},
    {"structure": "output", "attention": "additive", "cell": "simple_rnn", "tied": True},
    {"attention": "uniform"},
    {"attention": "location", "max_source": 4, "alignment": "monotonic", "window": 1},
    {"structure": "input_feeding", "attention": "general", "alignment": "predictive", "window": 2},
    {"structure": "output", "attention": "dot", "alignment": "monotonic", "window": 1},
]


def make(encoder=None, **decoder):
    encoder = RecurrentEncoder(12, 5, 4, **(encoder or {}))
    units = encoder.output_dim if decoder.get("attention") == "dot" else 7
    return encoder, AttentionDecoder(10, 6, units, encoder.output_dim, **decoder)


@pytest.fixture(params=VARIANTS, ids=str)
def networks(request):
    return make({"num_layers": 2}, **request.param)


def test_stepping_equals_teacher_forcing(networks):
    encoder, decoder = networks
    encoded = encoder(SOURCE)
    features, _ = decoder.features(IDS, encoded)
    logits, step, state = decoder.logits(features), decoder.stepper(encoded), decoder.initial_state(encoded)
    for t in range(IDS.shape[1]):
        one, state = step(tf.constant(IDS[:, t]), state)
        np.testing.assert_allclose(one, logits[:, t], atol=1e-5)


def test_gradients_of_training_are_those_of_the_plain_loop(networks):
    """In training, without any dropout, some gradients are made after the loop or with other products."""
    encoder, decoder = networks
    weights, found = encoder.trainable_weights + decoder.trainable_weights, []
    for training in (False, True):
        with tf.GradientTape() as tape:
            features, attended = decoder.features(IDS, encoder(SOURCE), training)
            loss = tf.reduce_sum(decoder.logits(features) ** 2) + tf.reduce_sum(attended[:, :, 0] ** 2)
        gradients = tape.gradient(loss, [weight.value for weight in weights], unconnected_gradients="zero")
        found.append([tf.convert_to_tensor(gradient) for gradient in gradients])
    for ours, expected in zip(*found, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-5)


def test_padding_changes_nothing_over_steps_and_layers(networks):
    encoder, decoder = networks
    features, weights = decoder.features(IDS, encoder(SOURCE))
    assert np.all(weights.numpy()[np.broadcast_to((SOURCE == 0)[:, None], weights.shape)] == 0)
    if decoder.alignment != "predictive":  # multiplied by a Gaussian
        np.testing.assert_allclose(weights.numpy().sum(-1), 1, atol=1e-6)
    more_features, more_weights = decoder.features(IDS, encoder(np.pad(SOURCE, ((0, 0), (0, 5)))))
    np.testing.assert_allclose(more_features, features, atol=1e-5)
    assert np.all(more_weights.numpy()[:, :, 6:] == 0)
    for row, length in enumerate((SOURCE != 0).sum(axis=1)):
        alone, _ = decoder.features(IDS[row : row + 1], encoder(SOURCE[row : row + 1, :length]))
        np.testing.assert_allclose(alone[0], features[row], atol=1e-5)


def test_a_residual_is_added_from_the_second_layer_of_a_conditional_decoder_on():
    encoder, plain = make(num_layers=2)
    residual = AttentionDecoder(10, 6, 7, encoder.output_dim, num_layers=2, residual=True)
    residual.set_weights(plain.get_weights())
    encoded = encoder(SOURCE)
    inputs, state = {"projected": tf.ones((3, 21))}, plain.initial_state(encoded)
    (without, *_), _ = plain._recurrence(encoded)(inputs, state)
    (added, *_), _ = residual._recurrence(encoded)(inputs, state)
    lowest, *_ = plain.lowest.stepper(attend_to(encoded, plain.attending))(inputs["projected"], state)
    np.testing.assert_allclose(added, without + lowest, atol=1e-6)


def test_hypotheses_share_the_memory_of_their_source(networks):
    encoder, decoder = networks
    encoded = encoder(SOURCE)
    one = {name: tf.repeat(value, 2, axis=0) for name, value in decoder.initial_state(encoded).items()}
    ids = tf.constant([4, 5, 6, 7, 8, 9])
    logits, _ = decoder.stepper(encoded)(ids, one)
    repeated = {name: tf.repeat(value, 2, axis=0) for name, value in encoded.items()}
    expected, _ = decoder.stepper(repeated)(ids, one)
    np.testing.assert_allclose(logits, expected, atol=1e-5)


def test_every_weight_has_a_gradient(networks):
    encoder, decoder = networks
    with tf.GradientTape() as tape:
        features, _ = decoder.features(IDS, encoder(SOURCE, training=True), training=True)
        loss = tf.reduce_sum(decoder.logits(features) ** 2)
    weights = encoder.trainable_weights + decoder.trainable_weights
    for weight, gradient in zip(weights, tape.gradient(loss, weights), strict=True):
        assert gradient is not None, weight.path
        assert np.abs(tf.convert_to_tensor(gradient)).max() > 0, weight.path


def test_gradient_against_differences():
    encoder, decoder = make()

    def loss():
        return tf.reduce_sum(decoder(IDS, encoder(SOURCE)) ** 2)

    for weight in (decoder.attending.score_vector, decoder.readout_bias, encoder.stack.recurrent[0].bias):
        with tf.GradientTape() as tape:
            value = loss()
        gradient, start, size = tape.gradient(value, weight.value).numpy(), weight.numpy(), 1e-2
        direction = np.random.default_rng(0).standard_normal(start.shape).astype("float32")
        weight.assign(start + size * direction)
        above = float(loss())
        weight.assign(start - size * direction)
        slope = (above - float(loss())) / (2 * size)
        weight.assign(start)
        assert slope == pytest.approx(float((gradient * direction).sum()), rel=2e-2, abs=1e-3)


@pytest.mark.parametrize("name", ["embedding_dropout", "dropout", "output_dropout"])
@pytest.mark.parametrize("structure", ["conditional", "output"])
def test_dropout_acts_in_training_alone(name, structure):
    encoder, decoder = make(structure=structure, num_layers=2, **{name: 0.5})
    encoded = encoder(SOURCE)
    still = [decoder(IDS, encoded).numpy() for _ in range(2)]
    np.testing.assert_array_equal(*still)
    assert np.abs(decoder(IDS, encoded, training=True) - still[0]).max() > 1e-3


def test_the_summary():
    for summary in ("mean", "last"):
        encoder = RecurrentEncoder(12, 5, 4, summary=summary)
        encoded = encoder(SOURCE)
        memory = encoded["memory"].numpy()
        lengths = (SOURCE != 0).sum(axis=1)
        if summary == "mean":
            expected = [row[:length].mean(axis=0) for row, length in zip(memory, lengths, strict=True)]
        else:
            ends = [row[length - 1, :4] for row, length in zip(memory, lengths, strict=True)]
            expected = np.concatenate([ends, memory[:, 0, 4:]], axis=1)
        np.testing.assert_allclose(encoded["summary"], expected, atol=1e-6)


def test_a_source_without_tokens_is_defined():
    encoder, decoder = make()
    features, weights = decoder.features(IDS, encoder(np.zeros_like(SOURCE)))
    assert np.isfinite(features).all() and np.all(weights.numpy() == 0)


@pytest.mark.parametrize("summary", ["mean", "last"])
def test_sources_without_columns_are_those_of_padding(summary):
    encoder = RecurrentEncoder(12, 5, 4, summary=summary)
    nothing = tf.function(encoder, input_signature=[tf.TensorSpec((None, None), tf.int32)])
    for encoded in (encoder(np.zeros((3, 0), "int32")), nothing(np.zeros((3, 0), "int32"))):
        padding = encoder(np.zeros((3, 1), "int32"))
        assert all(np.array_equal(encoded[name], padding[name]) for name in padding)


def test_tied_embeddings_begin_small_enough():
    _, decoder = make(tied=True)
    assert np.std(AttentionDecoder(2000, 64, 8, 8, tied=True).embeddings) == pytest.approx(1 / 8, rel=0.05)
    assert not hasattr(decoder, "output_kernel")


def test_configuration(networks, revive):
    for network in networks:
        again = revive(network)
        assert again.get_config() == network.get_config()
        assert [tuple(w.shape) for w in again.weights] == [tuple(w.shape) for w in network.weights]


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"structure": "none"}, "Unknown structure. Expected one of conditional, input_feeding, output"),
        ({"attention": "sum"}, "Unknown attention. Expected one of additive, dot, general, concat, location, uniform"),
        ({"attention": "general", "alignment": "local"}, "Unknown alignment. Expected one of global, monotonic, pre"),
        ({"alignment": "monotonic"}, "Expected attention of dot, .*, location. Received: attention='additive'"),
        ({"cell": "rnn"}, "Unknown cell"),
        ({"num_layers": 0}, "Expected num_layers of at least 1. Received: num_layers=0"),
        ({"output_dropout": 1.0}, r"Expected output_dropout in \[0, 1\). Received: output_dropout=1.0"),
    ],
)
def test_errors(arguments, message):
    with pytest.raises(ValueError, match=message):
        AttentionDecoder(10, 6, 7, 8, **arguments)


def test_encoder_errors():
    with pytest.raises(ValueError, match=r"Unknown summary\. Expected one of mean, last\. Received: summary='max'"):
        RecurrentEncoder(10, 4, 4, summary="max")
