"""Batch statistics: which layers reduce over the samples, and over how many numbers; sizes that no step is made of."""

from __future__ import annotations

import math

from symbp.emit.module_data import free_sizes
from symbp.graph.model import Graph, Node, bound_sizes, over_samples


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


def refused(graph: Graph) -> tuple[str, ...]:
    """The statements that refuse sizes with which states would get new values by a division by 0."""
    free = dict(free_sizes(graph))
    lines: list[str] = []
    for found in graph.divisors:
        terms = [free[name] if factor == 1 else f"{factor} * {free[name]}" for name, factor in found.sizes]
        lines.append(f"if {' + '.join(terms)} == {found.zero}:")
        lines.append(f'    raise ValueError("x: a step of {found.layer} divides by {found.text}, which is 0 here")')
    return tuple(lines)


def _reductions(graph: Graph, node: Node, batch: str) -> list[list[int | str]]:
    """The other sizes of every reduction over the samples, in a layer's training formula."""
    if node.unit.is_loss:
        return []
    sizes = dict(node.sizes)
    found: list[list[int | str]] = []
    for e in over_samples(graph, node, batch):
        bound, free = bound_sizes(graph, node, e)
        found.append([*(f for f in free if f != batch), *(sizes.get(s) or 1 for s in bound)])
    return found
