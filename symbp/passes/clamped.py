"""Maxima and minima with a number: with an array that holds the number everywhere they are four times as fast.

NumPy compares two contiguous arrays in vectors, but an array and a number one by one: 0.7 ns for each place against
0.15, where a sum costs the same either way.  So ``maximum(z, 0)``, the relu, has zeros of its shape beside it.  Of a
long array they are the last dimensions only, which then meet one part after the other: a part of less than 8,192
numbers loses by the calls of the inner loop what it saves in memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from symbp.lower.model import (
    PROBABILITY,
    UPDATE,
    Apply,
    Array,
    Axis,
    Program,
    Read,
    Scalar,
    Statement,
    Step,
    free_name,
)
from symbp.notation.expr import Num
from symbp.passes.ledger import Choice, Setting, cheapest, counted

SINGLY = 0.55e-9  # seconds more for each number that is compared with one number
SHORT = 1024  # numbers: for less, nothing is to be gained
PART = 8192  # numbers of the array beside a long one, at least
NAMES = {0.0: "zeros", 1.0: "ones"}


def compare_with_arrays(program: Program, setting: Setting) -> tuple[Program, str, tuple[Choice, ...]]:
    """Maxima and minima of long arrays and a number, with an array of this number."""
    work = _Arrays({a.name: a for a in program.arrays}, setting)
    statements = tuple(work.statement(s) for s in program.statements)
    did = f"{counted(work.count, 'number')} as an array" if work.count else ""
    return replace(program, arrays=tuple(work.arrays.values()), statements=statements), did, tuple(work.choices)


@dataclass(slots=True)
class _Arrays:
    arrays: dict[str, Array]
    setting: Setting
    known: dict[tuple[float, tuple[int | str, ...]], str] = field(default_factory=dict)
    choices: list[Choice] = field(default_factory=list)
    count: int = 0

    def statement(self, s: Step) -> Step:
        match s:
            case Statement(
                value=Apply("maximum" | "minimum" as function, (Read() as z, Scalar(value=Num(value=value)))) as call
            ) if s.stage not in (UPDATE, PROBABILITY) and s.axes == z.axes and not s.at:
                pass
            case _:
                return s
        numbers = self.setting.extent(s.axes)
        if numbers < SHORT or self.arrays[z.name].dtype != "real":
            return s
        machine = self.setting.machine
        candidates = (
            ("a number", machine.elementwise(numbers, 2, None, function) + SINGLY * numbers),
            ("an array", machine.elementwise(numbers, 3, None, function)),
        )
        choice = cheapest(f"{s.target}, {function} with {float(value):g}", candidates, "compared in vectors or singly")
        self.choices.append(choice)
        if choice.chosen == "a number":
            return s
        self.count += 1
        return replace(s, value=replace(call, args=(z, self.beside(float(value), s.axes))))

    def beside(self, value: float, axes: tuple[Axis, ...]) -> Read:
        """The array of a number for one with these axes: equal ones are one."""
        k = len(axes) - 1
        while k and self.setting.extent(axes[k:]) < PART:
            k -= 1
        shape = tuple(a.size for a in axes[k:])
        if (value, shape) not in self.known:
            stem = NAMES.get(value, f"all_{value:g}".replace("-", "minus_").replace(".", "_"))
            name = free_name("_".join((stem, *map(str, shape))), self.arrays)
            self.known[value, shape] = name
            self.arrays[name] = Array(name, shape, "filled", data=(value,))
        return Read(self.known[value, shape], axes[k:])
