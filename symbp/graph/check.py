"""A file -> `Spec`, checked as far as it can be: problems of keys and values, and of the network, in one run."""

from __future__ import annotations

from pathlib import Path

from symbp.errors import SpecError
from symbp.graph.build import problems_of
from symbp.spec import load as reading
from symbp.spec.findings import shown
from symbp.spec.model import Spec


def load(path: str | Path) -> Spec:
    """As `symbp.spec.load.load`; a spec with wrong keys or values is checked as a network too, as far as it is right.

    Raises SpecError with every problem found.
    """
    try:
        return reading.load(path)
    except reading.UnfinishedSpecError as error:
        raise _completed(error) from None


def loads(text: str, name: str = "spec.yaml") -> Spec:
    """As `load`, of a text; `name` stands for the file in messages."""
    try:
        return reading.loads(text, name)
    except reading.UnfinishedSpecError as error:
        raise _completed(error) from None


def _completed(error: reading.UnfinishedSpecError) -> SpecError:
    more = [] if error.part is None else problems_of(error.part)
    return SpecError(*shown([*error.found, *more]))
