"""ONNX files give what the live model gives, in another runtime."""

import importlib.util
import sys

import numpy as np
import pytest

import keras_genzoo as genzoo
from keras_genzoo.onnx import export_onnx

installed = all(importlib.util.find_spec(name) for name in ("onnx", "onnxruntime", "tf2onnx"))


def test_without_the_extra(make_vae, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tf2onnx", None)
    with pytest.raises(ImportError, match=r"ONNX needs the extra: python -m pip install \"keras_genzoo\[onnx\]\""):
        export_onnx(make_vae(), tmp_path)


@pytest.mark.skipif(not installed, reason="needs the extra onnx")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the converter's own use of NumPy and protobuf
@pytest.mark.parametrize("num_classes", [None, 3])
def test_outputs_equal_the_live_model(num_classes, tmp_path):
    import onnxruntime

    encoder = genzoo.networks.conv_encoder((8, 8, 1), 2, filters=(4,), units=(8,), num_classes=num_classes)
    decoder = genzoo.networks.conv_decoder(2, (8, 8, 1), filters=(4,), units=(8,), num_classes=num_classes)
    vae = genzoo.VAE(encoder, decoder, num_classes=num_classes)
    written = export_onnx(vae, tmp_path)
    assert sorted(written) == ["decode", "encode", "reconstruct"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["decode.onnx", "encode.onnx", "reconstruct.onnx"]
    for name, file in written.items():
        session = onnxruntime.InferenceSession(str(file))
        function, specs = vae.signatures()[name]
        for batch_size in (1, 7):
            inputs = vae.example_inputs(batch_size)[name]
            live = function(*(inputs[spec.name] for spec in specs))
            outputs = session.run(None, inputs)
            for output, value in zip(session.get_outputs(), outputs, strict=True):
                np.testing.assert_allclose(value, live[output.name.removesuffix("_out")], atol=1e-5)
