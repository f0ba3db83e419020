"""The proof that a SavedModel equals the live model, and that it needs neither Keras nor this package."""

import logging

import numpy as np
import pytest
import tensorflow as tf

import keras_genzoo as genzoo
from keras_genzoo import serving_check
from keras_genzoo.models.base import GenerativeModel

EVENT = (6,)


def make_vae(**arguments):
    encoder = genzoo.networks.dense_encoder(EVENT, 2, units=(8,), **arguments)
    return genzoo.VAE(encoder, genzoo.networks.dense_decoder(2, EVENT, units=(8,), **arguments), **arguments)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A SavedModel, and the cases of the model it was written from."""
    vae, folder = make_vae(), tmp_path_factory.mktemp("written")
    vae.export(folder / "1")
    serving_check.write_cases(vae, folder / "cases.npz")
    return folder


def test_equal_in_a_process_without_keras(written):
    report = serving_check.run(written / "1", written / "cases.npz")
    assert report["problems"] == [] and report["imported"] == []
    assert set(report["differences"]) == {"reconstruct", "encode", "decode", "generate", "score"}
    assert max(report["differences"].values()) <= 1e-5


def test_cases_cover_empty_odd_and_large_batches(written):
    with np.load(written / "cases.npz") as arrays:
        assert [len(arrays[f"generate|{size}|output|images"]) for size in (0, 1, 7, 257)] == [0, 1, 7, 257]


def test_tampered_output_is_found(written, tmp_path):
    with np.load(written / "cases.npz") as arrays:
        changed = dict(arrays)
    changed["decode|7|output|images"][3, 2] += 1e-4
    changed["encode|1|output|z_mean"] = np.zeros((2, 2), "float32")
    np.savez(tmp_path / "changed.npz", **changed)
    problems = serving_check.check(written / "1", tmp_path / "changed.npz")["problems"]
    assert len(problems) == 2
    assert "'decode' at batch size 7: images differs by" in " ".join(problems)
    assert "'encode' at batch size 1: z_mean is float32 (1, 2) in place of float32 (2, 2)" in problems


def test_process_that_fails_is_one_line(tmp_path, monkeypatch):
    (tmp_path / "script.py").write_text("print('noise')\nraise ImportError('No module named keras')")
    monkeypatch.setattr(serving_check, "__file__", str(tmp_path / "script.py"))
    with pytest.raises(RuntimeError, match=r"^The SavedModel does not run in plain TensorFlow, .*: ImportError: No"):
        serving_check.run(tmp_path, tmp_path / "none.npz")


class Words(tf.Module):
    """Strings and ids in and out, as a language model has them; `suffix` is appended to each text."""

    def __init__(self, suffix):
        super().__init__()
        specs = [tf.TensorSpec((None,), tf.string, "texts"), tf.TensorSpec((), tf.int32, "max_length")]
        ids = [tf.TensorSpec((None, None), tf.int32, "token_ids"), tf.TensorSpec((), tf.float32, "temperature")]
        self.write = tf.function(lambda texts, n: {"texts": texts + suffix + tf.as_string(n)}, input_signature=specs)
        self.score = tf.function(lambda i, t: {"sums": tf.reduce_sum(i, 1) * tf.cast(t, i.dtype)}, input_signature=ids)

    def signatures(self):
        functions = {"write": self.write, "score_ids": self.score}
        return {name: (function, function.input_signature) for name, function in functions.items()}

    example_inputs = GenerativeModel.example_inputs


def test_strings_and_ids(tmp_path):
    words = Words(" é")
    assert words.example_inputs(2)["write"]["texts"].tolist() == [b"one", b"two words"]
    assert words.example_inputs(2)["score_ids"]["token_ids"].tolist() == [[1, 2, 1, 2, 1], [2, 1, 2, 1, 2]]
    tf.saved_model.save(words, str(tmp_path / "1"), signatures={"write": words.write, "score_ids": words.score})
    serving_check.write_cases(words, tmp_path / "same.npz")
    serving_check.write_cases(Words(" e"), tmp_path / "other.npz")
    assert serving_check.check(tmp_path / "1", tmp_path / "same.npz")["problems"] == []
    problems = serving_check.check(tmp_path / "1", tmp_path / "other.npz")["problems"]
    assert problems == [f"'write' at batch size {size}: texts is not equal" for size in (1, 7, 257)]


def test_conditional_model(tmp_path):
    vae = make_vae(num_classes=3)
    vae.export(tmp_path / "1")
    serving_check.write_cases(vae, tmp_path / "cases.npz", batch_sizes=(0, 3))
    report = serving_check.check(tmp_path / "1", tmp_path / "cases.npz")
    assert report["problems"] == [] and set(report["differences"]) == set(vae.signatures())
    assert vae.example_inputs(3)["generate"]["labels"].tolist() == [0, 1, 0]


def test_many_signatures_raise_no_alarm(make_text_vae, tmp_path, caplog):
    """TensorFlow takes several functions of one line of code, each traced once, for one that is traced again."""
    logger = logging.getLogger("tensorflow")
    logger.addHandler(caplog.handler)
    try:
        serving_check.write_cases(make_text_vae(), tmp_path / "cases.npz", batch_sizes=(1, 2))
    finally:
        logger.removeHandler(caplog.handler)
    assert "retracing" not in caplog.text
