"""Strings in the graph: valid UTF-8, lower case, and the rules by which a text falls into characters and words."""

import tensorflow as tf

SPACES = r"[\p{Cc}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]"  # but the plain one
PUNCTUATION = r"[\p{P}\p{S}]"
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
UNKNOWN_WORD = "[UNK]"


def string_tensor(texts, name="texts"):
    """Texts as a tensor.

    Args:
        texts: list or array of str or bytes, or a string tensor `(batch,)`.
        name: str, what to call them in an error.

    Returns:
        string tensor `(batch,)`. A lone surrogate, which has no UTF-8, becomes bytes that are no UTF-8.

    Raises:
        ValueError: for anything else, a single str included.
    """
    if tf.is_tensor(texts):
        if texts.dtype == tf.string and texts.shape.rank in (None, 1):
            return texts
        received = f"a tensor of {texts.dtype.name} and shape {texts.shape}"
    elif isinstance(texts, (str, bytes)) or not hasattr(texts, "__iter__"):
        received = f"{name}={texts!r}"
    elif isinstance(texts, dict):
        received = f"a dict of {', '.join(map(repr, texts))}"
    else:
        texts = list(texts)
        wrong = next((text for text in texts if not isinstance(text, (str, bytes))), None)
        if wrong is None:
            encoded = [text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text for text in texts]
            return tf.constant(encoded, tf.string, shape=(len(encoded),))
        received = f"an element {wrong!r}"
    raise ValueError(f"Wrong {name}. Expected a list of str, or strings of shape (batch,). Received: {received}")


def clean(texts, lowercase=False):
    """Valid UTF-8, each invalid sequence as U+FFFD; in lower case if wanted: string tensor of the same shape."""
    texts = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="replace", replacement_char=ord(REPLACEMENT))
    return tf.strings.lower(texts, encoding="utf-8") if lowercase else texts


def spaced(texts):
    """All whitespace and control characters as one plain space; none at the ends."""
    texts = tf.strings.regex_replace(texts, SPACES, " ")
    return tf.strings.strip(tf.strings.regex_replace(texts, "  +", " "))


def characters(texts):
    """The characters (code points) of valid texts: ragged strings `(batch, None)`."""
    return tf.strings.unicode_split(texts, "UTF-8")


def words(texts, split="punctuation"):
    """The words of valid texts.

    Args:
        texts: string tensor `(batch,)`.
        split: `"whitespace"`, for text that is tokenised already: words stand between whitespace and control
            characters. `"punctuation"`: every punctuation mark and symbol (Unicode P and S) is a word of its own, too;
            `[UNK]`, which is what an unknown word is written as, stays whole.

    Returns:
        ragged strings `(batch, None)`.
    """
    texts = spaced(texts)
    if split == "punctuation":
        texts = tf.strings.regex_replace(texts, rf"((?i:\[UNK\])|{PUNCTUATION})", r" \1 ")
    return tf.strings.split(texts)
