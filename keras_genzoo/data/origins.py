"""Where data sets that are read from files come from, and on what terms: for manifests and model cards."""

FLICKR = "research and education only (the terms of Flickr, whose photographs are described)"
MULTI30K = "https://github.com/multi30k/dataset (Elliott et al. 2016, Multi30K)"
SNIPS = "https://github.com/MiuLab/SlotGated-SLU (Coucke et al. 2018, Snips Voice Platform; Goo et al. 2018)"
ATIS = "https://github.com/jkkummerfeld/text2sql-data, data/non-sql-data"

ORIGINS = {  # by the name of the set: its origin, and its terms where they are known
    "mnist": ("http://yann.lecun.com/exdb/mnist/ (LeCun, Cortes & Burges, The MNIST database)", "CC BY-SA 3.0"),
    "tiny_shakespeare": (
        "https://github.com/karpathy/char-rnn/blob/master/data/tinyshakespeare/input.txt",
        "public domain text",
    ),
    "multi30k": (f"{MULTI30K}, task 1", FLICKR),
    "captions": (f"{MULTI30K}, task 2, English", FLICKR),
    "snips": (SNIPS, None),
    "atis_logic": (ATIS, None),
}
DOWNLOADED = {"mnist", "tiny_shakespeare"}  # of them those that tensorflow-datasets knows


def origin(name, otherwise):
    """What is known of a set of this name.

    Args:
        name: str.
        otherwise: str, the origin of a set that is not known.

    Returns:
        dict of `origin` and, where they are known, `terms`.

    Example:

    >>> from keras_genzoo.data.origins import origin
    >>> origin("multi30k", "local files")["terms"]
    'research and education only (the terms of Flickr, whose photographs are described)'
    >>> origin("my-texts", "local files")
    {'origin': 'local files'}
    """
    where, terms = ORIGINS.get(name, (otherwise, None))
    return {"origin": where} | ({"terms": terms} if terms else {})
