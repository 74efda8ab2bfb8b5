"""The end of the network: its output, the target, the loss with its penalties, and the score."""

from __future__ import annotations

from dataclasses import dataclass, field

from symbp.graph.model import Axis, Node, ParameterInfo, Tensor
from symbp.graph.network import Network
from symbp.graph.units import axes_of
from symbp.graph.values import Value, same_size, shape_text
from symbp.graph.wiring import Site, wire
from symbp.library import registry
from symbp.library.declaration import Loss
from symbp.notation.problems import did_you_mean
from symbp.spec.arrays import flat, shape
from symbp.spec.tree import Trail
from symbp.spec.vocabulary import LossEntry, keys_of


@dataclass
class Ending:
    """What the end of a network adds to its graph."""

    loss: Loss
    output: str = ""
    target: str = ""
    metric: str = ""
    constants: list[tuple[str, tuple[float, ...]]] = field(default_factory=list)


def add_loss(net: Network) -> Ending | None:
    """The loss of the output, with every penalty; None where the output has no known shape."""
    entry = net.spec.loss
    declared = net.vocabulary.declaration("loss", entry.type)
    output = _output(net)
    if not isinstance(declared, Loss) or not isinstance(entry, LossEntry):
        return None
    ending = Ending(declared)
    labels = declared.target == "integer" or (
        declared.target not in ("real", "integer") and entry[declared.target] == "integer"
    )
    ending.metric = _metric(net, declared, output)
    _check_target(net, entry, labels, output)
    if output is None or output.axes is None:
        return None
    _check_ending(net, declared, output)
    site = Site("loss", declared.type, ("loss",))
    trail = ("define", "losses", declared.type)
    built = net.units.loss(declared, entry.__getitem__, labels, len(output.axes) - 1, trail)
    if built is None:
        return None
    target = Value("t", "t", output.axes[:-1] if labels else output.axes, output.roles, ("loss",))
    arrays = [name for name, _ in declared.arrays if entry[name] is not None]
    wiring = wire(site, built, [(output, built.letters("y")), (target, built.letters("t"))], {}, net.findings)
    if wiring is None:
        return None
    ending.output, ending.target = output.tensor, entry.target or "t"
    if entry.target is None:
        net.add_tensor(Tensor("t", target.axes or (), "target", "t", labels), ("loss",))
    binding = {"y": output.tensor, "t": ending.target}
    for name in arrays:
        binding[name] = name
        ending.constants += _array(net, entry, name, dict(declared.arrays)[name], wiring.of_letter)
    for tensor in built.unit.tensors:
        if tensor.role == "value":
            code = "loss" if tensor.name == "L" else net.inner_name(tensor.name, "loss", "value")
            binding[tensor.name] = code
            net.add_tensor(Tensor(code, wiring.of_value(tensor.name), "value", f"loss.{tensor.name}"), ("loss",))
    constants = tuple((c, float(entry[c])) for c in built.constants)
    net.nodes.append(Node("loss", "loss", built.unit, tuple(binding.items()), wiring.numbers(), constants))
    _add_penalties(net, entry)
    return ending


def loss_keys(declared: Loss, entry: LossEntry) -> tuple[tuple[str, float | str | bool], ...]:
    """The keys of a loss with their values, defaults included; arrays of data left out."""
    arrays = dict(declared.arrays)
    keys = (k for k in keys_of("loss", declared) if k.name not in arrays and entry[k.name] is not None)
    return tuple((k.name, entry[k.name]) for k in keys)


# --- the output ---


def _output(net: Network) -> Value | None:
    """The layer that `outputs` names, or the last one; unread layers and inputs are reported."""
    names = net.spec.outputs or ()
    for position, name in enumerate(names):
        trail: Trail = ("outputs", position) if len(names) > 1 else ("outputs",)
        if name not in net.types:
            net.findings.add("E301", f"there is no layer {name!r}", trail, did_you_mean(name, net.types))
            net.lost = True
    if len(names) > 1:
        net.findings.add("E310", "several outputs are not available yet", ("outputs",))
    output = net.last if not names else net.values.get(names[0])
    net.read.update(names if output is None else (*names, output.owner))
    if isinstance(net.spec.loss, LossEntry) and net.spec.loss.target is not None:
        net.read.add(net.spec.loss.target)
    for value in net.values.values():
        if value.owner not in net.read and not net.lost:
            _report_unread(net, value)
    return output if len(names) <= 1 else None


def _report_unread(net: Network, value: Value) -> None:
    trail = value.trail
    if trail[0] == "layers" and net.spec.layers[int(trail[1])].name is not None:
        trail = (*trail, "name")
    net.findings.add(
        "E309", f"nothing reads {value.described}", trail, "let a layer read it, or remove it", key=trail[0] == "input"
    )


def _check_ending(net: Network, declared: Loss, output: Value) -> None:
    """The layer in front of the loss does not do what the loss does itself."""
    last = output.made_by[-1] if output.made_by else ""
    if last in declared.refuses_activation:
        owner = f"`{output.owner}`"
        message = f"{declared.type} takes logits, and holds the {_held(declared)} itself; {owner} ends in {last}"
        trail: Trail = (*output.trail, "activation") if len(output.made_by) > 1 else (*output.trail, "type")
        hint = "remove it: predict_proba still gives probabilities" if declared.probability else "remove it"
        net.findings.add("E311", message, trail, hint)


def _held(declared: Loss) -> str:
    return "softmax" if declared.target != "real" else "sigmoid"


def _same_axes(a: tuple[Axis, ...], b: tuple[Axis, ...]) -> bool:
    return len(a) == len(b) and all(same_size(x, y) for x, y in zip(a[1:], b[1:], strict=True))


def _check_target(net: Network, entry: LossEntry, labels: bool, output: Value | None) -> None:
    """A target that is an input has the kind of value that the loss asks for, and the output's shape."""
    if entry.target is None:
        return
    trail: Trail = ("loss", "target")
    if entry.target not in net.spec.input:
        hint = did_you_mean(entry.target, net.spec.input) or "leave it out: the target is then an argument of each call"
        net.findings.add("E301", f"there is no input {entry.target!r}", trail, hint)
    elif (net.spec.kind_of(entry.target) == "integer") != labels:
        wanted = "integer labels" if labels else "real numbers"
        net.findings.add("E304", f"{entry.type} compares with {wanted}, which `{entry.target}` does not hold", trail)
    elif output is not None and output.axes is not None:
        value = net.values[entry.target]
        axes = output.axes[:-1] if labels else output.axes
        if value.axes is not None and not _same_axes(value.axes, axes):
            target = f"the target `{value.owner}` has the shape {value.shape}"
            net.findings.add("E303", f"{target}, the output `{output.owner}` has {output.shape}", trail)


def _metric(net: Network, declared: Loss, output: Value | None) -> str:
    """The score: the loss's own, or the one that the spec asks for."""
    asked = net.spec.metric
    if asked is None:
        return declared.score
    if asked == "accuracy":
        columns = output.axes[-1] if output is not None and output.axes else None
        if declared.score == "r2" and columns is not None and columns.size == 1:
            message = (
                f"accuracy compares the largest of several outputs, and `{output.owner if output else ''}` has one"
            )
            net.findings.add("E312", message, ("metric",), "remove it, or use binary_cross_entropy")
        return "accuracy" if declared.score == "r2" else declared.score
    if declared.score != "r2":
        net.findings.add("E312", f"r2 compares numbers; {declared.type} has classes", ("metric",), "remove it")
    return "r2"


def _array(
    net: Network, entry: LossEntry, name: str, axes: str, of_letter: object
) -> list[tuple[str, tuple[float, ...]]]:
    """An array of data of the loss, such as class weights, as a constant of the network."""
    assert callable(of_letter)
    found: list[Axis] = [of_letter(letter) for letter in axes_of(axes)]
    values = entry[name]
    if shape(values) != tuple(axis.size for axis in found):
        given = "[" + ", ".join(str(n) for n in shape(values)) + "]"
        message = f"`{name}` has the shape {given}, the output asks for {shape_text(tuple(found))}"
        net.findings.add("E306", message, ("loss", name))
    if any(v < 0 for v in flat(values)) or not any(v > 0 for v in flat(values)):
        net.findings.add("E204", f"`{name}` must be at least 0, and not 0 everywhere", ("loss", name))
    net.add_tensor(Tensor(name, tuple(found), "constant", f"loss.{name}"), ("loss", name))
    return [(name, flat(values))]


# --- penalties ---


def _add_penalties(net: Network, entry: LossEntry) -> None:
    for declared in registry.penalties().values():
        strength = entry[declared.type]
        if strength:
            for parameter in net.parameters:
                if parameter.decayed:
                    _add_penalty(net, declared.type, float(strength), parameter)


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
