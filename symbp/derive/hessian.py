"""The product of the Hessian of the loss with a direction, as forward and backward equations of a network.

Forward over reverse: the parameters move along the direction.  Every unit gets the tangents of its forward equations
beside them, and those of its adjoints beside these; what lowering makes of a network it makes of this one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from symbp.derive.adopt import with_plain_gradients
from symbp.derive.calculus import CONSTANT
from symbp.derive.model import ClosedForm, Derivation, HessianDerivation, UnitDerivation
from symbp.derive.tangent import derive_tangents, moving_values
from symbp.errors import DerivationError, Problem
from symbp.graph.model import Graph, LocalTensor, Node, Tensor
from symbp.notation.expr import Call, Equation, tensors, walk

MARK = "R"  # what a tangent's name starts with, written as often as it takes to be no other name


def derive_hessian(derivation: Derivation) -> HessianDerivation:
    """The network with tangents.  Raises DerivationError, with the layer, where one cannot be derived."""
    work = _Work(derivation, _mark(derivation))
    for node in derivation.nodes:
        work.forward(node)
    made = [work.node(node) for node in reversed(derivation.nodes)][::-1]
    graph = replace(derivation.graph, nodes=tuple(made), tensors=(*derivation.graph.tensors, *work.directions()))
    units = tuple(work.units[key] for key in dict.fromkeys(node.unit.key for node in made))
    return HessianDerivation(Derivation(graph, tuple(made), units), work.mark)


def _mark(derivation: Derivation) -> str:
    forms = [u.safe for u in derivation.units]
    names = {t.name for t in derivation.graph.tensors} | {t.name for u in derivation.units for t in u.unit.tensors}
    names |= {e.name for form in forms for e in (*form.forward, *form.adjoints)}
    mark = MARK
    while any(f"{mark}{name}" in names for name in names):
        mark += MARK
    return mark


@dataclass(slots=True)
class _Work:
    derivation: Derivation
    mark: str
    moving: dict[str, None] = field(default_factory=dict)  # tensors of the network that move
    begun: set[str] = field(default_factory=set)  # those of them whose gradient the loss asks for
    bent: set[str] = field(default_factory=set)  # those whose gradient moves
    moved: dict[str, frozenset[str]] = field(default_factory=dict)  # by node: what moves in its unit
    units: dict[str, UnitDerivation] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.moving = {info.tensor.name: None for info in self.derivation.graph.parameters if not info.frozen}

    @property
    def graph(self) -> Graph:
        return self.derivation.graph

    def named(self, name: str) -> str:
        return f"{self.mark}{name}"

    def forward(self, node: Node) -> None:
        """What moves at a node, and after it."""
        unit, form = node.unit, self.derivation.of(node).safe
        outer = {t.name for t in unit.tensors if t.role in ("input", "parameter") and not t.integer}
        given = frozenset(local for local, name in node.binding if local in outer and name in self.moving)
        if given and any(isinstance(e, Call) and e.function in CONSTANT for q in unit.plain for e in walk(q.rhs)):
            said = f"layer {node.layer} takes a value for a constant (stop_gradient): the gradient of this network is"
            raise DerivationError(Problem("D003", f"--hvp: {said} that of no function, and has no Hessian"))
        values = moving_values(form.forward, unit.tensors, given, unit.facts) if given else frozenset()
        self.moved[node.name] = given | values
        self.moving |= {name: None for local, name in node.binding if local in values}

    def node(self, node: Node) -> Node:
        """The node with tangents, after all that read it."""
        moved = self.moved[node.name]
        output = dict(node.binding).get(node.unit.output, "")
        asked = bool(moved) and (node.unit.is_loss or output in self.begun)
        derived = self._unit(node, asked, output in self.bent)
        made = {e.name for e in derived.safe.adjoints}
        for local, name in node.binding:
            self.begun |= {name} if f"d{local}" in made and name in self.moving else set()
            self.bent |= {name} if self.named(f"d{local}") in made else set()
        extra = tuple((self.named(local), self.named(name)) for local, name in node.binding if local in moved)
        views = tuple((self.named(local), blocks) for local, blocks in node.views if local in moved)
        turned = tuple(self.named(local) for local in node.transposed if local in moved)
        more = (*node.binding, *extra), (*node.transposed, *turned), (*node.views, *views)
        return replace(node, unit=derived.unit, binding=more[0], transposed=more[1], views=more[2])

    def _unit(self, node: Node, asked: bool, bent: bool) -> UnitDerivation:
        """The unit with the tangents that a node needs; equal needs are derived once."""
        read = {name for other in self.derivation.nodes if other is not node for _, name in other.binding}
        kept = frozenset(local for local, name in node.binding if name in read) | {node.unit.output}
        key = f"{node.unit.key} moved by {sorted(self.moved[node.name])} for {sorted(kept)} {asked} {bent}"
        if key not in self.units:
            derived = self.derivation.of(node)
            try:
                made = _Tangents(derived, self.mark, self.moved[node.name], asked, bent, kept).made(key)
            except DerivationError as error:
                said = f"--hvp: the second derivatives of layer {node.layer} cannot be derived: "
                raise DerivationError(*(replace(p, message=said + p.message) for p in error.problems)) from None
            self.units[key] = made
        return self.units[key]

    def directions(self) -> list[Tensor]:
        """The tangent of every tensor that moves."""
        known = [self.graph.tensor(name) for name in self.moving]
        return [replace(t, name=self.named(t.name), label=f"the tangent of {t.label}") for t in known]


@dataclass(slots=True)
class _Tangents:
    """One unit.  `moved` are its tensors and values that move, `kept` the values that others read.

    `asked`: gradients are; `bent`: the gradient of the output moves.
    """

    derived: UnitDerivation
    mark: str
    moved: frozenset[str]
    asked: bool
    bent: bool
    kept: frozenset[str]

    def named(self, name: str) -> str:
        return f"{self.mark}{name}"

    def made(self, key: str) -> UnitDerivation:
        unit, form = self.derived.unit, self.derived.safe
        backward = self._backward() if self.asked else ()
        taken = frozenset(n for e in backward for n in (e.name, *tensors(e.rhs)))
        forward = self._forward(taken)
        own = tuple(t for t in unit.tensors if t.role != "value")
        moves = tuple(replace(t, name=self.named(t.name), positive=False) for t in own if t.name in self.moved)
        values = tuple(LocalTensor(e.name, e.indices, "value") for e in forward)
        unit = replace(unit, key=key, tensors=(*own, *moves, *values))
        safe = ClosedForm(forward, backward, (), (), form.facts)
        return replace(self.derived, unit=unit, safe=safe, numbers=self._numbers((*forward, *backward)))

    def _given(self, *more: Iterable[LocalTensor]) -> tuple[LocalTensor, ...]:
        own = (t for t in self.derived.unit.tensors if t.role != "value")
        values = (LocalTensor(e.name, e.indices, "value") for e in self.derived.safe.forward)
        return (*own, *values, *(t for group in more for t in group))

    def _backward(self) -> tuple[Equation, ...]:
        """The adjoints that are needed, and their tangents."""
        unit, form = self.derived.unit, self.derived.safe
        outer = [t for t in unit.tensors if t.role in ("input", "parameter") and t.name in self.moved]
        slope = LocalTensor(f"d{unit.output}", unit.tensor(unit.output).indices, "data")
        cotangent = [] if unit.is_loss else [slope]
        values = [LocalTensor(e.name, e.indices, "value") for e in form.adjoints]
        moving = self.moved | ({slope.name} if self.bent else set())
        equations, wanted = (*form.forward, *form.adjoints), [f"d{t.name}" for t in outer]
        made = derive_tangents(
            equations, self._given(cotangent, values), moving, wanted, self.named, facts=unit.facts, avoid=self._taken()
        )
        first = {e.name for e in form.forward}
        rows = (*(e for e in made.forward if e.name not in first), *made.adjoints)
        roots = [f"d{t.name}" for t in outer if t.role == "input"] + [self.named(name) for name in wanted]
        return _reached(rows, roots)

    def _forward(self, taken: frozenset[str]) -> tuple[Equation, ...]:
        """The forward equations and the tangents that others read; the output comes last.

        `taken` are the names in the backward equations."""
        unit, form = self.derived.unit, self.derived.safe
        last = {unit.output} if unit.is_loss else set()  # how the loss itself moves is not asked for
        wanted = [e.name for e in form.forward if e.name in self.kept - last or self.named(e.name) in taken]
        given = frozenset(t.name for t in unit.tensors if t.role != "value") & self.moved
        if not given:
            return form.forward
        avoid = taken | self._taken()
        made = derive_tangents(form.forward, self._given(), given, wanted, self.named, facts=unit.facts, avoid=avoid)
        output = next(e for e in made.forward if e.name == unit.output)
        tangents = self._plainly(made, given, wanted, avoid).adjoints
        roots = {*self.kept, *map(self.named, wanted), *taken}
        rows = _reached((*made.forward, *tangents), roots)
        return (*(e for e in rows if e is not output), output)

    def _plainly(
        self, safe: ClosedForm, given: frozenset[str], wanted: Sequence[str], avoid: frozenset[str]
    ) -> ClosedForm:
        """The tangents of the plain form where they read what the safe form has too, and are shorter and safe."""
        unit, plain = self.derived.unit, self.derived.plain
        names = {e.name for e in plain.forward}
        if plain is self.derived.safe or not names.issuperset(wanted):
            return safe
        values = tuple(LocalTensor(e.name, e.indices, "value") for e in plain.forward)
        own = (*(t for t in unit.tensors if t.role != "value"), *values)
        made = derive_tangents(plain.forward, own, given, wanted, self.named, facts=unit.facts, avoid=avoid)
        return with_plain_gradients(made, safe, frozenset(e.name for e in unit.plain))

    def _taken(self) -> frozenset[str]:
        """Names that no value in between may have."""
        unit, form = self.derived.unit, self.derived.safe
        return frozenset((*(t.name for t in unit.tensors), *(e.name for e in (*form.forward, *form.adjoints))))

    def _numbers(self, rows: Sequence[Equation]) -> tuple[tuple[str, str], ...]:
        """A tangent has the number of its equation behind an R; other new values go on counting."""
        form = self.derived.safe
        numbers = {e.name: self.derived.number(e) for e in (*form.forward, *form.adjoints)}
        numbers |= {self.named(name): f"{MARK}{number}" for name, number in numbers.items()}
        count = self.derived.count
        for e in rows:
            if e.name not in numbers:
                count += 1
                numbers[e.name] = f"{self.derived.section}.{count}"
        return tuple((e.name, numbers[e.name]) for e in rows)


def _reached(rows: Sequence[Equation], roots: Iterable[str]) -> tuple[Equation, ...]:
    """The equations that the roots depend on, in their order."""
    reads = {e.name: tensors(e.rhs) for e in rows}
    found: set[str] = set()
    stack = [*roots]
    while stack:
        name = stack.pop()
        if name in reads and name not in found:
            found.add(name)
            stack += sorted(reads[name])
    return tuple(e for e in rows if e.name in found)
