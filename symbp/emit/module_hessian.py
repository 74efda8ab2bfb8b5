"""The functions of a module that multiply the Hessian of the loss with a vector."""

from __future__ import annotations

from dataclasses import dataclass

from symbp.emit.layout import signature
from symbp.emit.model import Code
from symbp.emit.module_calls import RNG, STATES
from symbp.emit.module_core import FunctionText, function_of, target_arguments, workspace
from symbp.emit.module_modes import drawn_buffer
from symbp.graph.model import Graph

WORKSPACE = "HessianWorkspace"


@dataclass(frozen=True, slots=True)
class HessianText:
    """`product` fills the product from arrays that are checked, `hvp` is the head of the function that users call,
    `method` that of the network's; `run` and `of_network` are arguments of their calls."""

    product: FunctionText
    workspace: tuple[str, ...]
    hvp: str
    method: str
    run: str
    of_network: str


def hessian_of(graph: Graph, code: Code) -> HessianText | None:
    """None where no such products were asked for."""
    if code.hessian is None:
        return None
    first, *rest = target_arguments(graph, WORKSPACE)
    arguments = [first, "pv: Parameters", "hv: Parameters", *rest]
    doc = "Fills hv with the Hessian of the loss times pv: forward and backward with what moves along pv beside it."
    modes = [*([RNG] if graph.random else []), *([STATES] if graph.states else [])]
    star = ["*", *modes] if modes else []
    drawing = ["*", "training: bool = False"] if graph.random else []
    named = [*(["rng=rng"] if graph.random else []), *(["state=self.state"] if graph.states else [])]
    return HessianText(
        product=function_of("hessian_product", arguments, "None", doc, code.hessian.forward),
        workspace=workspace(graph, code.hessian, tuple(map(drawn_buffer, graph.random))),
        hvp=f"def {signature('hvp', ['theta: Array', 'x: Any', 'y: Any', 'v: npt.ArrayLike', *star], 'Array')}",
        method=_method(drawing),
        run=", ".join(["p", "pv", "hv", *(["s"] if graph.states else []), "ws"]),
        of_network=", ".join(["self._theta", "x", "y", "v", *named]),
    )


def _method(more: list[str]) -> str:
    return f"def {signature('hvp', ['self', 'x: Any', 'y: Any', 'v: npt.ArrayLike', *more], 'Array')}"
