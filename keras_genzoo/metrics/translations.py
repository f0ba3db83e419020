"""How near translations come to references: BLEU and chrF of sacrebleu, with their signatures, and exact matches."""


def bleu(hypotheses, references, lowercase=False, tokenize="13a"):
    """Corpus BLEU-4 (Papineni et al. 2002) as sacrebleu computes it (Post 2018).

    Args:
        hypotheses, references: lists of str, aligned.
        lowercase: bool. Defaults to `False`.
        tokenize: str, a tokenisation of sacrebleu; `"none"` for text that is tokenised. Defaults to `"13a"`.

    Returns:
        `(score, signature)`: float in [0, 100] and a str that says how it was computed.

    Example:

    >>> from keras_genzoo.metrics import bleu
    >>> score, signature = bleu(["a man sits on a bench ."], ["a man sits on a bench ."])
    >>> round(score), signature.split("|")[0]
    (100, 'nrefs:1')
    """
    from sacrebleu.metrics import BLEU

    return _measured(BLEU(lowercase=lowercase, tokenize=tokenize, force=True), hypotheses, references)


def chrf(hypotheses, references, lowercase=False):
    """Corpus chrF2 (Popovic 2015) as sacrebleu computes it; as `bleu`.

    Example:

    >>> from keras_genzoo.metrics import chrf
    >>> round(chrf(["a man"], ["a man"])[0])
    100
    """
    from sacrebleu.metrics import CHRF

    return _measured(CHRF(lowercase=lowercase), hypotheses, references)


def exact_match(hypotheses, references, lowercase=False):
    """The share of hypotheses that are their references, whatever the white space.

    Example:

    >>> from keras_genzoo.metrics import exact_match
    >>> exact_match(["a  b", "c"], ["a b", "d"])
    0.5
    """
    pairs = [[_plain(text, lowercase) for text in pair] for pair in zip(hypotheses, references, strict=True)]
    return sum(hypothesis == reference for hypothesis, reference in pairs) / max(1, len(pairs))


def _measured(metric, hypotheses, references):
    score = metric.corpus_score(list(hypotheses), [list(references)])
    return float(score.score), str(metric.get_signature())


def _plain(text, lowercase):
    return " ".join((text.lower() if lowercase else text).split())
