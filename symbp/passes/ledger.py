"""What passes choose by cost, for which setting, and by which rules; `symbp.passes.account` prints it.

A pass that chooses between equal programs by cost is a function of the program and the `Setting`; it returns, beside
the program and what it did, a `Choice` for each decision.  In the list of passes it stands as `ByCost(function)`:

    def lay_out(program: Program, setting: Setting) -> tuple[Program, str, tuple[Choice, ...]]:
        candidates = (("rows", setting.machine.product(m, n, k)), ("columns", setting.machine.product(n, m, k)))
        choice = cheapest("layout of z", candidates, "operands as they lie")  # of equal ones the first
        ... choice.chosen ...
        return program, "2 layouts", (choice,)

`setting.extent(axes)` counts places, those of free sizes guessed; all seconds are of one training step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, prod

from symbp.lower.model import Axis, Loop, Program, size_bound
from symbp.passes.machine import Machine
from symbp.passes.profile import default_machine

SAMPLES = 32  # the batch that prices are given for where nothing else is known
OTHER = 16  # and any other size that only the data fix


def counted(count: int, what: str) -> str:
    """``1 statement``, ``2 statements``."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Setting:
    """What costs are estimated for: a machine, and the sizes that only the data fix.

    The number of samples of a step is the spec's `train.batch_size`, other sizes are those of `train.typical_sizes`.
    """

    machine: Machine
    samples: int = SAMPLES
    sizes: tuple[tuple[str, int], ...] = ()

    def size(self, size: int | str) -> int:
        """A size, or a guess at one that only the data fix: of ``T + 2``, too."""
        return size if isinstance(size, int) else _guess(size, self.samples, self.sizes)

    def extent(self, axes: tuple[Axis, ...]) -> int:
        """How many places the axes have together."""
        return prod(self.size(a.size) for a in axes)

    def steps(self, loop: Loop | None) -> int:
        """How often what stands in a loop, or in none, is carried out."""
        return 1 if loop is None else ceil(self.extent((loop.axis, *loop.behind)) / max(loop.parts, 1))


@lru_cache(maxsize=1024)
def _guess(size: str, samples: int, sizes: tuple[tuple[str, int], ...]) -> int:
    known, free = size_bound(size)
    guesses = {**dict(sizes), "n": samples}
    return max(1, known + sum(factor * guesses.get(name, OTHER) for name, factor in free.items()))


def default_setting(samples: int = SAMPLES, sizes: tuple[tuple[str, int], ...] = ()) -> Setting:
    """The default machine."""
    return Setting(default_machine(), samples, sizes)


@dataclass(frozen=True, slots=True)
class Margin:
    """What another candidate has to save to be taken in the place of the `usual` one, so that errors of prices do not
    decide: a `share` of the seconds of that one, or so many `seconds` where these are more.

    `beside` are seconds of all candidates that do not count, because of `without`.
    """

    usual: str
    share: float
    seconds: float = 0.0
    beside: float = 0.0
    without: str = ""

    def least(self, costs: Mapping[str, float]) -> float:
        """How many seconds are enough."""
        share = self.share * (costs[self.usual] - self.beside)
        return max(share, self.seconds) if self.seconds else share

    def describe(self, costs: Mapping[str, float]) -> str:
        """The rule, with its seconds where it is about one of the candidates."""
        part = f"{self.share:.0%} of its time" + (f" without {self.without}" if self.without else "")
        shares = [part] if self.share else []
        seconds = [f"{1e6 * self.seconds:.1f} us"] if self.seconds else []
        known = f" ({1e6 * self.least(costs):.1f} us)" if self.share and not seconds and self.usual in costs else ""
        return f'anything but "{self.usual}" has to save {" and ".join((*shares, *seconds))}{known}'


@dataclass(frozen=True, slots=True)
class Near:
    """Of candidates that cost a `share` more than the cheapest one at most, the first of `wanted`, because of `why`."""

    share: float
    wanted: tuple[str, ...]
    why: str

    def describe(self, costs: Mapping[str, float]) -> str:
        """The rule, with its seconds."""
        return f"up to {self.share:.0%} more ({1e6 * self.share * min(costs.values()):.1f} us) is paid for {self.why}"


@dataclass(frozen=True, slots=True)
class Choice:
    """One decision by cost: what for, every candidate with its seconds a step, the chosen one, and the reason.

    Where the chosen one may be dearer than another one, a rule says why.
    """

    what: str
    candidates: tuple[tuple[str, float], ...]
    chosen: str
    reason: str
    rules: tuple[Margin | Near, ...] = ()

    def describe(self) -> list[str]:
        """The candidates, the cheapest first."""
        costs = dict(self.candidates)
        reasons = "; ".join((self.reason, *(rule.describe(costs) for rule in self.rules)))
        lines = [f"{self.what}: {self.chosen} ({reasons})"]
        width = max(len(name) for name, _ in self.candidates)
        for name, seconds in sorted(self.candidates, key=lambda c: c[1]):
            mark = "*" if name == self.chosen else " "
            lines.append(f"  {mark} {name:{width}} {1e6 * seconds:10.1f} us")
        return lines


def cheapest(what: str, candidates: tuple[tuple[str, float], ...], reason: str, *rules: Margin | Near) -> Choice:
    """The choice of the candidate with the least seconds; of equal ones the first.  Rules say when it is a dearer one.

    Margins are weighed here, so that none decides without being printed; only what is chosen jointly (layouts, and
    products over the same windows) names its own.
    """
    usual = {rule.usual for rule in rules if isinstance(rule, Margin)}
    others = [c for c in candidates if c[0] not in usual] or [*candidates]
    costs, (chosen, least) = dict(reversed(candidates)), min(others, key=lambda c: c[1])
    for rule in rules:
        if isinstance(rule, Near):
            chosen = next(name for name in rule.wanted if costs[name] <= (1 + rule.share) * least)
        elif costs[rule.usual] - least <= rule.least(costs):
            chosen = rule.usual
    return Choice(what, candidates, chosen, reason, rules)


Chooses = Callable[[Program, Setting], tuple[Program, str, tuple[Choice, ...]]]


@dataclass(frozen=True, slots=True)
class ByCost:
    """A pass that chooses by cost, as it stands in the list of passes."""

    run: Chooses


@dataclass(frozen=True, slots=True)
class Sized:
    """A pass that asks how long axes are, and does the same whatever calls cost."""

    run: Callable[[Program, Setting], tuple[Program, str]]
