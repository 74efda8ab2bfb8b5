"""How loops over the steps of a recurrence are written, and the arrays that outlast a step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from symbp.emit.model import Buffer, Line
from symbp.lower.model import Array, Loop, Program, Statement, free_name


def step_name(program: Program, loop: Loop) -> str:
    """The variable that counts the steps: the letter of the axis, unless that is the name of something else."""
    taken = {a.text for a in program.arrays} | {size for size, _, _ in program.sizes} | {"g", "p", "s", "n"}
    return loop.axis.letter if loop.axis.letter not in taken else free_name("step", taken)


def loop_line(program: Program, loop: Loop, size: Callable[[str], str]) -> Line:
    """``for step in reversed(range(T)):``"""
    steps = f"range({step_count(loop, size)})"
    return Line(f"for {step_name(program, loop)} in {f'reversed({steps})' if loop.reverse else steps}:")


def step_count(loop: Loop, size: Callable[[str], str]) -> str:
    """How many steps a loop has."""
    return size(loop.axis.size) if isinstance(loop.axis.size, str) else str(loop.axis.size)


def later(step: str, loop: Loop, size: Callable[[str], str]) -> str:
    """The condition that a step is not the first of its loop."""
    if not loop.reverse:
        return step
    count = loop.axis.size
    return f"{step} < {count - 1 if isinstance(count, int) else f'{size(count)} - 1'}"


def zero_at_first(texts: Sequence[str], target: str, condition: str) -> list[str]:
    """The statements under the condition, and otherwise zeros."""
    inner = "    "
    return [f"if {condition}:", *(inner + text for text in texts), "else:", f"{inner}{target}[...] = 0"]


def standing(program: Program) -> dict[str, Array]:
    """The arrays that are filled part by part or read at other steps, and their views: they lie in the workspace."""
    filled = {s.target for s in program.statements if isinstance(s, Statement) and s.at}
    bases = {a.view_of for a in program.arrays if a.view_of} | filled
    return {a.name: a for a in program.arrays if a.name in bases or a.view_of in bases}


def room(array: Array) -> list[Buffer]:
    """An array with room around it, which holds zeros: the whole, and the part that is the array; or one with ones."""
    whole = f"{array.name}_padded"
    if array.ones >= 0:
        return [Buffer(array.name, (), array.dtype, f"np.ones(({', '.join(map(str, array.shape))}), {_dtype(array)})")]
    shape = [_more(str(size), sum(pad)) for size, pad in zip(array.shape, array.padding, strict=True)]
    inside = ", ".join(shape)
    comma = "," if len(shape) == 1 else ""
    return [
        Buffer(whole, tuple(shape), array.dtype, f"np.zeros(({inside}{comma}), {_dtype(array)})"),
        Buffer(array.name, (), array.dtype, part(array, array)),
    ]


def part(base: Array, view: Array) -> str:
    """The Python expression of an array with room around it, or of a shifted view of one, in the workspace."""
    if base.ones >= 0:
        return f"self.{base.name}[{':, ' * base.ones}:-1]"
    if base.kind == "padded":
        return f"self.{base.name}[{_inside(base, view)}]"
    shifts = view.shift or tuple(0 for _ in base.shape)
    rooms = base.padding or tuple((0, 0) for _ in base.shape)
    texts = [_slice(before + shift, after - shift) for (before, after), shift in zip(rooms, shifts, strict=True)]
    if view.place is not None:
        texts[view.place[0]] = str(view.place[1])
    while texts[-1] == ":":
        texts.pop()
    return f"self.{base.name}{'_padded' if base.padding else ''}[{', '.join(texts)}]"


def _inside(base: Array, view: Array) -> str:
    """The part of a padded array that another one is."""
    sizes = zip(base.shape, view.shape, view.shift, strict=True)
    texts = [":" if size == own else f"{start or ''}:{start + int(own)}" for size, own, start in sizes]
    while texts[-1] == ":":
        texts.pop()
    return ", ".join(texts)


def _slice(start: int, rest: int) -> str:
    return f"{start or ''}:{-rest or ''}"


def _more(size: str, places: int) -> str:
    if not places:
        return size
    return str(int(size) + places) if size.isdigit() else f"{size} + {places}"


def _dtype(array: Array) -> str:
    return {"real": "dtype", "bool": "np.bool_", "index": "np.intp"}[array.dtype]


def standing_buffers(arrays: Iterable[Array]) -> list[Buffer]:
    """The arrays in an order in which they can be made."""
    made: list[Buffer] = []
    bases = {a.name: a for a in arrays if not a.view_of}
    for base in bases.values():
        shape = tuple(str(size) for size in base.shape)
        made += room(base) if base.padding else [Buffer(base.name, shape, base.dtype)]
    return made + [
        Buffer(a.name, (), a.dtype, part(bases[a.view_of], a)) for a in arrays if a.view_of
    ]
