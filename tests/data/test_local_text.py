import gzip

import pytest

from keras_genzoo import data
from keras_genzoo.data import local_text


@pytest.fixture
def write(tmp_path):
    def put(name, content):
        path = tmp_path / "mine" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        content = content.encode() if isinstance(content, str) else content
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return path

    return put


def read(tmp_path, **kwargs):
    return local_text.read(tmp_path, "mine", **kwargs)


@pytest.mark.parametrize("end", ["", ".gz"])
def test_lines(tmp_path, write, end):
    write("train.txt" + end, "one\r\n\n two \u2028 lines\nthree\n")
    write("val.txt" + end, "four")
    write("test_2016_flickr.txt" + end, "\ufefffive\n")
    parts, info = read(tmp_path)
    assert parts["train"] == {"texts": ["one", " two \u2028 lines", "three"]}  # blank lines are no sentences
    assert (parts["validation"]["texts"], parts["test"]["texts"], info) == (["four"], ["five"], {})


@pytest.mark.parametrize("stem", ["val", "valid", "validation", "dev"])
def test_names_of_the_parts(tmp_path, write, stem):
    for name in ("train", stem, "test_b", "test_a", "other"):
        write(f"{name}.txt", name)
    parts, _ = read(tmp_path)
    assert {part: columns["texts"] for part, columns in parts.items()} == {
        "train": ["train"],
        "validation": [stem],
        "test": ["test_a"],
    }
    write("test.txt", "test")
    assert read(tmp_path)[0]["test"]["texts"] == ["test"]


def test_parallel_text_keeps_blank_lines(tmp_path, write):
    write("train.lc.tok.en.gz", "a\n\nc\n")
    write("train.lc.tok.de", "x\ny\nz\n")
    assert read(tmp_path, source="en", target="de")[0]["train"] == {"texts": ["a", "", "c"], "targets": ["x", "y", "z"]}
    assert read(tmp_path, source="de")[0]["train"] == {"texts": ["x", "y", "z"]}
    with pytest.raises(ValueError, match=r"^Expected source and target among \['lc\.tok\.de', 'lc\.tok\.en'\]\. Rec"):
        read(tmp_path)
    with pytest.raises(ValueError, match=r"^Expected source and target among .*Received: 'fr' for .*mine$"):
        read(tmp_path, source="en", target="fr")


def test_labelled_lines(tmp_path, write):
    for part, labels in (("train", "b\na\nb\n"), ("valid", "c\n")):
        count = labels.count("\n")
        write(f"{part}.label", labels)
        write(f"{part}.seq.in", "".join(f"play {part} {i}\n" for i in range(count)))
        write(f"{part}.seq.out", "O B-it\n" * count)
    parts, info = read(tmp_path, target=("label", "seq.out"))
    assert info["label_names"] == ["a", "b", "c"]
    assert parts["train"]["labels"].tolist() == [1, 0, 1] and parts["validation"]["labels"].tolist() == [2]
    assert (
        parts["train"]["texts"] == ["play train 0", "play train 1", "play train 2"]
        and parts["train"]["targets"][0] == "b O B-it"
    )
    splits = data.load("mine", data_dir=tmp_path, validation_size=1)
    assert splits.info["num_classes"] == 3 and splits.train.labels is not None


def test_tab_separated(tmp_path, write):
    write("train.tsv.gz", "a b\tx\nc\ty z\n")
    assert read(tmp_path)[0]["train"] == {"texts": ["a b", "c"], "targets": ["x", "y z"]}
    path = write("test.tsv", "a\tb\nc\n")
    with pytest.raises(
        ValueError, match=rf"^Expected source, one tab and target in a line\. Received: {path}, line 2$"
    ):
        read(tmp_path)


def test_running_text(tmp_path, write):
    write("input.txt", "ab\n" * 100)
    splits = data.load("mine", data_dir=tmp_path)
    texts = [split.texts[0] for split in (splits.validation, splits.train, splits.test)]
    assert "".join(texts) == "ab\n" * 100 and [len(text) for text in texts] == [13, 257, 30]
    assert len(data.load("mine", data_dir=tmp_path, validation_size=50).validation.texts[0]) == 50


def test_nothing_there(tmp_path, write):
    assert read(tmp_path) is None
    write("notes.md", "no data")
    assert read(tmp_path) is None


@pytest.mark.parametrize("content", ["", "\n \n"])
def test_empty_file(tmp_path, write, content):
    path = write("train.txt", content)
    with pytest.raises(ValueError, match=rf"^Empty file\. Expected text\. Received: {path}$"):
        read(tmp_path)


def test_a_file_of_one_line(tmp_path, write):
    write("train.txt", "one line\n")
    message = r"^Too little to be cut into parts\. Expected at least 2 lines\. Received: 1 in 'mine'$"
    with pytest.raises(ValueError, match=message):
        data.load("mine", data_dir=tmp_path)
    write("val.txt", "two\n"), write("test.txt", "three\n")
    assert data.load("mine", data_dir=tmp_path).train.texts == ["one line"]


def test_invalid_utf8_names_the_line(tmp_path, write):
    path = write("train.txt", b"good\nb\xffd\n")
    with pytest.raises(ValueError, match=rf"^Not UTF-8\. Expected UTF-8 text\. Received: {path}, line 2$"):
        read(tmp_path)


def test_unaligned_files_name_both_counts(tmp_path, write):
    paths = write("train.en", "a\nb\n"), write("train.de", "x\ny\nz\n")
    with pytest.raises(ValueError, match=r"^Unaligned files\. Expected equally many lines\. Received: ") as error:
        read(tmp_path, source="en", target="de")
    assert str(error.value).endswith(f"{{'{paths[0]}': 2, '{paths[1]}': 3}}")


def test_broken_gzip(tmp_path, write):
    path = write("train.txt.gz", "text\n" * 100)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ValueError, match=r"^Cannot read .*train\.txt\.gz: "):
        read(tmp_path)
