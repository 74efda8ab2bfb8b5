"""A value that is another one under a new name is not computed: what dropout leaves of itself in a prediction."""

from __future__ import annotations

from dataclasses import replace

from symbp.lower.model import Program, Read, RoutineCall, Step

READ = ("value", "input", "block")  # arrays that nothing changes


def read_through_copies(program: Program) -> tuple[Program, str]:
    """Readers of a copy read what it is a copy of."""
    arrays = {a.name: a for a in program.arrays}
    instead: dict[str, str] = {}
    calls = (s.read for s in program.statements if isinstance(s, RoutineCall))
    # What these are given is an array as it lies, not numbers by letters: an image is no vector there.
    given = (*program.probabilities, *calls)
    as_it_lies = {*program.outputs, *(name for names in given for name in names)}

    kept: list[Step] = []
    for step in program.statements:
        if isinstance(step, RoutineCall):
            kept.append(step.reading(instead))
            continue
        s = step.reading(instead)
        value = s.value
        whole = s.definition and arrays[s.target].kind == "value" and s.axes
        copied = whole and isinstance(value, Read) and value.axes == s.axes
        source = arrays[value.name] if copied and isinstance(value, Read) else None
        source = None if source is None or source.kind not in READ else source
        if source is not None and (s.target not in as_it_lies or arrays[s.target].shape == source.shape):
            instead[s.target] = source.name
            continue
        kept.append(s)
    done = replace(
        program,
        statements=tuple(kept),
        outputs=tuple(instead.get(name, name) for name in program.outputs),
        probabilities=tuple((instead.get(a, a), instead.get(b, b)) for a, b in program.probabilities),
    )
    return done, f"read through {', '.join(sorted(instead))}" if instead else ""
