import pytest
import tensorflow as tf

from keras_genzoo.preprocessing import TextPreprocessor, languages

TYPED = {
    "english": [
        ("A man's dog, it isn't his.", "A man 's dog , it isn 't his ."),
        ("They're at 5:30, in St. Louis (U.S.A.)...", "They 're at 5 : 30 , in St. Louis ( U.S.A. ) ..."),
        ("It cost $5.50, or 1,000 yen!", "It cost $ 5.50 , or 1,000 yen !"),
        ('He said "hi there" to 50% of us.', 'He said " hi there " to 50 % of us .'),
        ("a t-shirt & jeans; #1", "a t-shirt & jeans ; # 1"),
        ("No. He left", "No . He left"),
    ],
    "german": [
        ('Ein Mann im "Open"-Hemd, er steht.', 'Ein Mann im " Open " -Hemd , er steht .'),
        ("Bei McDonald's: um 3,50 Uhr?", "Bei McDonald ' s : um 3,50 Uhr ?"),
        ("Die Straße (groß) ist schön!", "Die Straße ( groß ) ist schön !"),
    ],
    "french": [
        ("Qu'un homme l'attrape, d'accord.", "Qu' un homme l' attrape , d' accord ."),
        ("Aujourd'hui, c'est l'été !", "Aujourd' hui , c' est l' été !"),
    ],
}
PAIRS = [(language, typed, tokens) for language, pairs in TYPED.items() for typed, tokens in pairs]


def tokenized(text, language):
    return languages.tokenized(tf.constant([text]), language).numpy()[0].decode()


def detokenized(text, language):
    return languages.detokenized(tf.constant([text]), language).numpy()[0].decode()


@pytest.mark.parametrize(("language", "typed", "tokens"), PAIRS)
def test_there_and_back(language, typed, tokens):
    assert tokenized(typed, language) == tokens
    assert tokenized(tokens, language) == tokens, "tokenised text stays as it is"
    assert detokenized(tokens, language) == typed


@pytest.mark.parametrize("language", languages.LANGUAGES)
def test_quotation_marks_spaces_and_escapes_are_normalised(language):
    assert tokenized("\u201ea\u201c\u00a0«b» \u2013 c\u2026\u200a ", language) == '" a " " b " - c ...'
    assert tokenized("x &amp; &quot;y&quot; &lt;", language) == 'x & " y " <'
    for text in ("", "   ", "\n"):
        assert tokenized(text, language) == detokenized(text.strip(), language) == ""


def test_of_moses_files():
    assert tokenized("two women &apos;s dogs", "english") == "two women 's dogs"
    assert tokenized("mcdonald &apos; s", "german") == "mcdonald ' s"
    assert tokenized("qu&apos; un", "french") == "qu' un"


@pytest.mark.parametrize("level", ["words", "subwords"])
@pytest.mark.parametrize("language", languages.LANGUAGES)
def test_preprocessor(language, level):
    typed, tokens = map(list, zip(*TYPED[language], strict=True))
    preprocessor = TextPreprocessor.learn(typed, level=level, split=language)
    assert [text.decode() for text in preprocessor.join(preprocessor(typed)).numpy()] == tokens
    assert [text.decode() for text in preprocessor.detokenize(preprocessor(typed)).numpy()] == typed
    assert preprocessor(tokens).numpy().tolist() == preprocessor(typed).numpy().tolist()


def test_unknown_word_goes_through_a_round_trip():
    preprocessor = TextPreprocessor(["a", ","], level="words", split="english")
    ids = preprocessor(["a dog, a", "[UNK]"])
    assert ids.numpy().tolist() == [[2, 4, 1, 5, 4, 3], [2, 1, 3, 0, 0, 0]]
    assert preprocessor(preprocessor.detokenize(ids)).numpy().tolist() == ids.numpy().tolist()
