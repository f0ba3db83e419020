"""The conformance table: every recipe x what holds for all of them."""

import dataclasses
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_genzoo as genzoo
from keras_genzoo import recipes
from keras_genzoo.callbacks import measuring
from keras_genzoo.models import executions
from keras_genzoo.recipes.recipe import DATA_OPTIONS, RUN_OPTIONS
from keras_genzoo.training import CURVES

NAMES = recipes.names()
FAST = {  # one of every network and objective; the others are slow tests
    "vae-digits", "iwae-mnist", "conv-vae-mnist", "denoising-vae-mnist", "conditional-vae-mnist", "gan-ring",
    "lsgan-digits", "wgan-gp-mnist", "conditional-gan-mnist", "classifier-mnist", "lstm-grammar", "gru-shakespeare",
    "text-vae-grammar", "seq2seq-dates",
}  # fmt: skip


def small(recipe, data_dir, **overrides):
    """A recipe's settings for seconds, and its splits."""
    small = {"validation_size": 30, "jit_compile": False}
    small = {name: value for name, value in small.items() if name in recipe.hyperparameters}
    settings = recipe.settings(**{**recipe.smoke, **small, **overrides})
    splits = recipe.load(settings, data_dir)
    return settings, splits


def batches(settings, splits):
    return splits.train.take(300).batches(settings["batch_size"], seed=settings["seed"])


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=() if name in FAST else pytest.mark.slow, id=name) for name in NAMES],
)
def trained(request, small_mnist):
    recipe = recipes.get(request.param)
    settings, splits = small(recipe, small_mnist)
    keras.utils.set_random_seed(settings["seed"])
    model = recipe.build(settings, splits)
    history = model.fit(batches(settings, splits), epochs=1, verbose=0).history
    return recipe, settings, splits, model, history


def inputs_of(model, split, count=5):
    """What the model's `call` takes: z of a GAN, events of the others."""
    if isinstance(model, genzoo.GAN):
        inputs = model.example_inputs(count)["decode"]
        return inputs if model.num_classes is not None else inputs["z"]
    batch = next(iter(split.take(count).batches(count)))
    return batch[0] if isinstance(batch, tuple) else batch


def test_objective_is_measured_in_validation(trained):
    """Also by a tuner, which reads it from the logs; all but the bounds on the likelihood by their own direction."""
    recipe, settings, splits, model, _ = trained
    if recipe.objective[0] in CURVES:  # by a callback
        logs = {}
        for callback in measuring(model, splits, every=1):
            callback.set_model(model)
            callback.on_epoch_end(0, logs)
        assert recipe.objective == ("val_log_likelihood", "max") and np.isfinite(logs["val_log_likelihood"])
        return
    held_out = splits.validation.take(30).batches(settings["batch_size"])
    logs = [model.evaluate(held_out, verbose=0, return_dict=True) for _ in range(2)]
    name = recipe.objective[0].removeprefix("val_")
    assert np.isfinite(logs[0][name])
    if isinstance(model, genzoo.GAN):  # its noise is fixed there
        assert logs[0] == logs[1]
    direction = next(metric._direction for metric in model.metrics if metric.name == name)
    assert recipe.objective[1] == {"up": "max", "down": "min"}[direction]


def test_finite_steps(trained):
    _, settings, _, model, history = trained
    assert all(np.isfinite(values).all() for values in history.values())
    assert int(model.optimizer.iterations) > 0
    if isinstance(model, genzoo.GAN):
        steps = settings["discriminator_steps"]
        assert int(model.discriminator_optimizer.iterations) == steps * int(model.generator_optimizer.iterations)


def test_same_seed_same_history(trained):
    recipe, settings, splits, _, history = trained
    keras.utils.set_random_seed(settings["seed"])
    again = recipe.build(settings, splits).fit(batches(settings, splits), epochs=1, verbose=0).history
    for name, values in history.items():
        np.testing.assert_allclose(again[name], values, rtol=1e-5)


def test_keras_file_round_trip(trained, tmp_path):
    _, _, splits, model, _ = trained
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    x = inputs_of(model, splits.test)
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))
    assert json.dumps(loaded.get_config(), sort_keys=True) == json.dumps(model.get_config(), sort_keys=True)


def test_saved_model_equals_live(trained, tmp_path):
    _, _, _, model, _ = trained
    model.export(tmp_path / "served")
    served = tf.saved_model.load(str(tmp_path / "served"))
    for name, inputs in model.example_inputs(3).items():
        function, specs = model.signatures()[name]
        live = function(*(tf.constant(inputs[spec.name]) for spec in specs))
        outputs = served.signatures[name](**{key: tf.constant(value) for key, value in inputs.items()})
        assert set(outputs) == set(live)
        for key, value in live.items():
            if value.dtype == tf.string:
                assert outputs[key].numpy().tolist() == value.numpy().tolist(), f"{name}: {key}"
            else:
                np.testing.assert_allclose(outputs[key], value, rtol=1e-5, atol=1e-5, err_msg=f"{name}: {key}")


def test_one_batch_overfits(trained):
    """Of a game, the discriminator's side: it learns to tell one batch from what a generator at rest makes."""
    recipe, settings, splits, _, _ = trained
    splits = dataclasses.replace(splits, train=splits.train.take(settings["batch_size"]))
    short = {"learning_rate": 5e-3, "epochs": 60, "steps_per_execution": 1, "ema_momentum": 0.0}
    short = {name: value for name, value in short.items() if name in settings or name == "epochs"}
    model = recipe.build({**settings, **short}, splits)
    name = "loss"
    if isinstance(model, genzoo.GAN):
        name, rules = "discriminator_loss", model.get_compile_config()
        model.compile_from_config({**rules, "generator_optimizer": "sgd"})
        model.generator_optimizer.learning_rate = 0.0
    one = splits.train.batches(settings["batch_size"])
    before = model.evaluate(one, verbose=0, return_dict=True)[name]
    model.fit(one.repeat(60), epochs=1, verbose=0)
    assert model.evaluate(one, verbose=0, return_dict=True)[name] < before - 0.05 * abs(before)


@pytest.mark.parametrize("name", NAMES)
def test_recipe_is_complete(name):
    recipe = recipes.get(name)
    assert recipe.objective[1] in ("min", "max") and recipe.description and recipe.references
    assert set(recipe.smoke) <= set(recipe.hyperparameters) | set(RUN_OPTIONS)
    assert {"binarization", "value_range"} <= set(DATA_OPTIONS) and recipe.minutes > 0

    class Hp:
        """The first choice of everything, as Keras Tuner would give it."""

        def Choice(self, name, values):
            return values[0]

        def Int(self, name, low, high, step=1):
            return low

        def Float(self, name, low, high, sampling=None):
            return low

    assert recipe.settings(**recipe.search_space(Hp())) != recipe.settings()


@pytest.mark.parametrize(("wanted", "updates", "steps"), [(59, 590, 59), (59, 468, 52), (59, 31, 31), (10, 61, 1)])
def test_steps_of_a_call_divide_an_epoch(wanted, updates, steps):
    assert executions.steps_per_execution(wanted, updates) == steps


def test_recipes_ask_for_it():
    recipe = recipes.get("vae-digits")
    settings = recipe.settings(batch_size=32, units=(8,))  # 45 updates an epoch
    assert recipe.build(settings, recipe.load(settings)).steps_per_execution == 9


@pytest.mark.parametrize("name", ["vae-mnist", "lsgan-digits", "classifier-mnist"])
def test_images_are_resized_where_it_is_asked_for(name, tmp_path):
    np.savez(tmp_path / "mine.npz", images=np.zeros((40, 6, 6), "uint8"), labels=np.arange(40) % 2)
    recipe = recipes.get(name)
    assert "image_size" not in recipe.settings()
    few = {"validation_size": 5}
    settings = recipe.settings(dataset="mine", image_size=[8, 12], **few)
    assert settings["image_size"] == (8, 12)
    assert recipe.load(settings, tmp_path).train.event_shape == (8, 12, 1)
    with pytest.raises(ValueError, match=r"Expected image_size of type tuple, such as \(28, 28\)"):
        recipe.settings(image_size="large")
    with pytest.raises(ValueError, match=r"^Unknown override of lstm-grammar"):
        recipes.get("lstm-grammar").settings(image_size=(28, 28))


def test_unknown_recipe():
    with pytest.raises(ValueError, match=r"Unknown recipe. Expected one of vae-digits, .*Received: vae-digit$"):
        recipes.get("vae-digit")


def test_unknown_override_lists_the_known():
    with pytest.raises(
        ValueError, match=r"Unknown override of vae-digits. Expected one of activation, .*Received: lr$"
    ):
        recipes.get("vae-digits").settings(lr=1)


@pytest.mark.parametrize(
    "overrides, message",
    [
        ({"latent_dim": "two"}, "latent_dim of type int, such as 16. Received: latent_dim='two'"),
        ({"units": 1.5}, "units of type tuple"),
        ({"jit_compile": 1}, "jit_compile of type bool"),
        ({"epochs": 0}, "Expected epochs of at least 1. Received: epochs=0"),
    ],
)
def test_wrong_overrides(overrides, message):
    with pytest.raises(ValueError, match=message):
        recipes.get("vae-digits").settings(**overrides)


def test_overrides_take_the_type_of_the_default():
    settings = recipes.get("vae-digits").settings(units=32, beta=2, binarization="none")
    assert settings["units"] == (32,) and settings["beta"] == 2.0 and isinstance(settings["beta"], float)


def test_phases_and_schedules_of_a_text_vae():
    recipe = recipes.get("text-vae-grammar")
    splits = recipe.load(recipe.settings())

    def build(**overrides):
        return recipe.build(recipe.settings(**overrides), splits)

    updates = len(splits.train.batches(recipe.batch_size))
    first = build(epochs=3, language_model_epochs=2, schedule="constant", beta=0.5)
    assert (first.language_model_steps, first.pretrain_steps, first.beta) == (2 * updates, 0, 0.5)
    then = build(epochs=3, pretrain_epochs=1, schedule="cyclical", warmup_epochs=0.5)
    assert (then.language_model_steps, then.pretrain_steps) == (0, updates)
    assert then.beta.get_config() == {"period": 2 * round(updates / 2), "rise": 0.5, "final": 1.0}
    for overrides, message in (
        ({"epochs": 2, "pretrain_epochs": 2}, "left for the text VAE.*Received: 2 of epochs=2"),
        ({"warmup_epochs": -1}, "Expected warmup_epochs of at least 0. Received: warmup_epochs=-1"),
        ({"schedule": "step"}, "one of constant, linear, sigmoid, cyclical. Received: schedule='step'"),
    ):
        with pytest.raises(ValueError, match=message):
            build(**overrides)


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("text-vae")])
def test_a_text_vae_is_never_tuned_without_free_bits(name):
    """By its likelihood alone, a code that says nothing can be the best."""
    import keras_tuner

    recipe, hp = recipes.get(name), keras_tuner.HyperParameters()
    settings, space = recipe.settings(**recipe.search_space(hp)), {found.name: found for found in hp.space}
    assert 0 < space["free_bits"].min_value < recipe.settings()["free_bits"] < space["free_bits"].max_value
    assert space["warmup_epochs"].max_value + settings["language_model_epochs"] < recipe.epochs


def test_the_documents_architecture_is_a_setting(small_mnist):
    recipe = recipes.get("vae-mnist")
    settings, splits = small(recipe, small_mnist, units=256, latent_dim=64)
    model = recipe.build(settings, splits)
    assert [layer.units for layer in model.encoder.layers if hasattr(layer, "units")] == [256, 64, 64]
    assert [layer.units for layer in model.decoder.layers if hasattr(layer, "units")] == [256, 784]


def test_output_starts_at_the_pixel_mean(small_mnist):
    recipe = recipes.get("vae-mnist")
    settings, splits = small(recipe, small_mnist)
    decoder = recipe.build(settings, splits).decoder
    mean = tf.sigmoid(decoder.get_layer("parameters").bias).numpy().reshape(28, 28, 1)
    np.testing.assert_allclose(mean, np.clip(splits.train.mean, 1e-3, 1 - 1e-3), atol=1e-4)


def test_batches_of_a_translator_have_few_shapes_under_xla():
    recipe = recipes.get("seq2seq-dates")
    settings = recipe.settings(jit_compile=True)
    x, next_ids, _ = next(iter(recipe.load(settings).train.batches(64)))
    assert x["source_ids"].shape[1] % 8 == next_ids.shape[1] % 8 == 0


@pytest.mark.parametrize(
    ("name", "dataset", "message"),
    [
        ("vae-digits", "grammar", r"'grammar' is a set of text\. Expected a set of images or points, .*"),
        ("lsgan-digits", "dates", r"'dates' is a set of text\. .*"),
        ("lstm-grammar", "digits", r"lstm-grammar is of text\. Expected a set of text\. Received: dataset='digits'"),
        ("seq2seq-dates", "ring", r"seq2seq-dates is of text\. .*"),
    ],
)
def test_data_of_another_kind(name, dataset, message):
    recipe = recipes.get(name)
    with pytest.raises(ValueError, match=f"^{message}$"):
        recipe.load(recipe.settings(dataset=dataset))


@pytest.mark.parametrize("name", ["epochs", "seed", "units", "learning_rate", "dataset", "conditional"])
def test_none_is_no_value_of_a_setting_that_has_one(name):
    with pytest.raises(ValueError, match=rf"^Wrong type of an override\. Expected {name} of .*Received: {name}=None$"):
        recipes.get("vae-digits").settings(**{name: None})


def test_a_dense_recipe_made_convolutional():
    recipe = recipes.get("vae-digits")
    for filters in ({}, {"filters": (4, 8)}):
        settings = recipe.settings(network="convolutional", units=(8,), **filters)
        kernels = [w.shape[-1] for w in recipe.build(settings, recipe.load(settings)).encoder.weights if w.ndim == 4]
        assert kernels == list(filters.get("filters", (32, 64)))


def test_embedded_images_have_one_size():
    with pytest.raises(ValueError, match=r"^Embedded sets have one size\. Expected no image_size\. "):
        genzoo.data.load("digits", image_size=(4, 4))
