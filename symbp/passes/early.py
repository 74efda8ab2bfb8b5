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
    factors_of,
    free_name,
    product_of,
    read_arrays,
    reads,
    scaled,
    targets_of,
    uses_of,
    views_of,
    walk,
)
from symbp.passes.described import slope
from symbp.passes.ledger import Choice, Setting, cheapest, counted
from symbp.passes.machine import UNCACHED

LATE, EARLY = "by the backward pass", "by the forward pass"
BEFORE_GRADIENTS = (FORWARD, LOSS, PROBABILITY)


def derive_early(program: Program, setting: Setting) -> tuple[Program, str, tuple[Choice, ...]]:
    """Factors of gradients that the forward pass knows, computed by it where fewer arrays then wait."""
    if program.brief:
        return program, "", ()
    choices: list[Choice] = []
    count, uses, gone = 0, _uses(program), set[str]()
    for s in program.plain(BACKWARD):
        found = _known(s, uses) if s.target not in gone else None
        if found is None:
            continue
        choices.append(_choice(s, found, setting))
        if choices[-1].chosen == EARLY:
            program = _moved(program, s, found)
            count, uses, gone = count + 1, _uses(program), gone | {o.target for o in found.before}
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


@dataclass(frozen=True, slots=True)
class _Uses:
    """What a program does with its values: found once, since every statement of the backward pass asks for it.

    `made` are values that one statement of the forward pass makes outside of loops, `alone` those statements of the
    backward pass whose value one other statement reads, `later` how many statements behind the forward pass and the
    loss read an array, `lasting` what outlasts the passes.
    """

    made: set[str]
    alone: dict[str, tuple[int, Statement]]
    later: Counter[str]
    lasting: frozenset[str]
    views: dict[str, str]


def _uses(program: Program) -> _Uses:
    views = views_of(program.arrays)
    places = uses_of(program.statements, {})
    once = {name for name, found in places.made.items() if len(found) == 1}
    alone_read = {name for name, found in places.read.items() if len(found) == 1}
    seen = set(views.values())
    kinds = {a.name: a.kind for a in program.arrays}
    own = (s for s in program.plain(FORWARD) if not (s.loop or s.at or s.accumulate))
    made = {s.target for s in own if s.target in once and s.target not in seen and kinds[s.target] == "value"}
    alone = {
        o.target: (k, o)
        for k, o in enumerate(program.plain(BACKWARD))
        if o.target in once & alone_read and o.target not in program.lasting | seen
        if o.definition and _elementwise(o.value) and set(reads(o.value)) <= made
    }
    behind = (o for o in program.statements if o.stage not in BEFORE_GRADIENTS)
    later = Counter(name for o in behind for name in {*read_arrays(o, views)})
    return _Uses(made, alone, later, frozenset(program.lasting), views)


def _known(s: Statement, uses: _Uses) -> _Known | None:
    """The known factors of a product, where they are computed from several arrays as large as they are."""
    if not s.whole or not s.axes:
        return None
    before = _along(s, uses)
    own = {o.target for o in before}
    factors, scalar = factors_of(s.value)
    known = [f for f in factors if not isinstance(f, Read) and _elementwise(f) and set(reads(f)) <= uses.made | own]
    others = [f for f in factors if f not in known]
    if not known or not others or set(axes_of(product_of(known))) != set(s.axes):
        return None
    wanted = {name for f in others for name in reads(f)} | uses.lasting
    if wanted & own:
        return None
    here = Counter(name for o in (s, *before) for name in {*read_arrays(o, uses.views)})
    trees = [*known, *(o.value for o in before)]
    whole = dict.fromkeys(n.name for f in trees for n in walk(f) if isinstance(n, Read) and set(n.axes) == set(s.axes))
    kept = tuple(name for name in whole if name not in wanted | own and uses.later[name] <= here[name])
    return None if len(kept) < 2 else _Known(tuple(known), (scaled(product_of(others), scalar),), kept, before)


def _along(s: Statement, uses: _Uses) -> tuple[Statement, ...]:
    """Values of the backward pass that only this statement reads, and that follow from what the forward pass made."""
    found = [uses.alone[name] for name in dict.fromkeys(reads(s.value)) if name in uses.alone]
    return tuple(o for _, o in sorted(found, key=lambda row: row[0]) if set(o.axes) == set(s.axes))


def _elementwise(node: Node) -> bool:
    return all(isinstance(n, Apply | Read | Scalar) for n in walk(node))


def _choice(s: Statement, found: _Known, setting: Setting) -> Choice:
    """What waits for the backward pass is read from memory then."""
    numbers = setting.extent(s.axes)
    each = numbers * setting.machine.each(UNCACHED, 1)
    ways = ((LATE, len(found.kept) * each), (EARLY, each))
    reason = f"{', '.join(found.kept)} wait for it, or it waits alone"
    return cheapest(f"what {s.target} is multiplied by", ways, reason)


def _moved(program: Program, s: Statement, found: _Known) -> Program:
    """The program with the known factors behind the last of the forward pass that has to do with what they read."""
    arrays = {a.name: a for a in program.arrays}
    name = free_name(slope(s.target), arrays)
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
