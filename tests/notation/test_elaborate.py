"""Names, sizes and leading axes of resolved formulas."""

from __future__ import annotations

import pytest

from symbp.notation.expr import Add, Index, Mul, Ref, Sym, free_indices, walk
from symbp.notation.source import Elaborated, FormulaSource, TensorSource
from symbp.notation.text import equation_text, text

from .sources import inputs, labels, parameters, resolved


def shapes(found: Elaborated) -> dict[str, str]:
    """The size symbols of every tensor, as one word each: "N T1 J"."""
    return {t.name: " ".join(text(i.size) for i in t.indices) for t in found.tensors}


def test_dense_maps_over_all_leading_axes() -> None:
    found = resolved(
        "y[n,j] = sum[i](x[n,i]*W[i,j]) + b[j]",
        *inputs("x[n,i]"),
        *parameters("W[i,j]", "b[j]"),
        leading=("n", "t1"),
        sized=("j",),
        output="y",
    )
    assert shapes(found) == {"x": "N T1 I", "W": "I J", "b": "J", "y": "N T1 J"}
    assert equation_text(found.equations[0]) == "y[n,t1,j] = sum[i](x[n,t1,i]*W[i,j]) + b[j]"
    assert [t.role for t in found.tensors] == ["input", "parameter", "parameter", "value"]
    assert found.ties == ()


def test_mean_over_n_is_a_mean_over_all_leading_axes() -> None:
    found = resolved(
        "L = -mean[n](log(p[n,t[n]]))/N", *inputs("p[n,j]"), *labels("t[n]"), leading=("n", "t1"), sized=(), output="L"
    )
    assert equation_text(found.equations[0]) == "L = -mean[n,t1](log(p[n,t1,t[n,t1]]))/(N*T1)"
    assert found.tensor("t").integer


def test_a_bound_letter_takes_the_size_of_the_axis_that_it_is_read_on() -> None:
    found = resolved("y[n,j] = exp(x[n,j])/sum[k](exp(x[n,k]))", *inputs("x[n,j]"), sized=())
    bound = [n for n in walk(found.equations[0].rhs) if isinstance(n, Index) and n.name == "k"]
    assert {i.size for i in bound} == {Sym("J", "size")}


def test_one_letter_may_be_bound_over_two_axes() -> None:
    found = resolved("y[n] = sum[k](x[n,k]) + sum[k](W[k])", *inputs("x[n,i]"), *parameters("W[o]"), sized=("o",))
    sizes = [n.size for n in walk(found.equations[0].rhs) if isinstance(n, Index) and n.name == "k"]
    assert {str(s.name) for s in sizes if isinstance(s, Sym)} == {"I", "O"}


def test_a_recurrence_sizes_the_second_index_of_its_parameter() -> None:
    found = resolved(
        "h[n,t,j] = tanh(sum[i](x[n,t,i]*W[i,j]) + sum[k](h[n,t-1,k]*U[k,j]) + b[j])",
        *inputs("x[n,t,i]"),
        *parameters("W[i,j]", "U[k,j]", "b[j]"),
        sized=("j",),
    )
    assert shapes(found) == {"x": "N T I", "W": "I J", "U": "J J", "b": "J", "h": "N T J"}
    (before,) = [n for n in walk(found.equations[0].rhs) if isinstance(n, Ref) and n.name == "h"]
    assert text(before) == "h[n,t-1,k]"


def test_a_value_of_undeclared_letters_takes_their_sizes_from_its_reads() -> None:
    found = resolved("a[n,p,q] = x[n,p]*x[n,q]\ny[n] = sum[p,q](a[n,p,q])", *inputs("x[n,i]"), sized=())
    assert shapes(found) == {"x": "N I", "a": "N I I", "y": "N"}


def test_two_sized_letters_on_one_axis_are_a_tie() -> None:
    found = resolved("y[n,i] = x[n,i] + z[n,i]", *inputs("x[n,i]", "z[n,j]"), sized=())
    assert [(t.first, t.second) for t in found.ties] == [("i", "j")]
    assert shapes(found) == {"x": "N I", "z": "N I", "y": "N I"}


CONV = "y[n,o,p,q] = sum[c,u,v](x[n,c,s*p+d*u-a,s*q+d*v-a]*K[o,c,u,v]) + b[o]"


@pytest.mark.parametrize(
    ("s", "d", "a", "place"), [(2, 1, 1, "2*p+u-1"), (1, 1, 0, "p+u"), (1, 2, 0, "p+2*u"), (3, 1, 0, "3*p+u")]
)
def test_windows_have_their_integers_put_in(s: int, d: int, a: int, place: str) -> None:
    found = resolved(
        CONV,
        *inputs("x[n,c,h,w]"),
        *parameters("K[o,c,u,v]", "b[o]"),
        integers=(("s", s), ("d", d), ("a", a)),
        sized=("o", "u", "v", "p", "q"),
    )
    assert shapes(found)["y"] == "N O P Q"
    (read,) = [n for n in walk(found.equations[0].rhs) if isinstance(n, Ref) and n.name == "x"]
    assert text(read.at[2]).replace(" ", "") == place


def test_a_shifted_read_alone_ties_nothing() -> None:
    found = resolved("y[n,p] = x[n,1*p]", *inputs("x[n,i]"), sized=("p",))
    assert found.ties == ()
    (read,) = [n for n in walk(found.equations[0].rhs) if isinstance(n, Ref)]
    assert isinstance(read.at[1], Mul)


def test_reads_by_integers() -> None:
    found = resolved("y[n,t,d] = E[ids[n,t],d]", *labels("ids[n,t]"), *parameters("E[v,d]"), sized=("v", "d"))
    assert shapes(found) == {"ids": "N T", "E": "V D", "y": "N T D"}


def test_an_index_is_a_number_where_a_value_is_expected() -> None:
    found = resolved("y[n,j] = [t[n] == j]*x[n,j] + j/J", *inputs("x[n,j]"), *labels("t[n]"), sized=())
    assert equation_text(found.equations[0]) == "y[n,j] = [t[n] == j]*x[n,j] + j/J"
    assert free_indices(found.equations[0].rhs) == frozenset(found.equations[0].indices)


def test_the_size_of_an_axis_is_its_capital() -> None:
    found = resolved("y[n,k] = x[n,k]/K", *inputs("x[n,j]"), sized=())
    assert equation_text(found.equations[0]) == "y[n,k] = x[n,k]/J"


def test_pointwise_names_have_the_indices_of_z() -> None:
    found = resolved(
        "s = sigmoid(z)\ny = z*s*alpha",
        *inputs("z[n,j]"),
        *parameters("alpha[j]"),
        pointwise=("n", "j"),
        leading=("n", "t1"),
        output="y",
    )
    assert [equation_text(e) for e in found.equations] == [
        "s[n,t1,j] = sigmoid(z[n,t1,j])",
        "y[n,t1,j] = z[n,t1,j]*s[n,t1,j]*alpha[j]",
    ]


@pytest.mark.parametrize("formula", ["z/(1 + z**2)", "y = z/(1 + z**2)", "a = z**2\nz/(1 + a)"])
def test_a_last_line_without_equals_defines_the_output(formula: str) -> None:
    found = resolved(formula, *inputs("z[n,j]"), pointwise=("n", "j"), output="y")
    assert found.equations[-1].name == "y"


def test_constants_variables_and_pi() -> None:
    found = resolved(
        "y[n] = alpha*x[n] + lr*pi",
        *inputs("x[n]"),
        constants=("alpha", "unused"),
        positive=frozenset({"alpha"}),
        variables=("lr",),
        sized=(),
    )
    assert found.constants == (Sym("alpha", "constant", True), Sym("lr", "variable"), Sym("pi", "constant", True))


def test_facts_hold_for_all_leading_axes() -> None:
    found = resolved(
        "y[n,j] = x[n,j]*t[n,j]",
        *inputs("x[n,j]", "t[n,j]"),
        facts=("sum[j](t[n,j]) = 1",),
        leading=("n", "t1"),
        sized=(),
    )
    ((left, right),) = found.facts
    assert (text(left), text(right)) == ("sum[j](t[n,t1,j])", "1")


def test_assignments_are_carried_out_in_order() -> None:
    found = resolved(
        "m = beta*m + g\nm = 2*m\nw = w - lr*m",
        *inputs("w", "g", "m"),
        constants=("beta",),
        variables=("lr",),
        reassign=True,
    )
    assert [e.name for e in found.equations] == ["m", "m", "w"]
    assert [t.name for t in found.tensors] == ["w", "g", "m"]


def test_a_bare_reassigned_array_keeps_its_letters() -> None:
    found = resolved("g[i] = 2*g[i]", *inputs("g[i]"), reassign=True)
    assert equation_text(found.equations[0]) == "g[i] = 2*g[i]"


RECURRENCES = {
    "backwards": "h[n,t,j] = h[n,t+1,j] + x[n,t,j]",
    "two steps back": "h[n,t,j] = h[n,t-1,j] + h[n,t-2,j] + x[n,t,j]",
    "two values": "c[n,t,j] = h[n,t-1,j]*x[n,t,j]\nh[n,t,j] = tanh(c[n,t,j]) + c[n,t-1,j]",
    "a window of the step before": "h[n,t,j] = sum[k](h[n,t-1,j+k-1]*W[k]) + x[n,t,j]",
    "over another axis": "h[n,t,j] = h[n,t,j-1] + x[n,t,j]",
    "two apart, one each way": "h[n,t,j] = h[n,t-1,j] + x[n,t,j]\ny[n,t,j] = y[n,t+1,j] + h[n,t,j]",
    "all steps of an earlier value": "a[n,t,j] = x[n,t,j]\nh[n,t,j] = h[n,t-1,j] + sum[u](a[n,u,j])",
}


@pytest.mark.parametrize("name", RECURRENCES)
def test_recurrences(name: str) -> None:
    tensors = parameters("W[k]") if "W[" in RECURRENCES[name] else ()
    resolved(RECURRENCES[name], *inputs("x[n,t,j]"), *tensors)


def test_tensor_declarations_are_read() -> None:
    assert TensorSource.read(" W [i, j] ", "parameter") == TensorSource("W", ("i", "j"), "parameter")
    assert TensorSource.read("w").letters == ()


def test_elaborating_twice_gives_equal_results() -> None:
    source = FormulaSource("y[n,j] = sum[i](x[n,i]*W[i,j])", (*inputs("x[n,i]"), *parameters("W[i,j]")), sized=("j",))
    first, second = (resolved(source.text, *source.tensors, sized=source.sized) for _ in range(2))
    assert first == second
    assert isinstance(first.equations[0].lhs.at[0], Index)
    assert not isinstance(first.equations[0].rhs, Add)


@pytest.mark.parametrize(
    ("behind", "right", "axes"),
    [((), "mean[n](x[n,c])", "N C"), (("h", "w"), "mean[n,h,w](x[n,c,h,w])*(H*W)", "N C H W")],
)
def test_a_letter_stands_for_several_axes_or_none(behind: tuple[str, ...], right: str, axes: str) -> None:
    found = resolved("m[c] = mean[n,r](x[n,c,r]) * R", *inputs("x[n,c,r]"), several=(("r", behind),))
    assert text(found.equations[0].rhs) == right.replace("R", "1")
    assert shapes(found) == {"x": axes, "m": "C"}


def test_a_reduction_over_no_axes_is_its_body() -> None:
    found = resolved("y[n,c] = sum[r](x[n,c,r])", *inputs("x[n,c,r]"), several=(("r", ()),))
    assert equation_text(found.equations[0]) == "y[n,c] = x[n,c]"
