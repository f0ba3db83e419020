import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_genzoo.preprocessing import END, PADDING, START, UNKNOWN, TextPreprocessor, string_tensor, strings

TEXTS = ["Hello, world!", "héllo  wörld\t…", "", "日本 x\u00a0y", "a" * 5000]


def characters(**kwargs):
    return TextPreprocessor(["a", "b", "\n", "é"], **kwargs)


def words(**kwargs):
    return TextPreprocessor(["the", "cat", ",", "sat"], level="words", **kwargs)


def decoded(texts):
    return [text.decode() for text in texts.numpy()]


def test_ids_of_characters():
    assert (PADDING, UNKNOWN, START, END) == (0, 1, 2, 3)
    ids = characters()(["ab", "é?\n", ""])
    assert ids.dtype == tf.int32
    assert ids.numpy().tolist() == [[2, 4, 5, 3, 0], [2, 7, 1, 6, 3], [2, 3, 0, 0, 0]]
    assert characters().tokenize(["ab", ""]).to_list() == [[4, 5], []]
    assert characters().unknown_count(ids).numpy().tolist() == [0, 1, 0]
    assert decoded(characters().detokenize(ids)) == ["ab", "é\N{REPLACEMENT CHARACTER}\n", ""]


def test_windows_have_neither_start_nor_end():
    preprocessor = characters(sentences=False)
    assert preprocessor(["ab", ""]).numpy().tolist() == [[4, 5], [0, 0]]
    assert preprocessor.encode_prompts(["ab", ""]).numpy().tolist() == [[4, 5], [6, 0]]
    assert (preprocessor.start_id, preprocessor.end_id) == (6, -1)
    assert TextPreprocessor(["a"], sentences=False).start_id == START
    assert (characters().start_id, characters().end_id) == (START, END)


def test_prompts_of_sentences_have_no_end():
    assert characters().encode_prompts(["ab", ""]).numpy().tolist() == [[2, 4, 5], [2, 0, 0]]


@pytest.mark.parametrize("sentences", [True, False])
@pytest.mark.parametrize("make", [characters, words])
def test_nothing_in_gives_a_column(make, sentences):
    preprocessor = make(sentences=sentences)
    for ids in (preprocessor([""]), preprocessor.encode_prompts([""])):
        assert ids.shape[0] == 1 and ids.shape[1] >= 1
        assert decoded(preprocessor.detokenize(ids)) in ([""], ["\n"])
    for ids in (preprocessor([]), preprocessor.encode_prompts([])):
        assert ids.shape[0] == 0 and ids.shape[1] >= 1
        assert preprocessor.detokenize(ids).shape == (0,)
    assert preprocessor.detokenize(tf.zeros([2, 0], tf.int32)).numpy().tolist() == [b"", b""]


def test_words():
    preprocessor = words(lowercase=True)
    ids = preprocessor(["The cat, sat.", "  the\u00a0CAT\n"])
    assert ids.numpy().tolist() == [[2, 4, 5, 6, 7, 1, 3], [2, 4, 5, 3, 0, 0, 0]]
    assert decoded(preprocessor.detokenize(ids)) == ["the cat , sat [UNK]", "the cat"]
    assert words(split="whitespace").tokenize(["the cat, ,"]).to_list() == [[4, 1, 6]]


def test_unknown_word_goes_through_a_round_trip():
    ids = words()(["the dog [UNK] , [sat]"])
    assert ids.numpy().tolist() == words()(words().detokenize(ids)).numpy().tolist()


def test_words_by_a_plain_python_rule():
    """Whitespace and control characters separate, each character of the categories P and S is a word."""
    import unicodedata

    def rule(text):
        kinds = ((c, unicodedata.category(c)) for c in text)
        spaced = (" " if kind[0] == "Z" or kind == "Cc" else f" {c} " if kind[0] in "PS" else c for c, kind in kinds)
        return "".join(spaced).split()

    texts = [*TEXTS, "don't — stop… 5€ + «oui» x_y #1 😀", "\u2028 a\x1fb\x00c"]
    found = strings.words(strings.clean(tf.constant(texts)))
    assert [[word.decode() for word in row] for row in found.to_list()] == [rule(text) for text in texts]


def test_detokenize_stops_at_the_first_end():
    ids = [[2, 4, 0, 5, 3, 4, 3], [4, 4, 99, -1, 5, 5, 5]]
    assert decoded(characters().detokenize(ids)) == ["ab", "aa\ufffd\ufffdbbb"]


def test_invalid_utf8_counts_as_one_replacement_character_each():
    ids = characters()([b"a\xffb", b"\xc3"])
    assert ids.numpy().tolist() == [[2, 4, 1, 5, 3], [2, 1, 3, 0, 0]]
    assert string_tensor(["\ud800"]).shape == (1,)
    assert characters()(["\ud800"]).numpy().tolist()[0][1] == UNKNOWN
    assert words()([b"the \xff cat"]).numpy().tolist() == [[2, 4, 1, 5, 3]]


def test_round_trip_of_known_characters():
    preprocessor = TextPreprocessor.learn(TEXTS)
    assert decoded(preprocessor.detokenize(preprocessor(TEXTS))) == TEXTS
    assert not preprocessor.unknown_count(preprocessor(TEXTS)).numpy().any()


def test_learn_orders_by_frequency():
    assert TextPreprocessor.learn(["ccab", "ca"]).vocabulary == ["c", "a", "b"]
    assert TextPreprocessor.learn(["ccab", "ca"], min_count=2).vocabulary == ["c", "a"]
    assert TextPreprocessor.learn(["ccab", "ca"], vocabulary_size=5).vocabulary == ["c"]
    learned = TextPreprocessor.learn(iter(["B a", "b c", "[UNK]"]), level="words", lowercase=True)
    assert learned.vocabulary == ["b", "a", "c"] and learned.vocabulary_size == 7


def test_a_vocabulary_of_one_token():
    preprocessor = TextPreprocessor(["a"])
    assert preprocessor.vocabulary_size == 5
    assert preprocessor(["aba"]).numpy().tolist() == [[2, 4, 1, 4, 3]]


def test_a_batch_equals_one_by_one_and_a_graph():
    preprocessor = TextPreprocessor.learn(TEXTS, level="words", min_count=1)
    batch = preprocessor(TEXTS).numpy()
    graph = tf.function(preprocessor, input_signature=[tf.TensorSpec([None], tf.string)])
    np.testing.assert_array_equal(graph(tf.constant(TEXTS)), batch)
    mapped = tf.data.Dataset.from_tensor_slices(TEXTS).batch(5).map(preprocessor)
    np.testing.assert_array_equal(next(iter(mapped)), batch)
    for text, row in zip(TEXTS, batch, strict=True):
        alone = preprocessor([text]).numpy()[0]
        np.testing.assert_array_equal(np.trim_zeros(row), alone)


def test_config_and_keras_file(revive, round_trip):
    preprocessor = words(lowercase=True, split="whitespace", sentences=False, name="mine")
    json.dumps(preprocessor.get_config())
    revived = revive(preprocessor)
    assert revived.get_config() == preprocessor.get_config()
    inputs = keras.Input((), dtype="string")
    model = round_trip(keras.Model(inputs, preprocessor(inputs)))
    np.testing.assert_array_equal(model(tf.constant(["the CAT ,"])), [[4, 5, 6]])


def test_saved_model_needs_the_tables_alone(tmp_path):
    preprocessor = characters()
    archive = keras.export.ExportArchive()
    for table in preprocessor.lookups:
        archive.track(table)
    spec = [tf.TensorSpec([None], tf.string)]
    archive.add_endpoint("echo", lambda texts: preprocessor.detokenize(preprocessor(texts)), spec)
    archive.write_out(tmp_path / "model", verbose=False)
    assert decoded(tf.saved_model.load(tmp_path / "model").echo(tf.constant(["ab", "", "x"]))) == ["ab", "", "\ufffd"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"vocabulary": []}, "The vocabulary is empty. Expected at least one token. Received: vocabulary=[]"),
        ({"vocabulary": ["a", "a"]}, "The vocabulary has a token twice. Expected distinct tokens. Received: 'a'"),
        ({"vocabulary": ["a", ""]}, "Wrong token. Expected non-empty str. Received: '' in the vocabulary"),
        ({"vocabulary": ["a", 3]}, "Wrong token. Expected non-empty str. Received: 3 in the vocabulary"),
        ({"vocabulary": ["a"], "level": "bytes"}, "Unknown level. Expected one of "),
        ({"vocabulary": ["a"], "split": "none"}, "Unknown split. Expected one of "),
    ],
)
def test_errors(arguments, message):
    with pytest.raises(ValueError) as error:
        TextPreprocessor(**arguments)
    assert str(error.value).startswith(message) and "\n" not in str(error.value)


@pytest.mark.parametrize("texts", ["one", 3, [3], [["a"]], {"texts": ["a"]}, tf.zeros([2]), tf.constant([["a"]])])
def test_what_is_no_list_of_texts(texts):
    with pytest.raises(
        ValueError, match=r"^Wrong texts\. Expected a list of str, or strings of shape \(batch,\)\. Rec"
    ):
        characters().tokenize(texts)


def test_nothing_to_learn():
    with pytest.raises(ValueError, match=r"^No token to learn\. Expected texts with a token that is there 2 times\."):
        TextPreprocessor.learn(["ab"], min_count=2)
    with pytest.raises(ValueError, match=r"^Expected min_count of at least 1 and vocabulary_size above 4\. Received"):
        TextPreprocessor.learn(["ab"], vocabulary_size=4)
