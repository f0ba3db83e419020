"""What the codes and samples of a text VAE are worth to a classifier of requests that has few labels."""

import argparse
import pathlib
import tempfile

from common import publish

import keras_genzoo as genzoo
from keras_genzoo.evaluation import few_labels, format_few_labels

RECIPE = "text-vae-snips"
CONDITIONAL = {"labelled": True}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", help="folder of data sets; default GENZOO_DATA_DIR")
    parser.add_argument("--runs", help="folder for the runs, by which it can be interrupted; default a temporary one")
    parser.add_argument("--quick", action="store_true", help="small networks, one draw; writes no result")
    given = parser.parse_args()
    recipe = genzoo.recipes.get(RECIPE)
    splits = recipe.load(recipe.settings(), given.data_dir)
    changes, options = (recipe.smoke, {"sizes": (1,), "draws": 1}) if given.quick else ({}, {})
    with tempfile.TemporaryDirectory() as temporary:
        runs = pathlib.Path(given.runs or temporary)
        model, conditional = (
            genzoo.train(RECIPE, run_dir=runs / name, data_dir=given.data_dir, resume=True, **changes, **settings)[0]
            for name, settings in (("codes", {}), ("conditional", CONDITIONAL))
        )
    rows = few_labels(model, splits, conditional, verbose=1, **options)
    labels, tests = len(splits.train.labels), len(splits.test)
    line = f"{labels:,} requests for training, {tests:,} for testing, {splits.info['num_classes']} intents; seed 0"
    table = f"```\n{format_few_labels(rows)}\n```"
    publish("few_labels", line, table, {"rows": rows}, write=not given.quick)


if __name__ == "__main__":
    main()
