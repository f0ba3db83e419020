"""Pictures of text VAEs."""

import numpy as np
import pytest

from keras_genzoo import visualization
from keras_genzoo.data.text import TextSplit, TextSplits

TEXTS = ["to be or not to be", "that is the question", "to be is the question", "not that", "", "question"]


@pytest.fixture
def splits():
    split = TextSplit({"texts": TEXTS, "labels": np.array([0, 1, 0, 1, 1, 0], "int32")})
    return TextSplits(split, split, split, {"name": "made", "label_names": ["plays", "asks"]})


def words(figure):
    return [text.get_text().replace("\n", " ") for axes in figure.axes for text in axes.texts]


def test_interpolation_table(make_text_vae):
    model = make_text_vae()
    pairs = [(TEXTS[0], TEXTS[1]), (TEXTS[4], TEXTS[3])]
    expected = []
    for a, b in pairs:
        expected += [a or "(nothing)", *(text or "(nothing)" for text in model.interpolate(a, b, steps=4)), b]
    shown = words(visualization.sentence_interpolations(model, pairs, steps=4))
    assert len(shown) == 12
    for text, full in zip(shown, expected, strict=True):
        assert text == full or (text.endswith(" ...") and full.startswith(text.removesuffix(" ...")))


def test_map_of_codes_by_label(make_text_vae, splits):
    model = make_text_vae(latent_dim=2)
    figure = visualization.latent_map(model, splits.test, label_names=splits.info["label_names"])
    (axes,) = figure.axes
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    assert sorted(legend) == ["asks", "plays"]
    offsets = np.concatenate([np.asarray(points.get_offsets()) for points in axes.collections])
    means = model.encode(TEXTS)["z_mean"].numpy()
    np.testing.assert_allclose(np.sort(offsets, axis=0), np.sort(means, axis=0), atol=1e-6)


@pytest.mark.parametrize("num_classes, latent_dim", [(None, 1), (None, 4), (2, 2)])
def test_all_pictures(make_text_vae, splits, tmp_path, num_classes, latent_dim):
    model = make_text_vae(num_classes=num_classes, latent_dim=latent_dim)
    history = {"kl": [1.0, 2.0], "mutual_information": [0.5, 0.7], "active_units": [1, 2]}
    paths = visualization.draw(model, splits, history, tmp_path)
    assert list(paths) == ["interpolations", "latent_map", "curves"]
    assert all(path.is_file() for path in paths.values())


def test_a_lone_text_has_its_picture(make_text_vae, tmp_path):
    lone = TextSplit({"texts": TEXTS[:1]})
    path = visualization.draw(make_text_vae(), TextSplits(lone, lone, lone, {"name": "made"}), None, tmp_path)
    assert path["interpolations"].is_file()
