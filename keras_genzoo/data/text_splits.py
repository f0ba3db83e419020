"""Cuts sources of text into train, validation and test."""

import hashlib

import numpy as np

from keras_genzoo.data.pipeline import pick_rows
from keras_genzoo.data.text import TextSplit, TextSplits

PARTS = ("train", "validation", "test")


def make_text_splits(source, validation_size=None, seed=0):
    """Cuts a source of text.

    Parts that the source has are kept as they are. What it lacks is cut from the training part: of sentences a random
    tenth, without those that are left in the training part too; of one running text its end, a tenth, for the test,
    and a twentieth of the rest from its beginning for validation, so that training goes on to where the test begins.

    Args:
        source: `keras_genzoo.data.sources.Source` whose parts have `"texts"`; `running` in its `info` says that each is
            one running text.
        validation_size: int, sentences or characters to hold out for validation, where there is no validation part.
        seed: int, of the cut of sentences. Defaults to 0.

    Returns:
        `TextSplits`. Their `info` has `num_examples`, the `overlap` (how many texts of validation and test are in the
        training part as well) and `removed` (how many such were left out); of pairs the first of the test, `example`.

    Raises:
        ValueError: if too little is there to be cut.
    """
    parts, removed = {name: dict(columns) for name, columns in source.parts.items()}, {}
    generator = np.random.default_rng(seed)
    running = source.info.get("running", False)
    for name, share in (("test", 10), ("validation", 20 if running else 10)):
        if name not in parts:
            size = validation_size if name == "validation" else None
            if running:
                parts["train"], parts[name] = _cut_running(parts["train"], name, size, share, source.name)
            else:
                parts["train"], parts[name], removed[name] = _cut(parts["train"], size, share, generator, source.name)
    known = set(parts["train"]["texts"])
    info = {**source.info, "name": source.name, "checksum": checksum(parts), "removed": removed}
    info["num_examples"] = {name: len(part["texts"]) for name, part in sorted(parts.items())}
    info["num_characters"] = {name: sum(map(len, part["texts"])) for name, part in sorted(parts.items())}
    info["overlap"] = {name: sum(text in known for text in parts[name]["texts"]) for name in PARTS[1:]}
    if "targets" in parts["train"]:
        info["example"] = {"source": parts["test"]["texts"][0], "target": parts["test"]["targets"][0]}
    if "labels" in parts["train"]:
        info.setdefault("num_classes", int(max(part["labels"].max() for part in parts.values())) + 1)
    return TextSplits(**{name: TextSplit(parts[name], name == "train") for name in PARTS}, info=info)


def checksum(parts):
    """sha256 of all columns of all parts."""
    digest = hashlib.sha256()
    for name in sorted(parts):
        for key, values in sorted(parts[name].items()):
            digest.update(f"{name}/{key}{len(values)}".encode())
            for value in values:
                digest.update(f"{len(value)}:{value}".encode() if isinstance(value, str) else bytes([value % 256]))
    return f"sha256:{digest.hexdigest()}"


def _size(size, share, count, unit, name):
    if count < 2:
        raise ValueError(f"Too little to be cut into parts. Expected at least 2 {unit}. Received: {count} in {name!r}")
    size = max(1, count // share) if size is None else size
    if not 0 < size < count:
        raise ValueError(
            f"Cannot hold out {size} {unit} of {count}. Expected 1 to {count - 1}. Received: dataset {name!r}"
        )
    return size


def _cut_running(columns, part, size, share, name):
    text = columns["texts"][0]
    size = _size(size, share, len(text), "characters", name)
    kept, held = (text[:-size], text[-size:]) if part == "test" else (text[size:], text[:size])
    return {"texts": [kept]}, {"texts": [held]}


def _cut(columns, size, share, generator, name):
    """Kept and held-out columns, and how many held-out examples were left out as their text is kept, too."""
    texts = columns["texts"]
    size = _size(size, share, len(texts), "lines", name)
    order = generator.permutation(len(texts))
    kept, held = np.sort(order[size:]), np.sort(order[:size])
    known = {texts[i] for i in kept}
    new = [i for i in held if texts[i] not in known]
    if not new:
        raise ValueError(f"Every held-out line is in the training part too. Expected new ones. Received: {name!r}")
    return pick_rows(columns, kept), pick_rows(columns, new), size - len(new)
