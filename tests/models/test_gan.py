"""The GAN's numbers: what a step computes, against an independent version, and what samples are."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_genzoo as genzoo
from keras_genzoo import losses, networks
from keras_genzoo.layers import noise

RICH = {"generator": {"batch_norm": True}, "discriminator": {"dropout": 0.3, "spectral_norm": True}}


def state_of(network, optimizer):
    """All numbers of a network and its optimizer, statistics, slots and counters included."""
    return [np.array(variable) for variable in (*network.weights, *optimizer.variables)]


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


# ---- a step ----


def test_a_step_is_that_of_its_definition(make_gan, points):
    """Non-saturating with SGD, written out: the discriminator first, then the generator against the new one."""
    sgd = {"generator_optimizer": keras.optimizers.SGD(0.1), "discriminator_optimizer": keras.optimizers.SGD(0.2)}
    gan, x = make_gan(compile=sgd, seed=4), points[:16]
    reference = make_gan(compile=sgd, seed=4)
    generator, discriminator = reference.generator, reference.discriminator
    z = noise.normal([16, 3], noise.next_seed(keras.random.SeedGenerator(4)))
    with tf.GradientTape(persistent=True) as tape:
        fake = generator(z)
        real_logits, fake_logits = discriminator(x), discriminator(fake)
        loss = tf.reduce_mean(tf.math.softplus(-real_logits)) + tf.reduce_mean(tf.math.softplus(fake_logits))
    gradients = tape.gradient(loss, [v.value for v in discriminator.trainable_variables])
    for variable, gradient in zip(discriminator.trainable_variables, gradients, strict=True):
        variable.assign_sub(0.2 * gradient)
    with tf.GradientTape() as tape:
        generator_loss = tf.reduce_mean(tf.math.softplus(-discriminator(generator(z))))
    gradients = tape.gradient(generator_loss, [v.value for v in generator.trainable_variables])
    for variable, gradient in zip(generator.trainable_variables, gradients, strict=True):
        variable.assign_sub(0.1 * gradient)
    logs = gan.train_step(x)
    assert float(logs["discriminator_loss"]) == pytest.approx(float(loss), rel=1e-5)
    assert float(logs["generator_loss"]) == pytest.approx(float(generator_loss), rel=1e-5)
    for ours, theirs in zip(gan.get_weights(), reference.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize("steps", [1, 2])
@pytest.mark.parametrize("objective", ["non_saturating", "relativistic"])
def test_each_update_leaves_the_other_network_alone(make_gan, points, objective, steps):
    """Bit for bit: weights, BatchNorm's statistics, spectral vectors, Adam's moments and counters."""
    gan = make_gan(compile={"objective": objective, "discriminator_steps": steps, "penalty": losses.R1()}, **RICH)
    gan.train_step(points[:16])
    sides = {
        "generator": lambda: state_of(gan.generator, gan.generator_optimizer),
        "discriminator": lambda: state_of(gan.discriminator, gan.discriminator_optimizer),
    }
    seen = {name: read() for name, read in sides.items()}
    fake = gan._events(gan._noise(points[:16]), None, training=False)
    gan._update_discriminator(tf.constant(points[:16]), fake, None)
    assert same(seen["generator"], sides["generator"]()) and not same(seen["discriminator"], sides["discriminator"]())
    seen = {name: read() for name, read in sides.items()}
    with tf.GradientTape() as tape:
        loss = gan._generator_loss(tf.constant(points[:16]), gan._events(gan._noise(points[:16]), None, True), None)
    gan._descend(gan.generator_optimizer, gan.generator, loss, tape)
    assert same(seen["discriminator"], sides["discriminator"]()) and not same(seen["generator"], sides["generator"]())


def test_further_discriminator_steps_leave_the_generators_statistics_alone(make_gan, points, monkeypatch):
    """BatchNorm sees the batch of the generator's own update alone: the last of those that the discriminator gets."""
    gan, seen = make_gan(compile={"discriminator_steps": 3}, **RICH), []
    update = gan._update_discriminator

    def watched(*arguments):
        seen.append(float(np.abs(gan.generator.get_layer("norm_0").moving_mean).max()))
        update(*arguments)

    monkeypatch.setattr(gan, "_update_discriminator", watched)
    gan.train_step(points[:48])
    assert seen[:2] == [0.0, 0.0] and seen[2] > 0
    assert int(gan.generator_optimizer.iterations) == 1 and int(gan.discriminator_optimizer.iterations) == 3


def test_dropout_is_on_in_training_and_off_elsewhere(make_gan, points):
    gan = make_gan(discriminator={"dropout": 0.5})
    x = tf.constant(points)
    first, second = gan._logits(x, None, training=True), gan._logits(x, None, training=True)
    assert np.abs(first - second).max() > 1e-3
    np.testing.assert_array_equal(gan.discriminate(x), gan.discriminate(x))
    seeds = [np.array(generator.state) for generator in gan._seed_generators_in_order()]
    gan._generator_loss(x, x, None)
    moved = [np.any(np.array(g.state) != s) for g, s in zip(gan._seed_generators_in_order(), seeds, strict=True)]
    assert sum(moved) == 1  # the discriminator's dropout draws afresh after the generator's update too


def test_every_discriminator_step_sees_its_own_part_of_the_batch(make_gan):
    gan = make_gan(compile={"discriminator_steps": 3})
    parts = [gan._part(tf.range(7), index).numpy().tolist() for index in range(3)]
    assert parts == [[0, 1, 2], [3, 4, 5], [6, 0, 1]]
    assert [gan._part(tf.range(1), index).numpy().tolist() for index in range(3)] == [[0], [0], [0]]
    assert gan._part(None, 1) is None


def test_packs(make_gan):
    gan = make_gan(packing=2)
    events = tf.reshape(tf.range(10.0), [5, 2])
    assert gan._packed(events).numpy().tolist() == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 0, 1]]
    np.testing.assert_array_equal(
        gan.discriminate(tf.reshape(events[:4], [2, 2, 2])), gan._logits(gan._packed(events[:4]), None, False)
    )


def test_packed_images_are_channels(make_gan):
    pair = (
        networks.dcgan_generator(3, (8, 8, 1), width=2),
        networks.dcgan_discriminator((8, 8, 1), width=2, packing=3),
    )
    gan = make_gan(networks=pair, packing=3)
    images = tf.random.stateless_uniform([6, 8, 8, 1], [1, 2])
    packed = gan._packed(images)
    assert packed.shape == (2, 8, 8, 3)
    np.testing.assert_array_equal(packed[1, :, :, 2], images[5, :, :, 0])


def test_regularisers_of_the_networks_are_descended(make_gan, points):
    """With a weight decay that outweighs the game, both kernels shrink."""
    z, x = keras.Input((3,)), keras.Input((2,))
    decay = {"kernel_regularizer": keras.regularizers.L2(1e3)}
    pair = keras.Model(z, keras.layers.Dense(2, **decay)(z)), keras.Model(x, keras.layers.Dense(1, **decay)(x))
    gan = make_gan(networks=pair)
    before = [np.abs(network.layers[1].kernel).sum() for network in pair]
    gan.fit(points, epochs=3, verbose=0)
    assert all(np.abs(n.layers[1].kernel).sum() < b for n, b in zip(pair, before, strict=True))


# ---- the moving average ----


@pytest.mark.parametrize("momentum", [0.0, 0.9, 0.999])
def test_moving_average_is_the_weighted_mean_of_the_weights_after_each_update(make_gan, points, momentum):
    gan, history = make_gan(ema_momentum=momentum, generator={"batch_norm": True}), []
    for step in range(1, 5):
        gan.train_step(points[:16])
        history.append([np.array(v, "float64") for v in gan.generator.trainable_variables])
        weights = np.array([float(momentum) ** (step - i) for i in range(1, step + 1)])
        for k, average in enumerate(gan.averages):
            expected = sum(w * values[k] for w, values in zip(weights, history, strict=True)) / weights.sum()
            np.testing.assert_allclose(average, expected, rtol=1e-4, atol=1e-5)
    assert len(gan.averages) == len(gan.generator.trainable_variables)


def test_samples_come_from_the_average(make_gan, points):
    gan = make_gan(ema_momentum=0.9)
    gan.fit(points, epochs=2, verbose=0)
    z = np.ones((4, 3), "float32")
    assert np.abs(gan.decode(z) - gan.generator(z)).max() > 1e-4
    weights = [np.array(average) for average in gan.averages]
    samples = gan.decode(z)
    for variable, value in zip(gan.generator.trainable_variables, weights, strict=True):
        variable.assign(value)
    np.testing.assert_allclose(gan.generator(z), samples, atol=1e-6)
    np.testing.assert_allclose(gan.predict(z, verbose=0), samples, atol=1e-6)


def test_statistics_of_the_average_are_its_own(make_gan, points, monkeypatch):
    """Those that a copy with averaged weights has after it was run at the same z, in every update.

    They start at the generator's, which a user may have loaded after the two networks were put together.
    """
    gan, z = make_gan(ema_momentum=0.9, generator={"batch_norm": True}), np.random.default_rng(0).normal(size=(16, 3))
    copy = keras.models.clone_model(gan.generator)
    monkeypatch.setattr(gan, "_noise", lambda events: tf.constant(z, tf.float32))
    own = gan.generator.non_trainable_weights
    for variable in own:
        variable.assign(variable + 1.0)
    for step in range(5):
        gan.train_step(points[:16])
        for expected, variable in zip(copy.non_trainable_weights, own, strict=True):
            expected.assign(expected if step else variable)
        for variable, average in zip(copy.trainable_variables, gan.averages, strict=True):
            variable.assign(average)
        copy(z, training=True)
        for expected, found in zip(copy.non_trainable_weights, gan.average_statistics, strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    assert max(np.abs(a - b).max() for a, b in zip(own, gan.average_statistics, strict=True)) > 1e-4
    np.testing.assert_allclose(gan.decode(z), copy(z), atol=1e-5)


# ---- samples ----


def test_generate_is_a_function_of_its_arguments(make_gan, points):
    gan = make_gan()
    first = gan.generate(5, seed=3)
    gan.evaluate(points, verbose=0)
    keras.utils.set_random_seed(11)
    np.testing.assert_array_equal(gan.generate(5, seed=3), first)
    np.testing.assert_allclose(gan.generate(3, seed=3), first[:3], atol=1e-6)
    assert np.abs(gan.generate(5, seed=4) - first).max() > 1e-3
    z = noise.normal([5, 3], noise.seed_pair(3))
    np.testing.assert_allclose(gan.decode(z), first, atol=1e-6)


def test_images_come_and_go_from_0_to_1(make_gan):
    generator = networks.mlp_generator(3, (4, 4, 1), (8,))
    gan = make_gan(networks=(generator, networks.mlp_discriminator((4, 4, 1), (8,))))
    z = 5 * np.random.default_rng(0).normal(size=(50, 3)).astype("float32")
    images = gan.decode(z)
    np.testing.assert_allclose(images, 0.5 * (generator(z) + 1), atol=1e-6)
    assert images.dtype == tf.float32 and 0 <= np.min(images) < 0.2 and 0.8 < np.max(images) <= 1
    np.testing.assert_allclose(gan.discriminate(images), gan.discriminator(generator(z))[:, 0], atol=1e-4)
    assert list(gan.signatures()["generate"][0](tf.constant(2), tf.constant(1))) == ["images"]


def test_empty_batches(make_gan):
    gan = make_gan(ema_momentum=0.5)
    assert gan.generate(0).shape == (0, 2) and gan.decode(np.zeros((0, 3), "float32")).shape == (0, 2)
    assert gan.discriminate(np.zeros((0, 2), "float32")).shape == (0,)
    assert make_gan(packing=2).discriminate(np.zeros((0, 2, 2), "float32")).shape == (0,)
    images = make_gan(networks=(networks.dcgan_generator(3, (8, 8, 1), 2), networks.dcgan_discriminator((8, 8, 1), 2)))
    assert images.generate(0).shape == (0, 8, 8, 1)
    assert images.discriminate(np.zeros((0, 8, 8, 1), "float32")).shape == (0,)


def test_conditional_depends_on_the_label(make_gan, points):
    gan = make_gan(num_classes=3)
    one, other = gan.generate(labels=[0, 1], seed=1), gan.generate(labels=[0, 2], seed=1)
    np.testing.assert_allclose(one[0], other[0], atol=1e-6)
    assert np.abs(one[1] - other[1]).max() > 1e-3
    logits = [gan.discriminate(points, labels=np.full(65, label)) for label in (0, 1)]
    assert logits[0].shape == (65,) and np.abs(logits[0] - logits[1]).max() > 1e-3
    z = np.zeros((2, 3), "float32")
    np.testing.assert_allclose(
        gan.predict({"z": z, "labels": np.array([0, 1])}, verbose=0), gan.decode(z, [0, 1]), atol=1e-6
    )


@pytest.mark.parametrize(
    "arguments",
    [{}, {"ema_momentum": 0.9}, {"packing": 2}, {"num_classes": 3}],
    ids=["plain", "ema", "packing", "cond"],
)
def test_saved_model_equals_live(make_gan, tmp_path, arguments):
    gan = make_gan(**arguments, **RICH)
    gan.export(tmp_path / "served")
    served = tf.saved_model.load(str(tmp_path / "served"))
    assert list(gan.signatures()) == ["generate", "decode", "discriminate"]
    for count in (0, 3):
        for name, inputs in gan.example_inputs(count).items():
            function, specs = gan.signatures()[name]
            live = function(*(tf.constant(inputs[spec.name]) for spec in specs))
            outputs = served.signatures[name](**{key: tf.constant(value) for key, value in inputs.items()})
            assert set(outputs) == set(live) == {"logits" if name == "discriminate" else "points"}
            for key, value in live.items():
                np.testing.assert_allclose(outputs[key], value, rtol=1e-5, atol=1e-5)


def test_config_round_trip(make_gan, revive):
    gan = make_gan(ema_momentum=0.99, packing=2, seed=9)
    again = revive(gan)
    assert (again.ema_momentum, again.packing, again.seed, again.num_classes) == (0.99, 2, 9, None)
    assert [v.shape for v in again.variables] == [v.shape for v in gan.variables]


def test_top_level_name():
    assert genzoo.GAN is genzoo.models.GAN
