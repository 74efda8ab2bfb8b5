"""The text of a size that a call fixes: the length of an array that the body is given."""

from __future__ import annotations

from collections.abc import Callable

from symbp.lower.model import PROBABILITY, Program


def size_texts(program: Program, stage: str) -> Callable[[str], str]:
    """What to write for ``n`` or ``T`` in the body of a stage."""
    places = {name: (array, place) for name, array, place in program.sizes}
    if stage == PROBABILITY:
        shape = program.array(program.output).shape
        places = {name: (program.output, shape.index(name)) for name in places if name in shape}
    return lambda name: length(*places[name])


def length(array: str, place: int) -> str:
    """The size of one axis of an array."""
    return f"len({array})" if place == 0 else f"{array}.shape[{place}]"
