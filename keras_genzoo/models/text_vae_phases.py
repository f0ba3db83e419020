"""Phases of training a text VAE: an encoder that runs ahead, and a decoder that starts anew."""

import keras
import numpy as np
import tensorflow as tf

from keras_genzoo.metrics import mutual_information

WINDOW = 10  # updates of the encoder over which its loss is averaged, before it is asked whether they help
SENTENCES, BATCH = 2000, 200  # of the validation set, for the mutual information


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
        if model.pretrain_steps and not float(model._started_anew.value):
            if int(model.optimizer.iterations) >= model.pretrain_steps:
                model.start_decoder_anew()

    def on_epoch_end(self, epoch, logs=None):
        schedule = self.model._aggressive
        if schedule is None or not float(schedule.active.value):
            return
        information = mutual_information(*posteriors(self.model, self.validation_data))
        if information <= float(schedule.best_information.value):
            schedule.active.assign(0.0)
        else:
            schedule.best_information.assign(information)


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
