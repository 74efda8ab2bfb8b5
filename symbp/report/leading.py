"""Several leading axes as one: samples and times together are the rows (or columns) of a matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symbp.graph.model import Unit
from symbp.notation.expr import Equation, Expr, Index, Reduce, Ref, Sym, rebuild


class ApartError(Exception):
    """The leading axes do not always stand together."""


def leading_of(unit: Unit) -> tuple[str, ...]:
    """The letters of all axes of the unit's input but the last; ``("n",)`` for a unit without an input."""
    found = [t for t in unit.tensors if t.role == "input"]
    return tuple(i.name for i in found[0].indices[:-1]) if found else ("n",)


def merged_size(sizes: Sequence[str]) -> str:
    """The name of the size of the one axis that takes the place of several: "N T1" for n and t1."""
    return " ".join(sizes)


def merged(e: Equation, leading: Sequence[str]) -> Equation:
    """The equation over one leading axis.  Raises ApartError where the axes are not read and summed together."""
    if len(leading) < 2:
        return e
    left = _merged(e.lhs, tuple(leading))
    if not isinstance(left, Ref):
        raise ApartError
    return Equation(left, _merged(e.rhs, tuple(leading)))


def _merged(node: Expr, leading: tuple[str, ...]) -> Expr:
    match node:
        case Ref(at=at):
            return replace(node, at=_one(at, leading))
        case Index(name=name) if name in leading:
            raise ApartError
        case Reduce(bound=bound):
            made = tuple(i for i in _one(bound, leading) if isinstance(i, Index))
            return replace(node, bound=made, body=_merged(node.body, leading))
    return rebuild(node, tuple(_merged(c, leading) for c in node.children))


def _one(at: Sequence[Expr], leading: tuple[str, ...]) -> tuple[Expr, ...]:
    """The indices with the run of leading ones replaced by the first, whose size is the product of all."""
    names = [i.name if isinstance(i, Index) else "" for i in at]
    if not set(names) & set(leading):
        return tuple(_merged(a, leading) for a in at)
    start = names.index(leading[0]) if leading[0] in names else 0
    if tuple(names[start : start + len(leading)]) != leading:
        raise ApartError
    run = [i for i in at[start : start + len(leading)] if isinstance(i, Index)]
    sizes = merged_size([i.size.name if isinstance(i.size, Sym) else str(i.size.value) for i in run])
    one = Index(leading[0], Sym(sizes, "size", positive=True))
    return (*at[:start], one, *(_merged(a, leading) for a in at[start + len(leading) :]))
