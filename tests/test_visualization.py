"""The pictures: their pixels, points and words against what went in."""

import dataclasses
import types

import numpy as np
import pytest
from sklearn.decomposition import PCA

import keras_genzoo as genzoo
from keras_genzoo import visualization as viz
from keras_genzoo.visualization import gallery, models
from keras_genzoo.visualization.grids import GAP

RANDOM = np.random.default_rng(0)


class Stub:
    """A model whose code is the first `latent_dim` pixels of a row, and whose decoder shows it: z = 6 pixel - 3."""

    def __init__(self, latent_dim, num_classes=None):
        self.latent_dim, self.num_classes, self.event_shape = latent_dim, num_classes, (1, latent_dim, 1)

    def encode(self, x):
        z_mean = 6 * np.asarray(x).reshape(len(x), -1) - 3
        return {"z_mean": z_mean, "z_log_var": np.zeros_like(z_mean)}

    def decode(self, z, labels=None):
        return ((z + 3) / 6).reshape(-1, *self.event_shape)

    def reconstruct(self, x):
        return 1 - x

    def generate(self, num_samples=None, labels=None, seed=0):
        values = np.random.default_rng(seed).random(num_samples) if labels is None else labels / 10
        return np.broadcast_to(np.reshape(values, (-1, 1, 1, 1)), (len(values), 4, 4, 1))


def digits_vae(num_classes=None, latent_dim=3, event=(8, 8, 1)):
    return genzoo.VAE(
        genzoo.networks.dense_encoder(event, latent_dim, units=(8,), num_classes=num_classes),
        genzoo.networks.dense_decoder(latent_dim, event, units=(8,), num_classes=num_classes),
        likelihood="gaussian" if len(event) == 1 else "bernoulli",
        num_classes=num_classes,
    )


def png(figure, tmp_path):
    """The saved picture, read by pillow: uint8 `(height, width, 3)`."""
    from PIL import Image

    return np.asarray(Image.open(viz.save(figure, tmp_path / "picture.png")).convert("RGB"))


def mosaic(figure, axes=0):
    return np.asarray(figure.axes[axes].images[0].get_array())


def cells(figure, columns, height, width):
    """The images of a grid as they were given, `(rows, columns, height, width, 3)`."""
    array = mosaic(figure)
    factor = ((array.shape[1] + GAP) // columns - GAP) // width
    starts = [range(0, size, factor * side + GAP) for size, side in zip(array.shape, (height, width), strict=False)]
    cut = [[array[y : y + factor * height, x : x + factor * width] for x in starts[1]] for y in starts[0]]
    return np.array(cut)[:, :, ::factor, ::factor]


# ---- grids ----


@pytest.mark.parametrize("shape", [(5, 8, 8, 1), (5, 7, 9, 3), (5, 28, 28)])
def test_grid_shows_every_pixel_exactly(tmp_path, shape):
    given = RANDOM.integers(0, 256, shape)
    figure = viz.image_grid(given / 255, columns=3, title="Five", row_labels=["a", "b"], column_labels=["x", "y", "z"])
    picture = png(figure, tmp_path)
    assert picture.shape[:2] == tuple(np.round(figure.get_size_inches()[::-1] * figure.dpi))

    box = figure.axes[0].get_window_extent()
    top, left = round(picture.shape[0] - box.y1), round(box.x0)
    shown = picture[top : top + round(box.height), left : left + round(box.width)]
    expected = given.reshape(*shape[:3], -1) * np.ones(3)
    factor = (shown.shape[1] + GAP) // 3 // shape[2]
    height, width = factor * shape[1] + GAP, factor * shape[2] + GAP
    assert factor > 1 and shown.shape == (2 * height - GAP, 3 * width - GAP, 3)
    for i in range(5):
        y, x = i // 3 * height, i % 3 * width
        cell = shown[y : y + height - GAP, x : x + width - GAP]
        np.testing.assert_array_equal(cell, expected[i].repeat(factor, 0).repeat(factor, 1))
    assert (shown[height:, 2 * width :] == 255).all()  # the empty sixth cell
    assert (shown[height - GAP : height] == 255).all()
    words = picture.copy()
    words[top : top + round(box.height), left : left + round(box.width)] = 255
    assert (words[:, :left] < 128).any() and (words[:top] < 128).any()
    assert (words[[0, -1]] == 255).all() and (words[:, [0, -1]] == 255).all()  # nothing is cut off


def test_grid_clips_and_shows_nan_grey():
    images = np.array([-1.0, 0.25, 2.0, np.nan]).reshape(4, 1, 1, 1)
    np.testing.assert_allclose(cells(viz.image_grid(images, columns=4), 4, 1, 1)[0, :, 0, 0, 0], [0, 0.25, 1, 0.5])


def test_grid_captions_and_default_columns():
    figure = viz.image_grid(np.zeros((7, 8, 8, 1)), labels=range(7))
    assert [text.get_text() for text in figure.axes[0].texts] == list("0123456")
    positions = np.array([text.get_position() for text in figure.axes[0].texts])
    assert len(set(positions[:, 0])) == 3 and len(set(positions[:, 1])) == 3


def test_a_long_title_is_not_cut_off(tmp_path):
    picture = png(viz.image_grid(np.zeros((1, 8, 8, 1)), title="A title much longer than its only image"), tmp_path)
    assert (picture[:, -1] == 255).all() and (picture[:25, -40:] < 128).any()


@pytest.mark.parametrize(
    "images, message",
    [
        (np.zeros((2, 8, 8, 1), "uint8"), "divide pixels"),
        (np.zeros((2, 8, 8, 2)), "1 or 3"),
        (np.zeros((0, 8, 8, 1)), "n > 0"),
        (np.zeros((2, 5)), "points"),
    ],
)
def test_grid_refuses_what_it_cannot_show(images, message):
    with pytest.raises(ValueError, match=message) as error:
        viz.image_grid(images)
    assert "\n" not in str(error.value)


def test_points_become_a_scatter_plot():
    points, labels = RANDOM.normal(size=(30, 2)), np.arange(30) % 3
    (collection,) = viz.image_grid(points).axes[0].collections
    np.testing.assert_array_equal(collection.get_offsets(), points)
    axes = viz.image_grid(points, labels=labels).axes[0]
    for label, collection in enumerate(axes.collections):
        np.testing.assert_array_equal(collection.get_offsets(), points[labels == label])
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["0", "1", "2"]


# ---- files ----


def test_save_is_repeatable_and_leaves_the_old_file_when_it_fails(tmp_path):
    def figure():
        return viz.image_grid(np.eye(8).reshape(1, 8, 8, 1), title="One")

    path = viz.save(figure(), tmp_path / "new" / "a.png")
    written = path.read_bytes()
    assert viz.save(figure(), path).read_bytes() == written
    broken = types.SimpleNamespace()
    with pytest.raises(AttributeError):
        viz.save(broken, path)
    assert path.read_bytes() == written and [file.name for file in path.parent.iterdir()] == ["a.png"]


def test_pictures_ignore_pyplot_and_show_in_notebooks(tmp_path):
    import matplotlib
    from matplotlib import pyplot

    figure = viz.image_grid(np.zeros((1, 8, 8, 1)))
    with matplotlib.rc_context({"savefig.dpi": 300, "savefig.bbox": "tight"}):
        np.testing.assert_array_equal(png(figure, tmp_path), viz.to_array(figure))
    assert figure._repr_png_() == (tmp_path / "picture.png").read_bytes()
    assert not pyplot.get_fignums()


# ---- models ----


def test_samples_depend_on_the_seed_alone():
    vae = digits_vae()
    first = mosaic(viz.sample_grid(vae, 5, seed=1))
    np.testing.assert_array_equal(first, mosaic(viz.sample_grid(vae, 5, seed=1)))
    assert (first != mosaic(viz.sample_grid(vae, 5, seed=2))).any()
    np.testing.assert_allclose(
        cells(viz.sample_grid(vae, 4, seed=1), 2, 8, 8).reshape(4, 8, 8, 3)[..., :1], vae.generate(4, seed=1), atol=1e-6
    )


def test_conditional_samples_have_a_row_a_class():
    figure = viz.sample_grid(Stub(3, num_classes=4), num_samples=13)
    values = cells(figure, 3, 4, 4)
    assert values.shape[:2] == (4, 3)
    np.testing.assert_allclose(values[..., 0, 0, 0], np.repeat([[0], [0.1], [0.2], [0.3]], 3, axis=1))
    assert [tick.get_text() for tick in figure.axes[0].get_yticklabels()] == [f"class {i}" for i in range(4)]
    assert len(viz.sample_grid(digits_vae(num_classes=10), 20).axes[0].get_yticks()) == 10


def test_reconstructions_stand_below_their_originals():
    x = RANDOM.random((6, 5, 5, 1))
    values = cells(viz.reconstructions(Stub(3), x, count=4), 4, 5, 5)[..., :1]
    np.testing.assert_allclose(values, [x[:4], 1 - x[:4]])
    noisy = RANDOM.random(x.shape)
    figure = viz.reconstructions(Stub(3), (noisy, x), count=4)
    np.testing.assert_allclose(cells(figure, 4, 5, 5)[..., :1], [x[:4], noisy[:4], 1 - noisy[:4]])
    assert [tick.get_text() for tick in figure.axes[0].get_yticklabels()] == ["clean", "noisy", "reconstruction"]


def test_traversal_changes_one_dimension_at_a_time():
    x = np.array([[0.5, 0.4, 0.9], [0.5, 0.6, 0.1]]).reshape(2, 1, 3, 1)  # z_mean: 0, -0.6 and 0.6, 2.4 and -2.4
    figure = viz.latent_traversal(Stub(3), x, dims=2, steps=7)
    z = 6 * cells(figure, 7, 1, 3)[:, :, 0, :, 0] - 3  # (dimension, step, latent_dim)
    np.testing.assert_allclose(z[0], [[0.0, -0.6, value] for value in range(-3, 4)], atol=1e-5)
    np.testing.assert_allclose(z[1], [[0.0, value, 2.4] for value in range(-3, 4)], atol=1e-5)
    rows = [tick.get_text() for tick in figure.axes[0].get_yticklabels()]
    assert rows == ["z[2]: 2.88 nats", "z[1]: 0.18 nats"]  # z_mean squared / 2
    chosen = viz.latent_traversal(Stub(3), x, dims=[0]).axes[0].get_yticklabels()
    assert chosen[0].get_text() == "z[0]: 0.00 nats"
    with pytest.raises(ValueError, match=r"\[0, 2\]"):
        viz.latent_traversal(Stub(3), x, dims=[3])


def split(images, labels=None):
    arrays = {"images": images} if labels is None else {"images": images, "labels": labels}
    return genzoo.data.Split(arrays)


def codes(images):
    """What `Stub` makes of uint8 images."""
    return 6 * (images.reshape(len(images), -1) / 255) - 3


def test_latent_map_is_a_principal_component_analysis():
    images, labels = RANDOM.integers(0, 256, (60, 1, 4, 1), "uint8"), (np.arange(60) % 3).astype("int32")
    images[:, :, 2] //= 4
    axes = viz.latent_map(Stub(4), split(images, labels), max_examples=50).axes[0]
    shown = split(images, labels).some(50)
    images, labels = shown.arrays["images"], shown.labels
    pca = PCA(2).fit(codes(images))
    expected = pca.transform(codes(images))
    for label, collection in enumerate(axes.collections):
        points, wanted = collection.get_offsets(), expected[labels == label]
        for axis in range(2):
            sign = np.sign(points[0, axis] * wanted[0, axis])
            np.testing.assert_allclose(points[:, axis], sign * wanted[:, axis], atol=1e-5)
    for i, name in enumerate((axes.get_xlabel(), axes.get_ylabel())):
        assert f"{100 * pca.explained_variance_ratio_[i]:.1f}%" in name
    assert len(axes.get_legend().get_texts()) == 3


def test_latent_map_of_two_dimensions_shows_the_manifold():
    images = RANDOM.integers(0, 256, (20, 1, 2, 1), "uint8")
    plane, manifold = viz.latent_map(Stub(2), split(images)).axes
    np.testing.assert_allclose(plane.collections[0].get_offsets(), codes(images), atol=1e-5)
    assert plane.get_legend() is None
    shown = np.asarray(manifold.images[0].get_array())[..., 0]  # each cell: z[0] left, z[1] right
    quantile = 1.8339  # of the normal, at 1/30
    for row, column, z in ((0, 0, (-1, 1)), (0, -1, (1, 1)), (-1, 0, (-1, -1)), (-1, -1, (1, -1))):
        corner = shown[row, :32] if column == 0 else shown[row, -32:]
        np.testing.assert_allclose(6 * corner[[0, -1]] - 3, quantile * np.array(z), atol=1e-3)


def test_latent_map_of_one_dimension_and_of_a_collapsed_posterior():
    (axes,) = viz.latent_map(Stub(1), split(RANDOM.integers(0, 256, (9, 1, 1, 1), "uint8"))).axes
    np.testing.assert_array_equal(axes.collections[0].get_offsets()[:, 1], np.ones(9))
    (axes,) = viz.latent_map(Stub(3), split(np.zeros((9, 1, 3, 1), "uint8"))).axes
    assert "(0.0% of variance)" in axes.get_xlabel()


def test_names_on_a_map_do_not_lie_on_each_other():
    from keras_genzoo.visualization.style import apart

    places = np.array([[0.0, 0.5], [0.1, 0.51], [9.0, 0.5], [0.0, 0.9], [0.1, 0.53]])
    moved = apart(places, 10.0, 1.0)
    np.testing.assert_array_equal(moved[[0, 2, 3]], places[[0, 2, 3]])  # the lowest, the distant and the high one
    np.testing.assert_allclose(moved[[1, 4]], [[0.1, 0.55], [0.1, 0.6]])
    np.testing.assert_array_equal(apart(np.zeros((3, 2)), 0.0, 0.0), np.zeros((3, 2)))


# ---- curves ----


def lines(axes):
    return {line.get_label(): line.get_xydata().tolist() for line in axes.lines}


def test_curves_show_train_and_validation_together():
    figure = viz.training_curves({"elbo": [-3.0, -2.0], "val_elbo": [-4.0, -2.5], "loss": [3.0, 2.0]})
    assert [axes.get_title("left") for axes in figure.axes] == ["elbo", "loss"]
    assert lines(figure.axes[0]) == {"train": [[1, -3], [2, -2]], "validation": [[1, -4], [2, -2.5]]}
    assert lines(figure.axes[1]) == {"train": [[1, 3], [2, 2]]}
    assert [axes.get_ylabel() for axes in figure.axes] == ["nats", ""]
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["train", "validation"]


def test_only_a_curve_beside_that_of_validation_is_said_to_be_of_training():
    figure = viz.training_curves({"active_units": [3, 4], "val_bleu": [30.0, 31.0]})
    assert figure.axes[0].get_legend() is None
    assert [text.get_text() for text in figure.axes[1].get_legend().get_texts()] == ["validation"]


@pytest.mark.parametrize("first", [0, 1])
def test_curves_of_a_file_with_holes(first):
    epochs = [str(first + i) for i in range(4)]
    history = {
        "epoch": epochs,
        "loss": ["3", "NA", "", "1.5"],
        "val_loss": [None, 2, float("nan"), 1],
        "seconds": [1] * 4,
    }
    (axes,) = viz.training_curves(history).axes
    assert lines(axes) == {"train": [[1, 3], [4, 1.5]], "validation": [[2, 2], [4, 1]]}


def test_curves_of_one_epoch_and_of_a_validation_frequency(tmp_path):
    figure = viz.training_curves({"loss": [3.0]})
    assert lines(figure.axes[0]) == {"train": [[1, 3]]} and figure.axes[0].lines[0].get_markersize() > 0
    figure = viz.training_curves({"loss": [5, 4, 3, 2, 1], "val_loss": [4, 2], "bad": [float("nan")] * 5})
    assert lines(figure.axes[0])["validation"] == [[2, 4], [4, 2]]
    assert (png(figure, tmp_path) < 128).any()
    with pytest.raises(ValueError, match="at least one metric"):
        viz.training_curves({"epoch": [1, 2]})


# ---- all pictures ----


@pytest.mark.parametrize("num_classes, corruption", [(None, 0.0), (10, 0.0), (None, 0.3)])
def test_draw_makes_all_pictures_of_a_vae(tmp_path, num_classes, corruption):
    splits = genzoo.data.load("digits", conditional=num_classes is not None, corruption=corruption)
    paths = viz.draw(digits_vae(num_classes), splits, {"loss": [1.0]}, tmp_path / "pictures")
    assert list(paths) == ["samples", "reconstructions", "traversal", "latent_map", "curves"]
    assert {path.name for path in (tmp_path / "pictures").iterdir()} == {f"{name}.png" for name in paths}
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths.values())


def test_pictures_of_data_in_order_of_class_show_all_classes(monkeypatch):
    splits, seen = genzoo.data.load("digits"), {}
    train = splits.train.rows(np.argsort(splits.train.labels, kind="stable"))
    splits = dataclasses.replace(splits, test=train, validation=train)
    monkeypatch.setattr(gallery, "reconstructions", lambda model, x, count: seen.update(x=np.asarray(x)[:count]))
    monkeypatch.setattr(models, "scatter", lambda axes, points, labels, named: seen.update(labels=labels))
    viz.pictures(digits_vae(), splits)
    assert len(seen["x"]) == 10
    rows = [
        np.flatnonzero(np.all(np.abs(train.arrays["images"] / 255 - x) < 1e-6, axis=(1, 2, 3)))[0] for x in seen["x"]
    ]
    assert len(np.unique(train.labels[rows])) >= 4
    viz.latent_map(digits_vae(), train, max_examples=100)
    assert len(seen["labels"]) == 100 and len(np.unique(seen["labels"])) == 10


def test_draw_of_points_makes_what_applies(tmp_path):
    splits = genzoo.data.load("ring")
    paths = viz.draw(digits_vae(latent_dim=2, event=(2,)), splits, None, tmp_path)
    assert list(paths) == ["samples", "reconstructions", "latent_map"]


def test_other_families_register_their_pictures(tmp_path):
    class Family(Stub):
        pass

    @viz.pictures.register(Family)
    def _(model, splits):
        return {"mine": viz.image_grid(np.zeros((1, 8, 8, 1)))}

    assert list(viz.draw(Family(2), None, None, tmp_path)) == ["mine"]
    assert list(viz.draw(Stub(2), None, None, tmp_path)) == ["samples"]


# ---- adversarial networks ----


def test_interpolations_stay_on_the_arc_between_two_samples():
    """The first and the last image of a row are samples; all z between keep the length between theirs."""

    class Recorder(Stub):
        def decode(self, z, labels=None):
            self.z, self.labels = np.asarray(z, "float64"), labels
            return np.zeros((len(z), 4, 4, 1))

    model = Recorder(latent_dim=50)
    viz.interpolations(model, rows=3, steps=5, seed=1)
    z, ends = model.z.reshape(3, 5, 50), np.random.default_rng(1).standard_normal((2, 3, 50))
    np.testing.assert_allclose(z[:, 0], ends[0], atol=1e-5)
    np.testing.assert_allclose(z[:, -1], ends[1], atol=1e-5)
    lengths = np.linalg.norm(z, axis=-1)
    assert np.all(lengths >= 0.9 * np.minimum(lengths[:, :1], lengths[:, -1:])) and model.labels is None
    conditional = Recorder(latent_dim=50, num_classes=2)
    viz.interpolations(conditional, rows=3, steps=2)
    assert conditional.labels.tolist() == [0, 0, 1, 1, 0, 0]


def test_centers_are_marked_and_fix_the_limits():
    """Pictures of one training line up, wherever the samples are."""
    centers = np.array([[-4.0, -4.0], [4.0, 4.0], [0.0, 4.0]])
    near, far = (viz.image_grid(scale * RANDOM.random((50, 2)), centers=centers) for scale in (1, 100))
    for axes in (near.axes[0], far.axes[0]):
        assert axes.get_xlim() == axes.get_ylim() == (-6.0, 6.0)
        np.testing.assert_allclose(axes.collections[-1].get_offsets(), centers)
    assert viz.to_array(near).shape == viz.to_array(far).shape


def test_an_animation_of_no_or_unequal_pictures(tmp_path):
    paths = [viz.save(viz.image_grid(np.zeros((n, 8, 8, 1))), tmp_path / f"{n}.png") for n in (1, 5)]
    for pictures, message in (([], "Received: 0 of"), (paths, "Received: 2 of")):
        with pytest.raises(ValueError, match=rf"^Expected pictures of one size\. {message}"):
            viz.animate(pictures, tmp_path / "a.gif")
    assert not (tmp_path / "a.gif").exists()


@pytest.mark.parametrize("name", ["gan-ring", "lsgan-digits"])
def test_draw_makes_all_pictures_of_a_gan(tmp_path, name):
    recipe = genzoo.recipes.get(name)
    settings = recipe.settings(**recipe.smoke)
    splits = recipe.load(settings)
    drawn = viz.draw(recipe.build(settings, splits), splits, {"generator_loss": [1.0, 2.0]}, tmp_path)
    expected = {"samples", "curves"} | ({"interpolations", "neighbors"} if name == "lsgan-digits" else set())
    assert set(drawn) == expected and all(path.is_file() for path in drawn.values())
