"""What a body says about how its arrays lie, once, in front of what it computes."""

from __future__ import annotations

from symbp.emit.model import Line
from symbp.lower.model import FORWARD, Program

SEVERAL = 3  # axes of a value whose order is worth a word


def remarks(program: Program, stage: str) -> tuple[Line, ...]:
    """Why values lie with the samples last, in front of the forward pass; nothing where none does."""
    samples = {size for size, _, axis in program.sizes if axis == 0}
    last = [a for s in program.plain(FORWARD) for a in (program.array(s.target),) if a.turned]
    last = [a for a in last if len(a.shape) >= SEVERAL and a.shape[-1] in samples and a.kind == "value"]
    if stage != FORWARD or not last:
        return ()
    shown = max(last, key=lambda a: len(a.shape))
    shape = ", ".join(map(str, shown.shape))
    return (
        Line(f"# Values of several axes have the samples last, {shown.name} is [{shape}]:"),
        Line("# what slices take are long runs, and products find their matrices without a turned copy."),
    )
