"""The recurrent network from token ids to a posterior."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_genzoo.networks import RecurrentPosterior

VARIANTS = [{}, {"cell": "gru", "num_layers": 2}, {"bidirectional": False}, {"num_classes": 3}]


def make(**variant):
    return RecurrentPosterior(**{"vocabulary_size": 9, "embedding_dim": 4, "units": 6, "latent_dim": 2, **variant})


def labels_of(network):
    return None if network.num_classes is None else tf.constant([0, 1, 2])


@pytest.fixture
def ids():
    return np.random.default_rng(0).integers(4, 9, (3, 5)).astype("int32")


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_outputs_and_padding(variant, ids):
    network = make(**variant)
    ids[1, 3:] = 0
    outputs = network(ids, labels=labels_of(network))
    padded = network(np.pad(ids, ((0, 0), (0, 4))), labels=labels_of(network))
    alone = network(ids[1:2, :3], labels=None if network.num_classes is None else tf.constant([1]))
    for value, more, one in zip(outputs, padded, alone, strict=True):
        assert value.shape == (3, 2) and value.dtype == tf.float32
        np.testing.assert_allclose(more, value, atol=1e-6)
        np.testing.assert_allclose(one[0], value[1], atol=1e-6)


def test_both_ends_are_read(ids):
    """The first and the last token matter, and both halves carry them."""
    network = make()
    z_mean, _ = network(ids)
    for place in (0, -1):
        other = ids.copy()
        other[:, place] = 4 + (other[:, place] - 3) % 5
        assert np.abs(network(other)[0] - z_mean).max(axis=1).min() > 1e-4


def test_numbers(ids):
    """The posterior is linear in the last outputs of the two halves."""
    network = make()
    memory = network.reader(ids)["memory"].numpy()
    ends = np.concatenate([memory[:, -1, :6], memory[:, 0, 6:]], axis=1)
    for value, name in zip(network(ids), ("z_mean", "z_log_var"), strict=True):
        layer = network.posterior[name]
        np.testing.assert_allclose(value, ends @ layer.kernel.numpy() + layer.bias.numpy(), atol=1e-6)


def test_labels_matter(ids):
    network = make(num_classes=3)
    first, second = (network(ids, labels=tf.constant(labels))[0] for labels in ([0, 1, 2], [1, 1, 2]))
    assert np.abs(first - second).max(axis=1).tolist() == [pytest.approx(np.abs(first[0] - second[0]).max()), 0, 0]
    assert np.abs(first[0] - second[0]).max() > 0


def test_dropout_in_training_alone(ids):
    network = make(embedding_dropout=0.5, dropout=0.5)
    np.testing.assert_array_equal(network(ids)[0], network(ids)[0])
    assert not np.array_equal(network(ids, training=True)[0], network(ids, training=True)[0])


def test_mixed_precision_keeps_the_posterior_float32(ids):
    keras.config.set_dtype_policy("mixed_bfloat16")
    z_mean, z_log_var = make()(ids)
    assert z_mean.dtype == z_log_var.dtype == tf.float32 and np.isfinite(z_mean).all()


def test_config_round_trip(revive, ids):
    network = make(cell="gru", num_layers=2, dropout=0.1, embedding_dropout=0.2, seed=4)
    again = revive(network)
    assert again.get_config() == network.get_config()
    again.set_weights(network.get_weights())
    np.testing.assert_array_equal(again(ids)[0], network(ids)[0])


@pytest.mark.parametrize("name, value", [("latent_dim", 0), ("vocabulary_size", 0), ("num_classes", 0)])
def test_errors(name, value):
    with pytest.raises(ValueError, match=rf"Expected {name} to be an integer of at least 1\. Received: {name}={value}"):
        make(**{name: value})
