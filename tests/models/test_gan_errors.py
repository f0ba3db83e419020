"""What the GAN refuses, each in one line and before the first step."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_genzoo as genzoo
from keras_genzoo import losses, networks

GOOD = np.zeros((8, 4, 4, 1), "float32")
NAN = GOOD.copy()
NAN[3] = np.nan
EVENTS = [
    (GOOD[:, :, :3], r"Wrong shape of x\. Expected \(batch, 4, 4, 1\)\. Received: x\.shape=\(8, 4, 3, 1\)"),
    (NAN, r"NaN or infinite values in x\. Expected floats in \[-1, 1\]\. Received: min=nan, max=nan"),
    (GOOD.astype("uint8"), r"Wrong dtype of x\. Expected floats in \[-1, 1\]; .*Received: x\.dtype=uint8"),
    (GOOD + 1.5, r"Values of x out of range\. Expected floats in \[-1, 1\]\. Received: min=1\.5, max=1\.5"),
    (GOOD[:1], r"A GAN cannot learn a distribution from one example\. Expected at least 2, .*x\.shape=\(1, 4, 4, 1\)"),
]


def images_gan(**options):
    gan = genzoo.GAN(networks.mlp_generator(3, (4, 4, 1), (4,)), networks.mlp_discriminator((4, 4, 1), (4,)))
    gan.compile(**options)
    return gan


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize(("x", "message"), EVENTS)
def test_bad_events_in_arrays_and_datasets(x, message, jit):
    gan = images_gan(jit_compile=jit)
    dataset = tf.data.Dataset.from_tensor_slices(x).batch(8)
    for call in (
        lambda: gan.fit(x),
        lambda: gan.fit(dataset),
        lambda: gan.evaluate(x),
        lambda: gan.fit(GOOD, validation_data=dataset, verbose=0),
    ):
        with pytest.raises(ValueError, match=f"^{message}$"):
            call()
    assert int(gan.generator_optimizer.iterations) == int(gan.discriminator_optimizer.iterations) == 0


def test_empty_data():
    with pytest.raises(ValueError, match=r"^No examples in x\. Expected \(batch, 4, 4, 1\) with batch > 0\."):
        images_gan().fit(GOOD[:0])
    with pytest.raises(ValueError, match=r"^The dataset is empty\. Expected at least one batch\."):
        images_gan().fit(tf.data.Dataset.from_tensor_slices(GOOD).batch(4).take(0))


def test_points_have_no_range(make_gan, points):
    make_gan().fit(100 * points, verbose=0)
    with pytest.raises(ValueError, match=r"^NaN or infinite values in x\. Expected finite floats\."):
        make_gan().fit(np.full((8, 2), np.inf, "float32"))


def test_targets_and_weights():
    with pytest.raises(ValueError, match=r"^A GAN learns from x alone\. Expected no targets\. Received: y of type"):
        images_gan().fit(GOOD, np.zeros(8))
    with pytest.raises(ValueError, match=r"A GAN takes no sample_weight\. Expected x alone\."):
        images_gan().train_step((GOOD, None, np.ones(8)))


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((8, 2), "float32"), r"A conditional GAN takes x as a dictionary\. .*Received: x=ndarray"),
        ({"images": np.zeros((8, 2), "float32")}, r"A conditional GAN takes x as a dictionary\. .*x=\['images'\]"),
        (
            {"images": np.zeros((8, 2), "float32"), "labels": np.full(8, 3)},
            r"Labels out of range\. Expected integers in \[0, 2\]\. .*max=3",
        ),
    ],
)
def test_conditional_data(make_gan, x, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        make_gan(num_classes=3).fit(x)


def test_bad_arguments_of_use(make_gan):
    gan, conditional = make_gan(), make_gan(num_classes=3)
    for call, message in (
        (lambda: gan.generate(), r"Expected num_samples of at least 0\. Received: num_samples=None"),
        (lambda: gan.generate(-1), r"Expected num_samples of at least 0\. Received: num_samples=-1"),
        (lambda: gan.generate(labels=[0]), r"Expected no labels, as num_classes=None\. Received: labels=\[0\]"),
        (lambda: conditional.generate(3), r"Expected labels in \[0, 2\], as num_classes=3\. Received: labels=None"),
        (lambda: conditional.generate(labels=[0, 3]), r"Labels out of range\. Expected integers in \[0, 2\]\. .*max=3"),
        (lambda: conditional.generate(labels=[-1]), r"Labels out of range\. Expected integers in \[0, 2\]\. .*max=-1"),
        (lambda: conditional.generate(labels=[0.5]), r"Wrong labels\. Expected integers of shape \(1,\)\. .*float64"),
        (
            lambda: conditional.generate(labels=2),
            r"Wrong labels\. Expected integers of shape \(1,\)\. .*shape=\(\), .*",
        ),
        (
            lambda: conditional.decode(np.zeros((1, 3)), [0, 1]),
            r"Wrong labels\. Expected integers of shape \(1,\)\. .*",
        ),
        (lambda: conditional.discriminate(np.zeros((1, 2)), [3]), r"Labels out of range\. .*max=3"),
        (lambda: gan.discriminate(np.zeros((1, 2)), [0]), r"Expected no labels, .*"),
    ):
        with pytest.raises(ValueError, match=f"^{message}$"):
            call()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"packing": 0}, r"Expected packing to be an integer of at least 1\. Received: packing=0"),
        ({"packing": 2, "num_classes": 3}, r"Packs have no one label\. Expected packing=1 with num_classes\. .*"),
        ({"ema_momentum": 1.0}, r"Expected ema_momentum in \[0, 1\) or None\. Received: ema_momentum=1\.0"),
        ({"ema_momentum": "auto"}, r"Expected ema_momentum in \[0, 1\) or None\. Received: ema_momentum='auto'"),
    ],
)
def test_bad_arguments(make_gan, arguments, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        make_gan(**arguments)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"objective": "wgan"}, r"Unknown objective\. Expected one of .*Received: objective='wgan'"),
        ({"penalty": 10}, r"Unknown penalty\. Expected None, .*Received: penalty=10"),
        ({"discriminator_steps": 0}, r"Expected discriminator_steps to be .*Received: discriminator_steps=0"),
        ({"loss": "mse"}, r"A GAN compiles with two optimizers, .*Received: loss"),
        ({"optimizer": "adam"}, r"A GAN compiles with two optimizers, .*Received: optimizer"),
    ],
)
def test_bad_rules(options, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        images_gan(**options)


def test_one_optimizer_for_both():
    adam = keras.optimizers.Adam()
    with pytest.raises(
        ValueError, match=r"^Each network needs an optimizer of its own, .*Received: one Adam for both$"
    ):
        images_gan(generator_optimizer=adam, discriminator_optimizer=adam)


# ---- networks ----


def ending_in(activation=None, *layers):
    """A discriminator with that activation, and further layers, at its end."""
    x = keras.Input((2,))
    outputs = keras.layers.Dense(1, activation=activation)(keras.layers.Dense(4)(x))
    for layer in layers:
        outputs = layer(outputs)
    return keras.Model(x, outputs)


ENDS = [
    (ending_in("sigmoid"), "sigmoid"),
    (ending_in("tanh"), "tanh"),
    (ending_in(None, keras.layers.Activation("sigmoid")), "sigmoid"),
    (ending_in(None, keras.layers.ReLU()), "relu"),
    (ending_in(None, keras.layers.Softmax()), "softmax"),
    (ending_in(None, keras.ops.sigmoid), "sigmoid"),
    (ending_in("sigmoid", keras.layers.Flatten(), keras.layers.Reshape((1,))), "sigmoid"),
    (ending_in(None, keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, "sigmoid")])), "sigmoid"),
    (ending_in(None, keras.layers.SpectralNormalization(keras.layers.Dense(1, "sigmoid"))), "sigmoid"),
]  # fmt: skip


@pytest.mark.parametrize(("discriminator", "activation"), ENDS)
def test_a_discriminator_that_does_not_end_in_raw_logits(discriminator, activation):
    message = (
        rf"^The discriminator must end in raw logits, .*Expected no activation in its last.*Received: {activation}$"
    )
    with pytest.raises(ValueError, match=message):
        genzoo.GAN(networks.mlp_generator(3, (2,)), discriminator)


def test_raw_logits_in_any_dress():
    for discriminator in (
        ending_in(None, keras.layers.Flatten()),
        ending_in("linear", keras.layers.Reshape((1,))),
        ending_in("tanh", keras.layers.Dense(1)),
        ending_in(None, keras.layers.SpectralNormalization(keras.layers.Dense(1))),
    ):
        gan = genzoo.GAN(networks.mlp_generator(3, (2,)), discriminator)
        assert gan.discriminate(np.zeros((4, 2), "float32")).shape == (4,)


def test_networks_that_do_not_meet():
    generator, discriminator = networks.mlp_generator(3, (2,), (4,)), networks.mlp_discriminator((2,), (4,))
    two = keras.Model(discriminator.input, keras.layers.Dense(2)(discriminator.input))
    for pair, arguments, message in (
        ((generator, networks.mlp_discriminator((3,), (4,))), {}, r"The discriminator must map \(batch, 2\), 1 of .*"),
        ((generator, two), {}, r"The discriminator must map .*to one logit .*Received: \(None, 2\) to \(None, 2\)"),
        ((generator, discriminator), {"packing": 2}, r"The discriminator must map \(batch, 4\), 2 of .*"),
        ((generator, discriminator), {"num_classes": 3}, r"With num_classes the generator takes a dictionary\. .*"),
        (
            (networks.mlp_generator(3, (2,), (4,), num_classes=3), discriminator),
            {},
            r"Without num_classes the generator takes one tensor\. Received: generator\.input=\['labels', 'z'\]",
        ),
        ((keras.layers.Dense(2), discriminator), {}, r"The generator must be a functional keras\.Model; .*"),
        ((generator, lambda x: x), {}, r"The discriminator must be a functional keras\.Model; .*"),
        (
            (keras.Model(z := keras.Input((4, 4, 1)), keras.layers.Flatten()(z)), discriminator),
            {},
            r"The generator must map \(batch, latent_dim\) to events of a known shape\. .*",
        ),
    ):
        with pytest.raises(ValueError, match=f"^{message}$"):
            genzoo.GAN(*pair, **arguments)


def test_a_generator_of_images_that_cannot_be_dark():
    generator = networks.mlp_generator(3, (4, 4, 1), (4,), output_activation="sigmoid")
    with pytest.raises(ValueError, match=r"^The generator of images must reach \[-1, 1\]\. .*Received: sigmoid$"):
        genzoo.GAN(generator, networks.mlp_discriminator((4, 4, 1), (4,)))


def test_a_relativistic_loss_without_real_logits():
    with pytest.raises(ValueError, match=r"^A relativistic generator loss compares\."):
        losses.Relativistic().generator_loss([0.0])
