"""What the losses of a network compare with: arrays that calls give, or inputs."""

from __future__ import annotations

from collections.abc import Sequence

from symbp.graph.model import Axis, Target, Tensor
from symbp.graph.network import Network
from symbp.graph.terms import Term
from symbp.graph.values import Value, same_size, shape_text
from symbp.graph.wiring import Wiring
from symbp.library.declaration import Compared
from symbp.notation.problems import did_you_mean


def add_targets(
    net: Network, known: dict[str, Target], term: Term, reads: Sequence[tuple[str, Value]], wiring: Wiring
) -> dict[str, Target] | None:
    """What a loss that reads these values compares with, by the names in its formula; None where one is wrong."""
    found: dict[str, Target | None] = {}
    if term.declared.target != "none":
        found["t"] = _add_target(net, known, term, _axes(reads, wiring, "t"))
    for other in term.declared.compared:
        found[other.name] = _add_other(net, known, term, other, _axes(reads, wiring, other.name))
    good = {local: target for local, target in found.items() if target is not None}
    return good if len(good) == len(found) else None


def _axes(reads: Sequence[tuple[str, Value]], wiring: Wiring, local: str) -> tuple[Axis, ...]:
    """The axes of a target of a loss that reads these values; an axis that one of them has is the same one."""
    known: dict[str, Axis] = {}
    for name, value in reads:
        for letter, axis in zip(wiring.built.letters(name), value.axes or (), strict=True):
            known.setdefault(letter, axis)
    own = dict(zip(wiring.built.letters(local), wiring.of_value(local), strict=True))
    return tuple(known.get(letter, axis) for letter, axis in own.items())


def _add_target(net: Network, known: dict[str, Target], term: Term, axes: tuple[Axis, ...]) -> Target | None:
    """The target of a loss, new or that of another loss; None where something is wrong, which is reported."""
    wanted = term.entry.target
    if wanted is not None and (term.alone or wanted in net.spec.input):
        if not _input_fits(net, term, wanted, axes):
            return None
        return known.setdefault(wanted, Target(_name(term, wanted), "y" if term.alone else wanted, wanted))
    label = "y" if term.alone else wanted or term.name
    if label in known:
        return known[label] if _same(net, term, net.tensors[known[label].tensor], axes) else None
    name = _name(term, label)
    net.add_tensor(Tensor(name, axes, "target", "t" if term.alone else label, term.labels), term.trail)
    return known.setdefault(label, Target(name, label, name))


def _add_other(
    net: Network, known: dict[str, Target], term: Term, other: Compared, axes: tuple[Axis, ...]
) -> Target | None:
    """A further array that a loss compares with, labelled by its name, after that of one of several losses."""
    label = other.name if term.alone else f"{term.name}_{other.name}"
    if label in net.spec.input or label in known:
        what = "an input" if label in net.spec.input else "another target"
        message = f"{term.entry.type} compares with an array {label!r}, and {what} has that name"
        net.findings.add("E302", message, term.trail, "give the other one another name")
        return None
    name = f"t_{label.replace('.', '_')}"
    net.add_tensor(Tensor(name, axes, "target", label, other.integer), term.trail)
    return known.setdefault(label, Target(name, label, name))


def _name(term: Term, label: str) -> str:
    return "t" if term.alone else f"t_{label.replace('.', '_')}"


def _input_fits(net: Network, term: Term, wanted: str, axes: tuple[Axis, ...]) -> bool:
    """Whether an input has the kind of value that the loss asks for, and the shape."""
    entry, trail = term.entry, (*term.trail, "target")
    if wanted not in net.spec.input:
        hint = did_you_mean(wanted, net.spec.input) or "leave it out: the target is then an argument of each call"
        net.findings.add("E301", f"there is no input {wanted!r}", trail, hint)
        return False
    if (net.spec.kind_of(wanted) == "integer") != term.labels:
        kind = "integer labels" if term.labels else "real numbers"
        net.findings.add("E304", f"{entry.type} compares with {kind}, which `{wanted}` does not hold", trail)
        return False
    value, output = net.values[wanted], term.reads[0]
    if value.axes is not None and not _same_axes(value.axes, axes):
        target = f"the target `{value.owner}` has the shape {value.shape}"
        reads = f"the output `{output.owner}` has {output.shape}"
        if shape_text(axes[1:]) != output.shape:
            reads += f", which asks for {shape_text(axes[1:])}"
        net.findings.add("E303", f"{target}, {reads}", trail)
        return False
    return True


def _same(net: Network, term: Term, other: Tensor, axes: tuple[Axis, ...]) -> bool:
    """Whether a loss may share the target of another one."""
    trail = (*term.trail, "target")
    if other.integer != term.labels:
        net.findings.add("E304", f"one loss takes labels in the target `{other.label}`, another numbers", trail)
        return False
    if not _same_axes(other.axes, axes):
        message = f"two losses share the target `{other.label}`, of shape {shape_text(other.axes[1:])} for one of them"
        net.findings.add("E303", f"{message} and {shape_text(axes[1:])} for the other", trail)
        return False
    return True


def _same_axes(a: Sequence[Axis], b: Sequence[Axis]) -> bool:
    return len(a) == len(b) and all(same_size(x, y) for x, y in zip(a[1:], b[1:], strict=True))


