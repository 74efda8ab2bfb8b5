"""What a chain of dense layers is, read off the equations and not off names: affine layers, pointwise ones, a loss.

A layer is affine where its output is linear in its only input and every gradient has a matrix form; it is pointwise
where each of its equations reads everything at the indices of its own left side.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from symbp.derive.model import Derivation, UnitDerivation
from symbp.graph.model import Node, Unit
from symbp.notation.expr import Call, Compare, Equation, Reduce, Ref, Sym, tensors, walk
from symbp.report.leading import leading_of
from symbp.report.matrix import MatrixPrinter
from symbp.report.names import Names


@dataclass(frozen=True, slots=True)
class Layer:
    """An affine node, and the pointwise node behind it (None: there is none)."""

    affine: Node
    pointwise: Node | None


@dataclass(frozen=True, slots=True)
class Chain:
    """Layers from the input to the output, the loss behind them, and the penalties on their weights."""

    layers: tuple[Layer, ...]
    loss: Node
    penalties: tuple[Node, ...]

    @property
    def activations(self) -> tuple[Node, ...]:
        """One pointwise node for each distinct unit, in order."""
        found: dict[str, Node] = {}
        for layer in self.layers:
            if layer.pointwise is not None:
                found.setdefault(layer.pointwise.unit.key, layer.pointwise)
        return tuple(found.values())

    @property
    def fullest(self) -> Node:
        """An affine node with as many parameters as any: the one with a bias, if one has it."""
        return max((layer.affine for layer in self.layers), key=lambda node: len(_named(node.unit, "parameter")))

    @property
    def tied(self) -> tuple[str, ...]:
        """The parameters that several layers read."""
        read = [node.bound(p) for node in (la.affine for la in self.layers) for p in _named(node.unit, "parameter")]
        return tuple(name for name, times in Counter(read).items() if times > 1)


def find_chain(derivation: Derivation) -> Chain | None:
    """The chain that the network is, or None."""
    penalties = tuple(n for n in derivation.nodes if n.unit.is_loss and not _named(n.unit, "input"))
    apart = {n.name for n in penalties}
    nodes = [n for n in derivation.nodes if n.name not in apart]
    if len(derivation.graph.inputs) != 1 or not nodes or not nodes[-1].unit.is_loss:
        return None
    value, layers = derivation.graph.inputs[0], list[Layer]()
    kinds = {key: _kind(derivation.of(node)) for key, node in {n.unit.key: n for n in nodes}.items()}
    for node in nodes:
        inputs = _named(node.unit, "input")
        if len(inputs) != 1 or node.bound(inputs[0]) != value:
            return None
        kind = kinds[node.unit.key]
        if kind == "affine":
            layers.append(Layer(node, None))
        elif kind == "pointwise" and layers and layers[-1].pointwise is None:
            layers[-1] = Layer(layers[-1].affine, node)
        elif not (node is nodes[-1] and kind == "loss"):
            return None
        value = node.bound(node.unit.output)
    return Chain(tuple(layers), nodes[-1], penalties) if layers else None


def _named(unit: Unit, role: str) -> list[str]:
    return [t.name for t in unit.tensors if t.role == role]


def _kind(derived: UnitDerivation) -> str:
    unit = derived.unit
    if unit.is_loss:
        return "loss"
    if _named(unit, "parameter"):
        return "affine" if _affine(derived) else ""
    pointwise = all(_pointwise(e) for e in (*derived.plain.forward, *derived.plain.adjoints))
    return "pointwise" if pointwise else ""


def _affine(derived: UnitDerivation) -> bool:
    unit, form = derived.unit, derived.plain
    inputs = _named(unit, "input")
    if len(inputs) != 1 or len(form.forward) != 1 or len(unit.tensor(inputs[0]).indices) < 2:
        return False
    plain = not any(isinstance(node, Call | Compare) for node in walk(form.forward[0].rhs))
    linear = inputs[0] not in tensors(form.adjoint(inputs[0]).rhs)
    printer = MatrixPrinter(Names(frozenset(t.name for t in unit.tensors)), batch=leading_of(unit))
    return plain and linear and all(printer.equation(e) is not None for e in (*form.forward, *form.adjoints))


def _pointwise(e: Equation) -> bool:
    reads = [node for node in walk(e.rhs) if isinstance(node, Ref)]
    return all(r.at == e.lhs.at for r in reads) and not any(isinstance(node, Reduce) for node in walk(e.rhs))


def batch_size(unit: Unit) -> Sym | None:
    """The size of the first axis of the unit's input: the number of samples."""
    size = next(t for t in unit.tensors if t.role == "input").indices[0].size
    return size if isinstance(size, Sym) else None
