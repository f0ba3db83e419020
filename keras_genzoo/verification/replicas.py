"""Training steps on two replicas against one device: `python -m keras_genzoo.verification.replicas`.

A process of its own, since a machine's devices can be divided only before TensorFlow has started. Prints one line of
JSON: `difference` and `gan_difference`, of the weights of a VAE and of a GAN's discriminator after three steps, and
`noise`, by which the two replicas' random numbers differ.
"""

import json
import os

import numpy as np


def main():
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf

    processor = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * 2)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    difference = np.max(np.abs(_trained(strategy) - _trained(tf.distribute.get_strategy())))
    gan_difference = np.max(np.abs(_trained_gan(strategy) - _trained_gan(tf.distribute.get_strategy())))
    differences = {"difference": float(difference), "gan_difference": float(gan_difference)}
    print(json.dumps({**differences, "noise": _noise(strategy)}))


def _trained(strategy):
    """All weights after three steps of SGD, as one vector."""
    from keras_genzoo.verification.linear_gaussian import LinearGaussian

    world = LinearGaussian()
    x = world.sample(32)
    with strategy.scope():  # a posterior so narrow that its noise does not matter
        model = world.vae(stretch=1.3, widen=-30.0)
    model.optimizer.learning_rate = 1e-2
    model.fit(x, batch_size=32, epochs=3, shuffle=False, verbose=0)
    return np.concatenate([np.ravel(weights) for weights in model.get_weights()])


def _trained_gan(strategy):
    """A discriminator's weights after three steps of SGD against a generator that makes one event of all noise."""
    import keras

    from keras_genzoo import losses, networks
    from keras_genzoo.models import GAN

    x = np.random.default_rng(0).normal(size=(32, 2)).astype("float32")
    with strategy.scope():
        gan = GAN(
            networks.mlp_generator(3, (2,), (4,)),
            networks.mlp_discriminator((2,), (8,), spectral_norm=True),
            ema_momentum=0.9,
        )
        gan.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.1), penalty=losses.R1(1.0))
        for variable in gan.generator.trainable_variables:
            variable.assign(0.0 * variable)
    gan.fit(x, batch_size=32, epochs=3, shuffle=False, verbose=0)
    return np.concatenate([np.ravel(weights) for weights in gan.discriminator.get_weights()])


def _noise(strategy):
    """The smallest difference between the normal numbers that the two replicas draw."""
    import keras
    import tensorflow as tf

    from keras_genzoo.layers import noise

    with strategy.scope():
        generator = keras.random.SeedGenerator(0)

    @tf.function
    def draw():
        values = strategy.run(lambda: noise.normal([8], noise.next_seed(generator)))
        return strategy.experimental_local_results(values)

    first, second = draw()
    return float(np.min(np.abs(first - second)))


if __name__ == "__main__":
    main()
