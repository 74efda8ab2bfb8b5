"""Products of small matrices as loops of kernels: what a call of BLAS costs beyond its numbers, loops do not.

Sums that grow with each row (gradients of weights and biases) are loops only within a step that is one compiled call.
Elsewhere they save less than a microsecond each; what they stand beside would go row by row instead of in one loop.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from symbp.lower.model import At, Fold, Statement, Step, contraction, grows, reads, walk
from symbp.notation.expr import Num
from symbp.passes.ledger import Choice, Margin, cheapest
from symbp.passes.looped import Looped

LOOPS, BLAS, NUMPY = "loops", "a call of BLAS", "a call of NumPy"
WORTH = 0.1  # of a call's time: a kernel that saves less is not worth compiling


@dataclass(frozen=True, slots=True)
class Contracted:
    """The products and sums of a program that loops carry out, each with the call that it stands in the place of."""

    prices: Looped
    whole: bool  # whether a step is one compiled call
    least: float = 0.0  # seconds that a kernel has to save
    calls: dict[int, Statement] = field(default_factory=dict)  # by the identity of what stands in their place
    choices: list[Choice] = field(default_factory=list)

    def chosen(self, statements: Iterable[Step]) -> list[Step]:
        """The statements, with sums of elements in the place of calls that cost more than these."""
        return [self.choose(s) if isinstance(s, Statement) else s for s in statements]

    def choose(self, s: Statement) -> Statement:
        other = in_loops(s, self.prices)
        if other is None or (isinstance(other.value, Fold) and grows(other.value) and not self.whole):
            return s
        loops, call = self.seconds(other, s)
        times, name = self.prices.setting.steps(s.loop), BLAS if self.whole else NUMPY
        reason = "a part of a step that is one call" if self.whole else "loops with a call, or one product"
        candidates = ((LOOPS, times * loops), (name, times * call))
        self.choices.append(cheapest(s.target, candidates, reason, *(() if self.whole else (Margin(name, WORTH),))))
        if self.choices[-1].chosen != LOOPS:
            return s
        self.calls[id(other)] = s
        return other

    def seconds(self, other: Statement, s: Statement) -> tuple[float, float]:
        """What loops cost and what the call does, from compiled code or from Python."""
        machine = self.prices.setting.machine
        work = self.prices.work(other)
        if self.whole:
            return work, self.prices.inside(s)
        return work + machine.loop("call") + machine.loop("array", 3), self.prices.called(s)

    def call(self, s: Statement) -> Statement:
        """A statement as a call."""
        return self.calls.get(id(s), s)


def in_loops(s: Statement, prices: Looped) -> Statement | None:
    """A product, or a sum of rows, as a sum of elements that loops add up; None where a statement is another one.

    Sums along rows are loops of kernels as they are.
    """
    fold = contraction(s.value)
    if fold is None or (fold is s.value and not grows(fold)) or not s.axes or s.accumulate or (s.loop and s.loop.parts):
        return None
    parts = [n for n in walk(fold.body) if isinstance(n, At)]
    real = all(prices.arrays[name].dtype == "real" for name in reads(fold))
    return replace(s, value=fold) if real and all(isinstance(n.place, Num) for n in parts) else None
