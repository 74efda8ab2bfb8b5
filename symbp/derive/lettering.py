"""Places that were held fixed become indices again, under letters that nothing else in the equation has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from symbp.notation.expr import Equation, Expr, FirstMax, Index, Num, Reduce, Ref, Sym, bound_by, rebuild, tensors, walk
from symbp.notation.reads import LETTERS


def renamed(equations: Iterable[Equation], names: Mapping[str, str]) -> tuple[Equation, ...]:
    """The equations under other names of tensors."""

    def change(e: Expr) -> Expr:
        e = rebuild(e, tuple(change(c) for c in e.children))
        return replace(e, name=names.get(e.name, e.name)) if isinstance(e, Ref) else e

    return tuple(Equation(Ref(names.get(e.name, e.name), e.lhs.at), change(e.rhs)) for e in equations)


@dataclass(slots=True)
class Lettering:
    """`fixed` are the names that stand for places, each with the index that it is a value of.

    `needed` gives the fixed places of some equations in order; any other has those that it depends on.  `taken` are
    names that no index may have.
    """

    equations: Sequence[Equation]
    fixed: Mapping[str, Index]
    needed: Mapping[str, Sequence[str]]
    taken: frozenset[str] = frozenset()
    places: dict[str, tuple[str, ...]] = field(init=False)

    def __post_init__(self) -> None:
        self.places = {name: tuple(at) for name, at in self.needed.items()}
        found: dict[str, set[str]] = {e.name: set(tensors(e.rhs) & self.fixed.keys()) for e in self.equations}
        for _ in self.equations:
            for e in self.equations:
                inner = (found[n] | set(self.places.get(n, ())) for n in tensors(e.rhs) if n in found)
                found[e.name] = found[e.name].union(*inner)
        for name, names in found.items():
            self.places.setdefault(name, tuple(n for n in self.fixed if n in names))

    def done(self) -> tuple[Equation, ...]:
        return tuple(self._equation(e) for e in self.equations)

    def _equation(self, e: Equation) -> Equation:
        """The left side gets the fixed places first, under the letters of their indices, then its own indices."""
        names: dict[str, Index] = {}
        for name in self.places[e.name]:
            names[name] = self._free(self.fixed[name], names.values())
        own: dict[Index, Index] = {}
        for i in e.indices:
            own[i] = self._free(i, (*names.values(), *own.values()))
        left = Ref(e.name, (*(names[n] for n in self.places[e.name]), *own.values()))
        return Equation(left, self._changed(e.rhs, names, own))

    def _changed(self, e: Expr, names: Mapping[str, Index], own: Mapping[Index, Index]) -> Expr:
        match e:
            case Index():
                return own[e]
            case Ref() if e.name in names:
                return names[e.name]
            case Ref():
                at = tuple(self._changed(a, names, own) for a in e.at)
                return replace(e, at=(*(names[n] for n in self.places.get(e.name, ())), *at))
            case Reduce():
                inner = self._bound(e, names, own)
                return replace(e, bound=tuple(inner[i] for i in e.bound), body=self._changed(e.body, names, inner))
            case FirstMax():
                inner = self._bound(e, names, own)
                at = tuple(self._changed(a, names, own) for a in e.at)
                return FirstMax(at, tuple(inner[i] for i in e.bound), self._changed(e.body, names, inner))
        return rebuild(e, tuple(self._changed(c, names, own) for c in e.children))

    def _bound(self, e: Expr, names: Mapping[str, Index], own: Mapping[Index, Index]) -> dict[Index, Index]:
        inner = dict(own)
        for i in bound_by(e):
            inner[i] = self._free(i, (*names.values(), *inner.values()))
        return inner

    def _free(self, i: Index, used: Iterable[Index]) -> Index:
        """The index under its own letter, another of its size, or a new one."""
        busy = {u.name for u in used}
        letters = [i.name, *(n for n in self._letters(i.size) if n != i.name)]
        numbered = (f"{m}{k}" for k in range(1, 99) for m in letters)
        return replace(i, name=next(m for m in (*letters, *numbered) if m not in busy))

    def _letters(self, size: Sym | Num) -> list[str]:
        """Those of the equations for this size, then those that stand for nothing yet."""
        nodes = [n for e in self.equations for n in (*walk(e.lhs), *walk(e.rhs))]
        seen = [i for n in nodes for i in (n, *bound_by(n)) if isinstance(i, Index)]
        here = dict.fromkeys(i.name for i in seen if i.size == size)
        scalars = {n.name for n in nodes if isinstance(n, Sym)}
        other = self.taken | scalars | {i.name for i in seen} | {e.name for e in self.equations}
        return [*here, *(m for m in LETTERS if m not in other)]
