"""What a kernel in a loop over parts has to leave behind."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from symbp.emit.compiled.calling import Behind, Calling
from symbp.lower.model import FORWARD, Apply, Array, Axis, Program, Read, Rows, Statement

P, N = Axis("p", 4), Axis("n", "n")


def part(name: str, first: int, far: int = 4) -> Array:
    """A view of four rows of `whole`: from the row `first` on, and so many further in each step."""
    return Array(name, (4, "n"), part_of=name, view_of="whole", shift=(0, 0), rows=Rows(0, first, far, first + 3 * far))


def calling(*arrays: Array) -> tuple[Calling, list[Statement]]:
    """A kernel that adds ``x`` to itself for the first of two arrays, and that to itself for the second."""
    known = {a.name: a for a in (Array("whole", (14, "n")), Array("x", (4, "n")), *arrays)}
    first, second = (a.name for a in arrays)
    inside = [
        Statement(first, (P, N), Apply("add", (Read("x", (P, N)),) * 2), FORWARD),
        Statement(second, (P, N), Apply("add", (Read(first, (P, N)),) * 2), FORWARD),
    ]
    program = Program("probe", tuple(known.values()), tuple(inside), (), (), (), (), (("n", "x", 1),), 0)
    body = cast(Any, SimpleNamespace(program=program, arrays=known, owner={}, behind=Behind.of(program)))
    return Calling(body), inside


def test_a_part_in_whose_place_the_kernel_puts_another_is_not_needed() -> None:
    made, inside = calling(part("z", 1), part("a", 1))
    assert made.memory("z") == made.memory("a")
    assert not made.needed("z", inside) and made.needed("a", inside)


def test_what_is_read_behind_a_kernel_is_needed_until_it_is_made_anew() -> None:
    axes, x = (N,), Read("x", (N,))
    double = Apply("add", (x, x))
    made = [Statement(name, axes, double, FORWARD) for name in ("a", "b")]
    read = Statement("c", axes, Apply("add", (Read("b", axes), x)), FORWARD)
    again = Statement("a", axes, Apply("multiply", (x, x)), FORWARD)
    last = Statement("c", axes, Apply("add", (Read("a", axes), x)), FORWARD)
    names = ("x", "a", "b", "c")
    known = {name: Array(name, ("n",), "input" if name == "x" else "value") for name in names}
    program = Program("probe", tuple(known.values()), (*made, read, again, last), (), (), (), (), (("n", "x", 0),), 0)
    body = cast(Any, SimpleNamespace(program=program, arrays=known, owner={}, behind=Behind.of(program)))
    assert [Calling(body).needed(name, made) for name in ("a", "b")] == [False, True]
    assert Calling(body).needed("a", [again]) and not Calling(body).needed("c", [last])
    assert not Calling(body).needed("c", [read])


def test_parts_that_begin_in_other_rows_are_other_memory() -> None:
    for other in (part("a", 0), part("a", 1, far=2)):
        made, inside = calling(part("z", 1), other)
        assert made.memory("z") != made.memory("a")
        assert made.needed("z", inside) and made.needed("a", inside)
