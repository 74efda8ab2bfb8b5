"""A spec with wrong keys and values -> the part of it that is right, so that one run can report all else as well.

What is wrong is left out: a value, an entry, in the end a whole layer, which then stands as one that was not read.
Where leaving something out would make right things look wrong (a name, an input, a size), there is no such part.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from pydantic import ValidationError

from symbp.spec.definitions import vocabulary_of
from symbp.spec.model import Spec
from symbp.spec.origin import Origin
from symbp.spec.strict import VERSION
from symbp.spec.tree import Trail
from symbp.spec.vocabulary import Vocabulary

UNREAD = "<unread>"  # the type of a layer, and of a loss, that was left out
_ROUNDS = 6
_STAND_INS = {"symbp": VERSION, "name": "unnamed", "loss": {"type": UNREAD}}
_NEEDED = ("input", "sizes")


def readable_part(data: dict[str, Any], origin: Origin) -> Spec | None:
    """The spec that `data` holds without what is wrong in it; None where nothing can be said of the rest."""
    left = deepcopy(data)
    given = vocabulary_of(data.get("define"))
    known = Vocabulary(given.defined, given.wrong | {("layer", UNREAD), ("loss", UNREAD)})
    for _ in range(_ROUNDS):
        try:
            return Spec.checked(left, known, origin)
        except ValidationError as error:
            trails = [tuple(e["loc"]) for e in error.errors(include_url=False)]
        # The last entries of lists first: those before them keep their places.
        done = [_leave_out(left, trail) for trail in sorted(set(trails), key=_order, reverse=True)]
        if not all(done):
            return None
    return None


def _order(trail: Trail) -> tuple[tuple[int, str], ...]:
    return tuple((step, "") if isinstance(step, int) else (-1, step) for step in trail)


def _leave_out(data: dict[str, Any], trail: Trail) -> bool:
    """Take away what is wrong at `trail`.  False where the rest cannot be judged without it."""
    if trail[-1:] == ("[key]",):
        trail = trail[:-1]
    if not trail or trail[0] in _NEEDED or trail == ("layers",):
        return False
    if trail[0] in _STAND_INS and (trail[0] != "loss" or _depth(data, trail) < 2):
        data[str(trail[0])] = deepcopy(_STAND_INS[str(trail[0])])
        return True
    if trail[0] == "layers":
        return _leave_out_of_layer(data["layers"], trail[1:])
    return _remove(data, trail)


def _leave_out_of_layer(layers: list[Any], trail: Trail) -> bool:
    """As `_leave_out`, where `trail` leads from a list of layers, which may be that of another layer."""
    index, inside = int(trail[0]), trail[1:]
    entry = layers[index]
    if not isinstance(entry, dict):
        layers[index] = {"type": UNREAD}
        return True
    if inside[:1] == ("layers",) and len(inside) > 1:
        if not isinstance(entry.get("layers"), list):  # the block was left out for another reason
            return True
        return _leave_out_of_layer(entry["layers"], inside[1:])
    if inside[:1] == ("name",):
        return False
    optional = inside[:1] in (("activation",), ("init",)) or (len(inside) == 1 and inside[0] not in ("type", "inputs"))
    if optional and inside[0] in entry and _remove(entry, inside):
        return True
    kept = {key: entry[key] for key in ("name",) if key in entry}
    layers[index] = {"type": UNREAD, **kept}
    return True


def _depth(data: Any, trail: Trail) -> int:
    """How many steps of the trail lead to something."""
    for count, step in enumerate(trail):
        inside = isinstance(data, dict) and step in data
        if not inside and not (isinstance(data, list) and isinstance(step, int) and step < len(data)):
            return count
        data = data[step]
    return len(trail)


def _remove(data: dict[str, Any], trail: Trail) -> bool:
    """Delete the value at `trail`, or the mapping that lacks it; an entry of a list goes with its list."""
    reached = trail[: _depth(data, trail)]
    if len(reached) < len(trail) and not reached:
        return True  # a required key of the spec itself is missing: a stand-in took its place, or it has a default
    while reached and isinstance(reached[-1], int):
        reached = reached[:-1]
    if not reached:
        return False
    holder: Any = data
    for step in reached[:-1]:
        holder = holder[step]
    if isinstance(holder, dict):
        holder.pop(reached[-1], None)
        return True
    return False
