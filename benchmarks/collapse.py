"""What keeps a text VAE from collapsing: every remedy on equal networks, data and updates, beside a language model."""

import dataclasses

from common import publish, run_folders, training_arguments

import keras_genzoo as genzoo

RECIPE, LANGUAGE_MODEL = "text-vae-captions", "lstm-captions"
EPOCHS, CAPTIONS = 2, 72_000  # half of the training part
ALONE = {"free_bits": 0.0, "language_model_epochs": 0}
WARM = {"schedule": "linear", "warmup_epochs": 0.5}
FREE = {"free_bits": 5.0, "free_bits_per": "total", "language_model_epochs": 0}
REMEDIES = {
    "none": {**ALONE, "schedule": "constant"},
    "linear warm-up": {**ALONE, **WARM},
    "sigmoid warm-up": {**ALONE, **WARM, "schedule": "sigmoid"},
    "cyclical": {**ALONE, "schedule": "cyclical", "warmup_epochs": 0.25},
    "aggressive encoder": {**ALONE, **WARM, "aggressive": 100},
    "word dropout": {**ALONE, **WARM, "word_dropout": 0.3},
    "autoencoder first": {**ALONE, **WARM, "pretrain_epochs": 1},
    "free bits a dimension": {**ALONE, **WARM, "free_bits": 5.0 / 32},
    "free bits": {**WARM, **FREE},
    "autoencoder first, free bits": {**WARM, **FREE, "pretrain_epochs": 1},
    "language model first, free bits": {**FREE, "schedule": "constant", "language_model_epochs": 1},
}
MEASURING = {"num_samples": 100, "max_examples": 1000, "reverse_epochs": 0}
COLUMNS = {  # of the results, with their digits
    "nats_per_sentence": 2,
    "nats_below_language_model": 2,
    "kl": 2,
    "reconstruction_nll": 2,
    "mutual_information": 2,
    "active_units": 0,
}


def loaded(recipe, given):
    """The splits of a recipe, and settings that all of its runs share."""
    recipe = genzoo.recipes.get(recipe)
    splits = recipe.load(recipe.settings(), given.data_dir)
    if not given.quick:
        return dataclasses.replace(splits, train=splits.train.take(CAPTIONS)), {"epochs": EPOCHS}
    small = {"train": splits.train.take(200), "validation": splits.validation.take(100)}
    return dataclasses.replace(splits, **small), {**recipe.smoke, "epochs": EPOCHS}


def trained(recipe, folder, splits, settings):
    """A model and the minutes its training took; a run that is there already is gone on with, or taken as it is."""
    model, history = genzoo.train(recipe, run_dir=folder, splits=splits, resume=True, **settings)
    return model, sum(history["seconds"]) / 60


def formatted(rows):
    """A Markdown table, a line a remedy."""
    lines = ["| remedy | " + " | ".join(name.replace("_", " ") for name in COLUMNS) + " | minutes |"]
    lines.append("|---|" + "---:|" * (len(COLUMNS) + 1))
    for row in rows:
        cells = [f"{row[name]:.{digits}f}" if name in row else "" for name, digits in COLUMNS.items()]
        lines.append(f"| {row['remedy']} | " + " | ".join(cells) + f" | {row['minutes']:.0f} |")
    return "\n".join(lines)


def main():
    with run_folders(training_arguments(__doc__, "small networks, few sentences")) as given:
        compare(given)


def compare(given):
    """Trains and measures all, then prints the table and writes it."""
    measuring = {**MEASURING, "num_samples": 2, "max_examples": 20} if given.quick else MEASURING
    language_model, minutes = trained(LANGUAGE_MODEL, given.runs / "language-model", *loaded(LANGUAGE_MODEL, given))
    splits, shared = loaded(RECIPE, given)
    rows = []
    for name, settings in REMEDIES.items():
        folder = given.runs / name.replace(", ", "-").replace(" ", "-")
        model, took = trained(RECIPE, folder, splits, {**shared, **settings})
        results = genzoo.evaluate(model, splits, language_model=language_model, **measuring)
        rows.append({"remedy": name, **{column: results[column] for column in COLUMNS}, "minutes": took})
        rows[-1]["standard_error"] = results["nats_below_language_model_standard_error"]
        print(rows[-1], flush=True)
    beside = {"remedy": "language model", "nats_per_sentence": results["language_model_nats_per_sentence"]}
    rows.append({**beside, "minutes": minutes})
    updates = int(model.optimizer.iterations)
    errors = [row["standard_error"] for row in rows[:-1]]
    line = (
        f"{updates:,} updates, seed 0; the first {measuring['max_examples']:,} test captions, K = "
        f"{measuring['num_samples']}; standard error of a difference {min(errors):.2f} to {max(errors):.2f}"
    )
    publish("collapse", line, formatted(rows), {"updates": updates, "rows": rows}, write=not given.quick)


if __name__ == "__main__":
    main()
