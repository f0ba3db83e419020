"""`FusedAdam` against Keras's Adam: the same weights, slots and files."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_genzoo as genzoo

BOTH = (genzoo.FusedAdam, keras.optimizers.Adam)
SCHEDULE = keras.optimizers.schedules.CosineDecay(1e-2, 40)


def trained(make, sparse=False, **compile):
    """A model and its optimizer after 40 steps on 4 batches, in which a third of the gradients are tiny."""
    keras.utils.set_random_seed(0)
    first = [keras.layers.Embedding(7, 4), keras.layers.Flatten()] if sparse else [keras.layers.Dense(4, "tanh")]
    model = keras.Sequential([keras.Input((6,)), *first, keras.layers.Dense(3)])
    model.compile(make(), loss="mse", **compile)
    rng = np.random.default_rng(0)
    x = rng.integers(0, 7, (32, 6)) if sparse else rng.normal(size=(32, 6)).astype("float32")
    y = rng.normal(size=(32, 3)).astype("float32") * [1, 1, 1e-6]
    model.fit(x, y, batch_size=8, epochs=10, shuffle=False, verbose=0)
    return model


SETTINGS = {
    "plain": {},
    "of a GAN": {"beta_1": 0.0, "beta_2": 0.9},
    "of a language model": {"weight_decay": 0.1, "beta_2": 0.99, "global_clipnorm": 0.1},
    "averaged": {"use_ema": True, "ema_momentum": 0.9},
    "accumulated": {"gradient_accumulation_steps": 2},
    "amsgrad": {"amsgrad": True},
}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_equals_adam(settings):
    fused, plain = (trained(lambda cls=cls: cls(SCHEDULE, **settings)) for cls in BOTH)
    pairs = zip([*fused.weights, *fused.optimizer.variables], [*plain.weights, *plain.optimizer.variables], strict=True)
    for ours, theirs in pairs:
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6, err_msg=ours.path)


@pytest.mark.parametrize("compile", [{"jit_compile": True}, {"run_eagerly": True}], ids=["compiled", "eager"])
def test_equals_adam_however_it_runs(compile):
    fused, plain = trained(lambda: genzoo.FusedAdam(1e-2), **compile), trained(lambda: keras.optimizers.Adam(1e-2))
    for ours, theirs in zip(fused.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


def test_sparse_gradients_equal_adam():
    fused, plain = (trained(cls, sparse=True, jit_compile=False) for cls in BOTH)
    for ours, theirs in zip(fused.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


def test_half_precision_weights():
    """Weights of float16, whose slots are float16 as well."""
    weight = keras.Variable(np.ones(3), dtype="float16")
    optimizer = genzoo.FusedAdam(0.5, epsilon=1e-4)
    optimizer.build([weight])
    optimizer.apply([tf.constant([1.0, -1.0, 0.0])], [weight])
    np.testing.assert_allclose(weight, [0.5, 1.5, 1.0], atol=1e-2)


def test_runs_one_kernel_a_weight():
    weights = [keras.Variable(np.ones(3)), keras.Variable(np.ones((2, 2)))]
    optimizer = genzoo.FusedAdam(0.1)
    optimizer.build(weights)
    graph = tf.function(lambda: optimizer.apply([tf.ones(3), tf.ones((2, 2))], weights)).get_concrete_function().graph
    kinds = [operation.type for operation in graph.get_operations()]
    assert kinds.count("ResourceApplyAdam") == 2
    assert "Sqrt" not in kinds


def test_saved_file_goes_on_bit_for_bit(tmp_path):
    model = trained(lambda: genzoo.FusedAdam(SCHEDULE))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert type(again.optimizer) is genzoo.FusedAdam
    x, y = np.ones((8, 6), "float32"), np.zeros((8, 3), "float32")
    for either in (model, again):
        either.fit(x, y, epochs=3, verbose=0)
    for ours, theirs in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
