"""The callbacks: what they write, what they log, and that training does not notice them."""

import importlib.util
import io
import warnings

import keras
import numpy as np
import pytest
from PIL import Image

import keras_genzoo as genzoo
from keras_genzoo.callbacks import (
    DiscriminatorMonitor,
    ImportanceWeightedBound,
    ModeCollapseMonitor,
    ModelPictures,
    PosteriorCollapseMonitor,
    SampleImages,
    recording,
)
from keras_genzoo.metrics import active_units

X = np.random.default_rng(0).integers(0, 2, (64, 4, 4, 1)).astype("float32")


def image_vae(learning_rate=1e-2, latent_dim=4, num_classes=None, **arguments):
    vae = genzoo.VAE(
        genzoo.networks.dense_encoder((4, 4, 1), latent_dim, units=(8,), num_classes=num_classes),
        genzoo.networks.dense_decoder(latent_dim, (4, 4, 1), units=(8,), num_classes=num_classes),
        num_classes=num_classes,
        **arguments,
    )
    vae.compile(genzoo.FusedAdam(learning_rate))
    return vae


def fit(vae, *callbacks, x=X, epochs=2, **arguments):
    return vae.fit(x, batch_size=32, epochs=epochs, verbose=0, callbacks=list(callbacks), **arguments).history


def read_png(path_or_bytes):
    with Image.open(path_or_bytes) as image:
        return np.asarray(image.convert("RGB"))


# ---- sample pictures ----


def test_every_other_epoch_becomes_a_picture_named_after_it(tmp_path):
    fit(image_vae(), SampleImages(tmp_path / "samples", num_samples=4, every=2), epochs=5)
    names = sorted(path.name for path in (tmp_path / "samples").iterdir())
    assert names == ["epoch_0002.png", "epoch_0004.png"]


def test_pictures_show_the_seeded_samples_of_their_epoch(tmp_path):
    vae = image_vae()
    callbacks = [
        SampleImages(tmp_path / name, num_samples=4, seed=seed) for name, seed in (("a", 1), ("b", 1), ("c", 2))
    ]
    fit(vae, *callbacks)
    a, b, c = ([(tmp_path / name / f"epoch_000{i}.png").read_bytes() for i in (1, 2)] for name in "abc")
    assert a == b and a[0] != a[1] and a[1] != c[1]
    again = genzoo.visualization.sample_grid(vae, 4, seed=1, title="Epoch 2")
    np.testing.assert_array_equal(read_png(tmp_path / "a" / "epoch_0002.png"), genzoo.visualization.to_array(again))


def test_training_does_not_notice_the_callbacks(tmp_path):
    plain = fit(image_vae())
    watched = fit(image_vae(), SampleImages(tmp_path, num_samples=4), PosteriorCollapseMonitor(X))
    assert set(watched) - set(plain) == {"active_units"}
    assert {name: watched[name] for name in plain} == plain


def test_tensorboard_gets_the_same_pictures(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    callback = SampleImages(tmp_path / "files", log_dir=tmp_path / "logs", num_samples=4)
    assert not (tmp_path / "logs").exists()  # made when there is something to write
    fit(image_vae(), callback)
    events = EventAccumulator(str(tmp_path / "logs"), size_guidance={"tensors": 0}).Reload()
    assert events.Tags()["tensors"] == ["samples"]
    written = events.Tensors("samples")
    assert [event.step for event in written] == [0, 1]
    for event in written:
        summary = read_png(io.BytesIO(event.tensor_proto.string_val[2]))  # after width and height
        np.testing.assert_array_equal(summary, read_png(tmp_path / "files" / f"epoch_{event.step + 1:04d}.png"))
    fit(image_vae(), callback)  # the writer was closed; a second training opens a new one
    assert len(list((tmp_path / "logs").iterdir())) == 2


def test_tensorboard_gets_all_pictures_now_and_then_and_at_the_end(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    splits = genzoo.data.load("digits", binarization="static")
    vae = genzoo.VAE(
        genzoo.networks.dense_encoder((8, 8, 1), 3, (8,)), genzoo.networks.dense_decoder(3, (8, 8, 1), (8,))
    )
    vae.compile("adam")
    x = next(iter(splits.train.batches(64)))
    callbacks = recording(vae, splits, tmp_path, epochs=2)
    assert [type(callback) for callback in callbacks] == [ImportanceWeightedBound, SampleImages, ModelPictures]
    fit(vae, ModelPictures(splits, tmp_path / "logs", every=2), x=x, epochs=5)
    events = EventAccumulator(str(tmp_path / "logs"), size_guidance={"tensors": 0}).Reload()
    names = [f"pictures/{name}" for name in ("latent_map", "reconstructions", "samples", "traversal")]
    assert sorted(events.Tags()["tensors"]) == names
    assert [event.step for event in events.Tensors("pictures/latent_map")] == [1, 3, 4]
    (last,) = [event for event in events.Tensors("pictures/reconstructions") if event.step == 4]
    expected = genzoo.visualization.to_array(genzoo.visualization.pictures(vae, splits)["reconstructions"])
    np.testing.assert_array_equal(read_png(io.BytesIO(last.tensor_proto.string_val[2])), expected)


def test_points_and_classes_are_drawn_too(tmp_path):
    points = np.random.default_rng(0).normal(size=(64, 2)).astype("float32")
    encoder, decoder = genzoo.networks.dense_encoder((2,), 2, (8,)), genzoo.networks.dense_decoder(2, (2,), (8,))
    vae = genzoo.VAE(encoder, decoder, likelihood="gaussian")
    vae.compile("adam")
    fit(vae, SampleImages(tmp_path / "points"), x=points, epochs=1)
    assert (tmp_path / "points" / "epoch_0001.png").is_file()
    x = {"images": X, "labels": np.arange(64, dtype="int32") % 3}
    fit(image_vae(num_classes=3), SampleImages(tmp_path / "classes"), PosteriorCollapseMonitor(x), x=x, epochs=1)
    assert (tmp_path / "classes" / "epoch_0001.png").is_file()


@pytest.mark.parametrize("arguments, message", [({}, "neither"), ({"folder": "x", "every": 0}, "every=0")])
def test_sample_images_refuses_bad_settings(arguments, message):
    with pytest.raises(ValueError, match=message):
        SampleImages(**arguments)


def test_a_missing_tensorboard_is_said_before_training(tmp_path, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "tensorboard" else found(name))
    with pytest.raises(ImportError, match="pip install tensorboard") as error:
        SampleImages(log_dir=tmp_path)
    assert "\n" not in str(error.value)
    SampleImages(folder=tmp_path)  # needs none


# ---- collapse ----


def collapsed(latent_dim=10, active=1, **arguments):
    """A model that does not learn and whose posterior mean varies in `active` of its dimensions."""
    vae = image_vae(learning_rate=0.0, latent_dim=latent_dim, **arguments)
    layer = vae.encoder.get_layer("z_mean")
    kernel = layer.kernel.numpy()
    kernel[:, active:] = 0
    layer.kernel.assign(kernel)
    return vae


def test_active_units_are_those_above_the_threshold():
    vae = image_vae(learning_rate=0.0, latent_dim=6)
    variances = np.sort(np.var(vae.encode(X)["z_mean"], axis=0))
    threshold = float(variances[1:3].mean())  # the second and the third of six lie around it
    history = fit(vae, PosteriorCollapseMonitor(X, threshold=threshold))
    assert history["active_units"] == [4, 4] and active_units(vae.encode(X)["z_mean"], threshold) == 4


def test_between_counts_the_last_one_stands():
    vae = collapsed()
    change = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: vae.encoder.get_layer("z_mean").kernel.assign(
            np.pad(np.ones((8, 9 - epoch), "float32"), [(0, 0), (0, epoch + 1)])
        )
    )
    counts = fit(vae, change, PosteriorCollapseMonitor(X, every=3), epochs=6)["active_units"]
    assert counts == [9, 9, 7, 7, 7, 4]  # after the first epoch, and every third


def test_collapse_is_said_once_and_names_the_settings():
    vae = collapsed(active=1, beta=4.0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        history = fit(vae, PosteriorCollapseMonitor(X, start_from_epoch=2), epochs=4)
    messages = [str(warning.message) for warning in caught if "collapse" in str(warning.message)]
    assert history["active_units"] == [1] * 4 and len(messages) == 1
    for part in ("1 of 10 latent units", "after epoch 2", "LinearWarmup", "beta=4.0", "free_bits=0.0"):
        assert part in messages[0]
    assert "\n" not in messages[0]


@pytest.mark.parametrize("active, start", [(2, 1), (1, 4)])
def test_more_than_a_tenth_or_an_early_epoch_is_no_collapse(active, start):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history = fit(collapsed(active=active), PosteriorCollapseMonitor(X, start_from_epoch=start), epochs=3)
    assert history["active_units"] == [active] * 3


def test_importance_weighted_bound_is_that_of_the_whole_split():
    splits = genzoo.data.load("digits", binarization="static")
    encoder, decoder = (
        genzoo.networks.dense_encoder((8, 8, 1), 2, (8,)),
        genzoo.networks.dense_decoder(2, (8, 8, 1), (8,)),
    )
    vae = genzoo.VAE(encoder, decoder)
    vae.compile("adam")
    held_out = splits.validation.take(50)
    callback = ImportanceWeightedBound(held_out, num_samples=5, every=2, batch_size=20)
    history = vae.fit(splits.train.batches(256), epochs=2, verbose=0, callbacks=[callback]).history
    ((x, _),) = held_out.pairs(50)
    np.testing.assert_allclose(history["val_log_likelihood"], [vae.log_likelihood(x, 5).numpy().mean()], rtol=1e-5)
    with pytest.raises(ValueError, match=r"^Expected every to be an integer of at least 1\. Received: every=0$"):
        ImportanceWeightedBound(held_out, every=0)


# ---- adversarial networks ----

CENTERS = np.array([[-1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])


def spread_points(count=60):
    """Points around three centers, in turn."""
    noise = 0.05 * np.random.default_rng(0).normal(size=(count, 2))
    return (CENTERS[np.arange(count) % 3] + noise).astype("float32")


def resting_gan(kernel=None, **arguments):
    """A GAN of points that does not learn: its generator multiplies z by `kernel`, its discriminator is the sum."""
    z, x = keras.Input((2,)), keras.Input((2 * arguments.get("packing", 1),))
    generator = keras.Model(z, keras.layers.Dense(2, name="to_points")(z))
    discriminator = keras.Model(x, keras.layers.Dense(1, kernel_initializer="ones")(x))
    gan = genzoo.GAN(generator, discriminator, **arguments)
    gan.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0), penalty=genzoo.losses.R1(0.5))
    generator.get_layer("to_points").kernel.assign(np.eye(2) if kernel is None else kernel)
    return gan


def messages_of(model, *callbacks, **arguments):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        history = fit(model, *callbacks, **arguments)
    return history, [str(w.message) for w in caught if issubclass(w.category, UserWarning)]


def test_training_becomes_an_animation(tmp_path):
    x = spread_points()
    callback = SampleImages(tmp_path, num_samples=50, centers=CENTERS, animation=True)
    fit(resting_gan(), callback, x=x, epochs=3)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "epoch_0001.png", "epoch_0002.png", "epoch_0003.png", "training.gif",
    ]  # fmt: skip
    with Image.open(tmp_path / "training.gif") as animation:
        height, width, _ = read_png(tmp_path / "epoch_0001.png").shape
        assert animation.n_frames == 3 and animation.size == (width, height)
        assert animation.info["loop"] == 0
        animation.seek(2)
        assert animation.info["duration"] == 2000
        last = np.asarray(animation.convert("RGB"), "int16")
    assert np.abs(last - read_png(tmp_path / "epoch_0003.png")).mean() < 2


def test_diversity_is_the_mean_distance_as_a_share_of_the_real_one():
    x = spread_points(40)
    gan = resting_gan(0.1 * np.eye(2))
    history = fit(gan, ModeCollapseMonitor(x, seed=3, start_from_epoch=9), x=x)

    def mean_distance(points):
        return np.mean([np.linalg.norm(a - b) for i, a in enumerate(points) for j, b in enumerate(points) if i != j])

    expected = mean_distance(gan.generate(40, seed=3).numpy()) / mean_distance(x)
    np.testing.assert_allclose(history["diversity"], [expected] * 2, rtol=1e-4)


def test_mode_collapse_is_said_once_and_names_the_settings():
    x = spread_points()
    history, messages = messages_of(
        resting_gan(np.zeros((2, 2))), ModeCollapseMonitor(x, start_from_epoch=2), x=x, epochs=4
    )
    assert history["diversity"] == [0.0] * 4 and len(messages) == 1
    for part in (
        "after epoch 2",
        "packing=2",
        "relativistic",
        "Received: packing=1, objective=NonSaturating",
        "['R1']",
    ):
        assert part in messages[0]
    assert "\n" not in messages[0]
    _, messages = messages_of(resting_gan(), ModeCollapseMonitor(x, start_from_epoch=1), x=x)
    assert not messages


@pytest.mark.parametrize("packing", [1, 3])
def test_separation_is_the_probability_of_the_right_order(packing):
    x = spread_points()
    gan = resting_gan(packing=packing)
    history, messages = messages_of(gan, DiscriminatorMonitor(x, seed=5, start_from_epoch=1), x=x, epochs=1)
    fake = gan.generate(60, seed=5).numpy()
    real, fake = (values.reshape(-1, 2 * packing).sum(axis=1) for values in (x, fake))
    expected = np.mean([float(a > b) for a in real for b in fake])
    assert history["separation"] == [pytest.approx(expected, abs=1e-6)] and 0.2 < expected < 0.8 and not messages


def test_a_discriminator_that_has_won_is_said_once_and_names_the_settings():
    x = spread_points() + 100
    history, messages = messages_of(resting_gan(), DiscriminatorMonitor(x, start_from_epoch=2), x=x, epochs=3)
    assert history["separation"] == [1.0] * 3 and len(messages) == 1
    for part in ("has won", "after epoch 2", "discriminator's learning rate", "label_smoothing", "Received: packing=1"):
        assert part in messages[0]


def test_the_alarms_see_images_and_classes():
    """Training data are in [-1, 1] and samples in [0, 1]; both are compared in the latter."""
    x = {"images": 2 * X - 1, "labels": np.arange(64, dtype="int32") % 3}
    gan = genzoo.GAN(
        genzoo.networks.mlp_generator(3, (4, 4, 1), (8,), num_classes=3),
        genzoo.networks.mlp_discriminator((4, 4, 1), (8,), num_classes=3),
        num_classes=3,
    )
    gan.compile()
    monitor = ModeCollapseMonitor(x, start_from_epoch=9)
    history = fit(gan, monitor, DiscriminatorMonitor(x, start_from_epoch=9), x=x, epochs=2)
    np.testing.assert_allclose(monitor.real_and_fake()[0], X, atol=1e-6)
    assert 0 < history["diversity"][-1] < 2 and 0 <= history["separation"][-1] <= 1


def test_alarms_refuse_bad_settings():
    for monitor in (ModeCollapseMonitor, DiscriminatorMonitor):
        with pytest.raises(ValueError, match=r"^Expected at least 2 examples to compare with\. Received: 1$"):
            monitor(spread_points(1))
        with pytest.raises(ValueError, match=r"^Expected every to be an integer of at least 1\. Received: every=0$"):
            monitor(spread_points(), every=0)
