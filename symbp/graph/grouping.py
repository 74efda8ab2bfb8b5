"""Arrays of which several letters are one axis."""

from __future__ import annotations

from symbp.graph.findings import Findings
from symbp.notation.problems import FormulaErrors
from symbp.notation.source import Axes, Elaborated, FormulaSource, TensorSource
from symbp.spec.tree import Trail


def grouped_axes(
    output: str, source: FormulaSource, done: Elaborated, findings: Findings, trail: Trail
) -> dict[str, Axes] | None:
    """The letters of each axis of such arrays, by name; None where `output` is wrong, which is reported at `trail`.

    `output` lists the axes of the result, as in ``y[n,(g o)]``; empty: each letter is an axis.
    """
    found = {t.name: t.grouped for t in source.expanded().tensors if t.grouped}
    if not output:
        return found
    try:
        read = TensorSource.read(output)
    except FormulaErrors as error:
        findings.add_formula(error, trail)
        return None
    letters = tuple(i.name for i in done.tensor(source.output).indices)
    if read.name != source.output or source.spread(read.letters) != letters:
        own = f"{source.output}[{','.join(letters)}]"
        message = f"the output {output!r} is not the result of the formula, {own}, with its letters in their order"
        findings.add("E313", message, trail, f"two letters that are one axis stand in parentheses: {_example(own)}")
        return None
    axes = source.grouped_axes(read)
    return found | ({read.name: axes} if axes else {})


def _example(own: str) -> str:
    """The result with its last two letters together."""
    name, _, rest = own.rstrip("]").partition("[")
    letters = rest.split(",")
    return own if len(letters) < 3 else f"{name}[{','.join(letters[:-2])},({' '.join(letters[-2:])})]"
