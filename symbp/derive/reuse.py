"""Values that the engine has named are read by that name wherever the author's equations compute them.

Forward equations come in as the author wrote them, beside the promoted values that the gradients need: an exponential
that a loss holds, the sum below a softmax.  Here the loss comes to read the exponential, so that nothing is computed
twice; and where the author has a name for the very same value, that name stays and the promoted one goes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from symbp.notation import expr as x

HALF = x.Num(Fraction(1, 2))
MINUS = x.Num(Fraction(-1))


@dataclass(frozen=True, slots=True)
class Pattern:
    """What an expression computes, whatever its letters: `key`, and the indices in the order in which they appear."""

    key: str
    places: tuple[x.Index, ...]


Twin = tuple[x.Equation, x.Equation]  # a promoted value that went, and the author's equation that computes the same


def reused(forward: Sequence[x.Equation], promoted: frozenset[str]) -> tuple[tuple[x.Equation, ...], tuple[Twin, ...]]:
    """The same equations, each promoted value computed in one place, and the values that gave way to the author's.

    `promoted` are the names that the engine gave.  What else reads a value that gave way goes through `renamed`.
    """
    rows = list(forward)
    twins: list[Twin] = []
    for name in [q.name for q in rows if q.name in promoted]:
        value = next(q for q in rows if q.name == name)
        twin = next((q for q in rows if q.name not in promoted and _same(q, value)), None)
        rows = [q if q in (value, twin) else replace(q, rhs=_reading(q.rhs, value)) for q in rows]
        if twin is not None:
            twins.append((value, twin))
            rows = [replace(q, rhs=renamed(q.rhs, twins[-1:])) for q in _moved(rows, value, twin)]
    return tuple(rows), tuple(twins)


def renamed(e: x.Expr, twins: Sequence[Twin]) -> x.Expr:
    """Reads of values that gave way as reads of their twins, which may have their axes in another order."""
    if not any(value.name in x.tensors(e) for value, _ in twins):
        return e
    orders = {value.name: (twin.name, _order(value, twin)) for value, twin in twins}

    def change(z: x.Expr) -> x.Expr:
        z = x.rebuild(z, tuple(change(c) for c in z.children))
        if isinstance(z, x.Ref) and z.name in orders:
            name, order = orders[z.name]
            return x.Ref(name, tuple(z.at[k] for k in order))
        return z

    return change(e)


def _order(value: x.Equation, twin: x.Equation) -> tuple[int, ...]:
    """For each axis of the twin, the axis of the value that it is."""
    other = dict(zip(pattern(twin.rhs).places, pattern(value.rhs).places, strict=True))
    return tuple(value.indices.index(other[i]) for i in twin.indices)


def _moved(rows: list[x.Equation], value: x.Equation, twin: x.Equation) -> list[x.Equation]:
    """`value` goes; its twin takes its place where something reads the value before the twin is defined."""
    at, later = rows.index(value), rows.index(twin)
    early = any(value.name in x.tensors(q.rhs) for q in rows[at + 1 : later])
    rest = [q for q in rows if q is not value and not (early and q is twin)]
    return [*rest[:at], twin, *rest[at:]] if early else rest


def _same(a: x.Equation, b: x.Equation) -> bool:
    left, right = pattern(a.rhs), pattern(b.rhs)
    covered = set(left.places) == set(a.indices) and set(right.places) == set(b.indices)
    return covered and left.key == right.key


def _reading(e: x.Expr, value: x.Equation) -> x.Expr:
    """`e` with every occurrence of the value read by name, the innermost first."""
    own = pattern(value.rhs)
    if set(own.places) != set(value.indices):
        return e  # an axis that the value only repeats: an occurrence does not say where along it to read

    def change(z: x.Expr) -> x.Expr:
        z = _flat(x.rebuild(z, tuple(change(c) for c in z.children)))
        if isinstance(z, x.Num | x.Sym | x.Index | x.Ref):
            return z
        found = pattern(z)
        if found.key == own.key:
            return _read(value, own, found)
        if isinstance(z, x.Reduce) and z.op == "mean":
            whole = pattern(replace(z, op="sum"))
            if whole.key == own.key:
                sizes = tuple(i.size for i in z.bound)
                return x.quotient(_read(value, own, whole), sizes[0] if len(sizes) == 1 else x.Mul(sizes))
        return z

    return change(e)


def _flat(e: x.Expr) -> x.Expr:
    """A product of products as one product."""
    if not isinstance(e, x.Mul):
        return e
    return replace(e, args=tuple(b for a in e.args for b in (a.args if isinstance(a, x.Mul) else (a,))))


def _read(value: x.Equation, own: Pattern, found: Pattern) -> x.Ref:
    names = dict(zip(own.places, found.places, strict=True))
    return x.Ref(value.name, tuple(names[i] for i in value.indices))


# -- patterns --------------------------------------------------------------------------------------------------------
def pattern(e: x.Expr) -> Pattern:
    """Terms and factors in an order that does not depend on letters; free indices numbered as they appear."""
    free: dict[x.Index, str] = {}
    return Pattern(_written(_arranged(e), {}, free), tuple(free))


def _arranged(e: x.Expr) -> x.Expr:
    e = x.rebuild(e, tuple(_arranged(c) for c in e.children))
    match e:
        case x.Call(function="sqrt", args=(a,)):
            return x.Pow(a, HALF)
        case x.Pow(base=x.Pow(base=inner, exponent=x.Num(value=p)), exponent=x.Num(value=q)) if q == -1:
            return x.Pow(inner, x.Num(p * q))
        case x.Add() | x.Mul():
            return replace(e, args=tuple(sorted(e.args, key=lambda a: _written(a, None, None))))
    return e


def _written(e: x.Expr, bound: Mapping[x.Index, str] | None, free: dict[x.Index, str] | None) -> str:
    """The expression as text; an index is its number, or only its size where `free` is None."""
    match e:
        case x.Index():
            if bound is None or free is None:
                return f"#{_size(e)}"
            return bound[e] if e in bound else free.setdefault(e, f"#{_size(e)}.{len(free)}")
        case x.Num():
            return str(e.value)
        case x.Sym():
            return e.name
        case x.Reduce() | x.FirstMax():
            own = {i: f"@{_size(i)}.{len(bound or ())}.{k}" for k, i in enumerate(e.bound)}
            inner = None if bound is None else {**bound, **own}
            sizes = ",".join(map(_size, e.bound))
            op = e.op if isinstance(e, x.Reduce) else "first"
            return f"{op}[{sizes}]({';'.join(_written(c, inner, free) for c in e.children)})"
    return f"{_head(e)}({';'.join(_written(c, bound, free) for c in e.children)})"


def _size(i: x.Index) -> str:
    return i.size.name if isinstance(i.size, x.Sym) else str(i.size.value)


def _head(e: x.Expr) -> str:
    match e:
        case x.Ref():
            return f"{e.name}:"
        case x.Call():
            return e.function
        case x.Compare():
            return e.op
    return type(e).__name__
