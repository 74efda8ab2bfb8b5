"""Logarithms that see through exponentials: log(exp(a)/s) is a - log(s), which has a value where exp(a) is 0.

A loss that takes the logarithm of a probability reads it from the unit in front of it, where it is a quotient of
exponentials: small ones are 0 in floating point, their logarithms are not.  Rewritten by the rules of the logarithm

    log(exp(a)) = a                     log(a*b) = log(a) + log(b), log(a**c) = c*log(a)      for a, b > 0
    log(sigmoid(a)) = -softplus(-a)     log(where(c, a, b)) = where(c, log(a), log(b))

through the definitions of the values that are read, where that reaches an exponential.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from symbp.notation.expr import (
    Add,
    Call,
    Equation,
    Expr,
    Index,
    Mul,
    Num,
    Pow,
    Reduce,
    Ref,
    Sym,
    negative,
    rebuild,
)
from symbp.notation.traverse import substitute

Definitions = Mapping[str, Equation]


def with_logarithms_of_exponentials(equations: Sequence[Equation]) -> tuple[Equation, ...]:
    """The same equations, their logarithms taken of what stands in the exponentials, where these can be reached."""
    made: list[Equation] = []
    known: dict[str, Equation] = {}
    for q in equations:
        made.append(Equation(q.lhs, _rewritten(q.rhs, known)))
        known[q.name] = made[-1]
    return tuple(made)


def _rewritten(e: Expr, known: Definitions) -> Expr:
    e = rebuild(e, tuple(_rewritten(c, known) for c in e.children))
    if not isinstance(e, Call) or e.function != "log":
        return e
    return _logarithm(e.args[0], known) or e


def _logarithm(e: Expr, known: Definitions) -> Expr | None:
    """log(e) by the rules above; None where they reach no exponential."""
    match e:
        case Call(function="exp", args=(a,)):
            return a
        case Call(function="sigmoid", args=(a,)):
            return negative(Call("softplus", (negative(a),)))
        case Call(function="where", args=(condition, *branches)):
            logs = _logarithms(branches, known)
            return None if logs is None else Call("where", (condition, *logs))
        case Pow(exponent=Num()):
            inner = _logarithm(e.base, known) if _positive(e.base, known) else None
            return None if inner is None else Mul((e.exponent, inner))
        case Mul():
            return _of_product(e.args, known)
        case Ref():
            defined = _definition(e, known)
            return None if defined is None else _logarithm(defined, _without(e.name, known))
    return None


def _of_product(factors: Sequence[Expr], known: Definitions) -> Expr | None:
    """The sum of the logarithms of positive factors; those below a fraction bar are subtracted."""
    bases = [_base_and_exponent(f) for f in factors]
    logs = _logarithms([b for b, _ in bases], known) if all(_positive(f, known) for f in factors) else None
    if logs is None:
        return None
    terms = [log if c is None else Mul((c, log)) for log, (_, c) in zip(logs, bases, strict=True)]
    return Add(tuple(t for a in terms for t in (a.args if isinstance(a, Add) else (a,))))


def _base_and_exponent(e: Expr) -> tuple[Expr, Num | None]:
    """b and c of ``b**c`` with a number c; else the expression itself and None."""
    if isinstance(e, Pow) and isinstance(e.exponent, Num):
        return e.base, e.exponent
    return e, None


def _logarithms(parts: Sequence[Expr], known: Definitions) -> list[Expr] | None:
    """The logarithm of each; None where no rule reaches an exponential in any."""
    logs = [_logarithm(p, known) for p in parts]
    if all(log is None for log in logs):
        return None
    return [_plain(p) if log is None else log for p, log in zip(parts, logs, strict=True)]


def _plain(e: Expr) -> Expr:
    return Num(Fraction(0)) if e == Num(Fraction(1)) else Call("log", (e,))


def _definition(e: Ref, known: Definitions) -> Expr | None:
    """What defines a value, at the indices at which it is read."""
    q = known.get(e.name)
    if q is None:
        return None
    return substitute(q.rhs, {i: at for i, at in zip(q.lhs.at, e.at, strict=True) if isinstance(i, Index)})


def _without(name: str, known: Definitions) -> Definitions:
    """A value of a recurrence is not written out by itself."""
    return {k: q for k, q in known.items() if k != name}


def _positive(e: Expr, known: Definitions) -> bool:
    """Is e > 0 for all arguments?"""
    match e:
        case Num():
            return e.value > 0
        case Sym():
            return e.positive
        case Call():
            return e.function in ("exp", "sigmoid", "cosh", "softplus")
        case Add() | Mul():
            return all(_positive(a, known) for a in e.args)
        case Pow():
            return _positive(e.base, known)
        case Reduce():
            return _positive(e.body, known)
        case Ref():
            return e.name in known and _positive(known[e.name].rhs, _without(e.name, known))
    return False
