import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_genzoo.layers import Sampling
from keras_genzoo.metrics import DirectedMean
from keras_genzoo.models import GenerativeModel


@keras.saving.register_keras_serializable(package="tests")
class Noisy(GenerativeModel):
    """Predicts x from its first value and noise: the least a family needs."""

    def __init__(self, network, scale=1.0, seed=0, **kwargs):
        super().__init__(**kwargs)
        self.network, self.scale, self.seed = network, scale, seed
        self.sampling = Sampling(seed)
        self.dropout = keras.layers.Dropout(0.5, seed=seed)
        self.gain = DirectedMean("gain", "up")
        self.built = True

    def call(self, inputs):
        return self.network(inputs)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        noise = self.dropout(self.sampling([tf.zeros_like(x), tf.zeros_like(x)]), training=training)
        errors = tf.square(self.network(x + self.scale * noise) - x)
        self.gain.update_state(-errors)
        return self.mean_over_batch(tf.reduce_sum(errors, axis=-1), sample_weight)

    def check_batch(self, x, y):
        if np.isnan(x).any():
            raise ValueError("NaN in x.")

    def signatures(self):
        spec = tf.TensorSpec((None, 3), tf.float32, "x")
        return {
            "second": (lambda x: {"y": self.network(x)}, [spec]),
            "first": (lambda x: {"y": 2 * self.network(x)}, [spec]),
        }


@pytest.fixture
def make():
    def make(**kwargs):
        inputs = keras.Input((3,))
        start = keras.initializers.GlorotUniform(seed=1)
        model = Noisy(keras.Model(inputs, keras.layers.Dense(3, kernel_initializer=start)(inputs)), **kwargs)
        model.compile("adam")
        return model

    return make


X = np.random.default_rng(0).normal(size=(16, 3)).astype("float32")


def test_steps_make_no_pass_of_call(make, monkeypatch):
    def call(self, inputs):
        raise AssertionError("a pass that nobody asked for")

    model = make(scale=0.0)
    model.optimizer.learning_rate = 0.0
    expected = np.mean(np.sum((model.predict(X, verbose=0) - X) ** 2, axis=-1))
    monkeypatch.setattr(Noisy, "call", call)
    history = model.fit(X, batch_size=6, validation_data=(X, None), verbose=0).history  # the last batch has 4
    assert history["loss"] + history["val_loss"] == pytest.approx([expected] * 2, rel=1e-5)
    assert model.evaluate(X, batch_size=6, verbose=0, return_dict=True)["loss"] == pytest.approx(expected, rel=1e-5)


def test_config_holds_the_arguments_and_the_networks(make, revive):
    model = make(scale=0.3, seed=4, name="mine")
    again = revive(model)
    assert (again.scale, again.seed, again.name) == (0.3, 4, "mine")
    assert [v.shape for v in again.network.weights] == [v.shape for v in model.network.weights]


@pytest.mark.parametrize("how", ["keras", "weights"])
def test_saved_files_hold_seeds_and_optimizer(make, round_trip, tmp_path, how):
    """A loaded model goes on as the one that was saved: noise, dropout and Adam's moments included."""
    model = make()
    model.fit(X, epochs=2, batch_size=8, shuffle=False, verbose=0)
    if how == "keras":
        loaded = round_trip(model)
    else:
        model.save_weights(tmp_path / "model.weights.h5")
        loaded = make()
        loaded.load_weights(tmp_path / "model.weights.h5")
    assert int(loaded.optimizer.iterations) == 4
    for one in (model, loaded):
        one.fit(X, epochs=2, batch_size=8, shuffle=False, verbose=0)
    for a, b in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_without_the_seeds_it_would_not_go_on_exactly(make):
    """The test above can fail: the same weights with noise from the start give other weights."""
    model, other = make(), make()
    model.fit(X, epochs=1, batch_size=8, shuffle=False, verbose=0)
    other.set_weights(model.get_weights())
    for one in (model, other):
        one.compile("sgd")
        one.fit(X, epochs=1, batch_size=8, shuffle=False, verbose=0)
    assert np.abs(model.get_weights()[0] - other.get_weights()[0]).max() > 1e-4


def test_compile_builds_the_optimizer(make):
    model = make()
    assert model.optimizer.built and len(model.optimizer.variables) > 2


def test_data_are_checked_in_fit_evaluate_and_validation(make):
    bad = np.full((4, 3), np.nan)
    model = make()
    for call in (
        lambda: model.fit(bad),
        lambda: model.evaluate(bad),
        lambda: model.fit(X, validation_data=bad, verbose=0),
        lambda: model.fit(tf.data.Dataset.from_tensors(bad)),
    ):
        with pytest.raises(ValueError, match=r"^NaN in x\.$"):
            call()
    assert int(model.optimizer.iterations) == 0


def test_evaluate_within_fit_does_not_check_again(make):
    model, calls = make(), []
    model.check_batch = lambda x, y: calls.append(1)
    model.fit(X, validation_data=X, epochs=3, verbose=0)
    assert len(calls) == 2


def test_callbacks_learn_the_direction_of_our_metrics(make):
    """Keras looks at compiled metrics only, and refuses to guess."""
    early = keras.callbacks.EarlyStopping(monitor="val_gain")
    given = keras.callbacks.EarlyStopping(monitor="gain", mode="min")
    loss = keras.callbacks.ReduceLROnPlateau(monitor="val_loss")
    history = make().fit(X, validation_data=X, epochs=2, verbose=0, callbacks=[early, given, loss])
    assert (early.mode, given.mode, loss.mode) == ("max", "min", "auto")
    assert early.best == max(history.history["val_gain"])
    make().fit(X, None, 8, 1, 0, keras.callbacks.EarlyStopping(monitor="gain"))  # one callback, by position


def test_fit_on_a_dataset_warns_of_nothing(make):
    make().fit(tf.data.Dataset.from_tensors(X), verbose=0)


def test_mean_over_batch(monkeypatch):
    values, weights = tf.constant([1.0, 2.0, 6.0]), tf.constant([1.0, 0.0, 2.0])
    assert float(GenerativeModel.mean_over_batch(values)) == 3.0
    assert float(GenerativeModel.mean_over_batch(values, weights)) == pytest.approx(13 / 3)

    class Two:
        num_replicas_in_sync = 2

    monkeypatch.setattr(tf.distribute, "get_strategy", Two)
    assert float(GenerativeModel.mean_over_batch(values)) == 1.5


def test_export_writes_the_signatures_in_serving_order(make, tmp_path):
    model = make()
    model.export(tmp_path / "saved")
    served = tf.saved_model.load(tmp_path / "saved")
    assert set(served.signatures) == {"serving_default", "second", "first"}
    y = served.signatures["second"](x=X)["y"]
    np.testing.assert_allclose(y, model.predict(X, verbose=0), atol=1e-6)
    np.testing.assert_allclose(served.signatures["serving_default"](x=X)["y"], y)
    np.testing.assert_allclose(served.signatures["first"](x=X[:0])["y"], np.zeros((0, 3)))


def test_export_stores_each_weight_once(make, tmp_path):
    make().export(tmp_path / "saved")
    saved = tf.train.load_checkpoint(tmp_path / "saved" / "variables" / "variables")
    shapes = [shape for shape in saved.get_variable_to_shape_map().values() if shape == [3, 3]]
    assert len(shapes) == 1


def test_base_class_says_what_is_missing():
    for method, arguments in (("check_batch", (None, None)), ("signatures", ())):
        with pytest.raises(NotImplementedError, match=rf"^GenerativeModel must implement {method}\("):
            getattr(GenerativeModel(), method)(*arguments)
