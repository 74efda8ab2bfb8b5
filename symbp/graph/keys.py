"""What the keys of an entry say of sizes and integers."""

from __future__ import annotations

from dataclasses import dataclass

from symbp.graph.declared import axes_of
from symbp.graph.model import Axis
from symbp.graph.network import Network
from symbp.graph.paddings import paddings_of
from symbp.graph.values import Value
from symbp.graph.wiring import Claim, Site, claim_of
from symbp.library.choices import Integers, integers_of
from symbp.library.declaration import Layer
from symbp.notation.problems import did_you_mean
from symbp.notation.source import TensorSource
from symbp.spec.tree import Trail
from symbp.spec.vocabulary import LayerEntry


@dataclass(frozen=True, slots=True)
class Given:
    """The integers that formulas read, and the sizes of letters."""

    integers: Integers
    claims: list[Claim]


def sized_by_keys(
    net: Network, site: Site, entry: LayerEntry, declared: Layer, reads: list[tuple[Value, TensorSource]]
) -> Given | None:
    """What the keys of a layer come to, which reads these values; None where one of them is wrong."""

    def named(key: str, name: str) -> int | None:
        return sized(net, name, (*site.trail, key), call="fixed by each call; a layer's size is a number")

    integers = integers_of(declared, entry.__getitem__, named)
    if integers is None:
        return None
    claims: list[Claim] = []
    for key, letters in declared.sizes:
        size = integers[key] if key in integers else entry[key]
        if size is None:
            continue
        number = named(key, size) if isinstance(size, str) else size
        if number is None:
            return None
        claims.append(claim_of(axes_of(f"[{letters}]")[0], number, key))
    axes = _axes(reads, claims)
    padding = paddings_of(site, declared, entry.__getitem__, integers, axes, named, net.findings)
    return None if padding is None else Given(integers | padding, claims)


def _axes(reads: list[tuple[Value, TensorSource]], claims: list[Claim]) -> dict[str, Axis]:
    """The axes of letters that inputs and keys size by themselves."""
    found: dict[str, Axis] = {}
    for value, source in reads:
        own = [axis for axis in source.axes if axis != ("n",)]
        for letters, axis in zip(reversed(own), reversed(value.axes or ()), strict=False):
            if len(letters) == 1:
                found[letters[0]] = axis
    for claim in claims:
        if len(claim.letters) == 1:
            found.setdefault(claim.letters[0], claim.axis)
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
