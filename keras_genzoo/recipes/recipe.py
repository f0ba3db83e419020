"""What a recipe is: data, a compiled model, and how it is run, measured and searched."""

import dataclasses
from collections.abc import Callable

from keras_genzoo import data

DATA_OPTIONS = (
    "binarization", "corruption", "conditional", "value_range", "supervised", "shift", "validation_size", "image_size",
    "source", "target",
)  # fmt: skip
IMAGE_OPTIONS = {"image_size": (28, 28)}  # of every recipe of images, beside its settings
RUN_OPTIONS = ("dataset", "epochs", "batch_size", "seed")


@dataclasses.dataclass(frozen=True)
class Recipe:
    """A model trained on a data set by named hyperparameters.

    Attributes:
        name: str, such as `"vae-digits"`.
        description: str, one line.
        dataset: str, a name for `keras_genzoo.data.load`.
        build: function `(settings, splits)` to a compiled model; settings are the hyperparameters together with
            `dataset, epochs, batch_size, seed`.
        hyperparameters: dict from name to default. Those named in `DATA_OPTIONS` prepare the data.
        optional: dict from the name of a setting that is absent unless it is given to an example of its value, such as
            the `image_size` to which images are resized.
        prepare: function `(settings, splits)` from the loaded splits to those that are trained on, such as one that
            learns a vocabulary; or `None`.
        objective: `(metric, "max" or "min")`, what the tuner and the choice between runs go by.
        headline: str, the key of `evaluate` that `genzoo list` shows.
        batch_size, epochs, seed: int.
        evaluation: dict, arguments of `keras_genzoo.evaluate`.
        search_space: function `(hp)` to a dict of overrides, where `hp` has Keras Tuner's methods and its
            hyperparameters are named as the overrides they make; or `None`.
        smoke: dict, overrides with which a run finishes in seconds.
        half_precision: bool, whether the weights are rounded to half precision when training has ended, before they are
            measured: `model.keras` is compressed to less than half of its size then.
        minutes: float, about how long a run takes on one or two cores; the manifest of a run has what it took.
        references: tuple of str.
    """

    name: str
    description: str
    dataset: str
    build: Callable
    hyperparameters: dict
    objective: tuple
    headline: str
    batch_size: int
    epochs: int
    seed: int = 0
    optional: dict = dataclasses.field(default_factory=dict)
    prepare: Callable | None = None
    evaluation: dict = dataclasses.field(default_factory=dict)
    search_space: Callable | None = None
    smoke: dict = dataclasses.field(default_factory=dict)
    half_precision: bool = False
    minutes: float = 1.0
    references: tuple = ()

    def settings(self, **overrides):
        """All settings of a run, with overrides.

        Returns:
            dict of the hyperparameters and `dataset, epochs, batch_size, seed`, and of what is optional what is given.

        Raises:
            ValueError: for an unknown name or a value of another type than the default; it lists what is accepted.
        """
        settings = {**self.hyperparameters, **{name: getattr(self, name) for name in RUN_OPTIONS}}
        known = self.optional | settings
        for name, value in overrides.items():
            if name not in known:
                raise ValueError(
                    f"Unknown override of {self.name}. Expected one of {', '.join(sorted(known))}. Received: {name}"
                )
            settings[name] = _like(name, value, known[name])
        for name in ("epochs", "batch_size"):
            if settings[name] < 1:
                raise ValueError(f"Expected {name} of at least 1. Received: {name}={settings[name]}")
        if not 0 <= settings["seed"] < 2**31:
            raise ValueError(f"Expected seed in [0, {2**31 - 1}]. Received: seed={settings['seed']}")
        return settings

    def evaluation_options(self, num_samples=None, language_model=None):
        """The arguments of `keras_genzoo.evaluate`, with those that are given in place of the recipe's own.

        Raises:
            ValueError: for a language model where nothing is measured beside one.
        """
        if language_model is not None and "language_model" not in self.evaluation:
            raise ValueError(
                "Only a text VAE is measured beside a language model. Expected no language model. "
                f"Received: {language_model} for {self.name}"
            )
        given = {"num_samples": num_samples, "language_model": language_model}
        return self.evaluation | {name: value for name, value in given.items() if value is not None}

    def load(self, settings, data_dir=None):
        """The splits that these settings ask for."""
        options = {name: settings[name] for name in DATA_OPTIONS if name in settings}
        splits = data.load(settings["dataset"], data_dir=data_dir, **options)
        if self.prepare is not None and not isinstance(splits, data.TextSplits):
            raise ValueError(
                f"{self.name} is of text. Expected a set of text. Received: dataset={settings['dataset']!r}"
            )
        return splits if self.prepare is None else self.prepare(settings, splits)


def _like(name, value, default):
    """`value` as the type of `default`; a list or a lone number where a tuple is due becomes one."""
    if default is None:
        return value
    if isinstance(default, tuple):
        value = (value,) if isinstance(value, (int, float)) else value
        if isinstance(value, (list, tuple)) and all(isinstance(item, type(default[0])) for item in value):
            return tuple(value)
    elif isinstance(default, bool) or isinstance(value, bool):
        if isinstance(default, bool) and isinstance(value, bool):
            return value
    elif isinstance(default, float) and isinstance(value, int):
        return float(value)
    elif isinstance(value, type(default)):
        return value
    raise ValueError(
        f"Wrong type of an override. Expected {name} of type {type(default).__name__}, such as {default!r}. "
        f"Received: {name}={value!r}"
    )
