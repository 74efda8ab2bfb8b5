"""Equations in, closed-form gradients out."""

from __future__ import annotations

from collections.abc import Sequence

from symbp.derive import interim
from symbp.derive.model import ClosedForm
from symbp.graph.model import LocalTensor
from symbp.notation.expr import Equation, Expr


def derive_equations(
    equations: Sequence[Equation],
    tensors: Sequence[LocalTensor],
    *,
    facts: Sequence[tuple[Expr, Expr]] = (),
    is_loss: bool = False,
) -> ClosedForm:
    """The closed form of the gradients of `equations` with respect to every input and parameter of `tensors`."""
    form: ClosedForm = interim.derive_equations(list(equations), list(tensors), facts=facts, is_loss=is_loss)
    return form
