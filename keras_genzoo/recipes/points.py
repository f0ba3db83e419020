"""Recipes for points in the plane."""

from keras_genzoo import metrics, networks
from keras_genzoo.data import embedded
from keras_genzoo.models import GAN
from keras_genzoo.recipes.adversarial import GAME, compile_gan
from keras_genzoo.recipes.recipe import Recipe

TANCIK = "Tancik et al. 2020, Fourier Features Let Networks Learn High Frequency Functions"
REFERENCES = (
    TANCIK,
    "Huang et al. 2024, The GAN is dead; long live the GAN! A Modern Baseline GAN",
    "Lin et al. 2018, PacGAN: The power of two samples in generative adversarial networks",
)
MODE_SAMPLES = 20  # good ones, for a mode to count

# The slope of log p / q grows as the samples come to resemble the data, to about 1 / sigma: a penalty that lets all
# modes be found is then a thousand times too strong, so it fades while the learning rate falls.
POINTS = {
    **GAME,
    "latent_dim": 2,
    "generator_units": (128, 128, 128, 128, 128),
    "discriminator_units": (128, 128, 128),
    "num_waves": 64,
    "longest_wave": 16.0,
    "shortest_wave": 0.2,
    "objective": "relativistic",
    "r1": 0.5,
    "r2": 0.5,
    "final_penalty": 0.002,
    "ema_momentum": 0.99,
    "learning_rate": 2e-3,
    "beta_1": 0.0,
    "beta_2": 0.99,
    "steps_per_execution": 39,
}


def build_points(settings, splits):
    """A compiled `GAN` of fully connected networks for points, from the settings of a recipe."""
    event, packing, seed = splits.train.event_shape, settings["packing"], settings["seed"]
    waves = {
        "num_features": settings["num_waves"],
        "longest": settings["longest_wave"],
        "shortest": settings["shortest_wave"],
    }
    gan = GAN(
        networks.mlp_generator(settings["latent_dim"], event, settings["generator_units"], seed=seed),
        networks.mlp_discriminator(event, settings["discriminator_units"], packing=packing, fourier=waves, seed=seed),
        packing=packing,
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
    return {
        "latent_dim": hp.Choice("latent_dim", [2, 4, 8]),
        "num_waves": hp.Int("num_waves", 16, 128, step=16),
        "learning_rate": hp.Float("learning_rate", 5e-4, 5e-3, sampling="log"),
        "r1": hp.Float("r1", 1e-2, 10.0, sampling="log"),
        "r2": hp.Float("r2", 1e-2, 10.0, sampling="log"),
    }


def _points(name, description, dataset, minutes, epochs=260, batch_size=256, **changes):
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
        smoke={"epochs": 1, "generator_units": (32, 32), "discriminator_units": (32, 32)},
        minutes=minutes,
        references=REFERENCES,
    )


RECIPES = (
    _points(
        "gan-ring",
        "a GAN that finds 8 narrow modes on a circle",
        "ring",
        minutes=4,
        longest_wave=4.0,
        shortest_wave=0.04,
        r1=0.05,
        r2=0.05,
        final_penalty=0.0003,
    ),
    _points("gan-grid", "a GAN that finds 25 narrow modes on a grid", "grid", minutes=4),
)
