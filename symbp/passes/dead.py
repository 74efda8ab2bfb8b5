"""What nothing reads is not computed: the first layer's dx, values of the plain form that the gradients do not need."""

from __future__ import annotations

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
    Statement,
    reads,
)
from symbp.passes.ledger import counted

ORDER = {BEFORE: 0, FORWARD: 1, PROBABILITY: 2, LOSS: 3, BACKWARD: 4, AFTER: 6, UPDATE: 7}  # "input x": 5


def drop_dead(program: Program) -> tuple[Program, str]:
    """Only what the outputs, the losses, the gradients, the probabilities, the states or the update depend on."""
    gradients = {a.name for a in program.arrays if a.kind in ("gradient", "state")}
    step = {*program.lasting, *gradients}
    apart = {name for _, name in program.probabilities}
    kept: list[Statement] = []
    dropped: list[str] = []
    for s in reversed(program.statements):
        if not isinstance(s, Statement):
            raise TypeError("dead statements are dropped before routines are made")
        wanted = apart if s.stage == PROBABILITY else step
        if s.stage != UPDATE and s.target not in wanted:
            dropped.append(s.target)
            continue
        if s.stage != UPDATE:
            wanted.update(reads(s.value))
        kept.append(s)
    # The probability continues after forward: what it reads there is kept by the output or by itself.
    statements = _inputs_apart(kept[::-1])
    count = sum(s.stage.startswith(INPUT) for s in statements)
    did = f"dropped {', '.join(dropped[::-1])}; " if dropped else ""
    did += f"for input gradients alone: {counted(count, 'statement')}"
    return replace(program, statements=tuple(statements)), did


def _inputs_apart(statements: list[Statement]) -> list[Statement]:
    """Backward statements that only input gradients read move to the stages of these inputs."""
    readers: dict[str, set[str]] = {}
    result: list[Statement] = []
    for s in reversed(statements):
        stages = sorted(readers.get(s.target, set()))
        if s.stage != BACKWARD or not stages or BACKWARD in stages:
            stages = [s.stage]
        if s.stage not in (UPDATE, PROBABILITY):
            for name in reads(s.value):
                readers.setdefault(name, set()).update(stages)
        result += [replace(s, stage=stage) for stage in reversed(stages)]
    result.reverse()
    return sorted(result, key=lambda s: ORDER.get(s.stage, 5))
