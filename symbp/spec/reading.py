"""Text to tree: strict YAML 1.2, one document, nothing shared and nothing tagged, and limits before anything is built.

PyYAML finds the structure; plain scalars are resolved by `symbp.spec.scalars`, since PyYAML reads YAML 1.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from symbp.errors import Place, Problem, SpecError
from symbp.spec.findings import MOST_PROBLEMS
from symbp.spec.scalars import NumberTooLongError, Value, resolve
from symbp.spec.source import Source
from symbp.spec.tree import Mapping, Node, Scalar, Sequence

LARGEST = 500_000  # bytes
DEEPEST = 30  # levels of nesting
MOST_NODES = 100_000  # keys and values

_REFUSED = re.compile("[^\t\n\r -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\uffef\U00010000-\U0010ffff]")
_ONE_COLUMN = "the lines of one list or mapping begin in the same column"
_PROPERTIES = re.compile(r"(?:[&!]\S*\s*)+")


def read_file(path: Path) -> Source:
    """The text of a file.  Raises SpecError where it cannot be read, is too large or is not UTF-8."""
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise SpecError(_too_large(str(path), size))
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise SpecError(Problem("E101", f"cannot read {path}: {reason}")) from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"{path} is not UTF-8 text (byte {error.start})"
        raise SpecError(Problem("E103", message, hint="save the file as UTF-8")) from None
    return Source(str(path), text)


def _too_large(file: str, size: int) -> Problem:
    return Problem("E102", f"{file} is too large: {size} bytes, at most {LARGEST} are read")


def read(source: Source) -> tuple[Node | None, list[Problem]]:
    """The tree of a text and what was found on the way; no tree where the text is not YAML or breaks a limit."""
    if len(source.text) > LARGEST:
        return None, [_too_large(source.file, len(source.text))]
    refused = _REFUSED.search(source.text)
    if refused is not None:
        message = f"the character U+{ord(refused.group()):04X} may not stand in a spec"
        return None, [Problem("E104", message, source.place(refused.start()))]
    builder = _Builder(source)
    try:
        for event in _events(source.text):
            builder.take(event)
            if builder.stopped:
                return None, builder.problems
    except yaml.MarkedYAMLError as error:
        return None, [*builder.problems, _syntax_problem(source, error)]
    except RecursionError:  # the scanner of PyYAML recurses on some inputs
        return None, [*builder.problems, Problem("E108", f"{source.file} is nested too deeply")]
    if builder.root is None and not builder.problems:
        return None, [Problem("E109", f"{source.file} is empty", hint="`symbp init` writes a spec to start from")]
    return builder.root, builder.problems


def _events(text: str) -> Iterator[yaml.Event]:
    return iter(yaml.parse(text, Loader=yaml.SafeLoader))


def _syntax_problem(source: Source, error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    offset = min(_offset(mark), len(source.text))
    said = error.problem or "the structure is not clear"
    where = f" ({error.context})" if error.context else ""
    hint = ""
    if offset < len(source.text) and source.text[offset] == "\t":
        said, where, hint = "a tab cannot stand here", "", "indent with spaces"
    elif said.startswith("expected <block end>") or said == "mapping values are not allowed here":
        return Problem("E104", *_indentation(source, error, offset))
    elif error.context_mark is not None and error.context_mark.line != (mark.line if mark else 0):
        hint = f"it began in line {error.context_mark.line + 1}"
    return Problem("E104", f"this is not YAML: {said}{where}", source.place(offset), hint)


def _indentation(source: Source, error: yaml.MarkedYAMLError, offset: int) -> tuple[str, Place, str]:
    """Message, place and hint for a line that begins in a column where nothing before it does, or a colon too many."""
    if error.context_mark is None:
        hint = f"put a text with a colon in quotes; {_ONE_COLUMN}"
        return "this is not YAML: a colon cannot stand here", source.place(offset), hint
    line = source.line_of(_offset(error.context_mark))
    column = error.context_mark.column + 1
    what = "list" if error.context == "while parsing a block collection" else "mapping"
    hint = f"{_ONE_COLUMN}; those of the {what} that begins in line {line} begin in column {column}"
    return "this is not YAML: the line does not continue what is before it", source.place(offset), hint


def _offset(mark: Any) -> int:
    return int(mark.index) if mark is not None else 0


@dataclass
class _Open:
    """A collection whose end has not come yet; `items` holds keys and values in turn where it is a mapping."""

    start: int
    is_mapping: bool
    broken: bool = False
    items: list[Node] = field(default_factory=list)


@dataclass
class _Builder:
    """Builds the tree from the events of the parser without recursion; `stopped` says that a limit was broken."""

    source: Source
    problems: list[Problem] = field(default_factory=list)
    root: Node | None = None
    stopped: bool = False
    _open: list[_Open] = field(default_factory=list)
    _nodes: int = 0
    _documents: int = 0

    def take(self, event: yaml.Event) -> None:
        start, end = _offset(event.start_mark), _offset(event.end_mark)
        match event:
            case yaml.DocumentStartEvent():
                self._begin_document(event, start, end)
            case yaml.AliasEvent():
                hint = "write the value out where it is needed"
                self._report("E105", f"aliases are not part of a spec: *{event.anchor}", start, end, hint)
                self._add(Scalar(None, start, end, broken=True))
            case yaml.ScalarEvent():
                self._add(self._scalar(event, start, end, self._refuse_properties(event, start)))
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                tagged = self._refuse_properties(event, start)
                self._open.append(_Open(start, isinstance(event, yaml.MappingStartEvent), tagged))
                if len(self._open) > DEEPEST:
                    self._stop(f"nested too deeply: at most {DEEPEST} levels", start, end)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._add(self._close(end))

    def _begin_document(self, event: yaml.DocumentStartEvent, start: int, end: int) -> None:
        self._documents += 1
        if self._documents > 1:
            hint = "a spec is one document; put each network into a file of its own"
            self._report("E107", "a second document begins here", start, max(end, start + 3), hint)
            self.stopped = True
        if event.tags:
            self._report("E105", "tags are not part of a spec", start, end, "remove the %TAG line")

    def _refuse_properties(self, event: yaml.NodeEvent, start: int) -> bool:
        """Report the anchor and the tag of a node; whether it has a tag, so that its value is not known."""
        if event.anchor is not None:
            hint = "write the value out where it is needed"
            self._report("E105", f"anchors are not part of a spec: &{event.anchor}", start, None, hint)
        tag = getattr(event, "tag", None)
        if tag is not None:
            end = self._behind_properties(start, None)
            self._report("E105", "tags are not part of a spec", start, end, "remove the tag")
        return tag is not None

    def _scalar(self, event: yaml.ScalarEvent, start: int, end: int, broken: bool) -> Scalar:
        style = event.style or ""
        if event.anchor is not None or event.tag is not None:
            start = self._behind_properties(start, end)
        if style or broken:
            return Scalar(event.value, start, end, style, broken)
        try:
            value: Value = resolve(event.value)
        except NumberTooLongError:
            self._report("E110", "this number has too many digits", start, end)
            return Scalar(None, start, end, broken=True)
        return Scalar(value, start, end)

    def _behind_properties(self, start: int, end: int | None) -> int:
        """Where a scalar begins behind its anchor and tag."""
        match = _PROPERTIES.match(self.source.text, start, len(self.source.text) if end is None else end)
        return match.end() if match else start

    def _add(self, node: Node) -> None:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            self._stop(f"more than {MOST_NODES} keys and values", node.start, node.end)
        if self._open:
            self._open[-1].items.append(node)
        else:
            self.root = node

    def _close(self, end: int) -> Node:
        done = self._open.pop()
        if not done.is_mapping:
            return Sequence(tuple(self._with_value(i, i) for i in done.items), done.start, end, done.broken)
        entries: dict[str, tuple[Scalar, Node]] = {}
        for key, value in zip(done.items[::2], done.items[1::2], strict=True):
            self._enter(entries, key, value)
        whole = len(entries) == len(done.items) // 2
        return Mapping(tuple(entries.values()), done.start, end, done.broken or not whole)

    def _enter(self, entries: dict[str, tuple[Scalar, Node]], key: Node, value: Node) -> None:
        """Add one entry of a mapping, unless its key is not a text or stands there already."""
        if isinstance(key, Scalar) and key.broken:
            return
        if not isinstance(key, Scalar) or not isinstance(key.value, str):
            hint = "put it in quotes" if isinstance(key, Scalar) and key.value is not None else ""
            self._report("E111", "a key must be text", key.start, key.end, hint)
        elif key.value == "<<" and not key.style:
            self._report("E105", "merge keys are not part of a spec", key.start, key.end, "write the keys out")
        elif key.value in entries:
            line = self.source.line_of(entries[key.value][0].start)
            message = f"the key `{key.value}` stands here a second time"
            self._report("E106", message, key.start, key.end, f"the first is in line {line}")
        else:
            entries[key.value] = (key, self._with_value(value, key))

    def _with_value(self, node: Node, shown: Node) -> Node:
        """The node, unless it is empty: nothing in a spec means something, so that it is a slip."""
        if not isinstance(node, Scalar) or node.value is not None or node.broken:
            return node
        what = "this entry is empty"
        if shown is not node and isinstance(shown, Scalar):
            what = f"the key `{shown.value}` has no value"
        self._report("E112", what, shown.start, shown.end, "remove it, or give it a value")
        return Scalar(None, node.start, node.end, broken=True)

    def _report(self, code: str, message: str, start: int, end: int | None, hint: str = "") -> None:
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(code, message, self.source.place(start, end), hint))
        else:
            self.stopped = True

    def _stop(self, message: str, start: int, end: int) -> None:
        if not self.stopped:
            self._report("E108", message, start, end)
        self.stopped = True
