import collections
import itertools
import random

import numpy as np
import pytest
import tensorflow as tf

from keras_genzoo.data import grammar
from keras_genzoo.preprocessing import TextPreprocessor, subwords
from keras_genzoo.preprocessing.strings import REPLACEMENT

GERMAN = [
    "Ein Mann in einem blauen Hemd steht auf einer Leiter und putzt ein Fenster.",
    "Zwei junge weiße Männer sind im Freien in der Nähe vieler Büsche.",
    "„Texas Smoked“-Fleisch, 5 € das Stück (heiß!)",
    "Donaudampfschifffahrtsgesellschaftskapitänsmützenknopfloch " * 3,
]
STRANGE = ["", " ", "日本語 abc日本def 😀", "a" * 1000, "xyz" * 100 + ".", "▁a▁▁b", "...!?", "\u2028 a\tb\n", "don't"]


@pytest.fixture(scope="module")
def texts():
    generator, made = random.Random(3), grammar.Grammar(grammar.RULES, "SENTENCE")
    return [made.sample(generator)[0].replace(" .", ".").capitalize() for _ in range(400)] + GERMAN


@pytest.fixture(scope="module", params=["punctuation", "whitespace"])
def learned(request, texts):
    return TextPreprocessor.learn(texts, level="subwords", vocabulary_size=350, split=request.param)


def library(preprocessor):
    """The same tokenizer of the `tokenizers` library, with that library's own splitting."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers

    tokens = ["[PAD]", REPLACEMENT, "[START]", "[END]", *preprocessor.vocabulary]
    ids, merges = {token: i for i, token in enumerate(tokens)}, [tuple(merge) for merge in preprocessor.merges]
    tokenizer = Tokenizer(models.BPE(ids, merges, unk_token=REPLACEMENT, fuse_unk=False))
    parts = [pre_tokenizers.Metaspace(prepend_scheme="always")]
    if preprocessor.split == "punctuation":
        parts.append(pre_tokenizers.Split(Regex(r"▁?(?:\p{P}|(?!▁)\p{S})"), "isolated"))
    parts.append(pre_tokenizers.Split(Regex(".{64}"), "isolated"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(parts)
    return tokenizer


def normal(text):
    """What the library is given, which does not join spaces."""
    return " ".join(text.replace("▁", " ").split())


def test_graph_equals_the_library(learned, texts):
    reference = library(learned)
    expected = [reference.encode(normal(text)).ids for text in texts + STRANGE]
    graph = tf.function(learned.tokenize, input_signature=[tf.TensorSpec([None], tf.string)])
    assert graph(tf.constant(texts + STRANGE)).to_list() == expected
    assert [learned.tokenize([text]).to_list()[0] for text in STRANGE] == expected[len(texts) :]
    assert 1 in expected[len(texts) + 2] and max(map(len, expected)) > 16


def test_merges_of_any_order_equal_the_library():
    """Later merges may make parts of earlier ones, and one token in two ways."""
    generator = random.Random(5)
    for _ in range(20):
        tokens = ["▁", "a", "b", "c"]
        merges = []
        for _ in range(12):
            pair = (generator.choice(tokens), generator.choice(tokens))
            if pair not in merges and not pair[1].startswith("▁") and len("".join(pair)) < 7:
                merges.append(pair)
                tokens += ["".join(pair)] if "".join(pair) not in tokens else []
        generator.shuffle(merges)
        preprocessor = TextPreprocessor(tokens, level="subwords", merges=merges)
        lines = ["".join(generator.choices("abc ", weights=(3, 3, 3, 1), k=40)) for _ in range(30)]
        reference = library(preprocessor)
        assert preprocessor.tokenize(lines).to_list() == [reference.encode(normal(line)).ids for line in lines]


def test_nothing_but_spaces_is_lost(learned, texts):
    known = [text for text in texts + STRANGE if "日" not in text and "xyz" not in text]
    back = [text.decode() for text in learned.detokenize(learned(known)).numpy()]
    assert [t for t in back if REPLACEMENT not in t] == [
        normal(t) for t, b in zip(known, back, strict=True) if REPLACEMENT not in b
    ]
    assert sum(REPLACEMENT not in text for text in back) > 395


def test_pieces():
    found = subwords.pieces(tf.constant(["Hi, (you)  x", "", "a" * 130, "▁"])).to_list()
    expected = [["▁Hi", ",", "▁(", "you", ")", "▁x"], [], ["▁" + "a" * 63, "a" * 64, "aaa"], []]
    assert found == [[piece.encode() for piece in row] for row in expected]
    kept = subwords.pieces(tf.constant(["Hi, (you)"]), "whitespace").to_list()
    assert kept == [["▁Hi,".encode(), "▁(you)".encode()]]


def test_a_batch_equals_one_by_one(learned, texts):
    batch = learned.tokenize(texts[:20] + STRANGE).to_list()
    assert batch == [learned.tokenize([text]).to_list()[0] for text in texts[:20] + STRANGE]
    assert learned.tokenize([]).to_list() == [] and learned([""]).numpy().tolist() == [[2, 3]]


def test_learning_is_deterministic_and_counts_the_special_ids(learned, texts):
    again = TextPreprocessor.learn(iter(texts), level="subwords", vocabulary_size=350, split=learned.split)
    assert again.get_config()["vocabulary"] == learned.get_config()["vocabulary"]
    assert again.get_config()["merges"] == learned.get_config()["merges"]
    assert again.vocabulary_size == 350
    few = TextPreprocessor.learn(["aa ab"], level="subwords", min_count=2)
    assert few.merges == [["▁", "a"]] and set(few.vocabulary) == {"▁", "a", "b", "▁a"}


def test_config_and_saved_model(learned, revive, tmp_path):
    revived = revive(learned)
    assert revived.get_config() == learned.get_config()
    np.testing.assert_array_equal(revived(GERMAN), learned(GERMAN))
    module = tf.Module()
    module.tables = learned.lookups
    module.echo = tf.function(lambda t: learned.detokenize(learned(t)), [tf.TensorSpec([None], tf.string)])
    tf.saved_model.save(module, tmp_path / "model")
    assert len(learned.lookups) == 3
    echo = tf.saved_model.load(tmp_path / "model").echo(tf.constant(GERMAN[:2])).numpy()
    assert [text.decode() for text in echo] == GERMAN[:2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"level": "subwords"},
            "Expected merges for subwords, and only for them. Received: level='subwords' with",
        ),
        ({"merges": []}, "Expected merges for subwords, and only for them. Received: level='characters' with merges"),
        ({"level": "subwords", "merges": [("a", "c")]}, "Wrong merge. Expected distinct pairs of tokens that make a "),
        ({"level": "subwords", "merges": [("b", "a")]}, "Wrong merge. Expected distinct pairs of tokens that make a "),
        ({"level": "subwords", "merges": [("a", "b")] * 2}, "Wrong merge. Expected distinct pairs of tokens that make"),
    ],
)
def test_errors(arguments, message):
    with pytest.raises(ValueError) as error:
        TextPreprocessor(["a", "b", "ab"], **arguments)
    assert str(error.value).startswith(message) and "\n" not in str(error.value)


def test_nothing_to_learn():
    with pytest.raises(ValueError, match=r"^No token to learn\. Expected texts that are not empty\. Received: no char"):
        TextPreprocessor.learn(["", " "], level="subwords")


def test_no_merges_are_characters():
    preprocessor = TextPreprocessor(["▁", "a", "b"], level="subwords", merges=[])
    assert preprocessor.tokenize(["ab a"]).to_list() == [[4, 5, 6, 4, 5]]


def distribution(symbols, merges, dropout):
    """From the cuts of a piece to their probabilities, by going through all that algorithm 1 may pass over."""
    pairs = list(itertools.pairwise(symbols))
    places = [i for i, pair in enumerate(pairs) if pair in merges]
    found = collections.Counter()
    for kept in itertools.product([True, False], repeat=len(places)):
        probability = dropout ** kept.count(False) * (1 - dropout) ** kept.count(True)
        left = [i for i, keep in zip(places, kept, strict=True) if keep]
        if not left:
            found[symbols] += probability
            continue
        place = min(left, key=lambda i: (merges.index(pairs[i]), i))
        merged = (*symbols[:place], symbols[place] + symbols[place + 1], *symbols[place + 2 :])
        for cut, share in distribution(merged, merges, dropout).items():
            found[cut] += probability * share
    return found


@pytest.mark.parametrize("dropout", [0.1, 0.5])
def test_dropout_cuts_as_often_as_algorithm_1(dropout):
    tokens = ["▁", "a", "b", "▁a", "ab", "aba", "▁ab"]
    merges = [("a", "b"), ("▁", "a"), ("ab", "a"), ("▁", "ab"), ("▁a", "b")]
    preprocessor = TextPreprocessor(tokens, level="subwords", merges=merges)
    count = 20_000
    cuts = preprocessor.tokenize(["abab"] * count, dropout, (3, 4)).to_list()
    found = collections.Counter(tuple(tokens[i - 4] for i in cut) for cut in cuts)
    expected = distribution(("▁", "a", "b", "a", "b"), merges, dropout)
    assert set(found) <= set(expected) and len(expected) > 8 and sum(expected.values()) == pytest.approx(1)
    for cut, probability in expected.items():
        assert abs(found[cut] / count - probability) < 4.5 * (probability * (1 - probability) / count) ** 0.5 + 1e-9


def test_dropout_is_a_function_of_its_seed_and_loses_nothing(learned, texts):
    cut = learned.tokenize(texts, 0.3, (0, 1))
    assert cut.to_list() == learned.tokenize(texts, 0.3, (0, 1)).to_list()
    assert cut.to_list() != learned.tokenize(texts, 0.3, (0, 2)).to_list()
    assert len(cut.flat_values) > 1.1 * len(learned.tokenize(texts).flat_values)
    np.testing.assert_array_equal(learned.detokenize(cut.to_tensor()), learned.detokenize(learned(texts)))
    same = {tuple(cut) for cut in learned.tokenize(["Fenster"] * 30, 0.5, (0, 0)).to_list()}
    assert len(same) > 2  # not one cut for all that are the same
    alone = learned.tokenize(texts[-4:], 1.0, (0, 0))
    assert alone.row_lengths().numpy().tolist() == [
        sum(len(piece.decode()) for piece in row) for row in subwords.pieces(texts[-4:], learned.split).to_list()
    ]


@pytest.mark.parametrize(
    "level, dropout, seed", [("subwords", 1.5, (0, 0)), ("subwords", 0.1, None), ("words", 0.1, (0, 0))]
)
def test_dropout_that_means_nothing_is_refused(level, dropout, seed):
    preprocessor = TextPreprocessor.learn(["a b"], level=level)
    with pytest.raises(
        ValueError, match=r"^Expected dropout in \[0, 1\], and 0 without a seed and but for subwords\. Rec"
    ):
        preprocessor.tokenize(["a b"], dropout, seed)
