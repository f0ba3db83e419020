"""Reads a SavedModel's graph from `saved_model.pb`, without running any of it: signatures, ops, devices, suspicions."""

import pathlib
import re

import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow.python.framework import kernels, op_def_registry

FILE = "saved_model.pb"
DEVICES = ("CPU", "GPU")
DEFAULT, INITIALISER = "serving_default", "__saved_model_init_op"

# Reasons to look twice, by the name of the op; the first that matches is given.
SUSPECT = {
    "runs Python code of the process that loads it": r"PyFunc",
    "talks to other processes": r"Rpc|DataService|Remote|Collective|Nccl|^_?(Xla)?(Send|Recv)",
    "prints or dumps tensors": r"^Print|^Debug|^Dump",
    "reads or writes files": r"File|Reader|Record|LMDB|Sql|CSV|Snapshot|Summary|Checkpoint|^Save|Restore|Remap",
    "reads data of its own": r"Dataset|Iterator",
}
# Passed in the functions that TensorFlow itself writes to save and restore weights, and nowhere else.
SAVING = ("SaveV2", "RestoreV2", "MergeV2Checkpoints", "ShardedFilename")
# Of the ops that TensorFlow declares stateful, these touch the model's own variables, tables and random numbers.
HARMLESS = re.compile(
    r"StatefulPartitionedCall|While|If|Case|Assert|CheckNumerics(V2)?|StatelessRandomGetAlg|XlaLaunch|DeviceIndex"
    r"|(Var|Resource|Assign|ReadVariable|DisableCopyOnRead|StubResource|GuaranteeConst|DeepCopy|Empty).*"
    r"|(Anonymous)?(Mutable)?(Dense)?HashTable.*|LookupTable.*|InitializeTableV2|TensorArray.*|Stack.*|CudnnRNN.*"
    r"|Random.*|TruncatedNormal|Multinomial|Rng.*|Stateful(StandardNormal|Uniform|TruncatedNormal|RandomBinomial).*"
)


def read_meta_graph(saved_model):
    """Parses the `saved_model.pb` of a folder.

    Raises:
        FileNotFoundError: if there is none.
        ValueError: if it is broken.
    """
    file = pathlib.Path(saved_model) / FILE
    if not file.is_file():
        raise FileNotFoundError(
            f"There is no SavedModel. Expected a folder with {FILE} or an artefact. Received: path={str(saved_model)!r}"
        )
    try:
        return saved_model_pb2.SavedModel.FromString(file.read_bytes()).meta_graphs[0]
    except (DecodeError, IndexError):
        raise ValueError(f"Broken SavedModel. Expected a protocol buffer with a graph. Received: {file}") from None


def read_signatures(meta_graph):
    """The signatures: `serving_default` first, then by name.

    Returns:
        dict from name to `{"inputs": [...], "outputs": [...]}`, each entry `{"name", "shape", "dtype"}`; `None` in a
        shape is any size, and a shape of `None` any rank.
    """
    names = sorted(set(meta_graph.signature_def) - {INITIALISER}, key=lambda name: (name != DEFAULT, name))
    definitions = {name: meta_graph.signature_def[name] for name in names}
    return {name: {"inputs": _tensors(d.inputs), "outputs": _tensors(d.outputs)} for name, d in definitions.items()}


def read_ops(meta_graph):
    """Every op of the graph and of its functions.

    Devices are those for which this build of TensorFlow has a kernel that takes the types of each of the op's nodes.
    A build without GPU support (`tf.test.is_built_with_gpu_support()`) has hardly any for a GPU.

    Returns:
        dict from op to `{"count", "devices", "signatures"}`: how often it occurs; which of `"CPU"` and `"GPU"` can run
        all that serves; the same for each signature that reaches it, none for ops that only load, save or
        differentiate.
    """
    graph, users = _Graph(meta_graph), {}
    for name in read_signatures(meta_graph):
        outputs = meta_graph.signature_def[name].outputs.values()
        for op, nodes in _by_op(graph.reached_nodes(tensor.name for tensor in outputs)).items():
            users.setdefault(op, {})[name] = _devices(op, nodes)
    return {op: _op_facts(op, nodes, users.get(op, {})) for op, nodes in sorted(_by_op(graph.all_nodes()).items())}


def _by_op(nodes):
    groups = {}
    for node in nodes:
        groups.setdefault(node.op, []).append(node)
    return groups


def _op_facts(op, nodes, signatures):
    devices = [d for d in DEVICES if all(d in known for known in signatures.values() or [_devices(op, nodes)])]
    return {"count": len(nodes), "devices": devices, "signatures": signatures}


def suspect_ops(meta_graph):
    """The ops that touch files, run Python or are not TensorFlow's: dict from op to the reason. A lint, no sandbox."""
    graph, saver = _Graph(meta_graph), meta_graph.saver_def
    roots = {_node_name(name) for name in (saver.save_tensor_name, saver.restore_op_name)}
    saving = {name for kind, name in graph.reached(roots) if kind == "function"}
    others = [("node", name) for name in graph.nodes if name not in roots]
    others += [("function", name) for name in graph.functions if name not in saving]
    saving -= {name for kind, name in graph.closure(others) if kind == "function"}
    elsewhere = {node.op for node in graph.all_nodes(without=saving)}
    everywhere = {node.op for node in graph.all_nodes()}
    suspects = elsewhere | (everywhere - set(SAVING))
    return {op: reason for op in sorted(suspects) if (reason := _reason(op))}


def _reason(op):
    for reason, pattern in SUSPECT.items():
        if re.search(pattern, op):
            return reason
    definition = op_def_registry.get(op)
    if definition is None:
        return "is unknown to this TensorFlow, a custom op"
    if definition.is_stateful and not HARMLESS.fullmatch(op):
        return "keeps or changes state outside of the model"
    return None


class _Graph:
    """The nodes of the main graph and the bodies of the functions; each is known by `(kind, name)`."""

    def __init__(self, meta_graph):
        self.nodes = {node.name: node for node in meta_graph.graph_def.node}
        self.functions = {f.signature.name: list(f.node_def) for f in meta_graph.graph_def.library.function}

    def all_nodes(self, without=()):
        bodies = [body for name, body in self.functions.items() if name not in without]
        nodes = [node for body in (list(self.nodes.values()), *bodies) for node in body]
        return [node for node in nodes if node.op not in self.functions]  # a call by name is no op

    def reached(self, tensors):
        return self.closure([("node", _node_name(tensor)) for tensor in tensors])

    def reached_nodes(self, tensors):
        nodes = [node for key in self.reached(tensors) for node in self._body(key)]
        return [node for node in nodes if node.op not in self.functions]

    def closure(self, waiting):
        """All that the nodes and functions in `waiting` need or call."""
        waiting, seen = list(waiting), set()
        while waiting:
            key = waiting.pop()
            if key in seen:
                continue
            seen.add(key)
            for node in self._body(key):
                if key[0] == "node":
                    waiting += [("node", _node_name(tensor)) for tensor in node.input]
                waiting += [("function", name) for name in _called(node) if name in self.functions]
        return seen

    def _body(self, key):
        kind, name = key
        if kind == "function":
            return self.functions[name]
        return [self.nodes[name]] if name in self.nodes else []


def _node_name(tensor):
    return tensor.lstrip("^").split(":")[0]


def _called(node):
    names = [node.op]
    for value in node.attr.values():
        names += [value.func.name, *(function.name for function in value.list.func)]
    return names


def _tensors(definitions):
    tensors = []
    for name, tensor in sorted(definitions.items()):
        sizes = [None if axis.size < 0 else axis.size for axis in tensor.tensor_shape.dim]
        shape = None if tensor.tensor_shape.unknown_rank else sizes
        tensors.append({"name": name, "shape": shape, "dtype": tf.as_dtype(tensor.dtype).name})
    return tensors


def _devices(op, nodes):
    registered = kernels.get_registered_kernels_for_op(op).kernel
    found = []
    for device in DEVICES:
        usable = [kernel for kernel in registered if kernel.device_type in (device, "DEFAULT")]
        if all(any(_takes(kernel, node) for kernel in usable) for node in nodes):
            found.append(device)
    return found


def _takes(kernel, node):
    """Whether the kernel's types allow the node's; types left out of the node are the op's defaults."""
    definition = op_def_registry.get(node.op)
    defaults = {attr.name: attr.default_value for attr in definition.attr}
    for constraint in kernel.constraint:
        value = node.attr[constraint.name] if constraint.name in node.attr else defaults[constraint.name]
        allowed = set(constraint.allowed_values.list.type)
        given = value.list.type if value.HasField("list") else [value.type] if value.HasField("type") else []
        if allowed and not allowed.issuperset(given):
            return False
    return True
