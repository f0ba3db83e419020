"""What a VAE is worth: bounds of its likelihood, and what its code carries."""

import math

import keras
import numpy as np

from keras_genzoo import metrics
from keras_genzoo.data.pipeline import some_rows
from keras_genzoo.evaluation.dispatch import evaluate
from keras_genzoo.losses import bits_per_dimension
from keras_genzoo.models import VAE

MUTUAL_INFORMATION_EXAMPLES = 10_000
PROBE_EXAMPLES = 10_000
ELBO_SAMPLES = 100


@evaluate.register(VAE)
def _(model, splits, split="test", num_samples=5000, max_examples=None, batch_size=100, seed=0, verbose=0):
    held_out = getattr(splits, split)
    held_out = held_out if max_examples is None else held_out.take(max_examples)
    columns, bar = {}, keras.utils.Progbar(len(held_out), verbose=verbose, unit_name="example")
    done, on_levels = 0, True
    for x, y in held_out.pairs(batch_size):
        terms = {**model.elbo(x, y, ELBO_SAMPLES, seed, first_row=done), **model.encode(x)}
        terms["log_likelihood"] = model.log_likelihood(x, num_samples, seed, y)
        for name, values in terms.items():
            columns.setdefault(name, []).append(values.numpy())
        on_levels = on_levels and _on_levels(x if y is None else y, model.likelihood.levels)
        done += len(columns["elbo"][-1])
        bar.update(done)
    columns = {name: np.concatenate(values) for name, values in columns.items()}
    log_likelihood = columns["log_likelihood"]
    some = some_rows(len(held_out), MUTUAL_INFORMATION_EXAMPLES)
    results = {name: float(columns[name].mean()) for name in ("elbo", "kl", "reconstruction_nll", "log_likelihood")}
    results |= {
        "log_likelihood_standard_error": float(log_likelihood.std() / math.sqrt(len(log_likelihood))),
        **(_bits(model, -results["log_likelihood"]) if on_levels else {}),
        "active_units": metrics.active_units(columns["z_mean"]),
        "mutual_information": metrics.mutual_information(
            columns["z_mean"][some], columns["z_log_var"][some], seed=seed
        ),
        "mutual_information_limit": math.log(len(some)),
    }
    if held_out.labels is not None and len(np.unique(splits.train.labels)) > 1:
        results["linear_probe_accuracy"] = _linear_probe(model, splits.train, held_out, columns["z_mean"], batch_size)
    return results | {
        "split": split,
        "num_examples": len(held_out),
        "num_samples": num_samples,
        "seed": seed,
    }


def _on_levels(x, levels):
    """Whether all data are among the values that have a probability under the likelihood, so that bits have meaning."""
    if levels is None:
        return False
    steps = (levels - 1) * np.asarray(x["images"] if isinstance(x, dict) else x, "float64")
    return bool(np.all(np.abs(steps - np.round(steps)) < 1e-3))


def _bits(model, nats):
    """Of an example: its code length in bits, by the model and as it is stored."""
    dimensions = math.prod(model.event_shape)
    return {
        "bits_per_dimension": bits_per_dimension(nats, dimensions),
        "rate_bits": nats / math.log(2.0),
        "raw_bits": dimensions * math.log2(model.likelihood.levels),
    }


def _linear_probe(model, train, held_out, z_means, batch_size):
    """Test accuracy of a logistic regression from `z_mean` to the label, fitted on the training split."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    first = train.take(PROBE_EXAMPLES)
    in_order = len(np.unique(first.labels)) < len(np.unique(train.labels))  # of the classes, which were cut off
    train = train.some(PROBE_EXAMPLES) if in_order else first
    codes = np.concatenate([model.encode(x)["z_mean"].numpy() for x, _ in train.pairs(batch_size)])
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    probe.fit(codes, train.labels)
    return float(probe.score(z_means, held_out.labels))
