"""What each pass did, saved and chose, in numbers that a person can check (``symbp show --stage passes``).

Later passes make a step cheaper still, so that what one of them weighs may be more than what the whole step takes in
the end: above its choices stands what the step took at that point.
"""

from __future__ import annotations

from dataclasses import dataclass

from symbp.lower.model import Apply, Fold, Node, OneHot, Pick, Product, Program, RoutineCall, Spread, axes_of, walk
from symbp.passes.estimate import estimate
from symbp.passes.ledger import Choice, Setting, counted


@dataclass(frozen=True, slots=True)
class Price:
    """What one step costs: array operations, arithmetic in them, numbers read and written."""

    operations: int
    arithmetic: int
    traffic: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One pass: what it is, what it did, a step before and after it, and what was chosen by cost.

    The price of a step is computed when it is asked for: pricing takes as long as the passes.
    """

    name: str
    doc: str
    did: str
    old: Program
    new: Program
    setting: Setting
    choices: tuple[Choice, ...] = ()
    unpriced: str = ""  # why the pass needs no price

    @property
    def before(self) -> Price:
        return price(self.old, self.setting)

    @property
    def after(self) -> Price:
        return price(self.new, self.setting)

    def describe(self) -> list[str]:
        """What it did and saved, then what it chose, below the time of a step as the program was then."""
        lines = [f"{self.name}: {self.doc}", f"    {self.did or 'nothing to do'}"]
        lines.append(f"    {_change(self.before, self.after)}")
        lines += [f"    whatever calls cost: {self.unpriced}"] if self.did and self.unpriced else []
        if self.choices:
            times = (f"{1e6 * estimate(p, self.setting).total:,.1f} us" for p in (self.old, self.new))
            lines.append(f"    estimated time of a step at this point: {' -> '.join(dict.fromkeys(times))}")
        return [*lines, *(f"    {line}" for choice in self.choices for line in choice.describe())]


@dataclass(frozen=True, slots=True)
class Ledger:
    """All passes in their order, and what a step takes after the last."""

    entries: tuple[Entry, ...]
    setting: Setting
    estimate: tuple[str, ...] = ()  # the time of a step by the costs of the machine, line by line
    micro: Choice | None = None  # of how many samples pass through the network together
    whole: int = 0  # the samples of the whole batch, where those of the setting are a part of it

    def describe(self) -> str:
        """The estimate of a step, then pass by pass what it did, saved and chose."""
        samples, machine = self.setting.samples, self.setting.machine
        step = f"a micro-batch of {counted(samples, 'sample')} out of {self.whole}" if self.whole else ""
        step = step or f"a step with {samples} samples"
        lines = [f"prices of {step}: array operations, arithmetic, numbers read and written"]
        lines.append(f"choices by the costs of the machine {machine.name!r} ({machine.processor}, {machine.libraries})")
        lines += [*self.estimate, *(() if self.micro is None else self.micro.describe()), ""]
        for entry in self.entries:
            lines += [*entry.describe(), ""]
        return "\n".join(lines)


def _change(before: Price, after: Price) -> str:
    if before == after:
        return "no change in price"
    return ", ".join(
        f"{name} {old:,} -> {new:,}"
        for name, old, new in (
            ("operations", before.operations, after.operations),
            ("arithmetic", before.arithmetic, after.arithmetic),
            ("traffic", before.traffic, after.traffic),
        )
    )


def price(program: Program, setting: Setting) -> Price:
    """The price of one training step: forward, loss, backward and update."""
    operations = arithmetic = traffic = 0
    for s in program.statements:
        if isinstance(s, RoutineCall) or s.stage not in ("forward", "loss", "backward", "update"):
            continue
        for node in walk(s.value):
            if not isinstance(node, Apply | Fold | Product | Pick | OneHot | Spread):
                continue
            operations += 1
            arithmetic += _arithmetic(node, setting)
            traffic += sum(setting.extent(axes_of(c)) for c in (node, *node.children))
    return Price(operations, arithmetic, traffic)


def _arithmetic(node: Node, setting: Setting) -> int:
    match node:
        case Product():
            return 2 * setting.extent(tuple(dict.fromkeys((*axes_of(node.left), *axes_of(node.right)))))
        case Fold():
            return setting.extent(axes_of(node.body))
    return setting.extent(axes_of(node))
