"""A batch in micro-batches: parts that go through the network one after the other, their gradients added up.

Values of a whole batch of images fill more memory than any cache has, and each is out of the cache again when the
backward pass reads it.  Parts take as many more calls, and for each part another pass over all gradients: it pays for
networks with few parameters and many values.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from symbp.lower.model import (
    BACKWARD,
    FORWARD,
    GRAD,
    LOSS,
    PROBABILITY,
    THETA,
    Array,
    MicroBatches,
    Program,
    Repeat,
    RoutineCall,
    Statement,
    Step,
    kept,
    read_arrays,
    targets_of,
    views_of,
)
from symbp.passes.ledger import Choice, Margin, Near, Setting, cheapest, counted
from symbp.passes.pricing import Pricing

STAGES = (FORWARD, LOSS, BACKWARD)
PREDICTION = (FORWARD, PROBABILITY, LOSS)
BYTES = {"real": 4, "bool": 1, "index": 8}
FAR = 64 << 20  # bytes: values that fill twice the last cache of a large machine
WORTH = 0.05  # of the time of the whole batch: for a smaller gain nothing is cut
FREE = 0.02  # of the time of the whole batch, for parts that save memory of `FAR` and more
OUTSIDE = ("parameter", "gradient", THETA, GRAD, "state", "input", "target", "scalar")


@dataclass(frozen=True, slots=True)
class Part:
    """What a step costs in parts of `size` samples: seconds, and the bytes of the values of a part."""

    size: int
    seconds: float
    bytes: int

    def text(self, samples: int) -> str:
        """How a person calls it."""
        whole = "the whole batch" if self.size == samples else f"micro-batches of {self.size}"
        return f"{whole}, {_mb(self)}"


def choose_micro_batch(program: Program, setting: Setting) -> tuple[MicroBatches | None, Choice | None]:
    """The micro-batches of a program that is done for the whole batch; None where that stays whole.

    They are what the spec says, or what costs the least time.
    """
    micro, samples = program.micro, setting.samples
    if micro is None or micro.inseparable or micro.wanted == 0:
        return None, None
    if program.hessian is not None and any(a.kind == "random" for a in program.arrays):
        return None, None  # its products draw for the whole batch
    if micro.wanted is not None:
        own = _part(program, setting, micro.wanted)
        return replace(micro, size=own.size, reason=f", as the spec says: {_needs(own)}"), None
    parts = {p.text(samples): p for p in (_part(program, setting, size) for size in _sizes(samples))}
    (usual, whole), *_ = parts.items()
    rule: Margin | Near = Margin(usual, WORTH)
    reason = "calls, and what a cache still has when it is read again"
    if whole.bytes >= FAR and whole.seconds <= min(p.seconds for p in parts.values()):
        reason, rule = "the values of the batch lie in no cache", Near(FREE, tuple(reversed(parts)), "less memory")
    costs = tuple((name, p.seconds) for name, p in parts.items())
    choice = cheapest("samples at a time", costs, reason, rule)
    best = parts[choice.chosen]
    if best is whole:
        return None, choice
    needs = f": {_needs(best)}, and a cache still has them in the backward pass; those of {samples} take {_mb(whole)}"
    return replace(micro, size=best.size, reason=needs), choice


def _needs(part: Part) -> str:
    return f"the values of {counted(part.size, 'sample')} take {_mb(part)}"


def _mb(part: Part) -> str:
    return f"{part.bytes / 1e6:.1f} MB" if part.bytes >= 1e5 else f"{part.bytes / 1e3:.1f} kB"


def with_rows(program: Program, setting: Setting) -> Program:
    """The program with the number of samples of a prediction that are computed together: as fill no more than `FAR`.

    Where samples cannot be told apart, another number would give other predictions and losses.
    """
    micro, made = program.micro, _prediction(program)
    if micro is None or micro.inseparable:
        return program
    rows = micro.size or micro.rows
    while rows > setting.samples and _bytes(made, replace(setting, samples=rows), PREDICTION) > FAR:
        rows //= 2
    return replace(program, micro=replace(micro, rows=rows))


def _prediction(program: Program) -> Program:
    """The program of a prediction, with the blocks of training."""
    return program if program.inference is None else replace(program.inference, bodies=program.bodies)


def _sizes(samples: int) -> list[int]:
    """The batch, its half and so on, as long as a part has a sample: parts are equal but for the last one."""
    return list(dict.fromkeys(math.ceil(samples / 2**k) for k in range(samples.bit_length())))


def _part(program: Program, setting: Setting, size: int) -> Part:
    count, own = math.ceil(setting.samples / size), replace(setting, samples=size)
    machine, numbers = setting.machine, program.parameter_count
    adding = machine.elementwise(numbers, 1) + machine.elementwise(numbers, 2)  # a share of what a part gives
    seconds = setting.samples / size * _seconds(program, own)
    return Part(size, seconds + (count * adding if count > 1 else 0.0), _bytes(program, own))


def _seconds(program: Program, setting: Setting, stages: tuple[str, ...] = STAGES) -> float:
    """The seconds of these stages of a program that is done, blocks included."""
    pricing, found = Pricing(setting, {o.node: o.layer for o in program.origins}), 0.0
    for s in program.statements:
        if s.stage not in stages:
            continue
        if isinstance(s, Statement):
            found += pricing.seconds(s) * setting.steps(s.loop)
        elif isinstance(s, Repeat):
            found += s.copies.count * _seconds(_body(program, s), setting, carried_out(s))
    return found


def _body(program: Program, s: Repeat) -> Program:
    return next(b.program for b in program.bodies if b.graph.name == s.copies.body)


def carried_out(s: Repeat) -> tuple[str, ...]:
    """The stages of a body that a loop over blocks carries out."""
    return (FORWARD, s.part) if s.copies.checkpoint and s.part == BACKWARD else (s.part,)


def _bytes(program: Program, setting: Setting, stages: tuple[str, ...] = STAGES) -> int:
    """The memory of the values of these stages, in float32; blocks in full."""
    step = [s for s in program.statements if s.stage in stages]
    found = _memory(program, setting, _names(program, step))
    for body, count in {s.copies.body: s.copies.count for s in step if isinstance(s, Repeat)}.items():
        own = next(b.program for b in program.bodies if b.graph.name == body)
        every, mine = _bytes(own, setting), _memory(own, setting, set(kept(own)))
        found += every + (count - 1) * mine
    return found


def _names(program: Program, step: list[Step]) -> set[str]:
    """The values that statements make and read."""
    views = views_of(program.arrays)
    calls = (s for s in step if isinstance(s, Statement | RoutineCall))
    return {name for s in calls for name in (*read_arrays(s, views), *(views.get(t, t) for t in targets_of(s)))}


def _memory(program: Program, setting: Setting, names: set[str]) -> int:
    """The bytes of the buffers in which values lie."""
    arrays, owner = {a.name: a for a in program.arrays}, {p.name: p.owner for p in program.places}
    buffers = {owner.get(name, name) for name in names} & set(arrays)
    return sum(_size(arrays[b], setting) for b in sorted(buffers) if arrays[b].kind not in OUTSIDE)


def _size(array: Array, setting: Setting) -> int:
    sizes = zip(array.shape, array.padding or ((0, 0),) * len(array.shape), strict=True)
    return BYTES[array.dtype] * math.prod(setting.size(size) + before + after for size, (before, after) in sizes)
