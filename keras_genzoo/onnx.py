"""ONNX files of the deterministic signatures, as a second format beside the SavedModel."""

import logging
import os
import pathlib

import tensorflow as tf

OPSET = 18


def export_onnx(model, path):
    """Writes one ONNX file for every signature that ONNX can express.

    Inputs and outputs have the signature's names. A name stands only once in ONNX, so an output that is called as an
    input is, such as the `images` of `reconstruct`, becomes `images_out`. Signatures that draw random numbers have no
    counterpart there and are left out; of a `VAE`, `reconstruct`, `encode` and `decode` remain. Needs the extra `onnx`.

    Args:
        model: a model of this package.
        path: str or path of the folder; made if missing. An existing file of the same name is replaced.

    Returns:
        dict from the name of a signature to the path of its file.

    Raises:
        ImportError: if the extra `onnx` is not installed.
        ValueError: if no signature can be expressed.
    """
    try:
        import onnx
        import tf2onnx
    except ImportError:
        raise ImportError('ONNX needs the extra: python -m pip install "keras_genzoo[onnx]"') from None
    logging.getLogger("tf2onnx").setLevel(logging.CRITICAL)  # it logs an error for each signature left out
    path, written = pathlib.Path(path), {}
    path.mkdir(parents=True, exist_ok=True)
    for name, (function, specs) in model.signatures().items():
        graph = tf.function(_with_distinct_names(function, specs), input_signature=specs, autograph=False)
        try:
            converted, _ = tf2onnx.convert.from_function(graph, input_signature=specs, opset=OPSET)
            onnx.checker.check_model(converted)  # the converter lets ops through that ONNX does not have
        except (ValueError, onnx.checker.ValidationError):
            continue
        written[name] = path / f"{name}.onnx"
        part = path / f".{name}.part"
        part.write_bytes(converted.SerializeToString())
        os.replace(part, written[name])
    if not written:
        raise ValueError(f"No signature can be expressed in ONNX. Received: {sorted(model.signatures())}")
    return written


def _with_distinct_names(function, specs):
    inputs = {spec.name for spec in specs}

    def call(*arguments):
        return {f"{name}_out" if name in inputs else name: value for name, value in function(*arguments).items()}

    return call
