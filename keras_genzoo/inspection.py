"""What a SavedModel holds, and whether its files are those that were exported: `genzoo inspect`."""

import collections
import pathlib

import tensorflow as tf

from keras_genzoo.manifest import NAME, SAVED_MODEL, load_manifest, relative_files, verify_checksums
from keras_genzoo.saved_model import read_meta_graph, read_ops, read_signatures, suspect_ops


def inspect(path):
    """Describes a SavedModel, alone or in an artefact, without running it.

    Args:
        path: str or path of an artefact's folder (with `manifest.json`), or of a SavedModel's (with `saved_model.pb`).

    Returns:
        dict: `path`; `manifest`, dict or `None`; `signatures`, as `saved_model.read_signatures`, in serving order where
        the manifest tells it; `ops`, as `saved_model.read_ops`; `gpu_known`, whether this TensorFlow has GPU kernels at
        all; `warnings`, dict from op to the reason to look twice; `checksums`, dict from file to `"ok"`, `"changed"`,
        `"missing"` or `"unlisted"`, empty without a manifest; `size`, bytes of the SavedModel.

    Raises:
        FileNotFoundError: if there is no SavedModel.
        ValueError: if `saved_model.pb` or the manifest is broken.

    Example:

    >>> import tempfile, keras_genzoo as genzoo
    >>> from keras_genzoo.inspection import inspect
    >>> vae = genzoo.VAE(genzoo.networks.dense_encoder((8,), 2), genzoo.networks.dense_decoder(2, (8,)))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     vae.export(folder)
    ...     contents = inspect(folder)
    >>> sorted(contents["ops"]["MatMul"]["signatures"]), contents["warnings"]
    (['decode', 'encode', 'generate', 'reconstruct', 'score', 'serving_default'], {})
    """
    path = pathlib.Path(path)
    manifest = load_manifest(path) if (path / NAME).exists() else None
    saved_model = path if manifest is None else path / SAVED_MODEL
    meta_graph = read_meta_graph(saved_model)
    return {
        "path": str(path),
        "manifest": manifest,
        "signatures": _in_serving_order(read_signatures(meta_graph), manifest),
        "ops": read_ops(meta_graph),
        "gpu_known": tf.test.is_built_with_gpu_support(),
        "warnings": suspect_ops(meta_graph),
        "checksums": {} if manifest is None else verify_checksums(path),
        "size": sum((saved_model / name).stat().st_size for name in relative_files(saved_model)),
    }


def _in_serving_order(signatures, manifest):
    known = [] if manifest is None else [name for name in manifest.get("signatures", {}) if name in signatures]
    return {**{name: signatures[name] for name in known}, **signatures}


def format_inspection(contents):
    """The dictionary of `inspect` as text: a header, signatures, ops, warnings and checksums."""
    sections = [
        _header(contents),
        ["Signatures", *_signature_lines(contents["signatures"])],
        [f"Ops ({'CPU and GPU' if contents['gpu_known'] else 'CPU'} kernels of this TensorFlow)", *_op_lines(contents)],
        ["Warnings", *(f"  {op} {reason}" for op, reason in contents["warnings"].items())],
        ["Checksums", *_checksum_lines(contents["checksums"])],
    ]
    if not contents["warnings"]:
        sections[3].append("  none: no op touches files or runs Python. A lint, no sandbox: load only what you trust")
    return "\n\n".join("\n".join(lines) for lines in sections)


def describe(tensor):
    """A signature's input or output in words: `float32 (batch, 28, 28, 1)`."""
    if tensor["shape"] is None:
        return f"{tensor['dtype']}, any rank"
    if not tensor["shape"]:
        return f"{tensor['dtype']} scalar"
    sizes = ["any" if size is None else str(size) for size in tensor["shape"]]
    sizes[0] = "batch" if tensor["shape"][0] is None else sizes[0]
    return f"{tensor['dtype']} ({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"


def _header(contents):
    manifest, lines = contents["manifest"], [contents["path"]]
    if manifest is not None:
        versions = ", ".join(f"{name} {version}" for name, version in manifest.get("versions", {}).items())
        model, recipe, seed = (manifest.get(name) for name in ("model", "recipe", "seed"))
        lines.append(f"  {model}, recipe {recipe}, seed {seed}; {versions}")
    return [*lines, f"  SavedModel of {contents['size'] / 1e6:.2f} MB"]


def _signature_lines(signatures):
    for name, signature in signatures.items():
        inputs = ", ".join(f"{tensor['name']}: {describe(tensor)}" for tensor in signature["inputs"])
        outputs = ", ".join(f"{tensor['name']}: {describe(tensor)}" for tensor in signature["outputs"])
        yield f"  {name}({inputs})"
        yield f"    -> {outputs}"


def _op_lines(contents):
    served = {op: facts for op, facts in contents["ops"].items() if facts["signatures"]}
    yield f"  {len(served)} while serving: " + ", ".join(f"{op} x{facts['count']}" for op, facts in served.items())
    yield "  otherwise (loading, saving, gradients): " + ", ".join(op for op in contents["ops"] if op not in served)
    if not contents["gpu_known"]:
        yield "  GPU: unknown, as this TensorFlow is built without GPU support"
    for name in contents["signatures"] if contents["gpu_known"] else ():
        lacking = [op for op, facts in served.items() if "GPU" not in facts["signatures"].get(name, "GPU")]
        yield f"  {name}: " + (f"on the CPU only {', '.join(lacking)}" if lacking else "every op has a GPU kernel")
    yield "  Strings, lookup tables, saving and restoring run on the CPU only; TensorFlow places them there by itself."


def _checksum_lines(checksums):
    if not checksums:
        yield "  none: no manifest"
        return
    counts = collections.Counter(checksums.values())
    yield "  " + ", ".join(f"{count} {state}" for state, count in counts.items())
    yield from (f"  {state}: {name}" for name, state in checksums.items() if state != "ok")
