"""Batches of no rows."""

import numpy as np
import pytest
import tensorflow as tf

import keras_genzoo as genzoo
from keras_genzoo.models.empty import apply_rows


@pytest.fixture
def conv_vae():
    encoder = genzoo.networks.conv_encoder((8, 8, 1), 2, filters=(4, 8), units=(8,))
    return genzoo.VAE(encoder, genzoo.networks.conv_decoder(2, (8, 8, 1), filters=(8, 4), units=(8,)))


@pytest.mark.parametrize("batch_size", [0, 1, 3])
def test_every_signature_takes_any_batch(conv_vae, batch_size):
    inputs = conv_vae.example_inputs(batch_size)
    for name, (function, specs) in conv_vae.signatures().items():
        graph = tf.function(function, input_signature=specs, autograph=False)
        outputs = graph(*(tf.constant(inputs[name][spec.name], spec.dtype) for spec in specs))
        assert all(value.shape[0] == batch_size for value in outputs.values()), name


def test_rows_are_those_of_the_network(conv_vae):
    x = np.random.default_rng(0).random((3, 8, 8, 1)).astype("float32")
    for ours, theirs in zip(apply_rows(conv_vae.encoder, tf.constant(x)), conv_vae.encoder(x), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)
