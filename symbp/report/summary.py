"""A network in a line of text, and the small texts that tables are made of."""

from __future__ import annotations

from symbp.graph.model import Graph, ParameterInit, Tensor


def graph_summary(graph: Graph) -> str:
    """``digits: 2 layers, 19,210 parameters, cross_entropy, adam``."""
    count = sum(row.parameters for row in graph.rows)
    layers = len(graph.rows)
    return (
        f"{graph.name}: {layers} layer{'' if layers == 1 else 's'}, {count:,} parameters, "
        f"{' + '.join(term.loss.type for term in graph.losses)}, {graph.training.optimizer.type}"
    )


def shape_of(tensor: Tensor) -> tuple[str, ...]:
    """The sizes of all axes; an axis that a call fixes by its symbol."""
    return tuple(axis.symbol.name if axis.size is None else str(axis.size) for axis in tensor.axes)


def start_of(init: ParameterInit) -> str:
    """How a parameter starts: ``glorot_uniform: uniform(-0.5, 0.5)``."""
    scale = f"{init.scale:.4g}"
    made = {
        "constant": scale,
        "values": "the numbers of the spec",
        "uniform": f"uniform({f'{init.low:.4g}' if init.low is not None else '-' + scale}, {scale})",
        "normal": f"normal({init.mean or 0:.4g}, {scale})",
        "truncated_normal": f"normal({init.mean or 0:.4g}, {scale}), cut at two deviations",
        "orthogonal": f"orthogonal, gain {scale}",
        "computed": "computed from others",
    }.get(init.distribution, f"{init.distribution} {scale}")
    if init.part is not None:
        axis, begin, end = init.part
        made = f"{made} at {begin} to {end - 1} of axis {axis + 1}, else 0"
    return made if init.initializer in made or init.distribution == "values" else f"{init.initializer}: {made}"
