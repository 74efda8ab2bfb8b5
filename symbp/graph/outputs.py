"""The outputs of the network, and what nothing reads."""

from __future__ import annotations

from symbp.graph.network import Network
from symbp.graph.values import Value
from symbp.notation.problems import did_you_mean
from symbp.spec.tree import Trail
from symbp.spec.vocabulary import LossEntry


def outputs_of(net: Network) -> list[Value] | None:
    """The layers that `outputs` names, or the last one; None where one is not there."""
    names = net.spec.outputs or ()
    found: list[Value | None] = []
    for position, name in enumerate(names):
        trail: Trail = ("outputs", position) if len(names) > 1 else ("outputs",)
        value = net.value(name)
        if value is None:
            net.findings.add("E301", f"there is no layer {name!r}", trail, did_you_mean(name, net.types))
            net.lost = True
        elif name in names[:position]:
            net.findings.add("E302", f"the output `{name}` stands there twice", trail, "once is enough")
        found.append(value)
    if not names:
        found = [net.last]
    net.read.update(value.owner for value in found if value is not None)
    known = [value for value in found if value is not None]
    return known if len(known) == len(found) else None


def report_unread(net: Network) -> None:
    """Inputs and layers that no layer, loss or output reads."""
    for entry, _ in net.spec.losses:
        if isinstance(entry, LossEntry) and entry.target is not None:
            net.read.add(entry.target)
    for value in net.values.values():
        if value.owner not in net.read and not net.lost:
            named = value.owner in net.named
            trail = (*value.trail, "name") if named else value.trail
            hint = "let a layer read it, or remove it"
            is_input = value.trail[:1] == ("input",)
            net.findings.add("E309", f"nothing reads {value.described}", trail, hint, key=is_input)
