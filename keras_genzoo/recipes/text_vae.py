"""Recipes for text VAEs."""

import functools

from keras_genzoo import networks
from keras_genzoo.losses import Cyclical, LinearWarmup, SigmoidWarmup
from keras_genzoo.models import TextVAE
from keras_genzoo.recipes import text
from keras_genzoo.recipes.recipe import Recipe
from keras_genzoo.recipes.text import LANGUAGE_MODEL, compile_text, learn_vocabulary

BOWMAN = "Bowman et al. 2016, Generating Sentences from a Continuous Space"
HE = "He, Spokoyny, Neubig & Berg-Kirkpatrick 2019, Lagging Inference Networks and Posterior Collapse in VAEs"
LI = "Li, He, Neubig, Berg-Kirkpatrick & Yang 2019, A Surprisingly Effective Fix for Deep Latent Variable Modeling"
FU = "Fu et al. 2019, Cyclical Annealing Schedule: A Simple Approach to Mitigating KL Vanishing"

SCHEDULES = ("constant", "linear", "sigmoid", "cyclical")
TEXT_VAE = {
    **{name: LANGUAGE_MODEL[name] for name in LANGUAGE_MODEL if name not in ("window", "stream", "label_smoothing")},
    "latent_dim": 32,
    "encoder_units": 256,
    "beta": 1.0,
    "schedule": "linear",  # of beta: constant, linear, sigmoid or cyclical
    "warmup_epochs": 1.0,  # of one rise of beta; a cycle is twice as long
    "free_bits": 0.0,
    "free_bits_per": "dimension",
    "word_dropout": 0.0,
    "aggressive": 0,  # the most updates of the encoder before one of the decoder; 100 as published
    "pretrain_epochs": 0,  # as an autoencoder, after which the decoder starts anew
    "language_model_epochs": 0,  # of the decoder alone, before the code is opened
    "num_samples": 1,  # codes that training draws for a sentence; more than one train the importance-weighted bound
    "labelled": False,  # whether the label is given, so that sentences of a label can be asked for
}


def learn_sentences(settings, splits):
    """The splits as batches of a text VAE, with the vocabulary that a language model of these settings would have."""
    preprocessor = learn_vocabulary({**settings, "window": None, "stream": False}, splits).train.encoding.preprocessor
    return splits.with_preprocessor(preprocessor, view="text_vae", conditional=settings["labelled"])


def build_text_vae(settings, splits):
    """A compiled `TextVAE`, from the settings of a recipe.

    Raises:
        ValueError: for an unknown schedule, or phases that leave no epoch for the text VAE itself.
    """
    first = settings["pretrain_epochs"] + settings["language_model_epochs"]
    if first >= settings["epochs"]:
        raise ValueError(
            "Nothing is left for the text VAE. Expected pretrain_epochs + language_model_epochs below epochs. "
            f"Received: {first} of epochs={settings['epochs']}"
        )
    preprocessor = splits.train.encoding.preprocessor
    size, latent_dim = preprocessor.vocabulary_size, settings["latent_dim"]
    num_classes = splits.info["num_classes"] if settings["labelled"] else None
    shared = {name: settings[name] for name in ("embedding_dim", "num_layers", "cell", "embedding_dropout", "dropout")}
    decoder = {
        name: settings[name] for name in ("units", "recurrent_dropout", "layer_normalization", "residual", "tied")
    }
    updates_an_epoch = len(splits.train.batches(settings["batch_size"]))
    model = TextVAE(
        networks.RecurrentPosterior(
            size, units=settings["encoder_units"], latent_dim=latent_dim, num_classes=num_classes,
            seed=settings["seed"] + 50, **shared,
        ),
        networks.RecurrentDecoder(
            size, context_dim=latent_dim + (num_classes or 0), seed=settings["seed"] + 100, **shared, **decoder
        ),
        preprocessor,
        beta=beta_schedule(settings, updates_an_epoch),
        pretrain_steps=settings["pretrain_epochs"] * updates_an_epoch,
        language_model_steps=settings["language_model_epochs"] * updates_an_epoch,
        num_classes=num_classes,
        **{
            name: settings[name]
            for name in ("free_bits", "free_bits_per", "word_dropout", "aggressive", "num_samples", "seed")
        },
    )  # fmt: skip
    return compile_text(model, settings, updates_an_epoch)


def beta_schedule(settings, updates_an_epoch):
    """The weight of the divergence: a number, or a schedule in updates.

    Raises:
        ValueError: for an unknown schedule, or less than 0 epochs.
    """
    name, beta = settings["schedule"], settings["beta"]
    if not settings["warmup_epochs"] >= 0:
        raise ValueError(f"Expected warmup_epochs of at least 0. Received: warmup_epochs={settings['warmup_epochs']}")
    if name not in SCHEDULES:
        raise ValueError(f"Unknown schedule. Expected one of {', '.join(SCHEDULES)}. Received: schedule={name!r}")
    rise = round(settings["warmup_epochs"] * updates_an_epoch)
    if name == "constant" or rise < 1:
        return beta
    if name == "cyclical":
        return Cyclical(2 * rise, 0.5, beta)
    return {"linear": LinearWarmup, "sigmoid": SigmoidWarmup}[name](rise, beta)


def text_vae_search_space(hp, free_bits, epochs):
    """What the tuner may change of a `TextVAE`, around the free bits and the epochs of a recipe.

    Free bits stay above 0: by its likelihood alone, a code that says nothing can be the best.
    """
    return {
        "latent_dim": hp.Choice("latent_dim", [8, 16, 32, 64]),
        "schedule": hp.Choice("schedule", SCHEDULES),
        "warmup_epochs": hp.Float("warmup_epochs", 0.05 * epochs, 0.25 * epochs),
        "free_bits": hp.Float("free_bits", 0.4 * free_bits, 2.0 * free_bits),
        "word_dropout": hp.Float("word_dropout", 0.0, 0.5),
        "dropout": hp.Float("dropout", 0.0, 0.6),
        "learning_rate": hp.Float("learning_rate", 3e-4, 1e-2, sampling="log"),
    }


def _like(name):
    """The tokens and the decoder of a recipe for a language model, so that both can be compared."""
    recipe = next(recipe for recipe in text.RECIPES if recipe.name == name)
    names = (
        "level", "lowercase", "split", "vocabulary_size", "min_count", "cell", "embedding_dim", "units", "num_layers",
        "embedding_dropout", "dropout", "recurrent_dropout", "layer_normalization", "residual", "tied",
    )  # fmt: skip
    return {name: recipe.hyperparameters[name] for name in names}


def _text_vae(
    name, description, dataset, epochs, minutes, batch_size=64, references=(BOWMAN,), evaluation=None,
    half_precision=False, **changes,
):  # fmt: skip
    """A recipe for a text VAE; `changes` are those of `TEXT_VAE`."""
    return Recipe(
        name=name,
        description=description,
        dataset=dataset,
        build=build_text_vae,
        prepare=learn_sentences,
        hyperparameters={**TEXT_VAE, **changes},
        objective=("val_log_likelihood", "max"),
        headline="nats_per_sentence",
        batch_size=batch_size,
        epochs=epochs,
        evaluation={"num_samples": 500, "language_model": None, **(evaluation or {})},
        search_space=functools.partial(text_vae_search_space, free_bits=changes["free_bits"], epochs=epochs),
        smoke={
            "epochs": 1,
            "units": 32,
            "encoder_units": 16,
            "num_layers": 1,
            "free_bits": 0.0,
            "language_model_epochs": 0,
            "jit_compile": False,
        },
        minutes=minutes,
        references=references,
        half_precision=half_precision,
    )


RECIPES = (
    _text_vae(
        "text-vae-grammar",
        "a text VAE of a small grammar, whose entropy is known",
        "grammar",
        epochs=2,
        minutes=2,
        evaluation={"num_samples": 100},
        **_like("lstm-grammar"),
        encoder_units=64,
        latent_dim=16,
        free_bits=4.0,
        free_bits_per="total",
        learning_rate=1e-2,
        steps_per_execution=20,
    ),
    _text_vae(
        "text-vae-captions",
        "a text VAE of captions of photographs, with the tokens and the decoder of lstm-captions",
        "captions",
        epochs=11,
        minutes=75,
        references=(BOWMAN, HE, LI, FU),
        evaluation={"max_examples": 1000},  # all 5,000 with 500 samples each take an hour
        **_like("lstm-captions"),
        language_model_epochs=6,
        schedule="constant",
        free_bits=5.0,
        free_bits_per="total",
        half_precision=True,  # to be shipped within the size limit
    ),
    _text_vae(
        "text-vae-snips",
        "a text VAE of requests to a voice assistant, with the tokens and the decoder of lstm-snips",
        "snips",
        epochs=20,
        minutes=12,
        references=(BOWMAN, HE, LI, FU),
        **_like("lstm-snips"),
        free_bits=0.25,
        warmup_epochs=3.0,
    ),
)
