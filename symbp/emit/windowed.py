"""Statements over windows: padded copies, views of all windows, maxima and sums tap by tap, and scatters.

A tap is one place in the window: ``x[:, :, u : u + 24, v : v + 24]`` for all windows at once.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from symbp.emit.alignment import aligned
from symbp.emit.memory import Memory
from symbp.emit.model import Buffer
from symbp.emit.shifted import shifted_rows
from symbp.emit.slicing import affine_text, beyond, cut, number, overlap, sliced, view_axes, view_text
from symbp.emit.wrapping import ROOM
from symbp.lower.model import (
    FEW,
    FIRST_EQUAL,
    GRAD,
    THETA,
    Affine,
    Apply,
    Axis,
    Fold,
    Node,
    Reach,
    Read,
    Scatter,
    Statement,
    Tiles,
    Window,
    affine_of,
    axes_of,
    is_clipped,
    is_tap_by_tap,
    loops_of,
    reaches,
    scattered,
    stays_inside,
    taps_apart,
    taps_everywhere,
)

TAPS = 32  # in one window: more are reduced in one call
RESERVED = frozenset(("p", "g", "ws", "np", "n", "loss", "lr", "k", "math"))


def indented(text: str, levels: int) -> str:
    """A statement so many levels further in."""
    return "    " * levels + text


Tap = dict[Axis, int]  # the place of a tap along each axis that counts the taps


def _one_by_one(axes: Sequence[Axis]) -> list[Tap]:
    """The taps that these axes count, in C order, where they are few."""
    sizes = [a.size for a in axes if isinstance(a.size, int)]
    if len(sizes) < len(axes) or not 1 < math.prod(sizes) <= FEW:
        return []
    return [dict(zip(axes, places, strict=True)) for places in itertools.product(*map(range, sizes))]


def _first_equal(body: Node) -> bool:
    """Whether a value is given to the first tap that equals a maximum."""
    hit = body.args[1] if isinstance(body, Apply) and len(body.args) == 2 else body
    return isinstance(hit, Apply) and hit.function == FIRST_EQUAL


def _at_tap(found: dict[Axis, Reach], tap: Tap) -> dict[Axis, Reach]:
    """The places of one tap."""
    moved = {}
    for axis, r in found.items():
        start = r.start.offset + sum(f * tap[a] for a, f in r.start.terms)
        moved[axis] = Reach(r.run, r.factor, Affine((), start, r.start.sizes))
    return moved


def named_view(of: str, stem: str, memory: Memory) -> str:
    """The name of a view in the workspace; equal ones have one name."""
    views = memory.window_views
    known = next((b.name for b in views.values() if b.of == of), "")
    if not known:
        known = next(c for c in (stem, *(f"{stem}_{k}" for k in range(2, 99))) if c not in views)
        views[known] = Buffer(known, ("",), "real", of)
    memory.used[known] = None
    return known


class Windowed:
    """Prints what holds windows; `memory` is the body that it stands in."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    # ---- views ----

    def operand(self, node: Window, want: Sequence[Axis]) -> str:
        """A window that stays on its array, as a view."""
        return aligned(self.view(node), view_axes(node), want)

    def view(self, node: Window) -> str:
        if not isinstance(node.source, Read):
            return view_text(self.memory.leaf(node.source, axes_of(node.source)), node, self.memory.size_of)
        name = node.source.name
        text = self.memory.seen(name, node.source.axes)
        if not loops_of(reaches(axes_of(node.source), node.at)):
            return view_text(text, node, self.memory.size_of)
        self.memory.plainly["windows"] = None
        if self.memory.arrays[name].kind not in ("value", "padded"):
            return view_text(text, node, self.memory.size_of)
        return named_view(view_text(f"self.{text}", node, str), f"windows_{name}", self.memory)

    # ---- copies ----

    def store(self, node: Window, axes: Sequence[Axis], target: str, filled: bool) -> list[str]:
        """A window in an array of its own.  `filled`: what lies outside stands there already."""
        if stays_inside(node.at):
            return [f"{target}[...] = {self.operand(node, axes)}"]
        if is_tap_by_tap(node):
            return self.side_by_side(node, axes, target)
        places = dict(node.at)
        own = axes_of(node.source)
        met = {place.axes[0]: overlap(place.axes[0], axis, place) for axis, place in node.at}
        text = self.memory.leaf(node.source, own)
        source = cut(text, [met[places[a].axes[0]][1] if a in places else ":" for a in own])
        part = cut(target, [met[a][0] if a in met else ":" for a in axes])
        have = tuple(places[a].axes[0] if a in places else a for a in own)
        fill = [] if filled else [f"{target}[...] = {number(node.outside)}"]
        return [*fill, f"{part} = {aligned(source, have, axes)}"]

    def side_by_side(self, node: Window, axes: Sequence[Axis], target: str) -> list[str]:
        """A few shifted reads of an array, each at its tap, with zeros outside of it."""
        own, ((axis, _),) = axes_of(node.source), node.at
        reach = reaches(own, node.at)[axis]
        ((tap, factor),), run, rows = reach.start.terms, reach.run, []
        assert isinstance(tap.size, int) and run is not None and isinstance(run.size, int)
        text, have = self.memory.leaf(node.source, own), [run if a == axis else a for a in own]
        for k in range(tap.size):
            place = Affine(((run, 1),), reach.start.offset + factor * k)
            met = overlap(run, axis, place)
            part = cut(target, [str(k) if a == tap else met[0] if a == run else ":" for a in axes])
            source = cut(text, [met[1] if a == axis else ":" for a in own])
            rows.append(f"{part} = {aligned(source, have, [a for a in axes if a != tap])}")
            before, after = beyond(run, axis, place)
            for ends in (f":{before}", f"{run.size - after}:")[not before : 1 + (after > 0)]:
                outside = cut(target, [str(k) if a == tap else ends if a == run else ":" for a in axes])
                rows.append(f"{outside} = 0")
        return rows

    def joined(self, tiles: Tiles, axes: Sequence[Axis], target: str) -> list[str]:
        """Arrays that follow each other along an axis, each in its part of the target."""
        rows = []
        for part in tiles.parts:
            order = [part.own if a == tiles.axis else a for a in axes]
            ends = f"{part.start or ''}:{'' if part.stop == tiles.axis.size else part.stop}"
            place = cut(target, [ends if a == tiles.axis else ":" for a in axes])
            rows.append(f"{place} = {self.memory.leaf(part.source, order)}")
        return rows

    # ---- reductions ----

    def taps(self, node: Fold) -> tuple[Axis, ...]:
        """The axes of the taps of a reduction that goes tap by tap; nothing where it does not."""
        body = node.body
        if not isinstance(body, Window):
            return ()
        if is_clipped(node):
            return node.over
        count = math.prod(a.size if isinstance(a.size, int) else TAPS + 1 for a in node.over)
        loops = loops_of(reaches(axes_of(body.source), body.at, looped=node.over))
        return loops if set(loops) == set(node.over) and (count <= TAPS or node.op == "argmax") else ()

    def fold(self, node: Fold, axes: Sequence[Axis], target: str) -> list[str]:
        """A sum, maximum, minimum or place of the first maximum over windows, tap by tap."""
        assert isinstance(node.body, Window)
        if is_clipped(node):
            return shifted_rows(node.over, node.body, axes, target, self.memory)
        found = reaches(axes_of(node.body.source), node.body.at, looped=node.over)
        source = self.memory.leaf(node.body.source, axes_of(node.body.source))
        few = _one_by_one(self.taps(node))
        if len(few) > 1 and node.op != "argmax":
            cuts = (sliced(source, _at_tap(found, tap), {}, self.memory.size_of) for tap in few)
            first, *others = (aligned(text, have, axes) for text, have in cuts)
            function = {"sum": "add", "max": "maximum", "min": "minimum"}[node.op]
            return [f"np.{function}({target if k else first}, {tap}, out={target})" for k, tap in enumerate(others)]
        names, loop = self._loops(self.taps(node))
        text, have = sliced(source, found, names, self.memory.size_of)
        tap = aligned(text, have, axes)
        if node.op == "argmax":
            return self._first(node, axes, target, tap, names, loop)
        start = {"sum": "0", "max": "-np.inf", "min": "np.inf"}[node.op]
        step = f"{target} += {tap}" if not target.endswith(")") else f"np.add({target}, {tap}, out={target})"
        if node.op != "sum":
            step = f"np.{'maximum' if node.op == 'max' else 'minimum'}({target}, {tap}, out={target})"
        return [f"{target}[...] = {start}", *loop, indented(step, len(loop))]

    def _first(
        self, node: Fold, axes: Sequence[Axis], target: str, tap: str, names: dict[Axis, str], loop: list[str]
    ) -> list[str]:
        """The place of the first maximum, counted in C order of the window."""
        best, mask = self._scratch("best", axes), self._scratch("better", axes, "bool")
        place = Affine(())
        for a in node.over:
            assert isinstance(a.size, int)
            terms = tuple((b, f * a.size) for b, f in place.terms)
            place = Affine((*terms, (a, 1)))
        count = affine_text(place, names, self.memory.size_of)
        inner = [
            f"np.greater({tap}.real, {best}.real, out={mask})",
            f"np.copyto({best}, {tap}, where={mask})",
            f"np.copyto({target}, {count}, where={mask})",
        ]
        first = [f"{best}[...] = -np.inf", f"{target}[...] = 0"]
        return [*first, *loop, *(indented(row, len(loop)) for row in inner)]

    # ---- scatters ----

    def covers(self, s: Statement, node: Scatter) -> bool:
        """Whether every place of the target is met once, in order: then nothing need be cleared before."""
        found = scattered(s.axes, node)
        alike = all(r.run is not None and r.run.size == a.size and r.factor == 1 for a, r in found.items())
        return alike and all(r.start == Affine(()) for r in found.values())

    def filled(self, s: Statement, node: Scatter, target: str) -> list[str]:
        """A scatter into an array that stands: it is cleared first, unless it is added to or written everywhere."""
        if not s.accumulate and self.covers(s, node):
            order = tuple(r.run for r in scattered(s.axes, node).values() if r.run is not None)
            if not isinstance(node.body, Apply):
                return [f"{target}[...] = {self._body(node.body, order, {})}"]
        alone = not s.accumulate and isinstance(node.body, Apply) and taps_apart(node.at)
        clear = [] if s.accumulate or (alone and taps_everywhere(node.at)) else [f"{target}[...] = 0"]
        return [*clear, *self.scatter(s, node, target, alone)]

    def scatter(self, s: Statement, node: Scatter, target: str, alone: bool = False) -> list[str]:
        """What falls on each place of the target added to it: loops over all but what slices run along.

        `alone`: no two taps fall on one place, so that they are put there.
        """
        found = scattered(s.axes, node)
        if _first_equal(node.body) and _one_by_one(loops_of(found)):
            return self.to_first(node.body.children, found, target, alone)
        names, loop = self._loops(loops_of(found))
        part, order = sliced(target, found, names, self.memory.size_of)
        before, rows, text = list[str](), list[str](), ""
        if isinstance(node.body, Apply):
            before, rows, text = self.met(node.body, order, names, part if alone else "")
        else:
            text = self._body(node.body, order, names)
        if text != part:
            whole = indented(f"{part} += {text}", len(loop))
            fits = len(whole) <= ROOM and not part.endswith(")")  # the value of a call has no place to add to
            rows += [whole.lstrip()] if fits else [f"tap = {part}", f"tap += {text}"]
        return [*before, *loop, *(indented(row, len(loop)) for row in rows)]

    def _body(self, body: Node, order: Sequence[Axis], names: dict[Axis, str]) -> str:
        """An array at one tap."""
        if not isinstance(body, Read):
            return self.memory.leaf(body, order)
        cut = {a: Reach(None, 1, Affine(((a, 1),))) if a in names else Reach(a, 1, Affine(())) for a in body.axes}
        text, have = sliced(self.memory.leaf(body, body.axes), cut, names, self.memory.size_of)
        return aligned(text, have, order)

    def met(
        self, body: Apply, order: Sequence[Axis], names: dict[Axis, str], part: str
    ) -> tuple[list[str], list[str], str]:
        """A value where a tap is the one that counts, else 0: what stands in front of the loops and in them, its text.

        It is put into `part`, if there is one.
        """
        value, hit = body.args
        assert isinstance(hit, Apply)
        text, mask = self.memory.leaf(value, order), self._scratch("hit", order, "bool")
        kept = part or self._scratch("part", order)
        last = f"np.multiply({text}, {mask}, out={kept})"
        if hit.function != FIRST_EQUAL:
            return [], [f"np.equal({', '.join(self.compared(hit, order, names))}, out={mask})", last], kept
        window, known = hit.args
        assert isinstance(window, Window)
        axes, free = axes_of(window.source), self._scratch("open", order, "bool")
        found = reaches(axes, window.at, looped=tuple(names))
        tap, have = sliced(self.memory.leaf(window.source, axes), found, names, self.memory.size_of)
        best = self.memory.leaf(known, order)
        compare = f"np.equal({aligned(tap, have, order)}.real, {best}.real, out={mask})"
        return [f"{free}[...] = True"], [compare, f"{mask} &= {free}", f"{free} ^= {mask}", last], kept

    def to_first(self, body: tuple[Node, ...], found: dict[Axis, Reach], target: str, alone: bool) -> list[str]:
        """A value at the first tap that equals the maximum, tap by tap; where none did so far, the last one does."""
        value, hit = body
        window, known = hit.children
        assert isinstance(window, Window)
        loops, source = loops_of(found), axes_of(window.source)
        taps, size, whole = _one_by_one(loops), self.memory.size_of, self.memory.leaf(window.source, source)
        read = reaches(source, window.at, looped=loops)
        rows = ["# of equal maxima of a window the first one has the gradient: a hit closes the window"]
        for k, tap in enumerate(taps):
            part, order = sliced(target, _at_tap(found, tap), {}, size)
            mask, free = (self._scratch(stem, order, "bool") for stem in ("hit", "open"))
            if k + 1 < len(taps):
                text, have = sliced(whole, _at_tap(read, tap), {}, size)
                best = self.memory.leaf(known, order)
                rows.append(f"np.equal({aligned(text, have, order)}.real, {best}.real, out={mask})")
            if 0 < k < len(taps) - 1:
                rows += [f"{mask} &= {free}", f"{free} ^= {mask}"]
            hits = mask if k + 1 < len(taps) else free
            kept = part if alone else self._scratch("part", order)
            rows.append(f"np.multiply({self.memory.leaf(value, order)}, {hits}, out={kept})")
            rows += [] if alone else [f"{part} += {kept}"]
            rows += [f"np.logical_not({mask}, out={free})"] if k == 0 else []
        return rows

    def compared(self, hit: Apply, order: Sequence[Axis], names: dict[Axis, str]) -> tuple[str, str]:
        """A label and the place that it is compared with."""
        place = affine_of(hit.args[1])
        assert place is not None
        return self.memory.leaf(hit.args[0], order), affine_text(place, names, self.memory.size_of)

    # ---- loops and scratch arrays ----

    def _loops(self, axes: Sequence[Axis]) -> tuple[dict[Axis, str], list[str]]:
        """Loop variables, and the heads of the loops."""
        outside = (THETA, GRAD, "state", "scalar")  # no names in a body of the network
        taken = {*RESERVED, *(name for name, a in self.memory.arrays.items() if a.kind not in outside)}
        names: dict[Axis, str] = {}
        rows: list[str] = []
        for k, axis in enumerate(axes):
            letter = axis.letter.rstrip("0123456789")
            options = (letter, *(f"{letter}{i}" for i in range(1, 99)))
            names[axis] = next(c for c in options if c not in taken)
            taken.add(names[axis])
            size = self.memory.size_of(axis.size) if isinstance(axis.size, str) else str(axis.size)
            rows.append(indented(f"for {names[axis]} in range({size}):", k))
        return names, rows

    def _scratch(self, stem: str, axes: Sequence[Axis], dtype: str = "real") -> str:
        """An array of the workspace that one statement fills and reads."""
        return self.memory.scratch(stem, axes, dtype)
