"""Specs for the tests of the graph, as short as they can be."""

from __future__ import annotations

from symbp.errors import SpecError
from symbp.graph.build import build
from symbp.graph.check import loads
from symbp.graph.model import Graph, Node

TRAIN = "train: {optimizer: {type: sgd, lr: 0.1}}\n"


def graph(body: str, *, loss: str = "{type: mse}", train: str = TRAIN) -> Graph:
    """The graph of a spec with this `body`; a body without `layers:` has one dense layer of two units."""
    layers = "" if "layers:" in body.splitlines() else "layers:\n  - {type: dense, name: fc, units: 2}\n"
    text = f"symbp: 1\nname: net\n{body}\n{layers}loss: {loss}\n{train}"
    return build(loads(text, "net.yaml"))


def refused(body: str, *, loss: str = "{type: mse}", train: str = TRAIN) -> list[tuple[str, int | None, str]]:
    """Code, line and message of every problem of a spec."""
    try:
        graph(body, loss=loss, train=train)
    except SpecError as error:
        return [(p.code, p.place.line if p.place else None, p.message) for p in error.problems]
    return []


def node(made: Graph, name: str) -> Node:
    return next(n for n in made.nodes if n.name == name)
