"""Single equations as array expressions."""

from __future__ import annotations

import pytest

from symbp.lower.letters import Names, Target
from symbp.lower.nodes import Apply, Axis, Fold, Node, Pick, Read, Spread, all_axes, axes_of, relettered, walk
from symbp.lower.text import node_text
from symbp.lower.translate import translate
from symbp.notation.expr import (
    Add,
    Call,
    Compare,
    Divides,
    Equation,
    Expr,
    FirstMax,
    Index,
    InRange,
    Mul,
    Pow,
    Reduce,
    Ref,
    Sym,
    negative,
    number,
)

N, J, K = (Sym(s, "size", positive=True) for s in "NJK")
n, j, k = Index("n", N), Index("j", J), Index("k", K)
NAMES = Names(
    {
        "x": Target("x", ("n", 4)),
        "b": Target("b_fc", (4,)),
        "W": Target("W_fc", (5, 4)),
        "V": Target("V_fc", (4, 5), order=(1, 0)),
        "t": Target("t", ("n",)),
    },
    {"N": "n", "J": 4, "K": 5},
    {"alpha": 0.1},
)


def text(rhs: Expr, *lhs: Index) -> str:
    return node_text(translate(Equation(Ref("y", lhs), rhs), NAMES, "1.1")[1])


def test_reads_sums_and_constants() -> None:
    x, b = Ref("x", (n, j)), Ref("b", (j,))
    assert text(Add((x, b)), n, j) == "x[n,j] + b_fc[j]"
    assert text(Add((negative(x), b)), n, j) == "b_fc[j] - x[n,j]"
    assert text(Mul((number(2), x, Sym("alpha"))), n, j) == "x[n,j]*1/5"
    assert text(Mul((x, Pow(Mul((N, J)), number(-1)))), n, j) == "x[n,j]*(1/4)*n**(-1)"


def test_powers_take_the_cheapest_function() -> None:
    x = Ref("x", (n, j))
    for exponent, expected in {
        "2": "square(x[n,j])",
        "1/2": "sqrt(x[n,j])",
        "-1": "reciprocal(x[n,j])",
        "-1/2": "reciprocal(sqrt(x[n,j]))",
        "3": "power(x[n,j], 3)",
        "-2": "reciprocal(square(x[n,j]))",
    }.items():
        assert text(Pow(x, number(exponent)), n, j) == expected


def test_two_sums_over_one_letter_have_letters_of_their_own() -> None:
    total = Reduce("sum", (k,), Ref("W", (k, j)))
    assert text(Mul((total, total)), j) == "sum[k](W_fc[k,j])*sum[k2](W_fc[k2,j])"


def test_a_bound_letter_that_is_taken_gets_another() -> None:
    other_j = Index("j", K)
    value = translate(Equation(Ref("y", (j,)), Reduce("sum", (other_j,), Ref("W", (other_j, j)))), NAMES, "")[1]
    assert node_text(value) == "sum[j2](W_fc[j2,j])"
    assert all_axes(value) == (Axis("j2", 5), Axis("j", 4))


def test_a_sum_over_what_does_not_vary_counts() -> None:
    assert text(Reduce("sum", (k,), Ref("b", (j,))), j) == "b_fc[j]*5"
    assert text(Reduce("mean", (k,), Ref("b", (j,))), j) == "b_fc[j]"
    assert text(Reduce("sum", (n,), number(1))) == "n"


def test_reversed_arrays_are_read_as_they_lie() -> None:
    assert text(Ref("V", (k, j)), k, j) == "V_fc[j,k]"


def test_labels_pick_and_compare() -> None:
    picked = translate(Equation(Ref("y", (n,)), Ref("x", (n, Ref("t", (n,))))), NAMES, "")[1]
    assert isinstance(picked, Pick) and picked.axis.size == 4
    assert axes_of(picked) == (Axis("n", "n"),)
    assert text(Compare("==", Ref("t", (n,)), j), n, j) == "[t[n] == j]"


def test_the_first_maximum_is_a_place() -> None:
    i = Index("i", J)
    body = Ref("x", (n, i))
    assert text(FirstMax((j,), (i,), body), n, j) == "[argmax[i](x[n,i]) == j]"


def test_a_value_that_does_not_vary_is_spread() -> None:
    value = translate(Equation(Ref("y", (n, j)), Ref("b", (j,))), NAMES, "")[1]
    assert isinstance(value, Spread) and value.over == (Axis("n", "n"),)


def test_functions_keep_their_names_or_take_numpys() -> None:
    x = Ref("x", (n, j))
    assert text(Call("max", (number(0), x)), n, j) == "maximum(0, x[n,j])"
    assert text(Call("atan", (x,)), n, j) == "arctan(x[n,j])"


@pytest.mark.parametrize(
    ("at", "expected"),
    {
        Add((j, number(-1))): "x[n,j - 1]",
        Add((Mul((number(2), j)), k, number(-3))): "x[n,2*j + k - 3]",
        number(3): "x[n,3]",
        Add((Sym("J", "size"), number(-1))): "x[n,3]",
        number(4): "0",
    }.items(),
)
def test_affine_places_are_windows_and_constant_ones_parts(at: Expr, expected: str) -> None:
    value = translate(Equation(Ref("y", (n, k, j)), Ref("x", (n, at))), NAMES, "", spread=False)[1]
    assert node_text(value) == expected


def test_of_a_free_axis_only_the_first_and_the_last_place_are_there_at_every_size() -> None:
    last = Add((Sym("N", "size"), number(-1)))
    before = Add((Sym("N", "size"), number(-2)))
    assert text(Ref("x", (last, j)), j) == "x[(n + -1),j]"
    assert text(Ref("x", (number(0), j)), j) == "x[0,j]"
    assert text(Ref("x", (before, j)), j) == "sum[at](x[at,j]*[at == (n + -2)])"


def test_divisibility_and_range_are_conditions_on_places() -> None:
    x = Ref("x", (n, j))
    assert text(Mul((x, Divides(number(2), j))), n, j) == "x[n,j]*[remainder(j, 2) == 0]"
    assert text(Mul((x, InRange(Add((j, number(-1))), J))), n, j) == "x[n,j]*[j - 1 >= 0]"
    assert text(Mul((x, InRange(j, J))), n, j) == "x[n,j]"


def test_letters_can_be_changed_everywhere() -> None:
    value: Node = Fold("sum", (Axis("k", 5),), Apply("multiply", (Read("W", (Axis("k", 5), Axis("j", 4))),) * 2))
    other = relettered(value, {Axis("k", 5): Axis("m", 5)})
    assert "k" not in {a.letter for a in all_axes(other)} and len(list(walk(other))) == len(list(walk(value)))
