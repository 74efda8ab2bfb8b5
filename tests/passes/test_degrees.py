"""How values depend on a number: what is a multiple of it, what is free of it, what is neither."""

from __future__ import annotations

import pytest

from symbp.lower.model import (
    BACKWARD,
    STEP,
    AddAt,
    Affine,
    Apply,
    At,
    Axis,
    Fold,
    Node,
    OneHot,
    Pick,
    Position,
    Product,
    Read,
    Scalar,
    Scatter,
    Spread,
    Statement,
    Window,
)
from symbp.notation.expr import Add, Mul, Pow, Sym, number
from symbp.passes.degrees import ANY, UnequalDegreesError, degrees

BY = Sym("scale", "variable")
N, J, K = Axis("n", 3), Axis("j", 4), Axis("k", 5)
A, X, Z = Read("a", (N, J)), Read("x", (N, J)), Read("z", (N,))  # a is a multiple of the number, x and z are not
SCALE, ONE, ZERO = Scalar(BY), Scalar(number(1)), Scalar(number(0))
PLACES, AT = Read("t", (N,)), ((J, Affine(((K, 1),))),)


def times(a: Node, b: Node) -> Node:
    return Apply("multiply", (a, b))


def add(a: Node, b: Node) -> Node:
    return Apply("add", (a, b))


def found(value: Node) -> int:
    first = Statement("a", (N, J), times(X, SCALE), BACKWARD)
    second = Statement("b", (), value, BACKWARD)
    return degrees((first, second), {}, BY)["b"]


MULTIPLES = {
    "itself": A,
    "times what is free of it": times(X, A),
    "minus": Apply("negative", (A,)),
    "a sum": add(A, times(X, SCALE)),
    "a difference": Apply("subtract", (times(A, ONE), A)),
    "a number": Scalar(Mul((number(2), BY, Pow(Sym("n", "size"), number(-1))))),
    "divided": times(A, Apply("reciprocal", (Z,))),
    "masked": Apply("where", (Apply("greater", (X, ZERO)), A, ZERO)),
    "times a mask": times(A, Apply("greater", (X, ZERO))),
    "summed": Fold("sum", (J,), A),
    "the mean": Fold("mean", (N, J), A),
    "a product": Product(X, A, (N,)),
    "picked": Pick(A, J, PLACES),
    "a window": Window(A, AT),
    "scattered": Scatter(A, AT, (J,)),
    "added up by label": AddAt(A, K, PLACES, (N,)),
    "spread": Spread(Fold("sum", (J,), A), (J,)),
    "one step": At(A, N, STEP),
    "times one-hot rows": times(A, OneHot(PLACES, J)),
    "with zeros": add(A, Spread(ZERO, (N, J))),
}


@pytest.mark.parametrize("name", MULTIPLES)
def test_what_is_a_multiple_of_it(name: str) -> None:
    assert found(MULTIPLES[name]) == 1


FREE = {
    "an array": X,
    "a function": Apply("exp", (X,)),
    "places": Position(J),
    "a mask": Apply("greater", (X, ZERO)),
    "another number": Scalar(Sym("lr", "variable")),
    "a maximum": Fold("max", (J,), X),
}


@pytest.mark.parametrize("name", FREE)
def test_what_is_free_of_it(name: str) -> None:
    assert found(FREE[name]) == 0


@pytest.mark.parametrize("value", [ZERO, times(A, ZERO), times(X, ZERO)])
def test_nothing_is_a_multiple_of_every_number(value: Node) -> None:
    assert found(value) == ANY


NEITHER = {
    "a sum with another": add(A, X),
    "its square": Apply("square", (A,)),
    "its square as a product": times(A, A),
    "a divisor": Apply("reciprocal", (A,)),
    "a function": Apply("tanh", (A,)),
    "compared": Apply("greater", (A, X)),
    "a mask made of it": Apply("where", (Apply("greater", (A, ZERO)), X, ZERO)),
    "the larger": Apply("maximum", (A, X)),
    "a maximum": Fold("max", (J,), A),
    "where one is, one not": Apply("where", (Apply("greater", (X, ZERO)), A, ONE)),
    "as labels": Pick(X, J, A),
    "a window that sees infinity": Window(A, AT, float("-inf")),
    "a product of two": Product(A, A, (N,)),
    "its inverse": Scalar(Pow(BY, number(-1))),
    "a sum of numbers": Scalar(Add((BY, number(1)))),
}


@pytest.mark.parametrize("name", NEITHER)
def test_what_is_neither(name: str) -> None:
    with pytest.raises(UnequalDegreesError, match=r"^b: "):
        found(NEITHER[name])


def statement(target: str, value: Node, accumulate: bool = False) -> Statement:
    return Statement(target, (N, J), value, BACKWARD, accumulate=accumulate)


def test_what_is_added_later_must_be_a_multiple_too() -> None:
    first = statement("a", times(X, SCALE))
    assert degrees((first, statement("a", times(X, SCALE), True)), {}, BY) == {"a": 1}
    with pytest.raises(UnequalDegreesError, match=r"^a: "):
        degrees((first, statement("a", X, True)), {}, BY)


def test_a_recurrence_reads_what_it_makes_later() -> None:
    """dh of this step reads dz of the one after, by a view; dz then reads dh."""
    rows = (statement("dh", add(Read("dz_after", (N, J)), times(X, SCALE))), statement("dz", Read("dh", (N, J))))
    assert degrees(rows, {"dz_after": "dz"}, BY) == {"dh": 1, "dz": 1}
    with pytest.raises(UnequalDegreesError):
        degrees((*rows, statement("dz", X)), {"dz_after": "dz"}, BY)
