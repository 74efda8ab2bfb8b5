"""Options choose formulas, pieces of them, and parameters."""

from __future__ import annotations

import pytest

from symbp.library.choices import formula_of, parameters_of
from symbp.library.declaration import Formula, Key, Layer, Parameter, Piece

LAYER = Layer(
    type="made",
    summary="a layer with options",
    source="none",
    inputs=("x[n,t,i]",),
    formulas=(
        Formula(when=(("kind", "short"),), plain="y[n,t,i] = x[n,t,i]{bias}"),
        Formula(plain="y[n,t,i] = {read}{bias}", safe="u[n,t,i] = {read}\ny[n,t,i] = u[n,t,i]{bias}"),
    ),
    pieces=(
        Piece("bias", " + b[i]", when=(("bias", True),)),
        Piece("read", "exp(x[n,{step},i])", when=(("back", True),), safe="exp(min(x[n,{step},i], 9))"),
        Piece("read", "x[n,{step},i]"),
        Piece("step", "t+1", when=(("back", True),)),
        Piece("step", "t-1"),
    ),
    parameters=(
        Parameter("b", "[i]", "zeros", when="bias"),
        Parameter("c", "[i]", "zeros", when=(("kind", "long"), ("bias", True))),
    ),
    keys=(
        Key("kind", "choice", "short", choices=("short", "long"), doc="which"),
        Key("bias", "boolean", True, doc="with a bias"),
        Key("back", "boolean", False, doc="backwards"),
    ),
)
CASES = [
    ({"kind": "short", "bias": True}, "y[n,t,i] = x[n,t,i] + b[i]", "", ["b"]),
    ({"kind": "short", "bias": False}, "y[n,t,i] = x[n,t,i]", "", []),
    ({"kind": "long"}, "y[n,t,i] = x[n,t-1,i]", "u[n,t,i] = x[n,t-1,i]\ny[n,t,i] = u[n,t,i]", []),
    (
        {"kind": "long", "bias": True, "back": True},
        "y[n,t,i] = exp(x[n,t+1,i]) + b[i]",
        "u[n,t,i] = exp(min(x[n,t+1,i], 9))\ny[n,t,i] = u[n,t,i] + b[i]",
        ["b", "c"],
    ),
]


@pytest.mark.parametrize(("given", "plain", "safe", "parameters"), CASES)
def test_pieces_stand_in_their_places(given: dict[str, object], plain: str, safe: str, parameters: list[str]) -> None:
    _, formula = formula_of(LAYER, given.get)
    assert (formula.plain, formula.safe) == (plain, safe)
    assert [p.name for p in parameters_of(LAYER, given.get)] == parameters


def test_choices_are_told_apart() -> None:
    keys = [formula_of(LAYER, given.get)[0] for given, *_ in CASES]
    assert len(set(keys)) == len(keys)
    assert formula_of(LAYER, {"kind": "short"}.get)[0] == formula_of(LAYER, {"kind": "short", "bias": False}.get)[0]


def test_a_piece_with_a_safe_text_makes_a_safe_form() -> None:
    layer = Layer("a", "b", "c", ("x[n,i]",), (Formula(plain="y[n,i] = {e}"),), pieces=(Piece("e", "1", safe="2"),))
    _, formula = formula_of(layer, {}.get)
    assert (formula.plain, formula.safe) == ("y[n,i] = 1", "y[n,i] = 2")
