"""Batch statistics: which layers reduce over the samples, and over how many numbers."""

from __future__ import annotations

import math

from symbp.emit.module_data import free_sizes
from symbp.graph.model import Graph, Node
from symbp.notation.expr import Reduce, Sym, walk


def values_of_a_batch(graph: Graph) -> list[tuple[int, str]]:
    """For every reduction over the samples: the numbers a sample that are known, and in Python how many there are.

    A layer has batch statistics where an equation of its training formula reduces over the samples.
    """
    free = dict(free_sizes(graph))
    batch = graph.tensor(graph.inputs[0]).axes[0].symbol.name
    found: list[tuple[int, str]] = []
    for node in graph.nodes:
        for sizes in _reductions(graph, node, batch):
            names = [free[s] for s in sizes if isinstance(s, str)]
            known = math.prod(s for s in sizes if isinstance(s, int))
            found.append((known, " * ".join(["len(data[0])", *names])))
    return found


def _reductions(graph: Graph, node: Node, batch: str) -> list[list[int | str]]:
    """The other sizes of every reduction over the samples, in a layer's training formula."""
    if node.unit.is_loss:
        return []
    sizes = dict(node.sizes)
    found: list[list[int | str]] = []
    for e in over_samples(graph, node, batch):
        bound, free = _sizes(graph, node, e)
        found.append([*(f for f in free if f != batch), *(sizes.get(s) or 1 for s in bound)])
    return found


def over_samples(graph: Graph, node: Node, batch: str) -> list[Reduce]:
    """The reductions over the samples in the formula of a node; `batch` is their number."""
    every = (e for equation in node.unit.plain for e in walk(equation.rhs) if isinstance(e, Reduce))
    return [e for e in every if batch in _sizes(graph, node, e)[1]]


def _sizes(graph: Graph, node: Node, e: Reduce) -> tuple[list[str], list[str]]:
    """The sizes that a reduction runs over, as the unit knows them, and the network's names of those that are free."""
    sizes, names = dict(node.sizes), _free_symbols(graph, node)
    bound = [i.size.name if isinstance(i.size, Sym) else "" for i in e.bound]
    return bound, [names.get(s, s) for s in bound if s and sizes.get(s) is None]


def _free_symbols(graph: Graph, node: Node) -> dict[str, str]:
    """The network's name of each size of the unit that a call fixes."""
    found = {}
    for local, name in node.binding:
        for index, axis in zip(node.unit.tensor(local).indices, graph.tensor(name).axes, strict=False):
            if axis.size is None and isinstance(index.size, Sym):
                found[index.size.name] = axis.symbol.name
    return found

