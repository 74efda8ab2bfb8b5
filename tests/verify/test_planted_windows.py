"""Errors planted in the windows of a network, in its derivation or its program: `generate` refuses every one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from symbp import compiler
from symbp.lower.model import Affine, Node, Scatter, Window, mapped
from symbp.notation.expr import Add, Divides, Expr, InRange, Quotient, Ref, number
from symbp.spec.load import loads

from .planted import equation, everywhere, refused, statement, value, without_factor

WINDOWS = """
symbp: 1
name: planted
input: {x: [2, 14, 8]}
define:
  layers:
    steep:
      input: "x[n,c,h,w]"
      extents: {p: "H - 1"}
      formula: |
        r[n,c,p,w] = sqrt(1 + (x[n,c,p+1,w] - x[n,c,p+0,w])**2)
        y[n,c,p,w] = r[n,c,p,w]
layers:
  - {type: conv2d, name: a, filters: 3, kernel: [3, 2], stride: [2, 1], padding: [1, 1], dilation: [1, 2]}
  - {type: max_pool2d, name: b, size: 3, stride: 2, padding: 1}
  - {type: steep, name: s}
  - {type: avg_pool2d, name: m, size: 2, stride: 2}
  - {type: flatten, name: f}
  - {type: dense, name: out, units: 2}
loss: {type: mse}
train: {optimizer: {type: sgd, lr: 0.1}, epochs: 2, batch_size: 2, seed: 0}
"""


def places(change: Callable[[Affine], Affine], which: int = 0) -> Callable[[Node], Node]:
    """A change of the places of every window, along its axis number `which`."""

    def changed(n: Node) -> Node:
        if not isinstance(n, Window | Scatter) or len(n.at) <= which:
            return n
        axis, place = n.at[which]
        return replace(n, at=(*n.at[:which], (axis, change(place)), *n.at[which + 1 :]))

    return lambda node: mapped(node, changed)


def shifted(by: int) -> Callable[[Affine], Affine]:
    return lambda place: replace(place, offset=place.offset + by)


def scaled(old: int, new: int) -> Callable[[Affine], Affine]:
    """Every step of `old` places as one of `new`."""
    return lambda place: replace(place, terms=tuple((a, new if k == old else k) for a, k in place.terms))


def padded(n: Node) -> Node:
    """A maximum for which what lies outside of the axis is 0."""
    return replace(n, outside=0.0) if isinstance(n, Window) else n


def in_reads(name: str, change: Callable[[Expr], Expr]) -> Callable[[Expr], Expr]:
    """A change of the places that a value is read at."""
    return everywhere(
        lambda e: replace(e, at=tuple(map(everywhere(change), e.at))) if isinstance(e, Ref) and e.name == name else e
    )


def other_number(old: int, new: int) -> Callable[[Expr], Expr]:
    return lambda e: number(new) if e == number(old) else e


def next_place(e: Expr) -> Expr:
    return Quotient(Add((e.value, e.divisor)), e.divisor) if isinstance(e, Quotient) else e


def is_range(e: Expr) -> bool:
    return isinstance(e, InRange)


def is_divisible(e: Expr) -> bool:
    return isinstance(e, Divides)


DERIVATION = {
    "kernels at the next place": equation("conv2d", "dK", in_reads("x", other_number(-1, 0))),
    "kernels at another stride and dilation": equation("conv2d", "dK", in_reads("x", other_number(2, 1))),
    "gradients of the next place": equation("conv2d", "dx", everywhere(other_number(1, 2))),
    "gradients of another stride": equation("conv2d", "dx", everywhere(other_number(2, 1))),
    "places that the stride does not divide": equation("conv2d", "dx", without_factor(is_divisible)),
    "windows that end later": equation("max_pool2d", "dx", without_factor(is_range)),
    "maxima of the next window": equation("max_pool2d", "dx", everywhere(other_number(1, 2))),
    "means of the next window": equation("avg_pool2d", "dx", in_reads("dy", next_place)),
    "reads past the end": equation("steep", "dx", without_factor(is_range)),
}
PROGRAM = {
    "forward: off by one": statement("z_a", value(places(shifted(1)))),
    "forward: another stride": statement("z_a", value(places(scaled(2, 1)))),
    "forward: another dilation": statement("z_a", value(places(scaled(2, 1), 1))),
    "kernels: off by one": statement("dK_a", value(places(shifted(-1)))),
    "kernels: another stride": statement("dK_a", value(places(scaled(2, 3)))),
    "kernels: another dilation": statement("dK_a", value(places(scaled(2, 1), 1))),
    "input: off by one": statement("dx", value(places(shifted(1)))),
    "input: another stride": statement("dx", value(places(scaled(2, 1)))),
    "input: another dilation": statement("dx", value(places(scaled(-2, -1)))),
    "maxima: padding wins": statement("y_b", value(lambda node: mapped(node, padded))),
    "steep: off by one": statement("dy_b", value(places(shifted(1)))),
    "means: off by one": statement("dy_s", value(places(shifted(1)))),
    "maxima: off by one": statement("dz_a", value(places(shifted(1)))),
}
CASES = [*(("derive", name) for name in DERIVATION), *(("lower", name) for name in PROGRAM)]


@pytest.mark.parametrize("level", [compiler.SIMPLEST, compiler.DEFAULT])
@pytest.mark.parametrize(("stage", "name"), CASES)
def test_a_planted_error_is_refused(stage: str, name: str, level: int, monkeypatch: pytest.MonkeyPatch) -> None:
    original = getattr(compiler, stage)
    change: Callable[..., object] = {**DERIVATION, **PROGRAM}[name]
    monkeypatch.setattr(compiler, stage, lambda *given: change(original(*given)))
    refused(WINDOWS, level)


@pytest.mark.parametrize("level", [compiler.SIMPLEST, compiler.DEFAULT])
def test_nothing_planted_nothing_refused(level: int) -> None:
    assert compiler.generate(loads(WINDOWS, "planted.yaml"), level)[1].passed
