import numpy as np
import pytest

from keras_genzoo.data import make_text_splits
from keras_genzoo.data.sources import Source

TEXTS = [f"line {i % 80}" for i in range(100)]  # 20 of them twice


def source(running=False, **parts):
    return Source("made", parts, {"origin": "here", "location": "memory", "running": running})


def whole(**columns):
    return source(train={"texts": TEXTS, **columns})


def test_no_sentence_in_two_splits():
    splits = make_text_splits(whole(targets=[text.upper() for text in TEXTS], labels=np.arange(100)))
    texts = [set(split.texts) for split in (splits.train, splits.validation, splits.test)]
    assert not (texts[0] & texts[1] or texts[0] & texts[2] or texts[1] & texts[2])
    counts, removed = splits.info["num_examples"], splits.info["removed"]
    assert sum(counts.values()) + sum(removed.values()) == 100 and sum(removed.values()) > 0
    assert counts["train"] == 81 and splits.info["overlap"] == {"validation": 0, "test": 0}
    for split in (splits.train, splits.test):
        assert split.targets == [text.upper() for text in split.texts]
        assert [TEXTS[i] for i in split.labels] == split.texts
    assert splits.train.training and not splits.test.training


def test_cut_is_a_function_of_the_seed():
    one, same, other = (make_text_splits(whole(), seed=seed) for seed in (0, 0, 1))
    assert one.test.texts == same.test.texts != other.test.texts
    assert one.info["checksum"] == same.info["checksum"] != other.info["checksum"]


def test_published_parts_stay_and_their_overlap_is_counted():
    parts = {"train": TEXTS, "validation": ["line 1", "new"], "test": ["line 2", "line 3", "newer"]}
    splits = make_text_splits(source(**{name: {"texts": texts} for name, texts in parts.items()}))
    assert splits.test.texts == parts["test"] and splits.train.texts == TEXTS
    assert splits.info["overlap"] == {"validation": 1, "test": 2} and splits.info["removed"] == {}
    assert splits.info["num_characters"]["test"] == 17


def test_running_text_is_cut_in_order():
    splits = make_text_splits(source(running=True, train={"texts": ["abcdefghij" * 20]}))
    parts = [split.texts[0] for split in (splits.validation, splits.train, splits.test)]
    assert [len(part) for part in parts] == [9, 171, 20] and "".join(parts) == "abcdefghij" * 20


@pytest.mark.parametrize(
    ("made", "arguments", "message"),
    [
        (
            whole(),
            {"validation_size": 90},
            "Cannot hold out 90 lines of 90. Expected 1 to 89. Received: dataset 'made'",
        ),
        (source(train={"texts": ["a"]}), {}, "Too little to be cut into parts. Expected at least 2 lines. Received: 1"),
        (source(True, train={"texts": ["a"]}), {}, "Too little to be cut into parts. Expected at least 2 characters. "),
        (source(train={"texts": ["a"] * 9}), {}, "Every held-out line is in the training part too. Expected new ones"),
    ],
)
def test_errors(made, arguments, message):
    with pytest.raises(ValueError) as error:
        make_text_splits(made, **arguments)
    assert str(error.value).startswith(message) and "\n" not in str(error.value)
