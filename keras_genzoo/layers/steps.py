"""A step of a network, called for one time after the other."""

import tensorflow as tf


def scan_steps(step, inputs, state):
    """Runs a step over a sequence.

    Args:
        step: function `(inputs, state) -> (outputs, state)`, structures of tensors `(batch, ...)`; outputs is a tuple.
        inputs: structure of tensors `(batch, time, ...)` with time of at least 1.
        state: structure of tensors `(batch, width)`.

    Returns:
        tuple of the outputs, each `(batch, time, ...)`.

    Example:

    >>> import tensorflow as tf
    >>> from keras_genzoo.layers.steps import scan_steps
    >>> def add(number, total):
    ...     return (total + number,), total + number
    >>> (sums,) = scan_steps(add, tf.constant([[[1.0], [2.0], [3.0]]]), tf.zeros((1, 1)))
    >>> sums.numpy().tolist()
    [[[1.0], [3.0], [6.0]]]
    """
    length = tf.shape(tf.nest.flatten(inputs)[0])[1]
    read = tf.nest.map_structure(
        lambda values: tf.TensorArray(values.dtype, size=length).unstack(_swapped(values)), inputs
    )

    def at(t, state):
        return step(tf.nest.map_structure(lambda array: array.read(t), read), state)

    def body(t, state, written):
        outputs, state = at(t, state)
        return t + 1, state, tuple(array.write(t, value) for array, value in zip(written, outputs, strict=True))

    outputs, state = at(0, state)
    written = tuple(tf.TensorArray(value.dtype, size=length).write(0, value) for value in outputs)
    shapes = tf.nest.map_structure(lambda value: tf.TensorShape([None, *value.shape[1:]]), state)
    *_, written = tf.while_loop(
        lambda t, *_: t < length,
        body,
        (tf.constant(1), state, written),
        shape_invariants=(tf.TensorShape([]), shapes, (tf.TensorShape(None),) * len(written)),
        maximum_iterations=length - 1,  # XLA makes room for the gradient by it
    )
    return tuple(_swapped(array.stack()) for array in written)


def _swapped(values):
    """Batch and time in the other order."""
    return tf.transpose(values, (1, 0, *range(2, values.shape.rank)))
