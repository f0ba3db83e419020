"""The matrix products and convolutions of a step alone: what its time cannot be below."""

import tensorflow as tf


def linear_parts(network, batch_size):
    """Of every layer with a kernel: the layer without bias and activation, an input, and a gradient of its output."""
    for layer in network.layers:
        if not hasattr(layer, "kernel"):
            continue
        bare = type(layer).from_config({**layer.get_config(), "activation": "linear", "use_bias": False})
        x = tf.random.stateless_normal((batch_size, *layer.input.shape[1:]), (1, 0))
        yield bare, x, tf.random.stateless_normal(bare(x).shape, (2, 0))


def repeated(parts, steps):
    """A function that runs all parts so many times.

    Args:
        parts: list of `(layer, x, upstream, kernel, inputs)`: as of `linear_parts`, and whether the gradients of the
            kernel and of the inputs are asked for.
        steps: int.
    """

    def step(i, total):
        products = []
        for layer, x, upstream, kernel, inputs in parts:
            with tf.GradientTape() as tape:
                tape.watch(x)
                output = layer(x)
            wanted = [layer.kernel] * kernel + [x] * inputs
            products += [output, *tape.gradient(output, wanted, output_gradients=upstream)]
        return i + 1, total + tf.add_n([tf.reshape(product, [-1])[0] for product in products])

    @tf.function(autograph=False)
    def run(count):
        return tf.while_loop(lambda i, _: i < count, step, (0, 0.0), parallel_iterations=1)[1]

    return lambda: run(tf.constant(steps)).numpy()
