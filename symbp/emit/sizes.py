"""The text of a size that a call fixes: the length of an array that the body is given, or a name for it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from symbp.emit.model import Line
from symbp.lower.model import PROBABILITY, Program

Places = dict[str, tuple[str, int]]  # size -> an array that has it, and along which axis


def size_texts(program: Program, stage: str, names: Mapping[str, str] | None) -> Callable[[str], str]:
    """What to write for ``n``, ``T`` or ``T + 2`` in the body of a stage; `names` are those of sizes that have one."""
    places, known = _places(program, stage), names or {}

    def text(name: str) -> str:
        return known[name] if name in known else length(*places[name])

    return lambda size: re.sub(r"[A-Za-z]\w*", lambda name: text(name.group()), size)


def with_sizes(
    program: Program, stage: str, body: Callable[[Mapping[str, str]], Sequence[Line]]
) -> tuple[Line, ...]:
    """The lines of a body, which is given names of sizes: what it needs twice has one, ``T = x.shape[1]``."""
    places = _places(program, stage)
    taken = {a.text for a in program.arrays}
    free = {size: size for size in places if size not in taken and (size == "n" or not size.islower())}
    lines = tuple(body(free))
    used = words(lines)
    shown = {size: size for size in free if used[size]}
    kept = shown if any(used[size] > 1 for size in shown) else {}
    lines = lines if kept == shown else tuple(body(kept))
    return (*_bound(kept, places, program), *lines) if kept else lines


def words(lines: Sequence[Line]) -> Counter[str]:
    """How often each name stands in lines of code; what is read from an object (``W.T``) is no name.

    Counted in the text: sizes stand in shapes, in bounds of loops and in numbers, and which of these a line shows is
    decided where it is printed.
    """
    code = " ".join(line.text for line in lines if not line.text.startswith("#"))
    return Counter(re.findall(r"(?<![.\w])[A-Za-z_]\w*", re.sub(r'"[^"]*"', "", code)))


def _bound(names: Mapping[str, str], places: Places, program: Program) -> list[Line]:
    """``n, T = x.shape``."""
    first = next(iter(names))
    array, _ = places[first]
    whole = [places[size] for size in names] == [(array, k) for k in range(len(names))]
    if whole and len(names) > 1:
        rest = "" if len(names) == len(program.array(array).shape) else f"[:{len(names)}]"
        return [Line(f"{', '.join(names)} = {array}.shape{rest}")]
    return [Line(f"{', '.join(names)} = {', '.join(length(*places[size]) for size in names)}")]


def _places(program: Program, stage: str) -> Places:
    places = {name: (array, place) for name, array, place in program.sizes}
    if stage == PROBABILITY:
        shapes = [(output, program.array(output).shape) for output, _ in reversed(program.probabilities)]
        places = {name: (output, shape.index(name)) for output, shape in shapes for name in places if name in shape}
    return places


def length(array: str, place: int) -> str:
    """The size of one axis of an array."""
    return f"len({array})" if place == 0 else f"{array}.shape[{place}]"
