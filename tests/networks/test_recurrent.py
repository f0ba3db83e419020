"""The recurrent network over token ids."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_genzoo.networks import RecurrentDecoder

SIZE = 9
VARIANTS = [
    {},
    {"cell": "gru", "num_layers": 2, "tied": True},
    {"cell": "simple_rnn", "tied": True, "embedding_dim": 6},
    {"num_layers": 2, "residual": True, "layer_normalization": True},
    {"context_dim": 3},
    {"context_dim": 3, "cell": "gru", "num_layers": 2},
    {"vocabulary_size": 1500},  # too many for the projected table
    {"vocabulary_size": 1500, "context_dim": 3},
]


def make(**variant):
    return RecurrentDecoder(**{"vocabulary_size": SIZE, "embedding_dim": 4, "units": 6, **variant})


def first_state(network, rows):
    if not network.context_dim:
        return None
    context = np.random.default_rng(1).standard_normal((rows, network.context_dim)).astype("float32")
    return network.initial_state(rows, context)


@pytest.fixture
def ids():
    return np.random.default_rng(0).integers(4, SIZE, (3, 6)).astype("int32")


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_steps_equal_teacher_forcing(variant, ids):
    network = make(**variant)
    logits, last = network(ids, first_state(network, 3))
    state = first_state(network, 3) or network.initial_state(3)
    step = network.stepper()
    for t in range(ids.shape[1]):
        stepwise, state = step(tf.constant(ids[:, t]), state)
        np.testing.assert_allclose(stepwise, logits[:, t], atol=1e-5)
    assert set(state) == set(last)
    for name, value in last.items():
        np.testing.assert_allclose(state[name], value, atol=1e-5)


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_more_padding_changes_nothing(variant, ids):
    network = make(**variant)
    logits, last = network(ids, first_state(network, 3), mask=ids > 0)
    padded = np.pad(ids, ((0, 0), (0, 4)))
    more, more_last = network(padded, first_state(network, 3), mask=padded > 0)
    np.testing.assert_allclose(more[:, :6], logits, atol=1e-6)
    for name, value in last.items():
        np.testing.assert_allclose(more_last[name], value, atol=1e-6)


def test_projecting_the_table_is_projecting_the_tokens(ids, monkeypatch):
    network = make()
    logits, _ = network(ids)
    monkeypatch.setattr("keras_genzoo.networks.output.MAX_PROJECTED_VOCABULARY", 0)
    np.testing.assert_allclose(network(ids)[0], logits, atol=1e-5)


def test_the_context_matters_in_every_step(ids):
    network = make(context_dim=3)
    state = first_state(network, 3)
    logits, _ = network(ids, state)
    cut = {**state, "context": tf.zeros_like(state["context"])}
    assert np.abs(network(ids, cut)[0] - logits).min(axis=(0, 2)).max() > 0
    assert np.abs(network(ids, cut)[0] - logits).max(axis=(0, 2)).min() > 1e-4


def test_tied_output_has_no_kernel_of_its_own():
    names = {variable.path.split("/")[-1] for variable in make(tied=True, units=4).variables}
    assert "output_kernel" not in names
    assert any("bottleneck" in variable.path for variable in make(tied=True).variables)


def test_dropout_in_training_alone(ids):
    network = make(embedding_dropout=0.5, dropout=0.5, recurrent_dropout=0.5)
    np.testing.assert_array_equal(network(ids)[0], network(ids)[0])
    assert not np.array_equal(network(ids, training=True)[0], network(ids, training=True)[0])


def test_mixed_precision_keeps_logits_float32(ids):
    keras.config.set_dtype_policy("mixed_bfloat16")
    network = make(cell="gru")
    logits, state = network(ids)
    assert logits.dtype == tf.float32 and state["h0"].dtype == tf.bfloat16
    assert np.isfinite(logits).all()


def test_config_round_trip(revive, ids):
    network = make(cell="gru", num_layers=2, tied=True, context_dim=3, dropout=0.1, seed=4)
    again = revive(network)
    assert again.get_config() == network.get_config()
    again.set_weights(network.get_weights())
    np.testing.assert_array_equal(again(ids)[0], network(ids)[0])


def test_errors():
    with pytest.raises(ValueError, match=r"Expected embedding_dim of at least 1\. Received: embedding_dim=0"):
        make(embedding_dim=0)
    with pytest.raises(ValueError, match=r"^Expected embedding_dropout in \[0, 1\)\. Received: embedding_dropout=1\.5"):
        make(embedding_dropout=1.5)
