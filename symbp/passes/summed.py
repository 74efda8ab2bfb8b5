"""A gradient that is only summed over samples is never formed: sums and products may be taken in another order.

The gain and shift of a norm in front of everything need ``sum[n](dy[n,i]*x[n,i])`` and ``sum[n](dy[n,i])`` of the
gradient ``dy[n,i] = sum[j](dq[n,j]*W[i,j])``, which nothing else reads when x comes from outside.  With
``H[i,j] = sum[n](x[n,i]*dq[n,j])`` and ``s[j] = sum[n](dq[n,j])`` they are ``sum[j](H[i,j]*W[i,j])`` and
``sum[j](s[j]*W[i,j])``; and of ``y[n,i] = g[i]*x[n,i] + e[i]`` the gradient of W, ``sum[n](y[n,i]*dq[n,j])``, is
``g[i]*H[i,j] + e[i]*s[j]``: one product where there were two.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from math import prod

from symbp.lower.model import (
    BACKWARD,
    PROBABILITY,
    Apply,
    Array,
    Axis,
    Fold,
    Node,
    Product,
    Program,
    Read,
    Statement,
    Step,
    Uses,
    all_axes,
    axes_of,
    factors_of,
    free_name,
    fresh_axis,
    letters_of,
    mapped,
    product_of,
    relettered,
    sum_of,
    terms_of,
    uses_of,
    walk,
)
from symbp.notation.expr import number
from symbp.passes.dead import drop_dead
from symbp.passes.ledger import Choice, Setting, cheapest, counted

Order = tuple[Axis, ...]
Letters = dict[Axis, Axis]
FORMED, SUMMED = "formed", "only its sums"


def never_form(program: Program, setting: Setting) -> tuple[Program, str, tuple[Choice, ...]]:
    """Gradients that are only summed over samples left out: their sums are taken in another order."""
    choices: list[Choice] = []
    count = 0
    search = _Search.of(program)
    for s in program.plain(BACKWARD):
        found = search.gradient(s)
        if found is None:
            continue
        choices.append(found.choice(setting))
        if choices[-1].chosen == SUMMED:
            program = _Rewrite(program, found).done()
            search = _Search.of(program)
            count += 1
    if not count:
        return program, "", tuple(choices)
    return drop_dead(program)[0], f"{counted(count, 'gradient')} never formed", tuple(choices)


@dataclass(frozen=True, slots=True)
class Factor:
    """``sum[j](dq[n,j]*W[i,j])``, a term of a gradient; `over` is j."""

    given: Read
    weight: Read
    over: Order


@dataclass(frozen=True, slots=True)
class Reader:
    """``sum[n](dy[n,i]*x[n,i])`` or ``sum[n](dy[n,i])``: a statement by its place, what it reads, and x."""

    place: int
    own: Read
    x: Read | None


@dataclass(frozen=True, slots=True)
class WeightGradient:
    """``sum[n](y[n,i]*dq[n,j])`` with ``y[n,i] = x[n,i]*g[i] + e[i]``: `factors` are g, `rest` is e."""

    place: int
    factor: Factor
    given: Read
    x: Read
    factors: tuple[Node, ...]
    rest: Node | None


@dataclass(frozen=True, slots=True)
class Gradient:
    """A gradient, by its place, that is only summed over `samples`; `weights` are the gradients that share its sums."""

    place: int
    s: Statement
    factors: tuple[Factor, ...]
    samples: Order
    readers: tuple[Reader, ...]
    weights: tuple[WeightGradient, ...]

    @property
    def multiplied(self) -> dict[str, Read]:
        """The arrays x, with the letters of the gradient's own statement."""
        found: dict[str, Read] = {}
        for r in self.readers:
            if r.x is not None:
                letters = dict(zip(r.own.axes, self.s.axes, strict=True))
                found[r.x.name] = Read(r.x.name, tuple(letters[a] for a in r.x.axes), equation=self.s.equation)
        return found

    def choice(self, setting: Setting) -> Choice:
        """Whether it is formed."""
        machine, extent = setting.machine, setting.extent
        n, i = extent(self.samples), extent(tuple(a for a in self.s.axes if a not in self.samples))
        formed = len(self.multiplied) * (machine.elementwise(n * i, 3) + machine.product(1, i, n))
        summed = 0.0
        for f in self.factors:
            j = extent(f.over)
            small, large = machine.elementwise(i * j, 3), machine.product(i, j, n, turned="a")
            formed += machine.product(n, i, j, turned="b")
            summed += machine.product(1, j, n) + machine.product(1, i, j)
            summed += len(self.multiplied) * (large + 2 * small)
            count = sum(w.factor == f for w in self.weights)
            formed += count * large
            summed += count * 3 * small
        ways = ((FORMED, formed), (SUMMED, summed))
        return cheapest(f"{self.s.target}, which is only summed", ways, "sums may be taken in another order")


@dataclass(frozen=True, slots=True)
class _Search:
    """A program whose gradients are looked at."""

    statements: tuple[Step, ...]
    arrays: dict[str, Array]
    uses: Uses

    @staticmethod
    def of(program: Program) -> _Search:
        return _Search(program.statements, {a.name: a for a in program.arrays}, uses_of(program.statements, {}))

    def read(self, name: str) -> list[int]:
        """The places where the backward pass reads an array."""
        return [k for k in self.uses.read.get(name, ()) if self.statements[k].stage == BACKWARD]

    def gradient(self, s: Statement) -> Gradient | None:
        """A gradient that is only summed; None where it is not of this form, or something else reads it."""
        array, places = self.arrays[s.target], self.uses.made[s.target]
        if not s.definition or len(places) > 1 or array.kind != "value" or array.padding:
            return None
        factors = [f for t in terms_of(s.value) if (f := self.factor(t, s.axes)) is not None]
        if len(factors) < len(terms_of(s.value)):
            return None
        samples = tuple(a for a in factors[0].given.axes if a not in factors[0].over)
        if not samples or any(set(f.given.axes) - set(f.over) != set(samples) for f in factors):
            return None
        found = Gradient(places[0], s, tuple(factors), tuple(a for a in s.axes if a in samples), (), ())
        readers = [self.reader(k, found) for k in self.read(s.target)]
        if not readers or any(r is None for r in readers):
            return None
        found = replace(found, readers=tuple(r for r in readers if r is not None))
        return replace(found, weights=tuple(w for f in factors for w in self.weights(found, f)))

    def factor(self, term: Node, axes: Order) -> Factor | None:
        if not isinstance(term, Product):
            return None
        for given, weight in ((term.left, term.right), (term.right, term.left)):
            if isinstance(given, Read) and isinstance(weight, Read) and self.arrays[weight.name].kind == "parameter":
                own = set(weight.axes) - set(term.over)
                whole = self.is_whole(given) and set(term.over) <= set(given.axes)
                if (
                    whole
                    and own
                    and not own & set(given.axes)
                    and own | (set(given.axes) - set(term.over)) == set(axes)
                ):
                    return Factor(given, weight, tuple(a for a in weight.axes if a in term.over))
        return None

    def is_whole(self, node: Read) -> bool:
        """Whether an array is read with a letter for each of its dimensions."""
        return self.arrays[node.name].shape == tuple(a.size for a in node.axes)

    def reader(self, place: int, g: Gradient) -> Reader | None:
        t = self.statements[place]
        value = t.value if isinstance(t, Statement) and t.whole else None
        if not isinstance(value, Fold) or value.op != "sum":
            return None
        factors, scalar = factors_of(value.body)
        mine = [f for f in factors if isinstance(f, Read) and f.name == g.s.target]
        others = [f for f in factors if isinstance(f, Read) and f.name != g.s.target]
        if scalar != number(1) or len(mine) != 1 or len(others) > 1 or len(others) + 1 != len(factors):
            return None
        letters = dict(zip(mine[0].axes, g.s.axes, strict=False))
        x = others[0] if others else None
        same = x is None or (set(x.axes) == set(mine[0].axes) and self.is_whole(x) and self.is_before(x, g.place))
        fits = self.is_whole(mine[0]) and {letters[a] for a in value.over} == set(g.samples)
        return Reader(place, mine[0], x) if same and fits else None

    def is_before(self, x: Read, place: int) -> bool:
        """Whether an array is there, and stays what it is, from a place on."""
        return all(k < place for k in self.uses.made.get(x.name, ()))

    def weights(self, g: Gradient, f: Factor) -> Iterator[WeightGradient]:
        for k in self.read(f.given.name):
            t = self.statements[k]
            value = t.value if isinstance(t, Statement) and t.whole else None
            if k < g.place or not isinstance(value, Product) or not isinstance(t, Statement):
                continue
            for y, given in ((value.left, value.right), (value.right, value.left)):
                if not (isinstance(y, Read) and isinstance(given, Read) and given.name == f.given.name):
                    continue
                letters = dict(zip(given.axes, f.given.axes, strict=True))
                summed = {letters[a] for a in value.over if a in letters}
                found = self.affine(y, t) if summed == set(g.samples) else None
                if found is not None and found[0].name in g.multiplied:
                    x, factors, rest = found
                    free = not set(value.over) & {a for n in (*factors, *([rest] if rest else [])) for a in axes_of(n)}
                    if free and set(value.over) <= set(x.axes):
                        yield WeightGradient(k, f, given, x, factors, rest)

    def affine(self, y: Read, t: Statement) -> tuple[Read, tuple[Node, ...], Node | None] | None:
        """``x*g + e``, what y is, with the letters of the statement that reads it."""
        makers = [s for k in self.uses.made.get(y.name, ()) if (s := self.statements[k]).stage != PROBABILITY]
        maker = makers[0] if len(makers) == 1 else None
        if not isinstance(maker, Statement) or not maker.definition or not self.is_whole(y):
            return None
        taken = letters_of(t.axes, t.value)
        letters = dict(zip(maker.axes, y.axes, strict=True))
        letters |= {a: fresh_axis(a, taken) for a in all_axes(maker.value) if a not in letters}
        terms = terms_of(relettered(maker.value, letters))
        whole = [n for n in terms if set(axes_of(n)) == set(y.axes)]
        rest = [n for n in terms if n not in whole]
        if len(whole) != 1:
            return None
        factors, scalar = factors_of(whole[0])
        xs = [n for n in factors if isinstance(n, Read) and set(n.axes) == set(y.axes)]
        if scalar != number(1) or len(xs) != 1:
            return None
        return xs[0], tuple(n for n in factors if n is not xs[0]), sum_of(rest) if rest else None


@dataclass(slots=True)
class _Rewrite:
    """A program without a gradient; the sums that take its place stand where it stood."""

    program: Program
    g: Gradient
    arrays: dict[str, Array] = field(default_factory=dict)
    made: dict[tuple[str, str], Statement] = field(default_factory=dict)

    def done(self) -> Program:
        self.arrays = {a.name: a for a in self.program.arrays}
        statements = list(self.program.statements)
        for r in self.g.readers:
            t = statements[r.place]
            assert isinstance(t, Statement)
            statements[r.place] = replace(t, value=self.sums(t, r))
        for w in self.g.weights:
            t = statements[w.place]
            assert isinstance(t, Statement)
            statements[w.place] = replace(t, value=self.weight(w))
        k = self.g.place + 1
        statements[k:k] = self.made.values()
        return replace(self.program, arrays=tuple(self.arrays.values()), statements=tuple(statements))

    def sums(self, t: Statement, r: Reader) -> Node:
        """A sum of the gradient, term by term."""
        terms: list[Node] = []
        taken = letters_of(t.axes, t.value)
        for f in self.g.factors:
            letters = dict(zip(self.g.s.axes, r.own.axes, strict=True))
            letters |= {a: fresh_axis(a, taken) for a in f.over}
            weight, over = relettered(f.weight, letters), tuple(letters[a] for a in f.over)
            if r.x is None:
                terms.append(Product(self.total(f, letters), weight, over, equation=t.equation))
            else:
                body = Apply("multiply", (self.product(r.x.name, f, letters), weight), equation=t.equation)
                terms.append(_in_one(Fold("sum", over, body, equation=t.equation)))
        return sum_of(terms)

    def weight(self, w: WeightGradient) -> Node:
        """``H[i,j]*g[i] + e[i]*s[j]``."""
        letters = dict(zip(w.factor.given.axes, w.given.axes, strict=True))
        letters |= dict(zip(self.g.multiplied[w.x.name].axes, w.x.axes, strict=True))
        terms = [product_of([self.product(w.x.name, w.factor, letters), *w.factors])]
        if w.rest is not None:
            terms.append(product_of([w.rest, self.total(w.factor, letters)]))
        return sum_of(terms)

    def product(self, x: str, f: Factor, letters: Letters) -> Read:
        """``H[i,j]``, made once."""
        value = Product(self.g.multiplied[x], f.given, self.g.samples, equation=self.g.s.equation)
        shape = self.arrays[f.weight.name].shape
        return self.named((x, f.given.name), f"{x}_{f.given.name}", f.weight.axes, shape, value, letters)

    def total(self, f: Factor, letters: Letters) -> Read:
        """``s[j]``, made once."""
        value = Fold("sum", self.g.samples, f.given, equation=self.g.s.equation)
        axes = tuple(a for a in f.given.axes if a in f.over)
        shape = tuple(a.size for a in axes)
        return self.named(("", f.given.name), f"sum_{f.given.name}", axes, shape, value, letters)

    def named(
        self, key: tuple[str, str], stem: str, axes: Order, shape: tuple[int | str, ...], value: Node, letters: Letters
    ) -> Read:
        s = self.g.s
        if key not in self.made:
            name = free_name(stem, self.arrays)
            self.arrays[name] = Array(name, shape)
            self.made[key] = Statement(name, axes, value, s.stage, s.equation, node=s.node)
        return Read(self.made[key].target, tuple(letters[a] for a in axes), equation=s.equation)


def _in_one(fold: Fold) -> Fold:
    """A sum over axes that stand last in all arrays, as one over all their places."""
    size = prod(a.size for a in fold.over if isinstance(a.size, int))
    last = all(n.axes[-len(fold.over) :] == fold.over for n in walk(fold.body) if isinstance(n, Read))
    if not last or not all(isinstance(a.size, int) for a in fold.over):
        return fold
    whole = fold.over[0]._replace(size=size)

    def change(n: Node) -> Node:
        return replace(n, axes=(*n.axes[: -len(fold.over)], whole)) if isinstance(n, Read) else n

    return replace(fold, over=(whole,), body=mapped(fold.body, change))
