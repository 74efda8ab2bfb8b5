"""What depends on places alone is computed once, when the memory of a step is made: masks, positions, tables of places.

A scatter to the places of a table is cut into runs: slices of the result to which slices of the body are added.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from symbp.lower.model import (
    COMPARISONS,
    UPDATE,
    AddAt,
    Affine,
    Apply,
    Array,
    At,
    Axis,
    Node,
    OneHot,
    Pick,
    Position,
    Program,
    Read,
    Run,
    Scalar,
    Scatter,
    Spread,
    Statement,
    Step,
    Window,
    affine_of,
    all_axes,
    axes_of,
    free_name,
    mapped,
    merged,
    relettered,
    runs,
    sum_of,
    table,
    targets_of,
    walk,
    with_children,
)
from symbp.notation.expr import Sym
from symbp.notation.expr import walk as nodes_of
from symbp.passes.ledger import counted

MOST = 16  # runs of one table


def compute_once(program: Program) -> tuple[Program, str]:
    """Values that no array of a call enters, computed once."""
    work = _Tables({a.name: a for a in program.arrays})
    count = Counter(name for s in program.statements for name in targets_of(s))
    lasting = program.lasting | {name for name, k in count.items() if k > 1}  # what changes later is no table
    for s in program.statements:
        if not isinstance(s, Statement) or s.stage == UPDATE or s.loop:
            work.kept.append(s)
        elif not work.whole(s, lasting):
            work.statement(s)
    arrays = tuple(work.arrays.values())
    done = replace(program, arrays=arrays, statements=tuple(work.kept), tables=(*program.tables, *work.made))
    return done, f"{counted(len(work.made), 'table')} in the workspace" if work.made else ""


def in_runs(node: AddAt) -> list[Run]:
    """The runs of a table of places at which something is added; none where it is no such table, or has too many."""
    axes = axes_of(node.labels)
    if len(axes) != 1 or not isinstance(node.axis.size, int) or node.over != axes or axes[0] not in axes_of(node.body):
        return []
    values = table(node.labels)
    found = runs(values, node.axis.size) if values is not None else []
    return found if len(found) <= MOST else []


def sliced(node: AddAt, found: list[Run]) -> Node:
    """What is added at the places of a table as sums of slices."""
    (axis,) = node.over
    taken = {a.letter for a in all_axes(node)}
    parts: list[Node] = []
    for run in found:
        letter = next(f"{axis.letter}{k}" for k in range(1, 999) if f"{axis.letter}{k}" not in taken)
        taken.add(letter)
        own = Axis(letter, run.count)
        body = Window(node.body, ((axis, Affine(((own, run.step),), run.start)),), equation=node.equation)
        at = ((node.axis, Affine(((own, run.change),), run.value)),)
        parts.append(Scatter(body, at, (own,), equation=node.equation))
    return sum_of(parts)


@dataclass(slots=True)
class _Tables:
    arrays: dict[str, Array]
    made: list[Statement] = field(default_factory=list)
    kept: list[Step] = field(default_factory=list)
    known: dict[tuple[Node, str], str] = field(default_factory=dict)

    def statement(self, s: Statement) -> None:
        def change(node: Node) -> Node:
            found = in_runs(node) if isinstance(node, AddAt) else []
            if not isinstance(node, AddAt) or not found:
                return node
            return sliced(node if isinstance(node.body, Read) else replace(node, body=self.body(node.body, s)), found)

        self.kept.append(replace(s, value=self.node(mapped(s.value, change), s)))

    def body(self, body: Node, s: Statement) -> Read:
        """What is added in several slices, computed once."""
        name, axes = free_name(f"sum_{s.target}", self.arrays), axes_of(body)
        self.arrays[name] = Array(name, tuple(a.size for a in axes))
        self.kept.append(Statement(name, axes, self.node(body, s), s.stage, s.equation, node=s.node))
        return Read(name, axes, equation=s.equation)

    def whole(self, s: Statement, lasting: frozenset[str]) -> bool:
        """Whether the value of a statement is a table; then it is made."""
        array = self.arrays[s.target]
        simple = array.kind == "value" and s.definition and not array.padding
        if not simple or s.target in lasting or not s.axes or not self.fixed(s.value):
            return False
        self.arrays[s.target] = replace(array, kind="table", code=f"ws.{s.target}")
        self.made.append(replace(s, stage="workspace"))
        return True

    def fixed(self, node: Node) -> bool:
        """Whether a value follows from places and from what is in the workspace already."""
        for n in walk(node):
            if isinstance(n, Read) and self.arrays[n.name].kind not in ("constant", "table"):
                return False
            number = n.value if isinstance(n, Scalar) else n.place if isinstance(n, At) else None
            if number is not None and any(isinstance(p, Sym) and p.kind == "variable" for p in nodes_of(number)):
                return False
        return True

    def node(self, node: Node, s: Statement, dtype: str = "real") -> Node:
        """The expression with its tables by name."""
        if self.worth(node, dtype):
            return self.named(node, s, dtype)
        match node:
            case Pick():
                return replace(node, source=self.node(node.source, s), labels=self.node(node.labels, s, "index"))
            case AddAt():
                return replace(node, body=self.node(node.body, s), labels=self.node(node.labels, s, "index"))
        children = tuple(self.node(c, s) for c in node.children)
        return with_children(node, children) if children else node

    def worth(self, node: Node, dtype: str) -> bool:
        """Whether a table pays: places as they are, and multiples of them, need none."""
        number = isinstance(node, Spread) and isinstance(node.body, Scalar)  # filled in where it is wanted
        if number or isinstance(node, Read | Scalar | Position) or not axes_of(node) or not self.fixed(node):
            return False
        return dtype == "index" or affine_of(node) is None

    def named(self, node: Node, s: Statement, dtype: str) -> Read:
        axes = axes_of(node)
        letters = {a: Axis(str(k), a.size) for k, a in enumerate(merged((axes, all_axes(node))))}
        key = (relettered(node, letters), dtype)
        if key not in self.known:
            compares = isinstance(node, OneHot) or (isinstance(node, Apply) and node.function in COMPARISONS)
            stem = "places" if dtype == "index" else "mask" if compares else "table"
            name = self.known[key] = free_name(f"{stem}_{s.target}", self.arrays)
            self.arrays[name] = Array(name, tuple(a.size for a in axes), "table", dtype, code=f"ws.{name}")
            self.made.append(Statement(name, axes, node, "workspace", s.equation, node=s.node))
        return Read(self.known[key], axes, equation=node.equation)
