"""Weights that are computed from what is trained: a node in front of the layer, and the value that it reads instead."""

from __future__ import annotations

from collections.abc import Iterable

from symbp.graph.declared import axes_of
from symbp.graph.model import Axis, Node, ParameterInfo, StateInfo, Tensor
from symbp.graph.network import Network, Owned
from symbp.graph.parameters import init_of
from symbp.graph.site import Site
from symbp.graph.units import Built
from symbp.graph.values import capital
from symbp.library.declaration import Layer, Parameter, Parametrization
from symbp.notation.expr import Sym
from symbp.notation.problems import did_you_mean
from symbp.spec.tree import Trail
from symbp.spec.vocabulary import Entry, LayerEntry


def parametrized(
    net: Network, site: Site, entry: LayerEntry, declared: Layer, owned: dict[str, Owned]
) -> dict[str, Owned]:
    """The parameters as the layer reads them: a computed value in the place of each that `parametrize` names.

    A layer that shares all parameters of another reads what is computed there, if it is parametrized alike.
    """
    found = dict(owned)
    for name, given in entry.parametrize.items():
        trail: Trail = (*site.trail, "parametrize", name)
        weight = next((p for p in declared.parameters if p.name == name and name in owned), None)
        if weight is None:
            hint = did_you_mean(name, owned) or f"it has {', '.join(owned) or 'none'}"
            net.findings.add("E301", f"{site} has no parameter {name!r}", trail, hint, key=True)
            continue
        label = f"{site.name}.{name}"
        shared = net.computed.get(f"{entry.share}.{name}") if isinstance(entry.share, str) else None
        if shared is not None and shared[0] == given:
            net.computed[label], found[name] = shared, shared[1]
            continue
        tensor, made = owned[name].tensor, net.vocabulary.declaration("parametrization", given.type)
        if tensor is None or not isinstance(made, Parametrization):
            continue
        outputs = _outputs(declared, weight)
        if owned[name].transposed or all(outputs) or not any(outputs):
            message = f"{given.type} asks for axes of outputs and others, which {tensor.label} does not have"
            net.findings.add("E308", message, trail, "weights are parametrized, unless they are shared transposed")
            continue
        found[name] = Owned(_node(net, site, given, made, name, tensor, outputs, trail))
        net.computed[label] = (given, found[name])
    return found


def _outputs(declared: Layer, weight: Parameter) -> tuple[bool, ...]:
    """Of each axis of a weight, whether it is one of outputs: a key that sizes outputs sizes its last letter."""
    sizes = {key.name for key in declared.keys if key.kind == "size"}
    texts = [text for key, text in declared.sizes if key in sizes]
    letters = {letter for text in texts for axis in axes_of(f"[{text}]") for letter in axis}
    return tuple(axis[-1] in letters for axis in axes_of(weight.axes))


def _node(
    net: Network,
    site: Site,
    entry: Entry,
    declared: Parametrization,
    name: str,
    weight: Tensor,
    outputs: tuple[bool, ...],
    trail: Trail,
) -> Tensor | None:
    """The node that computes a weight, with all that it trains and keeps; the tensor of the computed weight."""
    built = net.units.parametrization(declared, outputs, trail)
    if built is None:
        return None
    unit, sizes = built.unit, _sizes(built, weight)
    bound = {"W": weight.name}
    for parameter in declared.parameters:
        tensor = _tensor(net, site, built, sizes, name, parameter.name, "parameter")
        init = init_of(net, unit, parameter, tensor, {"I": 1.0, "O": 1.0}, None, trail)
        net.parameters.append(ParameterInfo(tensor, init, decayed=False))
        bound[parameter.name] = tensor.name
    for kept in built.states:
        tensor = _tensor(net, site, built, sizes, name, kept.name, "state")
        net.states.append(StateInfo(tensor, kept.start))
        bound[kept.name] = tensor.name
    for local in (t.name for t in unit.tensors if t.role == "value"):
        what = "used" if local == unit.output else local
        bound[local] = _tensor(net, site, built, sizes, name, local, "value", what).name
    constants = tuple((c, float(entry[c])) for c in built.constants)
    ordered = tuple((t.name, bound[t.name]) for t in unit.tensors)
    net.nodes.append(Node(f"{site.name}.{name}", site.name, unit, ordered, tuple(sizes.items()), constants))
    return net.tensors[bound[unit.output]]


def _sizes(built: Built, weight: Tensor) -> dict[str, int | None]:
    """The number of every size symbol, from the axes of the weight."""
    indices = built.unit.tensor("W").indices
    named = ((i.size, axis.size) for i, axis in zip(indices, weight.axes, strict=True))
    return {symbol.name: size for symbol, size in named if isinstance(symbol, Sym)}


def _tensor(
    net: Network,
    site: Site,
    built: Built,
    sizes: dict[str, int | None],
    weight: str,
    local: str,
    role: str,
    what: str = "",
) -> Tensor:
    """An array of the node: ``W_g_fc1`` in code, ``fc1.W_g`` for users."""
    axes = tuple(_axes(built, local, sizes))
    suffix = f"{weight}_{what or local}"
    return net.add_tensor(Tensor(f"{suffix}_{site.code}", axes, role, f"{site.name}.{suffix}"), site.trail)


def _axes(built: Built, local: str, sizes: dict[str, int | None]) -> Iterable[Axis]:
    for index in built.unit.tensor(local).indices:
        assert isinstance(index.size, Sym)
        yield Axis(index.name, capital(index.name), sizes[index.size.name])


