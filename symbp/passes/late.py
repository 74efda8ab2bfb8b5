"""What the loss does not need is computed by the backward pass, just before it is read: evaluation never pays."""

from __future__ import annotations

from dataclasses import replace

from symbp.lower.model import (
    BACKWARD,
    INPUT,
    LOSS,
    PROBABILITY,
    UPDATE,
    Loop,
    Program,
    RoutineCall,
    Statement,
    Step,
    reads,
)


def compute_late(program: Program) -> tuple[Program, str]:
    """Values that only gradients read, moved from the loss to the gradients."""
    done = list(program.statements)
    moved: list[str] = []
    for s in reversed(program.statements):
        if not isinstance(s, Statement) or s.stage != LOSS or s.target == "loss" or not s.definition:
            continue
        readers = [i for i, other in enumerate(done) if _reads(other, s.target)]
        stages = {done[i].stage for i in readers}
        if not readers or not all(stage == BACKWARD or stage.startswith(INPUT) for stage in stages):
            continue
        if len(stages) > 1 and BACKWARD not in stages:
            continue
        place, reader = done.index(s), readers[0]
        while _loop(done[reader]) is not None and _loop(done[reader - 1]) == _loop(done[reader]):
            reader -= 1  # in front of the whole loop
        done.insert(reader, replace(s, stage=done[reader].stage))
        done.pop(place)
        moved.append(s.target)
    return replace(program, statements=tuple(done)), f"moved {', '.join(sorted(moved))}" if moved else ""


def _loop(s: Step) -> Loop | None:
    return s.loop if isinstance(s, Statement) else None


def _reads(s: Step, name: str) -> bool:
    if s.stage in (PROBABILITY, UPDATE):
        return False
    return name in (s.arguments if isinstance(s, RoutineCall) else reads(s.value))
