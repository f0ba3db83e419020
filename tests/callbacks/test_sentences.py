"""Callbacks of text VAEs: what they log and write, and what they advise."""

import warnings

import keras
import numpy as np
import pytest

from keras_genzoo import metrics
from keras_genzoo.callbacks import SampleTexts, SentenceBound, SentenceCollapseMonitor, recording
from keras_genzoo.data.text import TextSplit, TextSplits
from keras_genzoo.losses import LinearWarmup

TEXTS = ["to be or not to be", "that is the question", "to be is the question", "not that", "question"]


@pytest.fixture
def fit(sentence_batch):
    def run(model, *callbacks, epochs=1):
        labels = None if model.num_classes is None else [0, 1, 0, 1]
        x, y, weight = batch = sentence_batch(model, labels=labels)
        return model.fit(
            x, y, sample_weight=weight, epochs=epochs, verbose=0, callbacks=list(callbacks), validation_data=batch
        ).history

    return run


@pytest.fixture
def resting(make_text_vae):
    """Builds a model that does not learn and whose posterior is the same for every text, with this mean."""

    def make(mean, **arguments):
        model = make_text_vae(compile={"optimizer": keras.optimizers.SGD(0.0)}, **arguments)
        for layer in model.encoder.posterior.values():
            layer.kernel.assign(np.zeros(layer.kernel.shape))
        model.encoder.posterior["z_mean"].bias.assign([mean, mean])
        return model

    return make


def test_what_it_logs(make_text_vae, fit):
    model = make_text_vae(compile={"optimizer": keras.optimizers.SGD(0.0)})
    codes = model.encode(TEXTS)
    history = fit(model, SentenceCollapseMonitor(TEXTS), epochs=2)
    kl = 0.5 * np.sum(codes["z_mean"] ** 2 + np.exp(codes["z_log_var"]) - 1 - codes["z_log_var"], axis=1).mean()
    assert history["code_kl"] == [pytest.approx(kl, rel=1e-4, abs=1e-6)] * 2
    information = metrics.mutual_information(codes["z_mean"], codes["z_log_var"])
    assert history["mutual_information"] == [pytest.approx(information, abs=1e-6)] * 2
    assert history["active_units"] == [metrics.active_units(codes["z_mean"])] * 2


def test_training_does_not_notice(make_text_vae, fit, tmp_path):
    keras.utils.set_random_seed(3)
    plain = fit(make_text_vae(), epochs=2)
    keras.utils.set_random_seed(3)
    watched = fit(make_text_vae(), SentenceCollapseMonitor(TEXTS), SampleTexts(tmp_path, 3), epochs=2)
    assert {name: watched[name] for name in plain} == plain


@pytest.mark.parametrize(
    "arguments, advice",
    [
        ({}, "beta=losses.LinearWarmup"),
        ({"beta": LinearWarmup(5)}, "free_bits, such as 0.25"),
        ({"beta": LinearWarmup(5), "free_bits": 0.1}, "two phases: start with pretrain_steps or language_model_steps"),
        ({"beta": LinearWarmup(5), "free_bits": 0.1, "pretrain_steps": 1}, "aggressive=100"),
        ({"beta": LinearWarmup(5), "free_bits": 0.1, "pretrain_steps": 1, "aggressive": 2}, "word_dropout of 0.2"),
        ({"language_model_steps": 1}, "free_bits, such as 0.25"),
        ({"language_model_steps": 1, "free_bits": 0.1}, "word_dropout of 0.2"),
    ],
)
def test_collapse_names_the_next_remedy(resting, fit, arguments, advice):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit(resting(0.0, **arguments), SentenceCollapseMonitor(TEXTS, start_from_epoch=2), epochs=4)
    messages = [str(warning.message) for warning in caught if "collapse" in str(warning.message)]
    assert len(messages) == 1 and "\n" not in messages[0]
    for part in ("0 of 2 latent units", "after epoch 2", "KL 0.00", "mutual information", advice, "Received: beta="):
        assert part in messages[0]


def test_a_code_that_is_not_open_yet_has_not_collapsed(resting, fit):
    model = resting(0.0, language_model_steps=2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(model, SentenceCollapseMonitor(TEXTS, start_from_epoch=1), epochs=2)
    with pytest.warns(UserWarning, match="collapse"):
        fit(model, SentenceCollapseMonitor(TEXTS, start_from_epoch=1))


@pytest.mark.parametrize(
    "arguments, advice",
    [
        ({}, "little: start with pretrain_steps or language_model_steps of some epochs"),
        ({"free_bits": 0.1}, "little: lower free_bits or start with pretrain_steps"),
        ({"free_bits": 0.1, "num_samples": 2, "language_model_steps": 1}, "little: lower free_bits or num_samples=1"),
        ({"pretrain_steps": 1}, "little: word_dropout of 0.2"),
    ],
)
def test_a_divergence_that_tells_nothing(resting, fit, arguments, advice):
    """All texts have the code 3, 3: a divergence of 9 nats that says nothing of the text."""
    with pytest.warns(UserWarning, match=rf"KL 9\.00 and mutual information .*{advice}"):
        fit(resting(3.0, **arguments), SentenceCollapseMonitor(TEXTS, start_from_epoch=2), epochs=2)


def test_a_code_that_is_used_is_no_collapse(make_text_vae, fit):
    model = make_text_vae(compile={"optimizer": keras.optimizers.SGD(0.0)})
    for layer, scale in zip(model.encoder.posterior.values(), (20.0, 0.0), strict=True):
        layer.kernel.assign(scale * layer.kernel)
    model.encoder.posterior["z_log_var"].bias.assign([-4.0, -4.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history = fit(model, SentenceCollapseMonitor(TEXTS, start_from_epoch=1))
    assert history["mutual_information"][0] > 1 and history["active_units"] == [2]


@pytest.mark.parametrize("num_classes", [None, 2])
def test_bound_and_samples(make_text_vae, fit, tmp_path, num_classes):
    model = make_text_vae(num_classes=num_classes, compile={"optimizer": keras.optimizers.SGD(0.0)})
    labels = np.array([0, 1, 0, 1, 1], "int32")
    split = TextSplit({"texts": TEXTS, "labels": labels})
    given = {} if num_classes is None else {"labels": [0, 1, 1]}
    samples = SampleTexts(tmp_path, 3, max_length=4, seed=2, **given)
    history = fit(model, SentenceBound(split, num_samples=3, batch_size=2, seed=1), samples)
    x = TEXTS if num_classes is None else {"texts": TEXTS, "labels": labels}
    assert history["val_log_likelihood"] == [pytest.approx(-model.score(x, 3, 1)["nats"].mean(), rel=1e-5)]
    texts = model.generate(None if given else 3, max_length=4, seed=2, **given)
    assert (tmp_path / "epoch_0001.txt").read_text() == "\n\n".join(texts) + "\n"


@pytest.mark.parametrize("num_classes", [None, 2])
def test_recording(make_text_vae, fit, tmp_path, num_classes):
    model = make_text_vae(num_classes=num_classes)
    split = TextSplit({"texts": TEXTS, "labels": np.array([0, 1, 0, 1, 1], "int32")})
    callbacks = recording(model, TextSplits(split, split, split, {"name": "made"}), tmp_path, epochs=2)
    history = fit(model, *callbacks, epochs=2)
    assert {"active_units", "mutual_information", "code_kl", "val_log_likelihood"} <= set(history)
    assert len(list((tmp_path / "progress").iterdir())) == 2
