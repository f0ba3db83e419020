import keras
import numpy as np
import pytest

from keras_genzoo.networks import conv_decoder, conv_encoder


@pytest.mark.parametrize(("shape", "filters"), [((8, 8, 1), (4, 6)), ((4, 12, 3), (5,)), ((8, 8, 2), (2, 3, 4))])
def test_shapes(shape, filters):
    encoder = conv_encoder(shape, 3, filters=filters, units=(8,))
    decoder = conv_decoder(3, shape, filters=filters[::-1], units=(8,))
    z_mean, z_log_var = encoder(np.zeros((5, *shape), "float32"))
    assert z_mean.shape == z_log_var.shape == (5, 3)
    assert decoder(z_mean).shape == (5, *shape)


def test_round_trip(round_trip):
    decoder = conv_decoder(3, (8, 8, 1), filters=(4,), units=(8,), num_classes=2)
    inputs = {"z": np.ones((2, 3), "float32"), "labels": np.array([0, 1])}
    np.testing.assert_array_equal(decoder(inputs), round_trip(decoder)(inputs))


def test_start_follows_the_seed_alone():
    keras.utils.set_random_seed(1)
    one = conv_decoder(3, (4, 4, 1), filters=(4,), units=(8,), seed=4).get_weights()
    keras.utils.set_random_seed(2)
    same = conv_decoder(3, (4, 4, 1), filters=(4,), units=(8,), seed=4).get_weights()
    other = conv_decoder(3, (4, 4, 1), filters=(4,), units=(8,), seed=5).get_weights()
    for a, b, c in zip(one, same, other, strict=True):
        np.testing.assert_array_equal(a, b)
        assert a.ndim == 1 or np.abs(a - c).max() > 0.01


def test_labels_change_the_result():
    encoder = conv_encoder((4, 4, 1), 3, filters=(4,), num_classes=4)
    images = np.ones((2, 4, 4, 1), "float32")
    mean = encoder({"images": images, "labels": np.array([0, 3])})[0].numpy()
    assert np.abs(mean[0] - mean[1]).max() > 1e-3


def test_rows_do_not_see_each_other():
    encoder = conv_encoder((8, 8, 1), 3, filters=(4,), units=(8,))
    x = np.random.default_rng(0).random((6, 8, 8, 1)).astype("float32")
    np.testing.assert_allclose(encoder(x)[0][2:3], encoder(x[2:3])[0], atol=1e-6)


def test_output_bias_by_channel():
    decoder = conv_decoder(2, (4, 4, 3), filters=(4,), output_bias=[1.0, 2.0, 3.0])
    np.testing.assert_allclose(decoder.get_layer("parameters").bias, [1, 2, 3])


@pytest.mark.parametrize("shape", [(8, 8), (6, 8, 1), (8, 6, 1)])
def test_shapes_that_do_not_divide(shape):
    message = (
        r"^Convolutional networks with 2 halvings need an event_shape .* divisible by 4\. Received: event_shape=\("
    )
    with pytest.raises(ValueError, match=message):
        conv_encoder(shape, 3, filters=(4, 4))
    with pytest.raises(ValueError, match=message):
        conv_decoder(3, shape, filters=(4, 4))
