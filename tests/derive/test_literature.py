"""Formulas of users' own: each derived, its gradients equal to the complex step of the formula."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from zlib import crc32

import numpy as np
import pytest

from symbp.derive.engine import derive_equations
from symbp.derive.model import ClosedForm
from symbp.graph.model import LocalTensor
from symbp.notation.elaborate import elaborate
from symbp.notation.expr import Equation, Expr
from symbp.notation.reads import Declared, extents_of, source_of

from .harness import Point, array_of, form_evaluator, shape_of
from .literature import LITERATURE, SIZES
from .literature_losses import LOSSES
from .naive import gradients

WORKS = LITERATURE | LOSSES


@dataclass(frozen=True)
class Resolved:
    equations: tuple[Equation, ...]
    tensors: tuple[LocalTensor, ...]
    facts: tuple[tuple[Expr, Expr], ...]

    @property
    def wanted(self) -> list[str]:
        return [t.name for t in self.tensors if t.role == "input"]


@cache
def resolved(name: str) -> Resolved:
    work = WORKS[name]
    declared = Declared(tuple(work.by.split(",")), work.arrays, work.positive, work.integer, work.facts)
    found = elaborate(source_of(work.text, declared))
    tensors = tuple(LocalTensor(t.name, t.indices, t.role, t.integer, t.positive) for t in found.tensors)
    return Resolved(found.equations, tensors, (*found.facts, *extents_of(work.facts, found)))


@cache
def derived(name: str) -> ClosedForm:
    r = resolved(name)
    return derive_equations(r.equations, r.tensors, facts=r.facts, is_loss=not r.equations[-1].indices)


def point(name: str) -> Point:
    r, work = resolved(name), WORKS[name]
    sizes = {**SIZES, **work.sizes}
    rng = np.random.default_rng(crc32(name.encode()))
    given = {t.name: work.make.get(t.name, "positive" if t.positive else "normal") for t in r.tensors}
    data = {
        t.name: array_of(given[t.name], shape_of(t.indices, sizes), sizes, rng)
        for t in r.tensors
        if t.role != "value"
    }
    shape = shape_of(r.equations[-1].indices, sizes)
    return Point(data, sizes, work.constants, rng.normal(size=shape) if shape else np.ones(()))


def test_there_are_more_than_sixty_and_each_has_its_source() -> None:
    assert len(WORKS) > 60
    assert all(len(work.source) > 20 for work in WORKS.values())


@pytest.mark.parametrize("name", WORKS)
def test_gradients_agree_with_complex_step(name: str) -> None:
    r, at = resolved(name), point(name)
    form = derived(name)
    output = r.equations[-1].name
    expected = gradients(r.equations, output, at.upstream, r.wanted, at.data, at.sizes, at.constants)
    found = form_evaluator(form, output, at)
    for wanted in r.wanted:
        assert np.any(expected[wanted] != 0), f"{wanted}: nothing is tested"
        np.testing.assert_allclose(found.array(f"d{wanted}"), expected[wanted], rtol=1e-9, atol=1e-11, err_msg=wanted)
