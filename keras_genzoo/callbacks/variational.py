"""What a variational model's posterior and bound do while it learns."""

import math
import warnings

import keras
import numpy as np

from keras_genzoo.callbacks.pictures import check_every
from keras_genzoo.losses import gaussian_kl
from keras_genzoo.metrics import active_units, mutual_information
from keras_genzoo.models.text import labelled

START = "start with pretrain_steps or language_model_steps of some epochs"
WEAKEN = "word_dropout of 0.2 to 0.5, or fewer units"


class PosteriorCollapseMonitor(keras.callbacks.Callback):
    """Logs the active units of a variational model, and warns once when nearly all of them have collapsed.

    A unit is active when its posterior mean varies over the data (Burda et al. 2016, section 5.2). The count is in
    the logs as `active_units` for the history, the progress bar and the callbacks that come after this one.

    Args:
        x: some hundred examples, as `model.encode` takes them; the same in every epoch.
        every: int, epochs between counts; in between the last one stands. Defaults to 1.
        threshold: float, the variance above which a unit is active. Defaults to 0.01.
        start_from_epoch: int, the first epoch, counted from 1, after which it may warn. Defaults to 5.

    Raises:
        ValueError: if `every` is below 1.

    Example:

    >>> import numpy as np
    >>> from keras_genzoo.callbacks import PosteriorCollapseMonitor
    >>> monitor = PosteriorCollapseMonitor(np.zeros((100, 28, 28, 1), "float32"))  # fit(..., callbacks=[monitor])
    """

    SETTINGS = ("beta", "free_bits")  # that the warning shows

    def __init__(self, x, every=1, threshold=0.01, start_from_epoch=5):
        super().__init__()
        check_every(every)
        self.x, self.every, self.threshold, self.start_from_epoch = x, every, threshold, start_from_epoch
        self._measured, self._warned = {}, False

    def on_train_begin(self, logs=None):
        self._measured, self._warned = {}, False

    def on_epoch_end(self, epoch, logs=None):
        if not self._measured or (epoch + 1) % self.every == 0:
            codes = {name: np.asarray(value) for name, value in self.model.encode(self.x).items()}
            self._measured = self.measure(codes)
            advice = None if self._warned or epoch + 1 < self.start_from_epoch else self.advice(codes)
            if advice is not None:
                self._warned = True
                warnings.warn(f"{self._state(epoch + 1, codes)} {advice} {self._settings()}", stacklevel=2)
        if logs is not None:
            logs.update(self._measured)

    def measure(self, codes):
        """What is logged of codes, a dict of arrays `z_mean` and `z_log_var`."""
        return {"active_units": active_units(codes["z_mean"], self.threshold)}

    def advice(self, codes):
        """Which setting to change, or `None` if all is well."""
        if self._measured["active_units"] > codes["z_mean"].shape[1] / 10:
            return None
        return "Raise beta slowly from 0 (beta=losses.LinearWarmup(steps)), lower it, or give every unit free_bits."

    def _state(self, epoch, codes):
        active, units = self._measured["active_units"], codes["z_mean"].shape[1]
        return f"Posterior collapse: {active} of {units} latent units are active after epoch {epoch}."

    def _settings(self):
        settings = ", ".join(f"{n}={getattr(self.model, n)}" for n in self.SETTINGS if hasattr(self.model, n))
        return f"Received: {settings or 'a model without them'}"


class SentenceCollapseMonitor(PosteriorCollapseMonitor):
    """As `PosteriorCollapseMonitor`, for a `TextVAE`: active units, divergence and mutual information of some texts.

    They are in the logs as `active_units`, `code_kl` and `mutual_information` (nats, the estimator of He et al. 2019,
    which cannot exceed the log of the number of texts). It warns once, of a code that the decoder does without, or of
    a divergence that is paid but tells nothing, and names the next remedy that is not in use yet.

    Args:
        x: some hundred texts, or `{"texts", "labels"}` of a conditional model.
        every, threshold, start_from_epoch: as of `PosteriorCollapseMonitor`.
    """

    SETTINGS = (
        "beta", "free_bits", "free_bits_per", "word_dropout", "aggressive", "pretrain_steps", "language_model_steps",
        "num_samples",
    )  # fmt: skip

    def measure(self, codes):
        kl = float(np.sum(gaussian_kl(codes["z_mean"], codes["z_log_var"]), axis=-1).mean())
        information = mutual_information(codes["z_mean"], codes["z_log_var"])
        return {**super().measure(codes), "code_kl": kl, "mutual_information": information}

    def advice(self, codes):
        model, measured = self.model, self._measured
        if model.in_first_phase:
            return None  # the code is not open, or costs nothing yet
        in_phases = model.pretrain_steps or model.language_model_steps
        little = min(0.25 * measured["code_kl"], 0.5 * math.log(len(codes["z_mean"])))  # the estimate has a limit
        if measured["code_kl"] > 1.0 and measured["mutual_information"] < little:
            remedies = ["lower free_bits"] * bool(model.free_bits) + ["num_samples=1"] * (model.num_samples > 1)
            remedies += [START] * (not in_phases)
            return f"The divergence is paid but the code says little: {' or '.join(remedies) or WEAKEN}."
        if measured["code_kl"] > 0.5 and super().advice(codes) is None:
            return None
        if isinstance(model.beta, (int, float)) and model.beta > 0 and not model.language_model_steps:
            return "Raise beta slowly from 0: beta=losses.LinearWarmup(steps), SigmoidWarmup or Cyclical."
        if not model.free_bits:
            return "Give the code free_bits, such as 0.25 a dimension."
        if not in_phases:
            return f"Train in two phases: {START}."
        if not model.aggressive and not model.language_model_steps:
            return "Let the encoder run ahead: aggressive=100."
        return f"Weaken the decoder: {WEAKEN}."

    def _state(self, epoch, codes):
        kl, information = self._measured["code_kl"], self._measured["mutual_information"]
        return f"{super()._state(epoch, codes)[:-1]}, KL {kl:.2f} and mutual information {information:.2f} nats."


class ImportanceWeightedBound(keras.callbacks.Callback):
    """Logs the importance-weighted bound on a fixed split as `val_log_likelihood`, in nats.

    Args:
        split: `keras_genzoo.data.Split`, such as 1,000 examples of a validation split.
        num_samples: int, importance samples an example. Defaults to 200.
        every: int, the epochs from one measurement to the next. Defaults to 1.
        batch_size: int. Defaults to 100.
        seed: int. Defaults to 0.

    Raises:
        ValueError: if `every` is below 1.
    """

    def __init__(self, split, num_samples=200, every=1, batch_size=100, seed=0):
        super().__init__()
        check_every(every)
        self.split, self.num_samples, self.every = split, num_samples, every
        self.batch_size, self.seed = batch_size, seed

    def on_epoch_end(self, epoch, logs=None):
        if logs is None or (epoch + 1) % self.every:
            return
        logs["val_log_likelihood"] = float(np.concatenate(list(self.values())).mean())

    def values(self):
        """Yields arrays with a value an example."""
        for x, y in self.split.pairs(self.batch_size):
            yield self.model.log_likelihood(x, self.num_samples, self.seed, y).numpy()


class SentenceBound(ImportanceWeightedBound):
    """As `ImportanceWeightedBound`, for a `TextVAE` and a `TextSplit`."""

    def values(self):
        texts, labels = self.split.texts, self.split.labels
        for i in range(0, len(texts), self.batch_size):
            rows = slice(i, i + self.batch_size)
            x = labelled(self.model, texts[rows], None if labels is None else labels[rows])
            yield -self.model.score(x, self.num_samples, self.seed)["nats"]
