"""Every adversarial objective on equal networks, data and updates, over three seeds: what a loss is worth."""

import statistics

from common import publish, training_arguments

import keras_genzoo as genzoo

RECIPE = "lsgan-mnist"
EQUAL = {  # for all: the discriminator's slope is held by its networks, so that no objective needs a penalty
    "epochs": 8,
    "spectral_norm": True,
    "dropout": 0.0,
    "learning_rate": 4e-4,
    "beta_1": 0.0,
    "beta_2": 0.9,
}
OBJECTIVES = ("non_saturating", "minimax", "least_squares", "hinge", "wasserstein", "relativistic")
SEEDS = (0, 1, 2)
COLUMNS = ("frechet_distance", "kernel_distance", "precision", "recall", "class_kl", "classes_covered")


def measured(objective, seed, splits, settings):
    """One run, as a dict of the settings that differ, the updates, and the columns."""
    gan, _ = genzoo.train(RECIPE, splits=splits, objective=objective, seed=seed, verbose=0, **settings)
    results = genzoo.evaluate(gan, splits)
    found = {"objective": objective, "seed": seed, "updates": int(gan.optimizer.iterations)}
    return {**found, **{name: results[name] for name in COLUMNS}, "frechet_floor": results["frechet_floor"]}


def formatted(rows):
    """A Markdown table: the mean over the seeds and in brackets the lowest and the highest."""
    lines = ["| objective | " + " | ".join(name.replace("_", " ") for name in COLUMNS) + " |"]
    lines.append("|---|" + "---:|" * len(COLUMNS))
    for objective in dict.fromkeys(row["objective"] for row in rows):
        cells = []
        for name in COLUMNS:
            values = [row[name] for row in rows if row["objective"] == objective]
            cells.append(f"{statistics.mean(values):.3g} ({min(values):.3g} to {max(values):.3g})")
        lines.append(f"| `{objective}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main():
    parser = training_arguments(__doc__, "one epoch and seed")
    parser.add_argument("--objectives", nargs="+", choices=OBJECTIVES, default=OBJECTIVES, help="some only")
    given = parser.parse_args()
    recipe = genzoo.recipes.get(RECIPE)
    splits = recipe.load(recipe.settings(), given.data_dir)
    settings, seeds = ({**EQUAL, "epochs": 1}, SEEDS[:1]) if given.quick else (EQUAL, SEEDS)
    rows = []
    for objective in given.objectives:
        for seed in seeds:
            rows.append(measured(objective, seed, splits, settings))
            print(rows[-1], flush=True)
    complete = not given.quick and len(given.objectives) == len(OBJECTIVES)
    line = f"{rows[0]['updates']:,} updates; the floor of the Frechet distance is {rows[0]['frechet_floor']:.4f}"
    publish("objectives", line, formatted(rows), {"settings": settings, "rows": rows}, write=complete)


if __name__ == "__main__":
    main()
