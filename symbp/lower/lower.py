"""From the derivation of a network to its program: index notation of units to array statements of the whole network.

Local names become the network's names, sizes become numbers, every equation becomes one statement that carries its
number.  The adjoints run from the last node to the first; what several nodes give to one cotangent is added up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from symbp.derive.model import Derivation, UnitDerivation
from symbp.graph.model import Graph, Node, Tensor
from symbp.lower.letters import Names, Target
from symbp.lower.model import (
    AFTER,
    BACKWARD,
    BEFORE,
    FORWARD,
    INPUT,
    LOSS,
    PROBABILITY,
    Array,
    Origin,
    Program,
    Read,
    Statement,
    reads,
)
from symbp.lower.translate import translate
from symbp.lower.update import lower_update, parameter_count
from symbp.notation.expr import Equation, Ref, Sym, walk

LOSS_NAME = "loss"
OWNERS = {"parameter": "p", "constant": "ws", "random": "ws", "state": "s"}  # what holds arrays of a kind, in bodies


def lower(derivation: Derivation) -> Program:
    """The program of a network, straight from its equations: nothing is chosen or left out yet.

    Raises DerivationError where an equation has no array form.
    """
    graph = derivation.graph
    lowering = _Lowering(graph, _arrays(graph))
    placed = lowering.placed(derivation)
    penalties = [p for p in placed if _is_penalty(p)]
    network = [p for p in placed if not _is_penalty(p)]
    for p in (*network, *penalties):
        lowering.forward(p)
    for p in (*reversed(network), *penalties):
        lowering.backward(p)
    for p in network:
        lowering.states(p)
    states, update = lower_update(derivation)
    program = _program(derivation, lowering, placed, states, update)
    program.check()
    if not predicts_otherwise(graph):
        return program
    statements = tuple(s for s in program.statements if s.stage != PROBABILITY)
    return replace(program, statements=statements, probabilities=(), inference=_inference(derivation))


def predicts_otherwise(graph: Graph) -> bool:
    """Whether a prediction is not the forward pass of training."""
    return bool(graph.random) or any(node.unit.inference for node in graph.nodes)


def _inference(derivation: Derivation) -> Program:
    """The program of a prediction and of its loss: nothing is drawn, layers use their equations for it."""
    graph = derivation.graph
    lowering = _Lowering(graph, _arrays(graph), predicts=True)
    placed = lowering.placed(derivation)
    for p in placed:
        lowering.forward(p)
    program = _program(derivation, lowering, placed)
    program.check()
    return program


def _program(
    derivation: Derivation,
    lowering: _Lowering,
    placed: list[_Placed],
    arrays: tuple[Array, ...] = (),
    more: tuple[Statement, ...] = (),
) -> Program:
    graph = derivation.graph
    outputs = tuple(output.tensor for output in graph.outputs)
    probabilities = _probabilities(graph, placed)
    statements = _staged(lowering.statements, outputs, [name for _, name in probabilities])
    return Program(
        name=graph.name,
        arrays=(*lowering.arrays.values(), *arrays),
        statements=(*statements, *more),
        outputs=outputs,
        losses=_losses(graph),
        probabilities=probabilities,
        input_gradients=tuple((i, f"d{i}") for i in graph.inputs if f"d{i}" in lowering.arrays),
        sizes=_free_sizes(graph),
        parameter_count=parameter_count(graph),
        origins=tuple(_origin(p, lowering.predicts) for p in placed),
    )


def _is_penalty(p: _Placed) -> bool:
    """Penalties read parameters alone: their gradients are added after those of the network, which are products."""
    return p.node.unit.is_loss and all(t.role != "input" for t in p.node.unit.tensors)


def size_name(axis_symbol: str, batch: bool) -> str:
    """How bodies name a size that a call fixes."""
    return "n" if batch else axis_symbol


def _shape(graph: Graph, tensor: Tensor) -> tuple[int | str, ...]:
    batch = graph.tensor(graph.inputs[0]).axes[0].symbol
    return tuple(a.size if a.size is not None else size_name(a.symbol.name, a.symbol == batch) for a in tensor.axes)


def _free_sizes(graph: Graph) -> tuple[tuple[str, str, int], ...]:
    found: dict[str, tuple[str, str, int]] = {}
    for name in graph.inputs:
        for place, size in enumerate(_shape(graph, graph.tensor(name))):
            if isinstance(size, str):
                found.setdefault(size, (size, name, place))
    return tuple(found.values())


def _arrays(graph: Graph) -> dict[str, Array]:
    """The arrays that a program starts from.  The target has a name of its own, also where it is an input."""
    data = dict(graph.constants)
    arrays: dict[str, Array] = {}
    for tensor in graph.tensors:
        shape, kind = _shape(graph, tensor), tensor.role
        code = f"{OWNERS[kind]}.{tensor.name}" if kind in OWNERS else ""
        if kind in ("input", "target", *OWNERS):
            dtype = "index" if tensor.integer else "real"
            arrays[tensor.name] = Array(tensor.name, shape, kind, dtype, data.get(tensor.name, ()), code)
    for target in graph.targets:
        tensor = graph.tensor(target.tensor)
        if tensor.role != "target":
            dtype = "index" if tensor.integer else "real"
            arrays[target.name] = Array(target.name, _shape(graph, tensor), "target", dtype)
    return arrays


@dataclass(frozen=True, slots=True)
class _Placed:
    """A node with what was derived for its unit, and what the names of the unit mean there."""

    node: Node
    derived: UnitDerivation
    names: Names

    @property
    def suffix(self) -> str:
        return self.node.name.replace(".", "_")


@dataclass(slots=True)
class _Lowering:
    """The statements so far, in order."""

    graph: Graph
    arrays: dict[str, Array]
    predicts: bool = False
    statements: list[Statement] = field(default_factory=list)
    begun: set[str] = field(default_factory=set)  # accumulated targets that have a first contribution

    shapes: dict[str, tuple[int | str, ...]] = field(init=False)
    roles: dict[str, str] = field(init=False)
    targets: dict[tuple[str, str], str] = field(init=False)  # (node of a loss, tensor of its target): the name in code
    kept: set[str] = field(init=False)  # losses that are known by themselves beside the sum of all

    def __post_init__(self) -> None:
        self.shapes = {t.name: _shape(self.graph, t) for t in self.graph.tensors}
        self.roles = {t.name: t.role for t in self.graph.tensors}
        compared = [(term.node, self.graph.target(term.target)) for term in self.graph.losses if term.target]
        self.targets = {(node, target.tensor): target.name for node, target in compared}
        self.kept = set(_losses(self.graph)[1:])

    def placed(self, derivation: Derivation) -> list[_Placed]:
        units = {u.unit.key: u for u in derivation.units}
        return [_Placed(node, units[node.unit.key], self.names(node)) for node in derivation.nodes]

    def names(self, node: Node) -> Names:
        binding, sizes = dict(node.binding), {s: v for s, v in node.sizes if v is not None}
        arrays: dict[str, Target] = {}
        found: dict[str, int | str] = dict(sizes)
        for local in node.unit.tensors:
            if local.name not in binding:
                continue
            name, turned = binding[local.name], local.name in node.transposed
            shape = self.shapes.get(name, ())
            if local.role == "data":
                name = self.targets.get((node.name, name), name)
            order = tuple(reversed(range(len(shape)))) if turned else ()
            arrays[local.name] = target = Target(name, shape, order)
            logical = target.in_memory(shape)  # turning twice changes nothing
            for index, size in zip(local.indices, logical, strict=False):
                if isinstance(index.size, Sym):
                    found.setdefault(index.size.name, size)
        still = {info.tensor.name: info.still for info in self.graph.random} if self.predicts else {}
        numbers = {local: still[name] for local, name in binding.items() if name in still}
        return Names(arrays, found, dict(node.constants), numbers=numbers)

    def forward(self, p: _Placed) -> None:
        unit = p.node.unit
        if self.predicts and unit.inference:
            self.others(p, unit.inference, FORWARD)
            return
        for equation in p.derived.safe.forward:
            bound = p.names.arrays.get(equation.name)
            name = bound.name if bound else f"{equation.name}_{p.suffix}"
            if unit.is_loss and equation is p.derived.safe.forward[-1]:
                if name in self.kept:
                    self._emit(p, equation, name, "value", FORWARD)
                    self._add_to_loss(name, _number(p.derived, equation))
                else:
                    self._emit(p, equation, LOSS_NAME, "value", FORWARD, adds=True)
                continue
            self._emit(p, equation, name, "value", FORWARD)

    def _add_to_loss(self, name: str, number: str) -> None:
        """The loss of the network is, so far, the sum with this one."""
        self.arrays.setdefault(LOSS_NAME, Array(LOSS_NAME, ()))
        added = LOSS_NAME in self.begun
        self.statements.append(Statement(LOSS_NAME, (), Read(name, ()), FORWARD, number, added))
        self.begun.add(LOSS_NAME)

    def states(self, p: _Placed) -> None:
        """The equations that give states new values."""
        self.others(p, p.node.unit.before, BEFORE)
        self.others(p, p.node.unit.after, AFTER)

    def others(self, p: _Placed, equations: tuple[Equation, ...], stage: str) -> None:
        """Equations beside those of training."""
        kinds = {t.name: t.role for t in p.node.unit.tensors}
        for equation in equations:
            bound = p.names.arrays.get(equation.name)
            kind = "state" if kinds.get(equation.name) == "state" else "value"
            name = bound.name if bound else f"{equation.name}_{p.suffix}"
            self._emit(p, equation, name, kind, stage, number=p.derived.number(equation))

    def backward(self, p: _Placed) -> None:
        """The adjoint equations of one node.  A cotangent that others read is computed by itself, then added."""
        adjoints = p.derived.safe.adjoints
        read = {r.name for e in adjoints for r in walk(e.rhs) if isinstance(r, Ref)}
        unit = p.node.unit
        if not unit.is_loss:
            output = p.names.arrays[unit.output]
            cotangent = f"d{output.name}"
            if cotangent not in self.begun:
                return  # nothing that the loss depends on reads this node
            p.names.arrays[f"d{unit.output}"] = Target(cotangent, output.shape)
        roles = {t.name: t for t in unit.tensors}
        for equation in adjoints:
            local = roles.get(equation.name[1:])
            if local is None or local.role not in ("input", "parameter"):
                self._emit(p, equation, f"{equation.name}_{p.suffix}", "value", BACKWARD)
            else:
                self._wanted(p, equation, local.name, local.role, keep=equation.name in read)

    def _wanted(self, p: _Placed, equation: Equation, local: str, role: str, keep: bool) -> None:
        target = p.names.arrays[local]
        if self.roles[target.name] == "random":
            return
        if keep:
            own = f"{equation.name}_{p.suffix}"
            self._emit(p, equation, own, "value", BACKWARD)
            equation = Equation(equation.lhs, replace(equation.lhs))
        stage = f"{INPUT}{target.name}" if self.roles[target.name] == "input" else BACKWARD
        kind = "gradient" if role == "parameter" else "value"
        self._emit(p, equation, f"d{target.name}", kind, stage, adds=True, turned=bool(target.order))

    def _emit(
        self,
        p: _Placed,
        equation: Equation,
        name: str,
        kind: str,
        stage: str,
        *,
        adds: bool = False,
        turned: bool = False,
        number: str = "",
    ) -> None:
        number = number or _number(p.derived, equation)
        axes, value = translate(equation, p.names, number)
        if turned:
            axes = tuple(reversed(axes))
        code = f"g.{name[1:]}" if kind == "gradient" else ""
        self.arrays.setdefault(name, Array(name, tuple(a.size for a in axes), kind, code=code))
        if not adds:
            p.names.arrays[equation.name] = Target(name, tuple(a.size for a in axes))
        added = adds and name in self.begun
        self.statements.append(Statement(name, axes, value, stage, number, added, node=p.node.name))
        if adds:
            self.begun.add(name)


def _number(derived: UnitDerivation, equation: Equation) -> str:
    """The number of an equation; one that repeats an adjoint kept for others has that adjoint's."""
    rows = (*derived.safe.forward, *derived.safe.adjoints)
    place = next(i for i, row in enumerate(rows) if row.lhs == equation.lhs)
    return f"{derived.section}.{place + 1}"


def _origin(p: _Placed, predicts: bool) -> Origin:
    otherwise = p.node.unit.inference if predicts else ()
    own = {equation.name for equation in otherwise or p.derived.safe.forward}
    roles = {t.name: t.role for t in p.node.unit.tensors}
    named = {target.name: local for local, target in p.names.arrays.items() if local in own or local in roles}
    named |= {f"{local}_{p.suffix}": local for local in own if local not in p.names.arrays}
    if p.node.unit.is_loss:
        named[LOSS_NAME] = p.node.unit.output
    layer = p.node.layer.replace(".", "_")
    title = f"{p.node.unit.title}_in_prediction" if otherwise else p.node.unit.title
    return Origin(p.node.name, layer, title, tuple(sorted(named.items())), "parameter" in roles.values())


def _losses(graph: Graph) -> tuple[str, ...]:
    """The loss of the network; where it is a sum, each term too."""
    return (LOSS_NAME, *(term.value for term in graph.losses)) if len(graph.losses) > 1 else (LOSS_NAME,)


def _probabilities(graph: Graph, placed: list[_Placed]) -> tuple[tuple[str, str], ...]:
    """Outputs with the network's names of the values that predict_proba returns of them."""
    by_node = {p.node.name: p for p in placed}
    found = []
    for output in graph.outputs:
        p = by_node[graph.term(output.term).node] if output.term else None
        if p is not None and p.node.unit.probability:
            found.append((output.tensor, p.names.arrays[p.node.unit.probability].name))
    return tuple(found)


def _staged(
    statements: list[Statement], outputs: Sequence[str], probabilities: Sequence[str]
) -> tuple[Statement, ...]:
    """Forward statements that no output needs belong to the loss; those of the probabilities are repeated."""
    for_output = _needed(statements, outputs)
    staged = [
        replace(s, stage=LOSS) if s.stage == FORWARD and s.target not in for_output else s for s in statements
    ]
    extra = _needed(statements, probabilities) - for_output
    shown = [replace(s, stage=PROBABILITY) for s in statements if s.stage == FORWARD and s.target in extra]
    order = {BEFORE: 0, FORWARD: 1, PROBABILITY: 2, LOSS: 3, BACKWARD: 4, AFTER: 6}
    return tuple(sorted((*staged, *shown), key=lambda s: order.get(s.stage, 5)))


def _needed(statements: list[Statement], names: Sequence[str]) -> set[str]:
    """The targets of forward statements that `names` depend on, themselves included."""
    needed = set(names)
    for s in reversed(statements):
        if s.stage == FORWARD and s.target in needed:
            needed.update(reads(s.value))
    return needed
