"""Optimisers, clips, schedules and initial scales, evaluated as formulas, against independent values."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from symbp.library import registry
from symbp.library.declaration import REQUIRED, Optimizer
from symbp.notation.elaborate import elaborate
from symbp.notation.evaluate import evaluate
from symbp.notation.expr import Equation
from symbp.notation.scalar import scalar
from symbp.notation.source import FormulaSource, TensorSource

from .formulas import Values

STEPS = 20
LR = 0.03
GIVEN = {"momentum": 0.9}


def keys_of(declared: Optimizer) -> dict[str, float]:
    defaults = {k.name: k.default for k in declared.keys if k.name != "lr" and k.default != REQUIRED}
    return {**defaults, **{k: v for k, v in GIVEN.items() if k in {key.name for key in declared.keys}}}  # type: ignore[dict-item]


def equations(declared: Optimizer, text: str) -> tuple[Equation, ...]:
    tensors = tuple(TensorSource(name) for name in ("w", "g", *(name for name, _ in declared.state)))
    source = FormulaSource(text, tensors, tuple(keys_of(declared)), variables=("lr", "k"), reassign=True)
    return elaborate(source).equations


def gradient(w: float, k: int) -> float:
    return math.sin(3 * w) + 0.3 * w + 0.1 * math.cos(k)


def trajectory(name: str) -> list[float]:
    """The weight after each step, from the equations of the declaration."""
    declared = registry.optimizers()[name]
    values: dict[str, float] = {**keys_of(declared), **dict(declared.state), "w": 0.7, "lr": LR}
    before = equations(declared, declared.decayed) if declared.decayed else ()
    update = equations(declared, declared.equations)
    result = []
    for k in range(1, STEPS + 1):
        values |= {"g": gradient(values["w"], k), "k": k}
        for equation in (*before, *update):
            values[equation.name] = evaluate(equation.rhs, values)
        result.append(values["w"])
    return result


def lion(w: float) -> list[float]:
    """Algorithm 2 of the paper, with weight decay 0."""
    m, result = 0.0, []
    for k in range(1, STEPS + 1):
        g = gradient(w, k)
        w -= LR * float(np.sign(0.9 * m + (1 - 0.9) * g))
        m = 0.99 * m + (1 - 0.99) * g
        result.append(w)
    return result


def test_lion() -> None:
    assert trajectory("lion") == pytest.approx(lion(0.7), rel=1e-13)


TORCH: dict[str, tuple[str, dict[str, Any]]] = {
    "sgd": ("SGD", {}),
    "momentum": ("SGD", {"momentum": 0.9}),
    "nesterov": ("SGD", {"momentum": 0.9, "nesterov": True}),
    "adagrad": ("Adagrad", {}),
    "rmsprop": ("RMSprop", {}),
    "adadelta": ("Adadelta", {}),
    "adam": ("Adam", {}),
    "adamw": ("AdamW", {}),
    "nadam": ("NAdam", {}),
}


def test_every_optimizer_has_an_independent_trajectory() -> None:
    assert {*TORCH, "lion"} == set(registry.optimizers())


@pytest.fixture()
def double_torch() -> Iterator[Any]:
    """PyTorch with double precision as its default: NAdam keeps a product of its own in the default type."""
    torch = pytest.importorskip("torch")
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield torch
    torch.set_default_dtype(before)


@pytest.mark.parametrize("name", TORCH)
def test_trajectory_is_that_of_pytorch(name: str, double_torch: Any) -> None:
    kind, options = TORCH[name]
    w = double_torch.tensor([0.7], requires_grad=True)
    optimizer = getattr(double_torch.optim, kind)([w], lr=LR, **options)
    wanted = []
    for k in range(1, STEPS + 1):
        w.grad = double_torch.tensor([gradient(w.item(), k)])
        optimizer.step()
        wanted.append(w.item())
    assert trajectory(name) == pytest.approx(wanted, rel=1e-10)


def clipped(name: str, g: list[float], c: float) -> np.ndarray[Any, Any]:
    source = FormulaSource(registry.clips()[name].equations, (TensorSource("g", ("i",)),), ("c",), reassign=True)
    return Values({"g": np.array(g)}, {"c": c}).run(elaborate(source))["g"]


def test_clips() -> None:
    assert clipped("clip_norm", [3.0, 4.0], 1.0) == pytest.approx(np.array([0.6, 0.8]), rel=1e-6)
    assert clipped("clip_norm", [0.3, 0.4], 1.0) == pytest.approx(np.array([0.3, 0.4]), rel=1e-15)
    assert clipped("clip_norm", [0.0, 0.0], 1.0) == pytest.approx(np.zeros(2))
    assert clipped("clip_value", [3.0, -4.0, 0.5], 1.0) == pytest.approx(np.array([1.0, -1.0, 0.5]))


def rates(name: str, total: int, **keys: float) -> list[float]:
    declared = registry.schedules()[name]
    given = {k.name: k.default for k in declared.keys if k.default != REQUIRED} | keys
    formula = scalar(declared.formula, constants=tuple(given), variables=("k", "K", "lr"))
    return [evaluate(formula, {**given, "k": k, "K": total, "lr": LR}) for k in range(total)]  # type: ignore[dict-item]


SCHEDULES: dict[str, tuple[dict[str, float], Callable[[int], float]]] = {
    "constant": ({}, lambda k: LR),
    "step": ({"step_size": 4}, lambda k: LR * 0.1 ** (k // 4)),
    "exponential": ({"gamma": 0.9}, lambda k: LR * 0.9**k),
    "cosine": ({"final": 0.001}, lambda k: 0.001 + (LR - 0.001) * (1 + math.cos(math.pi * k / 30)) / 2),
    "warmup": ({"steps": 5}, lambda k: LR * (k + 1) / 5 if k < 5 else LR),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedule(name: str) -> None:
    keys, wanted = SCHEDULES[name]
    assert rates(name, 30, **keys) == pytest.approx([wanted(k) for k in range(30)], rel=1e-13)


def test_every_schedule_is_tested() -> None:
    assert {*SCHEDULES, "one_cycle"} == set(registry.schedules())


@pytest.mark.parametrize("steps", [10, 31, 200])
def test_one_cycle_is_that_of_pytorch(steps: int) -> None:
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=LR)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LR, total_steps=steps, cycle_momentum=False)
    wanted = []
    for _ in range(steps):
        wanted.append(schedule.get_last_lr()[0])
        optimizer.step()
        if len(wanted) < steps:
            schedule.step()
    assert rates("one_cycle", steps) == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_schedules_of_very_short_trainings_are_finite(steps: int) -> None:
    for name in registry.schedules():
        keys = dict(SCHEDULES[name][0]) if name in SCHEDULES else {}
        assert all(math.isfinite(rate) and rate >= 0 for rate in rates(name, steps, **keys))


def test_a_schedule_beyond_its_last_step_stays_at_the_end() -> None:
    formula = scalar(registry.schedules()["cosine"].formula, constants=("final",), variables=("k", "K", "lr"))
    assert evaluate(formula, {"final": 0.001, "k": 45, "K": 30, "lr": LR}) == pytest.approx(0.001)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("glorot_uniform", math.sqrt(6 / (30 + 20))),
        ("glorot_normal", math.sqrt(2 / (30 + 20))),
        ("he_uniform", math.sqrt(6 / 30)),
        ("he_normal", math.sqrt(2 / 30)),
        ("lecun_uniform", math.sqrt(3 / 30)),
        ("lecun_normal", math.sqrt(1 / 30)),
        ("zeros", 0.0),
        ("ones", 1.0),
    ],
)
def test_initial_scales(name: str, value: float) -> None:
    formula = scalar(registry.initializers()[name].scale, constants=("I", "O"))
    assert evaluate(formula, {"I": 30, "O": 20}) == pytest.approx(value, rel=1e-15)
