"""Tokenising and detokenising by language, in the graph: the rules of the Moses tokenizer (Koehn et al. 2007).

Unlike that, text that is tokenised already stays as it is, escaped characters (`&apos;`) are read as what they mean,
and of the lists of abbreviations only the commonest are here.
"""

import tensorflow as tf

from keras_genzoo.preprocessing import strings

LANGUAGES = ("english", "german", "french")
UNKNOWN = "\x1d"  # the word for what is unknown
APOSTROPHE = "\x1f"  # one that stays at its word
PERIOD = "\x1e"
ABBREVIATIONS = "Mr|Mrs|Ms|Dr|St|Prof|Jr|Sr|Bros|Co|Inc|Ltd|vs|bzw|Nr|Mme|Mlle"
ENDINGS = "(?i:s|re|ve|ll|d|m|t)"
ELISIONS = "(?i:l|d|j|m|t|s|c|n|qu|jusqu|lorsqu|puisqu|quoiqu|aujourd|presqu|quelqu)"

NORMALIZE = (
    (r"&quot;", '"'),
    (r"&apos;|&#39;", "'"),
    (r"&lt;", "<"),
    (r"&gt;", ">"),
    (r"&amp;", "&"),
    (r"[“”„‟″«»]|''|``", '"'),
    (r"[‘’‚‛´`]", "'"),  # noqa: RUF001
    (r"–", "-"),  # noqa: RUF001
    (r"—", " - "),
    (r"…", "..."),
    (r"(?i)\[UNK\]", UNKNOWN),
)
APOSTROPHES = {
    "english": (
        (r"(\p{L})'(\p{L})", rf"\1 {APOSTROPHE}\2"),
        (r"(\p{N})'s", rf"\1 {APOSTROPHE}s"),
        (rf"([\p{{L}}\p{{N}}]) '({ENDINGS})([^\p{{L}}]|$)", rf"\1 {APOSTROPHE}\2\3"),
    ),
    "french": (
        (rf"(^|[^\p{{L}}])({ELISIONS})'", rf"\1\2{APOSTROPHE} "),
        (r"(\p{L})' ?(\p{L})", rf"\1{APOSTROPHE} \2"),
    ),
    "german": (),
}
PUNCTUATION = (
    (r"'", " ' "),
    (r"([^\p{L}\p{M}\p{N}\s.',\x1f-])", r" \1 "),
    (r"(\.{2,})", r" \1 "),
    (r"([^\p{N}]),", r"\1 , "),
    (r",([^\p{N}])", r" , \1"),
    (r"^,|,$", " , "),
    (r"  +", " "),
    (rf"(^| )({ABBREVIATIONS})\. ", rf"\1\2{PERIOD} "),
)
# A period at the end of a word is a token of its own, but not in a.b. and not before a word in lower case.
PERIODS = ((r"(^| )([^ .]+|[^ \p{L}]*[^ \p{L}.])\.( [^\p{Ll}]|$)", r"\1\2 .\3"),) * 2
RESTORE = ((APOSTROPHE, "'"), (PERIOD, "."), (UNKNOWN, "[UNK]"), (r"  +", " "), (r"^ | $", ""))

JOIN = {
    "english": (
        (rf" '({ENDINGS})( |$)", r"'\1\2"),
        (r"(\p{L}) '(\p{L})", r"\1'\2"),
        (r" %", "%"),
        (r" ([?!:;])", r"\1"),
    ),
    "german": ((r"(\p{L}) ' s( |$)", r"\1's\2"), (r" ([?!:;])", r"\1")),
    "french": ((r"(\p{L})' (\p{L})", r"\1'\2"),),
}
BRACKETS = (
    (r'(^| )" ([^"]*) "', r'\1"\2"'),
    (r"(^| )' ([^']*) '( |$)", r"\1'\2'\3"),
    (r'(") -(\p{L})', r"\1-\2"),
    (r" ([.,)\]}]|\.\.+)( |$|[.,\"'])", r"\1\2"),
    (r" ([.,)\]}]|\.\.+)( |$|[.,\"'])", r"\1\2"),
    (r"([(\[{]) ", r"\1"),
    (r"([#$£]) (\p{N})", r"\1\2"),
    (r"(\p{N}) ?: (\p{N})", r"\1:\2"),
)


def tokenized(texts, language):
    """Tokens with one space between them, quotation marks, dashes and spaces normalised; strings of the same shape.

    Args:
        texts: strings of valid UTF-8.
        language: one of `LANGUAGES`; `"german"` suits those in which an apostrophe is a token of its own.
    """
    return _replaced(strings.spaced(texts), (*NORMALIZE, *APOSTROPHES[language], *PUNCTUATION, *PERIODS, *RESTORE))


def detokenized(texts, language):
    """Text as one would type it from tokens with one space between them: strings of the same shape."""
    return _replaced(texts, (*JOIN[language], *BRACKETS))


def _replaced(texts, rules):
    for pattern, replacement in rules:
        texts = tf.strings.regex_replace(texts, pattern, replacement)
    return texts
