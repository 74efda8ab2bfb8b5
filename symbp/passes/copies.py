"""A value that is another one under a new name is not computed: what dropout leaves of itself in a prediction."""

from __future__ import annotations

from dataclasses import replace

from symbp.lower.model import Node, Program, Read, RoutineCall, Step, mapped

READ = ("value", "input", "block")  # arrays that nothing changes


def read_through_copies(program: Program) -> tuple[Program, str]:
    """Readers of a copy read what it is a copy of."""
    arrays = {a.name: a for a in program.arrays}
    instead: dict[str, str] = {}
    calls = (s.read for s in program.statements if isinstance(s, RoutineCall))
    # What these are given is an array as it lies, not numbers by letters: an image is no vector there.
    given = (*program.probabilities, *calls)
    as_it_lies = {*program.outputs, *(name for names in given for name in names)}

    def change(node: Node) -> Node:
        return replace(node, name=instead[node.name]) if isinstance(node, Read) and node.name in instead else node

    kept: list[Step] = []
    for s in program.statements:
        if isinstance(s, RoutineCall):
            kept.append(s.reading(instead))
            continue
        value = mapped(s.value, change)
        whole = s.definition and arrays[s.target].kind == "value" and s.axes
        copied = whole and isinstance(value, Read) and value.axes == s.axes
        source = arrays[value.name] if copied and isinstance(value, Read) else None
        source = None if source is None or source.kind not in READ else source
        if source is not None and (s.target not in as_it_lies or arrays[s.target].shape == source.shape):
            instead[s.target] = source.name
            continue
        kept.append(replace(s, value=value))
    done = replace(
        program,
        statements=tuple(kept),
        outputs=tuple(instead.get(name, name) for name in program.outputs),
        probabilities=tuple((instead.get(a, a), instead.get(b, b)) for a, b in program.probabilities),
    )
    return done, f"read through {', '.join(sorted(instead))}" if instead else ""
