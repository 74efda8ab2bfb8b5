"""The network while it is built: tensors, nodes, parameters and rows in order, and everything known by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from symbp.graph.findings import Findings
from symbp.graph.model import LayerRow, Node, ParameterInfo, RandomInfo, StateInfo, Tensor
from symbp.graph.names import CodeNames
from symbp.graph.units import Units
from symbp.graph.values import Value
from symbp.notation.problems import did_you_mean
from symbp.spec.model import Spec
from symbp.spec.tree import Trail
from symbp.spec.vocabulary import Entry, Vocabulary


@dataclass(frozen=True, slots=True)
class Owned:
    """A parameter as a layer reads it: the owner's tensor, perhaps with its axes reversed.

    No tensor: something was wrong with it, and was reported.
    """

    tensor: Tensor | None
    transposed: bool = False

    @property
    def shape(self) -> tuple[int | None, ...]:
        if self.tensor is None:
            return ()
        sizes = tuple(axis.size for axis in self.tensor.axes)
        return sizes[::-1] if self.transposed else sizes


@dataclass
class Network:
    """Grows layer by layer.  `values` holds inputs and layers by name, `owned` parameters by label (``fc1.W``)."""

    spec: Spec
    vocabulary: Vocabulary
    findings: Findings
    units: Units
    names: CodeNames = field(default_factory=CodeNames)
    tensors: dict[str, Tensor] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    parameters: list[ParameterInfo] = field(default_factory=list)
    random: list[RandomInfo] = field(default_factory=list)
    states: list[StateInfo] = field(default_factory=list)
    repeats: list[str] = field(default_factory=list)  # layers that stand there several times over
    checkpoints: list[str] = field(default_factory=list)  # those of them that the backward pass computes again
    rows: list[LayerRow] = field(default_factory=list)
    values: dict[str, Value] = field(default_factory=dict)
    owned: dict[str, Owned] = field(default_factory=dict)
    computed: dict[str, tuple[Entry, Owned]] = field(default_factory=dict)  # parametrized weights, by label
    labels: dict[str, tuple[str, ...]] = field(default_factory=dict)  # the parameters of each layer, by name
    types: dict[str, str] = field(default_factory=dict)  # the type of each layer
    aliases: dict[str, str] = field(default_factory=dict)  # the layer whose value a block gives, by the block's name
    named: set[str] = field(default_factory=set)  # layers that the spec gives a name
    read: set[str] = field(default_factory=set)  # inputs and layers that something reads
    refused: set[str] = field(default_factory=set)  # defined layers whose inputs or sizes are wrong
    last: Value | None = None  # the output of the last layer
    last_name: str = ""  # its name
    lost: bool = False  # a name led nowhere: what nothing reads cannot be told

    def value(self, name: str) -> Value | None:
        """The value of a layer or a block, by its whole name."""
        name = self.aliases.get(name, name)
        return self.values[name] if name in self.types else None

    def add_tensor(self, tensor: Tensor, trail: Trail) -> Tensor:
        """Make a tensor known under its name in code, which must be free."""
        other = self.names.take(tensor.name, tensor.label)
        if other is not None:
            message = f"{tensor.label!r} and {other!r} are both called {tensor.name!r} in generated code"
            self.findings.add("E307", message, trail, "rename one of the layers")
        self.tensors[tensor.name] = tensor
        return tensor

    def arrange(self, layers: Sequence[str]) -> None:
        """Rows, parameters and their tensors in this order of the layers, which may not be that of computation.

        Frozen parameters come behind all others."""
        place = {name: k for k, name in enumerate(layers)}
        self.rows.sort(key=lambda row: place[row.name])
        self.parameters.sort(key=lambda p: (p.frozen, place[p.tensor.label.rpartition(".")[0]]))
        ordered = (p.tensor for p in self.parameters)
        tensors = [next(ordered) if t.role == "parameter" else t for t in self.tensors.values()]
        self.tensors = {t.name: t for t in tensors}

    def freeze(self, layers: set[str]) -> None:
        """Parameters that these layers own, and those that the spec names, keep their values."""
        kept = {f"{layer}.{name}" for layer in layers for name in self.labels.get(layer, ())}
        owned = [self.owned[label].tensor for label in self.spec.frozen if label in self.owned]
        named = {tensor.label for tensor in owned if tensor is not None}
        self.parameters = [
            replace(p, frozen=True, decayed=False) if p.tensor.label in kept | named else p for p in self.parameters
        ]
        for position, name in enumerate(self.spec.frozen):
            layer, _, own = name.rpartition(".")
            if layer in self.labels and name not in self.types and name not in self.aliases and name not in self.owned:
                known = [f"{layer}.{label}" for label in self.labels[layer]]
                hint = did_you_mean(name, known) or f"it has {', '.join(known) or 'no parameters'}"
                trail: Trail = ("frozen", position) if len(self.spec.frozen) > 1 else ("frozen",)
                self.findings.add("E301", f"the layer `{layer}` has no parameter {own!r}", trail, hint)

    def inner_name(self, local: str, layer: str, suffix: str) -> str:
        """A free name in code for an inner value of a node."""
        return self.names.free(f"{local}_{layer}", f"{local}_{layer}_{suffix}", f"{local}_{layer}_{suffix}_")
