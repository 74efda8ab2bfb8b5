"""What the keys of an entry say of sizes and integers."""

from __future__ import annotations

from dataclasses import dataclass

from symbp.graph.around import numbered
from symbp.graph.declared import axes_of
from symbp.graph.model import Axis
from symbp.graph.network import Network
from symbp.graph.paddings import paddings_of
from symbp.graph.requirements import meets
from symbp.graph.site import Site
from symbp.graph.solving import NUMBER_IT, Claim, claim_of
from symbp.graph.values import Value, axis_text
from symbp.library.choices import Integers, integers_of
from symbp.library.declaration import Layer
from symbp.notation.expr import Sym
from symbp.notation.problems import did_you_mean
from symbp.notation.source import Axes
from symbp.spec.tree import Trail
from symbp.spec.vocabulary import LayerEntry


@dataclass(frozen=True, slots=True)
class Given:
    """The integers that formulas read, and the sizes of letters."""

    integers: Integers
    claims: list[Claim]


def sized_by_keys(
    net: Network, site: Site, entry: LayerEntry, declared: Layer, reads: list[tuple[Value, Axes]]
) -> Given | None:
    """What the keys of a layer come to, which reads these values with these letters; None where one is wrong."""

    def named(key: str, name: str) -> int | None:
        return sized(net, name, (*site.trail, key), call="fixed by each call; a layer's size is a number")

    integers = integers_of(declared, entry.__getitem__, named)
    if integers is None:
        return None
    shapes = {key.name for key in declared.keys if key.kind == "shape"}
    claims = [claim for key in shapes for claim in _shape_claims(net, site, declared, entry, key)]
    for key, letters in declared.sizes:
        size = integers[key] if key in integers else entry[key]
        if size is None:
            continue
        number = named(key, size) if isinstance(size, str) else size
        if number is None:
            return None
        claims.append(claim_of(axes_of(f"[{letters}]")[0], number, key))
    axes = _axes(reads, claims)
    places = _places(net, site, declared, entry, axes)
    padding = paddings_of(site, declared, entry.__getitem__, integers, axes, named, net.findings)
    if padding is None or places is None:
        return None
    found = integers | places | padding
    good = meets(declared.requires, entry.__getitem__, found, axes, site.trail, site, net.findings)
    return Given(found, claims) if good else None


def _shape_claims(net: Network, site: Site, declared: Layer, entry: LayerEntry, key: str) -> list[Claim]:
    """The sizes of the axes that a key lists; one that is -1 follows from the others."""
    (letter,) = next(k.dims for k in declared.keys if k.name == key)
    claims: list[Claim] = []
    for position, size in enumerate(entry[key]):
        letters = (numbered(letter, len(entry[key]))[position],)
        if isinstance(size, str) and net.spec.sizes.get(size) == "any":
            claims.append(claim_of(letters, Axis(letters[0], Sym(size, "size", True), None), key))
            continue
        number = sized(net, size, (*site.trail, key, position), call="") if isinstance(size, str) else size
        if number is not None and number > 0:
            claims.append(claim_of(letters, number, key))
    return claims


def _places(
    net: Network, site: Site, declared: Layer, entry: LayerEntry, axes: dict[str, Axis]
) -> dict[str, int] | None:
    """The places along an axis that keys name: from the end where they are negative, the end itself by default."""
    found: dict[str, int] = {}
    for key in declared.keys:
        if key.kind not in ("place", "index"):
            continue
        axis, value = axes[key.dims[0]], entry[key.name]
        if axis.size is None and (value is None or value < 0):
            message = f"{site} counts from the end of an axis whose size {axis_text(axis)} each call fixes"
            net.findings.add("E305", message, (*site.trail, key.name), NUMBER_IT)
            return None
        size = axis.size or 0
        last = size - (key.kind == "index")
        if value is not None and axis.size is not None and not -size <= value <= last:
            message = f"`{key.name}` of {site} must be from {-size} to {last}, found {value}"
            net.findings.add("E204", message, (*site.trail, key.name), f"the axis has {size} places")
            return None
        found[key.name] = size if value is None else value + size if value < 0 else value
    return found


def _axes(reads: list[tuple[Value, Axes]], claims: list[Claim]) -> dict[str, Axis]:
    """The axes of letters that inputs and keys size by themselves."""
    found: dict[str, Axis] = {}
    for value, letters in reads:
        for own, axis in zip(letters, value.axes or (), strict=False):
            if len(own) == 1:
                found[own[0]] = axis
    for claim in claims:
        if claim.alone:
            found.setdefault(claim.letters[0], claim.axes[0])
    return found


def sized(net: Network, size: int | str, trail: Trail, *, call: str) -> int | None:
    """A size as a number.  None where its name is unknown, or where it is `any`: then `call` says what is wrong."""
    if isinstance(size, int):
        return size
    known = net.spec.sizes.get(size)
    if known is None:
        hint = did_you_mean(size, net.spec.sizes) or "declare it under `sizes:`"
        net.findings.add("E301", f"there is no size {size!r}", trail, hint)
    elif isinstance(known, int):
        return known
    else:
        net.findings.add("E305", f"the size {size!r} is {call}", trail)
    return None
