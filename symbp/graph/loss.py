"""The losses of a network: what each reads and compares with, its node, its score."""

from __future__ import annotations

from dataclasses import dataclass, field

from symbp.graph.declared import axes_of
from symbp.graph.model import LossTerm, Node, Output, Target, Tensor
from symbp.graph.network import Network
from symbp.graph.site import Site
from symbp.graph.solving import claims_of
from symbp.graph.targets import add_targets
from symbp.graph.terms import Term, terms_of
from symbp.graph.units import Built
from symbp.graph.values import Value, shape_text
from symbp.graph.wiring import Wiring, fits, leading_count, wire
from symbp.library.declaration import Loss
from symbp.notation.expr import Reduce, Sym, walk
from symbp.notation.parser import statements
from symbp.notation.problems import FormulaErrors
from symbp.notation.source import TensorSource
from symbp.spec.arrays import flat, shape
from symbp.spec.tree import Trail
from symbp.spec.vocabulary import LossEntry, keys_of


@dataclass
class Ending:
    """What the losses of a network add to its graph."""

    outputs: list[Value]
    losses: list[LossTerm] = field(default_factory=list)
    targets: dict[str, Target] = field(default_factory=dict)  # by label
    constants: list[tuple[str, tuple[float, ...]]] = field(default_factory=list)

    def shown(self) -> tuple[Output, ...]:
        """The outputs, each with the first loss that reads nothing else."""
        readers = {t.reads: t.name for t in reversed(self.losses)}
        return tuple(Output(v.owner, v.tensor, readers.get((v.tensor,), "")) for v in self.outputs)


def add_losses(net: Network, outputs: list[Value] | None) -> Ending | None:
    """Every loss; None where one of them, or an output, has no known shape."""
    ending = Ending(outputs or [])
    terms = terms_of(net, outputs)
    good = [term is not None and _add(net, ending, term) for term in terms]
    complete = outputs is not None and all(value.axes is not None for value in outputs)
    return ending if complete and all(good) else None


def loss_keys(declared: Loss, entry: LossEntry) -> tuple[tuple[str, float | str | bool], ...]:
    """The keys of a loss with their values, defaults included; arrays of data left out."""
    arrays = dict(declared.arrays)
    keys = (k for k in keys_of("loss", declared) if k.name not in arrays and entry[k.name] is not None)
    return tuple((k.name, entry[k.name]) for k in keys)


def _add(net: Network, ending: Ending, term: Term) -> bool:
    """The node of one loss with its target; False where something is wrong, which is reported."""
    declared, entry = term.declared, term.entry
    if any(value.axes is None for value in term.reads):
        return False
    sources = tuple(TensorSource.read(text) for text in declared.inputs)
    good = [_fits(net, term, v, s) for v, s in zip(term.reads, sources, strict=True)]
    if not all(good):
        return False
    _check_ending(net, term)
    _check_ignored(net, term)
    leading = leading_count(term.reads[0], sources[0].axes)
    weighted = entry.weight != 1.0
    trail = ("define", "losses", declared.type)
    built = net.units.loss(declared, entry.__getitem__, term.labels, leading, trail, weighted=weighted)
    if built is None:
        return False
    reads = [(s.name, value) for s, value in zip(sources, term.reads, strict=True)]
    site = Site("loss" if term.alone else term.name, declared.type, term.trail)
    claims = [claim for name, value in reads for claim in claims_of(value, built.axes_of(name))]
    wiring = wire(site, built, claims, net.findings)
    if wiring is None:
        return False
    binding = {name: value.tensor for name, value in reads}
    found = add_targets(net, ending.targets, term, reads, wiring)
    if found is None:
        return False
    binding |= {local: target.tensor for local, target in found.items()}
    target = found["t"].name if "t" in found else ""
    others = tuple(t.name for local, t in found.items() if local != "t")
    value = _add_node(net, ending, term, wiring, binding)
    keys = loss_keys(declared, entry)
    tensors = tuple(v.tensor for _, v in reads)
    ending.losses.append(LossTerm(term.name, term.node, declared, keys, tensors, target, value, term.metric, others))
    return True


def _fits(net: Network, term: Term, value: Value, source: TensorSource) -> bool:
    site = Site("loss" if term.alone else term.name, term.declared.type, term.trail)
    return fits(site, value, source.axes, net.findings, everywhere=_acts_everywhere(term.declared))


def _acts_everywhere(declared: Loss) -> bool:
    """Whether a loss treats all axes alike: every sum or mean runs over all of them, and none is counted alone."""
    letters = {letter for text in declared.inputs for letter in TensorSource.read(text).letters}
    try:
        lines = [line for formula in declared.formulas for line in statements(formula.plain)]
    except FormulaErrors:  # reported where the definition is checked
        return False
    nodes = [node for line in lines for node in walk(line.right)]
    sums = [{index.name for index in node.bound} for node in nodes if isinstance(node, Reduce)]
    counted = {letter.upper() for letter in letters} & {node.name for node in nodes if isinstance(node, Sym)}
    return all(bound == letters for bound in sums) and not counted and not declared.target_axes


def _add_node(net: Network, ending: Ending, term: Term, wiring: Wiring, binding: dict[str, str]) -> str:
    """The node of a loss, its values made known; the name of the tensor that holds the loss before its weight."""
    built, suffix = wiring.built, term.suffix
    for name, axes in term.declared.arrays:
        if term.entry[name] is not None:
            binding[name] = name if term.alone else f"{name}_{suffix}"
            ending.constants += _array(net, term, name, binding[name], axes, wiring)
    for tensor in built.unit.tensors:
        if tensor.role == "value":
            code = _code(net, term, built, tensor.name)
            binding[tensor.name] = code
            label = f"{term.node}.{tensor.name}"
            net.add_tensor(Tensor(code, wiring.of_value(tensor.name), "value", label), term.trail)
    constants = tuple((c, float(term.entry[c])) for c in built.constants)
    net.nodes.append(Node(term.node, suffix, built.unit, tuple(binding.items()), wiring.numbers(), constants))
    return binding["L"]


def _code(net: Network, term: Term, built: Built, local: str) -> str:
    """The name in code of a value of a loss: ``loss`` for the only one, ``loss_classes`` for one of several."""
    if local == built.unit.output and term.alone:
        return "loss"
    return suffixed("loss", term) if local == "L" else net.inner_name(local, term.suffix, "value")


def suffixed(name: str, term: Term) -> str:
    return f"{name}_{term.suffix.removesuffix('_loss')}"


def _check_ending(net: Network, term: Term) -> None:
    """The layer in front of the loss does not do what the loss does itself."""
    declared, output = term.declared, term.reads[0]
    last = output.made_by[-1] if output.made_by else ""
    if last in declared.refuses_activation:
        owner = f"`{output.owner}`"
        message = f"{declared.type} takes logits, and holds the {_held(declared)} itself; {owner} ends in {last}"
        trail: Trail = (*output.trail, "activation") if len(output.made_by) > 1 else (*output.trail, "type")
        hint = "remove it: predict_proba still gives probabilities" if declared.probability else "remove it"
        net.findings.add("E311", message, trail, hint)


def _check_ignored(net: Network, term: Term) -> None:
    """Only an integer label can be left out."""
    key = term.declared.ignored
    if key and term.entry[key] is not None and not term.labels:
        form = term.declared.target
        message = f"`{key}` leaves an integer label out, and {term.declared.type} compares with {term.entry[form]}"
        net.findings.add("E312", message, (*term.trail, key), f"{form}: integer", key=True)


def _held(declared: Loss) -> str:
    return "softmax" if declared.target != "real" else "sigmoid"


def _array(
    net: Network, term: Term, name: str, code: str, axes: str, wiring: Wiring
) -> list[tuple[str, tuple[float, ...]]]:
    """An array of data of the loss, such as class weights, as a constant of the network."""
    found = [
        axis
        for axis in (wiring.of_letter(letter) for letters in axes_of(axes) for letter in letters)
        if axis is not None
    ]
    values, trail = term.entry[name], (*term.trail, name)
    if shape(values) != tuple(axis.size for axis in found):
        given = "[" + ", ".join(str(n) for n in shape(values)) + "]"
        message = f"`{name}` has the shape {given}, the output asks for {shape_text(tuple(found))}"
        net.findings.add("E306", message, trail)
    if any(v < 0 for v in flat(values)) or not any(v > 0 for v in flat(values)):
        net.findings.add("E204", f"`{name}` must be at least 0, and not 0 everywhere", trail)
    net.add_tensor(Tensor(code, tuple(found), "constant", f"{term.node}.{name}"), trail)
    return [(code, flat(values))]
