"""The derivative and the inverse of ONE function of one variable, by SymPy, as polynomials over opaque atoms.

There is no table of derivatives: SymPy differentiates the definition, and the result is expressed in the function's own
value where that is possible (the derivative of tanh is 1 - y**2, that of 1/(1 + exp(-v)) is y - y**2).
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

from symbp.derive.loading import at_first_use
from symbp.derive.rational import inverse, normal, power
from symbp.derive.terms import ONE, ZERO, Poly, add, atom, number, of, product, scalar, value
from symbp.errors import DerivationError, Problem

ARGUMENT = value("?w", ())  # stands for the argument
RESULT = value("?y", ())  # stands for the function's value

sympy: Any = at_first_use("sympy")
CONSTANT = frozenset(("stop_gradient",))  # what derivatives take for a constant, whatever it is


@cache
def _v() -> Any:
    """The argument."""
    return sympy.Symbol("v", real=True)


@cache
def _y() -> Any:
    """The value of the function."""
    return sympy.Symbol("y", real=True)


@cache
def _definitions() -> dict[str, Any]:
    """Functions that SymPy lacks, by their definitions."""
    v = _v()
    return {
        "sigmoid": 1 / (1 + sympy.exp(-v)),
        "expm1": sympy.exp(v) - 1,
        "log1p": sympy.log(1 + v),
        "softplus": sympy.log(1 + sympy.exp(v)),
        "stop_gradient": v,
    }


def definition(function: str) -> Any:
    """The function of `v` as a SymPy expression; "pow:1/2" is the power of that exponent."""
    if function.startswith("pow:"):
        return sympy.Symbol("v", positive=True) ** sympy.Rational(function[4:])
    known = _definitions()
    return known[function] if function in known else getattr(sympy, function)(_v())


@cache
def slope(function: str) -> Poly:
    """d f(w)/d w over RESULT, ARGUMENT and further functions of the argument (atoms of kind "kernel")."""
    if function.startswith("pow:"):
        return _power_slope(Fraction(function[4:]))
    if function in CONSTANT:
        return ZERO
    f = definition(function)
    d = sympy.diff(f, _v())
    inner = [a for a in f.atoms(sympy.Function) if a.has(_v())]
    if len(inner) == 1 and f != inner[0]:
        generator = sympy.Symbol("E", real=True)
        solved = _one_solution(f.xreplace({inner[0]: generator}) - _y(), generator)
        if solved is not None and not solved.has(_v()):
            d = sympy.cancel(d.xreplace({inner[0]: solved}))
    return _from_sympy(d.xreplace({f: _y()}))


def _power_slope(exponent: Fraction) -> Poly:
    """a * w**(a - 1): a power of the result where its exponent is whole, else a * y / w."""
    v = sympy.Symbol("v", positive=True)
    d = sympy.diff(v ** sympy.Rational(exponent), v)
    coefficient, rest = d.as_coeff_Mul()
    back = (Fraction(exponent) - 1) / exponent  # w**(a - 1) = y**((a - 1)/a)
    del rest
    c = Fraction(int(coefficient.p), int(coefficient.q))
    if back.denominator == 1:
        return power(of(RESULT), back.numerator).scaled(c)
    return (of(RESULT) * of(ARGUMENT, -1)).scaled(c)


@cache
def inverted(function: str) -> Poly | None:
    """The w with f(w) = y over RESULT (and kernels of it); None where it is not unique or SymPy does not know it."""
    if function.startswith("pow:"):
        back = 1 / Fraction(function[4:])
        return power(of(RESULT), back.numerator) if back.denominator == 1 else None
    if function not in ("log", "log1p", "expm1"):
        return None  # an inverse that is no rational function of named values: nothing is gained
    return None if function == "expm1" else _from_sympy(_undone(definition(function)))


def _one_solution(equation: Any, unknown: Any) -> Any:
    """The root of a rational equation that is linear in `unknown` once its denominator is cleared; None otherwise."""
    cleared = sympy.Poly(sympy.fraction(sympy.together(equation))[0], unknown)
    if cleared.degree() != 1:
        return None
    slope_, constant = cleared.all_coeffs()
    return sympy.cancel(-constant / slope_)


def _undone(e: Any) -> Any:
    """The v for which e(v) = y, where v stands in one place of `e`: layer by layer, with SymPy's own inverses.

    `sympy.solve` finds the same, but its first call loads SymPy's units of physics, for a quarter of a second."""
    result = _y()
    while e != _v():
        if e.is_Add:
            rest, e = e.as_independent(_v())
            result = result - rest
        else:
            result, e = e.inverse()(result), e.args[0]
    return result


def _from_sympy(e: Any) -> Poly:
    """A SymPy expression in v and y; every function in it becomes a kernel of its argument."""
    if e == _v():
        return of(ARGUMENT)
    if e == _y():
        return of(RESULT)
    if e.is_Rational:
        return number(Fraction(int(e.p), int(e.q)))
    if e == sympy.pi:
        return of(scalar("pi", "constant", True))
    if e.is_Add:
        return normal(add(map(_from_sympy, e.args)))
    if e.is_Mul:
        return normal(product(map(_from_sympy, e.args)))
    if e.is_Pow and e.exp.is_Integer:
        base = _from_sympy(e.base)
        return normal(power(base, int(e.exp)))
    if e.is_Pow and e.base.is_number and e.exp.is_Rational:
        return root(_from_sympy(e.base), Fraction(int(e.exp.p), int(e.exp.q)))
    if isinstance(e, sympy.Function) and len(e.args) == 1:
        return of(atom("kernel", (type(e).__name__,), (_from_sympy(e.args[0]),)))
    raise DerivationError(Problem("D001", f"{e} stands in a derivative, and symbp cannot write it"))


def constant_value(function: str, argument: Poly) -> Poly | None:
    """The value of a function at a number, where it is rational: exp(0) is 1."""
    c = argument.number
    if c is None or function.startswith("pow:"):
        return None
    e = definition(function).xreplace({_v(): sympy.Rational(Fraction(c))})
    return number(Fraction(int(e.p), int(e.q))) if e.is_Rational else None


def root(base: Poly, exponent: Fraction) -> Poly:
    """A power of a constant: one atom a prime factor, so that equal constants are equal terms."""
    if base == ONE:
        return ONE
    if base.number is not None:
        c = Fraction(base.number)
        if c.denominator != 1:
            return root(number(c.numerator), exponent) * root(number(c.denominator), -exponent)
        exact = sympy.Integer(c.numerator) ** sympy.Rational(exponent)
        if exact.is_Rational:
            return number(Fraction(int(exact.p), int(exact.q)))
        return _roots(c.numerator, exponent)
    if len(base.terms) == 1:
        ((m, k),) = base.terms.items()
        out = root(number(k), exponent)
        for a, e in m:
            out = out * _root_atom(of(a), exponent * e)
        return out
    return inverse(ONE) * _root_atom(base, exponent)


def _roots(n: int, exponent: Fraction) -> Poly:
    out = ONE
    for prime, e in sorted(sympy.factorint(n).items()):
        out = out * _root_atom(number(int(prime)), exponent * e)
    return out


def _root_atom(base: Poly, exponent: Fraction) -> Poly:
    """base**exponent as a power of the atom base**(1/q), so that the relations of exponents are those of monomials."""
    if exponent.denominator == 1:
        return power(base, exponent.numerator)
    return power(of(atom("root", (Fraction(1, exponent.denominator),), (base,))), exponent.numerator)
