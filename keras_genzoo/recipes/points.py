"""Recipes for points in the plane."""

from keras_genzoo import metrics, networks
from keras_genzoo.data import embedded
from keras_genzoo.models import GAN
from keras_genzoo.recipes.adversarial import GAME, compile_gan
from keras_genzoo.recipes.recipe import Recipe

REFERENCES = (
    "Huang et al. 2024, The GAN is dead; long live the GAN! A Modern Baseline GAN",
    "Lin et al. 2018, PacGAN: The power of two samples in generative adversarial networks",
)
MODE_SAMPLES = 20  # good ones, for a mode to count

POINTS = {
    **GAME,
    "latent_dim": 2,
    "units": (256, 256, 256, 256),
    "objective": "relativistic",
    "r1": 0.1,
    "r2": 0.1,
    "learning_rate": 1e-3,
    "beta_1": 0.0,
    "beta_2": 0.99,
    "steps_per_execution": 39,
}


def build_points(settings, splits):
    """A compiled `GAN` of fully connected networks for points, from the settings of a recipe."""
    event, units, seed = splits.train.event_shape, settings["units"], settings["seed"]
    gan = GAN(
        networks.mlp_generator(settings["latent_dim"], event, units, seed=seed),
        networks.mlp_discriminator(event, units, packing=settings["packing"], seed=seed),
        packing=settings["packing"],
        ema_momentum=settings["ema_momentum"],
        seed=seed,
    )
    quality, modes = [metrics.KernelDistance()], embedded.MODES.get(settings["dataset"])
    if modes is not None:
        centers, scale = modes[0](), modes[1]
        quality = [metrics.ModeCoverage(centers, scale, min_samples=MODE_SAMPLES)]
        quality += [metrics.HighQualityShare(centers, scale)]
    return compile_gan(gan, settings, len(splits.train), quality)


def points_search_space(hp):
    """What the tuner may change of a `GAN` of points."""
    width = hp.Int("units", 64, 512, step=64)
    return {
        "latent_dim": hp.Choice("latent_dim", [2, 4, 8]),
        "units": (width,) * 4,
        "learning_rate": hp.Float("learning_rate", 2e-4, 3e-3, sampling="log"),
        "r1": hp.Float("r1", 1e-2, 10.0, sampling="log"),
        "r2": hp.Float("r2", 1e-2, 10.0, sampling="log"),
    }


def _points(name, description, dataset, minutes, epochs=425, batch_size=512, **changes):
    """A recipe for points; `changes` are those of `POINTS`."""
    return Recipe(
        name=name,
        description=description,
        dataset=dataset,
        build=build_points,
        hyperparameters={**POINTS, **changes},
        objective=("val_mode_coverage", "max"),
        headline="high_quality_share",
        batch_size=batch_size,
        epochs=epochs,
        search_space=points_search_space,
        smoke={"epochs": 1, "units": (32, 32)},
        minutes=minutes,
        references=REFERENCES,
    )


RECIPES = (
    _points("gan-ring", "a GAN that finds 8 narrow modes on a circle", "ring", minutes=4),
    _points("gan-grid", "a GAN that finds 25 narrow modes on a grid", "grid", minutes=4),
)
