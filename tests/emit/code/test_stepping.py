"""Loops over steps go through their arrays: the views of a step are made once, whatever is read of them."""

from __future__ import annotations

import numpy as np
import pytest

from symbp.emit.model import Line
from symbp.emit.stepping import Stepping

DIMENSIONS = {"h": 3, "z": 4, "given": 4, "a_rather_long_name_of_an_array": 3, "loss": 1}


def stepping(reverse: bool = False) -> Stepping:
    return Stepping("step", "T", reverse, lambda name: DIMENSIONS.get(name, 0), {"h", "z", "h_step_2"})


@pytest.mark.parametrize(("text", "name", "array"), [
    ("h[step]", "h_step", "h"),
    ("z[step, :, 0]", "z_0_step", "z[:, :, 0]"),
    ("z[step, 1:3]", "z_step", "z[:, 1:3]"),
    ("z[step][:, :2].transpose(1, 0, 2)", "z_step", "z[:, :, :2].transpose(0, 2, 1, 3)"),
    ("z[step].reshape(-1, 96)", "z_step", "z.reshape(T, -1, 96)"),
    ("h[step].reshape(-1)", "h_step", "h.reshape(T, -1)"),
])  # fmt: skip
def test_a_view_of_a_step_is_one_of_all_steps(text: str, name: str, array: str) -> None:
    loop = stepping()
    assert loop.rewritten(f"np.exp({text}, out={text})") == f"np.exp({name}, out={name})"
    assert loop.views == {array: name}


@pytest.mark.parametrize("text", ["loss[step]", "h[step, 0, 1]", "p.h[step]", "x[:, step]", "h[step + 1]", "y[step]"])
def test_what_is_no_view_along_the_first_axis_is_left(text: str) -> None:
    loop = stepping()
    assert loop.rewritten(f"np.exp({text})") == f"np.exp({text})"
    assert not loop.views


def test_names_of_other_arrays_are_not_taken() -> None:
    loop = stepping()
    text = "h[step] + z[step] + z[step, 0] + h[step].reshape(-1)"
    assert loop.rewritten(text) == "h_step + z_step + z_0_step + h_step_3"


def run(loop: Stepping, lines: list[Line], inside: str, **known: object) -> dict[str, object]:
    text = "\n".join("    " * line.indent + line.text for line in lines) + f"\n    {inside}\n"
    exec(text, {"np": np}, known)  # text of the package itself
    return known


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("indexed", [False, True])
def test_the_loop_sees_the_steps_in_order(reverse: bool, indexed: bool) -> None:
    loop, T = stepping(reverse), 3
    z = np.arange(3 * 2 * 2 * 4.0).reshape(3, 2, 2, 4)
    turned, flat = "z[step][:, :1].transpose(1, 0, 2)", "z[step].reshape(-1, 8)"
    places = ("z[step]", "z[step, :, 0]", "z[step, 1, :]", turned, flat)
    found: list[object] = []
    inside = loop.rewritten(f"found.append(({', '.join(places)}))")
    assert "[" not in inside
    run(loop, loop.head(indexed), inside, z=z, T=T, found=found)
    order = [*reversed(range(T))] if reverse else [*range(T)]
    for step, views in zip(order, found, strict=True):
        expected = (z[step], z[step, :, 0], z[step, 1, :], z[step][:, :1].transpose(1, 0, 2), z[step].reshape(-1, 8))
        for view, wanted in zip(views, expected, strict=True):  # type: ignore[call-overload]
            assert np.array_equal(view, wanted)
            assert np.shares_memory(view, z)


def test_long_heads_are_broken() -> None:
    loop = stepping()
    for k in range(4):
        loop.rewritten(f"np.exp(a_rather_long_name_of_an_array[step, {k}:])")
    lines = loop.head(indexed=True)
    assert max(len(line.text) + 4 * line.indent for line in lines) <= 96
    assert lines[0].text == "arrays = ("
    assert lines[-1].text == ") in zip(*arrays, strict=True):"


def test_few_views_get_no_names() -> None:
    loop = stepping()
    loop.rewritten("h[step] + z[step] + h[step]")
    assert loop.few
    loop.rewritten("given[step]")
    assert not loop.few
