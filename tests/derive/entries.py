"""The library's entries as units, one for each formula of each declaration, without a spec around them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from zlib import crc32

import numpy as np

from symbp.derive.extents import is_extent, with_extents
from symbp.entries import conditions_of, defaults, unit_of, variants
from symbp.graph.model import LocalTensor, Unit
from symbp.library import registry
from symbp.library.declaration import Activation, Formula, Key, Layer, Loss, Penalty
from symbp.notation.elaborate import elaborate
from symbp.notation.expr import Sym, bound_by, walk
from symbp.notation.source import Elaborated, FormulaSource, TensorSource
from tests.library.sources import loss_integers, loss_tensors

from .harness import Point


@dataclass(frozen=True)
class Entry:
    """A unit, and the default values of its constants."""

    unit: Unit
    constants: tuple[tuple[str, float], ...]
    kind: str  # "activation", "layer", "loss", "penalty"
    type: str


def _numbers(keys: Iterable[Key]) -> dict[str, float]:
    """Default values; a key that must be given, or is off by default, gets one from its range."""
    found = {}
    for key in keys:
        if key.kind == "number":
            default = key.default if isinstance(key.default, float | int) and not isinstance(key.default, bool) else 0.5
            found[key.name] = float(default) or 0.25
    return found


def _unit(key: str, plain: Elaborated, safe: Elaborated, formula: Formula, loss: bool, note: str) -> Unit:
    seen = {t.name: t for t in (*plain.tensors, *safe.tensors)}
    tensors = tuple(LocalTensor(t.name, t.indices, t.role, t.integer, t.positive) for t in seen.values())
    return Unit(key, key, plain.equations, safe.equations, tensors, plain.facts, loss, "", note, "")


def _entry(
    kind: str, type_: str, label: str, formula: Formula, tensors: list[TensorSource], keys: tuple[Key, ...], note: str,
    pointwise: tuple[str, ...] | None = None, integers: tuple[tuple[str, int], ...] = (),
) -> Entry:  # fmt: skip
    numbers = _numbers(keys)
    positive = frozenset(k.name for k in keys if k.minimum == 0 and k.open_minimum)

    def read(text: str) -> Elaborated:
        names = tuple(numbers)
        return elaborate(
            FormulaSource(
                text, tuple(tensors), names, positive, integers=integers, pointwise=pointwise, facts=formula.facts
            )
        )

    plain = read(formula.plain)
    safe = read(formula.safe) if formula.safe else plain
    unit = _unit(f"{kind} {label}", plain, safe, formula, kind in ("loss", "penalty"), note)
    return Entry(unit, tuple(numbers.items()), kind, type_)


def _when(formula: Formula) -> str:
    return ", ".join(f"{k}={v}" for k, v in formula.when)


def _activation(a: Activation) -> Entry:
    tensors = [TensorSource.read("z[n,j]")] + [TensorSource.read(p.name + p.axes, "parameter") for p in a.parameters]
    tensors += [TensorSource.read(r.name + r.axes, "random") for r in a.random]
    return _entry("activation", a.type, a.type, a.formula, tensors, a.keys, a.subgradient, ("n", "j"))


OTHER = 3  # an integer that no condition asks for


def _layer(layer: Layer) -> Iterable[Entry]:
    """One for each formula; where pieces are chosen by keys, the defaults, and each other choice alone."""
    numbers = _numbers(layer.keys)
    known = {**defaults(layer), **numbers}
    if layer.pieces:
        cases = [(", ".join(f"{k}={v}" for k, v in changed.items()), changed) for changed in variants(layer)]
    else:
        whole = {key.name for key in layer.keys if key.kind == "integer"}
        off: dict[str, object] = {key: OTHER if key in whole else False for key in conditions_of(layer)}
        cases = [(_when(formula), {**off, **dict(formula.when)}) for formula in layer.formulas]
    for label, changed in cases:
        unit = unit_of(layer, {**known, **changed})
        assert unit is not None
        name = f"layer {layer.type} {label}".strip()
        yield Entry(replace(unit, key=name, title=name), tuple(numbers.items()), "layer", layer.type)


def _loss(loss: Loss, formula: Formula) -> Entry:
    label = f"{loss.type} {_when(formula)}".strip()
    tensors, integers = list(loss_tensors(loss, formula)), loss_integers(loss, formula)
    return _entry("loss", loss.type, label, formula, tensors, loss.keys, loss.subgradient, integers=integers)


def _penalty(p: Penalty) -> Entry:
    text = Formula(plain=f"L = sum[i,j]({p.formula.replace('w', 'w[i,j]')})")
    keys = (Key("a", "number", 0.1, minimum=0.0, open_minimum=True),)
    return _entry("penalty", p.type, p.type, text, [TensorSource.read("w[i,j]", "parameter")], keys, p.subgradient)


@cache
def entries() -> dict[str, Entry]:
    """All entries by the key of their unit."""
    found = [_activation(a) for a in registry.activations().values()]
    found += [e for x in registry.layers().values() for e in _layer(x)]
    found += [_loss(x, f) for x in registry.losses().values() for f in x.formulas if not x.extents]
    found += [_penalty(p) for p in registry.penalties().values()]
    return {e.unit.key: e for e in found}


FEW = 6
SIZES = {"N": 2, "I": 3, "J": 4, "K": 5, "O": 2, "T": 3, "H": 2, "G": 1, "R": 2}
POSITIVE = {"loss kl_divergence", "loss poisson_nll"}  # of probabilities and of counts: y > 0


STARTS = ("fractional_max_pool2d", "fractional_max_pool3d")  # integers are where windows start, and none is outside


def entry_point(key: str, positive: bool = False) -> Point:
    """Numbers for an entry; `positive`: no negative inputs."""
    entry = entries()[key]
    rng = np.random.default_rng(crc32(key.encode()))
    positive = positive or key in POSITIVE
    sizes = sizes_of(entry.unit)
    data = {t.name: _array(t, sizes, positive, rng) for t in entry.unit.tensors if t.role != "value"}
    if entry.type in STARTS:
        data |= {t.name: np.zeros_like(data[t.name]) for t in entry.unit.tensors if t.integer}
    shape = tuple(sizes[i.size.name] for i in entry.unit.plain[-1].indices)  # type: ignore[union-attr]
    upstream = np.ones(()) if entry.unit.is_loss else rng.normal(size=shape)
    return Point(data, sizes, dict(entry.constants), upstream)


def sizes_of(unit: Unit) -> dict[str, int]:
    """A size for every axis: different ones where nothing says otherwise, small ones where there are many."""
    every = [i.size for t in unit.tensors for i in t.indices] + [
        i.size for e in (*unit.plain, *unit.safe) for n in (*walk(e.lhs), *walk(e.rhs)) for i in bound_by(n)
    ]
    names = dict.fromkeys(size.name for size in every if isinstance(size, Sym))
    found = {name: SIZES.get(name, 2 + k % 3) for k, name in enumerate(names)}
    if len(found) > FEW:  # every place of every axis is visited
        found = {name: 1 + k % 2 for k, name in enumerate(found)}
    return {**SIZES, **with_extents(found, [f for f in unit.facts if is_extent(f)])}


def _array(tensor: LocalTensor, sizes: dict[str, int], positive: bool, rng: np.random.Generator) -> Any:
    shape = tuple(sizes[i.size.name] for i in tensor.indices)  # type: ignore[union-attr]
    if tensor.integer:
        found = rng.integers(0, 4, shape)
        found[..., 0] = 1  # a mask leaves something
        return found
    if tensor.role in ("random", "state"):
        return rng.uniform(0.1, 1.5, shape)
    if tensor.role == "data":
        values = rng.uniform(0.1, 1.0, shape)
        return values / values.sum(axis=-1, keepdims=True)
    return rng.uniform(0.1, 1.5, shape) if positive or tensor.positive else rng.normal(size=shape)
