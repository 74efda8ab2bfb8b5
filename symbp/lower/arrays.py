"""The arrays of a program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

THETA, GRAD = "theta", "grad"  # the flat vectors of all parameters and of all gradients, by name and kind


@dataclass(frozen=True, slots=True)
class Rows:
    """Where in an array the parts lie that the steps of a loop are for: along a `dimension`, from place to place.

    The first part begins at `first`, each later one `far` places behind the one before, up to `end`.  Where a call
    fixes the end, that is the text of a size, ``n * T`` where the dimension counts the places of several, and the last
    part may be shorter.  An array that is as long as a part, which the steps fill anew, is 0 `far`.
    """

    dimension: int
    first: int
    far: int
    end: int | str


@dataclass(frozen=True, slots=True)
class Array:
    """An array of the program.

    `kind` is "input", "target", "parameter", "gradient" (of a parameter), "constant", "random" (drawn in every training
    step), "table" (computed once), "padded" (a copy between what never changes), "filled" (one number all over, for
    good), "value", "theta", "grad", "state" (of a layer or of the optimiser) or "scalar" (``lr``, ``k``).
    `dtype` is "real", "bool" or "index".  `data` holds the numbers of a constant, flat.
    `code` is how bodies write it, where that is not its name (``p.W_fc1``).  A value in between names in `part_of` the
    value that it is a step towards.

    `padding` says how many places of 0 lie before and after each dimension, where a shifted read may find them.  An
    array with `view_of` is another one, read at places shifted by `shift`: ``h[t-1]`` of ``h[t]``.
    One with `view_of` a padded array is the part of it that begins at `shift`.
    With a `place` (dimension, place) it is the part of the other array at this place along one more dimension.
    `turned`: the dimensions of the named tensor in the order in which they lie in memory, where that is another order.
    `begin` is the place in the flat vector where a parameter begins.  The last place along the dimension `ones` holds 1
    for good; views of such an array are what lies in front of it.
    One with `rows` is, in a loop over parts, the part of the other array that a step is for; without another one it is
    itself as long as a part.
    A state of the optimiser is kept as a multiple of `unit`; one that `decays` comes ever nearer to 0 by itself.
    """

    name: str
    shape: tuple[int | str, ...]
    kind: str = "value"
    dtype: str = "real"
    data: tuple[float, ...] = ()
    code: str = ""
    part_of: str = ""
    padding: tuple[tuple[int, int], ...] = ()
    view_of: str = ""
    shift: tuple[int, ...] = ()
    place: tuple[int, int] | None = None
    turned: tuple[int, ...] = ()
    unit: float = 1.0
    decays: bool = False
    begin: int = -1
    ones: int = -1
    rows: Rows | None = None

    @property
    def text(self) -> str:
        return self.code or self.name


def lies_whole(array: Array, arrays: Mapping[str, Array]) -> bool:
    """Whether an array lies in memory without gaps: only in front of it and behind it there may be room."""
    base = arrays[array.view_of] if array.view_of else array
    if array.rows and array.rows.dimension:
        return False
    if base.kind == "padded" and base is not array:
        return not any(array.shift[1:]) and base.shape[1:] == array.shape[1:]
    apart = base.ones >= 0 or array.ones >= 0 or (array.place is not None and array.place[0] > 0)
    return not apart and not any(sum(room) for room in base.padding[1:])
