"""A look-up commutes with everything that does not involve its labels.

``sum[i](E[t[n],i]*W[i,j]) + b[j]`` is row ``t[n]`` of the table ``sum[i](E[v,i]*W[i,j]) + b[j]``.  Where there are more
labels than rows of the table, the product is that much smaller: the input product of a recurrence that reads characters
is one of the alphabet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from symbp.lower.model import (
    PROBABILITY,
    UPDATE,
    Apply,
    Array,
    Axis,
    Fold,
    Node,
    Pick,
    Product,
    Program,
    Read,
    Scalar,
    Statement,
    Step,
    all_axes,
    axes_of,
    free_name,
    fresh_axis,
    letters_of,
    relettered,
    with_children,
)
from symbp.passes.dead import drop_dead
from symbp.passes.ledger import Choice, Setting, cheapest, counted
from symbp.passes.pricing import Pricing, total

LABELS, ROWS = "once for each label", "once for each row"
Order = tuple[Axis, ...]


def look_up_late(program: Program, setting: Setting) -> tuple[Program, str, tuple[Choice, ...]]:
    """What is computed from rows of a table computed once for each row, where the rows are fewer than the labels."""
    known = lookups_of(program)
    if not known:
        return program, "", ()
    arrays = {a.name: a for a in program.arrays}
    pricing = Pricing(setting, {o.node: o.layer for o in program.origins})
    done: list[Step] = []
    count, choices = 0, list[Choice]()
    for s in program.statements:
        if not isinstance(s, Statement) or not s.whole or s.stage in (UPDATE, PROBABILITY) or s.target in known:
            done.append(s)
            continue
        work = _Late(s, known, arrays, pricing)
        value = work.part(s.value)
        count += len(work.made)
        choices += work.choices
        done += [*work.made, replace(s, value=value)]
    if not count:
        return program, "", tuple(choices)
    changed = replace(program, arrays=tuple(arrays.values()), statements=tuple(done))
    return drop_dead(changed)[0], f"{counted(count, 'table')} of what rows become", tuple(choices)


@dataclass(frozen=True, slots=True)
class Lookup:
    """A value that is rows of a table, with the axes that it has in memory."""

    pick: Pick
    axes: Order

    def read(self, axes: Order, taken: set[str]) -> Pick:
        """The look-up where the value is read with these axes; its other letters are new."""
        letters = dict(zip(self.axes, axes, strict=True))
        letters[self.pick.axis] = fresh_axis(self.pick.axis, taken)
        made = relettered(self.pick, letters)
        assert isinstance(made, Pick)
        return made


def lookups_of(program: Program) -> dict[str, Lookup]:
    """The values that are rows of a table, taken by labels, in any order of their axes."""
    arrays = {a.name: a for a in program.arrays}
    count = Counter(s.target for s in program.statements if isinstance(s, Statement) and s.stage != PROBABILITY)
    seen = {a.view_of for a in program.arrays}
    found: dict[str, Lookup] = {}
    for s in program.statements:
        whole = isinstance(s, Statement) and s.definition
        if not whole or not isinstance(s, Statement) or count[s.target] > 1 or s.target in seen:
            continue
        array, value = arrays[s.target], s.value
        if array.kind != "value" or array.padding or array.shape != _sizes(s.axes):
            continue
        if isinstance(value, Read) and value.name in found and _sizes(value.axes) == arrays[value.name].shape:
            value = found[value.name].read(value.axes, {a.letter for a in s.axes})
        if isinstance(value, Pick) and is_lookup(value) and all(_lasting(n, arrays, count) for n in value.children):
            found[s.target] = Lookup(value, s.axes)
    return found


def is_lookup(node: Pick) -> bool:
    """Whether whole rows of an array are taken by an array of labels."""
    source, labels = node.children
    plain = isinstance(source, Read) and isinstance(labels, Read) and len(source.axes) > 1
    return plain and not set(axes_of(labels)) & set(axes_of(source))


def _lasting(node: Node, arrays: Mapping[str, Array], count: Counter[str]) -> bool:
    """Whether an array stays what it is from its first reader to the last."""
    array = arrays[node.name] if isinstance(node, Read) else None
    return array is not None and count[array.name] == (1 if array.kind == "value" else 0)


def _sizes(axes: Order) -> tuple[int | str, ...]:
    return tuple(a.size for a in axes)


@dataclass(slots=True)
class _Late:
    """One statement; the tables that it needs go to `made`."""

    s: Statement
    known: Mapping[str, Lookup]
    arrays: dict[str, Array]
    pricing: Pricing
    made: list[Statement] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)

    def part(self, node: Node) -> Node:
        """The node with the largest parts that pay looked up late."""
        if not node.children or isinstance(node, Pick):
            return node
        table = Tables.of(node, self.s, self.known)
        if table is not None:
            self.choices.append(self.choice(table))
            if self.choices[-1].chosen == ROWS:
                return self.taken(node, table)
        return with_children(node, tuple(self.part(c) for c in node.children))

    def choice(self, table: Tables) -> Choice:
        """Whether what depends on labels is computed row by row, and rows are taken at the end."""
        made, pick = self.looked_up(table, "")
        ways = (
            (LABELS, self.seconds(replace(self.s, axes=self.sorted(table.plain), value=table.plain))),
            (ROWS, self.seconds(made, replace(self.s, axes=self.sorted(pick), value=pick))),
        )
        return cheapest(f"{self.s.target} of {table.labels.name}", ways, "all by label, and the look-up")

    def seconds(self, *statements: Statement) -> float:
        """What statements cost, one after the other."""
        made = {s.target: Array(s.target, _sizes(s.axes)) for s in statements[:-1]}
        alone = [replace(s, accumulate=False) for s in statements]
        return total([self.pricing.calls(alone, {**self.arrays, **made})])

    def sorted(self, node: Node) -> Order:
        """The axes of a part of the statement, those of the statement in its order."""
        own = axes_of(node)
        return (*(a for a in self.s.axes if a in own), *(a for a in own if a not in self.s.axes))

    def looked_up(self, table: Tables, equation: str) -> tuple[Statement, Pick]:
        """The statement that makes a table, and the look-up of its rows."""
        axes = (table.axis, *(a for a in self.sorted(table.node) if a != table.axis))
        name = free_name(f"{self.s.target.removesuffix('_given')}_table", self.arrays)
        made = replace(self.s, target=name, axes=axes, value=table.node, accumulate=False)
        return made, Pick(Read(name, axes, equation=equation), table.axis, table.labels, equation=equation)

    def taken(self, node: Node, table: Tables) -> Pick:
        """Rows of a new table."""
        made, pick = self.looked_up(table, node.equation or self.s.equation)
        self.arrays[made.target] = Array(made.target, _sizes(made.axes))
        self.made.append(made)
        return pick


@dataclass(frozen=True, slots=True)
class Tables:
    """An expression of rows by labels, `plain`, as one of the whole table, `node`."""

    plain: Node
    node: Node
    axis: Axis
    labels: Read

    @classmethod
    def of(cls, node: Node, s: Statement, known: Mapping[str, Lookup]) -> Tables | None:
        """The expression as one of a table; None where other things depend on the labels too."""
        taken = letters_of(s.axes, s.value)
        found: list[Pick] = []

        def of_rows(n: Node) -> Node | None:
            """Where all that has axes of labels is looked up, the same of the rows of the table."""
            pick = n if isinstance(n, Pick) else None
            if isinstance(n, Read) and n.name in known and len(n.axes) == len(known[n.name].axes):
                pick = known[n.name].read(n.axes, set(taken))
            if pick is not None:
                found.append(pick)
                alike = is_lookup(pick) and (pick.labels, pick.axis.size) == (found[0].labels, found[0].axis.size)
                return relettered(pick.source, {pick.axis: found[0].axis}) if alike else None
            if isinstance(n, Read | Scalar):
                return n
            if not isinstance(n, Apply | Product | Fold) or (isinstance(n, Fold) and n.op == "argmax"):
                return None
            children = tuple(of_rows(c) for c in n.children)
            return None if any(c is None for c in children) else with_children(n, tuple(c for c in children if c))

        made = of_rows(node)
        if made is None or not found or not isinstance(found[0].labels, Read):
            return None
        labels = found[0].labels
        return None if set(labels.axes) & set(all_axes(made)) else cls(node, made, found[0].axis, labels)
