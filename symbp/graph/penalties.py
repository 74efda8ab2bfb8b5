"""Penalties on parameters: a node of the loss for each of them."""

from __future__ import annotations

from symbp.graph.model import Node, ParameterInfo, Tensor
from symbp.graph.network import Network
from symbp.library import registry
from symbp.spec.vocabulary import LossEntry


def add_penalties(net: Network) -> None:
    """Every penalty of every loss, for each parameter that decays.  Weights of losses do not count for them."""
    entries = [entry for entry, _ in net.spec.losses if isinstance(entry, LossEntry)]
    for declared in registry.penalties().values():
        strength = sum(float(entry[declared.type] or 0.0) for entry in entries)
        if strength:
            for parameter in net.parameters:
                if parameter.decayed:
                    _add_penalty(net, declared.type, strength, parameter)


def _add_penalty(net: Network, type_: str, strength: float, parameter: ParameterInfo) -> None:
    tensor = parameter.tensor
    built = net.units.penalty(registry.penalties()[type_], len(tensor.axes))
    indices = built.unit.tensor("W").indices
    axes = dict(zip((built.sizes[i.name].name for i in indices), tensor.axes, strict=True))
    code = f"{type_}_{tensor.name}"
    net.add_tensor(Tensor(code, (), "value", f"{type_}.{tensor.label}"), ("loss",))
    binding = (("W", tensor.name), ("L", code))
    sizes = tuple((name, axis.size) for name, axis in axes.items())
    layer = tensor.label.rsplit(".", 1)[0]
    net.nodes.append(Node(f"{type_}.{tensor.name}", layer, built.unit, binding, sizes, (("a", strength),)))
