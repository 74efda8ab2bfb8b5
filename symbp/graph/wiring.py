"""A unit meets its inputs: every size symbol gets one size, or the mismatch is reported with both shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from symbp.graph.findings import Findings
from symbp.graph.model import Axis
from symbp.graph.units import Built
from symbp.graph.values import IMAGE_ROLES, Value, axis_text, same_size
from symbp.notation.expr import Index, Sym
from symbp.spec.tree import Trail


@dataclass(frozen=True, slots=True)
class Site:
    """The place in the spec where a unit is used: the layer's name, its type, and where it stands."""

    name: str
    type: str
    trail: Trail

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

    def of_value(self, local: str) -> tuple[Axis, ...]:
        """The axes of a value or an input of the unit."""
        return tuple(self._of_index(index) for index in self.built.unit.tensor(local).indices)

    def _of_index(self, index: Index) -> Axis:
        assert isinstance(index.size, Sym)
        found = self.axes[index.size.name]
        leading = index.name in self.built.leading or found.size is None
        return replace(found, letter=index.name) if leading else Axis(index.name, capital(index.name), found.size)

    def numbers(self) -> tuple[tuple[str, int | None], ...]:
        """The number of every size symbol, None where each call fixes it."""
        return tuple((name, axis.size) for name, axis in self.axes.items())


def capital(letter: str) -> Sym:
    """The size symbol of a letter."""
    return Sym(letter.upper(), "size", True)


def leading_count(value: Value, letters: Sequence[str]) -> int:
    """Over how many axes a layer maps that declares its input with `letters`, the first of them ``n``."""
    return len(value.axes or ()) - len(letters) + 1


def fits(site: Site, value: Value, letters: Sequence[str], findings: Findings) -> bool:
    """Whether an input has the axes that a declaration asks for: enough of them, real numbers, and no image."""
    count = leading_count(value, letters)
    if count < 1:
        wanted = f"at least {len(letters) - 1} axes" if "n" in letters else f"{len(letters)} axes"
        message = f"{site} reads {wanted}, but {value.described} has the shape {value.shape}"
        findings.add("E303", message, site.trail)
        return False
    if value.integer:
        message = f"{site} reads real numbers, but {value.described} holds integers"
        findings.add("E304", message, site.trail, "only layers that look integers up can read it")
        return False
    mapped = value.roles[: count - 1] if len(letters) > 1 else ()  # what reads n alone acts on every number
    if IMAGE_ROLES.intersection(mapped):
        roles = ", ".join(value.roles)
        message = (
            f"{site} acts on the last axis, but {value.described} has the shape {value.shape} with the axes {roles}"
        )
        hint = "put {type: flatten} in front of it, or name the axes of the input with `axes:`"
        findings.add("E303", message, site.trail, hint)
        return False
    return True


def wire(
    site: Site,
    built: Built,
    inputs: Sequence[tuple[Value, Sequence[str]]],
    given: Mapping[str, tuple[int, str]],
    findings: Findings,
) -> Wiring | None:
    """The axes of a unit that reads `inputs`, each with its local letters, the leading ones spread out.

    `given` are sizes from keys of the spec: letter -> (size, how the spec writes it).  None where sizes contradict.
    """
    axes: dict[str, Axis] = {}
    said: dict[str, str] = {}
    good = True
    claims = [
        (letter, axis, f"axis {letter} of {value.described} with shape {value.shape} is {axis_text(axis)}")
        for value, letters in inputs
        for letter, axis in zip(letters, value.axes or (), strict=True)
    ]
    claims += [(letter, Axis(letter, capital(letter), size), text) for letter, (size, text) in given.items()]
    for letter, axis, text in claims:
        symbol = built.sizes[letter].name
        if symbol not in axes:
            axes[symbol], said[symbol] = axis, text
        elif not same_size(axes[symbol], axis):
            findings.add("E303", f"the sizes do not fit in {site}: {said[symbol]}, but {text}", site.trail)
            good = False
    return Wiring(built, axes, said) if good else None
