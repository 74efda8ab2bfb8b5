"""Affine places as NumPy writes them: slices, loops over what no slice can run along, and views of all windows."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite

from symbp.emit.alignment import subscripts
from symbp.errors import DerivationError, Problem
from symbp.lower.model import Affine, Axis, Reach, Window, axes_of, loops_of, reaches, size_bound

Size = Callable[[str], str]


def affine_text(place: Affine, names: dict[Axis, str], size: Size) -> str:
    """A place as Python: ``2 * u + 1``."""
    text = ""
    parts = [(names[a], f) for a, f in place.terms] + [(size(name), f) for name, f in place.sizes]
    for name, factor in parts:
        sign = ("-" if factor < 0 else "") if not text else (" - " if factor < 0 else " + ")
        text += sign + (name if abs(factor) == 1 else f"{abs(factor)} * {name}")
    if not text:
        return str(place.offset)
    return text + (f" {'-' if place.offset < 0 else '+'} {abs(place.offset)}" if place.offset else "")


def sliced(text: str, found: dict[Axis, Reach], names: dict[Axis, str], size: Size) -> tuple[str, tuple[Axis, ...]]:
    """The array with each dimension cut to its places, and the axes of what that gives.

    >>> n, h, p, u = Axis("n", "n"), Axis("h", 9), Axis("p", 4), Axis("u", 3)
    >>> at = reaches((n, h), ((h, Affine(((p, 2), (u, 1)))),))
    >>> sliced("x", at, {u: "u"}, str)[0], sliced("x", reaches((n, h), ((h, Affine((), 2)),)), {}, str)[0]
    ('x[:, u : u + 7 : 2]', 'x[:, 2]')
    """
    cuts = [_cut(axis, r, names, size) for axis, r in found.items()]
    while cuts and cuts[-1] == ":":
        cuts.pop()
    flips = ["::-1" if r.factor < 0 else ":" for r in found.values() if r.run is not None]
    while flips and flips[-1] == ":":
        flips.pop()
    text += f"[{', '.join(cuts)}]" if cuts else ""
    text += f"[{', '.join(flips)}]" if flips else ""
    return diagonal(text, [r.run for r in found.values() if r.run is not None])


def diagonal(text: str, axes: list[Axis]) -> tuple[str, tuple[Axis, ...]]:
    """An array with one axis in two dimensions as its diagonal: a view."""
    once = tuple(dict.fromkeys(axes))
    if len(once) == len(axes):
        return text, once
    have, want = subscripts(axes, once)
    return f'np.einsum("{have}->{want}", {text})', once


def _cut(axis: Axis, r: Reach, names: dict[Axis, str], size: Size) -> str:
    """The slice of one dimension, from its least place on; what runs backwards is turned afterwards."""
    if r.run is None:
        return affine_text(r.start, names, size)
    step = abs(r.factor)
    length = r.run.size
    first, last = r.start, r.start
    if isinstance(length, int):
        far = replace_offset(r.start, r.factor * (length - 1))
    else:
        sizes = dict(r.start.sizes)
        sizes[length] = sizes.get(length, 0) + r.factor
        far = Affine(r.start.terms, r.start.offset - r.factor, tuple((s, f) for s, f in sizes.items() if f))
    first, last = (r.start, far) if r.factor > 0 else (far, r.start)
    whole = not first.terms and not first.sizes and first.offset == 0 and step == 1 and length == axis.size
    if whole:
        return ":"
    end = replace_offset(last, 1)
    open_end = isinstance(axis.size, int) and not end.terms and not end.sizes and end.offset == axis.size
    open_end = open_end or (end.sizes == ((str(axis.size), 1),) and not end.terms and end.offset == 0)
    open_end = open_end or (step > 1 and _as_many(first, axis.size, step, length))
    start_text = affine_text(first, names, size)
    begin = "" if start_text == "0" else start_text
    stop = "" if open_end else affine_text(end, names, size)
    wide = " " in f"{begin}{stop}"
    gap = " : " if wide and begin and stop else ": " if wide and stop else " :" if wide and begin else ":"
    text = f"{begin}{gap}{stop}"
    return f"{text} : {step}" if step > 1 and wide else f"{text}:{step}" if step > 1 else text


def _as_many(first: Affine, size: int | str, step: int, length: int | str) -> bool:
    """Whether a slice from here to the end of an axis holds as many places, wherever loops let it start."""
    if isinstance(size, str) or isinstance(length, str) or first.sizes:
        return False
    if not all(isinstance(a.size, int) for a in first.axes):
        return False
    ends = [f * (a.size - 1) for a, f in first.terms if isinstance(a.size, int)]
    least, most = (first.offset + sum(e for e in ends if (e > 0) == up) for up in (False, True))
    return least >= 0 and all(-(-(size - start) // step) == length for start in (least, most))


def replace_offset(place: Affine, by: int) -> Affine:
    """The place moved by a number."""
    return Affine(place.terms, place.offset + by, place.sizes)


# ---- views of all windows ----


def view_axes(node: Window) -> tuple[Axis, ...]:
    """The axes of the view: what slices run along in place of each dimension, then what the windows hold."""
    found = reaches(axes_of(node.source), node.at)
    runs = [r.run for r in found.values() if r.run is not None]
    return tuple(dict.fromkeys((*runs, *loops_of(found))))


def view_text(text: str, node: Window, size: Size) -> str:
    """A view of `text`, the source of an in-range window: ``windows(x, (3, 3), (2, 3))``, with steps behind it."""
    found = reaches(axes_of(node.source), node.at)
    inner = loops_of(found)
    if not inner:
        return sliced(text, found, {}, size)[0]
    kept = {axis: _spanned(axis, r) for axis, r in found.items()}
    text = sliced(text, kept, {}, size)[0]
    terms = [(k, a, factor) for k, r in enumerate(found.values()) for a, factor in r.start.terms]
    terms.sort(key=lambda term: inner.index(term[1]))
    dims, extents = [k for k, _, _ in terms], [abs(factor) * (_whole(a) - 1) + 1 for _, a, factor in terms]
    comma = "," if len(terms) == 1 else ""
    text = f"windows({text}, ({', '.join(map(str, extents))}{comma}), ({', '.join(map(str, dims))}{comma}))"
    steps = [_step(r.factor) if r.run is not None else "0" for r in found.values()]
    steps += [_step(factor) for _, _, factor in terms]
    while steps and steps[-1] == ":":
        steps.pop()
    text = f"{text}[{', '.join(steps)}]" if steps else text
    return diagonal(text, [*(r.run for r in found.values() if r.run is not None), *(a for _, a, _ in terms)])[0]


def _step(factor: int) -> str:
    return ":" if factor == 1 else f"::{factor}"


def _whole(axis: Axis) -> int:
    assert isinstance(axis.size, int), "a window has a size that is known"
    return axis.size


def _spanned(axis: Axis, r: Reach) -> Reach:
    """The least part of a dimension that holds all places, as a slice with step 1."""
    low = high = r.start.offset
    terms = [*r.start.terms, *([(r.run, r.factor)] if r.run is not None else [])]
    sizes = dict(r.start.sizes)
    for a, f in terms:
        if not isinstance(a.size, int):
            if f > 0:
                sizes[a.size] = sizes.get(a.size, 0) + f
                high -= f
            continue
        low, high = (low, high + f * (a.size - 1)) if f > 0 else (low + f * (a.size - 1), high)
    if sizes:  # as far as the axis goes
        return Reach(axis, 1, Affine((), 0))
    return Reach(Axis(axis.letter, high - low + 1), 1, Affine((), low))


# ---- what lies beyond an axis ----


def padded_text(text: str, node: Window) -> str:
    """A shifted read of `text`, the source, as an array: ``np.pad(x, ((0, 0), (1, 1)))``."""
    places = dict(node.at)
    cuts, widths = [], []
    for axis in axes_of(node.source):
        if axis not in places:
            cuts.append(":")
            widths.append("(0, 0)")
            continue
        ((own, _),) = places[axis].terms
        before, after = beyond(own, axis, places[axis])
        cuts.append(overlap(own, axis, places[axis])[1])
        widths.append(f"({before}, {after})")
    fill = "" if node.outside == 0 else f", constant_values={number(node.outside)}"
    return f"np.pad({cut(text, cuts)}, ({', '.join(widths)}{',' * (len(widths) == 1)}){fill})"


def beyond(own: Axis, axis: Axis, place: Affine) -> tuple[int, int]:
    """How many places of ``x[h - 1]`` lie before the array, and behind it."""
    if place.sizes:
        message = f"a read shifted by the size of the axis {axis.letter!r} has no array form"
        raise DerivationError(Problem("D401", message))
    (a, free), (b, others) = size_bound(own.size), size_bound(axis.size)
    if dict(free) != dict(others):
        raise DerivationError(Problem("D401", f"an axis of {own.size} places is read from one of {axis.size}"))
    before = max(0, -place.offset)
    return before, max(0, a - b + place.offset)


def overlap(own: Axis, axis: Axis, place: Affine) -> tuple[str, str]:
    """Of ``x[h - 1]``: the slice of the result that meets the array, and the slice of the array that it meets.

    >>> overlap(Axis("h", 7), Axis("at", 5), Affine(((Axis("h", 7), 1),), -1))
    ('1:6', ':')
    >>> overlap(Axis("t", "T"), Axis("at", "T"), Affine(((Axis("t", "T"), 1),), -1))
    ('1:', ':-1')
    """
    before, after = beyond(own, axis, place)
    first = before + place.offset
    if isinstance(own.size, int) and isinstance(axis.size, int):
        last = max(before, own.size - after)
        return _slice(before, last, own.size), _slice(first, last + place.offset, axis.size)
    left = size_bound(axis.size)[0] - size_bound(own.size)[0] - place.offset  # behind what is met
    return f"{before or ''}:{-after or ''}", f"{first or ''}:{-left if left > 0 else ''}"


def _slice(first: int, last: int, size: int) -> str:
    return f"{first or ''}:{'' if last == size else last}"


def cut(text: str, cuts: list[str]) -> str:
    """An array with a slice in each dimension; whole ones at the end need no mention."""
    kept = list(cuts)
    while kept and kept[-1] == ":":
        kept.pop()
    return f"{text}[{', '.join(kept)}]" if kept else text


def number(value: float) -> str:
    """A number that an array is filled with; infinities are named.

    >>> [number(value) for value in (0.0, 1.0, -0.25, float("-inf"))]
    ['0', '1', '-0.25', '-np.inf']
    """
    if isfinite(value):
        return repr(int(value) if value == int(value) else value)
    return "-np.inf" if value < 0 else "np.inf"


def full(shape: tuple[str, ...], value: float) -> str:
    """The expression that makes an array of one value."""
    sizes = f"({', '.join(shape)}{',' * (len(shape) == 1)})"
    return f"np.zeros({sizes}, dtype)" if value == 0 else f"np.full({sizes}, {number(value)}, dtype)"
