"""What the keys of an entry choose: a formula, the pieces in it, and the parameters that it has."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from symbp.library.declaration import Condition, Formula, Key, Layer, Loss, Parameter, Piece

Options = Callable[[str], object]  # the value of a key; None where it is not given
Integers = dict[str, int]  # what formulas read: stride_h
Named = Callable[[str, str], int | None]  # the number behind the name of a size at a key; None: reported
_HOLE = re.compile(r"\{(\w+)\}")


def formula_of(declared: Layer | Loss, options: Options) -> tuple[str, Formula]:
    """The first formula whose conditions hold, its pieces put in; and a text that tells the choices apart.

    The condition True asks for a value that is neither 0 nor missing.
    """
    pieces = declared.pieces if isinstance(declared, Layer) else ()
    for number, formula in enumerate(declared.formulas):
        if applies(formula.when, options):
            taken = tuple(str(k) for k, piece in enumerate(pieces) if applies(piece.when, options))
            return "+".join((str(number), *taken)), filled(formula, pieces, options)
    raise LookupError("no formula of the declaration applies")


def filled(formula: Formula, pieces: tuple[Piece, ...], options: Options) -> Formula:
    """The formula with the text of a piece in the place of each ``{name}``."""
    if not pieces:
        return formula
    plain, inference, before, after = (
        _with_pieces(text, pieces, options, False)
        for text in (formula.plain, formula.inference, formula.before, formula.after)
    )
    differs = formula.safe or any(p.safe and applies(p.when, options) for p in pieces)
    safe = _with_pieces(formula.safe or formula.plain, pieces, options, True) if differs else ""
    safe = "" if safe == plain else safe
    return replace(formula, plain=plain, safe=safe, inference=inference, before=before, after=after)


def _with_pieces(text: str, pieces: tuple[Piece, ...], options: Options, safe: bool) -> str:
    def chosen(hole: re.Match[str]) -> str:
        found = next((p for p in pieces if p.name == hole.group(1) and applies(p.when, options)), None)
        if found is None:
            return ""
        return _with_pieces(found.safe if safe and found.safe else found.text, pieces, options, safe)

    return _HOLE.sub(chosen, text)


def parameters_of(declared: Layer, options: Options) -> tuple[Parameter, ...]:
    """The parameters that the layer has with these keys."""
    there = (p for p in declared.parameters if applies(p.conditions, options))
    return tuple(replace(p, axes=_with_pieces(p.axes, declared.pieces, options, False)) for p in there)


def all_parameters(declared: Layer) -> tuple[Parameter, ...]:
    """Every parameter that the layer may have, its axes as they are where other keys have their defaults."""
    usual: dict[str, object] = {key.name: key.default for key in declared.keys}
    options = [{**usual, **dict(p.conditions)}.get for p in declared.parameters]
    axes = [_with_pieces(p.axes, declared.pieces, o, False) for p, o in zip(declared.parameters, options, strict=True)]
    return tuple(replace(p, axes=a) for p, a in zip(declared.parameters, axes, strict=True))


def with_given(declared: Layer, options: Options) -> Layer:
    """The layer with the inputs that keys name as inputs of its own, behind the others."""
    named = tuple(text for key, text in declared.given if options(key) is not None)
    return replace(declared, inputs=(*declared.inputs, *named), given=()) if declared.given else declared


def applies(when: tuple[Condition, ...], options: Options) -> bool:
    """Do all conditions hold?"""
    return all(_holds(options(key), value) for key, value in when)


def _holds(given: object, wanted: object) -> bool:
    if wanted is None:
        return given is None
    if isinstance(wanted, bool):
        return (given is not None and given is not False and given != 0) is wanted
    return given == wanted


def integer_keys(declared: Layer | Loss, options: Options) -> Integers:
    """The keys that are one integer each, as far as they are given."""
    given = {key.name: options(key.name) for key in declared.keys if key.kind == "integer"}
    return {name: int(str(value)) for name, value in given.items() if value is not None}


def integers_of(declared: Layer, options: Options, named: Named) -> Integers | None:
    """The integers of a layer by the names that formulas read, padding apart; None where a size has a wrong name."""
    found = integer_keys(declared, options)
    for key in declared.keys:
        if key.kind == "integers":
            values = [named(key.name, v) if isinstance(v, str) else v for v in per_dimension(declared, key, options)]
            known = [value for value in values if isinstance(value, int)]
            if len(known) < len(values):
                return None
            found |= {f"{key.name}_{dim}": value for dim, value in zip(key.dims, known, strict=True)}
    return found


def per_dimension(declared: Layer, key: Key, options: Options) -> list[object]:
    """The value of an "integers" or "padding" key for each dimension; a default may be that of another key."""
    value = options(key.name)
    other = next((k for k in declared.keys if isinstance(value, str) and k.name == value and k is not key), None)
    if other is not None and value == key.default:
        return per_dimension(declared, other, options)
    return list(value) if isinstance(value, list | tuple) else [value] * len(key.dims)


def integers_alone(declared: Layer, options: Options) -> Integers:
    """The integers of a layer outside of a spec: no names of sizes, "same" and "valid" come to 0, an end to 3."""
    found = integers_of(declared, options, lambda key, name: 0) or {}
    given = {key.name: options(key.name) for key in declared.keys if key.kind in ("place", "index")}
    found |= {name: value if isinstance(value, int) else 3 for name, value in given.items()}
    for key in declared.keys:
        if key.kind == "padding":
            values = [v if isinstance(v, int) else 0 for v in per_dimension(declared, key, options)]
            found |= {
                f"{name}_{dim}": v for name in (key.name, "after") for dim, v in zip(key.dims, values, strict=True)
            }
    return found
