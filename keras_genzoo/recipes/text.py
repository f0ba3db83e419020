"""Recipes for language models."""

from keras_genzoo import networks
from keras_genzoo.models import LanguageModel
from keras_genzoo.models.executions import steps_per_execution
from keras_genzoo.optimizers import FusedAdam
from keras_genzoo.preprocessing import TextPreprocessor
from keras_genzoo.recipes.recipe import Recipe
from keras_genzoo.recipes.schedules import one_cycle

HOCHREITER = "Hochreiter & Schmidhuber 1997, Long short-term memory"
ZAREMBA = "Zaremba, Sutskever & Vinyals 2014, Recurrent Neural Network Regularization"
INAN = "Inan, Khosravi & Socher 2017, Tying Word Vectors and Word Classifiers"

LANGUAGE_MODEL = {
    "level": "words",
    "lowercase": False,
    "split": "punctuation",
    "vocabulary_size": None,
    "min_count": 1,
    "window": None,  # characters of running text; sentences without it
    "stream": False,  # whether states are carried from window to window in training
    "cell": "lstm",
    "embedding_dim": 64,
    "units": 256,
    "num_layers": 1,
    "embedding_dropout": 0.0,
    "dropout": 0.2,
    "recurrent_dropout": 0.0,
    "layer_normalization": False,
    "residual": False,
    "tied": False,
    "label_smoothing": 0.0,
    "learning_rate": 3e-3,
    "weight_decay": 0.0,
    "clip_norm": 1.0,
    "ema_momentum": 0.0,  # of the weights that are evaluated and exported; 0 takes the last ones
    "jit_compile": False,
    "steps_per_execution": 1,
}


def learn_vocabulary(settings, splits):
    """The splits with a preprocessor of the training texts' vocabulary, as batches of a language model."""
    preprocessor = TextPreprocessor.learn(
        splits.train.texts,
        level=settings["level"],
        vocabulary_size=settings["vocabulary_size"],
        min_count=settings["min_count"],
        lowercase=settings["lowercase"],
        split=settings["split"],
        sentences=settings["window"] is None,
    )
    return splits.with_preprocessor(preprocessor, window=settings["window"], stream=settings["stream"])


def build_language_model(settings, splits):
    """A compiled `LanguageModel`, from the settings of a recipe."""
    preprocessor = splits.train.encoding.preprocessor
    names = (
        "embedding_dim", "units", "num_layers", "cell", "embedding_dropout", "dropout", "recurrent_dropout",
        "layer_normalization", "residual", "tied", "seed",
    )  # fmt: skip
    network = networks.RecurrentDecoder(preprocessor.vocabulary_size, **{name: settings[name] for name in names})
    streams = settings["batch_size"] if settings["stream"] else None
    model = LanguageModel(network, preprocessor, settings["label_smoothing"], streams, seed=settings["seed"])
    return compile_text(model, settings, len(splits.train.batches(settings["batch_size"])))


def compile_text(model, settings, updates_an_epoch):
    """Compiles a text model, with weight decay, clipped gradients and one cycle of the learning rate; returns it."""
    average = {"use_ema": True, "ema_momentum": settings["ema_momentum"]} if settings["ema_momentum"] else {}
    optimizer = FusedAdam(
        one_cycle(settings["learning_rate"], settings["epochs"] * updates_an_epoch),
        weight_decay=settings["weight_decay"] or None,  # Keras would go through all weights for 0
        beta_2=0.99,
        global_clipnorm=settings["clip_norm"],
        **average,
    )
    model.compile(
        optimizer=optimizer,
        jit_compile=settings["jit_compile"],
        steps_per_execution=steps_per_execution(settings["steps_per_execution"], updates_an_epoch),
    )
    return model


def language_model_search_space(hp):
    """What the tuner may change of a `LanguageModel`."""
    return {
        "cell": hp.Choice("cell", ["lstm", "gru"]),
        "units": hp.Int("units", 64, 512, step=64),
        "num_layers": hp.Int("num_layers", 1, 3),
        "dropout": hp.Float("dropout", 0.0, 0.6),
        "learning_rate": hp.Float("learning_rate", 3e-4, 1e-2, sampling="log"),
    }


def _language_model(
    name, description, dataset, epochs, minutes, batch_size=64, references=(ZAREMBA,), half_precision=False, **changes
):
    """A recipe for a language model; `changes` are those of `LANGUAGE_MODEL`."""
    return Recipe(
        name=name,
        description=description,
        dataset=dataset,
        build=build_language_model,
        prepare=learn_vocabulary,
        hyperparameters={**LANGUAGE_MODEL, **changes},
        objective=("val_nll", "min"),
        headline="nll",
        batch_size=batch_size,
        epochs=epochs,
        search_space=language_model_search_space,
        smoke={"epochs": 1, "units": 16, "num_layers": 1, "jit_compile": False},
        half_precision=half_precision,
        minutes=minutes,
        references=references,
    )


def _shakespeare(cell, description, minutes, **changes):
    return _language_model(
        f"{cell}-shakespeare".replace("simple_", ""),
        description,
        "tiny_shakespeare",
        minutes=minutes,
        **{
            "epochs": 12,
            "batch_size": 32,
            "level": "characters",
            "window": 256,
            "cell": cell,
            "num_layers": 2,
            "jit_compile": True,
            **changes,
        },
    )


RECIPES = (
    _language_model(
        "lstm-grammar",
        "an LSTM that learns a small grammar, whose entropy is known",
        "grammar",
        epochs=8,
        minutes=1,
        embedding_dim=32,
        units=64,
        dropout=0.0,
        learning_rate=1e-2,
        steps_per_execution=20,
        references=(HOCHREITER,),
    ),
    _shakespeare("simple_rnn", "Elman's network on the characters of Shakespeare", 10, learning_rate=1e-3),
    _shakespeare("gru", "a GRU on the characters of Shakespeare", 24),
    _shakespeare(
        "lstm",
        "an LSTM on the characters of Shakespeare",
        76,
        units=384,
        epochs=24,
        dropout=0.4,
        jit_compile=False,
        half_precision=True,
    ),
    _language_model(
        "lstm-captions",
        "an LSTM on captions of photographs, word by word",
        "captions",
        epochs=8,
        minutes=25,
        lowercase=True,
        vocabulary_size=5000,
        embedding_dim=128,
        units=256,
        dropout=0.3,
        tied=True,
        references=(ZAREMBA, INAN),
    ),
    _language_model(
        "lstm-snips",
        "an LSTM on requests to a voice assistant, word by word",
        "snips",
        epochs=20,
        minutes=5,
        lowercase=True,
        min_count=2,
        embedding_dim=128,
        units=256,
        dropout=0.5,
        references=(ZAREMBA, INAN),
    ),
)
