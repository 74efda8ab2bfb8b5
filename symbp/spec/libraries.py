"""Library files: definitions in files of their own, which a spec names beside its `define:`.

    library: [layers.yaml]

A library file holds ``symbp: 1`` and `define:`, as a spec does.  It lies in the folder of the spec, or below.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import PlainValidator, ValidationError

from symbp.errors import Problem, SpecError
from symbp.notation.problems import did_you_mean
from symbp.spec.findings import problems_of
from symbp.spec.origin import Origin
from symbp.spec.reading import read, read_file
from symbp.spec.strict import Strict, Version, described, problem
from symbp.spec.tree import Mapping, Trail, data_of


def _definitions(value: object) -> object:
    """What stands below `define:` is checked with the spec."""
    if not isinstance(value, dict):
        raise problem("E203", f"`define` is a mapping of kinds to definitions, found {described(value)}")
    return value


class LibraryFile(Strict):
    """What a library file holds."""

    symbp: Version
    define: Annotated[Any, PlainValidator(_definitions)]


def with_libraries(
    data: dict[str, Any], origin: Origin, folder: Path | None
) -> tuple[dict[str, Any], Origin, list[Problem]]:
    """The data of a spec with the definitions of its library files, and an origin that knows where each stands.

    `folder` is that of the spec; None where it is a text.
    """
    names = data.get("library")
    problems: list[Problem] = []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return data, origin, problems  # said where keys are checked
    for position, name in enumerate(names):
        trail: Trail = ("library", position)
        try:
            found = _read(name, folder, origin, trail, problems)
        except SpecError as error:
            problems.extend(replace(p, place=p.place or origin.place(trail)) for p in error.problems)
            continue
        if found is not None:
            data, origin = _added(data, origin, *found, problems)
    return data, origin, problems


def _read(
    name: str, folder: Path | None, origin: Origin, trail: Trail, problems: list[Problem]
) -> tuple[dict[str, Any], Origin] | None:
    """The definitions of a library file and where they stand; None where it is none, which is reported."""
    if folder is None:
        message = "a spec that is no file has no folder to find a library in"
        problems.append(origin.problem("E115", message, trail, "read the spec from a file, or write `define:`"))
        return None
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()) or Path(name).is_absolute():
        message = f"the library {name!r} lies outside of the spec's folder"
        problems.append(origin.problem("E115", message, trail, "a path relative to the spec: layers.yaml"))
        return None
    if not path.exists():
        near = did_you_mean(path.name, sorted(p.name for p in path.parent.glob("*.yaml")))
        problems.append(origin.problem("E101", f"there is no file {name!r} in the spec's folder", trail, near))
        return None
    source = read_file(path)
    root, found = read(source)
    problems.extend(found)
    if not isinstance(root, Mapping):
        if root is not None:
            place = source.place(root.start, root.end)
            problems.append(Problem("E203", "a library is a mapping with the keys symbp and define", place))
        return None
    own = Origin(source, root)
    try:
        made = LibraryFile.model_validate(data_of(root))
    except ValidationError as error:
        problems.extend(problems_of(error, own))
        return None
    return made.define, own


def _added(
    data: dict[str, Any], origin: Origin, define: dict[str, Any], own: Origin, problems: list[Problem]
) -> tuple[dict[str, Any], Origin]:
    """The definitions of a library file beside those that are there; a second one of a name is reported."""
    there = data.get("define", {})
    if not isinstance(there, dict):
        return data, origin
    merged = {kind: dict(entries) if isinstance(entries, dict) else entries for kind, entries in there.items()}
    names: set[tuple[str, str]] = set()
    for kind, entries in define.items():
        known = merged.setdefault(kind, {})
        for name, entry in entries.items() if isinstance(entries, dict) and isinstance(known, dict) else ():
            if name in known:
                message = f"{name!r} is defined twice, here and in {origin.file_of(('define', kind, name))}"
                problems.append(own.problem("E209", message, ("define", kind, name), "remove one of them", key=True))
            else:
                known[name] = entry
                names.add((kind, name))
        if not isinstance(entries, dict):
            merged[kind] = entries
            names.add((kind, ""))
    return {**data, "define": merged}, origin.with_library(own, frozenset(names))
