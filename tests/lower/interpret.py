"""A slow evaluator of programs that shares nothing with the emitted code: every array is spread over all letters."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from scipy import special

from symbp.lower.model import (
    COMPARISONS,
    FIRST_EQUAL,
    AddAt,
    Affine,
    Apply,
    Array,
    At,
    Axis,
    Flat,
    Fold,
    Node,
    OneHot,
    Pick,
    Position,
    Product,
    Program,
    Read,
    Scalar,
    Scatter,
    Spread,
    Statement,
    Window,
    all_axes,
    axes_of,
    blocks,
    relettered,
)
from symbp.notation.expr import Add, Call, Expr, Mul, Num, Pow, Sym

FUNCTIONS = {
    "sigmoid": special.expit, "erf": special.erf, "abs": np.abs, "softplus": lambda z: np.logaddexp(0, z),
    "where": np.where, "sign": np.sign, "divide": np.divide,
}  # fmt: skip
Sizes = Mapping[str, int]


def run(program: Program, arrays: Mapping[str, np.ndarray], stages: tuple[str, ...], sizes: Sizes, **scalars: float):
    """The arrays after the statements of `stages`; those given are not changed.

    What an update multiplies gradients by, where the backward pass begins with it, is 1 unless given."""
    if program.scale is not None:
        scalars = {program.scale.name: 1.0, **scalars}
    known = _Arrays(program, sizes, arrays)
    for s in program.tables:
        known.assign(s, evaluate(s, known, sizes, scalars), sizes)
    for stage in stages:
        for block in blocks(program.plain(stage)):
            loop = block[0].loop
            count = 1 if loop is None else math.prod(_extent(a, sizes) for a in (loop.axis, *loop.behind))
            each = max(loop.parts, 1) if loop else 1
            for k in reversed(range(count)) if loop and loop.reverse else range(-(-count // each)):
                known.step, known.left = k, count - k * each
                for s in (_short(s, known) for s in block):
                    known.assign(s, evaluate(s, known, sizes, {**scalars, "step": k}), {**sizes, "step": k})
    return known


class _Arrays(dict[str, np.ndarray]):
    """The arrays by the buffer that they lie in: a value that was written over too early is wrong here too.

    An array with room around it lies in one of zeros, as do its views."""

    def __init__(self, program: Program, sizes: Sizes, arrays: Mapping[str, np.ndarray]) -> None:
        super().__init__(arrays)
        self.owner = {p.name: p.owner for p in program.places}
        self.declared = {a.name: a for a in program.arrays}
        self.sizes = sizes
        self.whole: dict[str, np.ndarray] = {}
        self.step = 0
        self.left = 0  # rows, in a loop over parts whose count a call fixes

    def shape(self, name: str) -> list[int]:
        return [n if isinstance(n, int) else self.sizes[n] for n in self.declared[name].shape]

    def assign(self, s: Statement, value: np.ndarray, names: Mapping[str, float]) -> None:
        at = dict(s.at)
        if self.is_beside_ones(s.target):
            self[s.target][...] = value
            return
        if self.declared[s.target].rows and self.declared[s.target].view_of:
            self[s.target][...] = np.array(value).reshape(self[s.target].shape)
            return
        if self.declared[s.target].rows:
            self[s.target] = np.array(value).reshape(-1, *self.shape(s.target)[1:])
            return
        if self.is_inside(s.target):
            value = np.array(value).reshape(self.shape(s.target))
            self[s.target][...] = self[s.target] + value if s.accumulate else value
            return
        if not at and not self.declared[self.owner.get(s.target, s.target)].padding:
            value = np.array(value).reshape(self.shape(s.target))
            self[s.target] = self[s.target] + value if s.accumulate else value
            return
        array = self[s.target]
        part = tuple(int(scalar(at[k], names)) if k in at else slice(None) for k in range(array.ndim))
        array[part] = array[part] + value if s.accumulate else value

    def joined(self, name: str) -> np.ndarray | None:
        """The gradient of a parameter, as a part of that of weights and their bias."""
        begin, shape = self.declared[name[1:]].begin, self.declared[name].shape
        for both in (a for a in self.declared.values() if a.kind == "gradient" and a.ones >= 0):
            if both.begin <= begin < both.begin + math.prod(both.shape) and both.name != name:
                flat = np.asarray(self[both.name]).reshape(-1)[begin - both.begin :]
                return flat[: math.prod(shape)].reshape(shape)
        return None

    def is_inside(self, name: str) -> bool:
        view = self.declared[name].view_of
        return bool(view) and self.declared[view].kind == "padded"

    def is_beside_ones(self, name: str) -> bool:
        view = self.declared[name].view_of
        return bool(view) and self.declared[view].ones >= 0

    def __setitem__(self, name: str, value: np.ndarray) -> None:
        super().__setitem__(self.owner.get(name, name), value)

    def __getitem__(self, name: str) -> np.ndarray:
        return super().__getitem__(self.owner.get(name, name))

    def part(self, view: Array, base: Array) -> np.ndarray:
        """The part of an array that the present step of a loop is for."""
        dimension, first, far = view.rows.dimension, view.rows.first, view.rows.far
        if base.kind == "padded" and base.name not in self:
            whole = self.whole.setdefault(base.name, np.full(self.shape(base.name), base.data[0]))
        else:
            whole = self[base.name]
        if isinstance(view.rows.end, str):
            start, length = far * self.step, min(view.shape[0], self.left)
            return whole.reshape(-1, *self.shape(view.name)[1:])[start : start + length]
        starts = [*view.shift]
        starts[dimension] = first + far * self.step
        return whole[tuple(slice(a, a + n) for a, n in zip(starts, self.shape(view.name), strict=True))]

    def __missing__(self, name: str) -> np.ndarray:
        view = self.declared[name]
        base = self.declared[view.view_of or name]
        if view.rows is not None and view.view_of:
            return self.part(view, base)
        if self.is_inside(name):
            whole = self.whole.setdefault(base.name, np.full(self.shape(base.name), base.data[0]))
            sizes = zip(view.shift, self.shape(name), strict=True)
            return whole[tuple(slice(start, start + size) for start, size in sizes)]
        if view.kind == "padded" and name in self.whole:
            return self.whole[name]
        if view.kind == "filled":
            return np.full(self.shape(name), view.data[0])
        if view.kind == "parameter" and view.ones >= 0:  # weights and their bias
            own = [a for a in self.declared.values() if a.kind == "parameter" and a.ones < 0]
            end = view.begin + math.prod(view.shape)
            own = sorted((a for a in own if view.begin <= a.begin < end), key=lambda a: a.begin)
            parts = [self[a.name].reshape(-1) for a in own]
            return np.concatenate(parts).reshape(view.shape)
        if view.kind == "gradient" and (found := self.joined(name)) is not None:
            return found
        if not base.padding and not view.view_of and base.ones < 0:
            self[name] = np.full(self.shape(name), np.nan)
            return self[name]
        shape = self.shape(base.name)
        if base.ones >= 0:
            whole = self.whole.setdefault(base.name, np.ones(shape))
            return whole if view is base else whole[tuple(slice(n) for n in self.shape(name))]
        rooms = base.padding or ((0, 0),) * len(shape)
        if base.padding and base.name not in self.whole:
            self.whole[base.name] = np.zeros([n + sum(room) for n, room in zip(shape, rooms, strict=True)])
        shifts = view.shift or (0,) * len(shape)
        starts = [before + shift for (before, _), shift in zip(rooms, shifts, strict=True)]
        parts: list[slice | int] = [slice(a, a + n) for a, n in zip(starts, shape, strict=True)]
        if view.place is not None:
            parts[view.place[0]] = view.place[1]
        return (self.whole[base.name] if base.padding else self[base.name])[tuple(parts)]


def evaluate(s: Statement, known: Mapping[str, np.ndarray], sizes: Sizes, scalars: Mapping[str, float]) -> np.ndarray:
    axes = tuple(dict.fromkeys((*s.axes, *all_axes(s.value))))
    full = _Evaluator(axes, known, sizes, scalars).value(s.value)
    full = np.broadcast_to(full, [_extent(a, sizes) if a in s.axes else 1 for a in axes])
    return full.reshape([_extent(a, sizes) for a in s.axes])


def _short(s: Statement, known: _Arrays) -> Statement:
    """A statement of a loop over parts whose count a call fixes, on as many rows as are left."""
    rows = known.declared[s.target].rows
    if rows is None or isinstance(rows.end, int) or known.left >= s.axes[0].size:
        return s
    row = Axis(s.axes[0].letter, known.left)
    return replace(s, axes=(row, *s.axes[1:]), value=relettered(s.value, {s.axes[0]: row}))


def _extent(axis: Axis, sizes: Sizes) -> int:
    return axis.size if isinstance(axis.size, int) else sizes[axis.size]


class _Evaluator:
    """Every value is an array with one dimension a letter of the statement, of length 1 where it does not vary."""

    def __init__(self, axes, known, sizes, scalars) -> None:
        self.axes, self.known, self.sizes, self.scalars = axes, known, sizes, scalars

    def place(self, array: np.ndarray, axes: tuple[Axis, ...]) -> np.ndarray:
        order = sorted(range(len(axes)), key=lambda k: self.axes.index(axes[k]))
        shape = [_extent(a, self.sizes) if a in axes else 1 for a in self.axes]
        return np.asarray(array).transpose(order).reshape(shape)

    def along(self, axis: Axis) -> np.ndarray:
        return self.place(np.arange(_extent(axis, self.sizes)), (axis,))

    def value(self, node: Node) -> np.ndarray:
        match node:
            case Read():
                array = np.asarray(self.known[node.name])  # perhaps in another shape
                return self.place(array.reshape([_extent(a, self.sizes) for a in node.axes]), node.axes)
            case Scalar():
                return np.asarray(scalar(node.value, {**self.scalars, **self.sizes}))
            case Position():
                return self.along(node.axis)
            case Spread():
                return self.value(node.body)
            case Apply():
                return self.apply(node)
            case Fold():
                return self.fold(node)
            case Product():
                return (self.value(node.left) * self.value(node.right)).sum(axis=self.where(node.over), keepdims=True)
            case OneHot():
                labels = self.value(node.labels)
                if isinstance(node.labels, Read) and node.labels.name in self.known.get("flat", ()):
                    labels = labels % _extent(node.axis, self.sizes)
                return (labels == self.along(node.axis)).astype(float)
            case Flat():
                return self.value(node.labels)  # kept as labels: `Pick` and `OneHot` read them either way
            case Pick():
                hot = self.value(node.labels) == self.along(node.axis)
                return (self.value(node.source) * hot).sum(axis=self.where((node.axis,)), keepdims=True)
            case At():
                place = int(scalar(node.place, {**self.scalars, **self.sizes}))
                return np.take(self.value(node.body), [place], axis=self.where((node.axis,))[0])
            case Window():
                at = {axis: self.affine(place) for axis, place in node.at}
                source = self.value(node.source)
                return np.where(self.inside(at), source[self.indices(source, at)], node.outside)
            case Scatter():
                return self.scatter(node.body, {axis: self.affine(place) for axis, place in node.at}, node.over)
            case AddAt():
                return self.scatter(node.body, {node.axis: self.value(node.labels)}, node.over)
        raise TypeError(node)

    def apply(self, node: Apply) -> np.ndarray:
        if node.function == FIRST_EQUAL:
            return self.first_equal(*node.args)
        args = [self.value(a) for a in node.args]
        function = FUNCTIONS.get(node.function) or getattr(np, node.function)
        result = function(*(a.astype(float) if a.dtype == bool else a for a in args))
        return result.astype(float) if node.function in COMPARISONS else result

    def first_equal(self, taps: Node, maximum: Node) -> np.ndarray:
        """1 where a tap is the first, in C order of what the maximum does not vary with, to equal it."""
        hits = self.value(taps) == self.value(maximum)
        loops = self.where(tuple(a for a in axes_of(taps) if a not in axes_of(maximum)))
        moved = np.moveaxis(hits, loops, range(-len(loops), 0))
        counts = moved.reshape(*moved.shape[: -len(loops)], -1).cumsum(axis=-1).reshape(moved.shape)
        return np.moveaxis(moved & (counts == 1), range(-len(loops), 0), loops).astype(float)

    # ---- places ----

    def affine(self, place: Affine) -> np.ndarray:
        start = place.offset + sum(f * self.sizes[name] for name, f in place.sizes)
        return np.asarray(start) + sum(f * self.along(axis) for axis, f in place.terms)

    def inside(self, at: Mapping[Axis, np.ndarray]) -> np.ndarray:
        inside = np.asarray(True)
        for axis, place in at.items():
            inside = inside & (place >= 0) & (place < _extent(axis, self.sizes))
        return inside

    def indices(self, array: np.ndarray, at: Mapping[Axis, np.ndarray]) -> tuple[np.ndarray, ...]:
        """For every dimension: its place in `at`, held on the axis, or its own places where the array varies."""
        found = []
        for k, axis in enumerate(self.axes):
            if axis in at:
                found.append(np.clip(at[axis].astype(int), 0, _extent(axis, self.sizes) - 1))
            else:
                found.append(self.along(axis) if array.shape[k] > 1 else np.zeros((1,) * len(self.axes), int))
        return tuple(found)

    def scatter(self, body: Node, at: Mapping[Axis, np.ndarray], over: tuple[Axis, ...]) -> np.ndarray:
        value = np.asarray(self.value(body), float) * self.inside(at)
        every = [_extent(a, self.sizes) if a in over else value.shape[k] for k, a in enumerate(self.axes)]
        value = np.broadcast_to(value, every)
        shape = [1 if a in over else size for a, size in zip(self.axes, every, strict=True)]
        shape = [_extent(a, self.sizes) if a in at else size for a, size in zip(self.axes, shape, strict=True)]
        result = np.zeros(shape)
        np.add.at(result, tuple(np.broadcast_arrays(*self.indices(result, at), value)[:-1]), value)
        return result

    def where(self, axes: tuple[Axis, ...]) -> tuple[int, ...]:
        return tuple(self.axes.index(a) for a in axes)

    def fold(self, node: Fold) -> np.ndarray:
        body = self.value(node.body)
        body = np.broadcast_to(body, [
            _extent(a, self.sizes) if a in node.over else body.shape[k] for k, a in enumerate(self.axes)
        ])
        if node.op != "argmax":
            return getattr(np, node.op)(body, axis=self.where(node.over), keepdims=True)
        moved = np.moveaxis(body, self.where(node.over), range(-len(node.over), 0))
        kept = moved.reshape(*moved.shape[: len(self.axes) - len(node.over)], -1).argmax(axis=-1)
        return np.expand_dims(kept, self.where(node.over))


def scalar(e: Expr, names: Mapping[str, float]) -> float:
    match e:
        case Num():
            return float(e.value)
        case Sym():
            return math.inf if e.name == "inf" else names[e.name]
        case Add():
            return sum(scalar(a, names) for a in e.args)
        case Mul():
            return math.prod(scalar(a, names) for a in e.args)
        case Pow():
            return scalar(e.base, names) ** scalar(e.exponent, names)
        case Call(function="sqrt"):
            return math.sqrt(scalar(e.args[0], names))
        case Call(function="max" | "min"):
            return (max if e.function == "max" else min)(scalar(a, names) for a in e.args)
    raise TypeError(e)


def sample(program: Program, sizes: Sizes, seed: int = 0) -> dict[str, np.ndarray]:
    """Random inputs, targets, parameters and constants for a program."""
    rng = np.random.default_rng(seed)
    arrays = {}
    for a in program.arrays:
        shape = [size if isinstance(size, int) else sizes[size] for size in a.shape]
        if a.kind == "constant":
            arrays[a.name] = np.array(a.data).reshape(shape)
        elif a.dtype == "index":
            arrays[a.name] = rng.integers(0, 3, shape)
        elif a.kind == "target":
            t = rng.random(shape) + 0.1
            arrays[a.name] = t / t.sum(axis=-1, keepdims=True) if shape[-1] > 1 else np.round(t / 1.2)
        elif a.kind in ("input", "parameter", "theta", "grad"):
            arrays[a.name] = rng.normal(size=shape)
        elif a.kind == "state":
            arrays[a.name] = rng.random(shape)
    return arrays
