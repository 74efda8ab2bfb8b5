"""A file or a text -> `Spec`, or every problem in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from symbp.errors import Problem, SpecError
from symbp.spec.findings import shown
from symbp.spec.libraries import with_libraries
from symbp.spec.model import Spec
from symbp.spec.origin import Origin
from symbp.spec.reading import read, read_file
from symbp.spec.repair import readable_part
from symbp.spec.source import Source
from symbp.spec.tree import Mapping, data_of


def load(path: str | Path) -> Spec:
    """Read the spec in a file.  Raises SpecError with every problem found."""
    return _spec(read_file(Path(path)), Path(path).parent)


def loads(text: str, name: str = "spec.yaml") -> Spec:
    """Read the spec in a text; `name` stands for the file in messages.  Raises SpecError with every problem found."""
    return _spec(Source(name, text), None)


class UnfinishedSpecError(SpecError):
    """A spec with problems, all of them in `found`, and the `part` of it that could be read in spite of them."""

    def __init__(self, problems: list[Problem], part: Spec | None) -> None:
        super().__init__(*shown(problems))
        self.found = problems
        self.part = part


def _spec(source: Source, folder: Path | None) -> Spec:
    root, problems = read(source)
    if root is None:
        raise SpecError(*problems)
    if not isinstance(root, Mapping):
        problems.append(Problem("E203", "a spec is a mapping of keys to values", source.place(root.start, root.end)))
        raise SpecError(*shown(problems))
    data: Any = data_of(root)
    data, origin, more = with_libraries(data, Origin(source, root), folder)
    problems += more
    try:
        spec = Spec(origin, **data)
    except SpecError as error:
        raise UnfinishedSpecError([*problems, *error.problems], readable_part(data, origin)) from None
    if problems:
        raise UnfinishedSpecError(problems, spec)
    return spec
