"""The callbacks: what they write, what they log, and that training does not notice them."""

import importlib.util
import io
import warnings

import keras
import numpy as np
import pytest
from PIL import Image

import keras_genzoo as genzoo
from keras_genzoo.callbacks import ImportanceWeightedBound, PosteriorCollapseMonitor, SampleImages
from keras_genzoo.metrics import active_units

X = np.random.default_rng(0).integers(0, 2, (64, 4, 4, 1)).astype("float32")


def image_vae(learning_rate=1e-2, latent_dim=4, num_classes=None, **arguments):
    vae = genzoo.VAE(
        genzoo.networks.dense_encoder((4, 4, 1), latent_dim, units=(8,), num_classes=num_classes),
        genzoo.networks.dense_decoder(latent_dim, (4, 4, 1), units=(8,), num_classes=num_classes),
        num_classes=num_classes,
        **arguments,
    )
    vae.compile(keras.optimizers.Adam(learning_rate))
    return vae


def fit(vae, *callbacks, x=X, epochs=2, **arguments):
    return vae.fit(x, batch_size=32, epochs=epochs, verbose=0, callbacks=list(callbacks), **arguments).history


def read_png(path_or_bytes):
    return np.asarray(Image.open(path_or_bytes).convert("RGB"))


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
