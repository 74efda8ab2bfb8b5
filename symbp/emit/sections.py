"""A long body in sections: what each layer does stands under its name, behind the arrays that it is the first to use.

Tried and left: arrays read as ``ws.z_fc1`` wherever they are used (of the 107 lines of a small convolutional net 86
instead of 13 then have no room for the number of their equation), and only those read so that are used once, which
gives one array two names in a body.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from symbp.emit.model import Line
from symbp.emit.wrapping import bound
from symbp.lower.model import PROBABILITY, Program, Repeat, Statement, Step, read_arrays, targets_of

SHORT = 3  # lines that bind arrays: as many may stand in front of a body


@dataclass(frozen=True, slots=True)
class Section:
    """Neighbouring lines that belong to one layer, whose name and units are the `title`."""

    title: str
    lines: tuple[Line, ...]


def title_of(program: Program, s: Step, titles: Mapping[str, str] | None = None) -> str:
    """The layer that a statement belongs to, with what it does: ``c1: conv2d, relu``; of a loop over blocks, these.

    Who asks for many statements gives the `titles` of all nodes."""
    if isinstance(s, Repeat):
        return s.copies.name
    titles = titles_of(program) if titles is None else titles
    return titles.get(s.node, "") if isinstance(s, Statement) else ""


def titles_of(program: Program) -> dict[str, str]:
    """The title of every node: nodes of one layer have that of the layer."""
    parts: dict[str, dict[str, None]] = {}
    for o in program.origins:
        parts.setdefault(o.layer, {})[o.title.replace("_in_prediction", "")] = None
    layers = {o.node: o.layer for o in reversed(program.origins)}  # the first of a node
    return {node: f"{layer}: {', '.join(parts[layer])}" for node, layer in layers.items() if layer}


def only_returned(program: Program, s: Statement) -> bool:
    """Whether a statement alone makes an output, which no other one of a step reads."""
    if s.target not in program.outputs or s.accumulate:
        return False
    others = (o for o in program.statements if o is not s and o.stage != PROBABILITY)
    return not any(s.target in (*targets_of(o), *read_arrays(o, {})) for o in others)


def with_arrays(
    sections: Iterable[Section], used: Sequence[str], made: Collection[str], returned: Collection[str]
) -> tuple[Line, ...]:
    """The lines of a body, which bind the arrays of the workspace that they use.

    Those that are `used` are bound at the beginning of the body where these are few, else at the beginning of the
    section that is the first to use them; `returned` names are bound even where no line has them, what the body has
    `made` itself is not.
    """
    whole = _joined(sections)
    waiting = [name for name in used if name not in made]
    words = [_words(section.lines) for section in whole]
    words[-1:] = [{*words[-1], *returned}] if words else []
    anywhere = set[str]().union(*words)
    waiting = [name for name in waiting if name in anywhere]
    if len(whole) < 2 or len(bound(waiting)) <= SHORT:
        return (*bound(waiting), *(line for section in whole for line in section.lines))
    first = {word: k for k, own in reversed([*enumerate(words)]) for word in own}
    now: list[list[str]] = [[] for _ in whole]
    for name in waiting:
        now[first[name]].append(name)
    lines: list[Line] = []
    for section, names in zip(whole, now, strict=True):
        head = [Line(""), Line(f"# {section.title}")] if section.title else [Line("")]
        lines += [*head, *bound(names), *section.lines]
    return tuple(lines)


def _joined(sections: Iterable[Section]) -> list[Section]:
    """The sections, neighbours with one title together; what has no title belongs to the section before it."""
    joined: list[Section] = []
    for section in sections:
        if joined and section.title in (joined[-1].title, ""):
            joined[-1] = Section(joined[-1].title, (*joined[-1].lines, *section.lines))
        elif section.lines:
            joined.append(section)
    return joined


def _words(lines: Iterable[Line]) -> set[str]:
    return {word for line in lines if not line.text.startswith("#") for word in re.findall(r"\w+", line.text)}
