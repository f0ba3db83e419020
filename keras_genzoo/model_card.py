"""The model card: an artefact's README.md, made from its manifest alone."""

from keras_genzoo.inspection import describe

EXAMPLES = {"max_length": 60, "beam_width": 5}  # in the snippet; the manifest's are those of a quick check
PROTOCOL = ("seed", "split", "protocol", "beam_width", "length_penalty")
"""How was measured, not what came out; so are names with `num_` or `max_`."""


def model_card(manifest):
    """The card as Markdown: what it is, how to load it, metrics with their protocol, training, data, versions.

    Args:
        manifest: dict with the keys that `keras_genzoo.export` writes; `files` is not needed.

    Returns:
        str. Its Python snippet runs in the artefact's folder, with TensorFlow alone.
    """
    sections = [
        _introduction(manifest),
        ["## Use", *_use(manifest)],
        ["## Metrics", *_metrics(manifest["metrics"])],
        ["## Training", *_training(manifest)],
        ["## Data", _table(("", ""), _flat(manifest["data"]))],
        ["## Latency and size", *_latency(manifest)],
        ["## Versions", _table(("", ""), _flat(manifest["versions"]))],
        ["## Trust and terms", *_terms(manifest["data"])],
    ]
    return "\n\n".join(text for section in sections for text in section if text) + "\n"


def _introduction(manifest):
    title = manifest["recipe"] or manifest["model"]
    picture = [f"![{title}]({manifest['pictures'][0]})"] if manifest["pictures"] else []
    seed = "" if manifest["seed"] is None else f" Trained with seed {manifest['seed']}."
    return [f"# {title}", manifest["description"], f"A `{manifest['model']}` of `keras_genzoo`.{seed}", *picture]


def _use(manifest):
    """The snippet, and the signatures as a table."""
    examples = EXAMPLES | {f"{side}s": [text] for side, text in manifest["data"].get("example", {}).items()}
    lines = ["import tensorflow as tf", "", 'model = tf.saved_model.load("1")']
    for name, signature in manifest["signatures"].items():
        arguments = ", ".join(f"{tensor['name']}={_example(tensor, examples)}" for tensor in signature["inputs"])
        lines += ["", f'outputs = model.signatures["{name}"]({arguments})']
        lines += [f'outputs["{tensor["name"]}"]  # {describe(tensor)}' for tensor in signature["outputs"]]
    rows = [
        (f"`{name}`", *("<br>".join(map(_described, signature[side])) for side in ("inputs", "outputs")))
        for name, signature in manifest["signatures"].items()
    ]
    return [
        "The SavedModel in `1` needs TensorFlow, and neither Keras nor `keras_genzoo`. In this folder:",
        "\n".join(["```python", *lines, "```"]),
        f"`serving_default` is `{manifest['serving_default']}`. All signatures:",
        _table(("signature", "inputs", "outputs"), rows),
        "To train it further, with the package:",
        '```python\nimport keras\nimport keras_genzoo\n\nmodel = keras.models.load_model("model.keras")\n```',
    ]


def _described(tensor):
    return f"`{tensor['name']}` {describe(tensor)}"


def _example(tensor, examples):
    """An expression for a valid input: one of the examples by its name, the manifest's, or noise in [0, 1]."""
    if "example" in tensor:
        return f"tf.constant({examples.get(tensor['name'], tensor['example'])!r}, tf.{tensor['dtype']})"
    return f"tf.random.uniform({[2 if size is None else size for size in tensor['shape']]})"


def _metrics(metrics):
    """A table of what was measured, and a line on how."""
    values, protocol = [], []
    for name, value in _flat(metrics):
        last = name.split(" ")[-1]
        how = isinstance(value, str) or last in PROTOCOL or last.startswith(("num_", "max_"))
        (protocol if how else values).append((name, value))
    if not values:
        return ["None were measured."]
    how = ", ".join(f"{name} {_text(value)}" for name, value in protocol)
    return [_table(("metric", "value"), values), f"Protocol: {how}." if how else ""]


def _training(manifest):
    """Settings and result, and where it was recorded the curve of a figure against updates."""
    training = dict(manifest["training"])
    curve = training.pop("curve", [])
    table = _table(("", ""), [*_flat(manifest["hyperparameters"]), *_flat(training)])
    return [table, _table(tuple(curve[0]), [tuple(row.values()) for row in curve]) if curve else ""]


def _latency(manifest):
    latency, sizes = manifest["latency"], []
    for times in latency["milliseconds"].values():
        sizes += [size for size in times if size not in sizes]
    rows = [(f"`{name}`", *map(times.get, sizes)) for name, times in latency["milliseconds"].items()]
    return [
        f"Median milliseconds of a call on {latency['cpus']} {latency['device']} cores:",
        _table(("signature", *(f"batch of {size}" for size in sizes)), rows),
        f"All files {manifest['size'] / 1e6:.2f} MB, weights {manifest['weights_bytes'] / 1e6:.2f} MB.",
    ]


def _terms(data):
    known = "The data has terms of its own, to be found at its origin."
    if "terms" in data:
        known = f"The data has terms of its own: {data['terms']}. Its origin: {data['origin']}."
    return [
        "A SavedModel is a program: load only what you trust. `genzoo inspect` lists its operations, and compares its "
        "files with the checksums in `manifest.json`, without running it.",
        f"{known} They may bear on what is made from it.",
    ]


def _flat(values, prefix=""):
    """A nested dictionary as pairs of names and values."""
    pairs = []
    for name, value in values.items():
        pairs += _flat(value, f"{prefix}{name} ") if isinstance(value, dict) else [(f"{prefix}{name}", value)]
    return pairs


def _table(header, rows):
    if not rows:
        return "Not recorded."
    lines = [header, ["---"] * len(header), *([_text(cell).replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _text(value):
    return f"{value:.5g}" if isinstance(value, float) else str(value).replace("\n", " ")
