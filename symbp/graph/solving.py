"""The sizes of the letters of a unit, from what its inputs, its keys and its own formulas say of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod

from symbp.graph.extents import Impossible, described, is_known, size_of
from symbp.graph.findings import Findings
from symbp.graph.model import Axis
from symbp.graph.site import Site
from symbp.graph.sizes import Extent
from symbp.graph.values import Value, axis_text, capital, same_size
from symbp.notation.expr import Sym
from symbp.notation.source import Axes

NUMBER_IT = "give the size a number under `sizes:`"


@dataclass(frozen=True, slots=True)
class Claim:
    """That letters have the sizes of axes: one that of one, or several together as many places as axes together.

    `text` says why.
    """

    letters: tuple[str, ...]
    axes: tuple[Axis, ...]
    text: str

    @property
    def alone(self) -> bool:
        """Whether one letter is one axis."""
        return len(self.letters) == len(self.axes) == 1


def claims_of(value: Value, axes: Axes, *, star: bool = False) -> list[Claim]:
    """What an input says of the letters with which a unit reads it, the leading ones spread out.

    With a `star` the letters of the last axis stand for all axes from there on.
    """
    have, of = value.axes or (), f"of {value.described} with shape {value.shape}"
    single = axes[:-1] if star else axes
    claims = [
        Claim(letters, (axis,), f"{_axis(letters)} {of} is {axis_text(axis)}")
        for letters, axis in zip(single, have, strict=not star)
    ]
    if star:
        rest = have[len(single) :]
        text = f"{value.described} with shape {value.shape} has {' x '.join(map(axis_text, rest))} places"
        claims.append(Claim(axes[-1], rest, text))
    return claims


def claim_of(letters: tuple[str, ...], size: int | Axis, key: str) -> Claim:
    """What a key of the spec says of letters."""
    axis = size if isinstance(size, Axis) else Axis(letters[0], capital(letters[0]), size)
    return Claim(letters, (axis,), f"{_axis(letters)} from `{key}` is {axis_text(axis)}")


def _axis(letters: tuple[str, ...]) -> str:
    return f"axis {letters[0]}" if len(letters) == 1 else f"axis ({' '.join(letters)})"


def amount(axes: Iterable[Axis]) -> tuple[int, Counter[str]]:
    """How many places axes have together: a number, times the sizes that each call fixes."""
    listed = list(axes)
    free = Counter(axis.symbol.name for axis in listed if axis.size is None)
    return prod(axis.size for axis in listed if axis.size is not None), free


def solved(
    site: Site, sizes: Mapping[str, Sym], claims: Sequence[Claim], extents: Sequence[Extent], findings: Findings
) -> tuple[dict[str, Axis], dict[str, str]] | None:
    """The axis behind every size symbol, and where each size comes from; None where sizes contradict each other.

    `sizes` are the symbols of the letters.
    """
    solving = _Solving(site, sizes, findings)
    waiting, computed = list(claims), list(extents)
    while waiting or computed:
        left = [claim for claim in waiting if not solving.take(claim)]
        later = [extent for extent in computed if not solving.compute(extent)]
        if (len(left), len(later)) == (len(waiting), len(computed)):
            break
        waiting, computed = left, later
    for claim in waiting:
        solving.undecided(claim)
    for extent in computed if solving.good else ():
        solving.refuse(extent, size_of(extent.letter, extent.formula, solving.axes))
    return (solving.axes, solving.said) if solving.good else None


@dataclass(slots=True)
class _Solving:
    """The sizes found so far; a claim about several letters waits until all but one of them are known."""

    site: Site
    sizes: Mapping[str, Sym]
    findings: Findings
    axes: dict[str, Axis] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    good: bool = True

    def take(self, claim: Claim) -> bool:
        """Use a claim; false where it has to wait."""
        unknown = [letter for letter in claim.letters if self.sizes[letter].name not in self.axes]
        if claim.alone:
            self._one(claim.letters[0], claim)
            return True
        if len(unknown) > 1:
            return False
        self._several(claim, unknown)
        return True

    def compute(self, extent: Extent) -> bool:
        """Use a size that the layer computes; false where it has to wait."""
        if not is_known(extent.formula, self.axes):
            return False
        found = size_of(extent.letter, extent.formula, self.axes)
        if isinstance(found, Axis):
            text = f"axis {extent.letter} from `extents` is {axis_text(found)}"
            self._one(extent.letter, Claim((extent.letter,), (found,), text))
        else:
            self.refuse(extent, found)
        return True

    def refuse(self, extent: Extent, found: Axis | Impossible) -> None:
        """Report a size that cannot be."""
        if isinstance(found, Impossible):
            message = described(self.site, extent, self.sizes, self.axes, found.why)
            self._problem(message, found.code, found.hint)

    def undecided(self, claim: Claim) -> None:
        """A claim that leaves the sizes of several letters open."""
        message = f"{claim.text}: the sizes of {' and '.join(claim.letters)} in {self.site} are not told apart"
        self._problem(message, "E314", "give all but one of them a size")

    def _one(self, letter: str, claim: Claim) -> None:
        symbol, axis = self.sizes[letter].name, claim.axes[0]
        if symbol not in self.axes:
            self.axes[symbol], self.said[symbol] = axis, claim.text
        elif not same_size(self.axes[symbol], axis):
            self._problem(f"the sizes do not fit in {self.site}: {self.said[symbol]}, but {claim.text}")

    def _several(self, claim: Claim, unknown: list[str]) -> None:
        """Letters that are axes together, of which at most one is not known yet."""
        others = [letter for letter in claim.letters if letter not in unknown]
        (number, free), (known, named) = amount(claim.axes), amount(self._axis(letter) for letter in others)
        left = free - named
        if named - free or (not unknown and (left or number != known)):
            self._contradiction(claim, others)
        elif not unknown:
            return
        elif not left and number % known == 0:
            self._found(unknown[0], Axis(unknown[0], capital(unknown[0]), number // known), claim)
        elif not left:
            message = f"the sizes do not fit in {self.site}: {claim.text}, no multiple of {known}"
            self._problem(f"{message}, but {self._known(others)}")
        elif left.total() == 1 and number == known:
            axis = next(a for a in claim.axes if a.size is None and a.symbol.name in left)
            self._found(unknown[0], axis, claim)
        else:
            self._problem(f"an axis that is taken apart needs a size: {claim.text}", "E305", NUMBER_IT)

    def _found(self, letter: str, axis: Axis, claim: Claim) -> None:
        symbol = self.sizes[letter].name
        self.axes[symbol], self.said[symbol] = axis, f"axis {letter} is {axis_text(axis)}, since {claim.text}"

    def _contradiction(self, claim: Claim, letters: list[str]) -> None:
        self._problem(f"the sizes do not fit in {self.site}: {claim.text}, but {self._known(letters)}")

    def _axis(self, letter: str) -> Axis:
        return self.axes[self.sizes[letter].name]

    def _known(self, letters: Iterable[str]) -> str:
        return " and ".join(self.said[self.sizes[letter].name] for letter in letters)

    def _problem(self, message: str, code: str = "E303", hint: str = "") -> None:
        self.findings.add(code, message, self.site.trail, hint or self.site.hint)
        self.good = False
