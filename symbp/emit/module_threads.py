"""Half-batches on two threads."""

from __future__ import annotations

from symbp.emit.model import Code
from symbp.graph.model import Graph


def apart(graph: Graph) -> str:
    """Why a batch is not halved; empty where it may be."""
    if graph.random:
        return "what a step draws comes from one generator"
    return graph.inseparable or ("" if graph.plain else "the network has several losses or targets")


def lines_of_step(graph: Graph, code: Code, plain: tuple[str, ...]) -> tuple[str, ...]:
    """The statements of a training step up to its loss, on one or two threads; `plain` are those on one."""
    if apart(graph):
        return plain
    return (
        f"if {halved(graph)}:",
        f"    loss = self._halves(data{f', {code.scale}' if code.scale else ''})",
        "else:",
        *(f"    {line}" for line in plain),
    )


def halved(graph: Graph) -> str:
    """The condition under which a batch is halved."""
    return f"{'' if graph.training.deterministic else 'self.threads == 2 and '}len(data[0]) > 1"
