"""A training step and a generated character of recurrent language models: this package, and tutorials' ways."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

from keras_genzoo import data, networks, recipes
from keras_genzoo.data.encoding import Encoding
from keras_genzoo.models import LanguageModel
from keras_genzoo.optimizers import FusedAdam
from keras_genzoo.preprocessing import TextPreprocessor
from keras_genzoo.preprocessing.text import NUM_SPECIAL

CHARACTERS = "\n" + "".join(map(chr, range(32, 96)))  # 65, as tiny-shakespeare has
WINDOW = 128


@dataclasses.dataclass(frozen=True)
class Workload:
    """An LSTM over characters; our side compiles it as its recipe does."""

    name: str
    units: int
    num_layers: int
    batch_size: int = 64
    embedding_dim: int = 64
    recipe: str = "lstm-shakespeare"

    @property
    def compile(self):
        """The arguments of our `compile` beside the optimizer."""
        settings = recipes.get(self.recipe).hyperparameters
        return {name: settings[name] for name in ("steps_per_execution", "jit_compile")}


SMALL = Workload("character LSTM 1x256", units=256, num_layers=1)
LARGE = Workload("character LSTM 2x512", units=512, num_layers=2)


def synthetic_split(workload, steps):
    """A training split of noise for so many steps."""
    preprocessor = TextPreprocessor(list(CHARACTERS), sentences=False)
    drawn = np.random.default_rng(0).integers(len(CHARACTERS), size=(steps + 1) * workload.batch_size * WINDOW)
    text = "".join(np.array(list(CHARACTERS))[drawn])
    return data.TextSplit({"texts": [text]}, training=True, encoding=Encoding(preprocessor, window=WINDOW))


def our_model(workload, preprocessor):
    """A new `LanguageModel`."""
    network = networks.RecurrentDecoder(
        preprocessor.vocabulary_size, workload.embedding_dim, workload.units, workload.num_layers
    )
    return LanguageModel(network, preprocessor)


def tutorial_model(workload):
    """The same in the style of the Keras and TensorFlow examples."""
    size = len(CHARACTERS) + NUM_SPECIAL
    recurrent = [keras.layers.LSTM(workload.units, return_sequences=True) for _ in range(workload.num_layers)]
    return keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            keras.layers.Embedding(size, workload.embedding_dim),
            *recurrent,
            keras.layers.Dense(size),
        ]
    )


# ---- training: each a function that runs one epoch ----


def ours(workload, split, steps):
    """`LanguageModel` by plain `compile` and `fit`, as the recipes do it."""
    model = our_model(workload, split.encoding.preprocessor)
    model.compile(FusedAdam(1e-3), **workload.compile)
    batches = split.batches(workload.batch_size).take(steps)
    return lambda: model.fit(batches, verbose=0)


def tutorial(workload, split, steps):
    """Keras layers, and a pipeline of slices, as TensorFlow's text generation tutorial has it."""
    model = tutorial_model(workload)
    model.compile(keras.optimizers.Adam(1e-3), loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    windows = tf.data.Dataset.from_tensor_slices(split.running_ids).batch(WINDOW + 1, drop_remainder=True)
    pairs = windows.map(lambda ids: (ids[:-1], ids[1:])).shuffle(10_000)
    batches = pairs.batch(workload.batch_size, drop_remainder=True).take(steps).prefetch(tf.data.AUTOTUNE)
    return lambda: model.fit(batches, shuffle=False, verbose=0)  # shuffled already


# ---- generation: each a function that writes `length` characters in each row ----


def served(folder, batch_size, length):
    """The signature `generate` of the exported model, from strings to strings."""
    generate = tf.saved_model.load(str(folder)).signatures["generate"]
    arguments = {
        "prompts": tf.constant(["A"] * batch_size), "max_length": tf.constant(length), "top_k": tf.constant(0),
        "temperature": tf.constant(1.0), "top_p": tf.constant(1.0), "seed": tf.constant(0),
    }  # fmt: skip
    return lambda: generate(**arguments)["texts"].numpy()


def stepped(workload, batch_size, length):
    """A `tf.function` of one step, called from a Python loop, as TensorFlow's text generation tutorial has it."""
    model = tutorial_model(workload)
    embedding, *recurrent, dense = model.layers
    cells = [layer.cell for layer in recurrent]

    @tf.function(reduce_retracing=True)
    def step(token_ids, states):
        x, following = embedding(token_ids), []
        for cell, state in zip(cells, states, strict=True):
            x, state = cell(x, state)
            following.append(state)
        return tf.random.categorical(dense(x), 1, dtype=tf.int32)[:, 0], following

    def run():
        token_ids = tf.fill([batch_size], NUM_SPECIAL)
        states = [[tf.zeros((batch_size, workload.units))] * 2 for _ in cells]
        written = []
        for _ in range(length):
            token_ids, states = step(token_ids, states)
            written.append(token_ids)
        return tf.stack(written, axis=1).numpy()

    return run


def predicted(workload, batch_size, length, window=40):
    """`predict` on the last 40 characters for every new one, as the Keras text generation example has it."""
    model, generator = tutorial_model(workload), np.random.default_rng(0)

    def run():
        ids = np.full((batch_size, window), NUM_SPECIAL)
        for _ in range(length):
            logits = model.predict(ids[:, -window:], verbose=0)[:, -1]
            drawn = np.argmax(logits + generator.gumbel(size=logits.shape), axis=-1)
            ids = np.concatenate([ids, drawn[:, None]], axis=1)
        return ids

    return run
