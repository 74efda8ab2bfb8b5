"""The module of a spec at all levels, and whether its losses and gradients are those of the simplest form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from types import ModuleType

import numpy as np
import pytest

from symbp.compiler import COMPILED, DEFAULT, SIMPLEST
from symbp.derive.network import derive
from symbp.emit.code import code_of
from symbp.emit.module import render
from symbp.graph.build import build
from symbp.lower.lower import lower
from symbp.passes.ledger import Setting
from symbp.passes.optimize import optimize
from symbp.passes.profile import default_machine
from symbp.spec.model import Spec
from symbp.verify.contract import as_module, count
from symbp.verify.loading import loaded
from symbp.verify.samples import Part, Point, draw

COMPILES = find_spec("numba") is not None
LEVELS = (SIMPLEST, DEFAULT, COMPILED) if COMPILES else (SIMPLEST, DEFAULT)
BOUND = 1e-10


@contextmanager
def all_forms(spec: Spec) -> Iterator[list[ModuleType]]:
    """The module of a spec at all levels, from one derivation."""
    derivation = derive(build(spec))
    lowered, setting = lower(derivation), Setting(default_machine(), derivation.graph.training.batch_size)
    programs = [optimize(lowered, level, setting)[0] for level in LEVELS]
    texts = [render(derivation, code_of(program), level) for program, level in zip(programs, LEVELS, strict=True)]
    with ExitStack() as stack:
        yield [stack.enter_context(loaded(text)) for text in texts]


def require_equal_predictions(forms: Sequence[ModuleType]) -> None:
    """A network of every form predicts what one of the first form does."""
    modules = [as_module(module) for module in forms]
    sample = draw(modules[0], 5, 3, np.random.default_rng(3))
    first, *others = (module.Network(0, dtype="float64").predict(sample.argument(sample.x)) for module in modules)
    assert isinstance(first, np.ndarray)
    for level, found in zip(LEVELS[1:], others, strict=True):
        assert isinstance(found, np.ndarray) and found.shape == first.shape, level
        assert np.allclose(found, first, rtol=BOUND, atol=BOUND), level


def require_equal_gradients(forms: Sequence[ModuleType]) -> None:
    """Losses and gradients of every form, by parameters and inputs, are those of the first one."""
    modules = [as_module(module) for module in forms]
    rng = np.random.default_rng(7)
    theta = 0.3 * rng.standard_normal(count(modules[0]))
    scales = []
    for n, free in ((1, 3), (5, 2)):
        sample = draw(modules[0], n, free, rng)
        points = [Point(module, sample) for module in modules]
        u = points[0].start(theta)
        (loss, gradient), *others = (point.loss_and_gradient(u) for point in points)
        scales.append(max(np.abs(gradient[part.at]).max() for part in points[0].parts))
        for level, (found_loss, found) in zip(LEVELS[1:], others, strict=True):
            assert found_loss == pytest.approx(loss, rel=BOUND), level
            for part in points[0].parts:
                assert _error(gradient, found, part, 1e-5 * scales[-1]) <= BOUND, (part.label, n, level)
    assert max(scales) > 0  # at one of them everything may lie beyond the margin of a hinge


def _error(expected: np.ndarray, found: np.ndarray, part: Part, least: float) -> float:
    """The error of one tensor by its own size: the largest number, but not less than a share of all gradients'."""
    size = max(np.abs(expected[part.at]).max(), least)
    return float(np.abs(found[part.at] - expected[part.at]).max() / size) if size else np.abs(found[part.at]).max()
