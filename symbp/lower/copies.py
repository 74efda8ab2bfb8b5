"""Copies of a `repeat` that differ in names alone: what one of them does is lowered, and stands in the module, once.

Two copies are equal if their nodes are, one by one, under names without those of the copies: same units, sizes, numbers
and initial values.  They follow each other if the second reads the output of the first where the first reads its own
input, if nothing else of the first is read outside of it, and if both read the same of all other layers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from symbp.graph.model import Graph, Node, Output, Tensor
from symbp.lower.fresh import free_name

OUTSIDE = frozenset(("input", "value", "parameter"))  # what blocks may read beside their own arrays


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy: its nodes, the names of its `own` arrays and of its nodes with what they are in every copy.

    `read` is what it reads from outside; `key` is equal for equal copies.
    """

    prefix: str
    nodes: tuple[Node, ...]
    penalties: tuple[Node, ...]
    own: Mapping[str, str]
    short: Mapping[str, str]
    read: tuple[str, ...]
    key: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """Two or more copies that follow each other; `carried` is the place in `Copy.read` of the output of the one before.

    `output` is what that is called in every copy.
    """

    label: str
    first: int
    copies: tuple[Copy, ...]
    carried: int
    output: str
    inner: bool = False  # whether it lies within a copy of another one
    checkpoint: bool = False  # whether its values are computed again in the backward pass

    @property
    def outside(self) -> tuple[str, ...]:
        """What every copy reads from outside beside the output of the one before."""
        return tuple(name for k, name in enumerate(self.copies[0].read) if k != self.carried)

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for runs of equal blocks."""
        return (self.copies[0].key, self.carried, self.output, self.outside, self.checkpoint)

    @property
    def last(self) -> str:
        """The name of the output of the last copy."""
        copy = self.copies[-1]
        return next(name for name, own in copy.own.items() if own == self.output)


def runs_of(graph: Graph, nodes: Sequence[Node]) -> list[Run]:
    """All copies of a network that follow each other and are equal; of copies in copies the outer ones."""
    found: list[Run] = []
    search = _Search(graph, nodes)
    for name in sorted(graph.repeats, key=lambda n: n.count(".")):
        inside = [copy.prefix for run in found for copy in run.copies]
        if not any(name.startswith(prefix) for prefix in inside):
            found += search.runs(name)
    return found


@dataclass
class _Search:
    graph: Graph
    nodes: Sequence[Node]
    infos: dict[str, object] = field(default_factory=dict)  # what is known of parameters, states, random arrays
    readers: dict[str, set[str]] = field(default_factory=dict)  # by tensor: the names of nodes that read it
    ends: set[str] = field(default_factory=set)  # tensors that calls give back, or losses read

    def __post_init__(self) -> None:
        graph = self.graph
        nothing = Tensor("", (), "", "")
        self.infos |= {i.tensor.name: replace(i, tensor=nothing) for i in graph.parameters}
        self.infos |= {i.tensor.name: replace(i, tensor=nothing) for i in graph.random}
        self.infos |= {i.tensor.name: replace(i, tensor=nothing) for i in graph.states}
        for node in self.nodes:
            made = node.bound(node.unit.output) if node.unit.output in dict(node.binding) else ""
            for _, name in node.binding:
                if name != made:
                    self.readers.setdefault(name, set()).add(node.name)
        self.ends = {output.tensor for output in graph.outputs} | {name for t in graph.losses for name in t.reads}

    def runs(self, label: str) -> list[Run]:
        copies = [self._copy(prefix) for prefix in self._prefixes(label)]
        found: list[Run] = []
        first = 0
        while first < len(copies):
            run = self._longest(label, first, copies)
            found += [run] if run is not None else []
            first = first + len(run.copies) if run is not None else first + 1
        return found

    def _prefixes(self, label: str) -> list[str]:
        """``LABEL.0.``, ``LABEL.1.``, ... as long as there are nodes."""
        start = f"{label}."
        there = {n.layer[len(start) :].partition(".")[0] for n in self.nodes if n.layer.startswith(start)}
        return [f"{start}{k}." for k in range(len(there)) if str(k) in there]

    def _longest(self, label: str, first: int, copies: Sequence[Copy | None]) -> Run | None:
        """The longest run that begins with this copy."""
        start, last = copies[first], first
        if start is None:
            return None
        links: set[tuple[int, str]] = set()
        while last + 1 < len(copies):
            before, after = copies[last], copies[last + 1]
            link = self._link(before, after) if before is not None and after is not None else None
            if link is None or not self._carries(start, link[0]) or not links <= {link}:
                break
            links, last = {link}, last + 1
        own = [copy for copy in copies[first : last + 1] if copy is not None]
        for carried, output in links:
            if not self._gives(own[-1], output):
                own.pop()
            run = Run(label, first, tuple(own), carried, output, checkpoint=label in self.graph.checkpoints)
            return run if len(own) > 1 and self._together(run) else None
        return None

    def _together(self, run: Run) -> bool:
        """Whether parameters lie in one piece, copy after copy, and names from outside are none of the copies' own."""
        if {*run.outside} & {*run.copies[0].own.values()}:
            return False
        place = {info.tensor.name: k for k, info in enumerate(self.graph.parameters)}
        places = [k for copy in run.copies for k in sorted(place[name] for name in copy.own if name in place)]
        return not places or places == list(range(places[0], places[0] + len(places)))

    def _carries(self, first: Copy, carried: int) -> bool:
        """Whether the first copy reads a value there: the gradient of an input of the network is not computed."""
        tensor = self.graph.tensor(first.read[carried])
        batch = self.graph.tensor(self.graph.inputs[0]).axes[0].symbol
        return tensor.role == "value" and tensor.axes[0].symbol == batch

    def _link(self, before: Copy, after: Copy) -> tuple[int, str] | None:
        """Where `after` reads `before`, and what; None where they are no two blocks of one loop."""
        places = [k for k, name in enumerate(after.read) if name in before.own]
        if before.key != after.key or len(places) != 1:
            return None
        same = all(a == b for k, (a, b) in enumerate(zip(before.read, after.read, strict=True)) if k != places[0])
        output = after.read[places[0]]
        own = {n.name for n in (*after.nodes, *after.penalties)}
        alone = self.readers[output] <= own and output not in self.ends
        if not same or not alone or not self._gives(before, before.own[output]):
            return None
        return places[0], before.own[output]

    def _gives(self, copy: Copy, output: str) -> bool:
        """Whether a copy has one output alone, which it does not read itself."""
        own = {n.name for n in (*copy.nodes, *copy.penalties)}
        for name, local in copy.own.items():
            readers = self.readers.get(name, set())
            if local == output and readers & own:
                return False
            if local != output and (readers - own or name in self.ends):
                return False
        return True

    def _copy(self, prefix: str) -> Copy | None:
        """The nodes of a copy; None where they cannot be a block of a loop."""
        inside = [k for k, n in enumerate(self.nodes) if n.layer.startswith(prefix)]
        penalties = tuple(self.nodes[k] for k in inside if is_penalty(self.nodes[k]))
        places = [k for k in inside if not is_penalty(self.nodes[k])]
        nodes = tuple(self.nodes[k] for k in places)
        if not nodes or places != list(range(places[0], places[0] + len(places))):
            return None
        carried = {i.tensor.name for i in self.graph.states if i.carried}
        if any(n.unit.is_loss or carried & {name for _, name in n.binding} for n in nodes):
            return None
        bound = dict.fromkeys(name for n in (*nodes, *penalties) for _, name in n.binding)
        inner = {n.bound(n.unit.output) for n in penalties}
        code = f"{prefix[:-1].replace('.', '_')}_"
        mine = [name for name in bound if name in inner or self.graph.tensor(name).label.startswith(prefix)]
        own = {name: name.replace(code, "", 1) for name in mine}
        read = tuple(name for name in bound if name not in own)
        if any(self.graph.tensor(name).role not in OUTSIDE for name in read) or len({*own.values()}) < len(own):
            return None
        short = {n.name: n.name.replace(prefix, "", 1).replace(code, "", 1) for n in (*nodes, *penalties)}
        key = (*(_key(n, short, own, read) for n in (*nodes, *penalties)), *self._tensors(own, read))
        return Copy(prefix, nodes, penalties, own, short, read, key)

    def _tensors(self, own: Mapping[str, str], read: Iterable[str]) -> Iterable[object]:
        """What must be equal of the arrays of equal copies."""
        for name in (*own, *read):
            t = self.graph.tensor(name)
            axes = tuple(axis.size if axis.size is not None else axis.symbol.name for axis in t.axes)
            yield (own.get(name, ""), t.role if name in own else "", axes, t.integer, self.infos.get(name))


def _key(n: Node, short: Mapping[str, str], own: Mapping[str, str], read: tuple[str, ...]) -> tuple[object, ...]:
    binding = tuple((local, own[name] if name in own else read.index(name)) for local, name in n.binding)
    return (short[n.name], n.unit.key, binding, n.constants, n.transposed, n.views, n.named, n.sizes)


def is_penalty(n: Node) -> bool:
    """Penalties read parameters alone: their gradients are added after those of the network, which are products."""
    return n.unit.is_loss and all(t.role != "input" for t in n.unit.tensors)


def body_graph(graph: Graph, run: Run, name: str) -> Graph:
    """What one copy does as a network of its own: its inputs are the output of the one before, then what all read."""
    copy = run.copies[0]
    carried = copy.read[run.carried]
    names = {**copy.own, **{outer: outer for outer in run.outside}}
    names[carried] = free_name("x", {*names.values()})
    known = {name: graph.tensor(name) for name in names}
    tensors = {
        old: replace(t, name=names[old], label=t.label.replace(copy.prefix, "", 1), role=_role(graph, old, copy))
        for old, t in known.items()
    }
    nodes = tuple(
        replace(
            n,
            name=copy.short[n.name],
            layer=n.layer.replace(copy.prefix, "", 1),
            binding=tuple((local, names[bound]) for local, bound in n.binding),
        )
        for n in (*copy.nodes, *copy.penalties)
    )
    outer = [n for n in run.outside if tensors[n].role == "input"]
    return replace(
        graph,
        name=name,
        inputs=(names[carried], *outer),
        targets=(),
        outputs=(Output("", run.output, ""),),
        losses=(),
        tensors=tuple(tensors.values()),
        parameters=tuple(
            replace(i, tensor=tensors[i.tensor.name]) for i in graph.parameters if i.tensor.name in copy.own
        ),
        nodes=nodes,
        rows=(),
        constants=(),
        random=tuple(replace(i, tensor=tensors[i.tensor.name]) for i in graph.random if i.tensor.name in copy.own),
        states=tuple(replace(i, tensor=tensors[i.tensor.name]) for i in graph.states if i.tensor.name in copy.own),
        repeats=tuple(r.removeprefix(copy.prefix) for r in graph.repeats if r.startswith(copy.prefix)),
        checkpoints=tuple(r.removeprefix(copy.prefix) for r in graph.checkpoints if r.startswith(copy.prefix)),
    )


def _role(graph: Graph, name: str, copy: Copy) -> str:
    """The role of an array within a body; of what lies outside, parameters that keep their values have no gradient."""
    role = graph.tensor(name).role
    if name in copy.own:
        return role
    return "random" if name in graph.frozen else {"value": "input"}.get(role, role)
