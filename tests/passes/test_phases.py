"""What is computed in blocks and pooled block by block is never put in order."""

from __future__ import annotations

from dataclasses import replace

from symbp.lower.model import (
    FORWARD,
    Affine,
    Array,
    Axis,
    Fold,
    Program,
    Read,
    Statement,
    Window,
)
from symbp.passes.phases import keep_blocks

B, P, N, U, Q, H = Axis("b", 2), Axis("p", 3), Axis("n", "n"), Axis("u", 2), Axis("q", 3), Axis("h", 6)


def program(factor: int, offset: int = 0, lasting: bool = False) -> Program:
    """``s[b,p,n] = x[b,p,n] * x[b,p,n]``, put in order as z[h,n], of which a maximum over windows is taken."""
    arrays = (
        Array("x", (2, 3, "n"), "input"),
        Array("s", (2, 3, "n"), part_of="z"),
        Array("z", (6, "n"), turned=(1, 0)),
        Array("y", (3, "n")),
    )
    x = Read("x", (B, P, N))
    at = ((H, Affine(((Q, factor), (U, 1)), offset)),)
    statements = (
        Statement("s", (B, P, N), x, FORWARD),
        Statement("z", (P, B, N), Read("s", (B, P, N)), FORWARD),
        Statement("y", (Q, N), Fold("max", (U,), Window(Read("z", (H, N)), at)), FORWARD),
    )
    outputs = ("y", "z") if lasting else ("y",)
    return Program("probe", arrays, statements, outputs, (), (), (), (("n", "x", 2),), 0)


def test_windows_inside_of_blocks_read_the_blocks() -> None:
    made, did = keep_blocks(program(2))
    made.check()
    assert did == "1 value in blocks"
    assert [s.target for s in made.plain(FORWARD)] == ["z", "y"]
    assert made.array("z").shape == (2, 3, "n")
    fold = made.plain(FORWARD)[1].value
    assert isinstance(fold, Fold) and isinstance(fold.body, Window) and isinstance(fold.body.source, Read)
    first, *rest = fold.body.source.axes
    assert rest == [Q, N] and fold.body.at == ((first, Affine(((U, 1),))),)


def test_windows_across_blocks_need_the_order() -> None:
    for other in (program(1), program(2, 1), program(2, lasting=True)):
        assert keep_blocks(other) == (other, "")


def test_a_second_reader_needs_the_order() -> None:
    own = program(2)
    more = Statement("w", (H, N), Read("z", (H, N)), FORWARD)
    own = replace(own, statements=(*own.statements, more), arrays=(*own.arrays, Array("w", (6, "n"))))
    assert keep_blocks(own) == (own, "")
