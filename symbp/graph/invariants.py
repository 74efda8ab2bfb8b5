"""What every graph fulfils, checked once when it is made: a violation is a mistake of symbp's own."""

from __future__ import annotations

from symbp.graph.model import Graph, Node, Tensor
from symbp.notation.expr import Sym


def check(graph: Graph) -> Graph:
    """The graph itself.  Raises ValueError with the first violation."""
    tensors = {t.name: t for t in graph.tensors}
    _require(len(tensors) == len(graph.tensors), "two tensors have one name")
    known = {t.name for t in graph.tensors if t.role != "value"}
    for node in graph.nodes:
        _check_node(node, tensors, known)
        known |= {name for local, name in node.binding if node.unit.tensor(local).role == "value"}
    _require({o.tensor for o in graph.outputs} <= known, "an output is not computed")
    _require({t.tensor for t in graph.targets} <= known, "a target is not there")
    _require({name for t in graph.losses for name in t.reads} <= known, "a loss reads what is not computed")
    owned = [p.tensor.name for p in graph.parameters]
    _require(owned == [t.name for t in graph.tensors if t.role == "parameter"], "parameters and tensors differ")
    for parameter in graph.parameters:
        sizes = [axis.size for axis in parameter.tensor.axes]
        _require(None not in sizes, f"{parameter.tensor.label} has an axis without a size")
    return graph


def _check_node(node: Node, tensors: dict[str, Tensor], known: set[str]) -> None:
    """Every local tensor is bound to a tensor with its axes, and what the node reads is there."""
    sizes = dict(node.sizes)
    bound = dict(node.binding)
    _require([t.name for t in node.unit.tensors] == list(bound), f"{node.name} binds other names than its unit has")
    for local in node.unit.tensors:
        tensor = tensors[bound[local.name]]
        _require(local.role == "value" or tensor.name in known, f"{node.name} reads {tensor.name} too early")
        axes = tensor.axes[::-1] if local.name in node.transposed else tensor.axes
        _require(len(axes) == len(local.indices), f"{node.name}: {tensor.name} has other axes than {local.name}")
        for axis, index in zip(axes, local.indices, strict=True):
            size = sizes[index.size.name] if isinstance(index.size, Sym) else int(index.size.value)
            _require(axis.size == size, f"{node.name}: {tensor.name} has {axis.size} along {index.name}, not {size}")


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise ValueError(f"a graph that contradicts itself: {message}")
