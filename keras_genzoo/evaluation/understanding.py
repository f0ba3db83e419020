"""What the codes and samples of a text VAE are worth where few sentences have a label."""

import functools
import time

import keras
import numpy as np

from keras_genzoo.evaluation.text_vae import draw
from keras_genzoo.models import TextVAE

SIZES = (1, 5, 20, None)
COPIES, MOST_COPIES = 10, 2000  # decoded neighbours of a labelled sentence, and of all of them
BATCH = 500


def few_labels(model, splits, conditional=None, sizes=SIZES, draws=5, max_length=40, seed=0, verbose=0):
    """Accuracy of a logistic regression that has seen so many labelled sentences a class, by what it is given.

    The text VAE was trained on sentences without labels. The methods:

    - `bag of words`: the counts of the vocabulary's tokens.
    - `untrained codes`: the posterior means of the same encoder with fresh weights.
    - `codes`: the posterior means.
    - `bag of words, neighbours`: beside the labelled sentences, what the decoder makes of draws from their posteriors,
      with their labels; 10 a sentence, 2,000 at most.
    - `bag of words, samples`, with all labels and a conditional model: beside the sentences, as many of its samples.
    - `bag of words of samples`, likewise: of the samples alone.

    Args:
        model: `TextVAE`, not conditional.
        splits: `TextSplits` with labels and a preprocessor.
        conditional: `TextVAE` with `num_classes`, trained with all labels; or `None`.
        sizes: labelled sentences a class; `None` is all there are. Defaults to 1, 5, 20 and all.
        draws: int, how often the sentences, and what is random beside, are drawn anew. Defaults to 5.
        max_length: int, tokens of a generated sentence. Defaults to 40.
        seed: int. Defaults to 0.
        verbose: 1 shows a progress bar. Defaults to 0.

    Returns:
        list of dicts, one a size and method: `labels` (int a class, or `"all"`), `method`, `accuracy` on the test split
        with its `standard_deviation`, `lowest` and `highest` over the draws, and `milliseconds`, the time of one
        prediction from the string on, in batches of 500.

    Raises:
        ValueError: without labels, for sizes below 1, or a model that does not fit.
    """
    _check(model, splits, conditional, sizes, draws)
    features = features_of(model, seed)
    tables = {name: _Table(function, splits) for name, function in features.items()}
    rows, bar = [], keras.utils.Progbar(len(sizes), verbose=verbose, unit_name="size")
    for size in sizes:
        found = {}
        for number in range(draws):
            generator = np.random.default_rng([seed, number, 0 if size is None else size])
            chosen = chosen_rows(splits.train.labels, size, generator)
            for name, table in tables.items():
                found.setdefault(name, []).append(table.accuracy(chosen))
            bag = tables["bag of words"]
            new = neighbours(model, splits.train, chosen, generator, max_length)
            found.setdefault("bag of words, neighbours", []).append(bag.accuracy(chosen, *new))
            if size is None and conditional is not None:
                labels = splits.train.labels[generator.permutation(chosen)]
                new = draw(conditional, len(labels), labels, int(generator.integers(2**31))), labels
                found.setdefault("bag of words, samples", []).append(bag.accuracy(chosen, *new))
                found.setdefault("bag of words of samples", []).append(bag.accuracy(chosen[:0], *new))
        rows += [_row(size, name, values, tables) for name, values in found.items()]
        bar.add(1)
    return rows


def format_few_labels(rows):
    """The rows of `few_labels` as a table: a line a method, a column a number of labels.

    Example:

    >>> from keras_genzoo.evaluation import format_few_labels
    >>> row = {"labels": 5, "method": "codes", "accuracy": 0.5, "standard_deviation": 0.02, "milliseconds": 0.1}
    >>> print(format_few_labels([row]))
    method    5 a class    ms
    codes   50.0 +- 2.0  0.10
    """
    sizes, methods = (list(dict.fromkeys(row[key] for row in rows)) for key in ("labels", "method"))
    table = [["method", *("all" if size == "all" else f"{size} a class" for size in sizes), "ms"]]
    for method in methods:
        cells = {row["labels"]: row for row in rows if row["method"] == method}
        shown = [
            f"{100 * cells[size]['accuracy']:.1f} +- {100 * cells[size]['standard_deviation']:.1f}"
            if size in cells else ""
            for size in sizes
        ]  # fmt: skip
        table.append([method, *shown, f"{max(row['milliseconds'] for row in cells.values()):.2f}"])
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "\n".join(
        "  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]).rstrip() for line in table
    )


def features_of(model, seed=0):
    """The functions from texts to what a classifier is given, by their names in the table."""
    keras.utils.set_random_seed(seed)
    untrained = TextVAE.from_config(model.get_config())
    return {
        "bag of words": functools.partial(bag_of_words, model.preprocessor),
        "untrained codes": functools.partial(codes, untrained),
        "codes": functools.partial(codes, model),
    }


def codes(model, texts):
    """Posterior means, float32 `(texts, latent_dim)`."""
    parts = [model.encode(texts[i : i + BATCH])["z_mean"].numpy() for i in range(0, len(texts), BATCH)]
    return np.concatenate([np.zeros((0, model.latent_dim), "float32"), *parts])


def bag_of_words(preprocessor, texts):
    """How often each token is in a text: sparse `(texts, vocabulary_size)`."""
    from scipy.sparse import csr_matrix

    size = preprocessor.vocabulary_size
    if not texts:
        return csr_matrix((0, size))
    ids = preprocessor.tokenize(texts)
    columns, splits = ids.flat_values.numpy(), ids.row_splits.numpy()
    return csr_matrix((np.ones(len(columns)), columns, splits), shape=(len(texts), size))


def chosen_rows(labels, size, generator):
    """`size` rows of each class, drawn without replacement; all there are where there are no more."""
    if size is None:
        return np.arange(len(labels))
    rows = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    return np.concatenate([generator.choice(r, min(size, len(r)), replace=False) for r in rows])


def neighbours(model, split, rows, generator, max_length=40):
    """Sentences decoded from draws of the posteriors of some rows, and the labels of these: `(texts, labels)`."""
    rows = generator.permutation(np.repeat(rows, COPIES))[:MOST_COPIES]
    texts = []
    for begin in range(0, len(rows), BATCH):
        posterior = model.encode([split.texts[i] for i in rows[begin : begin + BATCH]])
        mean, log_var = (posterior[name].numpy() for name in ("z_mean", "z_log_var"))
        z = mean + np.exp(0.5 * log_var) * generator.standard_normal(mean.shape)
        texts += model.decode(z.astype("float32"), None, max_length, 1.0, int(generator.integers(2**31)))
    return texts, split.labels[rows]


class _Table:
    """One kind of features of the training and test sentences, computed once."""

    def __init__(self, function, splits):
        from scipy.sparse import issparse

        train = function(splits.train.texts)
        self.function, self.labels, self.sparse = function, splits.train.labels, issparse(train)
        if not self.sparse:
            self.mean, self.scale = train.mean(axis=0), max(float(train.std(axis=0).max()), 1e-12)
        self.train = self.scaled(train)
        texts = splits.test.texts
        function(texts[:BATCH])  # traces its graphs
        begin = time.perf_counter()
        self.test = self.features(texts)
        self.seconds = (time.perf_counter() - begin) / len(texts)
        self.test_labels = splits.test.labels

    def features(self, texts):
        return self.scaled(self.function(texts))

    def scaled(self, features):
        """Dense ones around their mean in training, on one scale for all: that of an idle dimension stays small."""
        return features if self.sparse else (features - self.mean) / self.scale

    def accuracy(self, rows, texts=(), labels=()):
        """On the test split, of a regression fitted on training rows and further texts with labels."""
        from scipy.sparse import vstack
        from sklearn.linear_model import LogisticRegression

        features, labels = self.train[rows], np.concatenate([self.labels[rows], labels]).astype("int32")
        if len(texts):
            more = self.features(list(texts))
            features = vstack([features, more]) if self.sparse else np.concatenate([features, more])
        classifier = LogisticRegression(max_iter=1000).fit(features, labels)
        begin = time.perf_counter()
        accuracy = float(classifier.score(self.test, self.test_labels))
        self.milliseconds = 1000 * (self.seconds + (time.perf_counter() - begin) / len(self.test_labels))
        return accuracy


def _row(size, method, values, tables):
    table = tables.get(method, tables["bag of words"])
    return {
        "labels": "all" if size is None else size,
        "method": method,
        "accuracy": float(np.mean(values)),
        "standard_deviation": float(np.std(values)),
        "lowest": min(values),
        "highest": max(values),
        "milliseconds": table.milliseconds,
    }


def _check(model, splits, conditional, sizes, draws):
    if splits.train.labels is None:
        raise ValueError(f"Expected splits with labels. Received: columns {sorted(splits.train.columns)}")
    if model.num_classes is not None or (conditional is not None and conditional.num_classes is None):
        raise ValueError(
            "Expected a model without num_classes, and as `conditional` one with. Received: "
            f"model.num_classes={model.num_classes}, conditional={conditional and conditional.num_classes}"
        )
    if draws < 1 or any(size is not None and size < 1 for size in sizes):
        raise ValueError(f"Expected sizes and draws of at least 1. Received: sizes={tuple(sizes)}, {draws=}")
