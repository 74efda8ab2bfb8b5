"""Sizes of axes that a layer computes."""

from __future__ import annotations

import pytest

from symbp.derive.network import closed_forms
from symbp.graph.sizes import multiplied_out
from symbp.notation.scalar import scalar
from symbp.notation.text import equation_text, text
from tests.graph.networks import graph, node, refused

WINDOW = """\
input: {{x: [{size}]}}
{sizes}define:
  layers:
    window:
      input: "x[n,h]"
      sizes: {{kernel: u}}
      parameters: {{K: "[u]", s: {stride}, a: {padding}}}
      init: {{K: glorot_uniform}}
      extents: {{p: "(H + 2*a - U)//s + 1"}}
      formula: "y[n,p] = sum[u](x[n,s*p+u-a]*K[u])"
layers:
  - {{type: window, name: w, kernel: {kernel}}}
"""


def window(size: object, kernel: int, stride: int = 1, padding: int = 0, sizes: str = "") -> str:
    return WINDOW.format(size=size, kernel=kernel, stride=stride, padding=padding, sizes=sizes)


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "padding", "expected"),
    [(7, 3, 2, 0, 3), (8, 3, 2, 0, 3), (9, 3, 2, 0, 4), (7, 3, 1, 1, 7), (7, 7, 3, 0, 1), (1, 1, 5, 0, 1)],
)
def test_an_output_axis_has_the_size_of_its_formula(
    size: int, kernel: int, stride: int, padding: int, expected: int
) -> None:
    made = graph(window(size, kernel, stride, padding))
    assert dict(node(made, "w").sizes) == {"N": None, "H": size, "U": kernel, "P": expected}
    assert [axis.size for axis in made.tensor("y_w").axes] == [None, expected]
    assert made.rows[0].shape == (str(expected),)


def test_the_unit_knows_the_size_so_that_a_window_without_padding_needs_no_range() -> None:
    unit = node(graph(window(9, 3, 2)), "w").unit
    assert text(unit.facts[0][1]) == "floor((H - U)/2) + 1"
    assert text(unit.facts[0][0]) == "P"
    plain, _ = closed_forms(unit)
    assert equation_text(plain.adjoint("K")) == "dK[u] = sum[n,p](x[n,2*p+u]*dy[n,p])"


def test_a_size_of_each_call_stays_one_where_the_formula_gives_it_back() -> None:
    made = graph(window("T", 3, 1, 1, sizes="sizes: {T: any}\n"))
    assert made.rows[0].shape == ("T",)
    assert dict(node(made, "w").sizes)["P"] is None


def test_a_size_that_is_computed_from_one_of_each_call_is_refused() -> None:
    (code, _, message), *_ = refused(window("T", 3, sizes="sizes: {T: any}\n"))
    assert code == "E305"
    assert "would be T - 2, which each call fixes" in message


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("(H + 2*1 - 1*(U - 1) - 1)//1 + 1", "H - U + 3"),
        ("(H - U)//2 + 1", "floor((H - U)/2) + 1"),
        ("4*(H//4)", "4*floor(H/4)"),
        ("2*(H - U)*(H - U)", "2*H*H - 2*H*U - 2*U*H + 2*U*U"),
        ("H - H", "0"),
    ],
)
def test_formulas_are_multiplied_out(formula: str, expected: str) -> None:
    assert text(multiplied_out(scalar(formula, constants=("H", "U")))) == expected


def test_a_floor_of_what_may_be_no_integer_stays() -> None:
    assert text(multiplied_out(scalar("sqrt(H)//1", constants=("H",)))) == "floor(sqrt(H))"


def test_a_size_that_is_computed_decides_how_an_axis_is_taken_apart() -> None:
    body = """\
input: {x: [6]}
define:
  layers:
    pairs:
      input: "x[n,(p c)]"
      output: "y[n,(p c)]"
      extents: {c: "2", q: "P + 1"}
      parameters: {w: "[q]"}
      init: {w: ones}
      formula: "y[n,p,c] = x[n,p,c]*w[0]"
layers:
  - {type: pairs, name: a}"""
    assert dict(node(graph(body), "a").sizes) == {"N": None, "P": 3, "C": 2, "Q": 4}
