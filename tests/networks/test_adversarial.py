import keras
import numpy as np
import pytest

from keras_genzoo.layers import FourierFeatures
from keras_genzoo.networks import dcgan_discriminator, dcgan_generator, mlp_discriminator, mlp_generator

BUILDERS = [
    (mlp_generator, {"latent_dim": 3, "output_shape": (4, 4, 1), "units": (8,), "batch_norm": True}),
    (mlp_discriminator, {"event_shape": (4, 4, 1), "units": (8,), "dropout": 0.2, "spectral_norm": True}),
    (dcgan_generator, {"latent_dim": 3, "event_shape": (8, 8, 1), "width": 2}),
    (dcgan_discriminator, {"event_shape": (8, 8, 1), "width": 2, "batch_norm": True, "spectral_norm": True}),
    (dcgan_generator, {"latent_dim": 3, "event_shape": (8, 8, 1), "width": 2, "units": (6, 5)}),
    (dcgan_discriminator, {"event_shape": (8, 8, 1), "width": 2, "spectral_norm": True, "units": (6, 5)}),
]


def inputs_of(network, count=5):
    """Normal events or codes, and labels where they are due."""
    shapes = network.input if isinstance(network.input, dict) else {"x": network.input}
    generator = np.random.default_rng(0)
    values = {
        name: np.arange(count) % 2 if name == "labels" else generator.normal(size=(count, *tensor.shape[1:]))
        for name, tensor in shapes.items()
    }
    return values if isinstance(network.input, dict) else values["x"]


@pytest.mark.parametrize(("build", "arguments"), BUILDERS)
@pytest.mark.parametrize("num_classes", [None, 2])
def test_contract(build, arguments, num_classes, round_trip):
    """The start follows the seed alone, a file brings the network back, and the output is float32 in any policy."""
    keras.utils.set_random_seed(1)
    network = build(**arguments, num_classes=num_classes, seed=4)
    keras.utils.set_random_seed(2)
    same, other = (build(**arguments, num_classes=num_classes, seed=seed).get_weights() for seed in (4, 5))
    for a, b, c in zip(network.get_weights(), same, other, strict=True):
        np.testing.assert_array_equal(a, b)
        assert a.ndim == 1 or np.abs(a - c).max() > 0.001
    inputs = inputs_of(network)
    np.testing.assert_array_equal(round_trip(network)(inputs), network(inputs))
    keras.config.set_dtype_policy("mixed_bfloat16")
    assert build(**arguments, num_classes=num_classes).output.dtype == "float32"


@pytest.mark.parametrize("build", [mlp_generator, dcgan_generator])
def test_images_are_within_reach(build):
    """tanh for images, nothing for points."""
    images = build(3, (8, 8, 1))(100 * inputs_of(build(3, (8, 8, 1))))
    assert images.shape == (5, 8, 8, 1) and np.abs(images).max() <= 1.0
    assert np.abs(mlp_generator(3, (2,))(1e4 * np.ones((5, 3)))).max() > 1.0


@pytest.mark.parametrize("build", [mlp_discriminator, dcgan_discriminator])
def test_packs_are_channels(build):
    assert build((8, 8, 3), packing=2).input_shape == (None, 8, 8, 6)
    assert mlp_discriminator((2,), packing=4).input_shape == (None, 8)


@pytest.mark.parametrize(
    ("shape", "start", "channels"),
    [((28, 28, 1), (7, 7), (8, 4, 1)), ((32, 32, 3), (4, 4), (16, 8, 4, 3)), ((64, 32, 1), (8, 4), (16, 8, 4, 1))],
)
def test_dcgan_doubles_from_a_small_start(shape, start, channels):
    """28 from 7, 32 from 4, and every doubling halves the channels, of which `width` come before the image."""
    if shape == (64, 32, 1):
        start, channels = (4, 2), (32, 16, 8, 4, 1)
    generator, discriminator = dcgan_generator(3, shape, width=4), dcgan_discriminator(shape, width=4)
    outputs = [layer.output.shape for layer in generator.layers if layer.name.startswith(("start", "conv", "events"))]
    assert outputs[0][1:3] == start and tuple(output[-1] for output in outputs) == channels
    convolutions = [layer.output.shape for layer in discriminator.layers if layer.name.startswith("conv")]
    assert tuple(output[-1] for output in convolutions) == channels[-2::-1]
    assert convolutions[-1][1:3] == start and discriminator.output.shape == (None, 1)


def test_only_a_dense_layer_sees_opposite_corners_together():
    """Without one the logit is a sum over places: what changes in one corner counts the same whatever is in another."""
    corners = np.zeros((4, 28, 28, 1), "float32")  # none, one, the other, both
    corners[[1, 3], :4, :4] = corners[[2, 3], -4:, -4:] = 9.0
    for units in ((), (8,)):
        none, one, other, both = dcgan_discriminator((28, 28, 1), width=4, units=units)(corners)[:, 0].numpy()
        apart = abs((none - one - other + both) / both)
        assert apart < 1e-4 if units == () else apart > 1e-2


@pytest.mark.parametrize("shape", [(30, 28, 1), (28, 28), (9, 9, 1)])
def test_shapes_that_do_not_divide(shape):
    for build in (lambda: dcgan_generator(3, shape), lambda: dcgan_discriminator(shape)):
        with pytest.raises(ValueError, match=r"^A DCGAN needs an event_shape .*Received: event_shape=\("):
            build()


@pytest.mark.parametrize(("build", "arguments"), [pair for pair in BUILDERS if "spectral_norm" in pair[1]])
def test_spectral_norm_holds_the_largest_singular_value_at_1(build, arguments):
    network = build(**{**arguments, "batch_norm": False} if build is dcgan_discriminator else arguments)
    for _ in range(60):  # one power iteration each
        network(inputs_of(network), training=True)
    kernels = [layer.kernel for layer in network.layers if isinstance(layer, keras.layers.SpectralNormalization)]
    assert len(kernels) >= 2
    for kernel in kernels:
        matrix = np.reshape(kernel, (-1, kernel.shape[-1]))
        np.testing.assert_allclose(np.linalg.norm(matrix, 2), 1.0, rtol=0.02)


def test_the_class_enters_dcgan_as_an_inner_product():
    network = dcgan_discriminator((8, 8, 1), width=2, num_classes=3)
    inputs = {"images": np.ones((3, 8, 8, 1), "float32"), "labels": np.arange(3)}
    features = keras.Model(network.input, network.get_layer("features").output)(inputs).numpy()
    logit, classes = network.get_layer("logit"), network.get_layer("class")
    expected = features @ logit.kernel.numpy()[:, 0] + np.sum(features * classes.kernel.numpy(), axis=1)
    np.testing.assert_allclose(network(inputs)[:, 0], expected, rtol=1e-6, atol=1e-6)


def test_the_documents_architectures():
    generator, discriminator = mlp_generator(100, (28, 28, 1)), mlp_discriminator((28, 28, 1))
    for network, widths in ((generator, [128, 256, 512, 784]), (discriminator, [512, 256, 128, 1])):
        assert [layer.units for layer in network.layers if hasattr(layer, "units")] == widths


def test_fourier_features_come_first():
    network = mlp_discriminator((2,), (8,), fourier={"num_features": 5, "longest": 2.0, "shortest": 0.1}, seed=3)
    layer = network.get_layer("fourier")
    assert isinstance(layer, FourierFeatures) and layer.seed == 3 and layer.output.shape == (None, 12)
