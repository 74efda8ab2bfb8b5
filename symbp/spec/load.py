"""A file or a text -> `Spec`, or every problem in it."""

from __future__ import annotations

from pathlib import Path

from symbp.errors import Problem, SpecError
from symbp.spec.findings import in_file_order
from symbp.spec.model import Spec
from symbp.spec.origin import Origin
from symbp.spec.reading import read, read_file
from symbp.spec.source import Source
from symbp.spec.tree import Mapping, data_of


def load(path: str | Path) -> Spec:
    """Read the spec in a file.  Raises SpecError with every problem found."""
    return _spec(read_file(Path(path)))


def loads(text: str, name: str = "spec.yaml") -> Spec:
    """Read the spec in a text; `name` stands for the file in messages.  Raises SpecError with every problem found."""
    return _spec(Source(name, text))


def _spec(source: Source) -> Spec:
    root, problems = read(source)
    if root is None:
        raise SpecError(*problems)
    if not isinstance(root, Mapping):
        problems.append(Problem("E203", "a spec is a mapping of keys to values", source.place(root.start, root.end)))
        raise SpecError(*in_file_order(problems))
    data = data_of(root)
    try:
        spec = Spec(Origin(source, root), **data)  # type: ignore[arg-type]
    except SpecError as error:
        problems.extend(error.problems)
    if problems:
        raise SpecError(*in_file_order(problems))
    return spec
