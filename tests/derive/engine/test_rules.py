"""Folds found from the forward equations: what they may do and what not."""

from symbp.derive.rational import inverse
from symbp.derive.rules import apply, covers, rules_of
from symbp.derive.safety import divisors, overflows
from symbp.derive.system import System
from symbp.derive.terms import ONE, atom, number, of
from symbp.notation.expr import tensors
from symbp.notation.text import text

from .build import CALCULUS, X, at, derived, gradient, i, kernel, setup

N, J, K, T = i("n"), i("j"), i("k", "J"), i("t")


def system_of(formula, declared=X, **options):
    equations, _, _, _ = setup(formula, declared, **options)
    made = System(CALCULUS)
    for equation in equations:
        made.define(equation)
    return made


def targets(formula, declared=X):
    made = system_of(formula, declared)
    return {r.target.name for r in rules_of(made, made.definitions)}


def test_a_product_gives_a_rule_for_each_factor():
    assert {"y", "x", "u"} <= targets("u[n,j] = 2 + x[n,j]\ny[n,j] = x[n,j]*u[n,j]")


def test_a_power_gives_a_rule_for_the_power():
    made = system_of("y[n,j] = (exp(x[n,j]) - exp(-x[n,j]))/(exp(x[n,j]) + exp(-x[n,j]))")
    assert any(r.power == 2 and r.target.name in made.hidden for r in rules_of(made, made.definitions))


def test_a_rule_needs_all_indices_of_its_replacement():
    assert covers(at("x", N, J).single, frozenset((N, J)))
    assert not covers(at("m", N).single, frozenset((N, J)))
    assert not covers(at("x", N, N).single, frozenset((N,)))
    assert not covers(at("x", N, of(J) - ONE).single, frozenset((N, J)))


def test_a_mean_is_not_solved_for_its_terms():
    assert "x" not in targets("y[n] = mean[k](x[n,k])")


def test_a_shifted_read_is_not_folded():
    """Before the start h is 0, and its definition does not hold there."""
    form = derived(
        "h[n,t] = tanh(x[n,t] + a*h[n,t-1])\ny[n,t] = h[n,t]**2", (("x[n,t]", "input"),), constants=("a",)
    )
    assert gradient(form, "h") == "2*dy[n,t]*h[n,t] + a*dh[n,t+1]*(1 - h[n,t+1]**2)"


def test_a_rule_leaves_shifted_reads_alone():
    """u = x + 2 does not hold before the start, where u reads 0."""
    made = system_of("u[n,t] = x[n,t] + 2\ny[n,t] = u[n,t]*x[n,t]", (("x[n,t]", "input"),))
    (rule,) = (r for r in rules_of(made, made.definitions) if r.target.name == "u" and r.definition.name == "u")
    before = at("u", N, of(T) - ONE)
    assert apply(rule, before, made) == before
    assert apply(rule, at("u", N, T), made) == at("x", N, T) + number(2)


def test_no_division_by_what_the_form_did_not_divide_by():
    """x*exp(x): y/x would be exp(x), but y/x is 0/0 at x = 0."""
    form = derived("e[n,j] = exp(x[n,j])\ny[n,j] = x[n,j]*e[n,j]", X)
    assert "/" not in gradient(form, "x")


def test_not_even_where_it_saves_a_function():
    """tanh(x) is y/x, which is cheaper and 0/0 at x = 0."""
    assert "/" not in gradient(derived("y[n,j] = x[n,j]*tanh(x[n,j])", X), "x")


def test_a_divisor_is_not_exchanged_for_a_numerator():
    """y = v/u: 1/u is y/v where v is not 0."""
    formula = "v[n,j] = x[n,j] + a\ny[n,j] = v[n,j]/(3 + (a - x[n,j])**2*(x[n,j] + a)**2)"
    form = derived(formula, X, constants=("a",))
    assert all("/v[" not in text(e.rhs) for e in form.adjoints)


def test_a_division_that_is_there_may_go_to_the_root():
    assert gradient(derived("y[n,j] = sqrt(x[n,j])", X), "x") == "dy[n,j]/(2*y[n,j])"


def test_no_function_becomes_a_difference_of_values():
    """With y = x + sigmoid(x) the sigmoid is not y - x: for large x no digit of it would be left."""
    form = derived("y[n,j] = x[n,j]*100 + sigmoid(x[n,j])", X)
    assert "y" not in {n for e in form.adjoints for n in tensors(e.rhs)}


def test_divisors_are_told_apart():
    a, b, e = at("a", N), at("b", N), at("e", N, positive=True)
    assert divisors(inverse(a)) == {"a"}
    assert divisors(inverse(ONE + e)) == frozenset()
    assert divisors(inverse(a + b)) not in ({"a"}, {"b"}, frozenset())


def test_what_overflows():
    x, m = at("x", N, J), at("m", N)
    assert overflows(kernel("exp", x))
    assert overflows(kernel("exp", x - m))
    assert not overflows(kernel("exp", -x * x))
    assert not overflows(kernel("exp", -x * of(atom("sign", (), (x,)))))
    assert not overflows(kernel("tanh", x))


def test_stable_forms_are_preferred():
    softplus = derived("y[n,j] = log(1 + exp(x[n,j]))", X)
    (named,) = (e for e in softplus.forward if e.name in softplus.saved)
    assert named.rhs.function == "sigmoid"


def test_a_walk_ends():
    form = derived("y[n,j] = (x[n,j]**2 + 1)/(x[n,j]**4 + x[n,j]**2 + 3)", X)
    assert form.adjoints
