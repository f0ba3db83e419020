"""What samples of text look like: how varied they are, and how much of them is copied."""


def ngrams(text, n):
    """The n-grams of a text's words, which are separated by white space: list of tuples."""
    words = text.split()
    return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]


def distinct(texts, n=2):
    """The share of different n-grams among all n-grams of the texts (Li et al. 2016, section 5.3).

    Args:
        texts: list of str.
        n: int. Defaults to 2.

    Returns:
        float in [0, 1]; 0 if no text has n words.

    Example:

    >>> from keras_genzoo.metrics import distinct
    >>> distinct(["a b a b", "a b"], n=2)
    0.5
    """
    found = [gram for text in texts for gram in ngrams(text, n)]
    return len(set(found)) / max(1, len(found))


def copy_rate(texts, training_texts, n=4):
    """The share of the texts' n-grams that are somewhere in the training texts.

    Held-out text has a rate of its own, which is what samples should be compared with; 1 is a copy.

    Args:
        texts: list of str.
        training_texts: list of str, or the set of their n-grams where it is asked for more than once.
        n: int, words. Defaults to 4.

    Returns:
        float in [0, 1]; 0 if no text has n words.

    Example:

    >>> from keras_genzoo.metrics import copy_rate
    >>> copy_rate(["a b c d"], ["x a b c"], n=2)
    0.6666666666666666
    """
    known = training_texts
    if not isinstance(known, (set, frozenset)):
        known = {gram for text in training_texts for gram in ngrams(text, n)}
    found = [gram for text in texts for gram in ngrams(text, n)]
    return sum(gram in known for gram in found) / max(1, len(found))
