"""How long a formula is, and whether two are the same up to the order of terms and the names of bound indices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction

from symbp.derive.model import ClosedForm
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
    Num,
    Pow,
    Quotient,
    Reduce,
    Ref,
    Sym,
    rebuild,
    tensors,
    walk,
)

MINUS = Num(Fraction(-1))


def operations(e: Expr) -> int:
    """Operations as one would write them: a - b is one, a/b is one, a reduction is one; index arithmetic is free."""
    of_indices = isinstance(e, Ref | Divides | InRange | Quotient | FirstMax)
    below = 0 if of_indices else sum(operations(c) for c in e.children)
    match e:
        case Add():
            return below + len(e.args) - 1 - sum(negated(a) for a in e.args[1:])
        case Mul(args=(Num(), Sym())):
            return below  # a number times a constant is known when the module is generated
        case Mul():
            return below + len(e.args) - 1 - sum(reciprocal(a) for a in e.args[1:])
        case Pow() | Call() | Reduce() | Compare() | Divides() | InRange() | FirstMax():
            return below + 1
    return below


def negated(e: Expr) -> bool:
    return isinstance(e, Mul) and MINUS in e.args


def reciprocal(e: Expr) -> bool:
    return isinstance(e, Pow) and e.exponent == MINUS


def program_operations(equations: Iterable[Equation]) -> int:
    return sum(operations(e.rhs) for e in equations)


def divisors(equations: Iterable[Equation]) -> set[str]:
    """The tensors that stand below a fraction bar."""
    below = (n.base for e in equations for n in walk(e.rhs) if isinstance(n, Pow) and is_negative(n.exponent))
    return {r.name for b in below for r in walk(b) if isinstance(r, Ref)}


def is_negative(e: Expr) -> bool:
    return isinstance(e, Num) and e.value < 0


def kernels(equations: Iterable[Equation]) -> int:
    """Kernels and reductions: each may be kept from the forward pass instead of computed again."""
    plain = ("max", "min", "where", "abs", "sign")
    nodes = [n for e in equations for n in walk(e.rhs)]
    return sum(isinstance(n, Reduce) or (isinstance(n, Call) and n.function not in plain) for n in nodes)


def canonical(e: Expr, names: Mapping[Index, Index] | None = None, depth: int = 0) -> Expr:
    """Sums and products flat and ordered, bound indices named by nesting, means as sums."""
    names = names or {}
    match e:
        case Index():
            return names.get(e, e)
        case Reduce() | FirstMax():
            return _reduction(e, names, depth)
        case Mul():
            return _product(canonical(a, names, depth) for a in e.args)
        case Add():
            return _sum(canonical(a, names, depth) for a in e.args)
        case Pow():
            return _power(canonical(e.base, names, depth), canonical(e.exponent, names, depth))
        case Call(function="sqrt", args=(a,)):
            return _power(canonical(a, names, depth), Num(Fraction(1, 2)))
    return rebuild(e, tuple(canonical(c, names, depth) for c in e.children))


def _reduction(e: Reduce | FirstMax, names: Mapping[Index, Index], depth: int) -> Expr:
    """Bound indices are numbered in the order that gives the smallest text: two sums may list them differently."""
    bound = sorted(e.bound, key=lambda i: (repr(i.size), i.name))
    fresh = {i: Index(f"@{depth}.{k}", i.size) for k, i in enumerate(bound)}
    inner = {**names, **fresh}
    if isinstance(e, FirstMax):
        at = tuple(canonical(a, names, depth) for a in e.at)
        return FirstMax(at, tuple(fresh[i] for i in e.bound), canonical(e.body, inner, depth + 1))
    body = canonical(e.body, inner, depth + 1)
    if e.op != "mean":
        return replace(e, bound=tuple(fresh.values()), body=body)
    whole: Expr = Reduce("sum", tuple(fresh.values()), body)
    return _product((whole, *(_power(i.size, MINUS) for i in bound)))


def _product(factors: Iterable[Expr]) -> Expr:
    number, rest = Fraction(1), []
    for f in factors:
        for g in f.args if isinstance(f, Mul) else (f,):
            if isinstance(g, Num):
                number *= g.value
            else:
                rest.append(g)
    parts = [*([Num(number)] if number != 1 or not rest else []), *sorted(rest, key=repr)]
    return parts[0] if len(parts) == 1 else Mul(tuple(parts))


def _sum(terms: Iterable[Expr]) -> Expr:
    flat = [t for a in terms for t in (a.args if isinstance(a, Add) else (a,))]
    return flat[0] if len(flat) == 1 else Add(tuple(sorted(flat, key=repr)))


def _power(base: Expr, exponent: Expr) -> Expr:
    if isinstance(base, Num) and isinstance(exponent, Num) and exponent.value.denominator == 1:
        return Num(base.value ** int(exponent.value))
    if isinstance(base, Mul) and isinstance(exponent, Num):
        return _product(_power(b, exponent) for b in base.args)
    if isinstance(base, Pow) and isinstance(base.exponent, Num) and isinstance(exponent, Num):
        return _power(base.base, Num(base.exponent.value * exponent.value))
    return Pow(base, exponent)


def renamed_sizes(e: Expr, sizes: Mapping[str, Sym]) -> Expr:
    """The expression with its size symbols replaced by name."""
    match e:
        case Sym(kind="size"):
            return sizes.get(e.name, e)
        case Index():
            return replace(e, size=renamed_sizes(e.size, sizes))  # type: ignore[arg-type]
        case Reduce() | FirstMax():
            e = replace(e, bound=tuple(renamed_sizes(i, sizes) for i in e.bound))
    return rebuild(e, tuple(renamed_sizes(c, sizes) for c in e.children))


def is_same(left: Iterable[Equation], right: Iterable[Equation]) -> bool:
    """Equal in the canonical form, equation by equation."""
    a, b = ({e.name: canonical(e.rhs) for e in side} for side in (left, right))
    return a == b


def not_worse(form: ClosedForm, wish: Iterable[Equation], values: set[str]) -> str:
    """Empty where `form` costs no more than `wish`: operations, saved values and divisors; otherwise what is worse."""
    wish = tuple(wish)
    if is_same(form.adjoints, wish):
        return ""
    if program_operations(form.adjoints) > program_operations(wish):
        mine, most = ({e.name: operations(e.rhs) for e in p} for p in (form.adjoints, wish))
        return f"{mine} operations, at most {most} wanted"
    read = {t for e in wish for t in tensors(e.rhs)} & values
    if len(form.saved) > len(read) + kernels(wish):
        return f"saves {form.saved}, at most {sorted(read)} wanted"
    if len(divisors(form.adjoints)) > len(divisors(wish)):
        return f"divides by {sorted(divisors(form.adjoints))}"
    return ""
