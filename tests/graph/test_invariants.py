"""A graph that contradicts itself is refused where it is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from symbp.graph.invariants import check
from symbp.graph.model import Axis, Graph
from symbp.notation.expr import Sym

from .networks import graph

DEEP = (
    "input: {x: [4]}\nlayers:\n"
    "  - {type: dense, name: a, units: 3, activation: tanh}\n"
    "  - {type: dense, name: b, units: 2}\n"
)


def with_node(made: Graph, index: int, **change: object) -> Graph:
    nodes = list(made.nodes)
    nodes[index] = replace(nodes[index], **change)  # type: ignore[arg-type]
    return replace(made, nodes=tuple(nodes))


def wider(made: Graph) -> Graph:
    tensors = list(made.tensors)
    tensors[1] = replace(tensors[1], axes=(*tensors[1].axes[:1], Axis("j", Sym("J", "size"), 9)))
    return replace(made, tensors=tuple(tensors))


CONTRADICTIONS: dict[str, Callable[[Graph], Graph]] = {
    "two tensors have one name": lambda g: replace(g, tensors=(*g.tensors, g.tensors[0])),
    "reads z_a too early": lambda g: replace(g, nodes=(*g.nodes[1:2], g.nodes[0], *g.nodes[2:])),
    "binds other names": lambda g: with_node(g, 0, binding=g.nodes[0].binding[:-1]),
    "along j": wider,
    "has 4 along i, not 5": lambda g: with_node(g, 0, sizes=(("N", None), ("I", 5), ("J", 3))),
    "along": lambda g: with_node(g, 2, transposed=("W",)),
    "an output is not computed": lambda g: replace(g, outputs=(replace(g.outputs[0], tensor="t2"),)),
    "a target is not there": lambda g: replace(g, targets=(replace(g.targets[0], tensor="t2"),)),
    "a loss reads": lambda g: replace(g, losses=(replace(g.losses[0], reads=("t2",)),)),
    "parameters and tensors differ": lambda g: replace(g, parameters=g.parameters[::-1]),
}


@pytest.mark.parametrize("message", CONTRADICTIONS)
def test_a_contradiction_is_found(message: str) -> None:
    made = graph(DEEP)
    assert check(made) is made
    with pytest.raises(ValueError, match=message):
        check(CONTRADICTIONS[message](made))
