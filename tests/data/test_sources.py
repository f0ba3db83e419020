import pathlib
import shutil

import numpy as np
import pytest

from keras_genzoo import data
from keras_genzoo.data import sources


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A folder with a tiny MNIST, written by tensorflow-datasets itself."""
    import tensorflow_datasets as tfds

    folder = tmp_path_factory.mktemp("prepared")
    builder = tfds.builder("mnist", data_dir=folder)
    pathlib.Path(builder.data_dir).mkdir(parents=True)
    writer = tfds.core.SequentialWriter(builder.info, 1000)
    writer.initialize_splits(["train", "test"])
    for split, count in (("train", 20), ("test", 5)):
        writer.add_examples(
            {split: [{"image": np.full((28, 28, 1), i, "uint8"), "label": i % 10} for i in range(count)]}
        )
    writer.close_all()
    return folder


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    monkeypatch.setattr(sources, "_online", lambda: False)


def test_embedded_first(tmp_path):
    np.savez(tmp_path / "digits.npz", images=np.zeros((4, 2, 2), "uint8"))
    assert sources.find("digits", tmp_path).info["location"] == "embedded"


def test_local_sets_of_a_known_name_have_their_origin_and_terms(tmp_path):
    for name in ("multi30k", "mine"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "train.txt").write_text("a\nb\n")
    known, other = (sources.find(name, tmp_path).info for name in ("multi30k", "mine"))
    assert "multi30k/dataset" in known["origin"] and known["terms"].startswith("research and education only")
    assert other["origin"] == "local files" and "terms" not in other


@pytest.mark.parametrize("below", ["", "tensorflow_datasets"])
@pytest.mark.parametrize("how", ["data_dir", "GENZOO_DATA_DIR", "TFDS_DATA_DIR"])
def test_prepared_sets_are_found(prepared, tmp_path, monkeypatch, how, below):
    if below:
        shutil.copytree(prepared, tmp_path / below)
        prepared = tmp_path
    if how == "data_dir":
        splits = data.load("mnist", data_dir=prepared, validation_size=4)
    else:
        monkeypatch.setenv(how, str(prepared))
        splits = data.load("mnist", validation_size=4)
    assert (len(splits.train), len(splits.validation), len(splits.test)) == (16, 4, 5)
    assert splits.test.arrays["images"][:, 0, 0, 0].tolist() == splits.test.labels.tolist() == [0, 1, 2, 3, 4]
    assert splits.info["location"].startswith("tensorflow-datasets mnist/")


def test_a_set_in_the_folder_of_tensorflow_datasets_is_found_without_network(prepared, monkeypatch):
    monkeypatch.setattr(sources, "DEFAULT", str(prepared))
    assert len(sources.find("mnist").parts["train"]["images"]) == 20


def test_every_folder_is_asked_for_the_same_column(tmp_path, monkeypatch):
    """A first folder that has the set unprepared changes nothing for the second."""
    for folder in ("first", "second"):
        (tmp_path / folder / "mine").mkdir(parents=True)
    (tmp_path / "second" / "mine" / "train.en").write_text("a\n")
    (tmp_path / "second" / "mine" / "train.de").write_text("b\n")
    monkeypatch.setenv("GENZOO_DATA_DIR", str(tmp_path / "second"))
    found = sources.find("mine", tmp_path / "first", source="de", target="en")
    assert found.parts["train"] == {"texts": ["b"], "targets": ["a"]}


@pytest.mark.parametrize(
    "error", [AssertionError("Manual directory\ndoes not exist"), OSError("gone"), "DownloadError", "Checksum"]
)
def test_a_download_goes_to_the_given_folder_and_fails_in_one_line(tmp_path, monkeypatch, error):
    import tensorflow_datasets as tfds
    from tensorflow_datasets.core.download.download_manager import NonMatchingChecksumError

    class Builder:
        def download_and_prepare(self):
            made = {"DownloadError": tfds.download.DownloadError("404"), "Checksum": NonMatchingChecksumError("a", "b")}
            raise made[error] if isinstance(error, str) else error

    asked = {}
    monkeypatch.setattr(sources, "_online", lambda: True)
    monkeypatch.setattr(tfds, "builder", lambda name, data_dir=None: asked.update(data_dir=data_dir) or Builder())
    with pytest.raises(FileNotFoundError, match=r"; tensorflow-datasets cannot download it: ") as caught:
        data.load("cifar10", data_dir=tmp_path)
    assert asked["data_dir"] == str(tmp_path) and "\n" not in str(caught.value)


def test_images_are_resized(prepared):
    parts = sources.find("mnist", prepared, image_size=(14, 10)).parts
    assert parts["train"]["images"].shape == (20, 14, 10, 1)
    np.testing.assert_array_equal(parts["train"]["images"][7], 7)


def test_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    np.savez(tmp_path / "mine.npz", images=np.zeros((4, 2, 2), "uint8"))
    assert sources.find("mine", "~").parts["train"]["images"].shape == (4, 2, 2, 1)


@pytest.mark.parametrize("image_size", [28, (28,), (28, 0), (28, 28.0), "28"])
def test_sizes_that_are_none(image_size):
    with pytest.raises(
        ValueError, match=r"^Expected image_size to be \(height, width\) in pixels\. Received: image_siz"
    ):
        sources.find("digits", image_size=image_size)


def test_order_of_the_folders(tmp_path, monkeypatch):
    for i, name in enumerate(("given", "genzoo", "tfds")):
        (tmp_path / name).mkdir()
        np.savez(tmp_path / name / "mine.npz", images=np.full((4, 2, 2), i, "uint8"))
    monkeypatch.setenv("GENZOO_DATA_DIR", str(tmp_path / "genzoo"))
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "tfds"))

    def found(data_dir=None):
        return sources.find("mine", data_dir).parts["train"]["images"].max()

    assert found(tmp_path / "given") == 0 and found() == 1
    monkeypatch.delenv("GENZOO_DATA_DIR")
    assert found() == 2


def test_missing_set_without_network(tmp_path, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "elsewhere"))
    with pytest.raises(FileNotFoundError) as error:
        data.load("cifar10", data_dir=tmp_path)
    message = str(error.value)
    for part in ("'cifar10'", str(tmp_path), "elsewhere", "train-images-idx3-ubyte", "--data-dir", "catalog/cifar10"):
        assert part in message
    assert "no network" in message and "\n" not in message


def test_unknown_set_with_network(monkeypatch):
    monkeypatch.setattr(sources, "_online", lambda: True)
    with pytest.raises(
        FileNotFoundError, match=r"^No data set 'no_such_set'\. .*tensorflow-datasets does not know it ei"
    ):
        data.load("no_such_set")


def test_online_says_no_to_a_dead_host(monkeypatch):
    monkeypatch.undo()

    def refuse(*args, **kwargs):
        raise OSError("unreachable")

    monkeypatch.setattr(sources.socket, "create_connection", refuse)
    assert sources._online() is False


def test_missing_folder(tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r"^The data folder does not exist\. Expected an existing folder\. Received: "
    ):
        data.load("mnist", data_dir=tmp_path / "nowhere")


def test_a_folder_that_holds_no_images_is_passed_over(tmp_path):
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "notes.txt").write_text("nothing")
    with pytest.raises(FileNotFoundError, match=r"^No data set 'mnist'\."):
        data.load("mnist", data_dir=tmp_path)


def test_a_set_that_no_package_has_names_its_origin(tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r"tensorflow-datasets does not have it \(its origin: https://github.*\)$"
    ):
        sources.find("captions", tmp_path)
