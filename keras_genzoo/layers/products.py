"""Matrix products inside a loop over steps, where each operation is paid at every step."""

import tensorflow as tf

CROWDED = 512  # columns; rows of such a width, or a multiple, compete for few places of a processor's cache
MOST_CROWDED = 1024  # columns, of which this is worth a copy of the matrix for a single product
SPACE = 16  # columns that set them apart


def times(values, kernel, transposed=False):
    """`tf.tensordot(values, kernel, 1)`, without the dozen operations that it takes where sizes are open.

    Args:
        values: `(..., features)`, of a known rank of at least 2.
        kernel: `(features, width)`, or transposed, as embeddings are.
        transposed: bool. Defaults to `False`.

    Returns:
        `(..., width)`.

    Example:

    >>> import tensorflow as tf
    >>> from keras_genzoo.layers.products import times
    >>> tuple(times(tf.ones((2, 3, 4)), tf.ones((4, 5))).shape)
    (2, 3, 5)
    """
    values = tf.convert_to_tensor(values)
    if values.shape.rank == 2:
        return tf.matmul(values, kernel, transpose_b=transposed)
    features, width = kernel.shape[::-1] if transposed else kernel.shape
    rows = tf.matmul(tf.reshape(values, (-1, features)), kernel, transpose_b=transposed)
    return tf.reshape(rows, tf.concat([tf.shape(values)[:-1], [width]], axis=0))


def space(matrix, crowded=MOST_CROWDED):
    """A matrix with some columns of 0 more, if its rows would be crowded.

    Rows of float32 that are a multiple of 4 KB apart, and less so of 2 KB, are kept in few places of a processor's
    cache, and a product with them takes up to twice as long (`benchmarks/products.py`).

    Args:
        matrix: `(rows, width)`, of a known width.
        crowded: int, the columns of which a multiple is crowded. Defaults to 1,024.
    """
    return matrix if matrix.shape[-1] % crowded else tf.pad(matrix, [[0, 0], [0, SPACE]])


def spaced(kernel, learning=False):
    """The product with a kernel that stays the same, as a function for a loop: `values @ kernel`.

    The rows of the kernel are set apart once, see `space`, from 512 columns on.

    Args:
        kernel: `(features, width)`.
        learning: bool, whether the kernel is also turned round once, for the gradient of the values, which is of first
            order then. Defaults to `False`.

    Returns:
        function from `(rows, features)` to `(rows, width)`.

    Example:

    >>> import tensorflow as tf
    >>> from keras_genzoo.layers.products import spaced
    >>> product = spaced(tf.ones((3, 1024)))
    >>> tuple(product(tf.ones((2, 3))).shape)
    (2, 1024)
    """
    width, apart = kernel.shape[-1], space(kernel, CROWDED)

    def product(values):
        return values @ kernel if apart is kernel else (values @ apart)[:, :width]

    if not learning:
        return product
    back = spaced(tf.transpose(kernel))

    @tf.custom_gradient
    def learned(values, kernel):
        def gradient(upstream):
            return back(upstream), tf.matmul(values, upstream, transpose_a=True)

        return product(values), gradient

    return lambda values: learned(values, kernel)
