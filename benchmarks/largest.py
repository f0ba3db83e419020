"""Time of finding the best of many words, by groups and over all of them."""

import tensorflow as tf
from common import arguments, report

from keras_genzoo import benchmark
from keras_genzoo.decoding.largest import largest_of

PLAIN, WORDS, SENTENCES, WIDTHS = "tf.math.top_k", 8000, 64, (1, 5, 10)


def finding(find, logits, count):
    """A function that finds them; all results are used."""
    run = tf.function(lambda: find(logits, tf.constant(count)), autograph=False)
    return lambda: [values.numpy() for values in run()]


def main():
    given = arguments(__doc__)
    rows = []
    for width in WIDTHS[:2] if given.quick else WIDTHS:
        logits = tf.random.stateless_normal((SENTENCES * width, WORDS), (0, 1))
        contenders = {
            benchmark.OURS: finding(largest_of, logits, 2 * width - 1),
            PLAIN: finding(tf.math.top_k, logits, 2 * width - 1),
        }
        seconds = benchmark.interleaved(contenders, 1 if given.quick else given.rounds)
        rows += benchmark.rows(f"a step for {SENTENCES} sentences, beam {width}", seconds, 1)
    report("largest", rows, given)


if __name__ == "__main__":
    main()
