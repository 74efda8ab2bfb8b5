"""Random data for a unit: small sizes, all different, and arrays that respect what is known of them.

Integer data stay inside the axes that they index, positive values are positive, and a stated fact such as
``sum[j](t[n,j]) = 1`` holds exactly.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from symbp.derive.extents import is_extent, with_extents
from symbp.graph.model import LocalTensor
from symbp.notation.expr import Add, Call, Compare, Equation, Expr, Index, Num, Reduce, Ref, Sym, walk

Place = tuple[int, ...]
Fact = tuple[Expr, Expr]
SEVERAL = 7
GIVEN = ("data", "random", "state")  # roles of arrays that no gradient is asked of


@dataclass(frozen=True, slots=True)
class Sample:
    """A number for everything that a unit reads: arrays by name and place, sizes and constants by name."""

    data: dict[str, dict[Place, Any]]
    sizes: dict[str, int]
    constants: dict[str, Any]
class Sampler:
    """Draws samples for equations that read `tensors`; numbers are of the context `mp`, and exact decimals."""

    def __init__(
        self,
        equations: Sequence[Equation],
        tensors: Sequence[LocalTensor],
        facts: Sequence[Fact],
        constants: Mapping[str, float],
        mp: Any,
    ) -> None:
        self.equations = equations
        self.tensors = [t for t in tensors if t.role != "value"]
        self.facts = facts
        self.constants = constants
        self.mp = mp
        self.nodes = [n for e in equations for n in (*walk(e.lhs), *walk(e.rhs))]
        self.sizes = self._sizes()

    def _sizes(self) -> dict[str, int]:
        """2, 3, 4, ... for the sizes in order of appearance: two axes that differ in the formulas differ here.

        Where there are many axes, 1 and 2 in turn: every place of all of them is computed.
        """
        seen: dict[str, int] = {}
        for size in itertools.chain(
            (i.size for t in self.tensors for i in t.indices),
            (i.size for n in self.nodes if isinstance(n, Index) for i in (n,)),
            (n for n in self.nodes if isinstance(n, Sym) and n.kind == "size"),
        ):
            if isinstance(size, Sym):
                seen.setdefault(size.name, 2 + len(seen))
        if len(seen) > SEVERAL:
            seen = {name: 1 + k % 2 for k, name in enumerate(seen)}
        return with_extents(seen, [(a, b) for a, b in self.facts if is_extent((a, b))])

    def draw(self, rng: random.Random, scale: float, positive: bool = False) -> Sample:
        """Values up to `scale`, all positive if asked; constants without a given value are drawn from (0, 1]."""
        data = {t.name: self._array(t, rng, scale, positive) for t in self.tensors}
        for left, right in self.facts:
            self._impose(left, right, data)
        names = {n.name for n in self.nodes if isinstance(n, Sym) and n.kind != "size" and n.name != "pi"}
        constants = {name: self._constant(name, rng) for name in sorted(names)}
        return Sample(data, self.sizes, constants)

    def draw_kinks(self, rng: random.Random) -> Iterable[Sample]:
        """Samples whose real inputs all have one value: 0, or plus or minus a number that the equations name."""
        values = {self.mp.mpf(0): None}
        for number in kinks(self.equations):
            value = self._constant(number.name, rng) if isinstance(number, Sym) else self._exact(number)
            values |= {value: None, -value: None}
        for value in values:
            sample = self.draw(rng, 1.0)
            for tensor in self.tensors:
                if tensor.role == "input" and not tensor.integer and not tensor.positive:
                    sample.data[tensor.name] = dict.fromkeys(sample.data[tensor.name], value)
            yield sample

    def _exact(self, number: Num) -> Any:
        return self.mp.mpf(number.value.numerator) / number.value.denominator

    def _constant(self, name: str, rng: random.Random) -> Any:
        """The given value, read as the decimal that it prints as, so that 0.1 is one tenth."""
        if name in self.constants:
            return self.mp.mpf(repr(self.constants[name]))
        return self._number(rng, 1.0, positive=True)

    def upstream(self, indices: Iterable[Index], rng: random.Random) -> dict[Place, Any]:
        """A random upstream gradient over `indices`."""
        return {at: self._number(rng, 1.0) for at in self._places(tuple(indices))}

    def _places(self, indices: Sequence[Index]) -> Iterable[Place]:
        return itertools.product(*(range(self._size(i)) for i in indices))

    def _size(self, i: Index) -> int:
        return int(i.size.value) if isinstance(i.size, Num) else self.sizes[i.size.name]

    def _number(self, rng: random.Random, scale: float, positive: bool = False) -> Any:
        steps = 10**6
        k = rng.randint(1, steps) if positive else rng.randint(-steps, steps)
        return self.mp.mpf(k) * self.mp.mpf(repr(scale)) / steps

    def _array(self, tensor: LocalTensor, rng: random.Random, scale: float, positive: bool) -> dict[Place, Any]:
        places = self._places(tensor.indices)
        if tensor.integer:
            bound = self._bound(tensor.name)
            return {at: rng.randrange(bound) for at in places}
        given = tensor.role in GIVEN
        positive = positive or tensor.positive or given
        return {at: self._number(rng, 1.0 if given else scale, positive) for at in places}

    def _bound(self, name: str) -> int:
        """The smallest axis that the integers of `name` index or are compared with."""
        axes = {t.name: t.indices for t in self.tensors} | {e.name: e.indices for e in self.equations}
        bounds = [2]
        for node in self.nodes:
            if isinstance(node, Ref) and node.name in axes:
                hits = zip(node.at, axes[node.name], strict=True)
                bounds += [self._size(own) for at, own in hits if isinstance(at, Ref) and at.name == name]
            match node:
                case Compare(left=Ref(name=read), right=Index() as other) if read == name:
                    bounds.append(self._size(other))
        return min(bounds[1:]) if len(bounds) > 1 else bounds[0]

    def _impose(self, left: Expr, right: Expr, data: dict[str, dict[Place, Any]]) -> None:
        """Scale a data array so that its sum over an axis is the stated number; other facts hold of positive data."""
        match left, right:
            case Reduce(op="sum", bound=bound, body=Ref(name=name, at=at)), Num() if name in data:
                axes = [k for k, a in enumerate(at) if a in bound]
                groups: dict[Place, Any] = {}
                for place, value in data[name].items():
                    key = tuple(x for k, x in enumerate(place) if k not in axes)
                    groups[key] = groups.get(key, 0) + value
                goal = self._exact(right)
                for place in data[name]:
                    key = tuple(x for k, x in enumerate(place) if k not in axes)
                    data[name][place] = data[name][place] * goal / groups[key]


def kinks(equations: Sequence[Equation]) -> list[Num | Sym]:
    """The numbers and constants that the equations name in sums, comparisons and calls: where pieces may meet."""
    found: dict[Num | Sym, None] = {}
    for equation in equations:
        for node in walk(equation.rhs):
            if isinstance(node, Add | Compare | Call):
                for child in node.children:
                    if isinstance(child, Num) or (isinstance(child, Sym) and child.kind == "constant"):
                        found.setdefault(child)
    return list(found)
