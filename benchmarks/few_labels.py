"""What the codes and samples of a text VAE are worth to a classifier of requests that has few labels."""

from common import publish, run_folders, training_arguments

import keras_genzoo as genzoo
from keras_genzoo.evaluation import few_labels, format_few_labels

RECIPE = "text-vae-snips"
CONDITIONAL = {"labelled": True}


def main():
    with run_folders(training_arguments(__doc__, "small networks, one draw")) as given:
        compare(given)


def compare(given):
    """Trains both models, then prints the table and writes it."""
    recipe = genzoo.recipes.get(RECIPE)
    changes, options = (recipe.smoke, {"sizes": (1,), "draws": 1}) if given.quick else ({}, {})
    splits = recipe.load(recipe.settings(), given.data_dir)
    model, _ = genzoo.train(RECIPE, run_dir=given.runs / "codes", splits=splits, resume=True, **changes)
    conditional, _ = genzoo.train(
        RECIPE, run_dir=given.runs / "conditional", data_dir=given.data_dir, resume=True, **changes, **CONDITIONAL
    )
    rows = few_labels(model, splits, conditional, verbose=1, **options)
    labels, tests = len(splits.train.labels), len(splits.test)
    line = f"{labels:,} requests for training, {tests:,} for testing, {splits.info['num_classes']} intents; seed 0"
    table = f"```\n{format_few_labels(rows)}\n```"
    publish("few_labels", line, table, {"rows": rows}, write=not given.quick)


if __name__ == "__main__":
    main()
