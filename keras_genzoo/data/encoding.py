"""How texts become token ids."""

import dataclasses
import functools

import tensorflow as tf

from keras_genzoo.preprocessing import string_tensor

SIDES = {"texts": "source", "targets": "target"}  # which part of a preprocessor for translation a column is for


@dataclasses.dataclass(frozen=True)
class Encoding:
    """How texts become batches; see `TextSplits.with_preprocessor`."""

    preprocessor: object
    view: str = "language_model"
    window: int | None = None
    max_length: int | None = None
    static: bool = False
    stream: bool = False
    conditional: bool = False
    subword_dropout: float = 0.0

    @property
    def preprocessors(self):
        """From the column of texts to the `TextPreprocessor` that encodes it."""
        if self.view != "seq2seq":
            return {"texts": self.preprocessor}
        return {name: getattr(self.preprocessor, side, self.preprocessor) for name, side in SIDES.items()}


def encoded(texts, preprocessor, batch_size=4096):
    """Whole sentences as ids with start and end: ragged int32 `(examples, None)`."""
    encode, batches = _encoder(preprocessor), range(0, max(len(texts), 1), batch_size)
    with tf.device("CPU:0"):
        return tf.concat([encode(string_tensor(texts[begin : begin + batch_size])) for begin in batches], axis=0)


@functools.lru_cache(maxsize=8)
def _encoder(preprocessor):
    return tf.function(preprocessor.encode, [tf.TensorSpec([None], tf.string)])
