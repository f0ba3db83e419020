"""What the recipes of all adversarial networks share: the game and its optimizers as settings."""

import keras

from keras_genzoo.losses import DRAGAN, R1, R2, GradientPenalty, get_adversarial
from keras_genzoo.models.executions import steps_per_execution
from keras_genzoo.optimizers import FusedAdam

GOODFELLOW = "Goodfellow et al. 2014, Generative Adversarial Nets"
PENALTIES = {"gradient_penalty": GradientPenalty, "dragan": DRAGAN, "r1": R1, "r2": R2}

GAME = {
    "objective": "non_saturating",
    "label_smoothing": 0.0,
    **dict.fromkeys(PENALTIES, 0.0),  # weights; 0 is without
    "final_penalty": 1.0,  # a share of the weights, reached by an exponential decay; 1 keeps them constant
    "discriminator_steps": 1,
    "packing": 1,
    "ema_momentum": 0.999,
    "learning_rate": 2e-4,
    "final_learning_rate": 0.0,  # a share of `learning_rate`, reached by a cosine; 1 keeps it constant
    "beta_1": 0.5,
    "beta_2": 0.999,
    "jit_compile": False,
    "steps_per_execution": 1,
}


def compile_gan(gan, settings, num_examples, quality):
    """Compiles a `GAN` by the settings of `GAME`.

    Args:
        gan: `GAN`.
        settings: dict with the names of `GAME`, and `batch_size, epochs`.
        num_examples: int, of the training split.
        quality: list of metrics for validation.

    Returns:
        The same `GAN`.
    """
    updates_an_epoch, steps = max(1, num_examples // settings["batch_size"]), settings["discriminator_steps"]
    updates = settings["epochs"] * updates_an_epoch
    objective = settings["objective"]
    if settings["label_smoothing"]:
        objective = type(get_adversarial(objective))(label_smoothing=settings["label_smoothing"])
    gan.compile(
        *(_adam(settings, updates * each) for each in (1, steps)),
        objective=objective,
        penalty=[
            make(_decaying(settings, name, updates * steps)) for name, make in PENALTIES.items() if settings[name]
        ],
        discriminator_steps=steps,
        quality=quality,
        jit_compile=settings["jit_compile"],
        steps_per_execution=steps_per_execution(settings["steps_per_execution"], updates_an_epoch),
    )
    return gan


def _decaying(settings, name, updates):
    """The weight of a penalty: constant, or a schedule of the discriminator's updates."""
    weight, share = settings[name], settings["final_penalty"]
    return weight if share == 1 else keras.optimizers.schedules.ExponentialDecay(weight, updates, share)


def _adam(settings, updates):
    rate = settings["learning_rate"]
    schedule = keras.optimizers.schedules.CosineDecay(rate, updates, alpha=settings["final_learning_rate"])
    return FusedAdam(schedule, beta_1=settings["beta_1"], beta_2=settings["beta_2"])
