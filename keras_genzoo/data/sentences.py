"""Views of sentences: what each family of models is given of one batch."""

import tensorflow as tf

VIEWS = ("language_model", "text_vae", "seq2seq")


def language_model(batch, multiple=1):
    """`(ids, next_ids, sample_weight)`: start and tokens, tokens and end, and 1 at each of them."""
    return _shifted(batch["texts"], multiple)


def text_vae(batch, multiple=1):
    """`({"token_ids", "decoder_ids"[, "labels"]}, next_ids, sample_weight)`; `token_ids` have start and end."""
    ids, next_ids, sample_weight = _shifted(batch["texts"], multiple)
    x = {"token_ids": _dense(batch["texts"], multiple), "decoder_ids": ids}
    if "labels" in batch:
        x["labels"] = batch["labels"]
    return x, next_ids, sample_weight


def seq2seq(batch, multiple=1):
    """`({"source_ids", "source_mask", "decoder_ids"}, next_ids, sample_weight)`; sources have start and end."""
    ids, next_ids, sample_weight = _shifted(batch["targets"], multiple)
    source_ids = _dense(batch["texts"], multiple)
    return {"source_ids": source_ids, "source_mask": source_ids != 0, "decoder_ids": ids}, next_ids, sample_weight


def _shifted(sequences, multiple):
    """A ragged batch of whole sentences as `(ids, next_ids, sample_weight)`, each `(batch, time)`."""
    dense = _dense(sequences, multiple, extra=1)
    next_ids = dense[:, 1:]
    real = next_ids != 0
    return tf.where(real, dense[:, :-1], 0), next_ids, tf.cast(real, tf.float32)


def _dense(sequences, multiple, extra=0):
    """Padded on the right to the longest, or on to the next multiple, `extra` ids not counted."""
    longest = tf.cast(tf.reduce_max(sequences.row_lengths()), tf.int32) - extra
    time = extra + -(-longest // multiple) * multiple
    return sequences.to_tensor(0, shape=tf.stack([-1, time])) if multiple > 1 else sequences.to_tensor(0)
