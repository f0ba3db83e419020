import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from keras_genzoo.data import TextSplit, TextSplits
from keras_genzoo.preprocessing import TextPreprocessor

TEXTS = ["a" * (i % 9) + "b" * (i % 4) for i in range(37)]
TARGETS = ["b" * (i % 5) for i in range(37)]
PREPROCESSOR = TextPreprocessor(["a", "b", "\n"])
RUNNING = TextPreprocessor(["a", "b", "\n"], sentences=False)


def splits(texts=TEXTS, **columns):
    part = {"texts": list(texts), **columns}
    return TextSplits(TextSplit(part, True), TextSplit(part), TextSplit(part), {})


def unpadded(ids):
    return [row[row != 0].tolist() for row in np.asarray(ids)]


def whole(texts):
    return [[2, *("ab\n".index(c) + 4 for c in text), 3] for text in texts]


def test_language_model_view():
    for ids, next_ids, weight in splits().with_preprocessor(PREPROCESSOR).test.batches(5):
        assert ids.dtype == next_ids.dtype == tf.int32 and weight.dtype == tf.float32
        assert ids.shape == next_ids.shape == weight.shape
        np.testing.assert_array_equal(weight, next_ids != 0)
        np.testing.assert_array_equal(weight, ids != 0)
    ids, next_ids, _ = next(iter(splits().with_preprocessor(PREPROCESSOR).test.batches(5)))
    assert unpadded(ids) == [row[:-1] for row in whole(TEXTS[:5])]
    assert unpadded(next_ids) == [row[1:] for row in whole(TEXTS[:5])]


def test_text_vae_view():
    made = splits(labels=np.arange(37, dtype="int32")).with_preprocessor(PREPROCESSOR, "text_vae", conditional=True)
    for x, next_ids, weight in made.train.batches(5):
        texts = [TEXTS[i] for i in x["labels"].numpy()]
        assert unpadded(x["token_ids"]) == whole(texts)
        assert unpadded(x["decoder_ids"]) == [row[:-1] for row in whole(texts)]
        assert unpadded(next_ids) == [row[1:] for row in whole(texts)]
        np.testing.assert_array_equal(weight, next_ids != 0)


def test_seq2seq_view():
    made = splits(targets=TARGETS).with_preprocessor(PREPROCESSOR, "seq2seq")
    pairs = []
    for x, next_ids, weight in made.train.batches(5):
        np.testing.assert_array_equal(x["source_mask"], x["source_ids"] != 0)
        np.testing.assert_array_equal(weight, x["decoder_ids"] != 0)
        pairs += zip(unpadded(x["source_ids"]), unpadded(next_ids), strict=True)
    expected = zip(whole(TEXTS), (row[1:] for row in whole(TARGETS)), strict=True)
    assert sorted(pairs) == sorted(expected)


@pytest.mark.slow
def test_subword_dropout_cuts_training_sentences_anew():
    preprocessor = TextPreprocessor.learn(TEXTS, level="subwords", split="whitespace")
    plain, made = (
        splits(targets=TARGETS).with_preprocessor(preprocessor, "seq2seq", subword_dropout=share) for share in (0, 0.5)
    )

    def epochs(split, count=2, **arguments):
        batches = split.batches(5, seed=1, **arguments)
        return [[(x["source_ids"].numpy(), next_ids.numpy()) for x, next_ids, _ in batches] for _ in range(count)]

    def texts(epoch):
        return sorted(
            pair for x, y in epoch for pair in zip(*(preprocessor.detokenize(v).numpy() for v in (x, y)), strict=True)
        )

    first, second = epochs(made.train)
    assert texts(first) == texts(second) == texts(epochs(plain.train)[0])
    lengths = [sum((x != 0).sum() + (y != 0).sum() for x, y in epoch) for epoch in (first, second)]
    assert min(lengths) > 1.3 * sum((x != 0).sum() + (y != 0).sum() for x, y in epochs(plain.train)[0])
    assert [len(x) for x, _ in first] == [5] * 7 + [2]
    for again, epoch in ((epochs(made.train), 0), (epochs(made.train, 1, first_epoch=1), 1)):
        for pair, expected in zip(again[-1 if epoch else 0], (first, second)[epoch], strict=True):
            np.testing.assert_array_equal(pair[0], expected[0])
            np.testing.assert_array_equal(pair[1], expected[1])
    for pair, expected in zip(epochs(made.validation)[0], epochs(plain.validation)[1], strict=True):
        np.testing.assert_array_equal(pair[0], expected[0])
        np.testing.assert_array_equal(pair[1], expected[1])


@pytest.mark.parametrize("batch_size", [1, 5, 37, 100])
@pytest.mark.parametrize("static", [False, True])
def test_every_sentence_once_an_epoch_and_batches_of_a_length(batch_size, static):
    made = splits().with_preprocessor(PREPROCESSOR, static=static).train
    dataset = made.batches(batch_size, seed=1, drop_remainder=False)
    assert len(dataset) == -(-37 // batch_size)
    epochs = [[unpadded(next_ids) for _, next_ids, _ in dataset] for _ in range(3)]
    for epoch in epochs:
        assert sorted(row for batch in epoch for row in batch) == sorted(row[1:] for row in whole(TEXTS))
        spreads = [max(map(len, batch)) - min(map(len, batch)) for batch in epoch if len(batch) == batch_size]
        assert batch_size > 5 or np.mean(spreads) < 2
    assert epochs[0] != epochs[1]
    again = made.batches(batch_size, seed=1, first_epoch=1, drop_remainder=False)
    assert [unpadded(next_ids) for _, next_ids, _ in again] == epochs[1]
    other = made.batches(batch_size, seed=2, drop_remainder=False)
    assert batch_size == 100 or [unpadded(next_ids) for _, next_ids, _ in other] != epochs[0]


def test_smaller_batch_changes_with_the_epoch():
    dataset = splits().with_preprocessor(PREPROCESSOR).train.batches(36)
    assert len({str([unpadded(n) for _, n, _ in dataset][-1]) for _ in range(8)}) > 3


def test_static_shapes_are_multiples_of_eight():
    made = splits([*TEXTS, "a" * 40]).with_preprocessor(PREPROCESSOR, static=True).train
    dataset = made.batches(5)
    assert len(dataset) == 7 and not len(made) % 5 == 0
    assert {ids.shape[1] for _ in range(5) for ids, _, _ in dataset} == {8, 16, 48}


def test_max_length_leaves_out_training_sentences_alone():
    made = splits().with_preprocessor(PREPROCESSOR, max_length=6)
    short = [text for text in TEXTS if len(text) <= 6]
    assert len(made.train) == len(short) < len(made.test) == 37
    rows = [row for ids, _, _ in made.train.batches(4) for row in unpadded(ids)]
    assert sorted(rows) == sorted(row[:-1] for row in whole(short))


def test_held_out_splits_keep_their_order_and_repeat_it():
    made = splits().with_preprocessor(PREPROCESSOR)
    for split in (made.validation, made.test):
        dataset = split.batches(5)
        for _ in range(2):
            assert [row for ids, _, _ in dataset for row in unpadded(ids)] == [row[:-1] for row in whole(TEXTS)]
    assert [row for ids, _ in made.train.pairs(5) for row in unpadded(ids)] == [row[:-1] for row in whole(TEXTS)]


def test_windows_of_joined_texts():
    made = splits(["ab", "a"]).with_preprocessor(RUNNING, window=2)
    ids, next_ids, weight = next(iter(made.test.batches(4)))
    assert ids.numpy().tolist() == [[4, 5], [6, 0]] and next_ids.numpy().tolist() == [[5, 6], [4, 0]]
    assert weight.numpy().tolist() == [[1, 1], [1, 0]]
    assert len(made.test) == 2 and made.test.take(1).texts == ["ab\n"] and len(made.test.take(1)) == 1
    assert splits(["ab" * 400]).with_preprocessor(RUNNING).train.window == 256


def test_windows_and_streams_reach_the_split():
    made = splits(["ab" * 50]).with_preprocessor(RUNNING, window=7)
    assert len(made.train) == 13 and len(made.test) == 15
    dataset = made.train.batches(4)
    assert len(dataset) == 3 and all(ids.shape == (4, 7) for ids, _, _ in dataset)
    streams = splits(["ab" * 50]).with_preprocessor(RUNNING, window=7, stream=True)
    assert all(ids.shape == (3, 7) for ids, _, _ in streams.train.batches(3))
    assert sum(float(tf.reduce_sum(weight)) for _, _, weight in streams.test.batches(3)) == 99


def test_raw_batches():
    first = next(iter(splits().test.batches(3)))
    assert [text.decode() for text in first.numpy()] == TEXTS[:3]
    texts, targets = next(iter(splits(targets=TARGETS).test.batches(3)))
    assert [text.decode() for text in targets.numpy()] == TARGETS[:3] and texts.shape == (3,)
    everything = [text.decode() for batch in splits().train.batches(3) for text in batch.numpy()]
    assert everything != TEXTS and sorted(everything) == sorted(TEXTS)


def test_unknown_share():
    assert splits(["ab", "", "xa"]).with_preprocessor(PREPROCESSOR).test.unknown_share == 0.25
    assert splits(["ab", "x"]).with_preprocessor(RUNNING).test.unknown_share == 0.25  # the line break counts
    made = splits(["ab"], targets=["xx"]).with_preprocessor(PREPROCESSOR, "seq2seq")
    assert made.test.unknown_share == 0.5
    assert splits([""]).with_preprocessor(PREPROCESSOR).test.unknown_share == 0.0


def test_some():
    split = splits(targets=TARGETS, labels=np.arange(37)).test
    some = split.some(3)
    assert len(some) == len(some.labels) == 3 and some.texts == [t for t in split.texts if t in some.texts]
    pairs = dict(zip(split.texts, split.targets, strict=True))
    assert some.targets == [pairs[text] for text in some.texts]


def test_take():
    split = splits(targets=TARGETS, labels=np.arange(37)).test.take(4)
    assert (split.texts, split.targets, split.labels.tolist()) == (TEXTS[:4], TARGETS[:4], [0, 1, 2, 3])
    assert len(split) == 4 and splits().test.labels is None and splits().test.targets is None


@pytest.mark.parametrize(
    ("preprocessor", "arguments", "message"),
    [
        (PREPROCESSOR, {"view": "gan"}, "Unknown view. Expected one of "),
        (PREPROCESSOR, {"window": 5}, "Expected windows and streams with a preprocessor of running text "),
        (PREPROCESSOR, {"stream": True}, "Expected windows and streams with a preprocessor of running text "),
        (RUNNING, {"view": "text_vae"}, "Expected windows and streams with a preprocessor of running text "),
        (RUNNING, {"window": 0}, "Expected window and max_length of at least 1, "),
        (PREPROCESSOR, {"max_length": 0}, "Expected window and max_length of at least 1, "),
        (PREPROCESSOR, {"view": "seq2seq"}, "Expected window and max_length of at least 1, and targets for the view "),
        (PREPROCESSOR, {"subword_dropout": 0.1}, "Expected subword_dropout in [0, 1], and 0 but for sentences of subw"),
        (PREPROCESSOR, {"subword_dropout": -1}, "Expected subword_dropout in [0, 1], "),
        (PREPROCESSOR, {"conditional": True}, "A conditional model needs labels. Received: columns ['texts']"),
    ],
)
def test_errors(preprocessor, arguments, message):
    with pytest.raises(ValueError) as error:
        splits().with_preprocessor(preprocessor, **arguments)
    assert str(error.value).startswith(message) and "\n" not in str(error.value)


def test_a_running_text_is_no_sentence():
    running = dataclasses.replace(splits(), info={"name": "novel", "running": True})
    with pytest.raises(ValueError, match=r"^The data are one running text\. Expected .*Received: 'novel' for the view"):
        running.with_preprocessor(PREPROCESSOR)
    assert running.with_preprocessor(RUNNING, window=3).train.window == 3


def test_nothing_left_to_train_on():
    made = splits(["aaaa", "bbb"]).with_preprocessor(PREPROCESSOR, max_length=2)
    with pytest.raises(ValueError, match=r"^Expected examples and a batch_size of at least 1\. Received: 0 examples"):
        made.train.batches(4)
