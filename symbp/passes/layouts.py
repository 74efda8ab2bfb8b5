"""One order of dimensions for each value, chosen for all of them together: batch last for images, and the like.

Values that elementwise statements connect form a group, which lies in one order.  An input lies as callers give it:
where another order pays, a copy is made once.  Every statement is priced in calls; a choice is made group by group
until nothing changes, from uniform beginnings.  Products over windows count as patches there; whether it pays to lay
images so that windows need no copies is seen when the programs of all products are chosen, once with such orders and
once without.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import permutations

from symbp.lower.model import (
    BACKWARD,
    FORWARD,
    INPUT,
    LOSS,
    AddAt,
    Apply,
    Array,
    Axis,
    Flat,
    Fold,
    Node,
    OneHot,
    Pick,
    Product,
    Program,
    Read,
    RoutineCall,
    Scatter,
    Spread,
    Statement,
    Step,
    Window,
    free_name,
    mapped,
    reads,
    targets_of,
    walk,
)
from symbp.notation.records import dataclass, field, replace
from symbp.passes.convolve import choose_programs
from symbp.passes.ledger import Choice, Setting, cheapest, counted
from symbp.passes.outermost import rows_first
from symbp.passes.pricing import Key, Pricing, total
from symbp.passes.turning import Order, turned, with_orders

LABELLED = Pick | AddAt | Flat | OneHot  # what counts places in C order
GIVEN = ("input", "block")
LEAST = 3  # dimensions of an array whose order is chosen; a flat one is chosen with those that it is read as
ROUNDS = 4
WORTH = 0.95  # of what all calls cost as arrays lie: for less, nothing is turned


def choose_layouts(program: Program, setting: Setting) -> tuple[Program, str, tuple[Choice, ...]]:
    """Values in the order of dimensions in which the calls of a step cost least."""
    program, copies = _with_copies(program)
    groups = _groups(program)
    if not groups:
        return _without_copies(program, copies), "", ()
    pricing = Pricing(setting, {o.node: o.layer for o in program.origins})
    search = _Search(program, groups, pricing)
    orders = search.best()
    done, choices = _without_copies(with_orders(program, orders), copies), search.choices()
    other = search.with_rows_first()
    if other != orders:
        rows = _without_copies(with_orders(program, other), copies)
        prices = (("as patches lie well", _whole(done, pricing)), ("rows outermost", _whole(rows, pricing)))
        choice = cheapest("layout of windows", prices, "all products as they are carried out then")
        choices = (*choices, choice)
        orders, done = (other, rows) if choice.chosen == "rows outermost" else (orders, done)
    did = f"{counted(len(orders), 'value')} in another order: {', '.join(sorted(orders))}" if orders else ""
    return done, did, choices


def _whole(program: Program, pricing: Pricing) -> float:
    """The seconds of the forward and the backward pass with the programs that products over windows have then."""
    made, _, _ = choose_programs(program, pricing.setting)
    own = (s for s in made.statements if isinstance(s, Statement) and s.stage in (FORWARD, BACKWARD) and not s.loop)
    return total([pricing.calls(own, {a.name: a for a in made.arrays})])


# ---- inputs, as copies that may lie in another order ----


def _with_copies(program: Program) -> tuple[Program, dict[str, str]]:
    """The program with a copy of each input that windows and products read, which they read instead."""
    arrays = {a.name: a for a in program.arrays}
    copies: dict[str, str] = {}
    for a in program.arrays:
        if a.kind in GIVEN and a.dtype == "real" and len(a.shape) >= LEAST and _alone(program, a.name):
            copies[a.name] = free_name(f"turned_{a.name}", arrays)
            arrays[copies[a.name]] = replace(a, name=copies[a.name], kind="value", code="")

    done: list[Step] = []
    made: set[str] = set()
    for s in program.statements:
        if not isinstance(s, Statement) or not any(isinstance(n, Window | Product) for n in walk(s.value)):
            done.append(s)
            continue
        for name in (n for n in reads(s.value) if n in copies and n not in made):
            axes = tuple(Axis(f"i{k}", size) for k, size in enumerate(arrays[name].shape))
            done.append(Statement(copies[name], axes, Read(name, axes), s.stage, s.equation, node=s.node))
            made.add(name)
        done.append(_reading(s, copies))
    return replace(program, arrays=tuple(arrays.values()), statements=tuple(done)), copies


def _reading(s: Statement, names: Mapping[str, str]) -> Statement:
    """A statement that reads other arrays."""

    def change(node: Node) -> Node:
        return replace(node, name=names.get(node.name, node.name)) if isinstance(node, Read) else node

    return replace(s, value=mapped(s.value, change))


def _alone(program: Program, name: str) -> bool:
    """Whether products or windows of the forward pass read an input first, and plain statements alone read it."""
    readers = [s for s in program.statements if name in (s.read if isinstance(s, RoutineCall) else reads(s.value))]
    plain = all(isinstance(s, Statement) and not s.loop for s in readers)
    first = readers[0] if readers else None
    if not plain or not isinstance(first, Statement) or first.stage != FORWARD:
        return False
    return any(isinstance(n, Window | Product) for n in walk(first.value))


def _without_copies(program: Program, copies: Mapping[str, str]) -> Program:
    """Copies that lie as what they are copies of are that."""
    arrays = {a.name: a for a in program.arrays}
    back = {copy: name for name, copy in copies.items() if not arrays[copy].turned}

    statements = tuple(
        _reading(s, back) if isinstance(s, Statement) else s
        for s in program.statements
        if not set(targets_of(s)) & set(back)
    )
    return replace(program, arrays=tuple(a for a in program.arrays if a.name not in back), statements=statements)


# ---- groups ----


@dataclass(frozen=True, slots=True)
class Group:
    """Arrays that lie in one order, each with the dimension that corresponds to each one of the first array."""

    members: tuple[tuple[str, Order], ...]

    def orders(self, order: Order) -> dict[str, Order]:
        """The orders of all arrays, of that of the first."""
        return {name: tuple(dims[k] for k in order) for name, dims in self.members}


def _groups(program: Program) -> list[Group]:
    """The values whose order may be chosen, in groups that elementwise statements and windows connect."""
    arrays = {a.name: a for a in program.arrays}
    free = _free(program)
    links: dict[str, dict[str, Order]] = {name: {} for name in free}
    for s in program.statements:
        if isinstance(s, Statement) and s.target in free:
            for name, dims in _beside(s, arrays):
                if name in free and name != s.target:
                    links[s.target].setdefault(name, dims)
                    links[name].setdefault(s.target, tuple(dims.index(k) for k in range(len(dims))))
    found: list[Group] = []
    seen: set[str] = set()
    for name in free:
        if name not in seen:
            members = {name: tuple(range(len(arrays[name].shape)))}
            waiting = [name]
            for at in waiting:
                for other, dims in links[at].items():
                    if other not in members:
                        members[other] = tuple(dims[k] for k in members[at])
                        waiting.append(other)
            seen |= set(members)
            found.append(Group(tuple(members.items())))
    split = {r.name for s in program.statements if isinstance(s, Statement) for r in _split_reads(s, arrays)}
    return [g for g in found if len(g.members[0][1]) >= LEAST or any(name in split for name, _ in g.members)]


def _split_reads(s: Statement, arrays: Mapping[str, Array]) -> list[Read]:
    """The reads of arrays by more letters than they have dimensions."""
    return [n for n in walk(s.value) if isinstance(n, Read) and len(n.axes) > len(arrays[n.name].shape)]


def _free(program: Program) -> dict[str, None]:
    """Values that plain statements of a step alone make and read, and that count no places."""
    fixed = {*program.lasting, *(n for pair in program.probabilities for n in pair)}
    fixed |= {a.view_of for a in program.arrays}
    begun: set[str] = set()
    for s in program.statements:
        names = (*targets_of(s), *(s.read if isinstance(s, RoutineCall) else reads(s.value)))
        if isinstance(s, RoutineCall) or _is_fixed(s) or (s.accumulate and s.target not in begun):
            fixed |= set(names)
        begun |= set(targets_of(s))
    wide = (a for a in program.arrays if a.kind == "value" and a.dtype == "real" and len(a.shape) > 1)
    plain = (a.name for a in wide if not (a.padding or a.view_of or a.turned))
    return {name: None for name in plain if name not in fixed and name in begun}


def _is_fixed(s: Statement) -> bool:
    own = s.stage in (FORWARD, LOSS, BACKWARD) or s.stage.startswith(INPUT)
    counts = any(isinstance(n, LABELLED) or (isinstance(n, Fold) and n.op == "argmax") for n in walk(s.value))
    windows = any(isinstance(n, Fold) and n.op == "argmax" and isinstance(n.body, Window) for n in walk(s.value))
    return bool(not own or not s.whole or (counts and not windows))


def _beside(s: Statement, arrays: Mapping[str, Array]) -> Iterable[tuple[str, Order]]:
    """The arrays of its size that a statement reads, with the dimension for each one of the target."""
    if tuple(a.size for a in s.axes) != arrays[s.target].shape:
        return
    waiting: list[tuple[Node, Mapping[Axis, Axis]]] = [(s.value, {})]
    while waiting:
        node, letters = waiting.pop(0)
        match node:
            case Read() if len(node.axes) == len(s.axes) and len(node.axes) == len(arrays[node.name].shape):
                own = [letters.get(a, a) for a in node.axes]
                alike = [a.size for a in own] == [a.size for a in node.axes]
                if alike and set(own) == set(s.axes):
                    yield node.name, tuple(own.index(a) for a in s.axes)
            case Window():
                longest = {axis: max(place.axes, key=_size, default=axis) for axis, place in node.at}
                waiting.append((node.source, {**letters, **{axis: letters.get(a, a) for axis, a in longest.items()}}))
            case Scatter():
                longest = {max(place.axes, key=_size, default=axis): axis for axis, place in node.at}
                waiting.append((node.body, {**letters, **longest}))
            case Apply() | Fold() | Spread():
                waiting += [(c, letters) for c in node.children]


def _size(axis: Axis) -> int:
    return axis.size if isinstance(axis.size, int) else 1 << 30


# ---- the choice ----


@dataclass(slots=True)
class _Search:
    program: Program
    groups: list[Group]
    pricing: Pricing
    arrays: dict[str, Array] = field(default_factory=dict)
    statements: list[Statement] = field(default_factory=list)
    touched: list[tuple[int, ...]] = field(default_factory=list)  # by statement: its groups
    known: dict[tuple[int, tuple[Order, ...]], dict[Key, float] | None] = field(default_factory=dict)
    chosen: list[Order] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.arrays = {a.name: a for a in self.program.arrays}
        of = {name: k for k, g in enumerate(self.groups) for name, _ in g.members}
        for s in self.program.statements:
            names = (*targets_of(s), *reads(s.value)) if isinstance(s, Statement) else ()
            met = tuple(sorted({of[name] for name in names if name in of}))
            if isinstance(s, Statement) and met and not s.stage.startswith(INPUT):  # no step computes these
                self.statements.append(s)
                self.touched.append(met)

    def best(self) -> dict[str, Order]:
        """The orders of all values that do not lie as they did."""
        starts = self.starts()
        found = [self.improved(start) for start in starts]
        self.chosen = min(found, key=lambda orders: (round(self.price(orders), 12), orders))
        if self.price(self.chosen) > WORTH * self.price(starts[0]):
            self.chosen = starts[0]
        return self.orders(self.chosen)

    def orders(self, chosen: list[Order]) -> dict[str, Order]:
        """The orders of all values, of those of the groups, where they are not those in which they lie."""
        made = {name: o for g, own in zip(self.groups, chosen, strict=True) for name, o in g.orders(own).items()}
        return {name: order for name, order in made.items() if order != tuple(range(len(order)))}

    def with_rows_first(self) -> dict[str, Order]:
        """The chosen orders, but the rows of images outermost wherever nothing is torn by that."""
        found = list(self.chosen)
        of = {name: (k, dims) for k, g in enumerate(self.groups) for name, dims in g.members}
        for s in self.statements:
            for name, order in rows_first(s, self.arrays).items():
                if name in of:
                    k, dims = of[name]
                    other = [*found[:k], tuple(dims.index(d) for d in order), *found[k + 1 :]]
                    found = other if self.price(other) < float("inf") else found
        return self.orders(found)

    def choices(self) -> tuple[Choice, ...]:
        """What was chosen for each group, the others being as they are chosen."""
        made = []
        for k, group in enumerate(self.groups):
            others = ([*self.chosen[:k], order, *self.chosen[k + 1 :]] for order in self.candidates(group))
            prices = [(self.shown(group, other[k]), self.price(other)) for other in others]
            priced = tuple((name, seconds) for name, seconds in prices if seconds < float("inf"))
            names = ", ".join(name for name, _ in group.members)
            made.append(Choice(f"layout of {names}", priced, self.shown(group, self.chosen[k]), "the step as a whole"))
        return tuple(made)

    def shown(self, group: Group, order: Order) -> str:
        """An order as the shape of the first array of a group."""
        shape = self.arrays[group.members[0][0]].shape
        return "[" + ", ".join(str(shape[k]) for k in order) + "]"

    def starts(self) -> list[list[Order]]:
        """Uniform beginnings: all values as they lie, or each with its first dimension last."""
        plain = [tuple(range(self.rank(g))) for g in self.groups]
        last = [(*order[1:], order[0]) for order in plain]
        return [o for o in (plain, last) if self.price(o) < float("inf")]

    def rank(self, group: Group) -> int:
        return len(group.members[0][1])

    def improved(self, orders: list[Order]) -> list[Order]:
        """The orders after each group has taken the best one for it, until nothing changes."""
        now = self.price(orders)
        for _ in range(ROUNDS):
            before = now
            for k, group in enumerate(self.groups):
                for order in self.candidates(group):
                    other = [*orders[:k], order, *orders[k + 1 :]]
                    price = self.price(other) if order != orders[k] else now
                    if price < now * (1 - 1e-9):
                        orders, now = other, price
            if now == before:
                break
        return orders

    def candidates(self, group: Group) -> list[Order]:
        """Orders with the first dimension, that of samples, at either end."""
        found = permutations(range(self.rank(group)))
        return [order for order in found if 0 in (order[0], order[-1])]

    def price(self, orders: list[Order]) -> float:
        """The seconds of the statements that touch any group."""
        parts = [self.calls(k, orders) for k in range(len(self.statements))]
        return total([p for p in parts if p is not None]) if None not in parts else float("inf")

    def calls(self, k: int, orders: list[Order]) -> dict[Key, float] | None:
        """The calls of one statement; None where an order tears apart what it reads together."""
        key = (k, tuple(orders[g] for g in self.touched[k]))
        if key not in self.known:
            own = {n: o for g in self.touched[k] for n, o in self.groups[g].orders(orders[g]).items()}
            s = turned(self.statements[k], own, self.arrays)
            self.known[key] = None if s is None else self.pricing.calls([s], self.arrays)
        return self.known[key]
