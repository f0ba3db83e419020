"""All pictures of a trained model, by its family."""

import functools
import pathlib

import numpy as np

from keras_genzoo.data import embedded
from keras_genzoo.models import GAN, VAE, Classifier, Ensemble, LanguageModel, Seq2Seq, TextVAE
from keras_genzoo.visualization.attention import attention_maps
from keras_genzoo.visualization.curves import training_curves
from keras_genzoo.visualization.judgements import mistakes, nearest_neighbors
from keras_genzoo.visualization.models import (
    interpolations,
    is_image,
    latent_map,
    latent_traversal,
    reconstructions,
    sample_grid,
)
from keras_genzoo.visualization.style import save
from keras_genzoo.visualization.texts import sentence_interpolations, surprise


@functools.singledispatch
def pictures(model, splits):
    """The pictures of one family, `{name: Figure}`; a family adds its own with `@pictures.register(Class)`."""
    return {"samples": sample_grid(model)}


@pictures.register(VAE)
def _(model, splits):
    rows = np.random.default_rng(0).permutation(len(splits.test))[:256]  # data may be in the order of their classes
    batch = next(splits.test.rows(rows).batches(256).as_numpy_iterator())
    figures, image = {}, is_image(model.event_shape)
    if image or model.event_shape == (2,):
        figures["samples"] = sample_grid(model, 64 if image else 1000)
        figures["reconstructions"] = reconstructions(model, batch, 10 if image else 256)
    if image:
        figures["traversal"] = latent_traversal(model, batch)
    figures["latent_map"] = latent_map(model, splits.test)
    return figures


@pictures.register(GAN)
def _(model, splits):
    if is_image(model.event_shape):
        return {
            "samples": sample_grid(model, 100),
            "interpolations": interpolations(model),
            "neighbors": nearest_neighbors(model, splits.train),
        }
    if model.event_shape != (2,):
        return {}
    modes = embedded.MODES.get(splits.info["name"])
    return {"samples": sample_grid(model, 2500, centers=None if modes is None else modes[0]())}


@pictures.register(LanguageModel)
def _(model, splits):
    return {"surprise": surprise(model, splits.test.texts[: 1 if splits.test.window else 8])}


@pictures.register(Ensemble)
@pictures.register(Seq2Seq)
def _(model, splits):
    return {"attention": attention_maps(model, splits.test.texts[:6])}


@pictures.register(TextVAE)
def _(model, splits):
    texts = splits.test.texts[:6]
    pairs = list(zip(texts[::2], texts[1::2], strict=False)) or [(texts[0], texts[0])]  # of a lone text, no way
    labels = None if model.num_classes is None else splits.test.labels[: 2 * len(pairs) : 2]
    names = splits.info.get("label_names")
    return {
        "interpolations": sentence_interpolations(model, pairs, labels=labels),
        "latent_map": latent_map(model, splits.test, label_names=names),
    }


@pictures.register(Classifier)
def _(model, splits):
    return {"mistakes": mistakes(model, splits.test)}


def draw(model, splits, history, folder):
    """Draws all that applies to a model of a registered family, each picture as `NAME.png` in `folder`.

    Args:
        model: a trained model.
        splits: `keras_genzoo.data.Splits`; the pictures are of its test part.
        history: as for `training_curves`, or `None`.
        folder: str or path; made if missing.

    Returns:
        dict from the name of the picture to its path: for a VAE `samples`, `reconstructions`, `traversal`,
        `latent_map` and `curves`; for a GAN `samples`, of images `interpolations` and `neighbors`, and `curves`; for a
        classifier `mistakes` and `curves`; for a language model `surprise` and `curves`; for a translator
        `attention` and `curves`; for a text VAE `interpolations`, `latent_map` and `curves`, which show the divergence,
        active units and mutual information over the epochs.
    """
    figures = pictures(model, splits)
    if history:
        figures["curves"] = training_curves(history)
    return {name: save(figure, pathlib.Path(folder) / f"{name}.png") for name, figure in figures.items()}
