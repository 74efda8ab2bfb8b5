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
    axes_of,
    loops_of,
    reaches,
    reads,
)
from symbp.passes.ledger import counted


@dataclass(frozen=True, slots=True)
class _Maximum:
    """A maximum over windows, or the place of the first one."""

    statement: Statement
    over: tuple[Axis, ...]
    window: Window
    numbers: dict[Axis, int]  # its letters: those that it is taken over first, then by their places in the array


def compare_with_maxima(program: Program) -> tuple[Program, str]:
    """Taps are compared with a maximum that is known, where the place of the first one was asked for."""
    maxima = {_key(m): m for m in _found(program, "max")}
    firsts = {m.statement.target: m for m in _found(program, "argmax") if _key(m) in maxima}
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
                body = _compared(s, s.value.body, first, maxima[_key(first)]) if count[name] == 1 else None
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
        if isinstance(s, Statement) and not s.loop and not s.at and not s.accumulate and isinstance(s.value, Fold):
            fold = s.value
            if fold.op == op and isinstance(fold.body, Window) and isinstance(fold.body.source, Read):
                found.append(_Maximum(s, fold.over, fold.body, _numbers(fold.over, fold.body)))
    return found


def _numbers(over: tuple[Axis, ...], window: Window) -> dict[Axis, int]:
    places = dict(window.at)
    numbers = {axis: k for k, axis in enumerate(over)}
    for axis in axes_of(window.source):
        for own in places[axis].axes if axis in places else (axis,):
            numbers.setdefault(own, len(numbers))
    return numbers


def _key(m: _Maximum) -> tuple[object, ...]:
    """The same for two that are taken over the same numbers, whatever their letters are."""
    places, numbers = dict(m.window.at), m.numbers
    dims = [
        (tuple((numbers[a], a.size, f) for a, f in places[axis].terms), places[axis].offset, places[axis].sizes)
        if axis in places
        else (numbers[axis], axis.size)
        for axis in axes_of(m.window.source)
    ]
    assert isinstance(m.window.source, Read)
    return (m.window.source.name, m.window.outside, len(m.over), *dims)


def _compared(s: Statement, body: Node, first: _Maximum, known: _Maximum) -> Apply | None:
    """``value*[place of the first == place]`` as ``value*first_equal(tap, maximum)``, where it reads so."""
    match body:
        case Apply("multiply", (value, Apply("equal", (Read(name=name) as label, place)))):
            loops = _loops(first.over, affine_of(place))
            counted_in_order = loops is not None and _loops_of(s) == tuple(loops[a] for a in first.over)
            if loops is None or not counted_in_order or name != first.statement.target:
                return None
        case _:
            return None
    letters = loops | dict(zip(first.statement.axes, label.axes, strict=True))
    by_number = {k: letters.get(axis, axis) for axis, k in first.numbers.items()}
    axes = tuple(by_number[known.numbers[axis]] for axis in known.statement.axes)
    maximum = Read(known.statement.target, axes, equation=label.equation)
    hit = Apply(FIRST_EQUAL, (_relettered(first.window, letters), maximum), equation=body.equation)
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


def _relettered(window: Window, letters: dict[Axis, Axis]) -> Window:
    assert isinstance(window.source, Read)
    places = dict(window.at)
    axes = tuple(a if a in places else letters.get(a, a) for a in window.source.axes)
    at = tuple(
        (axis, replace(place, terms=tuple((letters.get(a, a), f) for a, f in place.terms))) for axis, place in window.at
    )
    return replace(window, source=replace(window.source, axes=axes), at=at)
