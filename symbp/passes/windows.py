"""For the simplest form: windows, the padded arrays that they are windows of, and what is scattered get names."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from symbp.lower.model import (
    UPDATE,
    AddAt,
    Apply,
    Array,
    Axis,
    Node,
    Program,
    Read,
    RoutineCall,
    Scatter,
    Statement,
    Step,
    Window,
    all_axes,
    axes_of,
    free_name,
    is_shift,
    loops_of,
    mapped,
    padded,
    reaches,
    relettered,
    stays_inside,
    targets_of,
)
from symbp.passes.ledger import counted
from symbp.passes.scatters import one_place


def name_windows(program: Program) -> tuple[Program, str]:
    """A statement of its own for all windows of an array, made once, and for what is scattered."""
    layers = {o.node: o.layer for o in program.origins}
    work = _Naming({a.name: a for a in program.arrays}, _changing(program), layers)
    for s in program.statements:
        work.done.append(s if isinstance(s, RoutineCall) or s.stage == UPDATE or s.loop else work.statement(s))
    count = len(work.done) - len(program.statements)
    done = replace(program, arrays=tuple(work.arrays.values()), statements=tuple(work.done))
    return done, counted(count, "name") if count else ""


def _changing(program: Program) -> set[str]:
    """Values that several statements assign."""
    count = Counter(name for s in program.statements for name in targets_of(s))
    return {name for name, k in count.items() if k > 1}


def _is_slice(node: Scatter | AddAt) -> bool:
    """Whether a part of an array is added to a part of the result."""
    body = node.body
    whole = isinstance(body, Window) and isinstance(body.source, Read) and stays_inside(body.at)
    return whole and isinstance(node, Scatter) and all(len(place.terms) <= 1 for _, place in node.at)


@dataclass(slots=True)
class _Naming:
    arrays: dict[str, Array]
    changing: set[str]
    layers: dict[str, str]
    done: list[Step] = field(default_factory=list)
    made: dict[Node, tuple[str, str]] = field(default_factory=dict)  # window -> its name, and the stage that makes it

    def statement(self, s: Statement) -> Statement:
        value = mapped(s.value, lambda n: self.window(n, s) if isinstance(n, Window) else n)
        if isinstance(value, Scatter | AddAt) and not isinstance(value.body, Read) and not _is_slice(value):
            value = replace(value, body=self.scattered(value, s))
        return replace(s, value=value)

    def scattered(self, node: Scatter | AddAt, s: Statement) -> Node:
        """What is scattered, by name; ``value*[label == place]`` is computed place by place."""
        loops = loops_of(reaches(s.axes, node.at)) if isinstance(node, Scatter) else ()
        met = one_place(node.body, loops)
        if met is None:
            return self.named(node.body, f"part_{s.target}", s)
        value, hit = met
        layer = self.layers.get(s.node, s.target)
        first = self.leaf(hit.args[0], f"first_{layer}", s, "index")
        return Apply("multiply", (self.leaf(value, f"part_{s.target}", s), replace(hit, args=(first, hit.args[1]))))

    def leaf(self, node: Node, stem: str, s: Statement, dtype: str = "real") -> Node:
        return node if isinstance(node, Read) else self.named(node, stem, s, dtype)

    def window(self, node: Window, s: Statement) -> Node:
        """The windows by name, but not a part of an array or a shift."""
        if len(axes_of(node)) <= len(axes_of(node.source)):
            return node
        source = node.source
        if not isinstance(source, Read):
            source = self.named(source, f"part_{s.target}", s)
            node = replace(node, source=source)
        if not stays_inside(node.at) and not is_shift(node):
            pad, node = padded(node)
            node = replace(node, source=self.once(pad, f"padded_{source.name}", s))
        return self.once(node, f"windows_{source.name}", s)

    def once(self, node: Window, stem: str, s: Statement) -> Read:
        """The name of a window; equal ones of what does not change have one name."""
        axes = axes_of(node)
        every = dict.fromkeys((*axes, *all_axes(node)))
        letters = {a: Axis(str(k), a.size) for k, a in enumerate(every)}
        key = relettered(node, letters)
        assert isinstance(node.source, Read)
        known = self.made.get(key)
        if known is not None and node.source.name not in self.changing and s.stage in ("forward", "loss", "backward"):
            return Read(known[0], axes, equation=node.equation)
        read = self.named(node, stem, s)
        if s.stage in ("forward", "loss", "backward"):
            self.made.setdefault(key, (read.name, s.stage))
        return read

    def named(self, value: Node, stem: str, s: Statement, dtype: str = "real") -> Read:
        name, axes = free_name(stem, self.arrays), axes_of(value)
        self.arrays[name] = Array(name, tuple(a.size for a in axes), dtype=dtype)
        self.done.append(Statement(name, axes, value, s.stage, s.equation, node=s.node))
        return Read(name, axes, equation=s.equation)
