"""What nothing reads is not computed: the first layer's dx, values of the plain form that the gradients do not need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from symbp.lower.model import (
    AFTER,
    BACKWARD,
    BEFORE,
    FORWARD,
    INPUT,
    LOSS,
    PROBABILITY,
    UPDATE,
    Program,
    Repeat,
    Step,
    blocks,
    read_arrays,
    targets_of,
    views_of,
)
from symbp.passes.ledger import counted

ORDER = {BEFORE: 0, FORWARD: 1, PROBABILITY: 2, LOSS: 3, BACKWARD: 4, AFTER: 6, UPDATE: 7}  # "input x": 5
Block = list[Step]  # one statement, or those of a loop


def drop_dead(program: Program) -> tuple[Program, str]:
    """Only what the outputs, the losses, the gradients, the probabilities, the states or the update depend on."""
    gradients = {a.name for a in program.arrays if a.kind in ("gradient", "state", "parameter")}
    step = {*program.lasting, *gradients}
    apart = {name for _, name in program.probabilities}
    views = views_of(program.arrays)
    kept: list[Block] = []
    dropped: list[str] = []
    for block in reversed(blocks(program.statements)):  # a loop as a whole: its statements depend on each other
        stage, targets = block[0].stage, {views.get(name, name) for s in block for name in targets_of(s)}
        wanted = apart if stage == PROBABILITY else step
        if stage != UPDATE and not targets & wanted and not isinstance(block[0], Repeat):
            dropped += [name for s in reversed(block) for name in targets_of(s)]
            continue
        if stage != UPDATE:
            wanted.update(name for s in block for name in read_arrays(s, views))
        kept.append(block)
    # The probability continues after forward: what it reads there is kept by the output or by itself.
    statements = _inputs_apart(kept[::-1], views)
    count = sum(s.stage.startswith(INPUT) for s in statements)
    did = f"dropped {', '.join(dropped[::-1])}; " if dropped else ""
    did += f"for input gradients alone: {counted(count, 'statement')}"
    return replace(program, statements=tuple(statements)), did


def _inputs_apart(found: list[Block], views: Mapping[str, str]) -> list[Step]:
    """Backward statements that only input gradients read move to the stages of these inputs."""
    readers: dict[str, set[str]] = {}
    result: list[Block] = []
    for block in reversed(found):
        stages = sorted(set().union(*(readers.get(views.get(t, t), set()) for s in block for t in targets_of(s))))
        if block[0].stage != BACKWARD or not stages or BACKWARD in stages or isinstance(block[0], Repeat):
            stages = [block[0].stage]
        if block[0].stage not in (UPDATE, PROBABILITY):
            for name in {name for s in block for name in read_arrays(s, views)}:
                readers.setdefault(name, set()).update(stages)
        result += [[replace(s, stage=stage) for s in block] for stage in reversed(stages)]
    result.reverse()
    return [s for block in sorted(result, key=lambda b: ORDER.get(b[0].stage, 5)) for s in block]
