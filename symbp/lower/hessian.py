"""The program of a Hessian-vector product: the forward and backward equations of a network with tangents, in one body.

It has a memory of its own, so that training steps stay as they are; nothing leaves it but the product.
"""

from __future__ import annotations

from dataclasses import replace

from symbp.derive.model import HessianDerivation
from symbp.lower.lower import arrays_of, free_sizes, run_backward
from symbp.lower.lowering import Lowering
from symbp.lower.model import FORWARD, INPUT, Array, Program

DIRECTION, PRODUCT = "pv", "hv"  # what holds the tangents of the parameters, and the product


def lower_hessian(derivation: HessianDerivation) -> Program:
    """The program, straight from the equations.  Raises DerivationError where one of them has no array form."""
    graph, mark = derivation.network.graph, derivation.mark
    moved = {f"{mark}{info.tensor.name}": info.tensor.name for info in graph.parameters}
    arrays = {name: _of_direction(a, moved) for name, a in arrays_of(graph).items()}
    lowering = Lowering(graph, arrays, slopes=("d", f"{mark}d"), holder=PRODUCT)
    run_backward(lowering, lowering.placed(derivation.network))
    found = [s for s in lowering.statements if not s.stage.startswith(INPUT)]
    program = Program(
        name=graph.name,
        arrays=tuple(lowering.arrays.values()),
        statements=tuple(replace(s, stage=FORWARD) for s in found),
        outputs=(),
        losses=(),
        probabilities=(),
        input_gradients=(),
        sizes=free_sizes(graph),
        parameter_count=0,
    )
    program.check()
    return program


def _of_direction(array: Array, moved: dict[str, str]) -> Array:
    return replace(array, code=f"{DIRECTION}.{moved[array.name]}") if array.name in moved else array
