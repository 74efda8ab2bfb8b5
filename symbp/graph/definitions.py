"""Definitions of a spec, checked whether something uses them or not."""

from __future__ import annotations

from symbp.graph.around import Around
from symbp.graph.modes import used
from symbp.graph.network import Network
from symbp.graph.training import check_optimizer
from symbp.library.choices import Options
from symbp.library.declaration import Activation, Formula, Key, Layer, Loss, Optimizer
from symbp.notation.problems import FormulaErrors
from symbp.notation.source import TensorSource
from symbp.spec.tree import Trail


def check_definitions(net: Network) -> None:
    """Elaborate every definition once, in its simplest use, and report what is wrong with it."""
    for _, entries in sorted(net.vocabulary.defined.items()):
        for name, declared in entries.items():
            if isinstance(declared, Layer):
                _check_layer(net, declared, ("define", "layers", name))
                _check_read(net, declared, declared.formulas[0], ("define", "layers", name))
            elif isinstance(declared, Activation):
                net.units.activation(declared, 1, ("define", "activations", name))
                _check_read(net, declared, declared.formula, ("define", "activations", name))
            elif isinstance(declared, Loss):
                trail: Trail = ("define", "losses", name)
                net.units.loss(declared, _defaults(declared.keys), declared.target == "integer", 1, trail)
            elif isinstance(declared, Optimizer):
                check_optimizer(declared, net.findings)


def _defaults(keys: tuple[Key, ...]) -> Options:
    values: dict[str, object] = {k.name: k.default for k in keys}
    return values.get


def _check_read(net: Network, declared: Layer | Activation, formula: Formula, trail: Trail) -> None:
    """Report what is drawn or kept and stands in no formula."""
    random = [(r.name, "random", "random array") for r in declared.random if r not in used(declared.random, formula)]
    states = declared.state if isinstance(declared, Layer) else ()
    for name, key, what in random + [(s.name, "state", "state") for s in states if s not in used(states, formula)]:
        net.findings.add("F139", f"the {what} {name!r} is never read", (*trail, key, name), "leave it out", key=True)


def _check_layer(net: Network, declared: Layer, trail: Trail) -> None:
    """The inputs, sizes and formula of a layer; a layer with wrong inputs is left at that."""
    letters: set[str] = set()
    good = True
    for position, text in enumerate(declared.inputs):
        here: Trail = (*trail, "input") if len(declared.inputs) == 1 else (*trail, "input", position)
        try:
            source = TensorSource.read(text)
        except FormulaErrors as error:
            net.findings.add_formula(error, here)
            good = False
            continue
        if source.letters[:1] != ("n",) or len(source.letters) < 2:
            message = f"the input {text!r} must have the letter n, for the batch, and letters of its own behind it"
            net.findings.add("E313", message, here, "x[n,i]")
            good = False
        letters.update(axis[0] for axis in source.axes if len(axis) == 1)
    said = [(letter, ("sizes", key)) for key, letter in declared.sizes]
    said += [(letter, ("extents", letter)) for letter, _ in declared.extents]
    for letter, where in said:
        if letter in letters:
            message = f"the axis {letter} has the size of the input's axis already"
            net.findings.add("E313", message, (*trail, *where), "take a letter that the input does not have")
            good = False
    if not good:
        net.refused.add(declared.type)
    else:
        net.units.layer(declared, _defaults(declared.keys), Around(), trail)
