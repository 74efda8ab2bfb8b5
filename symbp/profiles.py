"""Profiles of machines in files: read with every problem shown at its place, and written by `symbp tune`."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from symbp import output
from symbp.errors import MachineError, Place, Problem
from symbp.passes.machine import Machine
from symbp.passes.profile import FORMS, STREAMS, VERSION, machine_of, profile_text
from symbp.spec.source import Source

LARGEST = 1_000_000  # bytes
AGAIN = "measure again with `symbp tune -o FILE`"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,59}")
NAMED = "such as `my-laptop`: at most 60 letters, digits, spaces, points, hyphens and underscores"
_TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[^\s\[\]{},:"]+|[\[\]{},:])')
Path_ = tuple[str | int, ...]
HEAD = ("profile", "name", "processor", "libraries", "unit", "functions", "loops", "strides", "products", "streams")


def read(path: Path) -> Machine:
    """The machine of a profile file.  Raises MachineError with every problem found."""
    return machine_from(_text(path), str(path))


def machine_from(text: str, file: str) -> Machine:
    """The machine of a profile's text; `file` stands for it in messages."""
    source = Source(file, text)
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise MachineError(
            Problem("M802", f"this is not JSON: {error.msg}", source.place(min(error.pos, len(text) - 1)), AGAIN)
        ) from None
    except RecursionError:
        raise MachineError(Problem("M802", f"{file} is nested too deeply for a profile", hint=AGAIN)) from None
    check = _Check(source)
    check.profile(data)
    if check.problems:
        raise MachineError(*check.problems[:20])
    return machine_of(data)


def refuse_other(path: Path, name: str) -> None:
    """MachineError before anything is measured: where a file is there that is no profile, or for a wrong name."""
    if not NAME.fullmatch(name):
        raise MachineError(Problem("M803", f"{name!r} is not a name of a machine", hint=NAMED))
    if path.is_file() and '"profile"' not in path.read_text(encoding="utf-8", errors="replace"):
        raise MachineError(Problem("M801", f"{path} exists and is not a profile", hint="choose another file with -o"))


def write(path: Path, machine: Machine) -> None:
    """Writes a profile, whole or not at all.  Raises OutputError."""
    output.write((output.Pending(path, profile_text(machine)),), force=True)


def _text(path: Path) -> str:
    def refuse(why: str) -> NoReturn:
        raise MachineError(Problem("M801", f"{path} cannot be read: {why}", hint=AGAIN))

    try:
        if path.stat().st_size > LARGEST:
            refuse(f"a profile has at most {LARGEST:,} bytes")
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        refuse("it is not UTF-8")
    except OSError as error:
        refuse(error.strerror or type(error).__name__)
    if not text.strip():
        refuse("it is empty")
    return text


@dataclass(slots=True)
class _Check:
    """Looks at a profile's data and collects what is wrong, each problem at its place."""

    source: Source
    problems: list[Problem] = field(default_factory=list)
    spans: dict[Path_, tuple[int, int]] = field(default_factory=dict)

    def add(self, path: Path_, message: str, hint: str = AGAIN, code: str = "M803") -> None:
        self.spans = self.spans or dict(_spans(self.source.text))
        place: Place | None = self.source.place(*self.spans.get(path, (0, 1)))
        self.problems.append(Problem(code, message, place, hint))

    def profile(self, data: Any) -> None:
        """All of it; of another version nothing but that is said."""
        if not self.mapping((), data, ("profile",)):
            return None
        version = data["profile"]
        if not _whole(version, 1):
            return self.add(("profile",), "the version of a profile is a whole number, such as 1")
        if version != VERSION:
            hint = f"{AGAIN}, or use the symbp that wrote it: `pip install --upgrade symbp`"
            message = f"a profile of version {version}; this symbp reads version {VERSION}"
            return self.add(("profile",), message, hint, "M804")
        if not self.mapping((), {"loops": {}, "strides": {}, **data}, HEAD, only=True):  # older ones have less
            return None
        self.texts(data)
        for key in ("functions", "loops"):
            self.functions(key, data.get(key, {}))
        if "strides" in data:
            self.strides(("strides",), data["strides"])
        self.products(data["products"])
        if self.mapping(("streams",), data["streams"], STREAMS, only=True):
            for name in STREAMS:
                self.stream(("streams", name), data["streams"][name])
        return None

    def mapping(self, path: Path_, data: Any, keys: tuple[str, ...], only: bool = False) -> bool:
        """Whether this is a mapping with these keys."""
        if not isinstance(data, dict):
            self.add(path, f"{_shown(path)} is a mapping with the keys {', '.join(keys)}")
            return False
        missing = [key for key in keys if key not in data]
        if missing:
            self.add(path, f"{_shown(path)} needs the key{'s' * (len(missing) > 1)} {', '.join(missing)}")
        for key in [key for key in data if only and key not in keys]:
            self.add((*path, key), f"{_shown(path)} has no key {key!r}: it has {', '.join(keys)}")
        return not missing

    def texts(self, data: dict[str, Any]) -> None:
        """The name stands in the header of modules, so that it is one short line."""
        for key in ("processor", "libraries", "unit"):
            if not isinstance(data[key], str) or not data[key].isprintable() or len(data[key]) > 200:
                self.add((key,), f"{key} is a text of one line")
        if not isinstance(data["name"], str) or not NAME.fullmatch(data["name"]):
            self.add(("name",), "this is not a name of a machine", NAMED)

    def functions(self, key: str, data: Any) -> None:
        if not isinstance(data, dict):
            return self.add((key,), f"{key} is a mapping from names to nanoseconds")
        for name, value in data.items():
            self.number((key, name), value, least=0.0)
        return None

    def products(self, data: Any) -> None:
        """Cubes of times, a row for each pair of the first two sizes."""
        path: Path_ = ("products",)
        if self.mapping(path, data, ("call", "sizes", *FORMS.values()), only=True):
            self.number((*path, "call"), data["call"])
            if self.sizes((*path, "sizes"), data["sizes"]):
                count = len(data["sizes"])
                for form in FORMS.values():
                    self.table((*path, form), data[form], count * count, count)

    def strides(self, path: Path_, data: Any) -> None:
        if self.mapping(path, data, ("rows", "bytes", "each"), only=True):
            right = [self.sizes((*path, key), data[key]) for key in ("rows", "bytes")]
            if all(right):
                self.table((*path, "each"), data["each"], len(data["rows"]), len(data["bytes"]), 0.0)

    def stream(self, path: Path_, data: Any) -> None:
        if self.mapping(path, data, ("call", "numbers", "runs", "each"), only=True):
            self.number((*path, "call"), data["call"])
            right = [self.sizes((*path, key), data[key]) for key in ("numbers", "runs")]
            if all(right):
                self.table((*path, "each"), data["each"], len(data["numbers"]), len(data["runs"]))

    def sizes(self, path: Path_, data: Any) -> bool:
        right = isinstance(data, list) and len(data) > 1 and all(_whole(v, 1) for v in data)
        if not right or sorted(set(data)) != data or (path[-1] == "runs" and len(data) < 3):
            self.add(path, f"{_shown(path)} is a rising list of whole numbers, the first of them at least 1")
            return False
        return True

    def table(self, path: Path_, data: Any, rows: int, columns: int, least: float = 1e-6) -> None:
        if not isinstance(data, list) or len(data) != rows:
            return self.add(path, f"{_shown(path)} is a table of {rows} rows, as the sizes say")
        for i, row in enumerate(data):
            if not isinstance(row, list) or len(row) != columns:
                self.add((*path, i), f"row {i + 1} of {_shown(path)} has {columns} numbers, as the sizes say")
                continue
            for j, value in enumerate(row):
                self.number((*path, i, j), value, least)
        return None

    def number(self, path: Path_, value: Any, least: float = 1e-6) -> None:
        real = isinstance(value, int | float) and not isinstance(value, bool)
        if not real or not math.isfinite(value) or not least <= value <= 1e15:
            self.add(path, f"{_shown(path)} is a number of nanoseconds, from {least:g} to 1e15")


def _whole(value: Any, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _shown(path: Path_) -> str:
    return ".".join(str(part) for part in path if isinstance(part, str)) or "a profile"


def _spans(text: str) -> Iterator[tuple[Path_, tuple[int, int]]]:
    """Where each value of a JSON text stands: of a mapping and a list the bracket that opens it."""
    tokens = list(_TOKEN.finditer(text))

    def value(at: int, path: Path_, found: Callable[[Path_, tuple[int, int]], None]) -> int:
        token = tokens[at].group(1)
        found(path, tokens[at].span(1))
        at += 1
        if token not in ("{", "["):
            return at
        count = 0
        while tokens[at].group(1) not in ("}", "]"):
            part: str | int = count
            if token == "{":
                part = json.loads(tokens[at].group(1))
                at += 2
            at = value(at, (*path, part), found)
            at += tokens[at].group(1) == ","
            count += 1
        return at + 1

    spans: list[tuple[Path_, tuple[int, int]]] = []
    value(0, (), lambda path, span: spans.append((path, span)))
    return iter(spans)
