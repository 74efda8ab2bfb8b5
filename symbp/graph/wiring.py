"""A unit meets its inputs: every size symbol gets one size, or the mismatch is reported with both shapes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod

from symbp.graph.extents import Impossible, described, is_known, size_of
from symbp.graph.findings import Findings
from symbp.graph.model import Axis
from symbp.graph.roles import misread
from symbp.graph.sizes import Extent
from symbp.graph.units import Built
from symbp.graph.values import Value, axis_text, capital, same_size
from symbp.library.choices import formula_of
from symbp.library.declaration import Layer
from symbp.notation.expr import Index, Sym
from symbp.notation.problems import did_you_mean
from symbp.notation.source import Axes, TensorSource
from symbp.spec.tree import Trail
from symbp.spec.vocabulary import Entry


@dataclass(frozen=True, slots=True)
class Site:
    """The place in the spec where a unit is used: the layer's name, its type, and where it stands.

    `hint` is what helps where sizes do not fit.
    """

    name: str
    type: str
    trail: Trail
    hint: str = ""

    @property
    def code(self) -> str:
        """The name in generated code: ``block_0_ln1`` for ``block.0.ln1``."""
        return self.name.replace(".", "_")

    def __str__(self) -> str:
        return f"`{self.name}` ({self.type})"


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


def together(axes: Sequence[Axis]) -> Axis:
    """Several axes as one, in C order.  Each has a number for its size, unless it stands alone."""
    if len(axes) == 1:
        return axes[0]
    letters = "_".join(axis.letter for axis in axes)
    return Axis(letters, capital(letters), prod(axis.size or 0 for axis in axes))


def leading_count(value: Value, axes: Sequence[object]) -> int:
    """Over how many axes a layer maps that declares its input with `axes`, the first of them ``n``."""
    return len(value.axes or ()) - len(axes) + 1


@dataclass(frozen=True, slots=True)
class Around:
    """How many axes the letter n stands for in a layer, and how many the letter for all axes behind (`Layer.rest`)."""

    leading: int
    rest: int = 0


def axes_around(site: Site, entry: Entry, declared: Layer, value: Value, findings: Findings) -> Around | None:
    """The axes before and behind those that the first input's declaration names; None where there is no such axis."""
    if not declared.rest:
        return Around(leading_count(value, TensorSource.read(declared.inputs[0]).axes))
    key = next(k.name for k in declared.keys if k.kind == "axis")
    asked = entry[key]
    if asked is not None and asked not in value.roles:
        message = f"{value.described} has no axis {asked!r}"
        hint = did_you_mean(asked, value.roles) or f"its axes are {', '.join(value.roles)}"
        findings.add("E301", message, (*site.trail, key), hint)
        return None
    usual = "channel" if "channel" in value.roles else value.roles[-1]
    place = len(value.roles) - 1 - value.roles[::-1].index(asked or usual)
    around = Around(place + 1, len(value.roles) - 1 - place)
    if around == Around(1) and declared.ahead and _reduces_within(declared, entry):
        message = f"{site} reduces over time or space, but {value.described} has the shape {value.shape}"
        findings.add("E303", message, site.trail, "it reads a sequence [time, feature], an image or a volume")
        return None
    return around


def _reduces_within(declared: Layer, entry: Entry) -> bool:
    """Whether a layer takes a mean over the axes of one sample and channel alone."""
    _, formula = formula_of(declared, entry.__getitem__)
    found = re.findall(r"\b(?:mean|max|min)\[([\w,]+)\]", formula.plain)
    return any(set(letters.split(",")) == {declared.ahead, declared.rest} for letters in found)


def fits(
    site: Site,
    value: Value,
    axes: Axes,
    findings: Findings,
    *,
    around: tuple[str, ...] = (),
    everywhere: bool = False,
    integer: bool = False,
) -> bool:
    """Whether an input has the axes that a declaration asks for, enough of them and the right ones, and its numbers.

    `around` are letters that stand for several axes, perhaps none, where the layer has such; `everywhere` says that it
    acts on every number alike.  Both may act on images.
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
    message, hint = misread(value, axes, everywhere=everywhere or bool(around) or len(axes) == 1)
    if message:
        findings.add("E303", f"{site} {message}", site.trail, hint)
    return not message


@dataclass(frozen=True, slots=True)
class Claim:
    """That letters together have the size of an axis; `text` says why."""

    letters: tuple[str, ...]
    axis: Axis
    text: str


def claims_of(value: Value, axes: Axes) -> list[Claim]:
    """What an input says of the letters with which a unit reads it, the leading ones spread out."""
    return [
        Claim(letters, axis, f"{_axis(letters)} of {value.described} with shape {value.shape} is {axis_text(axis)}")
        for letters, axis in zip(axes, value.axes or (), strict=True)
    ]


def claim_of(letters: tuple[str, ...], size: int, key: str) -> Claim:
    """What a key of the spec says of letters."""
    axis = Axis(letters[0], capital(letters[0]), size)
    return Claim(letters, axis, f"{_axis(letters)} from `{key}` is {size}")


def _axis(letters: tuple[str, ...]) -> str:
    return f"axis {letters[0]}" if len(letters) == 1 else f"axis ({' '.join(letters)})"


def wire(site: Site, built: Built, claims: Iterable[Claim], findings: Findings) -> Wiring | None:
    """The axes of a unit as its inputs and the keys of the spec claim them, and as it computes them itself.

    None where sizes contradict each other or are impossible.
    """
    solving = _Solving(site, built, findings)
    waiting, computed = list(claims), list(built.extents)
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
    return Wiring(built, solving.axes, solving.said) if solving.good else None


@dataclass(slots=True)
class _Solving:
    """The sizes found so far; a claim about several letters waits until all but one of them are known."""

    site: Site
    built: Built
    findings: Findings
    axes: dict[str, Axis] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    good: bool = True

    def take(self, claim: Claim) -> bool:
        """Use a claim; false where it has to wait."""
        symbols = [self.built.sizes[letter].name for letter in claim.letters]
        unknown = [k for k, symbol in enumerate(symbols) if symbol not in self.axes]
        if len(symbols) == 1:
            self._one(symbols[0], claim)
        elif len(unknown) > 1:
            return False
        elif claim.axis.size is None or any(self.axes[s].size is None for s in symbols if s in self.axes):
            hint = "give the size a number under `sizes:`"
            self._problem(f"an axis that is taken apart needs a size: {claim.text}", "E305", hint)
        elif unknown:
            self._last(symbols[unknown[0]], claim.letters[unknown[0]], claim, claim.axis.size)
        elif self._product(claim.letters) != claim.axis.size:
            self._problem(f"the sizes do not fit in {self.site}: {claim.text}, but {self._known(claim.letters)}")
        return True

    def compute(self, extent: Extent) -> bool:
        """Use a size that the layer computes; false where it has to wait."""
        if not is_known(extent.formula, self.axes):
            return False
        found = size_of(extent.letter, extent.formula, self.axes)
        if isinstance(found, Axis):
            text = f"axis {extent.letter} from `extents` is {axis_text(found)}"
            self._one(self.built.sizes[extent.letter].name, Claim((extent.letter,), found, text))
        else:
            self.refuse(extent, found)
        return True

    def refuse(self, extent: Extent, found: Axis | Impossible) -> None:
        """Report a size that cannot be."""
        if isinstance(found, Impossible):
            message = described(self.site, extent, self.built.sizes, self.axes, found.why)
            self._problem(message, found.code, found.hint)

    def undecided(self, claim: Claim) -> None:
        """A claim that leaves the sizes of several letters open."""
        message = f"{claim.text}: the sizes of {' and '.join(claim.letters)} in {self.site} are not told apart"
        self._problem(message, "E314", "give all but one of them a size")

    def _one(self, symbol: str, claim: Claim) -> None:
        if symbol not in self.axes:
            self.axes[symbol], self.said[symbol] = claim.axis, claim.text
        elif not same_size(self.axes[symbol], claim.axis):
            self._problem(f"the sizes do not fit in {self.site}: {self.said[symbol]}, but {claim.text}")

    def _last(self, symbol: str, letter: str, claim: Claim, size: int) -> None:
        """The one size of a claim that is not known follows from the others."""
        known = self._product(m for m in claim.letters if m != letter)
        if size % known:
            others = self._known(tuple(m for m in claim.letters if m != letter))
            self._problem(f"the sizes do not fit in {self.site}: {claim.text}, no multiple of {known}, but {others}")
        self.axes[symbol] = Axis(letter, capital(letter), max(1, size // known))
        self.said[symbol] = f"axis {letter} is {size // known}, since {claim.text}"

    def _product(self, letters: Iterable[str]) -> int:
        return prod(self.axes[self.built.sizes[letter].name].size or 1 for letter in letters)

    def _known(self, letters: tuple[str, ...]) -> str:
        return " and ".join(self.said[self.built.sizes[letter].name] for letter in letters)

    def _problem(self, message: str, code: str = "E303", hint: str = "") -> None:
        self.findings.add(code, message, self.site.trail, hint or self.site.hint)
        self.good = False
