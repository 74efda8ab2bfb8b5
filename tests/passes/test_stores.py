"""What is put tap by tap lies in the blocks of its reader; who wants it in order has a copy."""

from __future__ import annotations

from dataclasses import replace

import pytest
from emit.code.bodies import coded
from lower.networks import spec

from symbp.lower.model import (
    BACKWARD,
    FIRST_EQUAL,
    INPUT,
    Affine,
    Apply,
    Array,
    Axis,
    Program,
    Read,
    Scatter,
    Statement,
    Window,
)
from symbp.passes.stores import store_in_blocks

B, H, N = Axis("b", 2), Axis("h", 6), Axis("n", "n")
P, U, Q = Axis("p", 3), Axis("u", 2), Axis("q", 3)


def program(factor: int = 2, size: int = 2, stage: str = BACKWARD) -> Program:
    """``d[factor*p+u,n]`` is ``g[p,n]`` at the first largest of z; it is copied in blocks, and then perhaps read."""
    inside, block = Axis("b", size), Axis("q", 6 // size)
    arrays = (
        Array("z", (6, "n"), "input"),
        Array("m", (3, "n"), "input"),
        Array("g", (3, "n"), "input"),
        Array("d", (6, "n"), turned=(1, 0)),
        Array("step", (size, 6 // size, "n"), part_of="w"),
        Array("w", (size, 6 // size, "n")),
        Array("v", (6, "n")),
    )
    at = ((H, Affine(((P, factor), (U, 1)))),)
    hit = Apply(FIRST_EQUAL, (Window(Read("z", (H, N)), at), Read("m", (P, N))))
    put = Scatter(Apply("multiply", (Read("g", (P, N)), hit)), at, (P, U))
    statements = (
        Statement("d", (H, N), put, BACKWARD),
        Statement("step", (inside, block, N), Read("d", (block, inside, N)), BACKWARD),
        Statement("w", (inside, block, N), Apply("negative", (Read("step", (inside, block, N)),)), BACKWARD),
        Statement("v", (H, N), Apply("negative", (Read("d", (H, N)),)), stage),
    )
    return Program("probe", arrays, statements, ("w", "v"), (), (), (), (("n", "z", 1),), 0)


def test_a_value_lies_as_its_reader_wants_it() -> None:
    own = program()
    own = replace(own, statements=own.statements[:3], outputs=("w",))
    made, did = store_in_blocks(own)
    made.check()
    assert did == "1 value put in blocks"
    fill, read = made.plain(BACKWARD)
    assert (fill.target, read.target) == ("d", "w")
    assert made.array("d").shape == (2, 3, "n")
    assert isinstance(fill.value, Scatter)
    inside, count, samples = fill.axes
    assert (count, samples) == (P, N) and fill.value.at == ((inside, Affine(((U, 1),))),) and fill.value.over == (U,)
    assert read.value == Apply("negative", (Read("d", read.axes),))


@pytest.mark.parametrize("stage", [BACKWARD, f"{INPUT}x"])
def test_who_wants_it_in_order_has_a_copy(stage: str) -> None:
    made, _ = store_in_blocks(program(stage=stage))
    made.check()
    copy, read = made.plain(stage)[-2:]
    assert read.target == "v" and read.value == Apply("negative", (Read(copy.target, (H, N)),))
    assert made.array(copy.target).shape == (6, "n") and made.array(copy.target).turned == (1, 0)
    assert isinstance(copy.value, Read) and copy.value.name == "d"
    assert [a.size for a in copy.axes] == [3, 2, "n"] and [a.size for a in copy.value.axes] == [2, 3, "n"]


def test_other_places_and_other_blocks_stay() -> None:
    for own in (program(factor=1), program(size=3)):
        assert store_in_blocks(own) == (own, "")


CONV = "{type: conv2d, name: a, filters: 3, kernel: 3, padding: same, activation: relu}\n{type: %s}\n"
LAST = "{type: flatten}\n{type: dense, name: b, units: 3}"


def test_the_gradient_of_a_pooled_convolution_is_put_in_its_blocks() -> None:
    text = spec(CONV % "max_pool2d, size: 2, name: p" + LAST, "{type: cross_entropy}", inputs="{x: [1, 16, 16]}")
    lines = [line.text for line in coded(text, 1, samples=64)[1].backward]
    puts = [text for line in lines for _, found, text in [line.partition("out=dz_a")] if found]
    assert [text[:3] for text in puts] == ["[0,", "[0,", "[1,", "[1,"]
    assert not any("dz_a" in line and "transpose" in line for line in lines)
