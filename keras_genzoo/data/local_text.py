"""Local text: running text, lines, labelled lines, parallel and tab-separated lines; gzip or not."""

import pathlib

import numpy as np

from keras_genzoo.data.local import read_bytes

EXPECTED = (
    "input.txt (running text), or {train,val,test}.txt, .tsv, .en and .de, .seq.in and .label, ... (lines), gzip or not"
)
PARTS = {"train": "train", "val": "validation", "valid": "validation", "validation": "validation", "dev": "validation"}
LABELS, TAGS, RUNNING = "label", "seq.out", "input.txt"


def read(folder, name, source=None, target=None):
    """Reads the text below `folder`/`name`.

    A file is named PART.COLUMN or PART.COLUMN.gz, such as `train.txt`, `val.en.gz`, `test_2016_flickr.de.gz` or
    `valid.seq.in`. Part is `train`, `val` (`valid`, `validation`, `dev`) or what begins with `test`: `test` itself,
    else the first by name. The column `label` holds labels. The lines of `.tsv` are source, tab, target.

    Args:
        folder: `pathlib.Path`.
        name: str.
        source: str, the column that is the text; its end suffices (`en` for `train.lc.norm.tok.en.gz`). Defaults to
            the only one there is, `label` and `seq.out` (tags of `seq.in`) aside.
        target: str or tuple of str: the column, or the columns, joined by a space, that a text is to become; or `None`.

    Returns:
        dict from `"train"` and, where there are, `"validation"` and `"test"` to dicts of `"texts"`, list of str, and
        where there are `"targets"`, list of str, and `"labels"`, int32; and a dict of further information: their
        `label_names`, and `running` if it is running text. `None` if there is nothing.

    Raises:
        ValueError: if files are there but cannot be read, are empty, have unequal numbers of lines, or are no UTF-8.
    """
    place = pathlib.Path(folder) / name
    if not place.is_dir():
        return None
    files = _files(place)
    if "train" not in files:
        running = next((place / (RUNNING + end) for end in ("", ".gz") if (place / (RUNNING + end)).is_file()), None)
        return None if running is None else ({"train": {"texts": [_content(running)]}}, {"running": True})
    names = {}
    parts = {part: _part(columns, source, target, names) for part, columns in sorted(files.items(), key=_train_first)}
    return parts, ({"label_names": list(names)} if names else {})


def lines(path):
    """The lines of a text file, without their ends, the last empty one left out."""
    return split_lines(_content(path))


def split_lines(text):
    """The lines of a text that ends in a line break or not: at this sign alone, so that parallel lines stay so."""
    found = [line.removesuffix("\r") for line in text.split("\n")]
    return found[:-1] if found[-1] == "" else found


def decoded(content, name):
    """The text of bytes, without a byte-order mark; a one-line `ValueError` with the line if they are no UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ValueError(f"Not UTF-8. Expected UTF-8 text. Received: {name}, line {line}") from None


def _content(path):
    content = read_bytes(path)
    if not content.strip():
        raise ValueError(f"Empty file. Expected text. Received: {path}")
    return decoded(content, path)


def _files(place):
    """dict from part to a dict from column to path."""
    found = {}
    for path in sorted(place.iterdir()):
        stem, _, column = path.name.removesuffix(".gz").partition(".")
        if column and path.is_file() and (stem in PARTS or stem.startswith("test")):
            found.setdefault(stem, {}).setdefault(column, path)
    tests = sorted(stem for stem in found if stem.startswith("test"))
    chosen = {PARTS[stem]: columns for stem, columns in found.items() if stem in PARTS}
    return chosen | ({"test": found[tests[0]]} if tests else {})


def _train_first(item):
    return item[0] != "train", item[0]


def _part(files, source, target, names):
    """One part's columns; `names` collects the names of the labels."""
    if set(files) == {"tsv"}:
        path = files["tsv"]
        pairs = [line.split("\t") for line in lines(path)]
        wrong = next((i for i, pair in enumerate(pairs, 1) if len(pair) != 2), None)
        if wrong is not None:
            raise ValueError(f"Expected source, one tab and target in a line. Received: {path}, line {wrong}")
        return {"texts": [pair[0] for pair in pairs], "targets": [pair[1] for pair in pairs]}
    chosen = {"texts": [_chosen(files, source)]}
    if target is not None:
        chosen["targets"] = [_chosen(files, t) for t in ((target,) if isinstance(target, str) else target)]
    if LABELS in files:
        chosen["labels"] = [LABELS]
    columns = {name: lines(files[name]) for name in dict.fromkeys(c for names in chosen.values() for c in names)}
    sizes = {str(files[name]): len(values) for name, values in columns.items()}
    if len(set(sizes.values())) > 1:
        raise ValueError(f"Unaligned files. Expected equally many lines. Received: {sizes}")
    joined = {
        name: [" ".join(row) for row in zip(*(columns[c] for c in cs), strict=True)] for name, cs in chosen.items()
    }
    if len(columns) == 1:
        joined["texts"] = [text for text in joined["texts"] if text.strip()]
    if "labels" in joined:
        for label in sorted(set(joined["labels"])):
            names.setdefault(label, len(names))
        joined["labels"] = np.asarray([names[label] for label in joined["labels"]], "int32")
    return joined


def _chosen(files, wanted):
    """The column that is named, or the only one."""
    if wanted is None:
        fitting = [name for name in files if name not in (LABELS, TAGS)]
    else:
        fitting = [wanted] if wanted in files else [name for name in files if name.endswith(f".{wanted}")]
    if len(fitting) != 1:
        folder = next(iter(files.values())).parent
        raise ValueError(f"Expected source and target among {sorted(files)}. Received: {wanted!r} for {folder}")
    return fitting[0]
