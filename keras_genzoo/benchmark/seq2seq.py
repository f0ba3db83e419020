"""A training step and a translated sentence of a translator with attention: this package, and tutorials' ways."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

from keras_genzoo import data, networks
from keras_genzoo.data.encoding import Encoding
from keras_genzoo.models import Seq2Seq
from keras_genzoo.optimizers import FusedAdam
from keras_genzoo.preprocessing import END, START, TextPreprocessor
from keras_genzoo.preprocessing.text import NUM_SPECIAL

LONGEST = 30  # tokens of a sentence with start and end, which the tutorial pads all of them to
WRITTEN = 15  # tokens of a translation


@dataclasses.dataclass(frozen=True)
class Workload:
    """GRUs on both sides and additive attention over the outputs of the decoder's, which both ways can have."""

    name: str = "GRU 256 with attention"
    words: int = 8000
    embedding_dim: int = 128
    units: int = 256
    batch_size: int = 64


DEFAULT = Workload()


def synthetic_split(workload, steps):
    """A training split for so many steps, of noise as long as captions are: 12 words in the mean, 4 to 28."""
    generator, words = np.random.default_rng(0), [f"w{i}" for i in range(workload.words)]
    count = steps * workload.batch_size
    lengths = np.clip(generator.normal(12, 4, count).round().astype(int), 4, LONGEST - 2)

    def sentences():
        apart = np.clip(lengths + generator.integers(-1, 2, count), 4, LONGEST - 2)
        return [" ".join(words[i] for i in generator.integers(workload.words, size=length)) for length in apart]

    encoding = Encoding(TextPreprocessor(words, level="words", split="whitespace"), view="seq2seq")
    return data.TextSplit({"texts": sentences(), "targets": sentences()}, training=True, encoding=encoding)


def our_model(workload, preprocessor):
    """A new `Seq2Seq`."""
    size, dims = preprocessor.vocabulary_size, (workload.embedding_dim, workload.units)
    encoder = networks.RecurrentEncoder(size, *dims)
    decoder = networks.AttentionDecoder(size, *dims, memory_dim=encoder.output_dim, structure="output")
    return Seq2Seq(encoder, decoder, preprocessor)


class Tutorial:
    """The same of Keras's layers, as the Keras and TensorFlow examples of translation put them together.

    Attributes:
        model: functional, from source and target ids to logits.
    """

    def __init__(self, workload):
        units, size = workload.units, workload.words + NUM_SPECIAL
        make = keras.layers
        self.read, self.embed = (make.Embedding(size, workload.embedding_dim, mask_zero=True) for _ in range(2))
        self.encode = make.Bidirectional(make.GRU(units, return_sequences=True))
        self.pool, self.first = make.GlobalAveragePooling1D(), make.Dense(units, activation="tanh")
        self.decode = make.GRU(units, return_sequences=True)
        self.query, self.key = make.Dense(units, use_bias=False), make.Dense(units)
        self.attend = make.AdditiveAttention()
        self.readout, self.output = make.Dense(units, activation="tanh"), make.Dense(size)
        source, target = keras.Input((None,), dtype="int32"), keras.Input((None,), dtype="int32")
        memory, keys, mask, state = self.memory(source)
        embedded = self.embed(target)
        outputs = self.decode(embedded, initial_state=state)
        self.model = keras.Model([source, target], self.logits(embedded, outputs, memory, keys, mask))

    def memory(self, source):
        """What is attended to, its keys, its mask, and the decoder's first state."""
        memory = self.encode(self.read(source))
        mask = keras.ops.not_equal(source, 0)
        return memory, self.key(memory), mask, self.first(self.pool(memory, mask=mask))

    def logits(self, embedded, outputs, memory, keys, mask):
        context = self.attend([self.query(outputs), memory, keys], mask=[None, mask])
        return self.output(self.readout(keras.ops.concatenate([outputs, context, embedded], axis=-1)))


def masked_loss(y_true, logits):
    """Nats a real token, as in TensorFlow's tutorial."""
    y_true = tf.cast(y_true, tf.int32)  # Keras makes it the logits' type
    nats = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y_true, logits=logits)
    real = tf.cast(y_true != 0, tf.float32)
    return tf.reduce_sum(nats * real) / tf.reduce_sum(real)


# ---- training: each a function that runs one epoch ----


def ours(workload, split):
    """`Seq2Seq` by plain `compile` and `fit`, as the recipes do it: batches of about equal length."""
    model = our_model(workload, split.encoding.preprocessor)
    model.compile(FusedAdam(1e-3))
    batches = split.batches(workload.batch_size)
    return lambda: model.fit(batches, verbose=0)


def tutorial(workload, split):
    """Keras's layers, and sentences that are all padded to one length, as in the Keras translation examples."""
    model = Tutorial(workload).model
    model.compile(keras.optimizers.Adam(1e-3), loss=masked_loss)
    source, target = padded(split)
    pairs = tf.data.Dataset.from_tensor_slices(((source, target[:, :-1]), target[:, 1:]))
    batches = pairs.shuffle(len(source)).batch(workload.batch_size, drop_remainder=True).prefetch(tf.data.AUTOTUNE)
    return lambda: model.fit(batches, shuffle=False, verbose=0)  # shuffled already


def padded(split):
    """Both sides' ids, `(examples, LONGEST)`."""
    sides = (split.encoding.preprocessor(texts) for texts in (split.texts, split.targets))
    return tuple(tf.pad(ids, [[0, 0], [0, LONGEST - tf.shape(ids)[1]]]).numpy() for ids in sides)


# ---- translation: each a function that writes `WRITTEN` tokens for each of `source_ids` ----


def served(folder, source_ids, beam_width=1):
    """The signature `generate_ids` of the exported model, which should never find the end probable."""
    generate = tf.saved_model.load(str(folder)).signatures["generate_ids"]
    arguments = {
        "source_ids": tf.constant(source_ids), "beam_width": tf.constant(beam_width),
        "max_length": tf.constant(WRITTEN), "length_penalty": tf.constant(1.0),
    }  # fmt: skip
    return lambda: generate(**arguments)["token_ids"][:, 0].numpy()


def endless(model):
    """The model, for which no translation ends before its greatest length."""
    bias = model.decoder.output_bias.numpy()
    bias[END] = -1e6
    model.decoder.output_bias.assign(bias)
    return model


def stepped(workload, source_ids):
    """A `tf.function` of the encoder and one of a step, called from a Python loop, as in TensorFlow's tutorial."""
    made = Tutorial(workload)
    begin = tf.function(made.memory, reduce_retracing=True)

    @tf.function(reduce_retracing=True)
    def step(token_ids, state, memory, keys, mask):
        embedded = made.embed(token_ids)
        outputs, _ = made.decode.cell(embedded[:, 0], [state])
        logits = made.logits(embedded, outputs[:, None], memory, keys, mask)
        return tf.argmax(logits, axis=-1, output_type=tf.int32), outputs

    def run():
        memory, keys, mask, state = begin(tf.constant(source_ids))
        token_ids, written = tf.fill((len(source_ids), 1), START), []
        for _ in range(WRITTEN):
            token_ids, state = step(token_ids, state, memory, keys, mask)
            written.append(token_ids)
        return tf.concat(written, axis=1).numpy()

    return run


def predicted(workload, source_ids):
    """`predict` on all that is written so far for every new token, as in the Keras translation examples."""
    model = Tutorial(workload).model

    def run():
        ids = np.full((len(source_ids), 1), START)
        for _ in range(WRITTEN):
            logits = model.predict([source_ids, ids], verbose=0)[:, -1]
            ids = np.concatenate([ids, logits.argmax(-1)[:, None]], axis=1)
        return ids[:, 1:]

    return run
