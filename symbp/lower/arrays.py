"""The arrays of a program."""

from __future__ import annotations

from collections.abc import Mapping

from symbp.notation.records import dataclass


@dataclass(frozen=True, slots=True)
class Strip:
    """A part of arrays that neighbouring statements work on together: `rows` rows, one strip after the other.

    The first `lead` axes are counted as one, whose places are the rows.  What has none of these axes is the same for
    all strips.  Statements with one `name` belong together.
    """

    name: str
    lead: int
    rows: int


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
    Of an array with a `strip` there is memory for one strip only: nothing reads it behind the strip that it is made in.
    One with `rows` is, in a loop over parts, the part of the other array that a step is for: (dimension, where the
    first part begins, how far it is from each to the next, how many there are).
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
    strip: Strip | None = None
    rows: tuple[int, int, int, int] | None = None

    @property
    def text(self) -> str:
        return self.code or self.name

    @property
    def memory(self) -> tuple[int | str, ...]:
        """The shape that it has in memory."""
        return self.shape if self.strip is None else (self.strip.rows, *self.shape[self.strip.lead :])


def lies_whole(array: Array, arrays: Mapping[str, Array]) -> bool:
    """Whether an array lies in memory without gaps: only in front of it and behind it there may be room."""
    base = arrays[array.view_of] if array.view_of else array
    if array.rows and array.rows[0]:
        return False
    if base.kind == "padded" and base is not array:
        return not any(array.shift[1:]) and base.shape[1:] == array.shape[1:]
    apart = base.ones >= 0 or array.ones >= 0 or (array.place is not None and array.place[0] > 0)
    return not apart and not any(sum(room) for room in base.padding[1:])
