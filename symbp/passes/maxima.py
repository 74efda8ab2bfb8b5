"""The gradient of a maximum over windows compares with the maximum that is known: the first tap that equals it has all.

So the place of the first maximum is not looked for, and nothing is selected by a mask: `np.copyto` with a mask costs
ten times as much per number as a comparison and a product.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from symbp.lower.model import (
    FIRST_EQUAL,
    Affine,
    Apply,
    Axis,
    Fold,
    Node,
    Program,
    Read,
    Scatter,
    Statement,
    Window,
    affine_of,
    all_axes,
    loops_of,
    reaches,
    reads,
    relettered,
)
from symbp.passes.ledger import counted


@dataclass(frozen=True, slots=True)
class _Maximum:
    """A maximum over windows, or the place of the first one, with its letters by number."""

    statement: Statement
    fold: Fold
    numbers: dict[Axis, Axis]

    @property
    def key(self) -> Node:
        """The same for two that are taken over the same numbers, whatever their letters are."""
        return relettered(replace(self.fold, op="max"), self.numbers)


def compare_with_maxima(program: Program) -> tuple[Program, str]:
    """Taps are compared with a maximum that is known, where the place of the first one was asked for."""
    maxima = {m.key: m for m in _found(program, "max")}
    firsts = {m.statement.target: m for m in _found(program, "argmax") if m.key in maxima}
    count: dict[str, int] = {}
    for s in program.statements:
        for name in reads(s.value) if isinstance(s, Statement) else ():
            count[name] = count.get(name, 0) + 1
    changed: dict[int, Statement] = {}
    gone: set[str] = set()
    for k, s in enumerate(program.statements):
        if isinstance(s, Statement) and isinstance(s.value, Scatter):
            for name in set(reads(s.value)) & set(firsts):
                first = firsts[name]
                body = _compared(s, s.value.body, first, maxima[first.key]) if count[name] == 1 else None
                if body is not None:
                    changed[k] = replace(s, value=replace(s.value, body=body))
                    gone.add(name)
    statements = (changed.get(k, s) for k, s in enumerate(program.statements))
    kept = tuple(s for s in statements if not (isinstance(s, Statement) and s.target in gone))
    arrays = tuple(a for a in program.arrays if a.name not in gone)
    did = f"{counted(len(gone), 'place')} not looked for" if gone else ""
    return replace(program, arrays=arrays, statements=kept), did


def _found(program: Program, op: str) -> list[_Maximum]:
    found = []
    for s in program.statements:
        if isinstance(s, Statement) and s.definition:
            match s.value:
                case Fold(op=own, body=Window(source=Read())) as fold if own == op:
                    numbers = {axis: Axis(str(k), axis.size) for k, axis in enumerate(all_axes(fold))}
                    found.append(_Maximum(s, fold, numbers))
    return found


def _compared(s: Statement, body: Node, first: _Maximum, known: _Maximum) -> Apply | None:
    """``value*[place of the first == place]`` as ``value*first_equal(tap, maximum)``, where it reads so."""
    match body:
        case Apply("multiply", (value, Apply("equal", (Read(name=name) as label, place)))):
            loops = _loops(first.fold.over, affine_of(place))
            counted_in_order = loops is not None and _loops_of(s) == tuple(loops[a] for a in first.fold.over)
            if loops is None or not counted_in_order or name != first.statement.target:
                return None
        case _:
            return None
    letters = loops | dict(zip(first.statement.axes, label.axes, strict=True))
    by_number = {number: letters.get(axis, axis) for axis, number in first.numbers.items()}
    axes = tuple(by_number[known.numbers[axis]] for axis in known.statement.axes)
    maximum = Read(known.statement.target, axes, equation=label.equation)
    hit = Apply(FIRST_EQUAL, (relettered(first.fold.body, letters), maximum), equation=body.equation)
    return replace(body, args=(value, hit))


def _loops_of(s: Statement) -> tuple[Axis, ...]:
    """The axes that loops count where the statement adds tap by tap."""
    return loops_of(reaches(s.axes, s.value.at)) if isinstance(s.value, Scatter) else ()


def _loops(over: tuple[Axis, ...], place: Affine | None) -> dict[Axis, Axis] | None:
    """The axes that count the taps in C order, by those that the maximum is taken over; None where they do not."""
    if place is None or place.offset or place.sizes or len(place.terms) != len(over):
        return None
    loops, factor = dict[Axis, Axis](), 1
    for axis in reversed(over):
        loop = next((a for a, f in place.terms if f == factor and a.size == axis.size), None)
        if loop is None or not isinstance(axis.size, int):
            return None
        loops[axis] = loop
        factor *= axis.size
    return loops
