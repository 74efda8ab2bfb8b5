"""Deltas against sums, substitution without capture, canonical names."""

import pytest

from symbp.derive.extents import inequalities
from symbp.derive.implied import without_implied
from symbp.derive.indices import Indices, delta, unquoted
from symbp.derive.ranges import bounds, inside, never_negative
from symbp.derive.system import System
from symbp.derive.terms import ONE, ZERO, atom, number, of
from symbp.notation.expr import Add, Call, Sym, negative, quotient
from symbp.notation.expr import number as num
from symbp.notation.text import text

from .build import CALCULUS, at, derived, gradient, i, size

N, J, K, P, U, H = i("n"), i("j"), i("k", "J"), i("p"), i("u"), i("h")
total = CALCULUS.total


def kinds(p):
    return sorted(a.kind for a in p.atoms() if a.kind not in ("value", "scalar"))


def test_a_delta_is_a_substitution():
    assert total(at("g", N, K) * delta(of(K) - of(J)), (K,)) == at("g", N, J)


def test_a_delta_between_axes_of_equal_size_needs_no_range():
    assert kinds(total(at("g", K) * delta(of(K) - of(J)), (K,))) == []


def test_a_delta_between_axes_of_other_sizes_keeps_the_range():
    assert kinds(total(at("g", P) * delta(of(P) - of(H)), (P,))) == ["range"]


def test_a_stride_asks_for_divisibility_and_range():
    found = total(at("g", P) * delta(of(P).scaled(2) + of(U) - of(H)), (P,))
    assert kinds(found) == ["divides", "range"]
    (read,) = (a for a in found.atoms() if a.kind == "value")
    assert read.polys[0].single.kind == "quotient"


def test_the_quotient_of_a_multiple_is_exact():
    e = of(H) - of(U)
    q = of(atom("quotient", (), (e, number(2))))
    assert unquoted(q.scaled(2) + of(U)) == of(H)
    assert unquoted(q + of(U)) == q + of(U)


def test_a_negative_slope_is_solved_too():
    """h = -k: [h + k == 0] is met at k = -h."""
    found = total(at("g", K) * delta(of(H) + of(K)), (K,))
    (read,) = (a for a in found.atoms() if a.kind == "value")
    assert read.polys[0] == -of(H)


def test_a_shift_by_one_goes_the_other_way():
    t, s = i("t"), i("s", "T")
    found = total(at("g", s) * delta(of(s) - ONE - of(t)), (s,))
    assert any(a.kind == "value" and a.polys[0] == of(t) + ONE for a in found.atoms())


def test_what_does_not_depend_on_the_sum_stands_outside():
    found = total(at("a", N) * at("b", K), (K,))
    ((mono, _),) = found.terms.items()
    assert sorted(a.kind for a, _ in mono) == ["sum", "value"]


def test_an_index_that_nothing_reads_gives_its_size():
    assert total(at("a", N), (K,)) == at("a", N) * size("J")


def test_equal_sums_are_one_whatever_their_letters():
    a, b = i("a", "J"), i("b", "J")
    assert total(at("x", N, a), (a,)) == total(at("x", N, b), (b,))
    assert total(at("x", a) * at("y", b), (a, b)) == total(at("x", b) * at("y", a), (a, b))


def test_sums_over_other_sizes_differ():
    assert total(at("x", i("k", "N")), (i("k", "N"),)) != total(at("x", K), (K,))


def test_substitution_captures_nothing():
    """sum[k](x[k]*y[j]) at j = k is x summed over another letter, times y[k]."""
    p = total(at("x", K) * at("y", K, J), (K,))
    found = CALCULUS.substitute(p, {J: of(K)})
    inner = next(a for a in found.atoms() if a.kind == "sum")
    assert K in inner.free and K not in inner.bound


def test_not_even_by_the_canonical_name_of_the_bound_index():
    p = total(at("x", K) * at("y", K, J), (K,))
    (own,) = next(a for a in p.atoms() if a.kind == "sum").bound
    assert own in CALCULUS.substitute(p, {J: of(own)}).free


def test_a_sum_in_a_sum_keeps_its_own_letter():
    """sum[j](y[j]*sum[k](y[k])): writing the inner sum at another place must not tie the two letters."""
    inner = total(at("y", N, K), (K,))
    whole = total(at("y", N, J) * at("z", J) * CALCULUS.substitute(total(at("w", K, J), (K,)), {}), (J,))
    (a,) = (a for a in whole.atoms() if a.kind == "sum")
    (b,) = (b for b in a.polys[0].atoms() if b.kind == "sum")
    assert set(a.bound).isdisjoint(b.bound)
    assert inner.free == {N}


def test_renaming_swaps_two_letters_at_once():
    p = at("x", N, J) - at("x", J, N)
    assert CALCULUS.substitute(p, {N: of(J), J: of(N)}) == -p


def test_a_delta_of_numbers_is_decided():
    assert delta(number(0)) == ONE
    assert delta(number(3)) == ZERO
    assert delta(of(J) - of(N)) == delta(of(N) - of(J))


def test_a_read_of_labels_is_a_substitution():
    label = at("t", N)
    assert total(at("p", N, J) * delta(label - of(J)), (J,)) == at("p", N, label)


# -- ranges ----------------------------------------------------------------------------------------------------------
def test_bounds_of_a_window():
    low, high = bounds(of(P).scaled(2) + of(U) - ONE)
    assert low == -ONE
    assert high == (size("P") - ONE).scaled(2) + size("U") - ONE - ONE


def test_ranges_with_numbers_are_decided():
    p, u = i("p", 3), i("u", 2)
    read = of(p).scaled(2) + of(u)
    assert inside(read, number(6))
    assert not inside(read, number(5))
    assert not inside(read - ONE, number(6))


def test_an_extent_proves_that_a_window_stays_inside():
    height, window, places = (Sym(a, "size", True) for a in "HUP")
    extent = Add((Call("floor", (quotient(Add((height, negative(window))), num(2)),)), num(1)))
    known = inequalities([(places, extent)], System(Indices(())).read)
    read = of(P).scaled(2) + of(U)
    assert inside(read, size("H"), known)
    assert not inside(read, size("H"))
    assert not inside(read + ONE, size("H"), known)
    assert not inside(read - ONE, size("H"), known)


def test_sizes_are_at_least_one():
    assert never_negative(size("N") - ONE)
    assert not never_negative(size("N") - number(2))
    assert never_negative(size("N") * size("J") - size("N"))


IMAGE = (("x[n,h]", "input"),)


def test_a_range_stays_beside_a_division():
    """Outside, z is 0, and 0 * 1/0 is not 0."""
    form = derived("y[n,p] = x[n,2*p]/z[n,p]", (("x[n,h]", "input"), ("z[n,p]", "input")))
    assert gradient(form, "x") == "dy[n,(h)/2]*[2 divides h]*[0 <= (h)/2 < P]/z[n,(h)/2]"


def test_a_division_that_is_read_by_a_window_is_made_once():
    """Where y is 0 it is not divided at every place of every window."""
    form = derived("y[n,p] = sqrt(sum[u](x[n,2*p + u]**2))", IMAGE, sized=("p", "u"))
    assert text(form.adjoint("s").rhs) == "dy[n,p]/(2*y[n,p])"
    assert gradient(form, "x") == "2*x[n,h]*sum[u](ds[n,(h-u)/2]*[2 divides h - u])"


def test_a_range_stays_where_no_factor_has_that_axis():
    """x is 0 outside 0 <= h < H, which says nothing of h < P."""
    p = at("x", N, H) * of(atom("range", (), (of(H), size("P"))))
    assert without_implied(p, {"x": (size("N"), size("H"))}, CALCULUS) == p
    assert without_implied(p, {"x": (size("N"), size("P"))}, CALCULUS) == at("x", N, H)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("y[n,p] = sum[u](x[n,2*p + u])", "sum[u](dy[n,(h - u)/2]*[2 divides h - u])"),
        ("y[n,p] = sum[u](x[n,p + u])", "sum[u](dy[n,h - u])"),
        ("y[n,p] = x[n,p]", "dy[n,h]"),
        ("y[n,p] = x[n,p - 1]", "dy[n,h + 1]"),
    ],
)
def test_the_gradient_of_a_window(formula, expected):
    sized = ("p", "u") if "u" in formula else ("p",)
    found = gradient(derived(formula, IMAGE, sized=sized), "x")
    assert found.replace(" ", "") == expected.replace(" ", "")
