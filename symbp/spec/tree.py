"""A YAML document as a tree in which every key and value knows where it stands."""

from __future__ import annotations

from dataclasses import dataclass

from symbp.spec.scalars import Value


@dataclass(frozen=True, slots=True)
class Scalar:
    """A scalar between two offsets.  `style` is "" (plain), a quote, ``|`` or ``>``.

    `broken` says that reading it failed and was reported: what depends on its value is not reported again.
    """

    value: Value
    start: int
    end: int
    style: str = ""
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Sequence:
    items: tuple[Node, ...]
    start: int
    end: int
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Mapping:
    entries: tuple[tuple[Scalar, Node], ...]  # the keys are distinct texts
    start: int
    end: int
    broken: bool = False  # an entry is left out

    def find(self, key: object) -> tuple[Scalar, Node] | None:
        """The entry with this key."""
        return next((e for e in self.entries if e[0].value == key), None)


Node = Scalar | Sequence | Mapping
Data = Value | list["Data"] | dict[str, "Data"]
Trail = tuple[str | int, ...]


def data_of(node: Node) -> Data:
    """The tree as plain Python values."""
    match node:
        case Scalar():
            return node.value
        case Sequence():
            return [data_of(item) for item in node.items]
        case Mapping():
            return {str(key.value): data_of(value) for key, value in node.entries}


@dataclass(frozen=True, slots=True)
class Found:
    """What a path leads to: the `node`, its `key` (none for an item of a list), and how much of the path was walked."""

    node: Node
    key: Scalar | None
    walked: int
    broken: bool


def find(root: Node, path: Trail) -> Found:
    """Walk as far along `path` as the tree goes.

    A step of the path that names no key of a mapping is skipped, so that paths may name the type of an entry
    (``layers, 0, dense, units``); `Found.walked` counts the steps up to the last one that led somewhere.
    """
    found = Found(root, None, 0, False)
    for position, step in enumerate(path, start=1):
        node = found.node
        if isinstance(node, Mapping):
            entry = node.find(step)
            if entry is not None:
                found = Found(entry[1], entry[0], position, entry[1].broken)
        elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
            found = Found(node.items[step], None, position, node.items[step].broken)
    return found
