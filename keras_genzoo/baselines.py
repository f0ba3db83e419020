"""What a language model has to beat: n-grams, counted and smoothed as well as counts can be."""

import numpy as np

from keras_genzoo.data.encoding import encoded
from keras_genzoo.models.text import text_tensor
from keras_genzoo.preprocessing import UNKNOWN

FALLBACK = (0.5, 1.0, 1.5)  # discounts of an order that has too few different counts to estimate them from


class KneserNey:
    """An n-gram model with interpolated modified Kneser-Ney smoothing (Chen & Goodman 1999, section 3).

    With c the counts of the highest order, and below it the number of different tokens that come before an n-gram, the
    probability of the token w after the tokens h, of which h' are all but the first, is

        p(w | h) = (max(c(h w) - D(c(h w)), 0) + sum over v of min(D(c(h v)), c(h v)) * p(w | h')) / c(h)

    down to the same probability for every token. An n-gram at the beginning of a sequence, before which nothing can
    come, counts every time. Tokens are those of the preprocessor, and those count that count in `LanguageModel.score`:
    unknown ones and the end of sentences do, the first token of running text does not.

    Args:
        texts: list of str, to count in.
        preprocessor: `preprocessing.TextPreprocessor`.
        order: int, the tokens of the longest n-gram. Defaults to 5.
        discounts: `order` triples, the lowest order first: D of a count of 1, of 2, and of 3 and more; or `None` to
            estimate them from the counts (in the same section). Defaults to `None`.

    Raises:
        ValueError: if `order` is below 1, or there is nothing to count.

    Example:

    >>> from keras_genzoo.baselines import KneserNey
    >>> from keras_genzoo.preprocessing import TextPreprocessor
    >>> texts = ["a cat sat", "a dog sat"]
    >>> model = KneserNey(texts, TextPreprocessor.learn(texts, level="words"), order=2)
    >>> model.score(["a cat sat", "a bird"])["tokens"].tolist()
    [4, 3]
    """

    def __init__(self, texts, preprocessor, order=5, discounts=None):
        if order < 1:
            raise ValueError(f"Expected order of at least 1. Received: order={order}")
        self.preprocessor, self.order = preprocessor, order
        never = 2 if preprocessor.sentences else 3  # padding, start, and of running text the end
        self.uniform = 1.0 / (preprocessor.vocabulary_size - never)
        ids, place, _ = _flat(encoded(list(texts), preprocessor))
        if not np.any(place):
            raise ValueError(f"Nothing to count. Expected texts of at least two tokens. Received: {len(ids)} tokens")
        self._keys, counts = self._counted(ids, place)
        self._kept, self._rest, num_contexts = [], [], 1
        for n, keys in enumerate(self._keys):
            discount = _estimated(counts[n]) if discounts is None else discounts[n]
            kept, rest = _smoothed(counts[n], keys // preprocessor.vocabulary_size, num_contexts, discount)
            self._kept.append(kept), self._rest.append(rest)
            num_contexts = len(keys)

    def score(self, texts):
        """How probable texts are.

        Args:
            texts: list of str.

        Returns:
            dict of arrays `(batch,)`, as that of `LanguageModel.score`: `nats` (float64), `tokens` and `unknown`.
        """
        ids, place, row = _flat(encoded(text_tensor("texts", texts), self.preprocessor))
        target = place > 0
        nats, rows = -np.log(self._probabilities(ids, place)[target]), len(texts)
        return {
            "nats": np.bincount(row[target], nats, minlength=rows),
            "tokens": np.bincount(row[target], minlength=rows).astype("int32"),
            "unknown": np.bincount(row[target & (ids == UNKNOWN)], minlength=rows).astype("int32"),
        }

    def _counted(self, ids, place):
        """The sorted keys of the n-grams of every order, and their counts."""
        all_keys, counts, numbers = [], [], None
        for n in range(self.order):
            shorter, keys = numbers, self._keys_of(numbers, ids, place, n)
            ends = np.flatnonzero(place >= n)
            known, first, inverse = np.unique(keys[ends], return_index=True, return_inverse=True)
            numbers = np.full(len(ids), -1)
            numbers[ends] = inverse
            if n:  # every n-gram is once a token before the one without its first token
                begins = ends[:0] if n == 1 else np.flatnonzero(place == n - 1)
                before = shorter[np.concatenate([ends[first], begins])]
                counts.append(np.bincount(before, minlength=len(all_keys[-1])))
            all_keys.append(known)
        return all_keys, [*counts, np.bincount(numbers[place >= max(n, 1)], minlength=len(known))]

    def _probabilities(self, ids, place):
        """Of every token after those before it: float64 `(tokens,)`; of the first of a sequence, without meaning."""
        probabilities, numbers = np.full(len(ids), self.uniform), None
        for n, known in enumerate(self._keys):
            keys = self._keys_of(numbers, ids, place, n)
            context = keys // self.preprocessor.vocabulary_size
            numbers = np.minimum(np.searchsorted(known, keys), len(known) - 1)
            numbers = np.where(known[numbers] == keys, numbers, -1)
            probabilities = self._kept[n][numbers] + self._rest[n][context] * probabilities
        return probabilities

    def _keys_of(self, shorter, ids, place, n):
        """The keys of the n-grams of n + 1 tokens that end at each token.

        Args:
            shorter: the number of the n-gram of n tokens that ends at each token, its place among the sorted keys; -1
                where it is not known.

        Returns:
            int64 `(tokens,)`: the number of all but the last token, and the last; -1 to the former where it is unknown.
        """
        context = np.where(place >= n, np.roll(shorter, 1), -1) if n else 0
        return context * self.preprocessor.vocabulary_size + ids


def _flat(sequences):
    """All ids of ragged sequences in a row, the place of each in its sequence, and the number of this."""
    lengths = sequences.row_lengths().numpy()
    place = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return sequences.flat_values.numpy().astype("int64"), place, np.repeat(np.arange(len(lengths)), lengths)


def _estimated(counts):
    """The discounts of counts of 1, of 2, and of 3 and more."""
    n1, n2, n3, n4 = (float(np.sum(counts == i)) for i in (1, 2, 3, 4))
    if not min(n1, n2, n3, n4):
        return FALLBACK
    y = n1 / (n1 + 2 * n2)
    found = (1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3)
    return found if all(0 <= d <= i + 1 for i, d in enumerate(found)) else FALLBACK


def _smoothed(counts, contexts, num_contexts, discounts):
    """What an n-gram has for itself, and what its context leaves for shorter ones.

    Args:
        counts, contexts: int `(n-grams,)`, how often each comes, and the number of its context.

    Returns:
        `(kept, rest)`, float64 `(n-grams + 1,)` and `(num_contexts + 1,)`; the last of each, index -1, is that of an
        n-gram that never came, 0, and of a context that never came, 1.
    """
    taken = np.minimum(np.array([0.0, *discounts])[np.minimum(counts, 3)], counts)
    total, left = (np.bincount(contexts, values, minlength=num_contexts) for values in (counts, taken))
    rest = np.divide(left, total, out=np.ones(num_contexts), where=total > 0)
    kept = (counts - taken) / np.maximum(total, 1)[contexts]
    return np.append(kept, 0.0), np.append(rest, 1.0)
