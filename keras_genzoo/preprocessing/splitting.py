"""How a text falls into the tokens of a level: by characters, words or pieces of subwords."""

from keras_genzoo.preprocessing import languages, strings, subwords

LEVELS = ("characters", "words", "subwords")
SPLITS = ("punctuation", "whitespace", *languages.LANGUAGES)


def units(texts, level, lowercase=False, split="punctuation"):
    """What the vocabulary of a level is looked up for, or, of subwords, the pieces inside which they are merged.

    Args:
        texts: string tensor `(batch,)`.
        level, lowercase, split: as in `TextPreprocessor`.

    Returns:
        ragged strings `(batch, None)`.
    """
    texts = strings.clean(texts, lowercase)
    if level == "characters":
        return strings.characters(texts)
    if split in languages.LANGUAGES:
        texts, split = languages.tokenized(texts, split), "whitespace"
    return strings.words(texts, split) if level == "words" else subwords.pieces(texts, split)


def check(level, split):
    """Refuses an unknown level or split."""
    for name, value, choices in (("level", level, LEVELS), ("split", split, SPLITS)):
        if value not in choices:
            raise ValueError(f"Unknown {name}. Expected one of {choices}. Received: {name}={value!r}")
