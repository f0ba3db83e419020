"""Phases of training a text VAE: a first one before its code costs anything, and an encoder that runs ahead."""

import keras
import numpy as np
import tensorflow as tf

from keras_genzoo.metrics import mutual_information

WINDOW = 10  # updates of the encoder over which its loss is averaged, before it is asked whether they help
SENTENCES, BATCH = 2000, 200  # of the validation set, for the mutual information


class FirstPhase(keras.layers.Layer):
    """The first updates, after which the schedule of `beta` begins; its end is saved with the model.

    Args:
        pretrain_steps: int, updates as an autoencoder; they end with an epoch.
        language_model_steps: int, updates of the decoder alone; they end at once.
        **kwargs: of `keras.layers.Layer`.
    """

    def __init__(self, pretrain_steps, language_model_steps, **kwargs):
        super().__init__(**kwargs)
        self.pretrain_steps, self.steps = pretrain_steps, pretrain_steps + language_model_steps
        self.ended_at = self.add_weight(
            (), keras.initializers.Constant(-1), dtype="int64", trainable=False, name="ended_at"
        )
        self.built = True

    @property
    def over(self):
        """Whether it has ended: bool."""
        return int(self.ended_at) >= 0

    def lasts(self, optimizer):
        """Whether an optimizer's next update is of this phase: bool tensor."""
        open_end = tf.convert_to_tensor(self.ended_at) < 0
        return open_end if self.pretrain_steps else open_end & (_updates(optimizer) < self.steps)

    def end(self):
        """The updates after which it ended, or is to end: int64 tensor."""
        ended_at = tf.convert_to_tensor(self.ended_at)
        return tf.where(ended_at < 0, tf.constant(self.steps, tf.int64), ended_at)

    def end_if_due(self, optimizer):
        """Ends it where all of its updates are made; whether it ended just now, bool."""
        updates = int(optimizer.iterations)
        if self.over or updates < self.steps:
            return False
        self.ended_at.assign(updates if self.pretrain_steps else self.steps)
        return True

    def ends_with(self, optimizer):
        """Whether an optimizer's last update was the last of this phase: bool."""
        return 0 < int(self.ended_at) == int(optimizer.iterations)

    def count_from(self, optimizer):
        """Has an end that lies before the count of a new optimizer began."""
        if int(self.ended_at) > int(optimizer.iterations):
            self.ended_at.assign(0)


class Aggressive(keras.layers.Layer):
    """The schedule of He et al. 2019, algorithm 1, as a state that is saved with the model.

    While it is active, batches update the encoder alone, until the mean loss of `WINDOW` of them is not below that of
    the `WINDOW` before, or there were `most` of them; the batch after updates the decoder alone, and so on. Both take
    their batches from one stream, so an epoch costs what it always does.

    Args:
        most: int, updates of the encoder between two of the decoder.
        **kwargs: of `keras.layers.Layer`.
    """

    def __init__(self, most, **kwargs):
        super().__init__(**kwargs)
        self.most = most
        first = {"active": 1.0, "best_information": -1.0, "due": 0.0, "updates": 0.0, "window": 0.0, "before": np.inf}
        for name, value in first.items():
            setattr(self, name, self.add_weight((), keras.initializers.Constant(value), trainable=False, name=name))
        self.built = True

    def update(self, model, tape, scaled_loss, loss):
        """Updates encoder, decoder or both of a model, and the state.

        Args:
            model: `TextVAE`.
            tape: `tf.GradientTape` of the loss.
            scaled_loss: scalar that the gradients are taken of.
            loss: scalar, nats a token.
        """
        if tf.distribute.get_strategy().num_replicas_in_sync > 1:
            raise ValueError("An aggressive schedule runs on one device. Expected one replica, or aggressive=0.")
        parts = [model.encoder.trainable_variables, model.decoder.trainable_variables]
        gradients = tape.gradient(scaled_loss, [[v.value for v in part] for part in parts])

        def apply(*chosen):
            pairs = [pair for i in chosen for pair in zip(gradients[i], parts[i], strict=True)]
            model.optimizer.apply(*zip(*pairs, strict=True))
            return tf.constant(0)

        active, due = self.active.value > 0, self.due.value > 0
        tf.cond(active, lambda: tf.cond(due, lambda: apply(1), lambda: apply(0)), lambda: apply(0, 1))
        self._count(due, loss)

    def _count(self, due, loss):
        """Moves the state on; after an update of the decoder it begins anew."""
        updates, window = self.updates.value + 1, self.window.value + loss
        full = tf.math.floormod(updates, float(WINDOW)) == 0
        no_better = full & (window >= self.before.value)
        self.due.assign(tf.where(due, 0.0, tf.cast(no_better | (updates >= self.most), tf.float32)))
        self.updates.assign(tf.where(due, 0.0, updates))
        self.before.assign(tf.where(due, np.float32(np.inf), tf.where(full, window, self.before.value)))
        self.window.assign(tf.where(due | full, 0.0, window))


class Phases(keras.callbacks.Callback):
    """Ends the phases of a `TextVAE` at the borders of epochs; what it decides is in the model's saved state.

    Args:
        validation_data: as `fit` takes it, for the mutual information that ends an aggressive schedule; or `None`.

    Raises:
        ValueError: when training begins, if there are none but they are needed.
    """

    def __init__(self, validation_data=None):
        super().__init__()
        self.validation_data = validation_data

    def on_train_begin(self, logs=None):
        if self.model.aggressive and self.validation_data is None:
            raise ValueError(
                "An aggressive schedule ends by the mutual information of validation data. Expected validation_data. "
                "Received: validation_data=None"
            )

    def on_epoch_begin(self, epoch, logs=None):
        model = self.model
        if model.pretrain_steps and model._first_phase.end_if_due(model.optimizer):
            start_anew(model.decoder, model._first_weights, model.optimizer)

    def on_epoch_end(self, epoch, logs=None):
        if self.model.language_model_steps:
            self.model._first_phase.end_if_due(self.model.optimizer)
        schedule = self.model._aggressive
        if schedule is None or not float(schedule.active.value):
            return
        information = mutual_information(*posteriors(self.model, self.validation_data))
        if information <= float(schedule.best_information.value):
            schedule.active.assign(0.0)
        else:
            schedule.best_information.assign(information)


def _updates(optimizer):
    return tf.cast(tf.convert_to_tensor(optimizer.iterations), tf.int64)


def posteriors(model, data, count=SENTENCES):
    """`z_mean` and `z_log_var`, arrays `(examples, latent_dim)`, of the first examples of what `fit` takes."""
    if isinstance(data, tf.data.Dataset):
        batches = (batch[0] for batch in data.as_numpy_iterator())
    else:
        x = keras.utils.unpack_x_y_sample_weight(data)[0]
        starts = range(0, len(x["token_ids"]), BATCH)
        batches = ({name: values[i : i + BATCH] for name, values in x.items()} for i in starts)
    found, rows = [], 0
    for x in batches:
        token_ids, _, labels = model._inputs(x)
        found.append(model._encode_ids(token_ids, labels))
        rows += len(x["token_ids"])
        if rows >= count:
            break
    return [np.concatenate([outputs[name].numpy() for outputs in found])[:count] for name in ("z_mean", "z_log_var")]


def start_anew(layer, weights, optimizer):
    """Gives a layer its weights back, and sets what the optimizer keeps of them to 0."""
    layer.set_weights(weights)
    for variable in layer.trainable_variables:
        prefix = f"{variable.path.replace('/', '_')}_"
        for slot in optimizer.variables:
            if slot.name.startswith(prefix) and slot.shape == variable.shape:
                slot.assign(variable if slot.name == f"{prefix}average" else tf.zeros(slot.shape, slot.dtype))
