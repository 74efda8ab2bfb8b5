"""What a form costs to compute: every distinct node once, over the indices that it depends on.

The sizes of axes are guesses; only comparisons matter.  A hidden value costs its definition, since it would have to be
computed; a saved one costs a read.  A form that can overflow where its value is finite costs so much that any other wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from symbp.derive.safety import overflows
from symbp.derive.system import Definition
from symbp.derive.terms import Atom, Poly
from symbp.derive.tidy import tidy
from symbp.derive.tree import Tree

GUESS = 16.0  # of a size
KERNEL, DIVISION, READ, UNSAFE = 20.0, 3.0, 0.1, 1000.0


@dataclass
class Costs:
    """Prices of forms, given the hidden values."""

    hidden: Mapping[str, Definition]

    def of(self, forms: Iterable[Poly]) -> float:
        seen: set[object] = set()
        return sum(self._tree(tidy(p), seen) for p in forms)

    def _tree(self, t: Tree, seen: set[object], direct: bool = True) -> float:
        if t in seen or t.op == "number":
            return 0.0
        seen.add(t)
        if t.op == "atom":
            return self._atom(t, seen, direct)
        below = sum(self._tree(a, seen, direct) for a in t.args)
        if t.op in ("sum", "mean"):
            return below + domain(t.args[0].free)
        return below + _weight(t) * domain(t.free)

    def _atom(self, t: Tree, seen: set[object], direct: bool) -> float:
        assert isinstance(t.leaf, Atom)
        a = t.leaf
        if a.kind != "value":
            return 0.0 if a.kind in ("scalar", "root", "constant", "index") else domain(a.free)
        out = READ * domain(a.free)
        q = self.hidden.get(a.name)
        if q is None:
            return out
        if q.kernel is not None and overflows(q.kernel) and direct:
            out += UNSAFE * domain(a.free)
        if a.name not in seen:
            seen.add(a.name)
            out += self._hidden(q, seen)
        return out

    def _hidden(self, q: Definition, seen: set[object]) -> float:
        if q.kernel is not None:
            return KERNEL * domain(q.lhs.free) + self._tree(tidy(q.kernel.polys[0]), seen, False)
        body = tidy(q.body if q.bound else q.rhs)
        return domain(body.free) + self._tree(body, seen, False)


def _weight(t: Tree) -> float:
    if t.op == "pow":
        assert isinstance(t.leaf, int)
        return DIVISION if t.leaf < 0 else 1.0
    if t.op in ("add", "mul"):
        return len(t.args) - 1.0
    return 1.0


def domain(indices: Iterable[Atom]) -> float:
    """The number of elements that the indices run over."""
    total = 1.0
    for i in indices:
        n = i.size.number
        total *= GUESS if n is None else float(n)
    return total
