"""What all families share: configuration, seeds in saved files, checked data, distribution and export."""

import inspect

import keras
import numpy as np
import tensorflow as tf

from keras_genzoo.models import checks

SEED = "seed_state_"
EXAMPLE_SCALARS = {"seed": 1, "num_samples": 3, "max_length": 5, "top_k": 0, "beam_width": 2}  # all others are 1
EXAMPLE_LENGTH = 5  # of every axis of unknown size but the first
EXAMPLE_TEXTS = (b"one", b"two words", b"a few short words")


class GenerativeModel(keras.Model):
    """Base of the five families. A subclass implements `call`, `compute_loss`, `signatures` and `check_batch`.

    It gives them:

    - `get_config` and `from_config` from the arguments of `__init__`, which a subclass stores as attributes of the
      same names; sub-networks and other Keras objects travel in the config.
    - Saved files (`.keras`, `.weights.h5`) that hold the state of every seed generator, so that a resumed run draws
      the noise the uninterrupted one would have drawn.
    - `fit` and `evaluate` that refuse bad data with one clear line before the first step, and whose steps leave the
      pass to `compute_loss(x, y, None, sample_weight, training)`.
    - `mean_over_batch`, which is right under `tf.distribute`.
    - `export`, the one writer of SavedModels.
    """

    # ---- configuration ----

    def get_config(self):
        config = super().get_config()
        for name in self._argument_names():
            config[name] = keras.saving.serialize_keras_object(getattr(self, name))
        return config

    @classmethod
    def from_config(cls, config, custom_objects=None):
        names = cls._argument_names()
        revived = {
            key: keras.saving.deserialize_keras_object(value, custom_objects=custom_objects) if key in names else value
            for key, value in config.items()
        }
        return cls(**revived)

    @classmethod
    def _argument_names(cls):
        parameters = inspect.signature(cls.__init__).parameters.values()
        return [p.name for p in parameters if p.name != "self" and p.kind is not inspect.Parameter.VAR_KEYWORD]

    def compile(self, optimizer="rmsprop", **kwargs):
        """As `keras.Model.compile`; the optimizer's slots are made at once, so that its saved state can be loaded.

        The objective is the model's own: there is no `loss` to choose, and there are no metrics of `y` beside it.
        """
        given = [name for name in ("loss", "loss_weights", "metrics", "weighted_metrics") if kwargs.get(name)]
        if given:
            raise ValueError(f"A {type(self).__name__} has its own loss and metrics. Expected none. Received: {given}")
        super().compile(optimizer=optimizer, **kwargs)
        if self.optimizer is not None and not self.optimizer.built:
            self.optimizer.build(self.trainable_variables)

    def compile_from_config(self, config):
        self.compile(**keras.saving.deserialize_keras_object(config))

    # ---- seeds in saved files ----

    def save_own_variables(self, store):
        super().save_own_variables(store)
        for i, generator in enumerate(self._seed_generators_in_order()):
            store[f"{SEED}{i}"] = keras.ops.convert_to_numpy(generator.state)

    def load_own_variables(self, store):
        super().load_own_variables({key: store[key] for key in store.keys() if not key.startswith(SEED)})
        for i, generator in enumerate(self._seed_generators_in_order()):
            if f"{SEED}{i}" in store.keys():
                generator.state.assign(np.array(store[f"{SEED}{i}"]))

    def _seed_generators_in_order(self):
        found = []
        for layer in self._flatten_layers():
            found += [g for g in layer._seed_generators if not any(g is other for other in found)]
        return found

    # ---- data ----

    def check_batch(self, x, y):
        """Raises a one-line `ValueError` for data this model cannot learn from. `x` and `y` are NumPy structures."""
        raise NotImplementedError(f"{type(self).__name__} must implement check_batch(x, y).")

    def fit(self, x=None, y=None, *args, **kwargs):
        """As `keras.Model.fit`, after a check of the data: all of an array, the first batch of a dataset.

        Callbacks that monitor one of our metrics (`EarlyStopping`, `ModelCheckpoint`) need no `mode`.
        """
        arguments = inspect.signature(super().fit).bind(x, y, *args, **kwargs).arguments
        weight = arguments.get("sample_weight")
        arguments["x"], arguments["y"] = checks.checked(self.check_batch, x, y, weight)
        if arguments.get("validation_data") is not None:
            arguments["validation_data"] = checks.checked_validation(self.check_batch, arguments["validation_data"])
        if isinstance(x, tf.data.Dataset):
            arguments.setdefault("shuffle", False)  # the default is ignored for a dataset, with a warning
        self._set_modes(arguments.get("callbacks"))
        return super().fit(**arguments)

    def _set_modes(self, callbacks):
        """Tells callbacks which way is better, as Keras looks for the direction of compiled metrics only."""
        modes = {m.name: "max" if m._direction == "up" else "min" for m in self.metrics if hasattr(m, "_direction")}
        for callback in keras.tree.flatten(getattr(callbacks, "callbacks", callbacks)):
            name = getattr(callback, "monitor", "").removeprefix("val_")
            if getattr(callback, "mode", None) == "auto" and name in modes:
                callback.mode = modes[name]

    def evaluate(self, x=None, y=None, *args, **kwargs):
        """As `keras.Model.evaluate`, after a check of the data: all of an array, the first batch of a dataset."""
        if not kwargs.get("_use_cached_eval_dataset"):  # within `fit`, which has checked
            arguments = inspect.signature(super().evaluate).bind(x, y, *args, **kwargs).arguments
            x, y = checks.checked(self.check_batch, x, y, arguments.get("sample_weight"))
        return super().evaluate(x, y, *args, **kwargs)

    def train_step(self, data):
        """As Keras's, but that `compute_loss` makes the only pass; one of `call` would cost time and is of no use."""
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        with tf.GradientTape() as tape:
            loss = self._tracked_loss(x, y, sample_weight, training=True)
            scaled = self.optimizer.scale_loss(loss)
        variables = self.trainable_variables
        self.optimizer.apply(tape.gradient(scaled, [variable.value for variable in variables]), variables)
        return self.compute_metrics(x, y, None, sample_weight=sample_weight)

    def test_step(self, data):
        """As Keras's, with one pass as `train_step`."""
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        self._tracked_loss(x, y, sample_weight, training=False)
        return self.compute_metrics(x, y, None, sample_weight=sample_weight)

    def _tracked_loss(self, x, y, sample_weight, training):
        """`compute_loss`, whose mean is in the logs; in training with the networks' own losses, as weight decay."""
        loss = self.compute_loss(x, y, None, sample_weight, training)
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        if training and self.losses:
            loss += sum(self.losses) / replicas
        self._loss_tracker.update_state(loss * replicas, sample_weight=tf.shape(keras.tree.flatten(x)[0])[0])
        return loss

    @staticmethod
    def mean_over_batch(values, sample_weight=None):
        """The mean of a loss over the batch, divided by the number of replicas, as gradients are summed over them.

        Args:
            values: float `(batch,)`.
            sample_weight: float `(batch,)` or `None`.

        Returns:
            Scalar tensor.

        Raises:
            ValueError: if the weights are of another rank, as they would be broadcast.
        """
        if sample_weight is not None:
            if len(sample_weight.shape) != len(values.shape):
                raise ValueError(f"Expected sample_weight of shape (batch,). Received: shape {sample_weight.shape}")
            values = values * tf.cast(sample_weight, values.dtype)
        return tf.reduce_mean(values) / tf.distribute.get_strategy().num_replicas_in_sync

    def scheduled(self, value, start=0):
        """A number as it is, or what a schedule has at `optimizer.iterations - start`; without an optimizer, 1."""
        if not isinstance(value, keras.optimizers.schedules.LearningRateSchedule):
            return value
        if getattr(self, "optimizer", None) is None:
            return 1.0
        return tf.cast(value(tf.convert_to_tensor(self.optimizer.iterations) - start), tf.float32)

    # ---- export ----

    def signatures(self):
        """The functions of the exported model, in serving order.

        Returns:
            dict from name to `(function, [tf.TensorSpec, ...])`; the function returns a dictionary of tensors.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement signatures().")

    def resources(self):
        """The lookup tables that the signatures use; of a model of tensors, none."""
        return []

    def example_inputs(self, batch_size):
        """Small inputs for every signature, the same at each call; the exported model is checked with them.

        They follow from the names and shapes in `signatures()`. A family overrides this where they are not valid.

        Args:
            batch_size: int, at least 0; also `num_samples` where nothing else has a batch.

        Returns:
            dict from the signature's name to a dictionary from the input's name to a NumPy array: floats uniform in
            [0, 1], labels and ids small, texts a few words.

        Example:

        >>> import keras_genzoo as genzoo
        >>> vae = genzoo.VAE(genzoo.networks.dense_encoder((8,), 2), genzoo.networks.dense_decoder(2, (8,)))
        >>> vae.example_inputs(4)["reconstruct"]["images"].shape
        (4, 8)
        >>> vae.example_inputs(4)["generate"]
        {'num_samples': array(4, dtype=int32), 'seed': array(1, dtype=int32)}
        """
        examples = {}
        for name, (_, specs) in self.signatures().items():
            scalars = dict(EXAMPLE_SCALARS)
            if not any(spec.shape.rank for spec in specs):
                scalars["num_samples"] = batch_size
            examples[name] = {spec.name: _example(spec, batch_size, scalars.get(spec.name, 1)) for spec in specs}
        return examples

    def export(self, filepath, verbose=False):
        """Writes a SavedModel with the model's signatures, each weight stored once.

        Args:
            filepath: str or path of the folder to write.
            verbose: bool. Whether Keras prints what it wrote. Defaults to `False`.

        Example:

        >>> import tempfile, tensorflow as tf, keras_genzoo as genzoo
        >>> vae = genzoo.VAE(genzoo.networks.dense_encoder((8,), 2), genzoo.networks.dense_decoder(2, (8,)))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     vae.export(folder)
        ...     served = tf.saved_model.load(folder)
        >>> served.signatures["generate"](num_samples=tf.constant(3), seed=tf.constant(0))["images"].shape
        TensorShape([3, 8])
        """
        archive = keras.export.ExportArchive()  # tracking the model itself would store every weight twice
        for resource in self.resources():
            archive.track(resource)
        for name, (function, specs) in self.signatures().items():
            archive.add_endpoint(name, function, input_signature=specs)
        archive.add_variable_collection("weights", [variable.value for variable in self.variables])
        archive.write_out(str(filepath), verbose=verbose)


def _example(spec, batch_size, scalar):
    """An array that fits a `tf.TensorSpec`; `scalar` is the value if it has no axes."""
    dtype = spec.dtype.as_numpy_dtype
    unknown = [batch_size] + [EXAMPLE_LENGTH] * spec.shape.rank
    shape = tuple(unknown[i] if size is None else size for i, size in enumerate(spec.shape))
    if spec.dtype == tf.string:
        return np.resize(np.array(EXAMPLE_TEXTS, dtype=object), shape)
    if not shape:
        return np.array(scalar, dtype)
    if spec.dtype.is_floating:
        return np.random.default_rng(0).random(shape).astype(dtype)
    first = 0 if len(shape) == 1 else 1  # labels count from 0; of token ids, 0 is padding
    return (first + np.arange(np.prod(shape)) % 2).astype(dtype).reshape(shape)
