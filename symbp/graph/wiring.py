"""A unit meets its inputs: every size symbol gets one size, or the mismatch is reported with both shapes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod

from symbp.graph.findings import Findings
from symbp.graph.model import Axis
from symbp.graph.roles import misread
from symbp.graph.site import Site
from symbp.graph.solving import NUMBER_IT, Claim, solved
from symbp.graph.units import Built
from symbp.graph.values import Value, axis_text, capital
from symbp.notation.expr import Index, Sym
from symbp.notation.source import Axes


@dataclass(frozen=True, slots=True)
class Wiring:
    """The axis behind every size symbol of a unit, by the symbol's name; `said` is where each size comes from."""

    built: Built
    axes: Mapping[str, Axis]
    said: Mapping[str, str] = field(default_factory=dict)

    def of_letter(self, letter: str) -> Axis | None:
        """The axis that a declared letter has; None where nothing gives it a size."""
        symbol = self.built.sizes.get(letter)
        return None if symbol is None else self.axes.get(symbol.name)

    def by_letter(self) -> Iterator[tuple[str, Axis]]:
        """Every declared letter that has a size, with its axis."""
        for letter, symbol in self.built.sizes.items():
            if symbol.name in self.axes:
                yield letter, self.axes[symbol.name]

    def of_value(self, local: str) -> tuple[Axis, ...]:
        """The axes of a value or an input of the unit, letters of one axis taken together."""
        indices = iter(self._of_index(index) for index in self.built.unit.tensor(local).indices)
        return tuple(together([next(indices) for _ in axis]) for axis in self.built.axes_of(local))

    def _of_index(self, index: Index) -> Axis:
        assert isinstance(index.size, Sym)
        found = self.axes[index.size.name]
        leading = index.name in self.built.leading or found.size is None
        return replace(found, letter=index.name) if leading else Axis(index.name, capital(index.name), found.size)

    def numbers(self) -> tuple[tuple[str, int | None], ...]:
        """The number of every size symbol, None where each call fixes it."""
        return tuple((name, axis.size) for name, axis in self.axes.items())

    def named(self) -> tuple[tuple[str, str], ...]:
        """The sizes that each call fixes, by the size symbols of the unit."""
        return tuple((name, axis.symbol.name) for name, axis in self.axes.items() if axis.size is None)


def together(axes: Sequence[Axis]) -> Axis:
    """Several axes as one, in C order.  Each has a number for its size, unless it stands alone."""
    if len(axes) == 1:
        return axes[0]
    letters = "_".join(axis.letter for axis in axes)
    return Axis(letters, capital(letters), prod(axis.size or 0 for axis in axes))


def leading_count(value: Value, axes: Sequence[object]) -> int:
    """Over how many axes a layer maps that declares its input with `axes`, the first of them ``n``."""
    return len(value.axes or ()) - len(axes) + 1


def fits(
    site: Site,
    value: Value,
    axes: Axes,
    findings: Findings,
    *,
    around: tuple[str, ...] = (),
    everywhere: bool = False,
    integer: bool = False,
    star: bool = False,
) -> bool:
    """Whether an input has the axes that a declaration asks for, enough of them and the right ones, and its numbers.

    `around` are letters that stand for several axes, perhaps none, where the layer has such; `everywhere` says that it
    acts on every number alike.  Both may act on images.  With a `star` the last axis stands for all from there on.
    """
    axes = tuple(letters for letters in axes if letters not in {(letter,) for letter in around})
    count = leading_count(value, axes)
    if count < 1:
        wanted = f"at least {len(axes) - 1} axes" if ("n",) in axes else f"{len(axes)} axes"
        message = f"{site} reads {wanted}, but {value.described} has the shape {value.shape}"
        findings.add("E303", message, site.trail)
        return False
    if value.integer != integer:
        kinds = ("real numbers", "integers")
        message = f"{site} reads {kinds[integer]}, but {value.described} holds {kinds[value.integer]}"
        hint = "only layers that look integers up can read it" if value.integer else "write `input_type: integer`"
        findings.add("E304", message, site.trail, hint)
        return False
    message, hint = misread(value, axes, everywhere=everywhere or star or bool(around) or len(axes) == 1)
    if message:
        findings.add("E303", f"{site} {message}", site.trail, hint)
    return not message


def wire(site: Site, built: Built, claims: Sequence[Claim], findings: Findings) -> Wiring | None:
    """The axes of a unit as its inputs and the keys of the spec claim them, and as it computes them itself.

    None where sizes contradict each other or are impossible.
    """
    found = solved(site, built.sizes, claims, built.extents, findings)
    if found is None:
        return None
    made = Wiring(built, *found)
    for letters in built.axes_of(built.unit.output) if len(built.axes) else ():
        own = [axis for axis in map(made.of_letter, letters) if axis is not None]
        if len(letters) > 1 and any(axis.size is None for axis in own):
            size = "*".join(axis_text(axis) for axis in own)
            message = f"the axis ({' '.join(letters)}) of the output of {site} would be {size}, which each call fixes"
            findings.add("E305", message, site.trail, NUMBER_IT)
            return None
    return made
