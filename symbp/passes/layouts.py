"""One order of dimensions for each value, chosen for all of them together: batch last for images, and the like.

Values that elementwise statements connect form a group, which lies in one order.  An input lies as callers give it:
where another order pays, a copy is made once.  Every statement is priced in calls; a choice is made group by group
until nothing changes, from uniform beginnings.  Products over windows count as patches there; whether it pays to lay
images so that windows need no copies is seen when the programs of all products are chosen, once with such orders and
once without.

Two beginnings suffice: 40 drawn at random found nothing cheaper on six benchmarks and four of five larger examples, and
something by 0.3 % on the fifth.  One does not: from all values as they lie, calls cost 21 % more for lenet, 18 % for a
U-net.

Matrices whose rows are reduced, as logits, may lie in columns: NumPy takes the maxima of 4,096 rows of 3 numbers in
164 us, those of 3 rows of 4,096 in 3.  A step of a net with 32 hidden units takes 0.85 of the time then, for 10 classes
and 256 samples 0.95; for 64 samples it makes no difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
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
    Program,
    Read,
    RoutineCall,
    Scatter,
    Spread,
    Statement,
    Window,
    axes_of,
    length_of,
    reads,
    targets_of,
    walk,
)
from symbp.passes.apart import with_copies, without_copies
from symbp.passes.convolve import choose_programs
from symbp.passes.hot_rows import are_rows
from symbp.passes.ledger import Choice, Margin, Setting, cheapest, counted
from symbp.passes.outermost import rows_first
from symbp.passes.pricing import Key, Pricing, total
from symbp.passes.turning import Order, turned, with_orders

LABELLED = Pick | AddAt | Flat | OneHot  # what counts places in C order
LEAST = 3  # dimensions of an array whose order is chosen; a flat one is chosen with those that it is read as
ROUNDS = 4
PLAIN = "all arrays as they lie"
WORTH = 0.05  # of what all calls cost as arrays lie: for less, nothing is turned
WORTH_ALONE = 0.15  # of what is done to matrices as they lie; 0.1 predicted was nothing measured, of 64 x 10 logits
QUOTE = "'"


def choose_layouts(program: Program, setting: Setting) -> tuple[Program, str, tuple[Choice, ...]]:
    """Values in the order of dimensions in which the calls of a step cost least."""
    return _chosen(program, setting, True)


def choose_layouts_for_loops(program: Program, setting: Setting) -> tuple[Program, str, tuple[Choice, ...]]:
    """Values in the order of dimensions in which the calls of a step cost least; matrices as they are.

    A compiled loop takes rows of logits one by one, whatever reductions by NumPy cost.
    """
    return _chosen(program, setting, False)


def _chosen(program: Program, setting: Setting, flat: bool) -> tuple[Program, str, tuple[Choice, ...]]:
    """`flat`: matrices whose rows are reduced, and what counts places in C order, may lie otherwise, too."""
    program, copies = with_copies(program, flat)
    pricing = Pricing(setting, {o.node: o.layer for o in program.origins})
    search = _search(program, _groups(program, flat), pricing)
    if not search.groups:
        return without_copies(program, copies), "", ()
    orders = search.best()
    done, choices = without_copies(with_orders(program, orders), copies), search.choices()
    other = search.with_rows_first()
    if other != orders:
        rows = without_copies(with_orders(program, other), copies)
        prices = (("as patches lie well", _whole(done, pricing)), ("rows outermost", _whole(rows, pricing)))
        choice = cheapest("layout of windows", prices, "both passes, with the products over windows that are best then")
        choices = (*choices, choice)
        orders, done = (other, rows) if choice.chosen == "rows outermost" else (orders, done)
    did = f"{counted(len(orders), 'value')} in another order: {', '.join(sorted(orders))}" if orders else ""
    return done, did, choices


def _whole(program: Program, pricing: Pricing) -> float:
    """The seconds of the forward and the backward pass with the programs that products over windows have then."""
    made, _, _ = choose_programs(program, pricing.setting)
    own = (s for s in made.statements if isinstance(s, Statement) and s.stage in (FORWARD, BACKWARD) and not s.loop)
    return total([pricing.calls(own, {a.name: a for a in made.arrays})])


# ---- groups ----


@dataclass(frozen=True, slots=True)
class Group:
    """Arrays that lie in one order, each with the dimension that corresponds to each one of the first array.

    Flat ones are matrices that nothing reads as an image.
    """

    members: tuple[tuple[str, Order], ...]
    flat: bool = False

    def orders(self, order: Order) -> dict[str, Order]:
        """The orders of all arrays, of that of the first."""
        return {name: tuple(dims[k] for k in order) for name, dims in self.members}


def _groups(program: Program, flat: bool) -> list[Group]:
    """The values whose order may be chosen, in groups that elementwise statements and windows connect."""
    arrays = {a.name: a for a in program.arrays}
    free = _free(program, flat)
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
    plain = [s for s in program.statements if isinstance(s, Statement)]
    split = {name for s in plain for name in _split_reads(s, arrays)}
    rows = {name for s in plain for name in _reduced_rows(s)} - split if flat else set[str]()
    return [
        replace(g, flat=len(g.members[0][1]) < LEAST and not any(name in split for name, _ in g.members))
        for g in found
        if len(g.members[0][1]) >= LEAST or any(name in split | rows for name, _ in g.members)
    ]


def _split_reads(s: Statement, arrays: Mapping[str, Array]) -> list[str]:
    """The arrays that are read by more letters than they have dimensions."""
    return [n.name for n in walk(s.value) if isinstance(n, Read) and len(n.axes) > len(arrays[n.name].shape)]


def _reduced_rows(s: Statement) -> list[str]:
    """The matrices of whose rows one number each is made: it matters to NumPy whether these lie together."""
    folds = [n for n in walk(s.value) if isinstance(n, Fold)]
    read = ((n, f.over) for f in folds for n in walk(f.body) if isinstance(n, Read) and len(n.axes) == LEAST - 1)
    return [n.name for n, over in read if n.axes[-1] in over and n.axes[0] not in over]


def _free(program: Program, flat: bool) -> dict[str, None]:
    """Values that plain statements of a step alone make and read, and that count no places."""
    fixed = {*program.lasting, *(n for pair in program.probabilities for n in pair)}
    fixed |= {a.view_of for a in program.arrays}
    begun: set[str] = set()
    for s in program.statements:
        names = (*targets_of(s), *(s.read if isinstance(s, RoutineCall) else reads(s.value)))
        if isinstance(s, RoutineCall) or _is_fixed(s, flat) or (s.accumulate and s.target not in begun):
            fixed |= set(names)
        begun |= set(targets_of(s))
    wide = (a for a in program.arrays if a.kind == "value" and a.dtype == "real" and len(a.shape) > 1)
    plain = (a.name for a in wide if not (a.padding or a.view_of or (a.turned and not flat)))
    return {name: None for name in plain if name not in fixed and name in begun}


def _is_fixed(s: Statement, flat: bool) -> bool:
    own = s.stage in (FORWARD, LOSS, BACKWARD) or s.stage.startswith(INPUT)
    labelled = LABELLED if not flat or not _labels_lie(s) else AddAt | Flat
    counts = any(isinstance(n, labelled) or (isinstance(n, Fold) and n.op == "argmax") for n in walk(s.value))
    windows = any(isinstance(n, Fold) and n.op == "argmax" and isinstance(n.body, Window) for n in walk(s.value))
    return bool(not own or not s.whole or (counts and not windows))


def _labels_lie(s: Statement) -> bool:
    """Whether places given by labels lie behind or in front of all others: they are then places in a flat array."""
    for n in walk(s.value):
        if isinstance(n, OneHot) and not are_rows(s.axes, n):
            return False
        source = axes_of(n.source) if isinstance(n, Pick) else ()
        if isinstance(n, Pick) and len(source) > 1 and not are_rows(source, OneHot(n.labels, n.axis)):
            return False
    return True


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
                longest = {axis: max(place.axes, key=length_of, default=axis) for axis, place in node.at}
                waiting.append((node.source, {**letters, **{axis: letters.get(a, a) for axis, a in longest.items()}}))
            case Scatter():
                longest = {max(place.axes, key=length_of, default=axis): axis for axis, place in node.at}
                waiting.append((node.body, {**letters, **longest}))
            case Apply() | Fold() | Spread():
                waiting += [(c, letters) for c in node.children]


# ---- the choice ----


@dataclass(slots=True)
class _Search:
    program: Program
    groups: list[Group]
    pricing: Pricing
    arrays: dict[str, Array] = field(default_factory=dict)
    statements: list[Statement] = field(default_factory=list)
    touched: list[tuple[int, ...]] = field(default_factory=list)  # by statement: its groups
    known: dict[tuple[int, tuple[Order, ...]], dict[int, float] | None] = field(default_factory=dict)
    numbers: dict[Key, int] = field(default_factory=dict)  # of different calls: equal trees are compared once
    chosen: list[Order] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.arrays = {a.name: a for a in self.program.arrays}
        of = {name: k for k, g in enumerate(self.groups) for name, _ in g.members}
        for s in self.program.statements:
            names = (*targets_of(s), *reads(s.value)) if isinstance(s, Statement) else ()
            met = tuple(sorted({of[name] for name in names if name in of}))
            if isinstance(s, Statement) and met:
                self.statements.append(s)
                self.touched.append(met)

    def best(self) -> dict[str, Order]:
        """The orders of all values that do not lie as they did."""
        starts = self.starts()
        found = [self.with_flat(self.improved(start), starts[0]) for start in starts]
        self.chosen = min(found, key=lambda orders: (round(self.price(orders), 12), orders))
        if self.price(self.chosen) > (1 - WORTH) * self.price(starts[0]):
            self.chosen = self.with_flat(starts[0], starts[0])
        return self.orders(self.chosen)

    def with_flat(self, orders: list[Order], plain: list[Order]) -> list[Order]:
        """These orders, but matrices as they lie where turning them does not clearly pay for what is done to them."""
        for k, group in enumerate(self.groups):
            if group.flat:
                as_they_lie = [*orders[:k], plain[k], *orders[k + 1 :]]
                turned_ = [*orders[:k], plain[k][::-1], *orders[k + 1 :]]
                pays = self.price(turned_, k) < (1 - WORTH_ALONE) * self.price(as_they_lie, k)
                orders = turned_ if pays else as_they_lie
        return orders

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
        windows = any(isinstance(n, Window) for s in self.statements for n in walk(s.value))
        all_calls = f"all calls on values that may lie otherwise{', those over windows as patches' if windows else ''}"
        for k, group in enumerate(self.groups):
            others = ([*self.chosen[:k], order, *self.chosen[k + 1 :]] for order in self.candidates(group))
            own = k if group.flat else -1
            prices = [(self.shown(group, other[k]), self.price(other, own)) for other in others]
            priced = tuple((name, seconds) for name, seconds in prices if seconds < float("inf"))
            names = ", ".join(name for name, _ in group.members)
            as_it_lies = self.shown(group, tuple(range(self.rank(group))))
            reason, rule = all_calls, Margin(PLAIN, WORTH)
            if group.flat:
                reason, rule = "all calls on them", Margin(as_it_lies, WORTH_ALONE)
            made.append(Choice(f"layout of {names}", priced, self.shown(group, self.chosen[k]), reason, (rule,)))
        return tuple(made)

    def shown(self, group: Group, order: Order) -> str:
        """An order as the shape of the first array of a group."""
        shape = self.arrays[group.members[0][0]].shape
        names = [f"{size}{QUOTE * shape[:k].count(size)}" for k, size in enumerate(shape)]  # which of equal sizes
        return "[" + ", ".join(names[k] for k in order) + "]"

    def plain(self) -> list[Order]:
        """The first array of each group as it lies."""
        return [tuple(range(self.rank(g))) for g in self.groups]

    def starts(self) -> list[list[Order]]:
        """Uniform beginnings: all values as they lie, or each with its first dimension last."""
        last = [(*order[1:], order[0]) for order in self.plain()]
        return [o for o in (self.plain(), last) if self.price(o) < float("inf")]

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
        turned_ = self.arrays[group.members[0][0]].turned
        samples = turned_.index(0) if turned_ else 0
        found = permutations(range(self.rank(group)))
        return [order for order in found if samples in (order[0], order[-1]) or order == tuple(sorted(order))]

    def price(self, orders: list[Order], group: int = -1) -> float:
        """The seconds of the statements that touch any group, or this one."""
        own = (k for k, touched in enumerate(self.touched) if group < 0 or group in touched)
        parts = [self.calls(k, orders) for k in own]
        return total([p for p in parts if p is not None]) if None not in parts else float("inf")

    def calls(self, k: int, orders: list[Order]) -> dict[int, float] | None:
        """The calls of one statement; None where an order tears apart what it reads together."""
        key = (k, tuple(orders[g] for g in self.touched[k]))
        if key not in self.known:
            own = {n: o for g in self.touched[k] for n, o in self.groups[g].orders(orders[g]).items()}
            s = turned(self.statements[k], own, self.arrays)
            torn = s is None or (_labels_lie(self.statements[k]) and not _labels_lie(s))
            step = s is not None and not s.stage.startswith(INPUT)  # what no step computes costs nothing
            calls = self.pricing.calls([s], self.arrays) if s is not None and step and not torn else {}
            self.known[key] = None if torn else self.numbered(calls)
        return self.known[key]

    def numbered(self, calls: dict[Key, float]) -> dict[int, float]:
        return {self.numbers.setdefault(call, len(self.numbers)): seconds for call, seconds in calls.items()}


def _search(program: Program, groups: list[Group], pricing: Pricing) -> _Search:
    """The search over those groups that may lie as their first arrays do.

    Where axes change places between two arrays of a group and both are made flat, no order is right for both.
    """
    search = _Search(program, groups, pricing)
    plain = search.plain()
    torn = {g for k, touched in enumerate(search.touched) if search.calls(k, plain) is None for g in touched}
    return _search(program, [g for k, g in enumerate(groups) if k not in torn], pricing) if torn else search
