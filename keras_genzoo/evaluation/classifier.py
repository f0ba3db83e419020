"""What a classifier is worth."""

import numpy as np

from keras_genzoo.evaluation.dispatch import evaluate
from keras_genzoo.models import Classifier


@evaluate.register(Classifier)
def _(model, splits, split="test", num_samples=None, max_examples=None, batch_size=500, seed=0, verbose=0):
    if num_samples is not None:
        raise ValueError(f"A classifier draws no samples. Expected num_samples=None. Received: {num_samples=}")
    held_out = getattr(splits, split)
    held_out = held_out if max_examples is None else held_out.take(max_examples)
    logits = [model.classify(x)["logits"].numpy() for x, _ in held_out.pairs(batch_size)]
    logits = np.concatenate(logits).astype("float64")
    right = logits.argmax(axis=1) == held_out.labels
    highest = logits.max(axis=1, keepdims=True)
    log_total = highest[:, 0] + np.log(np.exp(logits - highest).sum(axis=1))
    nll = log_total - logits[np.arange(len(logits)), held_out.labels]
    return {
        "accuracy": float(right.mean()),
        "errors": int(np.count_nonzero(~right)),
        "nll": float(nll.mean()),
        "split": split,
        "num_examples": len(held_out),
    }
