"""From the derivation of a network to its program: index notation of units to array statements of the whole network.

The adjoints run from the last node to the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from symbp.derive.model import Derivation
from symbp.graph.model import Graph
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
    Origin,
    Program,
    Scalar,
    Spread,
    Statement,
    blocks,
    read_arrays,
    views_of,
)
from symbp.lower.placed import Placed
from symbp.lower.scalars import ZERO
from symbp.lower.sized import LOSS_NAME, losses_of, shape_of
from symbp.lower.update import lower_update, parameter_count

OWNERS = {"parameter": "p", "constant": "ws", "random": "ws", "state": "s"}  # what holds arrays of a kind, in bodies


def lower(derivation: Derivation) -> Program:
    """The program of a network, straight from its equations: nothing is chosen or left out yet.

    Raises DerivationError where an equation has no array form.
    """
    graph = derivation.graph
    lowering = Lowering(graph, arrays_of(graph))
    placed = lowering.placed(derivation)
    run_backward(lowering, placed)
    _without_gradient(lowering)
    for p in placed:
        lowering.states(p)
    states, update = lower_update(derivation)
    program = _program(derivation, lowering, placed, states, update)
    program = replace(program, start=_start(derivation))
    program.check()
    if not predicts_otherwise(graph):
        return program
    statements = tuple(s for s in program.statements if s.stage != PROBABILITY)
    return replace(program, statements=statements, probabilities=(), inference=_inference(derivation))


def _without_gradient(lowering: Lowering) -> None:
    """Real inputs on which the loss does not depend, or only through what is stopped: their gradient is 0."""
    for name in lowering.graph.inputs:
        gradient, shape = f"d{name}", lowering.shapes[name]
        if gradient not in lowering.begun and not lowering.graph.tensor(name).integer:
            axes = tuple(Axis(f"i{k}", size) for k, size in enumerate(shape))
            lowering.arrays[gradient] = Array(gradient, shape)
            lowering.statements.append(Statement(gradient, axes, Spread(Scalar(ZERO), axes), f"{INPUT}{name}"))


def run_backward(lowering: Lowering, placed: list[Placed]) -> None:
    """The forward statements of all nodes, and those of their adjoints."""
    penalties = [p for p in placed if _is_penalty(p)]
    network = [p for p in placed if not _is_penalty(p)]
    for p in (*network, *penalties):
        lowering.forward(p)
    for p in (*reversed(network), *penalties):
        lowering.backward(p)


def predicts_otherwise(graph: Graph) -> bool:
    """Whether a prediction is not the forward pass of training."""
    return bool(graph.random) or any(node.unit.inference for node in graph.nodes)


def _start(derivation: Derivation) -> Program | None:
    """The program that gives first values to parameters that follow from others; None where there are none."""
    graph = derivation.graph
    lowering = Lowering(graph, arrays_of(graph))
    placed = [p for p in lowering.placed(derivation) if p.node.unit.start]
    for p in placed:
        lowering.start(p)
    if not placed:
        return None
    arrays, statements = tuple(lowering.arrays.values()), tuple(lowering.statements)
    origins = tuple(_origin(p, False) for p in placed)
    return Program(graph.name, arrays, statements, (), (), (), (), (), parameter_count(graph), origins)


def _inference(derivation: Derivation) -> Program:
    """The program of a prediction and of its loss: nothing is drawn, layers use their equations for it."""
    graph = derivation.graph
    lowering = Lowering(graph, arrays_of(graph), predicts=True)
    placed = lowering.placed(derivation)
    for p in placed:
        lowering.forward(p)
    program = _program(derivation, lowering, placed)
    program.check()
    return program


def _program(
    derivation: Derivation,
    lowering: Lowering,
    placed: list[Placed],
    arrays: tuple[Array, ...] = (),
    more: tuple[Statement, ...] = (),
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
        arrays=(*lowering.arrays.values(), *arrays),
        statements=(*statements, *more),
        outputs=outputs,
        losses=losses_of(graph),
        probabilities=probabilities,
        input_gradients=tuple((i, f"d{i}") for i in graph.inputs if f"d{i}" in lowering.arrays),
        sizes=free_sizes(graph),
        parameter_count=parameter_count(graph),
        origins=tuple(_origin(p, lowering.predicts) for p in placed),
    )


def _is_penalty(p: Placed) -> bool:
    """Penalties read parameters alone: their gradients are added after those of the network, which are products."""
    return p.node.unit.is_loss and all(t.role != "input" for t in p.node.unit.tensors)


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
    data = dict(graph.constants)
    arrays: dict[str, Array] = {}
    for tensor in graph.tensors:
        shape, kind = shape_of(graph, tensor), tensor.role
        code = f"{OWNERS[kind]}.{tensor.name}" if kind in OWNERS else ""
        if kind in ("input", "target", *OWNERS):
            dtype = "index" if tensor.integer else "real"
            arrays[tensor.name] = Array(tensor.name, shape, kind, dtype, data.get(tensor.name, ()), code)
    for target in graph.targets:
        tensor = graph.tensor(target.tensor)
        if tensor.role != "target":
            dtype = "index" if tensor.integer else "real"
            arrays[target.name] = Array(target.name, shape_of(graph, tensor), "target", dtype)
    return arrays


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
    statements: list[Statement], views: Mapping[str, str], outputs: Sequence[str], probabilities: Sequence[str]
) -> tuple[Statement, ...]:
    """Forward statements that no output needs belong to the loss; those of the probabilities are repeated."""
    for_output = _needed(statements, views, outputs)
    staged = [replace(s, stage=LOSS) if s.stage == FORWARD and s.target not in for_output else s for s in statements]
    extra = _needed(statements, views, probabilities) - for_output
    shown = [replace(s, stage=PROBABILITY) for s in statements if s.stage == FORWARD and s.target in extra]
    return _in_order((*staged, *shown))


def _in_order(statements: Iterable[Statement]) -> tuple[Statement, ...]:
    """The statements stage by stage."""
    order = {BEFORE: 0, FORWARD: 1, PROBABILITY: 2, LOSS: 3, BACKWARD: 4, AFTER: 6}
    return tuple(sorted(statements, key=lambda s: order.get(s.stage, 5)))


def _needed(statements: list[Statement], views: Mapping[str, str], names: Sequence[str]) -> set[str]:
    """The targets of forward statements that `names` depend on, themselves included."""
    needed = set(names)
    for block in reversed(blocks(statements)):
        own = [s for s in block if isinstance(s, Statement) and s.stage == FORWARD]
        if any(views.get(s.target, s.target) in needed for s in own):  # all of a loop: they depend on each other
            needed.update(name for s in own for name in (s.target, *read_arrays(s, views)))
    return needed
