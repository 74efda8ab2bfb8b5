"""Local derivatives formed by the forward pass, where one array then waits for the backward pass instead of several.

``dz = da*(((z*(z**2*c + d))*(1 - u) + 1/2)*(u + 1))`` reads z and u, which nothing else reads by then: what da is
multiplied by is computed behind u, while all of it is at hand, and takes the memory of one of them.  Measured on a
block of a transformer with a gelu of 512 x 512 numbers: 1,120 microseconds for the gelu without its tanh, 910 so.  A
prediction that runs the same forward pass pays for it, 200 microseconds of 5,000 there.

Tried and left: the chains of the gelu in blocks of rows that fit into a cache of 512 kB (1,140 and 300 microseconds as
they are, 1,330 and 390 at best in blocks): up to the size of the last cache, calls cost more than memory.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from symbp.lower.model import (
    BACKWARD,
    FORWARD,
    LOSS,
    PROBABILITY,
    Apply,
    Array,
    Node,
    Program,
    Read,
    Scalar,
    Statement,
    Step,
    axes_of,
    blocks,
    free_name,
    product_of,
    read_arrays,
    reads,
    scaled,
    targets_of,
    views_of,
    walk,
)
from symbp.passes.contract import factors_of
from symbp.passes.ledger import Choice, Setting, cheapest, counted
from symbp.passes.machine import UNCACHED

LATE, EARLY = "by the backward pass", "by the forward pass"
BEFORE_GRADIENTS = (FORWARD, LOSS, PROBABILITY)


def derive_early(program: Program, setting: Setting) -> tuple[Program, str, tuple[Choice, ...]]:
    """Factors of gradients that the forward pass knows, computed by it where fewer arrays then wait."""
    if program.brief:
        return program, "", ()
    choices: list[Choice] = []
    count = 0
    for s in program.plain(BACKWARD):
        found = _known(s, program)
        if found is None:
            continue
        choices.append(_choice(s, found, setting))
        if choices[-1].chosen == EARLY:
            program = _moved(program, s, found)
            count += 1
    did = f"{counted(count, 'factor')} of gradients by the forward pass" if count else ""
    return program, did, tuple(choices)


@dataclass(frozen=True, slots=True)
class _Known:
    """The factors of a gradient that the forward pass knows, the others, and what is kept for the former alone.

    `before` are statements of the backward pass that come along: values that these factors alone read.
    """

    factors: tuple[Node, ...]
    others: tuple[Node, ...]
    kept: tuple[str, ...]
    before: tuple[Statement, ...]


def _known(s: Statement, program: Program) -> _Known | None:
    """The known factors of a product, where they are computed from several arrays as large as they are."""
    if s.loop or s.at or s.where or not s.axes:
        return None
    made = _made_once(program)
    before = _along(s, program, made)
    own = {o.target for o in before}
    factors, scalar = factors_of(s.value)
    known = [f for f in factors if not isinstance(f, Read) and _elementwise(f) and set(reads(f)) <= made | own]
    others = [f for f in factors if f not in known]
    if not known or not others or set(axes_of(product_of(known))) != set(s.axes):
        return None
    wanted = {name for f in others for name in reads(f)} | program.lasting
    if wanted & own:
        return None
    views = views_of(program.arrays)
    for o in program.statements:
        if o.stage not in BEFORE_GRADIENTS and o is not s and o not in before:
            wanted |= {*read_arrays(o, views)}
    trees = [*known, *(o.value for o in before)]
    whole = dict.fromkeys(n.name for f in trees for n in walk(f) if isinstance(n, Read) and set(n.axes) == set(s.axes))
    kept = tuple(name for name in whole if name not in wanted | own)
    return None if len(kept) < 2 else _Known(tuple(known), (scaled(product_of(others), scalar),), kept, before)


def _along(s: Statement, program: Program, made: set[str]) -> tuple[Statement, ...]:
    """Values of the backward pass that only this statement reads, and that follow from what the forward pass made."""
    readers = Counter(name for o in program.statements for name in read_arrays(o, {}))
    count = Counter(name for o in program.statements for name in targets_of(o))
    fixed = program.lasting | set(views_of(program.arrays).values())
    return tuple(
        o
        for o in program.plain(BACKWARD)
        if o.target in reads(s.value) and readers[o.target] == count[o.target] == 1 and o.target not in fixed
        if set(o.axes) == set(s.axes) and not (o.loop or o.at or o.where or o.accumulate)
        if _elementwise(o.value) and set(reads(o.value)) <= made
    )


def _made_once(program: Program) -> set[str]:
    """The values that one statement of the forward pass makes, outside of loops."""
    count = Counter(name for s in program.statements for name in targets_of(s))
    seen = set(views_of(program.arrays).values())
    own = (s for s in program.plain(FORWARD) if not (s.loop or s.at or s.accumulate))
    kinds = {a.name: a.kind for a in program.arrays}
    return {s.target for s in own if count[s.target] == 1 and s.target not in seen and kinds[s.target] == "value"}


def _elementwise(node: Node) -> bool:
    return all(isinstance(n, Apply | Read | Scalar) for n in walk(node))


def _choice(s: Statement, found: _Known, setting: Setting) -> Choice:
    """What waits for the backward pass is read from memory then."""
    numbers = setting.extent(s.axes)
    each = numbers * (setting.machine.elementwise(UNCACHED, 1) - setting.machine.call) / UNCACHED
    ways = ((LATE, len(found.kept) * each), (EARLY, each))
    reason = f"{', '.join(found.kept)} wait for it, or it waits alone"
    return cheapest(f"what {s.target} is multiplied by", ways, reason)


def _moved(program: Program, s: Statement, found: _Known) -> Program:
    """The program with the known factors behind the last of the forward pass that has to do with what they read."""
    arrays = {a.name: a for a in program.arrays}
    name = free_name(f"{s.target}_given", arrays)
    arrays[name] = Array(name, tuple(a.size for a in s.axes))
    early = Statement(name, s.axes, product_of([*found.factors]), FORWARD, s.equation, node=s.node)
    late = replace(s, value=product_of([*found.others, Read(name, s.axes, equation=s.equation)]))
    inside = {n for f in (*found.factors, *(o.value for o in found.before)) for n in reads(f)}
    moved = (*(replace(o, stage=FORWARD) for o in found.before), early)
    done, place = list[Step](), 0
    for block in blocks(program.statements):
        done += (late if o is s else o for o in block if o not in found.before)
        near = (inside & {*targets_of(o), *read_arrays(o, {})} for o in block)
        if block[0].stage == FORWARD and any(near):
            place = len(done)
    return replace(program, arrays=tuple(arrays.values()), statements=(*done[:place], *moved, *done[place:]))
