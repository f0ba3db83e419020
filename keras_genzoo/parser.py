"""The commands of `genzoo` and their options."""

import argparse

EXAMPLES = {
    "list": "genzoo list",
    "train": "genzoo train vae-digits --set epochs=50 --set latent_dim=2 --run-dir runs/two",
    "evaluate": "genzoo evaluate runs/vae-digits --json",
    "generate": "genzoo generate runs/vae-digits --num-samples 64 --seed 1 --out samples.png",
    "tune": "genzoo tune vae-digits --max-trials 10 --set epochs=20",
    "export": "genzoo export runs/vae-digits --to saved_models/vae-digits",
    "inspect": "genzoo inspect runs/vae-digits",
    "verify": "genzoo verify",
    "benchmark": "genzoo benchmark",
}


def make_parser(commands):
    """The parser of `genzoo`, whose result has the function to call as `command`; `commands` has these by name."""
    made = argparse.ArgumentParser(prog="genzoo", description="Generative models for Keras: train, measure, export.")
    group = made.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def add(name, text):
        command = group.add_parser(
            name, help=text, description=text, epilog=f"example: {EXAMPLES[name]}",
        )  # fmt: skip
        command.set_defaults(command=commands[name])
        return command

    add("list", "List the recipes.")
    train = add("train", "Train a recipe, evaluate, draw and export it into a folder.")
    train.add_argument("recipe", metavar="RECIPE", help="a name that `genzoo list` shows")
    _add_run_options(train)
    train.add_argument("--resume", action="store_true", help="go on with an interrupted run, exactly")
    _add_language_model(train)
    evaluate = add("evaluate", "Measure a trained model on held-out data.")
    evaluate.add_argument("path", metavar="PATH", help="a run or another folder with a manifest.json")
    evaluate.add_argument("--json", action="store_true", help="print JSON in place of a table")
    evaluate.add_argument("--data-dir", metavar="DIR", help="folder of data sets")
    evaluate.add_argument(
        "--split", default="test", choices=["train", "validation", "test"], help="part of the data; default: test"
    )
    evaluate.add_argument(
        "--num-samples", type=int, metavar="N", help="importance samples, or samples to measure; default: the recipe's"
    )
    _add_language_model(evaluate)
    generate = add("generate", "Generate images, points or texts by a trained model's SavedModel.")
    generate.add_argument("path", metavar="PATH", help="a run or another folder with a manifest.json")
    generate.add_argument(
        "--num-samples", type=int, metavar="N",
        help="default: 16, or one text a prompt; N translations of a text stand in N lines, the best first",
    )  # fmt: skip
    generate.add_argument("--seed", type=int, default=0, metavar="N", help="default: 0")
    generate.add_argument("--label", type=int, metavar="N", help="class, of a conditional model; default: all in turn")
    generate.add_argument(
        "--prompt", dest="prompts", action="append", metavar="TEXT",
        help="what a text begins with, or is to be translated; may be repeated",
    )  # fmt: skip
    generate.add_argument("--input", metavar="FILE", help="texts to translate, one a line; - for standard input")
    generate.add_argument("--max-length", type=int, metavar="N", help="new tokens; default: 200, of sentences 60")
    generate.add_argument("--temperature", type=float, metavar="T", help="0 is greedy; default: 1")
    generate.add_argument("--top-k", type=int, metavar="K", help="draw from the K best tokens; default: 0, off")
    generate.add_argument("--top-p", type=float, metavar="P", help="draw from the best tokens of this probability")
    generate.add_argument("--beam-width", type=int, metavar="N", help="of a translation's search; default: 5")
    generate.add_argument("--length-penalty", type=float, metavar="P", help="of a translation's score; default: 1")
    generate.add_argument(
        "--out", metavar="FILE",
        help=".png or .npz of images, default samples.png; of texts, default: print them; .png of a translator: "
        "what it attends to",
    )  # fmt: skip
    tune = add("tune", "Search the hyperparameters of a recipe; goes on with a search that was cut off.")
    tune.add_argument("recipe", metavar="RECIPE", help="a name that `genzoo list` shows")
    tune.add_argument(
        "--max-trials", type=int, required=True, metavar="N", help="trials in all, those of earlier calls counted"
    )
    tune.add_argument(
        "--tuner", default="bayesian", choices=["bayesian", "random", "hyperband"], help="default: bayesian"
    )
    _add_run_options(tune)
    export = add("export", "Copy a finished run's model, manifest and card to a new folder.")
    export.add_argument("run", metavar="RUN", help="the folder of a finished run")
    export.add_argument("--to", required=True, metavar="DIR", help="folder to write, which must be new")
    inspect = add("inspect", "Show signatures, ops, devices and checksums of a SavedModel.")
    inspect.add_argument("path", metavar="DIR", help="a run, another folder with a manifest.json, or a SavedModel")
    add("verify", "Check objectives, bounds and gradients against exact answers.")
    benchmark = add("benchmark", "Time training against the usual way on this machine.")
    benchmark.add_argument("--quick", action="store_true", help="fewer rounds")
    return made


def _add_run_options(command):
    command.add_argument(
        "--set",
        action="append",
        metavar="NAME=VALUE",
        help="override a setting, such as units=256,128; may be repeated",
    )
    command.add_argument("--data-dir", metavar="DIR", help="folder of data sets")
    command.add_argument("--run-dir", metavar="DIR", help="folder to write; default: below runs/")


def _add_language_model(command):
    command.add_argument(
        "--language-model", metavar="DIR", help="a finished run of a language model, to measure a text VAE beside it"
    )
