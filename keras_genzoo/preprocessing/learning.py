"""Vocabularies learned from texts: the most frequent characters or words, or subwords."""

import collections
import itertools
import json

from keras_genzoo.preprocessing import splitting, strings

NUM_SUBWORDS = 8000


def unit_batches(texts, level, lowercase, split):
    """Yields the units of some texts after the other, see `splitting.units`, as lists of bytes."""
    texts = iter([texts] if isinstance(texts, (str, bytes)) else texts)
    while batch := list(itertools.islice(texts, 1024)):
        yield splitting.units(strings.string_tensor(batch), level, lowercase, split).flat_values.numpy().tolist()


def learn(batches, level, num_special, vocabulary_size=None, min_count=1):
    """What a `TextPreprocessor` needs to know of texts.

    Args:
        batches: of `unit_batches`.
        level: str.
        num_special: int, how many ids the vocabulary does not have.
        vocabulary_size: int, the most ids; or `None` for no limit, of subwords 8,000.
        min_count: int, how often a token must be there to be known, or a pair of subwords to be merged.

    Returns:
        dict of `vocabulary`, and of `merges` for subwords.

    Raises:
        ValueError: if nothing is left, or a number is out of range.
    """
    if min_count < 1 or (vocabulary_size is not None and vocabulary_size <= num_special):
        raise ValueError(
            f"Expected min_count of at least 1 and vocabulary_size above {num_special}. "
            f"Received: {min_count=}, {vocabulary_size=}"
        )
    if level == "subwords":
        vocabulary, merges = _subwords(batches, (vocabulary_size or NUM_SUBWORDS) - num_special, min_count)
        return {"vocabulary": vocabulary, "merges": merges}
    return {"vocabulary": _frequent(batches, min_count)[: vocabulary_size and vocabulary_size - num_special]}


def _frequent(batches, min_count):
    """The most frequent first, equally frequent ones in the order of their code points."""
    counts = collections.Counter()
    for batch in batches:
        counts.update(batch)
    tokens = [(-count, token.decode()) for token, count in counts.items() if count >= min_count]
    tokens = [token for _, token in sorted(tokens) if token.upper() != strings.UNKNOWN_WORD]
    if not tokens:
        raise ValueError(
            f"No token to learn. Expected texts with a token that is there {min_count} times. "
            f"Received: {len(counts)} distinct tokens"
        )
    return tokens


def _subwords(batches, size, min_count):
    """`(vocabulary, merges)`: the characters and on top of them merged pairs, in the order in which they are merged."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.BpeTrainer(vocab_size=size, min_frequency=min_count, show_progress=False)
    tokenizer.train_from_iterator((b" ".join(batch).decode() for batch in batches), trainer)
    model = json.loads(tokenizer.to_str())["model"]
    if not model["vocab"]:
        raise ValueError("No token to learn. Expected texts that are not empty. Received: no character")
    return sorted(model["vocab"], key=model["vocab"].get), [tuple(merge) for merge in model["merges"]]
