"""From the derivation of a network to its program: index notation of units to array statements of the whole network.

The adjoints run from the last node to the first.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from symbp.derive.model import Derivation
from symbp.errors import DerivationError, Problem
from symbp.graph.model import Graph
from symbp.lower.copies import Run, body_graph, is_penalty, runs_of
from symbp.lower.lowering import Lowering
from symbp.lower.model import (
    AFTER,
    BACKWARD,
    BEFORE,
    FORWARD,
    INPUT,
    LOSS,
    PROBABILITY,
    Array,
    Axis,
    Body,
    Copies,
    MicroBatches,
    Origin,
    Program,
    Scalar,
    Spread,
    Statement,
    Step,
    blocks,
    free_name,
    read_arrays,
    targets_of,
    views_of,
)
from symbp.lower.placed import Placed
from symbp.lower.repeated import Repeated, enter, give, of_body
from symbp.lower.scalars import ZERO
from symbp.lower.sized import LOSS_NAME, losses_of, shape_of
from symbp.lower.update import lower_update, parameter_count

Part = Placed | Repeated
OWNERS = {"parameter": "p", "constant": "ws", "random": "ws", "state": "s"}  # what holds arrays of a kind, in bodies


def lower(derivation: Derivation) -> Program:
    """The program of a network, straight from its equations: nothing is chosen or left out yet.

    Blocks that are equal are lowered once.  Raises DerivationError where an equation has no array form.
    """
    states, update = lower_update(derivation)
    program = _Bodies(predicts_otherwise(derivation.graph)).network(derivation)
    program = replace(
        program,
        arrays=(*program.arrays, *states),
        statements=(*program.statements, *update),
        micro=MicroBatches(derivation.graph.training.micro_batch_size, derivation.graph.inseparable),
    )
    program.check()
    return program


@dataclass(slots=True)
class _Bodies:
    """Lowers networks, the blocks of a network first; `otherwise`: a prediction is not the forward pass of training."""

    otherwise: bool
    known: dict[tuple[object, ...], Body] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)

    def network(self, derivation: Derivation, run: Run | None = None) -> Program:
        """The program of a network, or of the block that a run repeats."""
        repeated = self.repeated(derivation)
        _refuse_apart(derivation.graph, repeated)
        lowering = Lowering(derivation.graph, arrays_of(derivation.graph))
        parts, placed = _parts(derivation, lowering, repeated, run)
        run_backward(lowering, parts, "" if run is None else run.output)
        if run is None:
            _without_gradient(lowering)
        for p in parts:
            p.states(lowering) if isinstance(p, Repeated) else lowering.states(p)
        program = replace(_program(derivation, lowering, placed), bodies=_bodies(repeated))
        program = replace(program, start=_start(derivation, repeated))
        if run is not None:
            program = of_body(program)
        if not self.otherwise:
            return program
        statements = tuple(s for s in program.statements if s.stage != PROBABILITY)
        inference = self.inference(derivation, repeated, run)
        return replace(program, statements=statements, probabilities=(), inference=inference)

    def inference(self, derivation: Derivation, repeated: list[Repeated], run: Run | None) -> Program:
        """The program of a prediction and of its loss: nothing is drawn, layers use their equations for it."""
        lowering = Lowering(derivation.graph, arrays_of(derivation.graph), predicts=True)
        parts, placed = _parts(derivation, lowering, repeated, run)
        _forward(lowering, parts)
        program = replace(_program(derivation, lowering, placed), block=run is not None)
        program.check()
        return program

    def repeated(self, derivation: Derivation) -> list[Repeated]:
        """The blocks of a network that are carried out in loops."""
        graph, found = derivation.graph, list[Repeated]()
        taken = {name for t in graph.tensors for name in (t.name, f"d{t.name}")}
        for run in runs_of(graph, derivation.nodes):
            body = self.body(derivation, run)
            if body is not None:
                name = free_name(run.label.replace(".", "_"), taken)
                taken.add(name)
                count, states = len(run.copies), bool(body.graph.states)
                copies = Copies(name, body.graph.name, run.label, run.first, count, states, run.checkpoint)
                found.append(Repeated(run, copies, body))
        return found

    def body(self, derivation: Derivation, run: Run) -> Body | None:
        """What the blocks of a run do; None where the gradient does not pass through them."""
        if run.key not in self.known:
            stem = "_".join(filter(None, (derivation.graph.name if run.inner else "", run.label.replace(".", "_"))))
            graph = body_graph(derivation.graph, run, free_name(stem, self.names))
            self.names.add(graph.name)
            program = self.network(replace(derivation, graph=graph, nodes=graph.nodes), run)
            made = {name for s in program.statements for name in targets_of(s)}
            adding = tuple(f"d{name}" for name in run.outside if f"d{name}" in made)
            if f"d{graph.inputs[0]}" not in made:
                return None
            program = replace(program, input_gradients=((graph.inputs[0], f"d{graph.inputs[0]}"),))
            program = replace(program, checkpoint=run.checkpoint)
            program.check()
            given = next(f"d{name}" for name in (f"{run.output}_samples", run.output) if _is_given(program, name))
            self.known[run.key] = Body(graph, program, run.outside, adding, given)
        return self.known[run.key]


def _refuse_apart(graph: Graph, repeated: list[Repeated]) -> None:
    """DerivationError where copies are to be computed again that no loop carries out."""
    found = {r.run.label for r in repeated}
    inside = tuple(copy.prefix for r in repeated for copy in r.run.copies)
    for name in graph.checkpoints if graph.repeats else ():  # with Hessian-vector products every copy stands in full
        if name not in found and not name.startswith(inside):
            message = f"`checkpoint` of {name!r}: its copies are not alike, or no gradient passes through them"
            raise DerivationError(Problem("D402", message, hint="leave `checkpoint` out, or make the copies equal"))


def _is_given(program: Program, output: str) -> bool:
    return any(a.name == f"d{output}" and a.kind == "input" for a in program.arrays)


def _bodies(repeated: Iterable[Repeated]) -> tuple[Body, ...]:
    return tuple({r.body.graph.name: r.body for r in repeated}.values())


def _blocks(repeated: Iterable[Repeated]) -> dict[str, Repeated]:
    """By the name of a node: the blocks that it belongs to."""
    return {n.name: r for r in repeated for copy in r.run.copies for n in (*copy.nodes, *copy.penalties)}


def _outside(derivation: Derivation, repeated: list[Repeated]) -> Derivation:
    """The derivation without the nodes of blocks."""
    of = _blocks(repeated)
    return replace(derivation, nodes=tuple(n for n in derivation.nodes if n.name not in of))


def _parts(
    derivation: Derivation, lowering: Lowering, repeated: list[Repeated], run: Run | None
) -> tuple[list[Part], list[Placed]]:
    """The nodes of a network in order, blocks in the place of theirs; and the nodes alone."""
    if run is not None:
        enter(lowering, run)
    of = _blocks(repeated)
    placed = lowering.placed(_outside(derivation, repeated))
    by_name = {p.node.name: p for p in placed}
    parts: list[Part] = []
    for n in derivation.nodes:
        part = of.get(n.name) or by_name[n.name]
        if not is_penalty(n) and not (parts and parts[-1] is part):
            parts.append(part)
    return [*parts, *(p for p in placed if is_penalty(p.node))], placed


def _forward(lowering: Lowering, parts: list[Part]) -> None:
    for p in parts:
        p.forward(lowering) if isinstance(p, Repeated) else lowering.forward(p)
    for p in parts:
        if isinstance(p, Repeated):
            p.penalties(lowering)


def _without_gradient(lowering: Lowering) -> None:
    """Real inputs on which the loss does not depend, or only through what is stopped: their gradient is 0."""
    for name in lowering.graph.inputs:
        gradient, shape = f"d{name}", lowering.shapes[name]
        if gradient not in lowering.begun and not lowering.graph.tensor(name).integer:
            axes = tuple(Axis(f"i{k}", size) for k, size in enumerate(shape))
            lowering.arrays[gradient] = Array(gradient, shape)
            lowering.statements.append(Statement(gradient, axes, Spread(Scalar(ZERO), axes), f"{INPUT}{name}"))


def run_backward(lowering: Lowering, parts: Sequence[Part], output: str = "") -> None:
    """The forward statements of all parts, and those of their adjoints; of a block, from the gradient of its output."""
    last = [p for p in parts if _is_penalty(p)]
    network = [p for p in parts if not _is_penalty(p)]
    _forward(lowering, [*network, *last])
    if output:
        give(lowering, output)
    for p in (*reversed(network), *last):
        p.backward(lowering) if isinstance(p, Repeated) else lowering.backward(p)


def _is_penalty(part: Part) -> bool:
    return isinstance(part, Placed) and is_penalty(part.node)


def predicts_otherwise(graph: Graph) -> bool:
    """Whether a prediction is not the forward pass of training."""
    return bool(graph.random) or any(node.unit.inference for node in graph.nodes)


def _start(derivation: Derivation, repeated: list[Repeated]) -> Program | None:
    """The program that gives first values to parameters that follow from others; None where there are none."""
    graph = derivation.graph
    lowering = Lowering(graph, arrays_of(graph))
    placed = [p for p in lowering.placed(_outside(derivation, repeated)) if p.node.unit.start]
    for p in placed:
        lowering.start(p)
    for r in repeated:
        r.start(lowering)
    if not lowering.statements:
        return None
    arrays, statements = tuple(lowering.arrays.values()), tuple(lowering.statements)
    origins = tuple(_origin(p, False) for p in placed)
    return Program(graph.name, arrays, statements, (), (), (), (), (), parameter_count(graph), origins)


def _program(
    derivation: Derivation,
    lowering: Lowering,
    placed: list[Placed],
) -> Program:
    graph = derivation.graph
    outputs = tuple(lowering.by_samples(output.tensor, FORWARD) for output in graph.outputs)
    found = _probabilities(graph, placed)
    views = views_of(lowering.arrays.values())
    statements = _staged(lowering.statements, views, outputs, [name for _, name in found])
    probabilities = tuple((outputs[k], lowering.by_samples(name, PROBABILITY)) for k, name in found)
    statements = _in_order((*statements, *(s for s in lowering.statements if s.stage == PROBABILITY)))
    return Program(
        name=graph.name,
        arrays=tuple(lowering.arrays.values()),
        statements=statements,
        outputs=outputs,
        losses=losses_of(graph),
        probabilities=probabilities,
        input_gradients=tuple((i, f"d{i}") for i in graph.inputs if f"d{i}" in lowering.arrays),
        sizes=free_sizes(graph),
        parameter_count=parameter_count(graph),
        origins=tuple(_origin(p, lowering.predicts) for p in placed),
    )


def free_sizes(graph: Graph) -> tuple[tuple[str, str, int], ...]:
    """The sizes that calls fix: the name of each, and the input that has it, along which axis."""
    found: dict[str, tuple[str, str, int]] = {}
    for name in graph.inputs:
        for place, size in enumerate(shape_of(graph, graph.tensor(name))):
            if isinstance(size, str):
                found.setdefault(size, (size, name, place))
    return tuple(found.values())


def arrays_of(graph: Graph) -> dict[str, Array]:
    """The arrays that a program starts from.  The target has a name of its own, also where it is an input."""
    data, begins = dict(graph.constants), _begins(graph)
    arrays: dict[str, Array] = {}
    for tensor in graph.tensors:
        shape, kind = shape_of(graph, tensor), tensor.role
        code = f"{OWNERS[kind]}.{tensor.name}" if kind in OWNERS else ""
        if kind in ("input", "target", *OWNERS):
            dtype = "index" if tensor.integer else "real"
            begin = begins.get(tensor.name, -1)
            arrays[tensor.name] = Array(tensor.name, shape, kind, dtype, data.get(tensor.name, ()), code, begin=begin)
    for target in graph.targets:
        tensor = graph.tensor(target.tensor)
        if tensor.role != "target":
            dtype = "index" if tensor.integer else "real"
            arrays[target.name] = Array(target.name, shape_of(graph, tensor), "target", dtype)
    return arrays


def _begins(graph: Graph) -> dict[str, int]:
    """Where each parameter begins in the flat vector."""
    begins, at = dict[str, int](), 0
    for info in graph.parameters:
        begins[info.tensor.name] = at
        at += math.prod(axis.size or 0 for axis in info.tensor.axes)
    return begins


def _origin(p: Placed, predicts: bool) -> Origin:
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


def _probabilities(graph: Graph, placed: list[Placed]) -> tuple[tuple[int, str], ...]:
    """Numbers of outputs with the network's names of the values that predict_proba returns of them."""
    by_node = {p.node.name: p for p in placed}
    found = []
    for k, output in enumerate(graph.outputs):
        p = by_node[graph.term(output.term).node] if output.term else None
        if p is not None and p.node.unit.probability:
            found.append((k, p.names.arrays[p.node.unit.probability].name))
    return tuple(found)


def _staged(
    statements: list[Step], views: Mapping[str, str], outputs: Sequence[str], probabilities: Sequence[str]
) -> tuple[Step, ...]:
    """Forward statements that no output needs belong to the loss; those of the probabilities are repeated.

    One of several equal blocks may have no loss: then only its gradients need them.
    """
    beside = LOSS if any(LOSS_NAME in targets_of(s) for s in statements) else BACKWARD
    for_output = _needed(statements, views, outputs)
    wanted = [bool(for_output.intersection(targets_of(s))) for s in statements]
    staged = [
        replace(s, stage=beside) if s.stage == FORWARD and not needed else s
        for s, needed in zip(statements, wanted, strict=True)
    ]
    extra = _needed(statements, views, probabilities) - for_output
    shown = [
        replace(s, stage=PROBABILITY) for s in statements if s.stage == FORWARD and extra.intersection(targets_of(s))
    ]
    return _in_order((*staged, *shown))


def _in_order(statements: Iterable[Step]) -> tuple[Step, ...]:
    """The statements stage by stage."""
    order = {BEFORE: 0, FORWARD: 1, PROBABILITY: 2, LOSS: 3, BACKWARD: 4, AFTER: 6}
    return tuple(sorted(statements, key=lambda s: order.get(s.stage, 5)))


def _needed(statements: list[Step], views: Mapping[str, str], names: Sequence[str]) -> set[str]:
    """The targets of forward statements that `names` depend on, themselves included."""
    needed = set(names)
    for block in reversed(blocks(statements)):
        own = [s for s in block if s.stage == FORWARD]
        made = {views.get(name, name) for s in own for name in targets_of(s)}
        if made & needed:  # all of a loop: they depend on each other
            needed.update(name for s in own for name in (*targets_of(s), *read_arrays(s, views)))
    return needed
