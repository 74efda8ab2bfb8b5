"""An entry of the library by its name, with its gradient derived: what `symbp show dense` prints."""

from __future__ import annotations

import difflib

from symbp.derive.equality import show_equal
from symbp.derive.model import UnitDerivation
from symbp.derive.network import closed_forms
from symbp.errors import Problem, SpecError
from symbp.graph.around import alone
from symbp.graph.findings import Findings
from symbp.graph.model import Unit
from symbp.graph.units import Units
from symbp.graph.variadic import expanded, fewest
from symbp.library import registry
from symbp.library.declaration import (
    REQUIRED,
    Activation,
    Clip,
    Declaration,
    Key,
    Layer,
    Loss,
    Parametrization,
    Penalty,
)
from symbp.report.entry import entry_text
from symbp.spec.origin import Origin
from symbp.spec.vocabulary import keys_of

SAMPLES = {"number": 0.5, "boolean": True, "shape": [2, 3], "order": [2, 1]}  # values of keys that have no default
KINDS = {
    "layers": "layer",
    "blocks": "layer",
    "activations": "activation",
    "losses": "loss",
    "penalties": "penalty",
    "optimizers": "optimizer",
    "clips": "clip",
    "schedules": "schedule",
    "parametrizations": "parametrization",
    "initializers": "initializer",
}
RANK = 2  # a penalty is shown for a parameter with two axes


def describe(name: str) -> str:
    """The text of every entry of this name, such as "dense".  Raises SpecError, with a suggestion."""
    found = [(kind, entries[name]) for kind, entries in registry.kinds().items() if name in entries]
    if not found:
        names = sorted({key for entries in registry.kinds().values() for key in entries})
        near = difflib.get_close_matches(name, names, n=1)
        hint = (
            f"did you mean {near[0]!r}?"
            if near
            else "`symbp list` shows all entries; a spec is a path that ends in .yaml"
        )
        raise SpecError(Problem("C701", f"there is no spec and no entry of the library {name!r}", hint=hint))
    return "\n\n".join(_text(kind, declaration) for kind, declaration in found)


def _text(plural: str, declaration: Declaration) -> str:
    kind = KINDS[plural]
    return entry_text(declaration, kind, keys(kind, declaration), derivations(declaration))


def keys(kind: str, declaration: Declaration) -> tuple[Key, ...]:
    """All keys that a spec may give to an entry; penalties and clips have none, they are keys themselves."""
    return () if isinstance(declaration, Penalty | Clip) else keys_of(kind, declaration)


def derivations(declaration: Declaration) -> list[tuple[str, UnitDerivation]]:
    """The derived units of an entry: one for each of the options that change its formula, the defaults first."""
    if isinstance(declaration, Penalty):
        return [("", derived(Units(Findings(Origin())).penalty(declaration, RANK).unit, {}))]
    if isinstance(declaration, Parametrization):
        findings = Findings(Origin())
        built = Units(findings).parametrization(declaration, (False, True), ())
        findings.raise_all()
        return [("", derived(built.unit, defaults(declaration)))] if built is not None else []
    if not isinstance(declaration, Layer | Activation | Loss):
        return []
    made: dict[Unit, tuple[str, UnitDerivation]] = {}
    for changed in variants(declaration):
        unit = unit_of(declaration, {**defaults(declaration), **changed})
        if unit is not None and unit not in made:
            text = ", ".join(f"{key}: {str(value).lower()}" for key, value in changed.items())
            made[unit] = (text, derived(unit, defaults(declaration)))
    return list(made.values())


def variants(declaration: Layer | Activation | Loss) -> list[dict[str, object]]:
    """No change; each boolean key turned around; each other choice; each number or array that a formula depends on."""
    made: list[dict[str, object]] = [{}]
    conditions = conditions_of(declaration)
    for key in declaration.keys:
        if key.kind == "boolean":
            made.append({key.name: not key.default})
        elif key.kind == "value" and key.name in conditions:
            made.append({key.name: "given"})
        elif key.kind in ("integer", "size") and key.default is None and key.name in conditions:
            made.append({key.name: max(1, int(key.minimum or 0))})
        elif key.kind == "number" and key.name in conditions:
            made.append({key.name: 0.1})
        made += [{key.name: choice} for choice in key.choices if choice != key.default]
    arrays = declaration.arrays if isinstance(declaration, Loss) else ()
    made += [{name: "given"} for name, _ in arrays]
    return made


def conditions_of(declaration: Layer | Activation | Loss) -> set[str]:
    """The keys that the formula of an entry depends on."""
    formulas = () if isinstance(declaration, Activation) else declaration.formulas
    pieces = declaration.pieces if isinstance(declaration, Layer) else ()
    chosen = [formula.when for formula in formulas] + [piece.when for piece in pieces]
    return {key for when in chosen for key, _ in when}


def defaults(declaration: Declaration) -> dict[str, object]:
    """The value of every key, where it has none one that will do."""
    own = () if isinstance(declaration, Penalty | Clip) else declaration.keys
    return {key.name: _default(key) for key in own}


def _default(key: Key) -> object:
    if key.default != REQUIRED:
        return key.default
    if key.choices:
        return key.choices[0]
    return SAMPLES.get(key.kind, max(3, int(key.minimum or 0)))


def unit_of(declaration: Layer | Activation | Loss, values: dict[str, object]) -> Unit | None:
    """The unit of a declaration with one leading axis, and one of space where it has such.

    Raises SpecError where its formula is wrong.
    """
    findings = Findings(Origin())
    units, options = Units(findings), values.get
    match declaration:
        case Layer():
            built = units.layer(expanded(declaration, fewest(declaration)), options, alone(declaration, options), ())
        case Activation():
            built = units.activation(declaration, 1, ())
        case Loss():
            labels = declaration.target == "integer" or values.get(declaration.target) == "integer"
            built = units.loss(declaration, options, labels, 1, ())
    findings.raise_all()
    return built.unit if built is not None else None


def derived(unit: Unit, values: dict[str, object]) -> UnitDerivation:
    """The unit derived as a section of its own, with the constants of `values`."""
    plain, safe = closed_forms(unit)
    constants = {key: float(v) for key, v in values.items() if isinstance(v, int | float) and not isinstance(v, bool)}
    return UnitDerivation(1, unit, plain, safe, show_equal(unit, plain, safe, constants))
