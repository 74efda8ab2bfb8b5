"""The author's expressions and the names that were given to parts of them.

A value that the engine promoted to a name is read by that name wherever the author wrote its expression, at whatever
indices, so that nothing is computed twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from symbp.notation.expr import Expr, FirstMax, Index, Reduce, Ref, rebuild


@dataclass(frozen=True)
class Named:
    """`name[at]` is `expression`; the indices of `at` are those that the expression leaves free."""

    name: str
    at: tuple[Index, ...]
    expression: Expr


def with_names(e: Expr, named: Sequence[Named]) -> Expr:
    """e with every occurrence of a named expression read by its name."""
    for n in named:
        found = match(n.expression, e, {})
        if found is not None and all(i in found for i in n.at):
            return Ref(n.name, tuple(found[i] for i in n.at))
    return rebuild(e, tuple(with_names(c, named) for c in e.children))


def match(pattern: Expr, e: Expr, known: Mapping[Index, Index]) -> dict[Index, Index] | None:
    """Which indices of the pattern stand for which of e; None where e is no instance of the pattern."""
    if isinstance(pattern, Index):
        return _index(pattern, e, known)
    if type(pattern) is not type(e) or len(pattern.children) != len(e.children) or _own(pattern) != _own(e):
        return None
    found: dict[Index, Index] | None = dict(known)
    if isinstance(pattern, Reduce | FirstMax) and isinstance(e, Reduce | FirstMax):
        for i, j in zip(pattern.bound, e.bound, strict=True):
            found = None if found is None else _index(i, j, found)
    for p, c in zip(pattern.children, e.children, strict=True):
        if found is None:
            return None
        found = match(p, c, found)
    return found


def _index(pattern: Index, e: Expr, known: Mapping[Index, Index]) -> dict[Index, Index] | None:
    if not isinstance(e, Index) or e.size != pattern.size or known.get(pattern, e) != e:
        return None
    if pattern not in known and e in known.values():
        return None
    return {**known, pattern: e}


def _own(e: Expr) -> object:
    """What a node is besides its children."""
    names = ("name", "value", "function", "op", "kind")
    sizes = tuple(i.size for i in e.bound) if isinstance(e, Reduce | FirstMax) else ()
    own = tuple(getattr(e, n) for n in names if hasattr(e, n) and not isinstance(getattr(e, n), Expr))
    return (own, sizes)
