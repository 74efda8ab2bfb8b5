"""Equal blocks as one loop: where in a network's statements it stands, what it is given and what it gives back.

A block takes its input and gives its output with the samples first; so it does with their gradients.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from symbp.lower.copies import Run
from symbp.lower.layout import in_memory
from symbp.lower.lowering import Lowering
from symbp.lower.model import (
    AFTER,
    BACKWARD,
    BEFORE,
    FORWARD,
    INPUT,
    LOSS,
    Array,
    Axis,
    Body,
    Copies,
    Program,
    Read,
    Repeat,
    Scalar,
    Spread,
    Statement,
    targets_of,
)
from symbp.lower.scalars import ZERO
from symbp.lower.sized import LOSS_NAME

INFER, LOSS_OF_PREDICTION = "infer", "loss of prediction"  # parts of a prediction
START = "start"  # before the first step


@dataclass(frozen=True, slots=True)
class Repeated:
    """Equal blocks in the place of their nodes."""

    run: Run
    copies: Copies
    body: Body

    @property
    def source(self) -> str:
        return self.run.copies[0].read[self.run.carried]

    def forward(self, lowering: Lowering) -> None:
        """One statement: the output of the last block from the input of the first."""
        name = self.run.last
        arguments = (lowering.by_samples(self.source, FORWARD), *self._outside(lowering, FORWARD))
        lowering.arrays[name] = Array(name, lowering.shapes[name], "block")
        part = INFER if lowering.predicts else FORWARD
        lowering.statements.append(self._repeat(part, arguments, (name,), FORWARD))

    def penalties(self, lowering: Lowering) -> None:
        """What the parameters of all blocks add to the loss."""
        if self.does(LOSS):
            lowering.begun.add(LOSS_NAME)
            part = LOSS_OF_PREDICTION if lowering.predicts else LOSS
            lowering.statements.append(self._repeat(part, (), (LOSS_NAME,), FORWARD))

    def backward(self, lowering: Lowering) -> None:
        """One statement: the gradients of the parameters, and of what the first block reads."""
        given = f"d{self.run.last}"
        if given not in lowering.begun:
            return
        outside = self._outside(lowering, BACKWARD)
        adding = {name: self._begun(lowering, name) for name in self.run.outside if f"d{name}" in self.body.adding}
        gradient = f"d{self.source}_{self.copies.name}"
        lowering.arrays[gradient] = Array(gradient, lowering.shapes[self.source], "block")
        arguments, held = (given, *outside, *adding.values()), (lowering.by_samples(self.source, BACKWARD),)
        lowering.statements.append(self._repeat(BACKWARD, arguments, (gradient, *adding.values()), BACKWARD, held))
        self._add(lowering, self.source, gradient)
        for name, made in adding.items():
            if made != f"d{name}":
                self._add(lowering, name, made)

    def states(self, lowering: Lowering) -> None:
        for stage in (BEFORE, AFTER):
            if self.does(stage):
                source = (lowering.by_samples(self.source, stage),) if stage == AFTER else ()
                outside = self._outside(lowering, stage) if stage == AFTER else ()
                lowering.statements.append(self._repeat(stage, outside, (), stage, source))

    def start(self, lowering: Lowering) -> None:
        """First values of parameters that follow from others."""
        if self.body.program.start is not None:
            lowering.statements.append(self._repeat(START, (), (), FORWARD))

    def does(self, part: str) -> bool:
        """Whether a block has something to do in this part of a step."""
        own = [s for s in self.body.program.statements if s.stage == part]
        # What only gradients need waits in the stage of the loss until a pass moves it.
        return any(LOSS_NAME in targets_of(s) for s in own) if part == LOSS else bool(own)

    def _repeat(
        self, part: str, arguments: tuple[str, ...], targets: tuple[str, ...], stage: str, held: tuple[str, ...] = ()
    ) -> Repeat:
        return Repeat(self.copies.body, arguments, targets, stage, (), self.copies, part, held)

    def _outside(self, lowering: Lowering, stage: str) -> tuple[str, ...]:
        return tuple(lowering.by_samples(name, stage) for name in self.run.outside)

    def _begun(self, lowering: Lowering, name: str) -> str:
        """The array that every block adds its part of a gradient to; it holds what there is so far, or 0."""
        gradient, shape = f"d{name}", lowering.shapes[name]
        direct = lowering.roles[name] == "parameter" or (
            lowering.roles[name] == "value" and not lowering.orders.get(name)
        )
        made = gradient if direct else f"{gradient}_{self.copies.name}"
        if made in lowering.begun:
            return made
        kind, code = ("gradient", f"g.{name}") if lowering.roles[name] == "parameter" else ("value", "")
        lowering.arrays.setdefault(made, Array(made, shape, kind, code=code))
        axes = tuple(Axis(f"i{k}", size) for k, size in enumerate(shape))
        nothing = Spread(Scalar(ZERO), axes) if axes else Scalar(ZERO)
        lowering.statements.append(Statement(made, axes, nothing, BACKWARD))
        lowering.begun.add(made)
        return made

    def _add(self, lowering: Lowering, name: str, made: str) -> None:
        """A gradient by samples, added to that of an array as it lies."""
        gradient, shape, order = f"d{name}", lowering.shapes[name], lowering.orders.get(name, ())
        axes = tuple(Axis(f"i{k}", size) for k, size in enumerate(shape))
        stage = f"{INPUT}{name}" if lowering.roles[name] == "input" else BACKWARD
        if gradient not in lowering.arrays:
            lowering.arrays[gradient] = Array(gradient, in_memory(shape, order), turned=order)
            lowering.orders |= {gradient: order} if order else {}
        own, adds = in_memory(axes, order), gradient in lowering.begun
        lowering.statements.append(Statement(gradient, own, Read(made, axes), stage, accumulate=adds))
        lowering.begun.add(gradient)


def enter(lowering: Lowering, run: Run) -> None:
    """The arrays that a body is given: what all blocks read, and the gradients of these, to which it adds."""
    for name in run.outside:
        lowering.arrays[name] = replace(lowering.arrays[name], code="")
        gradient = f"d{name}"
        lowering.arrays[gradient] = Array(gradient, lowering.shapes[name], "gradient", code=gradient)
        lowering.begun.add(gradient)


def give(lowering: Lowering, output: str) -> None:
    """The array in which a body finds the gradient of its output, by samples."""
    order, shape, gradient = lowering.orders.get(output, ()), lowering.shapes[output], f"d{output}"
    lowering.begun.add(gradient)
    if not order:
        lowering.arrays[gradient] = Array(gradient, shape, "input")
        return
    given = f"d{output}_samples"
    axes = tuple(Axis(f"i{k}", size) for k, size in enumerate(shape))
    lowering.arrays[given] = Array(given, shape, "input")
    lowering.arrays[gradient] = Array(gradient, in_memory(shape, order), turned=order)
    lowering.orders[gradient] = order
    lowering.statements.append(Statement(gradient, in_memory(axes, order), Read(given, axes), BACKWARD))


def of_body(program: Program) -> Program:
    """The gradients of what a body reads belong to its backward pass."""
    order = {BACKWARD: 1, AFTER: 2}
    statements = [replace(s, stage=BACKWARD) if s.stage.startswith(INPUT) else s for s in program.statements]
    return replace(program, statements=tuple(sorted(statements, key=lambda s: order.get(s.stage, 0))), block=True)
