"""Recipes for images, by adversarial networks."""

from keras_genzoo import classifiers, metrics, networks
from keras_genzoo.models import GAN
from keras_genzoo.recipes.adversarial import GAME, GOODFELLOW, compile_gan
from keras_genzoo.recipes.recipe import IMAGE_OPTIONS, Recipe

MAO = "Mao et al. 2017, Least Squares Generative Adversarial Networks"
RADFORD = "Radford, Metz & Chintala 2016, Unsupervised Representation Learning with Deep Convolutional GANs"
GULRAJANI = "Gulrajani et al. 2017, Improved Training of Wasserstein GANs"
MESCHEDER = "Mescheder, Geiger & Nowozin 2018, Which Training Methods for GANs do actually Converge?"
MIYATO = "Miyato & Koyama 2018, cGANs with Projection Discriminator"

IMAGES = {
    **GAME,
    "network": "dense",
    "latent_dim": 100,
    "generator_units": (256, 512),
    "discriminator_units": (256, 256),
    "width": 32,
    "batch_norm": False,
    "discriminator_batch_norm": False,
    "spectral_norm": False,
    "dropout": 0.0,
    "conditional": False,
    "value_range": (-1.0, 1.0),
    "validation_size": 5000,
}


def build_images(settings, splits):
    """A compiled `GAN` for images, from the settings of a recipe."""
    event, latent_dim = splits.train.event_shape, settings["latent_dim"]
    num_classes = splits.info["num_classes"] if settings["conditional"] else None
    common = {"num_classes": num_classes, "seed": settings["seed"]}
    judging = {"packing": settings["packing"], "spectral_norm": settings["spectral_norm"], **common}
    judging["dropout"] = settings["dropout"]
    if settings["network"] == "dense":
        units = settings["generator_units"]
        generator = networks.mlp_generator(latent_dim, event, units, batch_norm=settings["batch_norm"], **common)
        discriminator = networks.mlp_discriminator(event, settings["discriminator_units"], **judging)
    elif settings["network"] == "convolutional":
        width = settings["width"]
        generator = networks.dcgan_generator(
            latent_dim, event, width, settings["batch_norm"], units=settings["generator_units"], **common
        )
        discriminator = networks.dcgan_discriminator(
            event, width, settings["discriminator_batch_norm"], units=settings["discriminator_units"], **judging
        )
    else:
        raise ValueError(f"Unknown network. Expected 'dense' or 'convolutional'. Received: {settings['network']!r}")
    gan = GAN(
        generator,
        discriminator,
        num_classes=num_classes,
        packing=settings["packing"],
        ema_momentum=settings["ema_momentum"],
        seed=settings["seed"],
    )
    known = settings["dataset"] in classifiers.EMBEDDED  # else on pixels
    features = classifiers.Features(settings["dataset"], settings["value_range"]) if known else None
    return compile_gan(gan, settings, len(splits.train), [metrics.KernelDistance(features)])


def images_search_space(hp):
    """What the tuner may change of a `GAN` of images."""
    return {
        "latent_dim": hp.Choice("latent_dim", [32, 64, 100, 128]),
        "objective": hp.Choice("objective", ["non_saturating", "least_squares", "hinge", "relativistic"]),
        "learning_rate": hp.Float("learning_rate", 5e-5, 1e-3, sampling="log"),
        "r1": hp.Float("r1", 1e-2, 10.0, sampling="log"),
    }


def _images(
    name, description, dataset="mnist", epochs=50, batch_size=100, minutes=30.0, references=(GOODFELLOW,),
    half_precision=False, **changes,
):  # fmt: skip
    """A recipe for a GAN of images; `changes` are those of `IMAGES`."""
    settings = {**IMAGES, **changes}
    small = {"generator_units": (32,), "discriminator_units": (32,), "width": 4}
    return Recipe(
        name=name,
        description=description,
        dataset=dataset,
        build=build_images,
        hyperparameters=settings,
        optional=dict(IMAGE_OPTIONS),
        objective=("val_kernel_distance", "min"),
        headline="frechet_distance",
        batch_size=batch_size,
        epochs=epochs,
        search_space=images_search_space,
        smoke={"epochs": 1, "discriminator_steps": min(2, settings["discriminator_steps"]), **small},
        half_precision=half_precision,
        minutes=minutes,
        references=references,
    )


CONVOLUTIONAL = {
    "network": "convolutional",
    "generator_units": (256,),
    "discriminator_units": (256,),
    "batch_norm": True,
    "latent_dim": 64,
    "beta_1": 0.0,
    "beta_2": 0.9,
    "steps_per_execution": 11,
}
REGULARISED = {**CONVOLUTIONAL, "r1": 0.3, "learning_rate": 4e-4}

RECIPES = (
    _images(
        "lsgan-digits",
        "a least squares GAN on 1,797 embedded 8 x 8 digits",
        dataset="digits",
        epochs=400,
        batch_size=64,
        minutes=2,
        references=(MAO,),
        objective="least_squares",
        latent_dim=32,
        generator_units=(128, 256),
        discriminator_units=(256, 128),
        batch_norm=True,
        dropout=0.3,
        learning_rate=1e-3,
        ema_momentum=0.99,
        validation_size=160,
        steps_per_execution=11,
    ),
    _images(
        "gan-mnist",
        "the first GAN: 100-256-512-784 against 784-256-256-1",
        epochs=100,
        minutes=13,
        batch_norm=True,
        dropout=0.3,
        learning_rate=5e-4,
        steps_per_execution=11,
    ),
    _images(
        "lsgan-mnist",
        "least squares: 100-128-256-512-784 against 784-512-256-128-1",
        epochs=100,
        minutes=16,
        references=(MAO,),
        objective="least_squares",
        generator_units=(128, 256, 512),
        discriminator_units=(512, 256, 128),
        batch_norm=True,
        dropout=0.3,
        learning_rate=5e-4,
        steps_per_execution=11,
    ),
    _images(
        "dcgan-mnist",
        "convolutions, with a penalty on the discriminator's slope at real images",
        epochs=40,
        minutes=45,
        references=(RADFORD, MESCHEDER),
        **REGULARISED,
    ),
    _images(
        "wgan-gp-mnist",
        "the Wasserstein distance with a gradient penalty, five critic updates for one of the generator",
        batch_size=320,
        epochs=20,
        minutes=18,
        references=(GULRAJANI,),
        objective="wasserstein",
        gradient_penalty=10.0,
        discriminator_steps=5,
        learning_rate=2e-4,
        **CONVOLUTIONAL,
    ),
    _images(
        "conditional-gan-mnist",
        "digits of a given class, judged by a projection discriminator",
        epochs=12,
        minutes=15,
        references=(MIYATO, MESCHEDER),
        half_precision=True,
        conditional=True,
        **REGULARISED,
    ),
)
