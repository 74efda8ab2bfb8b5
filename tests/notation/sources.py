"""Short ways to declare what the formulas of these tests read."""

from __future__ import annotations

from symbp.notation.elaborate import elaborate
from symbp.notation.problems import FormulaErrors
from symbp.notation.source import Elaborated, FormulaSource, TensorSource


def inputs(*texts: str) -> tuple[TensorSource, ...]:
    return tuple(TensorSource.read(t) for t in texts)


def parameters(*texts: str) -> tuple[TensorSource, ...]:
    return tuple(TensorSource.read(t, "parameter") for t in texts)


def labels(*texts: str) -> tuple[TensorSource, ...]:
    return tuple(TensorSource.read(t, "data", integer=True) for t in texts)


def resolved(text: str, *tensors: TensorSource, **options: object) -> Elaborated:
    return elaborate(FormulaSource(text, tensors, **options))  # type: ignore[arg-type]


def problems(text: str, *tensors: TensorSource, **options: object) -> list[tuple[str, str]]:
    """The code of each problem and the stretch of the text that its caret marks."""
    try:
        resolved(text, *tensors, **options)
    except FormulaErrors as error:
        return [(p.code, text[p.span.start : p.span.end] if p.span else "") for p in error.found]
    return []
