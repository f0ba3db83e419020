import pathlib

import pytest

from keras_genzoo import data
from keras_genzoo.data import sources

SHAKESPEARE = {"train": "ab\n" * 300, "validation": "cd\n" * 20, "test": "ef\n" * 20}


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    monkeypatch.setattr(sources, "_online", lambda: False)


def prepare(folder, name, parts):
    """Writes a small set below a folder by tensorflow-datasets itself."""
    import tensorflow_datasets as tfds

    builder = tfds.builder(name, data_dir=folder)
    pathlib.Path(builder.data_dir).mkdir(parents=True)
    writer = tfds.core.SequentialWriter(builder.info, 1000)
    writer.initialize_splits(list(parts))
    for split, examples in parts.items():
        writer.add_examples({split: examples})
    writer.close_all()


def test_tiny_shakespeare_is_cut_anew(tmp_path):
    prepare(tmp_path, "tiny_shakespeare", {name: [{"text": text}] for name, text in SHAKESPEARE.items()})
    splits = data.load("tiny_shakespeare", data_dir=tmp_path)
    texts = [split.texts[0] for split in (splits.validation, splits.train, splits.test)]
    assert "".join(texts) == "".join(SHAKESPEARE.values()) and len(texts[2]) == 1020 // 10
    assert splits.info["location"].startswith("tensorflow-datasets tiny_shakespeare/")


def test_labelled_text(tmp_path):
    examples = [{"text": f"film {i}", "label": i % 2} for i in range(20)]
    prepare(
        tmp_path, "imdb_reviews/plain_text", {"train": examples, "test": examples[:4], "unsupervised": examples[:1]}
    )
    splits = data.load("imdb_reviews/plain_text", data_dir=tmp_path, validation_size=2)
    assert splits.test.texts == ["film 0", "film 1", "film 2", "film 3"] and splits.test.labels.tolist() == [0, 1, 0, 1]
    assert splits.info["label_names"] == ["neg", "pos"] and splits.info["overlap"]["test"] > 0
    with pytest.raises(ValueError, match=r"^Expected source and target among \['label', 'text'\]\. Received: 'titel'$"):
        data.load("imdb_reviews/plain_text", data_dir=tmp_path, source="text", target="titel")


def test_translation(tmp_path):
    examples = [{"pt": f"gato {i}", "en": f"cat {i}"} for i in range(10)]
    name = "ted_hrlr_translate/pt_to_en"
    prepare(tmp_path, name, {"train": examples, "validation": examples[:1], "test": examples[:2]})
    splits = data.load(name, data_dir=tmp_path, source="pt", target="en")
    assert (splits.test.texts, splits.test.targets) == (["gato 0", "gato 1"], ["cat 0", "cat 1"])
