"""The VAE under `fit`: every kind of data and option, and runs that go on exactly where they stopped."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_genzoo as genzoo
from keras_genzoo import data, losses


def split_of(events):
    """A training split in memory, grey, binarised afresh in every epoch."""
    return data.Split({"images": (100 + 100 * events).astype("uint8")}, training=True, dynamic=True)


def assert_same_weights(one, other):
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_arrays_and_datasets_give_the_same_run(make_vae, binary):
    from_array, from_dataset = make_vae(), make_vae()
    one = from_array.fit(binary, batch_size=16, epochs=2, shuffle=False, verbose=0)
    other = from_dataset.fit(tf.data.Dataset.from_tensor_slices(binary).batch(16), epochs=2, verbose=0)
    assert one.history == other.history
    assert sorted(one.history) == ["elbo", "kl", "loss", "reconstruction_nll"]
    assert one.history["loss"][1] < one.history["loss"][0]


def test_validation_data_as_array_tuple_and_dataset(make_vae, binary):
    results = []
    for validation in (binary[:32], (binary[:32],), tf.data.Dataset.from_tensor_slices(binary[:32]).batch(32)):
        history = make_vae().fit(binary, validation_data=validation, epochs=1, shuffle=False, verbose=0)
        results.append(history.history)
        assert {"val_loss", "val_elbo", "val_kl", "val_reconstruction_nll"} <= set(history.history)
    assert results[0] == results[1] == results[2]


def test_denoising_pairs_and_float64(make_vae, binary):
    noisy = np.clip(binary + 0.2, 0, 1).astype("float64")
    one, other = make_vae(), make_vae()
    one.fit(noisy, binary, batch_size=32, shuffle=False, validation_data=(noisy, binary), verbose=0)
    other.fit(tf.data.Dataset.from_tensor_slices((noisy.astype("float32"), binary)).batch(32), verbose=0)
    assert_same_weights(one, other)


def test_conditional(make_vae, binary, labels):
    vae, x = make_vae(num_classes=3), {"images": binary, "labels": labels}
    history = vae.fit(x, validation_data=x, epochs=1, verbose=0)
    assert np.isfinite(history.history["val_elbo"]).all()
    vae.fit(tf.data.Dataset.from_tensor_slices(x).batch(16), verbose=0)
    assert vae.predict(x, verbose=0).shape == (64, 6)


def test_same_seed_same_history(make_vae, binary):
    one, same, other = (
        make_vae(seed=seed).fit(split_of(binary).batches(16), epochs=2, verbose=0).history for seed in (1, 1, 2)
    )
    assert one == same and one["loss"] != other["loss"]


def test_steps_per_execution_changes_nothing(make_vae, binary):
    one, other = make_vae(), make_vae(compile={"steps_per_execution": 2})
    logs = [vae.fit(split_of(binary).batches(16), epochs=2, verbose=0).history for vae in (one, other)]
    for name in logs[0]:
        assert logs[0][name] == pytest.approx(logs[1][name], rel=1e-6)
    assert_same_weights(one, other)


@pytest.mark.parametrize("objective", ["elbo", pytest.param("dreg", marks=pytest.mark.slow)])
def test_jit_compile(make_vae, binary, objective):
    vae = make_vae(compile={"jit_compile": True}, objective=objective, num_samples=2)
    history = vae.fit(binary, epochs=3, verbose=0).history
    assert np.isfinite(history["loss"]).all() and history["loss"][2] < history["loss"][0]


def test_mixed_precision(make_vae, binary):
    reference = make_vae().evaluate(binary, verbose=0, return_dict=True)
    keras.config.set_dtype_policy("mixed_bfloat16")
    vae = make_vae()
    assert vae.encoder.get_layer("hidden_0").compute_dtype == "bfloat16"
    logs = vae.evaluate(binary, verbose=0, return_dict=True)
    assert logs["elbo"] == pytest.approx(reference["elbo"], rel=0.02)
    vae.fit(binary, epochs=1, verbose=0)
    assert vae.compute_loss(binary).dtype == vae.generate(3).dtype == tf.float32
    assert vae.log_likelihood(binary, 3).dtype == tf.float32


@pytest.mark.parametrize(
    "arguments",
    [
        *({"likelihood": name} for name in ("continuous_bernoulli", "gaussian", "discretized_logistic")),
        {"likelihood": losses.Gaussian(learn_scale=True)},
        *({"prior": name} for name in ("gaussian_mixture", "vamp")),
    ],
    ids=lambda arguments: str(next(iter(arguments.values()))),
)
def test_mixed_precision_of_every_likelihood_and_prior(make_vae, binary, arguments):
    """Their weights are read as float32, also within the scope in which Keras casts those of layers."""
    keras.config.set_dtype_policy("mixed_bfloat16")
    vae = make_vae(**arguments)
    assert np.isfinite(vae.fit(binary, epochs=1, verbose=0).history["loss"]).all()
    predicted = vae.predict(binary, verbose=0)
    assert predicted.dtype == np.float32
    np.testing.assert_allclose(predicted, vae.reconstruct(binary), atol=0.02)


def test_saved_model_goes_on_bit_for_bit(make_vae, round_trip, binary):
    """It holds weights, Adam's moments, the step and the state of the noise; the data start at the next epoch."""
    straight = make_vae()
    straight.fit(split_of(binary).batches(16), epochs=4, verbose=0)
    stopped = make_vae()
    stopped.fit(split_of(binary).batches(16), epochs=2, verbose=0)
    resumed = round_trip(stopped)
    resumed.fit(split_of(binary).batches(16, first_epoch=2), initial_epoch=2, epochs=4, verbose=0)
    assert_same_weights(resumed, straight)
    np.testing.assert_array_equal(resumed.optimizer.iterations, straight.optimizer.iterations)


def test_backup_and_restore_goes_on_bit_for_bit(make_vae, binary, tmp_path):
    class Interruption(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise KeyboardInterrupt

    def run(vae, first_epoch, *extra):
        backup = keras.callbacks.BackupAndRestore(tmp_path / "backup")
        batches = split_of(binary).batches(16, first_epoch=first_epoch)
        vae.fit(batches, epochs=4, verbose=0, callbacks=[backup, *extra])
        return vae

    straight = make_vae(seed=3)
    straight.fit(split_of(binary).batches(16), epochs=4, verbose=0)
    with pytest.raises(KeyboardInterrupt):
        run(make_vae(seed=3), 0, Interruption())
    assert_same_weights(run(make_vae(seed=3), 2), straight)


def test_beta_schedule_is_read_in_the_graph(make_vae, binary):
    """(loss - nll) / kl is the beta of the step, after tracing too; `elbo` stays at beta 1."""
    vae = make_vae(beta=losses.LinearWarmup(4))
    logs = vae.fit(binary, batch_size=64, epochs=6, verbose=0).history
    loss, nll, kl = (np.array(logs[name]) for name in ("loss", "reconstruction_nll", "kl"))
    np.testing.assert_allclose((loss - nll) / kl, [0, 0.25, 0.5, 0.75, 1, 1], atol=1e-3)
    np.testing.assert_allclose(logs["elbo"], -nll - kl, rtol=1e-5)


def test_model_checkpoint_needs_no_mode(make_vae, binary, tmp_path):
    """It keeps the highest `val_elbo`; of a run that diverges, an early epoch."""
    path = tmp_path / "best.keras"
    keep = keras.callbacks.ModelCheckpoint(path, monitor="val_elbo", save_best_only=True)
    worse = keras.callbacks.LearningRateScheduler(lambda epoch, rate: 1e-2 if epoch == 0 else 0.5)
    history = make_vae().fit(binary, validation_data=binary, epochs=3, verbose=0, callbacks=[worse, keep]).history
    assert history["val_elbo"][0] > history["val_elbo"][-1]
    assert keep.best == max(history["val_elbo"])
    assert int(keras.saving.load_model(path).optimizer.iterations) == 2 * (1 + int(np.argmax(history["val_elbo"])))


class Counting(keras.layers.Layer):
    """The identity, which counts how often it is run; without a side effect that would keep it in a graph."""

    runs = 0

    def call(self, inputs):
        def count(values):
            Counting.runs += 1
            return values

        counted = tf.numpy_function(count, [tf.stop_gradient(inputs)], inputs.dtype, stateful=False)
        return inputs + tf.ensure_shape(counted, inputs.shape) - tf.stop_gradient(inputs)


def test_users_networks_run_once_a_step(make_vae, binary):
    """A user's own networks; BatchNorm's statistics move once a step, and the unused `call` is pruned."""
    x = keras.Input((6,))
    normalised = keras.layers.BatchNormalization(momentum=0.5)(x)
    encoder = keras.Model(x, [keras.layers.Dense(3)(normalised), keras.layers.Dense(3)(normalised)])
    z = keras.Input((3,))
    decoder = keras.Model(z, keras.layers.Dense(6)(Counting()(keras.layers.Dense(5, activation="tanh")(z))))
    vae = make_vae(networks=(encoder, decoder))
    vae.fit(binary, batch_size=64, epochs=1, verbose=0)
    assert Counting.runs == 1
    layer = encoder.layers[1]
    np.testing.assert_allclose(layer.moving_mean, 0.5 * binary.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance, 0.5 + 0.5 * binary.var(axis=0), rtol=1e-5)
    before = np.array(layer.moving_mean)
    vae.evaluate(binary, verbose=0)
    vae.encode(binary)
    vae.log_likelihood(binary, 3)
    np.testing.assert_array_equal(layer.moving_mean, before)


def test_the_networks_own_losses_are_trained_on():
    def trained(strength):
        inputs = keras.Input((6,))
        regularizer = keras.regularizers.L2(strength)
        layers = [keras.layers.Dense(2, kernel_regularizer=regularizer, kernel_initializer="ones") for _ in range(2)]
        vae = genzoo.VAE(
            keras.Model(inputs, [layer(inputs) for layer in layers]), genzoo.networks.dense_decoder(2, (6,), units=())
        )
        vae.compile(keras.optimizers.SGD(0.0))
        return vae.fit(np.zeros((8, 6), "float32"), batch_size=8, verbose=0).history["loss"][0]

    assert trained(0.5) - trained(0.0) == pytest.approx(0.5 * 2 * 12, rel=1e-5)
