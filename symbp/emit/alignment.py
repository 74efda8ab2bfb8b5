"""How an array with named axes is written so that its dimensions stand where a broadcast or a product needs them."""

from __future__ import annotations

from collections.abc import Sequence

from symbp.lower.model import Axis


def aligned(text: str, have: Sequence[Axis], want: Sequence[Axis]) -> str:
    """`text`, an array with the axes `have`, turned so that it broadcasts against the axes `want`.

    Axes of `want` that it lacks get length 1; leading ones need no mention.

    >>> n, j = Axis("n", "n"), Axis("j", 10)
    >>> aligned("m", (n,), (n, j)), aligned("b", (j,), (n, j)), aligned("W", (j, n), (n, j))
    ('m[:, None]', 'b', 'W.T')
    """
    order = [a for a in want if a in have]
    text = transposed(text, have, order)
    places = [":" if a in have else "None" for a in want]
    while places and places[0] == "None":
        places.pop(0)
    if "None" not in places:
        return text
    if ":" in places and places[places.index("None") :].count(":") == 0 and places.count("None") > 1:
        return f"{text}[..., {', '.join(p for p in places if p == 'None')}]"
    return f"{text}[{', '.join(places)}]"


def transposed(text: str, have: Sequence[Axis], want: Sequence[Axis]) -> str:
    """`text` with its axes in the order `want`, a permutation of `have`."""
    if list(have) == list(want):
        return text
    if list(have) == list(reversed(want)):
        return f"{text}.T"
    return f"{text}.transpose({', '.join(str(list(have).index(a)) for a in want)})"


def subscripts(*operands: Sequence[Axis]) -> list[str]:
    """One letter an axis, as einsum writes them; a batch axis ``n`` keeps its letter where it can."""
    letters: dict[Axis, str] = {}
    for axis in (a for operand in operands for a in operand):
        if axis not in letters:
            free = (c for c in (axis.letter[0].lower(), *"abcdefghijklmnopqrstuvwxyz") if c not in letters.values())
            letters[axis] = next(free)
    return ["".join(letters[a] for a in operand) for operand in operands]
