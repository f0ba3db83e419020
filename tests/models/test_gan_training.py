"""The GAN under `fit`: every kind of data and option, and runs that go on exactly where they stopped."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_genzoo import data, losses
from keras_genzoo.metrics import ModeCoverage

EVERYTHING = {
    "ema_momentum": 0.9,
    "generator": {"batch_norm": True},
    "discriminator": {"dropout": 0.3, "spectral_norm": True},
    "compile": {
        "objective": losses.NonSaturating(label_smoothing=0.1),
        "penalty": losses.GradientPenalty(keras.optimizers.schedules.ExponentialDecay(1.0, 5, 0.5)),
        "quality": [ModeCoverage([[0.0, 0.0], [1.0, 1.0]], 0.5)],
    },
}


@pytest.fixture
def everything():
    """Options that leave nothing out; optimizers are made anew for every model."""
    return {**EVERYTHING, "compile": dict(EVERYTHING["compile"])}


def split_of(points):
    return data.Split({"points": points}, training=True)


def assert_same_state(one, other):
    """Weights, averages, seeds, and both optimizers."""
    pairs = [(one.variables, other.variables)]
    for name in ("generator_optimizer", "discriminator_optimizer"):
        pairs.append((getattr(one, name).variables, getattr(other, name).variables))
    for ours, theirs in pairs:
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(a, b, err_msg=a.path)


def test_arrays_and_datasets_give_the_same_run(make_gan, points):
    from_array, from_dataset = make_gan(), make_gan()
    one = from_array.fit(points, batch_size=16, epochs=2, shuffle=False, verbose=0)
    other = from_dataset.fit(tf.data.Dataset.from_tensor_slices(points).batch(16), epochs=2, verbose=0)
    assert one.history == other.history
    assert sorted(one.history) == ["discriminator_loss", "generator_loss"]
    assert int(from_array.optimizer.iterations) == 10  # with the last batch, of one point


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ({}, {"objective": "minimax"}),
        ({"packing": 2}, {"objective": "hinge"}),
        ({"packing": 4}, {"objective": "wasserstein", "penalty": losses.GradientPenalty(), "discriminator_steps": 3}),
        ({"ema_momentum": 0.5}, {"objective": "relativistic", "penalty": [losses.R1(), losses.R2()]}),
        ({}, {"objective": losses.Relativistic(average=True), "penalty": losses.DRAGAN()}),
        ({"num_classes": 3}, {"objective": "least_squares", "discriminator_steps": 2}),
    ],
    ids=["minimax", "packs of 2", "packs of 4", "moving average", "mean logits", "conditional"],
)
def test_a_smaller_last_batch(make_gan, points, arguments, options):
    """65 points in batches of 16: the last one has a single point, fewer than a pack or than discriminator steps."""
    gan = make_gan(compile=options, **arguments)
    x = points
    if "num_classes" in arguments:
        x = {"images": points, "labels": np.arange(65, dtype="int32") % 3}
    history = gan.fit(x, batch_size=16, epochs=2, verbose=0, validation_data=x).history
    assert all(np.isfinite(values).all() for values in history.values())
    assert all(np.isfinite(weights).all() for weights in gan.get_weights())
    assert ("penalty" in history) == ("penalty" in options) and "val_penalty" not in history


@pytest.mark.parametrize("jit", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_same_seed_same_history(make_gan, points, everything, jit):
    everything["compile"]["jit_compile"] = jit
    one, same, other = (
        make_gan(**{**everything, "compile": dict(everything["compile"])}, seed=seed)
        .fit(split_of(points).batches(16), epochs=2, verbose=0)
        .history
        for seed in (1, 1, 2)
    )
    assert one == same and one["generator_loss"] != other["generator_loss"]


def test_steps_per_execution_changes_nothing(make_gan, points):
    one, other = make_gan(), make_gan(compile={"steps_per_execution": 2})
    logs = [gan.fit(split_of(points).batches(16), epochs=2, verbose=0).history for gan in (one, other)]
    for name in logs[0]:
        assert logs[0][name] == pytest.approx(logs[1][name], rel=1e-5)
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


@pytest.mark.slow
def test_it_learns_where_the_data_are(make_gan):
    """A distant Gaussian: mean and deviation of the samples come close to those of the data."""
    x = np.array([3.0, -2.0]) + 0.5 * np.random.default_rng(0).normal(size=(1024, 2))
    gan = make_gan(
        ema_momentum=0.98,
        generator={"activation": "tanh"},
        compile={"objective": "relativistic", "penalty": losses.R1(1)},
    )
    gan.fit(x.astype("float32"), batch_size=128, epochs=100, verbose=0)
    samples = gan.generate(4000, seed=1).numpy()
    np.testing.assert_allclose(samples.mean(axis=0), [3.0, -2.0], atol=0.25)
    np.testing.assert_allclose(samples.std(axis=0), [0.5, 0.5], atol=0.25)


# ---- validation ----


def test_validation_is_repeatable_and_judges_the_average(make_gan, points):
    quality = [ModeCoverage([[0.0, 0.0], [1.0, 1.0]], 0.5, name="coverage")]
    gan = make_gan(ema_momentum=0.9, compile={"quality": quality})
    history = gan.fit(points, validation_data=points, batch_size=16, epochs=2, verbose=0).history
    assert sorted(history) == [
        "discriminator_loss", "generator_loss", "val_coverage", "val_discriminator_loss", "val_generator_loss",
    ]  # fmt: skip
    logs = [gan.evaluate(points, batch_size=16, verbose=0, return_dict=True) for _ in range(2)]
    assert logs[0] == logs[1]
    for name, value in logs[0].items():
        assert history[f"val_{name}"][-1] == pytest.approx(value, rel=1e-6)
    for average in gan.averages:
        average.assign(100 * tf.ones(average.shape))
    changed = gan.evaluate(points, batch_size=16, verbose=0, return_dict=True)
    assert changed["generator_loss"] != logs[0]["generator_loss"] and changed["coverage"] == 0


def test_quality_gets_real_and_generated_batches_of_one_size(make_gan, points):
    class Total(keras.metrics.Metric):
        """Counts the fakes and adds up the real values."""

        def __init__(self, name, direction):
            super().__init__(name=name)
            self._direction, self.total = direction, self.add_weight(initializer="zeros")

        def update_state(self, real, fake):
            count = tf.cast(tf.shape(fake)[0], tf.float32)
            self.total.assign_add(tf.reduce_sum(real) if self.name == "reals" else count)

        def result(self):
            return tf.convert_to_tensor(self.total)

    gan = make_gan(compile={"quality": [Total("reals", "up"), Total("fakes", "down")]})
    logs = gan.evaluate(points, batch_size=16, verbose=0, return_dict=True)
    assert logs["reals"] == pytest.approx(points.sum(), rel=1e-4) and logs["fakes"] == 65
    callbacks = [keras.callbacks.EarlyStopping(monitor=f"val_{name}") for name in ("reals", "fakes")]
    gan._set_modes(callbacks)
    assert [callback.mode for callback in callbacks] == ["max", "min"]


def test_model_checkpoint_of_a_quality_metric_needs_no_mode(make_gan, points, tmp_path):
    quality = [ModeCoverage([[0.0, 0.0], [1.0, 1.0]], 0.5)]
    keep = keras.callbacks.ModelCheckpoint(tmp_path / "best.keras", monitor="val_mode_coverage", save_best_only=True)
    gan = make_gan(compile={"quality": quality})
    history = gan.fit(points, validation_data=points, epochs=3, verbose=0, callbacks=[keep]).history
    assert keep.best == max(history["val_mode_coverage"])
    loaded = keras.saving.load_model(tmp_path / "best.keras")
    assert loaded.evaluate(points, verbose=0, return_dict=True)["mode_coverage"] == keep.best


# ---- saved and resumed ----


def test_compilation_comes_back_from_a_file(make_gan, round_trip, points, everything):
    gan = make_gan(**everything)
    gan.fit(points, batch_size=16, epochs=2, verbose=0)
    loaded = round_trip(gan)
    assert loaded.get_compile_config() == gan.get_compile_config()
    assert_same_state(loaded, gan)
    assert int(loaded.generator_optimizer.iterations) == 10 and int(loaded.discriminator_optimizer.iterations) == 10
    assert [v.path.split("/")[-1] for v in loaded.optimizer.variables] == [
        v.path.split("/")[-1] for v in gan.optimizer.variables
    ]


def test_saved_model_goes_on_bit_for_bit(make_gan, round_trip, points, everything):
    straight = make_gan(**everything)
    straight.fit(split_of(points).batches(16), epochs=3, verbose=0)
    stopped = make_gan(**everything)
    stopped.fit(split_of(points).batches(16), epochs=1, verbose=0)
    resumed = round_trip(stopped)
    resumed.fit(split_of(points).batches(16, first_epoch=1), initial_epoch=1, epochs=3, verbose=0)
    assert_same_state(resumed, straight)


def test_backup_and_restore_goes_on_bit_for_bit(make_gan, points, everything, tmp_path):
    class Interruption(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise KeyboardInterrupt

    def run(first_epoch, *extra):
        gan = make_gan(**everything, seed=3)
        backup = keras.callbacks.BackupAndRestore(tmp_path / "backup")
        gan.fit(split_of(points).batches(16, first_epoch=first_epoch), epochs=3, verbose=0, callbacks=[backup, *extra])
        return gan

    straight = make_gan(**everything, seed=3)
    straight.fit(split_of(points).batches(16), epochs=3, verbose=0)
    with pytest.raises(KeyboardInterrupt):
        run(0, Interruption())
    assert_same_state(run(2), straight)


# ---- precision ----


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision(make_gan, points, round_trip, policy):
    """Losses in float32; with float16 each optimizer has a scale of its own, which is saved and goes on."""
    keras.config.set_dtype_policy(policy)
    options = {"penalty": losses.GradientPenalty(1.0)}
    gan = make_gan(compile=options, ema_momentum=0.9)
    assert gan.generator.get_layer("hidden_0").compute_dtype == policy.removeprefix("mixed_")
    scaled = isinstance(gan.discriminator_optimizer, keras.optimizers.LossScaleOptimizer)
    assert (
        scaled == isinstance(gan.generator_optimizer, keras.optimizers.LossScaleOptimizer) == ("float16" == policy[6:])
    )
    history = gan.fit(split_of(points).batches(16), validation_data=points, epochs=2, verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())
    assert gan.generate(3).dtype == gan.discriminate(points).dtype == tf.float32
    resumed = round_trip(gan)
    assert_same_state(resumed, gan)
    for one in (gan, resumed):
        one.fit(split_of(points).batches(16, first_epoch=2), initial_epoch=2, epochs=3, verbose=0)
    assert_same_state(resumed, gan)


def test_float16_overflow_halves_the_scale_and_skips_the_update(make_gan, points):
    keras.config.set_dtype_policy("mixed_float16")
    gan = make_gan(ema_momentum=0.9)
    scale = gan.discriminator_optimizer.dynamic_scale
    scale.assign(1e38)
    before = [np.array(v) for v in gan.discriminator.trainable_variables]
    gan.train_step(tf.constant(points[:16]))
    assert float(scale) == pytest.approx(0.5e38) and int(gan.discriminator_optimizer.iterations) == 0
    for a, b in zip(before, gan.discriminator.trainable_variables, strict=True):
        np.testing.assert_array_equal(a, b)
    assert int(gan.generator_optimizer.iterations) == 1


def test_no_update_begins_before_its_loss_is_known(make_gan, points):
    """Not even that of a bias, whose gradient of a slope is 0 and gone when the graph has been simplified."""
    gan = make_gan(compile={"penalty": losses.GradientPenalty()})
    gan.fit(points, batch_size=16, epochs=1, verbose=0)  # builds the optimizers
    step = tf.function(gan.train_step, autograph=False).get_concrete_function(tf.TensorSpec((16, 2)))
    waiting, updates = set(), []
    for op in _in_order(step.graph.get_operations()):
        known = any(other.type == "AddV2" for other in op.control_inputs)  # the loss is a sum; the others are variables
        if known or any(tensor.op in waiting for tensor in op.inputs):
            waiting.add(op)
        if op.type == "ResourceApplyAdam":
            updates.append(op in waiting)
    assert len(updates) == len(gan.trainable_variables) and all(updates)


def _in_order(ops):
    """Operations after all that they need."""
    done, order = set(), []

    def visit(op):
        if op not in done:
            done.add(op)
            for other in (*(tensor.op for tensor in op.inputs), *op.control_inputs):
                visit(other)
            order.append(op)

    for op in ops:
        visit(op)
    return order
