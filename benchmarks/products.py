"""Time of the products of a recurrent layer, with the rows of the matrix set apart and as they are."""

import tensorflow as tf
from common import arguments, report

from keras_genzoo import benchmark
from keras_genzoo.layers.products import space, spaced

PLAIN = "as they are"
BATCH, WINDOW, UNITS = 64, 128, (256, 384, 512)  # an LSTM has 4 * units columns


def drawn(rows, columns):
    return tf.random.stateless_normal((rows, columns), (rows, columns))


def repeated(product, values, steps):
    """A function that runs a product of values so many times."""

    @tf.function(autograph=False)
    def run():
        def step(i, total):
            return i + 1, total + product(values + 0.0 * total)[0, 0]  # none of them can be left out

        return tf.while_loop(lambda i, _: i < steps, step, (0, 0.0), parallel_iterations=1)[1]

    return lambda: run().numpy()


def workloads(units):
    """Name, steps, and from contender to a function that runs them: a step's product, the gradient of its kernel."""
    kernel, state = drawn(units, 4 * units), drawn(BATCH, units)
    yield (
        f"state @ kernel, {units} units",
        4 * WINDOW,
        {
            benchmark.OURS: repeated(spaced(kernel), state, 4 * WINDOW),
            PLAIN: repeated(lambda values: values @ kernel, state, 4 * WINDOW),
        },
    )
    states, gradients = drawn(BATCH * WINDOW, units), drawn(BATCH * WINDOW, 4 * units)
    yield (
        f"gradient of the kernel, {units} units",
        1,  # so that rows are set apart anew every time, as in training
        {
            benchmark.OURS: repeated(lambda values: tf.matmul(values, space(gradients), transpose_a=True), states, 1),
            PLAIN: repeated(lambda values: tf.matmul(values, gradients, transpose_a=True), states, 1),
        },
    )


def main():
    given = arguments(__doc__)
    rows = []
    for units in UNITS[:1] if given.quick else UNITS:
        for name, steps, contenders in workloads(units):
            seconds = benchmark.interleaved(contenders, 1 if given.quick else given.rounds)
            rows += benchmark.rows(name, seconds, steps)
    report("products", rows, given)


if __name__ == "__main__":
    main()
