"""What a body says about how its arrays lie, once, in front of what it computes."""

from __future__ import annotations

from symbp.emit.model import Line
from symbp.lower.model import BACKWARD, FORWARD, Apply, Node, Program, Read, reads, rows_apart

SEVERAL = 3  # axes of a value whose order is worth a word


def remarks(program: Program, stage: str) -> tuple[Line, ...]:
    """Words in front of a pass; none where nothing is out of the ordinary."""
    first = (*_samples_last(program), *_in_columns(program), *_filled(program)) if stage == FORWARD else ()
    again = _formed_again(program) if stage == BACKWARD else ()
    return (*first, *again, *_apart(program, stage), *_in_parts(program, stage))


def _samples_last(program: Program) -> tuple[Line, ...]:
    """Why values lie with the samples last; nothing where none does."""
    samples = {size for size, _, axis in program.sizes if axis == 0}
    known = {a.name: a for a in program.arrays}
    last = [a for s in program.plain(FORWARD) for a in (known[s.target],) if a.turned and not a.rows]
    last = [a for a in last if len(a.shape) >= SEVERAL and a.shape[-1] in samples and a.kind == "value"]
    if not last:
        return ()
    shown = max(last, key=lambda a: len(a.shape))
    shape = ", ".join(map(str, shown.shape))
    return (
        Line(f"# Values of several axes have the samples last, {shown.name} is [{shape}]:"),
        Line("# what slices take are long runs, and products find their matrices without a turned copy."),
    )


def _in_columns(program: Program) -> tuple[Line, ...]:
    """Why an output that is a matrix is computed with the samples last; nothing where none is."""
    made = (s for s in program.plain(FORWARD) if s.target in program.outputs and isinstance(s.value, Read))
    arrays = (program.array(name) for s in made for name in reads(s.value))
    found = next((a for a in arrays if len(a.shape) < SEVERAL and a.turned), None)
    if found is None:
        return ()
    shape = ", ".join(map(str, found.shape))
    return (Line(f"# {found.name} is [{shape}]: NumPy reduces short rows one by one, but long ones in vectors."),)


def _filled(program: Program) -> tuple[Line, ...]:
    """Why there are arrays of one number; nothing where there is none."""
    filled = {a.name for a in program.arrays if a.kind == "filled"}
    used = next((n for s in program.plain(FORWARD) for n in reads(s.value) if n in filled), "")
    if not used:
        return ()
    return (Line(f"# {used}: NumPy compares two arrays four times as fast as an array and a number."),)


def _formed_again(program: Program) -> tuple[Line, ...]:
    """Why a call of the forward pass is made once more; nothing where none is."""
    own = (s for s in program.plain(FORWARD) if isinstance(s.value, Apply) and s.whole and s.axes)
    early: dict[Node, str] = {s.value: s.target for s in own}
    found = next((s for s in program.plain(BACKWARD) if s.whole and s.value in early), None)
    if found is None:
        return ()
    return (
        Line(f"# {found.target} is {early[found.value]} of the forward pass, computed again where it is read:"),
        Line("# less then waits in memory, where all that waits is more than the caches hold."),
    )


def _apart(program: Program, stage: str) -> tuple[Line, ...]:
    """Why rows lie further apart than they are long; nothing where none do."""
    apart = rows_apart(program.arrays, program.statements)
    found = next((s.target for s in program.plain(stage) if s.target in apart), "")
    if not found:
        return ()
    return (
        Line(f"# {found}: columns of rows that lie a power of two of bytes apart share few lines of a cache;"),
        Line("# these rows lie a little further apart, so that what turns them finds there what it has read."),
    )


def _in_parts(program: Program, stage: str) -> tuple[Line, ...]:
    """Why there are loops over parts of arrays; nothing where there is none."""
    if not any(s.loop and s.loop.parts for s in program.plain(stage)):
        return ()
    return (Line("# Loops over parts take a few rows of arrays at a time:"),
            Line("# a cache holds what one statement leaves to the next."))  # fmt: skip
