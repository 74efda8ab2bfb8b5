"""The parameters of a layer: their shapes, who owns them, and how they start."""

from __future__ import annotations

from dataclasses import replace
from math import prod

from symbp.graph.declared import axes_of
from symbp.graph.model import Axis, ParameterInfo, ParameterInit, Tensor, Unit
from symbp.graph.network import Network, Owned
from symbp.graph.site import Site
from symbp.graph.values import capital, shape_text
from symbp.graph.wiring import Wiring, together
from symbp.library import registry
from symbp.library.declaration import Initializer, Parameter
from symbp.notation.evaluate import evaluate
from symbp.notation.expr import Ref, walk
from symbp.notation.problems import did_you_mean
from symbp.notation.scalar import scalar
from symbp.spec.arrays import flat, shape
from symbp.spec.tree import Trail
from symbp.spec.vocabulary import Entry, LayerEntry

Starts = dict[str, tuple[Entry, Trail]]  # the initializer that the spec gives to a parameter, and where


def bind(
    net: Network,
    site: Site,
    wiring: Wiring,
    entry: LayerEntry,
    outputs: frozenset[str],
    starts: Starts,
) -> dict[str, Owned]:
    """Every parameter of the unit, owned by the layer or shared with another; new ones enter the network.

    `outputs` are the letters that count as fan_out where a declaration has no formula for it.
    """
    bound: dict[str, Owned] = {}
    for parameter in wiring.built.parameters:
        axes = _axes(net, site, wiring, parameter)
        shared = _shared(site, entry, parameter.name)
        label = f"{site.name}.{parameter.name}"
        if axes is None:
            owned = Owned(None)
        elif shared is not None:
            owned = _borrow(net, site, parameter.name, axes, *shared)
        else:
            owned = Owned(_own(net, wiring, site, parameter, axes, outputs, starts))
        if label in net.owned:
            net.findings.add("E307", f"two parameters are called {label!r}", site.trail, "rename one in `define:`")
        net.owned[label] = owned
        bound[parameter.name] = owned
    return bound


def _axes(net: Network, site: Site, wiring: Wiring, parameter: Parameter) -> tuple[Axis, ...] | None:
    """The axes of a parameter; None, and a problem, where a size is fixed by each call only."""
    axes: list[Axis] = []
    for letters in axes_of(parameter.axes):
        parts: list[Axis] = []
        for letter in letters:
            axis = wiring.of_letter(letter)
            if axis is None or axis.size is None:
                message = (
                    f"the parameter `{parameter.name}` of {site} has the axis {letter}, whose size each call fixes"
                )
                net.findings.add("E305", message, site.trail, "give the size a number under `sizes:`")
                return None
            parts.append(Axis(letter, capital(letter), axis.size))
        axes.append(together(parts))
    return tuple(axes)


# --- parameters of the layer itself ---


def _own(
    net: Network,
    wiring: Wiring,
    site: Site,
    parameter: Parameter,
    axes: tuple[Axis, ...],
    outputs: frozenset[str],
    starts: Starts,
) -> Tensor:
    name = parameter.name
    tensor = net.add_tensor(Tensor(f"{name}_{site.code}", axes, "parameter", f"{site.name}.{name}"), site.trail)
    fans = _fans(wiring, parameter, outputs)
    init = init_of(net, wiring.built.unit, parameter, tensor, fans, starts.get(name), site.trail)
    if parameter.at is not None and name not in starts:
        init = replace(init, part=_part(wiring, parameter, *parameter.at))
    decayed = len(axes) >= 2 and not _is_looked_up(wiring, name)
    net.parameters.append(ParameterInfo(tensor, init, decayed))
    return tensor


def _part(wiring: Wiring, parameter: Parameter, letter: str, place: int) -> tuple[int, int, int]:
    """The axis of the array that a letter leads, and where its place begins and ends there."""
    axes = axes_of(parameter.axes)
    axis = next(k for k, letters in enumerate(axes) if letters[0] == letter)
    sizes = (wiring.of_letter(m) for m in axes[axis][1:])
    step = prod(size.size or 1 for size in sizes if size is not None)
    return axis, place * step, (place + 1) * step


def _is_looked_up(wiring: Wiring, name: str) -> bool:
    """Are rows of the parameter read that integers name?"""
    nodes = (n for e in wiring.built.unit.plain for n in walk(e.rhs) if isinstance(n, Ref) and n.name == name)
    return any(isinstance(at, Ref) for n in nodes for at in n.at)


def init_of(
    net: Network,
    unit: Unit,
    parameter: Parameter,
    tensor: Tensor,
    fans: dict[str, float],
    start: tuple[Entry, Trail] | None,
    here: Trail,
) -> ParameterInit:
    """The initial values of a parameter: as the spec says, else as its declaration or its unit says."""
    if start is None and any(equation.name == parameter.name for equation in unit.start):
        return ParameterInit("computed", "computed", 1.0)
    if start is None:
        declared = registry.initializers()[parameter.init]
        keys = {k.name: k.default for k in declared.keys} | dict(parameter.init_keys)
        trail = here
    else:
        entry, trail = start
        declared = registry.initializers()[entry.type]
        keys = {k.name: entry[k.name] for k in declared.keys}
    if declared.distribution == "values":
        return _given_values(net, declared, keys["values"], tensor, trail)
    if declared.distribution == "orthogonal" and len(tensor.axes) < 2:
        message = f"orthogonal needs two or more axes; {tensor.label} has the shape {shape_text(tensor.axes)}"
        net.findings.add("E306", message, trail)
    known = {k: float(v) for k, v in keys.items() if isinstance(v, int | float)}
    known |= fans
    low, scale, mean = (_value(f, known) for f in (declared.low, declared.scale, declared.mean))
    if declared.distribution == "uniform" and low is not None and scale is not None and low > scale:
        net.findings.add("E204", f"the lower bound {low:g} is above the upper bound {scale:g}", trail)
    return ParameterInit(declared.type, declared.distribution, scale if scale is not None else 1.0, low, mean)


def _value(formula: str, known: dict[str, float]) -> float | None:
    return evaluate(scalar(formula, constants=tuple(known)), known) if formula else None


def _given_values(net: Network, declared: Initializer, values: object, tensor: Tensor, trail: Trail) -> ParameterInit:
    assert isinstance(values, float | list)
    wanted = tuple(axis.size for axis in tensor.axes)
    if shape(values) != wanted:
        given = "have [" + ", ".join(str(n) for n in shape(values)) + "]" if shape(values) else "are one alone"
        message = f"{tensor.label} has the shape {shape_text(tensor.axes)}, the numbers given {given}"
        hint = "" if isinstance(values, list) else f"for one number everywhere: {{type: constant, value: {values:g}}}"
        if isinstance(values, list) and shape(values) == wanted[::-1]:
            hint = "these are the rows of the transposed array: W is [in, out]"
        net.findings.add("E306", message, trail, hint)
    return ParameterInit(declared.type, declared.distribution, 1.0, values=flat(values))


def _fans(wiring: Wiring, parameter: Parameter, outputs: frozenset[str]) -> dict[str, float]:
    """fan_in as ``I`` and fan_out as ``O``.  Formulas may read the size of every letter of the layer."""
    sizes = {letter: axis.size for letter, axis in wiring.by_letter() if axis.size is not None}
    own = [letter for letters in axes_of(parameter.axes) for letter in letters]
    capitals = {letter.upper(): float(size) for letter, size in sizes.items()}
    inside = prod(sizes[letter] for letter in own if letter not in outputs)
    outside = prod(sizes[letter] for letter in own if letter in outputs)
    fan_in = _value(parameter.fan_in, capitals)
    fan_out = _value(parameter.fan_out, capitals)
    return {"I": inside if fan_in is None else fan_in, "O": outside if fan_out is None else fan_out}


# --- parameters of another layer ---


def _shared(site: Site, entry: LayerEntry, name: str) -> tuple[str, Trail] | None:
    """What `share` says of a parameter (``left_1.W``, ``encode.W.T``) and where it says so."""
    if isinstance(entry.share, str):
        return f"{entry.share}.{name}", (*site.trail, "share")
    if entry.share is None or name not in entry.share:
        return None
    return entry.share[name], (*site.trail, "share", name)


def _borrow(net: Network, site: Site, name: str, axes: tuple[Axis, ...], label: str, trail: Trail) -> Owned:
    """The parameter of another layer, its shape compared with the one that this layer needs."""
    plain = label.removesuffix(".T") if label.count(".") > 1 else label
    if "." not in plain or plain.endswith(".T"):
        hint = "the layer, a dot and the parameter: encode.W, or encode.W.T for the transposed one"
        net.findings.add("E308", f"{label!r} does not name a parameter", trail, hint)
        return Owned(None)
    layer = plain.rpartition(".")[0]
    if plain not in net.owned:
        _report_unknown(net, layer, plain, trail)
        return Owned(None)
    found = net.owned[plain]
    owned = replace(found, transposed=found.transposed != (plain != label))
    wanted = tuple(axis.size for axis in axes)
    if owned.tensor is not None and owned.shape != wanted:
        shown = "[" + ", ".join(str(n) for n in owned.shape) + "]"
        message = f"{site} needs {name} of shape {shape_text(axes)}, but {label} has the shape {shown}"
        hint = f"transposed it fits: {plain}.T" if owned.shape == wanted[::-1] and plain == label else ""
        net.findings.add("E303", message, trail, hint)
        return Owned(None)
    return owned


def _report_unknown(net: Network, layer: str, label: str, trail: Trail) -> None:
    if layer not in net.types:
        net.findings.add("E301", f"there is no layer {layer!r}", trail, did_you_mean(layer, net.types))
    elif layer not in net.values:
        hint = f"let `{layer}` stand before this layer; it may not read what this layer gives"
        net.findings.add("E301", f"`{layer}`, whose parameter this is, is computed later", trail, hint)
    elif layer in net.labels:  # a layer without this entry has a problem of its own
        known = [f"{layer}.{name}" for name in net.labels[layer]]
        hint = did_you_mean(label, known) or f"it has {', '.join(known) or 'no parameters'}"
        net.findings.add("E301", f"the layer `{layer}` has no parameter {label.rpartition('.')[2]!r}", trail, hint)
