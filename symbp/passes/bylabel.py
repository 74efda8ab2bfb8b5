"""Sums over labels of something large are taken once, label by label, and what is computed from them is small.

With ``G[v,j] = sum[n](dz[n,j]*[t[n] == v])``, the gradient of a product with rows of a table,
``sum[n](E[t[n],i]*dz[n,j])``, is ``sum[v](E[v,i]*G[v,j])``, and that of the table itself,
``sum[n]((sum[j](dz[n,j]*W[i,j]))*[t[n] == v])``, is ``sum[j](G[v,j]*W[i,j])``: products of as many rows as the table
has, which may be far fewer than there are labels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from symbp.lower.model import (
    PROBABILITY,
    UPDATE,
    AddAt,
    Array,
    Axis,
    Fold,
    Node,
    Product,
    Program,
    Read,
    Statement,
    Step,
    axes_of,
    free_name,
    fresh_axis,
    letters_of,
    mapped,
    relettered,
    walk,
)
from symbp.passes.dead import drop_dead
from symbp.passes.ledger import Choice, Setting, cheapest, counted
from symbp.passes.lookups import Lookup, lookups_of

SUMMED = "one sum for each label"
PLACES, RUNS, PRODUCT = "number by number", "equal labels together", "a product with one-hot rows"
# Seconds: for a number added at its place in a flat array, whose index is computed first; for a label that is sorted.
AT_PLACE, SORTED = 2.5e-9, 25e-9
Order = tuple[Axis, ...]
Key = tuple[str, str, tuple[int, ...]]  # what is summed, the labels, and which of its dimensions are theirs


def sum_by_label(program: Program, setting: Setting) -> tuple[Program, str, tuple[Choice, ...]]:
    """Gradients of rows of a table formed from one sum for each label, where the labels are more than the rows."""
    work = _Sums(program, setting)
    groups: dict[Key, list[_Use]] = {}
    for k, s in enumerate(program.statements):
        if isinstance(s, Statement) and s.whole and s.stage not in (UPDATE, PROBABILITY):
            for use in work.uses(k, s):
                groups.setdefault(use.key, []).append(use)
    choices = tuple(work.choice(uses) for uses in groups.values())
    chosen = [uses for uses, choice in zip(groups.values(), choices, strict=True) if choice.chosen == SUMMED]
    if not chosen:
        return program, "", choices
    statements = list[Step](program.statements)
    before: dict[int, list[Statement]] = {}
    for uses in chosen:
        first = work.summed(uses[0])
        before.setdefault(uses[0].place, []).append(first)
        for use in uses:
            now = statements[use.place]
            assert isinstance(now, Statement)
            statements[use.place] = replace(now, value=work.rewritten(now, use, first))
            statements = [
                _totalled(other, use, first) if k > use.place else other for k, other in enumerate(statements)
            ]
    done = [part for k, s in enumerate(statements) for part in (*before.get(k, ()), s)]
    changed = replace(program, arrays=tuple(work.arrays.values()), statements=tuple(done))
    return drop_dead(changed)[0], f"{counted(len(chosen), 'sum')} by label", choices


@dataclass(frozen=True, slots=True)
class _Use:
    """A sum over labels in a statement: of rows of a table times `summed`, or of a product of it at labels."""

    place: int
    node: Product | AddAt
    summed: Read
    axis: Axis  # of the labels
    labels: Read
    other: Node  # rows of the table, or what `summed` is multiplied by before it is added at labels
    over: Order

    @property
    def key(self) -> Key:
        places = tuple(self.summed.axes.index(a) for a in self.labels.axes)
        return self.summed.name, self.labels.name, places

    @property
    def rest(self) -> Order:
        """The axes of `summed` that labels do not have."""
        return tuple(a for a in self.summed.axes if a not in self.labels.axes)


@dataclass(slots=True)
class _Sums:
    program: Program
    setting: Setting
    arrays: dict[str, Array] = field(default_factory=dict)
    known: Mapping[str, Lookup] = field(default_factory=dict)
    makers: dict[str, Statement] = field(default_factory=dict)  # values made by one statement each
    readers: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.arrays = {a.name: a for a in self.program.arrays}
        self.known = lookups_of(self.program)
        count: Counter[str] = Counter()
        for s in self.program.statements:
            if isinstance(s, Statement):
                count[s.target] += 1
                self.makers[s.target] = s
                self.readers.update(n.name for n in walk(s.value) if isinstance(n, Read))
        for name in [n for n, s in self.makers.items() if count[n] > 1 or not s.definition]:
            del self.makers[name]

    def uses(self, place: int, s: Statement) -> Iterator[_Use]:
        for node in walk(s.value):
            if isinstance(node, Product):
                for rows, other in ((node.left, node.right), (node.right, node.left)):
                    use = self.of_rows(place, s, node, rows, other)
                    if use is not None:
                        yield use
                        break
            elif isinstance(node, AddAt):
                use = self.of_product(place, s, node)
                if use is not None:
                    yield use

    def of_rows(self, place: int, s: Statement, node: Product, rows: Node, other: Node) -> _Use | None:
        """``sum[n](E[t[n],i]*dz[n,j])``."""
        lookup = self.known.get(rows.name) if isinstance(rows, Read) else None
        if lookup is None or not isinstance(rows, Read) or not self.plain(other) or not isinstance(other, Read):
            return None
        pick = lookup.read(rows.axes, letters_of(s.axes, s.value))
        assert isinstance(pick.labels, Read)
        over = set(pick.labels.axes)
        fits = over == set(node.over) and over <= set(other.axes) and not set(rows.axes) & set(other.axes) - over
        return _Use(place, node, other, pick.axis, pick.labels, pick.source, (pick.axis,)) if fits else None

    def of_product(self, place: int, s: Statement, node: AddAt) -> _Use | None:
        """``sum[n](dx[n,i]*[t[n] == v])`` of ``dx[n,i] = sum[j](dz[n,j]*W[i,j])``."""
        maker = self.makers.get(node.body.name) if isinstance(node.body, Read) else None
        if maker is None or not isinstance(maker.value, Product) or not isinstance(node.labels, Read):
            return None
        assert isinstance(node.body, Read)
        if not self.plain(node.body) or set(node.over) != set(node.labels.axes):
            return None
        taken = letters_of(s.axes, s.value)
        letters = dict(zip(maker.axes, node.body.axes, strict=True))
        letters |= {a: fresh_axis(a, taken) for a in maker.value.over}
        product = relettered(maker.value, letters)
        assert isinstance(product, Product)
        for summed, other in ((product.left, product.right), (product.right, product.left)):
            both = set(axes_of(summed)) & set(axes_of(other)) - set(product.over)
            inside = isinstance(summed, Read) and self.plain(summed) and set(node.over) <= set(summed.axes)
            if inside and isinstance(summed, Read) and not both and isinstance(other, Read):
                return _Use(place, node, summed, node.axis, node.labels, other, product.over)
        return None

    def plain(self, node: Node) -> bool:
        """Whether an array is read in its own shape."""
        return isinstance(node, Read) and self.arrays[node.name].shape == tuple(a.size for a in node.axes)

    def choice(self, uses: list[_Use]) -> Choice:
        """Whether there is one sum for each label, for all of these uses."""
        first, extent, product = uses[0], self.setting.extent, self.setting.machine.product
        every, rest, rows = extent(first.labels.axes), extent(first.rest), extent((first.axis,))
        apart, together = 0.0, min(ways_by_label(every, rest, rows, self.setting).values())
        for use in uses:
            own, inner = extent(axes_of(use.other)) // extent(use.over), extent(use.over)
            if isinstance(use.node, Product):
                apart += product(own, rest, every)
                together += product(own, rest, rows)
                continue
            body = use.node.body
            apart += min(ways_by_label(every, own, rows, self.setting).values())
            together += product(rows, own, inner)
            if isinstance(body, Read) and self.readers[body.name] == 1:
                apart += product(every, own, inner)
        ways = (("as they are", apart), (SUMMED, together))
        return cheapest(f"gradients from {first.summed.name}", ways, "a sum for each label serves all of them")

    def summed(self, use: _Use) -> Statement:
        """The statement of the sum for each label."""
        s = self.program.statements[use.place]
        assert isinstance(s, Statement)
        axes = (use.axis, *use.rest)
        name = free_name(f"{use.summed.name}_by_{use.labels.name}", self.arrays)
        self.arrays[name] = Array(name, tuple(a.size for a in axes))
        value = AddAt(use.summed, use.axis, use.labels, use.labels.axes, equation=use.node.equation)
        return Statement(name, axes, value, s.stage, s.equation, node=s.node)

    def rewritten(self, s: Statement, use: _Use, made: Statement) -> Node:
        """The value of a statement that reads the sums for each label."""
        read = Read(made.target, (use.axis, *use.rest), equation=use.node.equation)
        value: Node = Product(read, use.other, use.over, equation=use.node.equation)
        if isinstance(use.node, Product) and use.node.right is not use.summed:
            value = Product(use.other, read, use.over, equation=use.node.equation)
        return mapped(s.value, lambda n: value if n == use.node else n)


def _totalled(s: Step, use: _Use, made: Statement) -> Step:
    """A later statement that sums over all labels, in which the sums for each are added up."""

    if not isinstance(s, Statement) or not s.whole or s.stage in (UPDATE, PROBABILITY):
        return s
    taken = letters_of(s.axes, s.value)

    def change(n: Node) -> Node:
        body = n.body if isinstance(n, Fold) and n.op == "sum" else None
        if not isinstance(n, Fold) or not isinstance(body, Read) or body.name != use.summed.name:
            return n
        places = {k for k, a in enumerate(use.summed.axes) if a in use.labels.axes}
        if {k for k, a in enumerate(body.axes) if a in n.over} != places:
            return n
        axis = fresh_axis(use.axis, taken)
        rest = (a for a in body.axes if a not in n.over)
        return replace(n, over=(axis,), body=Read(made.target, (axis, *rest), equation=body.equation))

    return replace(s, value=mapped(s.value, change))


def ways_by_label(labels: int, run: int, rows: int, setting: Setting) -> dict[str, float]:
    """What it costs to add so many rows of `run` numbers at their labels, of which there are `rows`."""
    machine = setting.machine
    there = min(labels, rows)
    alike = max(1, labels // there)
    each = machine.product(1, run, alike) + machine.call
    ones = machine.elementwise(labels * rows, 3) + machine.copy(labels * rows)
    return {
        PLACES: machine.copy(rows * run) + labels * run * AT_PLACE,
        RUNS: machine.copy(rows * run) + labels * SORTED + machine.gather(labels * run, run) + there * each,
        PRODUCT: ones + machine.product(rows, run, labels, turned="a"),
    }
