"""The text of a size that a call fixes: the length of an array that the body is given."""

from __future__ import annotations

import re
from collections.abc import Callable

from symbp.lower.model import PROBABILITY, Program


def size_texts(program: Program, stage: str) -> Callable[[str], str]:
    """What to write for ``n``, ``T`` or ``T + 2`` in the body of a stage."""
    places = {name: (array, place) for name, array, place in program.sizes}
    if stage == PROBABILITY:
        shapes = [(output, program.array(output).shape) for output, _ in reversed(program.probabilities)]
        places = {name: (output, shape.index(name)) for output, shape in shapes for name in places if name in shape}
    return lambda size: re.sub(r"[A-Za-z]\w*", lambda name: length(*places[name.group()]), size)


def length(array: str, place: int) -> str:
    """The size of one axis of an array."""
    return f"len({array})" if place == 0 else f"{array}.shape[{place}]"
