"""What every graph fulfils, checked once when it is made: a violation is a mistake of symbp's own."""

from __future__ import annotations

from math import prod

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
        blocks = node.blocks_of(local.name)
        rank, letters = (sum(block[k] for block in blocks) for k in (0, 1))
        _require((len(axes), len(local.indices)) == (rank, letters), f"{node.name}: {tensor.name} has other axes")
        rest, indices = iter(axes), iter(local.indices)
        for count, many in blocks:
            have, own = [next(rest).size for _ in range(count)], [next(indices) for _ in range(many)]
            read = [sizes[i.size.name] if isinstance(i.size, Sym) else int(i.size.value) for i in own]
            same = prod(n or 1 for n in have) == prod(n or 1 for n in read) and have.count(None) == read.count(None)
            named = ", ".join(i.name for i in own)
            _require(same, f"{node.name}: {tensor.name} has {_sizes(have)} along {named}, not {_sizes(read)}")


def _sizes(sizes: list[int | None]) -> str:
    return " x ".join(map(str, sizes))


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise ValueError(f"a graph that contradicts itself: {message}")
