import keras
import numpy as np
import pytest

from keras_genzoo.networks import dense_decoder, dense_encoder


@pytest.mark.parametrize("shape", [(5,), (4, 3), (4, 4, 1), (2, 2, 2, 2)])
def test_shapes_of_any_rank(shape):
    encoder, decoder = dense_encoder(shape, 3, units=(8, 4)), dense_decoder(3, shape, units=(4, 8))
    z_mean, z_log_var = encoder(np.zeros((7, *shape), "float32"))
    assert z_mean.shape == z_log_var.shape == (7, 3)
    assert decoder(z_mean).shape == (7, *shape)


def test_counts_of_weights():
    assert dense_encoder((4, 4, 1), 3, units=(8,)).count_params() == 16 * 8 + 8 + 2 * (8 * 3 + 3)
    assert dense_decoder(3, (4, 4, 1), units=(8,)).count_params() == 3 * 8 + 8 + 8 * 16 + 16


def test_round_trip(round_trip):
    encoder = dense_encoder((5,), 3, units=(4,), activation="tanh", num_classes=2)
    inputs = {"images": np.ones((2, 5), "float32"), "labels": np.array([0, 1])}
    for one, other in zip(encoder(inputs), round_trip(encoder)(inputs), strict=True):
        np.testing.assert_array_equal(one, other)


def test_start_follows_the_seed_alone():
    keras.utils.set_random_seed(1)
    one = dense_encoder((5,), 3, seed=4).get_weights()
    keras.utils.set_random_seed(2)
    same, other = dense_encoder((5,), 3, seed=4).get_weights(), dense_encoder((5,), 3, seed=5).get_weights()
    for a, b, c in zip(one, same, other, strict=True):
        np.testing.assert_array_equal(a, b)
        assert a.ndim == 1 or np.abs(a - c).max() > 0.01


def test_layers_start_different_from_each_other():
    encoder = dense_encoder((6,), 6, units=(6, 6), seed=0)
    decoder = dense_decoder(6, (6,), units=(6, 6), seed=0)
    kernels = [w for network in (encoder, decoder) for w in network.get_weights() if w.ndim == 2]
    for i, one in enumerate(kernels):
        assert all(np.abs(one - other).max() > 0.01 for other in kernels[i + 1 :])


def test_output_bias_is_where_the_decoder_starts():
    bias = np.arange(12.0).reshape(4, 3)
    decoder = dense_decoder(2, (4, 3), units=(5,), output_bias=bias)
    np.testing.assert_allclose(decoder.get_layer("parameters").bias, bias.reshape(-1))
    np.testing.assert_allclose(dense_decoder(2, (4, 3), output_bias=-1.5).get_layer("parameters").bias, -1.5)


def test_labels_change_the_result():
    encoder, decoder = dense_encoder((5,), 3, num_classes=4), dense_decoder(3, (5,), num_classes=4)
    x, z, labels = np.ones((2, 5), "float32"), np.ones((2, 3), "float32"), np.array([0, 3])
    mean = encoder({"images": x, "labels": labels})[0].numpy()
    parameters = decoder({"z": z, "labels": labels}).numpy()
    assert np.abs(mean[0] - mean[1]).max() > 1e-3 and np.abs(parameters[0] - parameters[1]).max() > 1e-3


def test_outputs_are_float32_under_mixed_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    encoder, decoder = dense_encoder((5,), 3), dense_decoder(3, (5,))
    assert encoder.get_layer("hidden_0").compute_dtype == "bfloat16"
    assert [output.dtype for output in (*encoder.outputs, *decoder.outputs)] == ["float32"] * 3
