"""The losses of a spec before they are wired: their names, what they read, their scores."""

from __future__ import annotations

from dataclasses import dataclass

from symbp.graph.network import Network
from symbp.graph.values import Value
from symbp.library.declaration import Loss
from symbp.notation.problems import did_you_mean
from symbp.spec.tree import Trail
from symbp.spec.vocabulary import LossEntry

NOT_A_NAME = frozenset(("loss", "score", "epoch"))  # what a record of a training holds beside the losses


@dataclass(frozen=True, slots=True)
class Term:
    """One loss of the spec.  `alone`: it is the only one; then it is called ``loss``.  `node` names its node."""

    entry: LossEntry
    declared: Loss
    trail: Trail
    name: str
    reads: tuple[Value, ...]
    metric: str
    alone: bool
    node: str

    @property
    def labels(self) -> bool:
        """Whether its target holds integer labels."""
        target = self.declared.target
        return target == "integer" or (target not in ("real", "none") and self.entry[target] == "integer")

    @property
    def suffix(self) -> str:
        """What names of its values in code end in."""
        return "loss" if self.alone else f"{self.name.replace('.', '_')}_loss"


def terms_of(net: Network, outputs: list[Value] | None) -> list[Term | None]:
    """Every loss of the spec; None for one whose values are not known."""
    alone = len(net.spec.losses) == 1
    terms = [_term(net, entry, trail, outputs, alone) for entry, trail in net.spec.losses]
    twice = _check_names(net, [t for t in terms if t is not None and not alone])
    terms = [None if term in twice else term for term in terms]
    if net.spec.metric is not None and not alone:
        net.findings.add("E312", "each of several losses has a score of its own", ("metric",), "remove it")
    return terms


def _term(net: Network, entry: LossEntry, trail: Trail, outputs: list[Value] | None, alone: bool) -> Term | None:
    declared = net.vocabulary.declaration("loss", entry.type)
    if not isinstance(declared, Loss) or not isinstance(entry, LossEntry):
        return None
    if declared.target == "none" and entry.target is not None:
        message = f"{entry.type} compares nothing with a target"
        net.findings.add("E301", message, (*trail, "target"), "remove it", key=True)
    reads = _reads(net, entry, declared, trail, outputs)
    if alone:
        metric = _metric(net, declared, reads[0] if reads else None)
        name = "loss"
    else:
        metric = declared.score
        name = entry.name or (reads[0].owner if reads is not None and len(reads) == 1 else entry.type)
    if reads is None:
        return None
    node, taken = "loss" if alone else f"loss.{name}", {node.name for node in net.nodes}
    while node in taken:  # by a layer of this name
        node += "_"
    return Term(entry, declared, trail, name, tuple(reads), metric, alone, node)


def _reads(
    net: Network, entry: LossEntry, declared: Loss, trail: Trail, outputs: list[Value] | None
) -> list[Value] | None:
    """The values that a loss reads: those it names, else the output."""
    wanted = len(declared.inputs)
    if entry.inputs is None:
        if outputs is not None and (wanted > 1 or len(outputs) > 1):
            message = f"{entry.type} must say what it reads"
            names = ", ".join(text.partition("[")[0] for text in declared.inputs)
            hint = f"inputs: [{names}]" if wanted > 1 else f"inputs: {outputs[0].owner}"
            net.findings.add("E301", message, trail, hint)
            return None
        return outputs
    found: list[Value | None] = []
    for position, name in enumerate(entry.inputs):
        value = net.value(name)
        if value is None:
            place: Trail = (*trail, "inputs", position) if len(entry.inputs) > 1 else (*trail, "inputs")
            net.findings.add("E301", f"there is no layer {name!r}", place, did_you_mean(name, net.types))
            net.lost = True
        else:
            net.read.add(value.owner)
        found.append(value)
    if len(found) != wanted:
        number = "1 value" if wanted == 1 else f"{wanted} values"
        net.findings.add("E303", f"{entry.type} reads {number}, found {len(found)}", (*trail, "inputs"))
        return None
    known = [value for value in found if value is not None]
    return known if len(known) == len(found) else None


def _check_names(net: Network, terms: list[Term]) -> list[Term]:
    """Several losses have names of their own; returns those that have another one's."""
    seen: dict[str, Trail] = {}
    twice: list[Term] = []
    for term in terms:
        trail: Trail = (*term.trail, "name") if term.entry.name else term.trail
        if term.name in NOT_A_NAME or term.name.startswith("validation_"):
            message = f"a loss cannot be called {term.name!r}: records of a training use it for something else"
            net.findings.add("E209", message, trail, "choose another name")
        elif term.name in seen:
            line = net.findings.origin.line(seen[term.name])
            where = f" in line {line}" if line is not None else ""
            message = f"another loss has the name {term.name!r} already{where}"
            net.findings.add("E302", message, trail, "give this loss a name of its own")
            twice.append(term)
        seen.setdefault(term.name, term.trail)
    return twice


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
        what = "has classes" if declared.score else "compares nothing with a target"
        net.findings.add("E312", f"r2 compares numbers; {declared.type} {what}", ("metric",), "remove it")
    return "r2"
