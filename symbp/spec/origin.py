"""Where the values of a spec come from: a place in a file, or a path in a Python value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePath

from symbp.errors import Place, Problem
from symbp.spec.source import Source
from symbp.spec.tree import Found, Mapping, Node, Scalar, Sequence, Trail, find


def path_text(trail: Trail) -> str:
    """A path as a person writes it.

    >>> path_text(("layers", 0, "units"))
    'layers[0].units'
    """
    text = ""
    for step in trail:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


@dataclass(frozen=True)
class Origin:
    """The file that a spec was read from; without one (`source` is None) problems name a path instead of a place.

    `libraries` are the files that hold some of its definitions, each with their kinds and names.
    """

    source: Source | None = None
    root: Node | None = None
    libraries: tuple[tuple[frozenset[tuple[str, str]], Origin], ...] = ()

    def with_library(self, library: Origin, names: frozenset[tuple[str, str]]) -> Origin:
        """The origin of a spec some of whose definitions stand in a library file."""
        return replace(self, libraries=(*self.libraries, (names, library)))

    def home(self, trail: Trail) -> Origin:
        """The file that holds the value at `trail`."""
        kind, name = str(trail[1]) if len(trail) > 1 else "", str(trail[2]) if len(trail) > 2 else ""
        found = (o for names, o in self.libraries if (kind, name) in names or (kind, "") in names)
        return next(found, self) if trail[:1] == ("define",) else self

    def file_of(self, trail: Trail) -> str:
        """The name of that file, without its folder."""
        source = self.home(trail).source
        return "the spec" if source is None else PurePath(source.file).name

    @property
    def text(self) -> str:
        """The text of the spec, followed by those of its libraries."""
        sources = [o.source for o in (self, *(library for _, library in self.libraries))]
        return "".join(source.text for source in sources if source is not None)

    def problem(self, code: str, message: str, trail: Trail, hint: str = "", *, key: bool = False) -> Problem:
        """A problem with the value at `trail`, or with its `key`."""
        place = self.place(trail, key=key)
        path = path_text(trail)
        return Problem(code, message if place is not None or not path else f"{path}: {message}", place, hint)

    def place(self, trail: Trail, *, key: bool = False) -> Place | None:
        """The place of the value at `trail`; where the path ends early, of the last key that it leads to."""
        if self.home(trail) is not self:
            return self.home(trail).place(trail, key=key)
        if self.source is None or self.root is None:
            return None
        found = find(self.root, trail)
        if found.key is not None and (key or not self._shows_value(found, trail)):
            return self.source.place(found.key.start, found.key.end)
        if found.walked == 0 and isinstance(found.node, Mapping) and found.node.entries:
            first = found.node.entries[0][0]
            return self.source.place(first.start, first.end)
        start, end = self._stretch(found.node)
        return self.source.place(start, end)

    @staticmethod
    def _shows_value(found: Found, trail: Trail) -> bool:
        """Whether the value itself is underlined rather than its key: it stands on one line, and is what is meant."""
        if not isinstance(found.node, Scalar) or found.node.style in ("|", ">"):
            return False
        return trail[found.walked :] in ((), ("type",), ("formula",))  # a bare name or formula stands for its mapping

    def is_broken(self, trail: Trail) -> bool:
        """Whether the value was not readable, which was reported."""
        root = self.home(trail).root
        return root is not None and find(root, trail).broken

    def line(self, trail: Trail) -> int | None:
        """The number of the line of a value."""
        place = self.place(trail)
        return None if place is None else place.line

    def _stretch(self, node: Node) -> tuple[int, int]:
        """What to underline for a node without a key: the entry's `type`, or the beginning of the collection."""
        if isinstance(node, Mapping) and node.entries:
            entry = node.find("type") or node.entries[0]
            return self._stretch(entry[1]) if isinstance(entry[1], Scalar) else (entry[0].start, entry[0].end)
        if isinstance(node, Sequence | Mapping):
            return node.start, node.start + 1
        return node.start, node.end

    def offset_place(self, trail: Trail, start: int, end: int) -> Place | None:
        """The place of the characters `start` to `end` of the text at `trail`."""
        if self.home(trail) is not self:
            return self.home(trail).offset_place(trail, start, end)
        if self.source is None or self.root is None:
            return None
        node = find(self.root, trail).node
        if not isinstance(node, Scalar) or not isinstance(node.value, str):
            return self.place(trail)
        offsets = character_offsets(self.source.text, node, node.value)
        first = offsets[min(start, len(offsets) - 1)]
        last = offsets[min(max(end - 1, start), len(offsets) - 1)]
        return self.source.place(first, max(last, first) + 1)


_ESCAPED = {"x": 2, "u": 4, "U": 8}  # hexadecimal digits that follow


def character_offsets(text: str, node: Scalar, value: str) -> list[int]:
    """For every character of a scalar's `value`, and for its end, the offset in the file.

    Both are walked side by side: line folding, indentation, doubled quotes and escapes change the white space and
    the width of single characters, never the order of the others.
    """
    position = node.start
    if node.style in ("|", ">"):
        position = text.index("\n", node.start) + 1 if "\n" in text[node.start : node.end] else node.end
    elif node.style:
        position += 1
    offsets: list[int] = []
    for character in value:
        if not character.isspace():
            while position < node.end and text[position].isspace():
                position += 1
            while node.style == '"' and text.startswith(("\\\n", "\\\r"), position):  # a line that goes on
                position += 1
                while position < node.end and text[position].isspace():
                    position += 1
        elif node.style in ("|", ">") or text[position : position + 1] == "\n":
            position = _white(text, node, position, character)
        offsets.append(min(position, node.end))
        position += _width(text, node, position, character)
    offsets.append(min(position, node.end))
    return offsets


def _white(text: str, node: Scalar, position: int, character: str) -> int:
    """Where a white character of the value stands: at the line end for a newline."""
    if character != "\n":
        return position
    while position < node.end and text[position] in " \t\r":
        position += 1
    return position


def _width(text: str, node: Scalar, position: int, character: str) -> int:
    """How many characters of the file write this one."""
    if position >= node.end:
        return 0
    if node.style == "'" and text.startswith("''", position):
        return 2
    if node.style == '"' and text[position] == "\\":
        return 2 + _ESCAPED.get(text[position + 1 : position + 2], 0)
    if character.isspace() and not text[position].isspace():
        return 0
    return 1
