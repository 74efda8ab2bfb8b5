"""Equal calls are made once: the exponential that both the sum and the quotient of a softmax need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from symbp.lower.model import (
    BACKWARD,
    FORWARD,
    LOSS,
    PROBABILITY,
    Program,
    Read,
    RoutineCall,
    Statement,
    Step,
    read_arrays,
    targets_of,
    views_of,
)
from symbp.passes.alike import form_of
from symbp.passes.ledger import counted


def share(program: Program) -> tuple[Program, str]:
    """The first of several equal calls serves all of them, within the part of a step where it has surely run."""
    fixed = set(program.lasting)
    fixed |= {a.name for a in program.arrays if a.kind not in ("value", "padded")}
    changed = _changed(program)  # what is added to later is another array, however it begins
    fixed |= changed
    kinds = {a.name: (a.dtype, a.kind) for a in program.arrays}
    views = views_of(program.arrays)
    versions: Counter[str] = Counter()
    seen: dict[object, Statement] = {}
    instead: dict[str, str] = {}
    result: list[Step] = []
    for s in program.statements:
        if isinstance(s, RoutineCall):
            versions.update(s.targets)
            result.append(s.reading(instead))
            continue
        if s.stage == PROBABILITY:
            result.append(s)
            continue
        s_now = s.reading(instead)
        key = (_key(s_now, versions, views), kinds[s.target])
        first = seen.get(key)
        if first is not None and s.target not in fixed and not s.accumulate and not s.at:
            instead[s.target] = first.target
            continue
        copies = isinstance(s_now.value, Read) and s_now.value.axes == s_now.axes
        if not copies and not s.accumulate and not s.at and s.target not in changed:
            seen.setdefault(key, s_now)
        versions[s.target] += 1
        result.append(s_now)
    did = f"{counted(len(instead), 'call')} made before" if instead else ""
    arrays = tuple(a for a in program.arrays if a.name not in instead)
    return replace(program, arrays=arrays, statements=tuple(result)), did


def _changed(program: Program) -> set[str]:
    """Names that are assigned more than once."""
    count = Counter(name for s in program.statements if s.stage != PROBABILITY for name in targets_of(s))
    return {name for name, k in count.items() if k > 1}


def _key(s: Statement, versions: Counter[str], views: Mapping[str, str]) -> tuple[object, ...]:
    """Equal for calls that give the same array: letters numbered, arrays with the count of their changes."""
    stage = "step" if s.stage in (FORWARD, LOSS, BACKWARD) else s.stage
    read = tuple((name, versions[name]) for name in read_arrays(s, views))
    return (stage, form_of(s.value, s.axes), read, s.where, s.loop)

