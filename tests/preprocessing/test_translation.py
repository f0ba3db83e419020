import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_genzoo.data import TextSplit, TextSplits
from keras_genzoo.preprocessing import TextPreprocessor, TranslationPreprocessor

ENGLISH = ["A man's dog.", "The dog isn't here, he said."]
FRENCH = ["C'est l'homme.", "Un chien, un homme."]


def learned(**kwargs):
    arguments = {"level": "words", "source_split": "english", "target_split": "french", **kwargs}
    return TranslationPreprocessor.learn(ENGLISH, FRENCH, **arguments)


def test_text_as_typed_in_and_out():
    preprocessor = learned(lowercase=False)
    assert not preprocessor.shared and (preprocessor.start_id, preprocessor.end_id) == (2, 3)
    np.testing.assert_array_equal(preprocessor(ENGLISH), preprocessor.source(ENGLISH))
    ids = preprocessor.target(FRENCH)
    assert [text.decode() for text in preprocessor.detokenize(ids).numpy()] == FRENCH
    assert preprocessor.target.join(ids).numpy()[0] == b"C' est l' homme ."


@pytest.mark.parametrize("level", ["words", "subwords"])
def test_shared_vocabulary_is_that_of_both(level):
    preprocessor = learned(shared=True, level=level)
    assert preprocessor.shared and preprocessor.source.merges == preprocessor.target.merges
    for side, texts in ((preprocessor.source, ENGLISH), (preprocessor.target, FRENCH)):
        assert not side.unknown_count(side(texts)).numpy().any()
        assert [text.decode() for text in side.detokenize(side(texts)).numpy()] == [text.lower() for text in texts]
    apart = {*learned().source.vocabulary, *learned().target.vocabulary}
    assert level == "subwords" or set(preprocessor.source.vocabulary) == apart


def test_config_and_graph(revive):
    preprocessor = learned(shared=True, level="subwords", vocabulary_size=40)
    revived = revive(preprocessor)
    assert revived.get_config() == preprocessor.get_config() and len(preprocessor.lookups) == 6
    assert isinstance(revived.source, TextPreprocessor) and revived.source.split == "english"
    graph = tf.function(revived.call, input_signature=[tf.TensorSpec([None], tf.string)])
    np.testing.assert_array_equal(graph(tf.constant(ENGLISH)), preprocessor(ENGLISH))


def test_exported(tmp_path):
    preprocessor = learned(shared=True, level="subwords")
    archive = keras.export.ExportArchive()
    for table in preprocessor.lookups:
        archive.track(table)
    spec = [tf.TensorSpec([None], tf.string)]
    archive.add_endpoint("echo", lambda texts: preprocessor.detokenize(preprocessor.target(texts)), spec)
    archive.write_out(tmp_path / "model", verbose=False)
    echo = tf.saved_model.load(tmp_path / "model").echo
    assert [text.decode() for text in echo(tf.constant(FRENCH)).numpy()] == [text.lower() for text in FRENCH]
    assert echo(tf.constant([], tf.string)).shape == (0,) and echo(tf.constant([""])).numpy().tolist() == [b""]


def test_batches_of_both_sides():
    preprocessor = learned()
    part = {"texts": ENGLISH, "targets": FRENCH}
    splits = TextSplits(TextSplit(part, True), TextSplit(part), TextSplit(part), {})
    x, next_ids, _ = next(iter(splits.with_preprocessor(preprocessor, "seq2seq").test.batches(2)))
    np.testing.assert_array_equal(x["source_ids"], preprocessor.source(ENGLISH))
    np.testing.assert_array_equal(next_ids, preprocessor.target(FRENCH)[:, 1:])


@pytest.mark.parametrize("part", [None, TextPreprocessor(["a"], sentences=False)])
def test_errors(part):
    with pytest.raises(ValueError, match=r"^Wrong target\. Expected a TextPreprocessor with sentences=True\. Received"):
        TranslationPreprocessor(TextPreprocessor(["a"]), part)
    with pytest.raises(ValueError, match=r"^Unknown split\. Expected one of .*Received: split='klingon'$"):
        learned(source_split="klingon")
