"""Fixtures: quiet TensorFlow, no data folders from outside, small data and small models."""

import json
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # before TensorFlow is imported

import keras
import numpy as np
import pytest

import keras_genzoo as genzoo
from keras_genzoo.data import embedded

EVENT, LATENT, CLASSES = (6,), 2, 3


@pytest.fixture(autouse=True)
def isolated(monkeypatch):
    """Every test starts from one seed and the float32 policy, and sees no data folder of this machine."""
    monkeypatch.delenv("GENZOO_DATA_DIR", raising=False)
    monkeypatch.delenv("TFDS_DATA_DIR", raising=False)
    monkeypatch.setattr(genzoo.data.sources, "DEFAULT", "no/such/folder")
    keras.utils.set_random_seed(0)
    policy = keras.config.dtype_policy()
    yield
    keras.config.set_dtype_policy(policy)


@pytest.fixture
def binary():
    """64 events of 6 values, each 0 or 1: float32 `(64, 6)`."""
    return np.random.default_rng(0).integers(0, 2, (64, *EVENT)).astype("float32")


@pytest.fixture
def labels():
    """64 labels of 3 classes: int32 `(64,)`."""
    return np.random.default_rng(1).integers(0, CLASSES, 64).astype("int32")


@pytest.fixture
def make_vae():
    """Builds and compiles a small `VAE`; the keyword arguments are those of `VAE`, plus `networks` and `compile`."""

    def make(networks=None, compile=None, **arguments):
        classes = arguments.get("num_classes")
        encoder, decoder = networks or (
            genzoo.networks.dense_encoder(EVENT, LATENT, units=(8,), num_classes=classes),
            genzoo.networks.dense_decoder(LATENT, EVENT, units=(8,), num_classes=classes),
        )
        vae = genzoo.VAE(encoder, decoder, **arguments)
        vae.compile(**{"optimizer": genzoo.FusedAdam(1e-2), **(compile or {})})
        return vae

    return make


@pytest.fixture
def points():
    """65 points in the plane: float32 `(65, 2)`; the last batch of 16 is a single one."""
    return np.random.default_rng(2).normal(size=(65, 2)).astype("float32")


@pytest.fixture
def make_gan():
    """Builds and compiles a small `GAN` of points; as `make_vae`, with `generator` and `discriminator` options."""

    def make(networks=None, compile=None, generator=None, discriminator=None, **arguments):
        classes, packing = arguments.get("num_classes"), arguments.get("packing", 1)
        pair = networks or (
            genzoo.networks.mlp_generator(3, (2,), (8,), num_classes=classes, **(generator or {})),
            genzoo.networks.mlp_discriminator(
                (2,), (8,), num_classes=classes, packing=packing, **(discriminator or {})
            ),
        )
        gan = genzoo.GAN(*pair, **arguments)
        optimizers = {
            f"{name}_optimizer": genzoo.FusedAdam(1e-2, beta_1=0.5) for name in ("generator", "discriminator")
        }
        gan.compile(**{**optimizers, **(compile or {})})
        return gan

    return make


SENTENCES = ["to be or not to be", "that is the question", "to be is the question", "not that"]


@pytest.fixture
def make_text_vae():
    """Builds and compiles a small `TextVAE` of words; the arguments are those of `TextVAE`, plus those below."""

    def make(latent_dim=2, cell="gru", compile=None, level="words", dropout=0.0, **arguments):
        preprocessor = genzoo.preprocessing.TextPreprocessor.learn(SENTENCES, level=level)
        size, classes = preprocessor.vocabulary_size, arguments.get("num_classes")
        encoder = genzoo.networks.RecurrentPosterior(
            size, 6, 8, latent_dim, cell=cell, num_classes=classes, dropout=dropout
        )
        decoder = genzoo.networks.RecurrentDecoder(
            size, 6, 12, cell=cell, context_dim=latent_dim + (classes or 0), dropout=dropout
        )
        model = genzoo.TextVAE(encoder, decoder, preprocessor, **arguments)
        model.compile(**{"optimizer": genzoo.FusedAdam(1e-2), **(compile or {})})
        return model

    return make


@pytest.fixture
def sentence_batch():
    """What a `TextVAE` of `make_text_vae` trains on: `(x, y, sample_weight)`, with as many more zeros on the right."""

    def batch(model, texts=SENTENCES, padding=0, labels=None):
        ids = np.pad(model.preprocessor(texts).numpy(), ((0, 0), (0, padding)))
        next_ids = ids[:, 1:]
        x = {"token_ids": ids, "decoder_ids": np.where(next_ids > 0, ids[:, :-1], 0)}
        if labels is not None:
            x["labels"] = np.asarray(labels, "int32")
        return x, next_ids, (next_ids > 0).astype("float32")

    return batch


@pytest.fixture
def round_trip(tmp_path):
    """Saves a Keras model as `.keras` and loads it again."""

    def save_and_load(model):
        path = tmp_path / "model.keras"
        model.save(path)
        return keras.saving.load_model(path)

    return save_and_load


@pytest.fixture
def revive():
    """Sends an object's configuration through JSON and back."""

    def through_json(value):
        text = json.dumps(keras.saving.serialize_keras_object(value))
        return keras.saving.deserialize_keras_object(json.loads(text))

    return through_json


@pytest.fixture(scope="session")
def small_mnist(tmp_path_factory):
    """A data folder whose `mnist` is the embedded digits, enlarged to 28 x 28: 600 for training, 60 for testing.

    Its texts are sentences of the embedded grammar.
    """
    digits = embedded.digits()["train"]
    images = digits["images"][:660, :, :, 0].repeat(3, axis=1).repeat(3, axis=2)
    images = np.pad(images, ((0, 0), (2, 2), (2, 2)))
    folder = tmp_path_factory.mktemp("data")
    labels = digits["labels"]
    np.savez(
        folder / "mnist.npz", x_train=images[:600], y_train=labels[:600], x_test=images[600:], y_test=labels[600:660]
    )
    write_texts(folder)
    return folder


def write_texts(folder):
    """Running text, lines and labelled lines, under the names that recipes look for."""
    source, _ = embedded.SOURCES["grammar"][0]()
    texts, labels = source["train"]["texts"], source["train"]["labels"]
    (folder / "tiny_shakespeare").mkdir()
    (folder / "tiny_shakespeare" / "input.txt").write_text("\n".join(texts[:1500]))
    columns = {
        "captions": {"txt": texts},
        "snips": {"seq.in": texts, "label": labels, "seq.out": [" ".join("O" for _ in text.split()) for text in texts]},
        "multi30k": {"en": texts, "de": texts, "fr": texts},
        "atis_logic": {"question": texts, "logic": texts},
    }
    for name, lines in columns.items():
        (folder / name).mkdir()
        for part, rows in (("train", slice(0, 400)), ("val", slice(400, 460)), ("test", slice(460, 520))):
            for column, values in lines.items():
                (folder / name / f"{part}.{column}").write_text("".join(f"{value}\n" for value in values[rows]))
