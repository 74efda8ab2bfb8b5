"""What a form costs to compute: every distinct node once, over the indices that it depends on.

The sizes of axes are guesses; only comparisons matter.  A hidden value costs its definition, since it would have to be
computed; a saved one costs a read.  A form that can overflow where its value is finite costs so much that any other
wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from symbp.derive.safety import divisors, overflows
from symbp.derive.slices import place
from symbp.derive.system import Definition
from symbp.derive.terms import Atom, Poly
from symbp.derive.tidy import sketch
from symbp.derive.tree import Tree

GUESS = 16.0  # of a size
KERNEL, DIVISION, READ, UNSAFE = 20.0, 3.0, 0.1, 1000.0
PART = 0.25  # of a sum that is one of several where one over all places would do


@dataclass
class Costs:
    """Prices of forms, given the hidden values, and the sizes that are known numbers."""

    hidden: Mapping[str, Definition]
    sizes: Mapping[Poly, int] = field(default_factory=dict)

    def of(self, forms: Iterable[Poly]) -> float:
        seen: set[object] = set()
        trees = [sketch(p) for p in forms]
        names = sorted({n for t in trees for n in t.names if n in self.hidden})
        unsafe = sum(UNSAFE * self.domain(self.hidden[n].lhs.free) for n in names if self._overflows(n))
        return unsafe + sum(self._tree(t, seen) for t in trees)

    def _overflows(self, name: str) -> bool:
        kernel = self.hidden[name].kernel
        return kernel is not None and overflows(kernel)

    def _tree(self, t: Tree, seen: set[object]) -> float:
        if t in seen or t.op == "number":
            return 0.0
        seen.add(t)
        if t.op == "atom":
            return self._atom(t, seen)
        below = sum(self._tree(a, seen) for a in t.args)
        if t.op in ("sum", "mean"):
            return below + self.domain(t.args[0].free)
        return below + self._own(t)

    def _own(self, t: Tree) -> float:
        """The node alone.  What stands at one place of an axis is computed there, and added there."""
        if t.op == "mul":
            at = _places(t)
            parts = sum(PART * self.domain(a.args[0].free) for a in t.args if a.op == "sum") if at else 0.0
            return parts + max(_weight(t) - len(at), 0.0) * self.domain(t.free - at)
        if t.op == "add":
            sliced = [a for a in t.args if _places(a)]
            added = max(_weight(t) - len(sliced), 0.0) * self.domain(t.free)
            return added + sum(self.domain(a.free - _places(a)) for a in sliced)
        return _weight(t) * self.domain(t.free)

    def _atom(self, t: Tree, seen: set[object]) -> float:
        assert isinstance(t.leaf, Atom)
        a = t.leaf
        if a.kind != "value":
            return 0.0 if a.kind in ("scalar", "root", "constant", "index") else self.domain(a.free)
        out = READ * self.domain(a.free)
        q = self.hidden.get(a.name)
        if q is not None and a.name not in seen:
            seen.add(a.name)
            out += self._hidden(q, seen)
        return out

    def _hidden(self, q: Definition, seen: set[object]) -> float:
        if q.kernel is not None:
            return KERNEL * self.domain(q.lhs.free) + self._tree(sketch(q.kernel.polys[0]), seen)
        body = sketch(q.body if q.bound else q.rhs)
        return self.domain(body.free) + self._tree(body, seen)

    def divisions(self, forms: Iterable[Poly]) -> float:
        """An extra price of dividing by values, for a choice between programs: a kept 1/p is infinite where p is 0."""
        return sum(UNSAFE * self.domain(p.free) for p in forms for _ in divisors(p))

    def domain(self, indices: Iterable[Atom]) -> float:
        """The number of elements that the indices run over."""
        total = 1.0
        for i in indices:
            n = i.size.number or self.sizes.get(i.size)
            total *= GUESS if n is None else float(n)
        return total


def _places(t: Tree) -> frozenset[Atom]:
    """The indices that a product fixes, as [g == 2]*a does."""
    factors = t.args if t.op == "mul" else (t,)
    found = (place(f.leaf) for f in factors if f.op == "atom" and isinstance(f.leaf, Atom))
    return frozenset(at[0] for at in found if at is not None)


def _weight(t: Tree) -> float:
    if t.op == "pow":
        assert isinstance(t.leaf, int)
        return DIVISION if t.leaf < 0 else 1.0
    if t.op in ("add", "mul"):
        minus = t.op == "mul" and t.args[0].op == "number" and t.args[0].leaf == -1  # a sum subtracts, for nothing
        return len(t.args) - 1.0 - minus
    return 1.0
