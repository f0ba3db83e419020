"""A text VAE and its samples under a language model."""

import math
import pathlib

import keras
import numpy as np

from keras_genzoo.manifest import NAME as MANIFEST
from keras_genzoo.manifest import check_files
from keras_genzoo.models import LanguageModel

BATCH = 100


def load_language_model(path, splits):
    """A trained language model with the tokens of prepared splits.

    Args:
        path: folder of an artefact, such as a finished run of `lstm-captions`.
        splits: `TextSplits` with a preprocessor.

    Returns:
        `LanguageModel`.

    Raises:
        FileNotFoundError: if there is no `model.keras` in the folder.
        ValueError: if it is another model, one of other tokens, or not what its manifest says.
    """
    file = pathlib.Path(path) / "model.keras"
    if not file.is_file():
        raise FileNotFoundError(f"No trained model there. Expected a folder with a model.keras. Received: {path}")
    if (file.parent / MANIFEST).is_file():
        check_files(path, file.name)
    model = keras.models.load_model(file, compile=False)
    if not isinstance(model, LanguageModel):
        raise ValueError(f"Expected a LanguageModel. Received: a {type(model).__name__} in {path}")
    _check_tokens(model, splits.train.encoding.preprocessor)
    return model


def compare(language_model, model, held_out, nats):
    """The column beside: the language model's likelihood of the same sentences in the same tokens.

    Args:
        language_model: `LanguageModel` with the vocabulary of `model`.
        model: `TextVAE`.
        held_out: `TextSplit`.
        nats: float `(examples,)`, of `model` for each sentence.

    Returns:
        dict of `language_model_nll`, `language_model_perplexity`, `language_model_nats_per_sentence`, and
        `nats_below_language_model`, by how much the VAE's bound is better, with its standard error over sentences; and
        how many `parameters` and `language_model_parameters` there are.

    Raises:
        ValueError: if their tokens differ.
    """
    _check_tokens(language_model, model.preprocessor)
    beside, tokens = scores(language_model, held_out.texts)
    difference = beside - nats
    return {
        "language_model_nll": beside.sum() / tokens.sum(),
        "language_model_perplexity": math.exp(beside.sum() / tokens.sum()),
        "language_model_nats_per_sentence": beside.mean(),
        "nats_below_language_model": difference.mean(),
        "nats_below_language_model_standard_error": difference.std() / math.sqrt(len(difference)),
        "parameters": count(model),
        "language_model_parameters": count(language_model),
    }


def count(model):
    """The numbers that training changes: int."""
    return sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)


def _check_tokens(language_model, preprocessor):
    mine, others = preprocessor.get_config(), language_model.preprocessor.get_config()
    different = [name for name in mine if name not in ("name", "dtype") and mine[name] != others[name]]
    if different:
        raise ValueError(
            "The language model has other tokens. Expected the preprocessor of the TextVAE. "
            f"Received: one with another {' and '.join(different)}"
        )


def likeness(language_model, samples, training, held_out, epochs=5, seed=0):
    """How samples and data explain each other (Zhao et al. 2018, section 5.2), beside real text in place of samples.

    Args:
        language_model: `LanguageModel` trained on real text.
        samples, training, held_out: lists of str: of the model, of its training set, and others.
        epochs: int, of a fresh language model on the samples; 0 leaves the reverse perplexity out. Defaults to 5.
        seed: int. Defaults to 0.

    Returns:
        dict of `forward_perplexity` (the language model reads samples), `reverse_perplexity` (one trained on the
        samples alone reads held-out text; lower is better, and it misses what samples never say), and the same with as
        many texts of the training set, `..._real`.
    """
    chosen = np.random.default_rng(seed).choice(len(training), min(len(samples), len(training)), replace=False)
    results = {}
    for name, texts in (("", samples), ("_real", [training[i] for i in chosen])):
        results[f"forward_perplexity{name}"] = perplexity(language_model, texts)
        if epochs:
            fresh = _trained_on(language_model, texts, epochs, seed)
            results[f"reverse_perplexity{name}"] = perplexity(fresh, held_out)
    return results


def perplexity(language_model, texts):
    """exp of nats a token over all texts."""
    nats, tokens = scores(language_model, texts)
    return math.exp(nats.sum() / max(1, tokens.sum()))


def scores(language_model, texts):
    """Nats and tokens of each text: float64 and int `(texts,)`."""
    parts = [language_model.score(texts[begin : begin + BATCH]) for begin in range(0, len(texts), BATCH)]
    nats, tokens = (np.concatenate([[], *(part[name] for part in parts)]) for name in ("nats", "tokens"))
    return nats, tokens.astype(int)


def _trained_on(language_model, texts, epochs, seed):
    """A language model of the same shape that has seen nothing but these texts."""
    keras.utils.set_random_seed(seed)
    fresh = LanguageModel.from_config(language_model.get_config())
    fresh.compile(optimizer=keras.optimizers.Adam(3e-3, global_clipnorm=1.0))
    ids = fresh.preprocessor(texts).numpy()
    weight = (ids[:, 1:] != 0).astype("float32")
    fresh.fit(ids[:, :-1], ids[:, 1:], sample_weight=weight, batch_size=32, epochs=epochs, verbose=0)
    return fresh
