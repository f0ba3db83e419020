"""What the networks over token ids share: where their weights begin, their first projection, and their output layer."""

import keras
import tensorflow as tf

from keras_genzoo.layers.products import times

MAX_PROJECTED_VOCABULARY = 1024  # the largest that is small


def embedding_initializer(dim):
    """Normal with standard deviation 1 / sqrt(dim), so that the logits of tied embeddings begin at the size of 1."""
    return keras.initializers.RandomNormal(stddev=dim**-0.5)


def token_projection(embeddings, project):
    """What a layer makes of embedded tokens, as a function of their ids.

    Of a small vocabulary the whole table is projected, once, in place of every token of a batch or step.

    Args:
        embeddings: `(vocabulary_size, dim)`.
        project: function from `(..., dim)` to a structure of tensors `(..., width)`.

    Returns:
        function from ids of any shape to that structure.
    """
    if embeddings.shape[0] > MAX_PROJECTED_VOCABULARY:
        return lambda token_ids: project(tf.gather(embeddings, token_ids))
    table = project(embeddings)
    return lambda token_ids: tf.nest.map_structure(lambda values: tf.gather(values, token_ids), table)


def output_logits(features, kernel, bias, transposed):
    """float32 logits `(..., vocabulary_size)` of features of any leading shape.

    Args:
        features: `(..., dim)`.
        kernel: `(dim, vocabulary_size)`, or transposed, as embeddings are.
        bias: `(vocabulary_size,)`.
        transposed: bool.
    """
    logits = tf.cast(times(features, kernel, transposed), tf.float32)
    return logits + tf.cast(tf.convert_to_tensor(bias), tf.float32)


def output_step(kernel, bias, transposed):
    """`output_logits` as a function of the features, for a loop: a transposed kernel is turned round once."""
    kernel = tf.transpose(kernel) if transposed else kernel
    return lambda features: output_logits(features, kernel, bias, transposed=False)
