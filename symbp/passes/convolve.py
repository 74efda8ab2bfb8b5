"""Which program carries out each product over windows: as patches, shifted taps or blocks, by what its calls cost.

The convolution and its gradients by kernel and image are chosen together, since patches, blocks and stacks of one are
often those of another, and are then made once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product as every

from symbp.lower.model import INPUT, Array, Program, Statement, Step, reads
from symbp.passes.beside import with_neighbours
from symbp.passes.ledger import Choice, Margin, Setting, counted
from symbp.passes.pricing import Key, Pricing, total
from symbp.passes.programs import PATCHES, Way, program_of, shown, ways_of
from symbp.passes.relations import Windowed, windowed

KEPT = 12  # programs of a statement that are tried with those of the others
PLAIN = "patches for all of them"
WORTH = 0.03  # of what patches cost: for less, they stay


@dataclass(frozen=True, slots=True)
class Candidate:
    """One program of a statement: its statements, and the seconds of its calls."""

    ways: tuple[Way, ...]
    calls: Mapping[Key, float]


def choose_programs(program: Program, setting: Setting) -> tuple[Program, str, tuple[Choice, ...]]:
    """Products over windows carried out in the way that costs least."""
    arrays = {a.name: a for a in program.arrays}
    layers = {o.node: o.layer for o in program.origins}
    found = [windowed(s) if isinstance(s, Statement) else None for s in program.statements]
    groups: dict[str, list[int]] = {}
    for k, w in enumerate(found):
        if w is not None and w.relations and not w.s.stage.startswith(INPUT):
            groups.setdefault(w.s.node, []).append(k)
    pricing = Pricing(setting)
    choices, ways = list[Choice](), dict[int, tuple[Way, ...]]()
    for node, places in groups.items():
        members = [w for k in places if (w := found[k]) is not None]
        alone = [_candidates(w, layers.get(node, ""), _of(w, arrays), setting) for w in members]
        options = [_beside(w, own, program, pricing) for w, own in zip(members, alone, strict=True)]
        chosen, priced = _chosen(members, options)
        ways.update(zip(places, (c.ways for c in chosen), strict=True))
        choices += priced
    done: list[Step] = []
    for k, s in enumerate(program.statements):
        w = found[k]
        made = program_of(w, ways[k], layers.get(w.s.node, ""), arrays) if w is not None and k in ways else None
        if made is None:
            done.append(s)
            continue
        statements, arrays = made
        done += statements
    count = len([k for k in ways if found[k] and set(ways[k]) != {PATCHES}])
    did = f"{counted(count, 'product')} over windows in another way than as patches" if count else ""
    return replace(program, arrays=tuple(arrays.values()), statements=tuple(done)), did, tuple(choices)


def _chosen(
    members: list[Windowed], options: list[tuple[Candidate, ...]]
) -> tuple[tuple[Candidate, ...], list[Choice]]:
    """The candidate for each of some statements that share patches and matrices, and what it was chosen from."""
    plain = tuple(own[0] for own in options)
    best, least = plain, (1 - WORTH) * total(c.calls for c in plain)
    for combined in every(*(sorted(own, key=lambda c: total([c.calls]))[:KEPT] for own in options)):
        seconds = total(c.calls for c in combined)
        if seconds < least:
            best, least = combined, seconds
    choices = []
    for k, (w, own) in enumerate(zip(members, options, strict=True)):
        prices = tuple((shown(c.ways), total(o.calls for o in (*best[:k], c, *best[k + 1 :]))) for c in own)
        what, reason = f"windows of {w.s.target}", "with the calls that it shares with others"
        choices.append(Choice(what, prices, shown(best[k].ways), reason, (Margin(PLAIN, WORTH),)))
    return best, choices


def _of(w: Windowed, arrays: Mapping[str, Array]) -> tuple[Array, ...]:
    """The arrays of a statement."""
    return tuple(arrays[name] for name in dict.fromkeys((w.s.target, *reads(w.s.value))))


def _beside(
    w: Windowed, own: tuple[Candidate, ...], program: Program, pricing: Pricing
) -> tuple[Candidate, ...]:
    """The programs of a statement with what each of them makes of the calls beside it."""
    return tuple(replace(c, calls=with_neighbours(w, c.ways, c.calls, program, pricing)) for c in own)


@lru_cache(maxsize=512)
def _candidates(w: Windowed, layer: str, own: tuple[Array, ...], setting: Setting) -> tuple[Candidate, ...]:
    """All programs of a statement; that of patches first.  Layouts are compared by them too, so they are kept."""
    pricing, arrays, found = Pricing(setting, {w.s.node: layer}), {a.name: a for a in own}, []
    for ways in ways_of(w):
        made = program_of(w, ways, layer, arrays)
        if made is not None:
            statements, known = made
            found.append(Candidate(ways, pricing.calls(statements, known, arrays)))
    return tuple(found)
