"""What an objective of a VAE is worth on equal networks, data and updates: the likelihood against the updates."""

import json

from common import RESULTS, publish, run_folders, training_arguments

import keras_genzoo as genzoo
from keras_genzoo.visualization import style

RECIPE, EPOCHS = "vae-mnist", 40
OBJECTIVES = {
    "ELBO": ("elbo", 1),
    "ELBO, path derivative": ("dreg", 1),
    "IWAE, 5 samples": ("iwae", 5),
    "DReG, 5 samples": ("dreg", 5),
    "IWAE, 50 samples": ("iwae", 50),
    "DReG, 50 samples": ("dreg", 50),
}
MEASURING = {"num_samples": 1000, "max_examples": 1000}
COLUMNS = ("log_likelihood", "elbo", "kl", "active_units")


def measured(name, splits, given, measuring):
    """One run, gone on with if it was interrupted, as a dict: the columns, the seconds, and the curve."""
    objective, num_samples = OBJECTIVES[name]
    settings = {"objective": objective, "num_samples": num_samples, "epochs": 1 if given.quick else EPOCHS}
    folder = given.runs / f"{objective}-{num_samples}"
    model, history = genzoo.train(RECIPE, run_dir=folder, splits=splits, resume=True, **settings)
    results = genzoo.evaluate(model, splits, **measuring)
    rows = map(json.loads, (folder / "history.jsonl").read_text().splitlines())
    curve = [[row["updates"], row["val_log_likelihood"]] for row in rows if "val_log_likelihood" in row]
    seconds = sum(history["seconds"]) / len(history["seconds"])
    found = {"objective": name, **{column: results[column] for column in COLUMNS}, "seconds_an_epoch": seconds}
    return {**found, "standard_error": results["log_likelihood_standard_error"], "curve": curve}


def formatted(rows):
    """A Markdown table, a line an objective: at a quarter, half and all of the updates, then on the test images."""
    marks = [rows[0]["curve"][len(rows[0]["curve"]) * part // 4 - 1][0] for part in (1, 2, 4)]
    head = [*(f"validation, {updates:,} updates" for updates in marks), "test", "ELBO", "KL", "active units"]
    lines = ["| objective | " + " | ".join(head) + " | s an epoch |", "|---|" + "---:|" * (len(head) + 1)]
    for row in rows:
        curve = dict(row["curve"])
        cells = [*(f"{curve[updates]:.2f}" for updates in marks), *(f"{row[name]:.2f}" for name in COLUMNS[:3])]
        cells += [str(row["active_units"]), f"{row['seconds_an_epoch']:.0f}"]
        lines.append(f"| {row['objective']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def picture(rows):
    """The validation images' negative log-likelihood against the updates, a line an objective."""
    figure = style.figure_of(6, 4)
    axes = style.styled(figure.add_subplot(), "", "updates", "nats, 1,000 validation images")
    for row, color in zip(rows, style.COLORS, strict=False):
        updates, bound = zip(*row["curve"], strict=True)
        axes.plot(updates, [-value for value in bound], label=row["objective"], color=color, linewidth=1.4)
    axes.legend(fontsize=style.FONT_SIZE, frameon=False)
    return figure


def main():
    parser = training_arguments(__doc__, "one epoch")
    parser.add_argument("--objectives", nargs="+", choices=OBJECTIVES, default=list(OBJECTIVES), help="some only")
    with run_folders(parser) as given:
        measuring = {"num_samples": 10, "max_examples": 100} if given.quick else MEASURING
        recipe, rows = genzoo.recipes.get(RECIPE), []
        splits = recipe.load(recipe.settings(), given.data_dir)
        for name in given.objectives:
            rows.append(measured(name, splits, given, measuring))
            print(rows[-1], flush=True)
    complete = not given.quick and len(rows) == len(OBJECTIVES)
    line = (
        f"Log-likelihood in nats; {rows[0]['curve'][-1][0]:,} updates, seed 0; test: the first "
        f"{measuring['max_examples']:,} images, K = {measuring['num_samples']:,}, standard error "
        f"{max(row['standard_error'] for row in rows):.2f}; validation: 1,000 images, K = 200"
    )
    publish("likelihoods", line, formatted(rows), {"rows": rows}, write=complete)
    if complete:
        style.save(picture(rows), RESULTS / "likelihoods.png")


if __name__ == "__main__":
    main()
