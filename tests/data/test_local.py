import gzip

import numpy as np
import pytest
from PIL import Image

from keras_genzoo import data
from keras_genzoo.data import local

IMAGES = np.random.default_rng(0).integers(0, 256, (6, 4, 3), "uint8")
LABELS = np.array([0, 1, 2, 0, 1, 2], "uint8")


def idx(values):
    """The bytes of an IDX file of unsigned bytes."""
    return bytes([0, 0, 8, values.ndim]) + np.array(values.shape, ">u4").tobytes() + values.tobytes()


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


def draw(path, shape=(4, 3), value=7, mode="L"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, shape[::-1], value if mode == "L" else (value, 0, 255)).save(path)


@pytest.mark.parametrize("end", ["", ".gz"])
def test_idx(tmp_path, end):
    for stems, count in ((local.IDX["train"], 6), (local.IDX["test"], 2)):
        write(tmp_path / "mine" / (stems[0] + end), idx(IMAGES[:count]))
        write(tmp_path / "mine" / (stems[1] + end), idx(LABELS[:count]))
    parts = local.read(tmp_path, "mine")
    assert set(parts) == {"train", "test"}
    np.testing.assert_array_equal(parts["train"]["images"], IMAGES[..., None])
    np.testing.assert_array_equal(parts["test"]["labels"], LABELS[:2])
    assert parts["train"]["labels"].dtype == np.int32


def test_idx_without_labels(tmp_path):
    write(tmp_path / "mine" / local.IDX["train"][0], idx(IMAGES))
    assert set(local.read(tmp_path, "mine")["train"]) == {"images"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (idx(IMAGES)[:-1], r"Truncated IDX file\. Expected \(6, 4, 3\) values\. Received: 71 in .*"),
        (idx(IMAGES)[:9], r"Truncated IDX file\. Expected \(\) values\. Received: 0 in .*"),
        (b"", r"Not an IDX file of unsigned bytes\. Expected it to begin 00 00 08\. Received: .*"),
        (b"<html>not found</html>", r"Not an IDX file of unsigned bytes\. .*"),
        (idx(IMAGES.reshape(6, 12)), r"Expected images as uint8 \(examples, .*Received: uint8 \(6, 12\) in .*"),
    ],
    ids=["short", "header", "empty", "html", "rank"],
)
@pytest.mark.parametrize("end", ["", ".gz"])
def test_broken_idx(tmp_path, content, message, end):
    write(tmp_path / "mine" / (local.IDX["train"][0] + end), content)
    with pytest.raises(ValueError, match=f"^{message}$"):
        local.read(tmp_path, "mine")


def test_broken_gzip(tmp_path):
    path = tmp_path / "mine" / (local.IDX["train"][0] + ".gz")
    write(path, idx(IMAGES))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ValueError, match=r"^Cannot read .*ubyte\.gz: "):
        local.read(tmp_path, "mine")
    path.write_bytes(b"plain")
    with pytest.raises(ValueError, match=r"^Cannot read .*ubyte\.gz: "):
        local.read(tmp_path, "mine")


def test_unequal_numbers(tmp_path):
    write(tmp_path / "mine" / local.IDX["train"][0], idx(IMAGES))
    write(tmp_path / "mine" / local.IDX["train"][1], idx(LABELS[:5]))
    with pytest.raises(
        ValueError, match=r"^Expected as many labels as images, and some\. Received: \{'images': 6, 'labels': 5"
    ):
        local.read(tmp_path, "mine")


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (
            {"y_train": LABELS},
            r"Expected labels in all parts or in none\. Received: with labels \{'train': True, 'test': F",
        ),
        (
            {"x_test": IMAGES[:, :2]},
            r"Parts differ in the size of images\. .*'train': \(4, 3, 1\), 'test': \(2, 3, 1\)",
        ),
    ],
)
def test_parts_that_do_not_fit_together(tmp_path, arrays, message):
    np.savez(tmp_path / "mine.npz", **{"x_train": IMAGES, "x_test": IMAGES, **arrays})
    with pytest.raises(ValueError, match=f"^{message}"):
        local.read(tmp_path, "mine")


def test_one_array_that_is_called_an_archive(tmp_path):
    with open(tmp_path / "mine.npz", "wb") as file:
        np.save(file, IMAGES)
    with pytest.raises(ValueError, match=r"mine\.npz: Expected an archive of arrays\. Received: one array \(6, 4, 3\)"):
        local.read(tmp_path, "mine")


@pytest.mark.parametrize("place", ["mine.npz", "mine/data.npz"])
def test_npz(tmp_path, place):
    (tmp_path / place).parent.mkdir(exist_ok=True)
    np.savez(tmp_path / place, x_train=IMAGES, y_train=LABELS, x_test=IMAGES[:2], y_test=LABELS[:2])
    parts = local.read(tmp_path, "mine")
    np.testing.assert_array_equal(parts["test"]["images"], IMAGES[:2, ..., None])
    np.testing.assert_array_equal(parts["train"]["labels"], LABELS)


def test_npz_with_colour_images_alone(tmp_path):
    np.savez(tmp_path / "mine.npz", images=np.stack([IMAGES] * 3, axis=-1))
    assert local.read(tmp_path, "mine")["train"]["images"].shape == (6, 4, 3, 3)


def test_broken_npz(tmp_path):
    path = tmp_path / "mine.npz"
    np.savez(path, pictures=IMAGES)
    with pytest.raises(
        ValueError, match=r"^Expected arrays x_train or images\. Received: \['pictures'\] in .*mine\.npz$"
    ):
        local.read(tmp_path, "mine")
    np.savez(path, images=IMAGES / 255)
    with pytest.raises(ValueError, match=r"^Expected images as uint8 .*Received: float64 \(6, 4, 3, 1\) in "):
        local.read(tmp_path, "mine")
    np.savez(path, images=np.array([None, 1], dtype=object))
    with pytest.raises(ValueError, match=r"^Cannot read .*mine\.npz: Object arrays cannot be loaded"):
        local.read(tmp_path, "mine")
    np.savez(path, images=IMAGES)
    whole = path.read_bytes()
    for content in (b"", b"junk" * 20, whole[:-30], whole[: len(whole) // 2]):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"^Cannot read .*mine\.npz: "):
            local.read(tmp_path, "mine")


def test_folder_of_classes(tmp_path):
    for part, count in (("train", 3), ("test", 2)):
        for label, name in enumerate(("cats", "dogs")):
            for i in range(count):
                draw(tmp_path / "mine" / part / name / f"{i}.png", value=10 * label + i)
    draw(tmp_path / "mine" / "train" / "notes.png")
    parts = local.read(tmp_path, "mine")
    assert parts["train"]["images"].shape == (6, 4, 3, 1)
    assert parts["train"]["images"][:, 0, 0, 0].tolist() == [0, 1, 2, 10, 11, 12]
    assert parts["test"]["labels"].tolist() == [0, 0, 1, 1]


def test_flat_folder_and_colour(tmp_path):
    for i in range(3):
        draw(tmp_path / "mine" / f"{i}.PNG", mode="RGB", value=i)
    (tmp_path / "mine" / "README.txt").write_text("not an image")
    parts = local.read(tmp_path, "mine")
    assert set(parts) == {"train"} and "labels" not in parts["train"]
    assert parts["train"]["images"][2, 0, 0].tolist() == [2, 0, 255]


def test_archives_are_resized_as_folders_are(tmp_path):
    images = np.stack([IMAGES] * 3, axis=-1)
    np.savez(tmp_path / "mine.npz", images=images)
    for i, image in enumerate(images):
        (tmp_path / "folder").mkdir(exist_ok=True)
        Image.fromarray(image).save(tmp_path / "folder" / f"{i}.png")
    resized = local.read(tmp_path, "mine", image_size=(8, 5))["train"]["images"]
    assert resized.shape == (6, 8, 5, 3)
    np.testing.assert_array_equal(resized, local.read(tmp_path, "folder", image_size=(8, 5))["train"]["images"])


@pytest.mark.parametrize("image_size", [None, (4, 4)])
def test_sixteen_bits_a_pixel_are_scaled(tmp_path, image_size):
    (tmp_path / "mine").mkdir()
    for i, value in enumerate((0, 255, 40_000, 65_535)):
        Image.fromarray(np.full((4, 4), value, "uint16")).save(tmp_path / "mine" / f"{i}.png")
    images = local.read(tmp_path, "mine", image_size)["train"]["images"]
    assert images.shape == (4, 4, 4, 1) and images[:, 0, 0, 0].tolist() == [0, 1, 156, 255]


def test_differing_sizes(tmp_path):
    draw(tmp_path / "mine" / "a.png", (4, 3))
    draw(tmp_path / "mine" / "b.png", (5, 3))
    with pytest.raises(
        ValueError, match=r"^Images of .*mine differ in size\. Expected one size, or image_size=.*\(5, 3\)\]$"
    ):
        local.read(tmp_path, "mine")
    assert local.read(tmp_path, "mine", image_size=(6, 2))["train"]["images"].shape == (2, 6, 2, 1)


def test_broken_image(tmp_path):
    draw(tmp_path / "mine" / "a.png")
    whole = (tmp_path / "mine" / "a.png").read_bytes()
    for content in (b"", b"text", whole[: len(whole) // 2]):
        (tmp_path / "mine" / "a.png").write_bytes(content)
        with pytest.raises(ValueError, match=r"^Cannot read the image .*a\.png: "):
            local.read(tmp_path, "mine")


def test_nothing_there(tmp_path):
    assert local.read(tmp_path, "mine") is None
    (tmp_path / "mine").mkdir()
    assert local.read(tmp_path, "mine") is None


def test_load_from_a_folder(tmp_path):
    np.savez(tmp_path / "mine.npz", images=np.repeat(IMAGES, 5, axis=0))
    splits = data.load("mine", data_dir=tmp_path, binarization="threshold")
    assert (len(splits.train), len(splits.validation), len(splits.test)) == (25, 2, 3)
    assert splits.info["location"] == "mine"  # no path of this machine


def test_images_without_their_part(tmp_path):
    write(tmp_path / "labels" / local.IDX["train"][1], idx(LABELS))
    with pytest.raises(ValueError, match=r"^Images are missing\. Expected train-images-idx3-ubyte\[\.gz\]\. "):
        local.read(tmp_path, "labels")
    write(tmp_path / "test" / local.IDX["train"][0], idx(IMAGES))
    write(tmp_path / "test" / local.IDX["test"][1], idx(LABELS))
    with pytest.raises(ValueError, match=r"^Images are missing\. Expected t10k-images"):
        local.read(tmp_path, "test")
    draw(tmp_path / "pictures" / "test" / "a.png")
    with pytest.raises(ValueError, match=r"^Images are missing\. Expected a folder train beside .*test\. "):
        local.read(tmp_path, "pictures")


def test_a_class_that_training_lacks(tmp_path):
    for path in ("train/a/1.png", "val/a/1.png", "test/b/1.png"):
        draw(tmp_path / "mine" / path)
    with pytest.raises(ValueError, match=r"^Unknown class in .*test\. Expected those of train, a\. Received: b$"):
        local.read(tmp_path, "mine")
    (tmp_path / "mine" / "test" / "b").rename(tmp_path / "mine" / "test" / "a")
    assert set(local.read(tmp_path, "mine")) == {"train", "validation", "test"}


def test_grey_and_colour(tmp_path):
    draw(tmp_path / "mine" / "1.png")
    draw(tmp_path / "mine" / "2.png", mode="RGB")
    with pytest.raises(ValueError, match=r"^Images of .*mine are grey and in colour\. Expected one kind\. Received"):
        local.read(tmp_path, "mine", image_size=(4, 3))


@pytest.mark.parametrize(
    "labels",
    [np.linspace(0, 1, 6), np.full(6, np.nan), np.arange(6) - 1, np.arange(6) + 2**33, np.array(list("abcdef"))],
)
def test_labels_that_are_no_classes(tmp_path, labels):
    np.savez(tmp_path / "mine.npz", x_train=IMAGES, y_train=labels)
    with pytest.raises(ValueError, match=r"^Wrong labels\. Expected whole numbers from 0, \(examples,\)\. Received: "):
        local.read(tmp_path, "mine")


def test_labels_of_other_types_and_a_validation_part(tmp_path):
    np.savez(
        tmp_path / "mine.npz", x_train=IMAGES, y_train=LABELS[:, None].astype("float64"), x_val=IMAGES, y_val=LABELS
    )
    parts = local.read(tmp_path, "mine")
    assert set(parts) == {"train", "validation"} and parts["train"]["labels"].tolist() == LABELS.tolist()
