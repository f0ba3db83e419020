"""Nats a token of n-grams with Kneser-Ney smoothing on the tokens of the text recipes: what their models must beat."""

import argparse
import math
import time

from common import publish

from keras_genzoo import recipes
from keras_genzoo.baselines import KneserNey

ORDERS = {"lstm-grammar": (3, 5), "lstm-snips": (3, 5), "lstm-captions": (3, 5), "lstm-shakespeare": (5, 7)}
HEADER = "| recipe | order | nats a token | perplexity | nats a text | tokens | unknown | seconds |"


def measured(name, data_dir):
    """A row for every order, on the test part."""
    recipe = recipes.get(name)
    splits = recipe.load(recipe.settings(), data_dir)
    preprocessor, test = splits.train.encoding.preprocessor, splits.test.texts
    for order in ORDERS[name]:
        start = time.perf_counter()
        scores = KneserNey(splits.train.texts, preprocessor, order).score(test)
        nats, tokens, unknown = (float(scores[key].sum()) for key in ("nats", "tokens", "unknown"))
        yield row(name, order, nats, tokens, unknown, len(test), time.perf_counter() - start)
    if "nats" in splits.info:  # of a source whose probabilities are known
        yield row(name, "the source", splits.info["nats"]["test"] * len(test), tokens, 0, len(test), 0.0)


def row(name, order, nats, tokens, unknown, num_texts, seconds):
    return {
        "recipe": name,
        "order": order,
        "nll": nats / tokens,
        "perplexity": math.exp(nats / tokens),
        "nats_per_text": nats / num_texts,
        "tokens": int(tokens),
        "unknown_share": unknown / tokens,
        "seconds": seconds,
    }


def formatted(rows):
    lines = [HEADER, "|---|---|---:|---:|---:|---:|---:|---:|"]
    form = (
        "| `{recipe}` | {order} | {nll:.4f} | {perplexity:.2f} | {nats_per_text:.2f} | {tokens} | {unknown_share:.1%} "
    )
    return "\n".join([*lines, *((form + "| {seconds:.0f} |").format(**found) for found in rows)])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", help="folder of data sets; default GENZOO_DATA_DIR")
    parser.add_argument("--recipes", nargs="+", choices=ORDERS, help="some only; writes no result")
    given = parser.parse_args()
    rows = [found for name in given.recipes or ORDERS for found in measured(name, given.data_dir)]
    publish("kneser_ney", "", formatted(rows), {"rows": rows}, write=not given.recipes)


if __name__ == "__main__":
    main()
