"""Recipes for images."""

from keras_genzoo import networks
from keras_genzoo.losses import LinearWarmup, get_likelihood
from keras_genzoo.models import VAE
from keras_genzoo.models.executions import steps_per_execution
from keras_genzoo.optimizers import FusedAdam
from keras_genzoo.recipes.recipe import IMAGE_OPTIONS, Recipe
from keras_genzoo.recipes.schedules import one_cycle

KINGMA = "Kingma & Welling 2014, Auto-Encoding Variational Bayes"
BURDA = "Burda, Grosse & Salakhutdinov 2016, Importance Weighted Autoencoders"
ROEDER = "Roeder, Wu & Duvenaud 2017, Sticking the Landing"
TUCKER = "Tucker, Lawson, Gu & Maddison 2019, Doubly Reparameterized Gradient Estimators for Monte Carlo Objectives"

DENSE = {
    "network": "dense",
    "units": (200, 200),
    "activation": "tanh",
    "latent_dim": 50,
    "likelihood": "bernoulli",
    "prior": "standard_normal",
    "objective": "elbo",
    "num_samples": 1,
    "beta": 1.0,
    "warmup_epochs": 0,
    "free_bits": 0.0,
    "learning_rate": 3e-3,
    "epsilon": 1e-4,
    "conditional": False,
    "corruption": 0.0,
    "binarization": "dynamic",
    "validation_size": 1000,
    "jit_compile": False,
    "steps_per_execution": 59,
}
FILTERS = (32, 64)  # of convolutional networks


def build_vae(settings, splits):
    """A compiled `VAE` for images, from the settings of a recipe."""
    train, likelihood = splits.train, get_likelihood(settings["likelihood"])
    num_classes = splits.info["num_classes"] if settings["conditional"] else None
    shared = {"activation": settings["activation"], "num_classes": num_classes, "seed": settings["seed"]}
    event, latent_dim, units = train.event_shape, settings["latent_dim"], settings["units"]
    if settings["network"] == "dense":
        encoder = networks.dense_encoder(event, latent_dim, units, **shared)
        bias = likelihood.output_bias(train.mean)
        decoder = networks.dense_decoder(latent_dim, event, units[::-1], output_bias=bias, **shared)
    elif settings["network"] == "convolutional":
        filters = settings.get("filters", FILTERS)
        encoder = networks.conv_encoder(event, latent_dim, filters, units, **shared)
        bias = likelihood.output_bias(train.mean.mean(axis=(0, 1)))
        decoder = networks.conv_decoder(latent_dim, event, filters[::-1], units[::-1], output_bias=bias, **shared)
    else:
        raise ValueError(f"Unknown network. Expected 'dense' or 'convolutional'. Received: {settings['network']!r}")
    updates_an_epoch = max(1, len(train) // settings["batch_size"])
    beta = settings["beta"]
    if settings["warmup_epochs"]:
        beta = LinearWarmup(settings["warmup_epochs"] * updates_an_epoch, beta)
    vae = VAE(
        encoder,
        decoder,
        likelihood=likelihood,
        prior=settings["prior"],
        objective=settings["objective"],
        num_samples=settings["num_samples"],
        beta=beta,
        free_bits=settings["free_bits"],
        num_classes=num_classes,
        seed=settings["seed"],
    )
    vae.compile(
        optimizer=FusedAdam(
            one_cycle(settings["learning_rate"], settings["epochs"] * updates_an_epoch), epsilon=settings["epsilon"]
        ),
        steps_per_execution=steps_per_execution(settings["steps_per_execution"], updates_an_epoch),
        jit_compile=settings["jit_compile"],
    )
    return vae


def vae_search_space(hp):
    """What the tuner may change of a `VAE`."""
    return {
        "latent_dim": hp.Choice("latent_dim", [2, 8, 16, 32, 50]),
        "units": (hp.Int("units", 64, 512, step=64),),
        "learning_rate": hp.Float("learning_rate", 3e-4, 1e-2, sampling="log"),
        "activation": hp.Choice("activation", ["tanh", "relu"]),
    }


def _vae(
    name, description, dataset="mnist", epochs=25, batch_size=100, evaluated=1000, minutes=3.0, references=(KINGMA,),
    half_precision=False, **changes,
):  # fmt: skip
    """A recipe for a VAE; `evaluated` are the importance samples of its evaluation, `changes` those of `DENSE`."""
    settings = {**DENSE, **changes}
    several = settings["objective"] != "elbo" and settings["num_samples"] > 1
    return Recipe(
        name=name,
        description=description,
        dataset=dataset,
        build=build_vae,
        hyperparameters=settings,
        optional={**IMAGE_OPTIONS, "filters": FILTERS},
        objective=("val_importance_weighted_bound" if several else "val_elbo", "max"),
        headline="log_likelihood",
        batch_size=batch_size,
        epochs=epochs,
        evaluation={"num_samples": evaluated},
        search_space=vae_search_space,
        smoke={"epochs": 1},
        half_precision=half_precision,
        minutes=minutes,
        references=references,
    )


RECIPES = (
    _vae(
        "vae-digits",
        "a VAE on 1,797 embedded 8 x 8 digits",
        dataset="digits",
        epochs=300,
        batch_size=64,
        evaluated=5000,
        minutes=2,
        units=(256,),
        activation="relu",
        latent_dim=16,
        validation_size=160,
        steps_per_execution=11,
    ),
    _vae(
        "vae-mnist",
        "784-200-200-50, the architecture of published likelihoods",
        epochs=1000,
        evaluated=5000,
        minutes=78,
        objective="dreg",  # of one sample: the ELBO with the path derivative
        references=(KINGMA, ROEDER),
    ),
    _vae(
        "iwae-mnist",
        "the importance-weighted bound of 5 samples, 784-200-200-50",
        epochs=1000,
        evaluated=5000,
        minutes=114,
        learning_rate=2e-3,
        epsilon=1e-3,
        objective="dreg",  # the bound along its doubly reparameterised gradient
        num_samples=5,
        references=(BURDA, TUCKER),
    ),
    _vae(
        "conv-vae-mnist",
        "a VAE of strided convolutions",
        half_precision=True,
        network="convolutional",
        filters=FILTERS,
        units=(256,),
        activation="relu",
        epochs=10,
        evaluated=100,
        minutes=30,
        steps_per_execution=10,
        learning_rate=2e-3,
    ),
    _vae(
        "beta-vae-mnist",
        "beta 4 with warm-up: fewer, more separate latent dimensions",
        beta=4.0,
        warmup_epochs=5,
        latent_dim=10,
        references=("Higgins et al. 2017, beta-VAE",),
    ),
    _vae(
        "denoising-vae-mnist",
        "clean digits from noisy ones",
        corruption=0.5,
        references=("Im et al. 2017, Denoising Criterion for Variational Auto-Encoding Framework",),
    ),
    _vae(
        "conditional-vae-mnist",
        "digits of a given class",
        conditional=True,
        latent_dim=20,
        references=("Sohn, Lee & Yan 2015, Learning Structured Output Representation",),
    ),
)
