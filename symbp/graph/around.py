"""Letters of a declaration that stand for several axes: n for those in front, others for those behind."""

from __future__ import annotations

import re
from dataclasses import dataclass

from symbp.graph.findings import Findings
from symbp.graph.site import Site
from symbp.graph.values import Value, leading_letters
from symbp.library.choices import Options, formula_of
from symbp.library.declaration import Key, Layer
from symbp.notation.problems import did_you_mean
from symbp.notation.source import Axes, FormulaSource, TensorSource
from symbp.spec.vocabulary import Entry

Several = dict[str, tuple[str, ...]]  # the letters of the axes that a letter stands for


@dataclass(frozen=True, slots=True)
class Around:
    """How many axes the letter n stands for in a layer, and the letters that stand for several axes."""

    leading: int = 1
    several: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def text(self) -> str:
        """What tells units with other axes apart."""
        return "/".join((str(self.leading), *(f"{letter}={' '.join(letters)}" for letter, letters in self.several)))

    def spread(self, letters: tuple[str, ...]) -> tuple[str, ...]:
        """Letters, those that stand for several axes spread out."""
        return tuple(m for letter in letters for m in dict(self.several).get(letter, (letter,)))

    def axes(self, source: TensorSource) -> Axes:
        """The letters of each axis of an input, those that stand for several axes spread out."""
        whole = FormulaSource("", leading=leading_letters(self.leading), several=self.several)
        return whole.spread_axes(source.axes, source.joined or (False,) * len(source.axes))


def axes_around(site: Site, entry: Entry, declared: Layer, value: Value, findings: Findings) -> Around | None:
    """What the letters for several axes stand for, by the first input's axes; None where a key asks for others."""
    source = TensorSource.read(declared.inputs[0])
    leading, several = len(value.roles) + 2 - len(source.axes), Several()
    if source.star:
        leading = 1
    elif declared.rest:
        key = next((k.name for k in declared.keys if k.kind == "axis"), "")
        own = [letters for letters in source.axes if letters not in (("n",), (declared.rest,), (declared.ahead,))]
        place = _place(site, key, entry[key], value, findings) if key else -1
        if place is None:
            return None
        leading = place + 1 if key else 1
        several[declared.rest] = numbered(declared.rest, len(value.roles) + 1 - leading - len(own))
        if declared.ahead:
            if leading == 1 and not several[declared.rest] and _reduces_within(declared, entry):
                message = f"{site} reduces over time or space, but {value.described} has the shape {value.shape}"
                findings.add("E303", message, site.trail, "it reads a sequence [time, feature], an image or a volume")
                return None
            leading, several[declared.ahead] = 1, leading_letters(leading)[1:]
    for k in declared.keys:
        if k.kind == "shape":
            (letter,) = k.dims
            several[letter] = numbered(letter, len(entry[k.name]))
        elif k.kind in ("order", "pair"):
            found = _ordered(site, k, entry[k.name], several[k.dims[0]], value, findings)
            if found is None:
                return None
            several[k.dims[1]] = found
    return Around(leading, tuple(several.items()))


def alone(declared: Layer, options: Options) -> Around:
    """What the letters stand for in a layer outside of a network: two axes where it reads all of them, else none."""
    several = Several()
    if declared.rest:
        named = any(k.kind == "axis" for k in declared.keys)
        several[declared.rest] = numbered(declared.rest, 1 if declared.ahead else 0 if named else 2)
    if declared.ahead:
        several[declared.ahead] = ()
    for k in declared.keys:
        if k.kind == "shape":
            sizes = options(k.name)
            several[k.dims[0]] = numbered(k.dims[0], len(sizes) if isinstance(sizes, list) else 2)
        elif k.kind in ("order", "pair"):
            several[k.dims[1]] = several[k.dims[0]][::-1]
    return Around(1, tuple(several.items()))


def _reduces_within(declared: Layer, entry: Entry) -> bool:
    """Whether a layer takes a mean over the axes of one sample and channel alone."""
    _, formula = formula_of(declared, entry.__getitem__)
    found = re.findall(r"\b(?:mean|max|min)\[([\w,]+)\]", formula.plain)
    return any(set(letters.split(",")) == {declared.ahead, declared.rest} for letters in found)


def numbered(letter: str, count: int) -> tuple[str, ...]:
    """The letters of `count` axes: the letter itself, or r1, r2, ..."""
    return (letter,) if count == 1 else tuple(f"{letter}{k}" for k in range(1, count + 1))


def _place(site: Site, key: str, asked: str | None, value: Value, findings: Findings) -> int | None:
    """The place of the axis that a key names, without the batch axis; by default the channels, or the last one."""
    usual = "channel" if "channel" in value.roles else value.roles[-1]
    if asked is not None and asked not in value.roles:
        _unknown(site, key, asked, value, findings)
        return None
    return len(value.roles) - 1 - value.roles[::-1].index(asked or usual)


def _unknown(site: Site, key: str, asked: object, value: Value, findings: Findings) -> None:
    hint = did_you_mean(asked, value.roles) if isinstance(asked, str) else ""
    hint = hint or f"its axes are {', '.join(value.roles)}"
    findings.add("E301", f"{value.described} has no axis {asked!r}", (*site.trail, key), hint)


def _ordered(
    site: Site, key: Key, asked: list[int | str] | None, letters: tuple[str, ...], value: Value, findings: Findings
) -> tuple[str, ...] | None:
    """Letters in the order that a key asks for: all of them, or ("pair") two of them exchanged, by default the last."""
    roles = value.roles[-len(letters) :] if letters else ()
    wanted = asked if asked is not None else [len(letters) - 1, len(letters)]
    places: list[int] = []
    for name in wanted:
        place = name - 1 if isinstance(name, int) else roles.index(name) if name in roles else -1
        if not 0 <= place < len(letters):
            _unknown(site, key.name, name, value, findings)
            return None
        places.append(place)
    if key.kind == "pair" and len(places) == 2:
        first, second = places
        return tuple(letters[second if k == first else first if k == second else k] for k in range(len(letters)))
    if sorted(places) != list(range(len(letters))):
        message = f"`{key.name}` names each of the axes {', '.join(roles)} once"
        findings.add("E303", f"{site}: {message}, found {', '.join(map(str, wanted))}", (*site.trail, key.name))
        return None
    return tuple(letters[place] for place in places)
