"""Reading a SavedModel without running it."""

import json

import keras
import pytest
import tensorflow as tf

import keras_genzoo as genzoo
from keras_genzoo.inspection import describe, format_inspection, inspect
from keras_genzoo.manifest import sha256

GPU_BUILD = tf.test.is_built_with_gpu_support()


@pytest.fixture(scope="module")
def vae_folder(tmp_path_factory):
    vae = genzoo.VAE(genzoo.networks.dense_encoder((6,), 2, (8,)), genzoo.networks.dense_decoder(2, (6,), (8,)))
    folder = tmp_path_factory.mktemp("vae") / "1"
    vae.export(folder)
    return folder


class Harmful(tf.Module):
    """Writes a file, prints and reads a checkpoint when called; has a table, which is fine."""

    def __init__(self, target):
        super().__init__()
        self.target = target

    @tf.function(input_signature=[tf.TensorSpec((None,), tf.string, "texts")])
    def serve(self, texts):
        tf.io.write_file(self.target, texts[0])
        tf.print(texts)
        (read,) = tf.raw_ops.RestoreV2(
            prefix=self.target, tensor_names=["x"], shape_and_slices=[""], dtypes=[tf.float32]
        )
        return {"read": read, "python": tf.numpy_function(lambda: 1.0, [], tf.float64)}


def test_signatures_ops_and_no_warnings(vae_folder):
    contents = inspect(vae_folder)
    assert contents["manifest"] is None and contents["checksums"] == {} and contents["warnings"] == {}
    assert next(iter(contents["signatures"])) == "serving_default"
    assert contents["signatures"]["score"] == {
        "inputs": [
            {"name": "images", "shape": [None, 6], "dtype": "float32"},
            {"name": "num_samples", "shape": [], "dtype": "int32"},
            {"name": "seed", "shape": [], "dtype": "int32"},
        ],
        "outputs": [{"name": "log_likelihood", "shape": [None], "dtype": "float32"}],
    }
    assert contents["size"] == sum(file.stat().st_size for file in vae_folder.rglob("*") if file.is_file())
    ops = contents["ops"]
    assert set(ops["While"]["signatures"]) == {"score"} and ops["MatMul"]["count"] >= 10
    assert ops["SaveV2"] == {"count": 1, "devices": ["CPU"], "signatures": {}}


@pytest.mark.skipif(not GPU_BUILD, reason="this TensorFlow has no GPU kernels to find")
def test_every_op_of_an_image_model_has_a_gpu_kernel(vae_folder):
    contents = inspect(vae_folder)
    assert all(facts["devices"] == ["CPU", "GPU"] for facts in contents["ops"].values() if facts["signatures"])
    assert "  generate: every op has a GPU kernel" in format_inspection(contents).splitlines()


def test_files_python_and_printing_are_warned_of_and_not_run(tmp_path):
    target, harmful = tmp_path / "written", Harmful(str(tmp_path / "written"))
    tf.saved_model.save(harmful, str(tmp_path / "1"), signatures=harmful.serve)
    contents = inspect(tmp_path / "1")
    assert not target.exists()
    assert set(contents["warnings"]) == {"WriteFile", "PrintV2", "RestoreV2", "PyFunc"}
    assert contents["warnings"]["WriteFile"] == "reads or writes files"
    assert "Python" in contents["warnings"]["PyFunc"]
    assert "  WriteFile reads or writes files" in format_inspection(contents).splitlines()


def test_text_model_is_clean_and_its_strings_are_on_the_cpu(tmp_path):
    lookup = keras.layers.TextVectorization(vocabulary=["a", "b"])
    lookup.build((None,))
    archive = keras.export.ExportArchive()
    archive.track(lookup)
    archive.add_endpoint("ids", lambda texts: {"ids": lookup(texts)}, [tf.TensorSpec((None,), tf.string, "texts")])
    archive.add_endpoint("sums", lambda x: {"sums": tf.reduce_sum(x, 1)}, [tf.TensorSpec((None, 3), tf.float32, "x")])
    archive.write_out(str(tmp_path / "1"), verbose=False)
    contents = inspect(tmp_path / "1")
    assert contents["warnings"] == {}
    assert contents["ops"]["StringSplitV2"]["devices"] == ["CPU"]
    if GPU_BUILD:  # the same op on strings, and on numbers
        assert contents["ops"]["Placeholder"]["signatures"]["sums"] == ["CPU", "GPU"]
        assert "  sums: every op has a GPU kernel" in format_inspection(contents).splitlines()


def test_artefact_with_changed_and_missing_files(vae_folder):
    folder = vae_folder.parent
    files = {f"1/{name}": sha256(vae_folder / name) for name in ("fingerprint.pb", "variables/variables.index")}
    manifest = {
        "format": 1, "recipe": "r", "model": "VAE", "seed": 0, "versions": {"keras": "3"},
        "files": {**files, "1/saved_model.pb": "0", "README.md": "0"},
        "signatures": dict.fromkeys(["reconstruct", "encode"]),
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest))
    contents = inspect(folder)
    assert contents["checksums"]["1/saved_model.pb"] == "changed" and contents["checksums"]["README.md"] == "missing"
    assert list(contents["signatures"])[:2] == ["reconstruct", "encode"]
    lines = format_inspection(contents).splitlines()
    assert "  VAE, recipe r, seed 0; keras 3" in lines
    assert "  changed: 1/saved_model.pb" in lines and "  missing: README.md" in lines
    assert "  2 ok, 1 changed, 1 missing, 1 unlisted" in lines


def test_errors(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"^There is no SavedModel. Expected a folder with saved_model.pb"):
        inspect(tmp_path)
    (tmp_path / "saved_model.pb").write_bytes(b"\xff\xff nonsense")
    with pytest.raises(ValueError, match=r"^Broken SavedModel"):
        inspect(tmp_path)


def test_describe():
    assert describe({"shape": [None, None, 4], "dtype": "int32"}) == "int32 (batch, any, 4)"
    assert describe({"shape": [None], "dtype": "string"}) == "string (batch,)"
    assert describe({"shape": [], "dtype": "float32"}) == "float32 scalar"
    assert describe({"shape": None, "dtype": "float32"}) == "float32, any rank"
