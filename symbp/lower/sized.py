"""The sizes of the tensors of a network as a program has them, and the names of its losses."""

from __future__ import annotations

from symbp.graph.model import Graph, Tensor

LOSS_NAME = "loss"


def size_name(axis_symbol: str, batch: bool) -> str:
    """How bodies name a size that a call fixes."""
    return "n" if batch else axis_symbol


def shape_of(graph: Graph, tensor: Tensor) -> tuple[int | str, ...]:
    """The sizes of a tensor: numbers, and names of those that calls fix (``n`` that of the batch)."""
    batch = graph.tensor(graph.inputs[0]).axes[0].symbol
    return tuple(a.size if a.size is not None else size_name(a.symbol.name, a.symbol == batch) for a in tensor.axes)


def losses_of(graph: Graph) -> tuple[str, ...]:
    """The loss of the network; where it is a sum, each term too."""
    return (LOSS_NAME, *(term.value for term in graph.losses)) if len(graph.losses) > 1 else (LOSS_NAME,)
