"""Values of the activations, losses and layers against independent ones, plain against safe, and single precision."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import special, stats

from symbp.library import registry
from symbp.library.declaration import Formula, Loss
from symbp.notation.source import Elaborated

from . import sources
from .formulas import Values

Array = np.ndarray[Any, Any]
GRID = np.array([-30.0, -6.5, -3.0, -1.2, -0.5, -0.1, 0.0, 0.3, 0.5, 1.0, 2.7, 3.0, 6.0, 9.1]).reshape(2, 7)


def softplus(z: Array) -> Array:
    return np.logaddexp(0, z)


ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "identity": lambda z: z,
    "sigmoid": special.expit,
    "tanh": lambda z: np.sign(z) * (2 / (1 + np.exp(-2 * np.abs(z))) - 1),
    "relu": lambda z: z * (z > 0),
    "leaky_relu": lambda z: np.where(z < 0, 0.01 * z, z),
    "prelu": lambda z: np.where(z < 0, 0.25 * z, z),
    "rrelu": lambda z: np.where(z < 0, 0.25 * z, z),  # with this slope
    "elu": lambda z: np.where(z < 0, np.expm1(np.minimum(z, 0)), z),
    "selu": lambda z: 1.0507009873554805 * np.where(z < 0, 1.6732632423543772 * np.expm1(np.minimum(z, 0)), z),
    "celu": lambda z: np.maximum(z, 0) + np.expm1(np.minimum(z, 0)),
    "softplus": softplus,
    "softsign": lambda z: z / (1 + np.abs(z)),
    "silu": lambda z: z * special.expit(z),
    "mish": lambda z: z * np.tanh(softplus(z)),
    "gelu": lambda z: z * stats.norm.cdf(z),
    "gelu_tanh": lambda z: 0.5 * z * (1 + np.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3))),
    "hardtanh": lambda z: np.clip(z, -1, 1),
    "relu6": lambda z: np.clip(z, 0, 6),
    "hardsigmoid": lambda z: np.clip(z + 3, 0, 6) / 6,
    "hardswish": lambda z: z * np.clip(z + 3, 0, 6) / 6,
    "logsigmoid": special.log_expit,
    "tanhshrink": lambda z: z - np.tanh(z),
    "softshrink": lambda z: np.sign(z) * np.maximum(np.abs(z) - 0.5, 0),
    "hardshrink": lambda z: np.where(np.abs(z) > 0.5, z, 0),
    "threshold": lambda z: np.where(z > 0, z, 0),
    "abs": np.abs,
    "square": np.square,
    "exp": np.exp,
    "sine": np.sin,
}


def test_every_activation_has_an_independent_value() -> None:
    assert sorted(ACTIVATIONS) == list(registry.activations())


def activation_values(found: Elaborated, z: Array, kind: type = np.float64) -> Array:
    declared = registry.activations()
    name = next(n for n, d in declared.items() if found in sources.activation(d))
    given = {"prelu": ("alpha", z.shape[1:]), "rrelu": ("slope", z.shape)}
    arrays = {"z": z}
    if name in given:
        array, shape = given[name]
        arrays[array] = np.full(shape, 0.25, kind)
    return Values(arrays, sources.numbers(declared[name].keys), kind).run(found)["y"]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation(name: str) -> None:
    plain, safe = sources.activation(registry.activations()[name])
    wanted = ACTIVATIONS[name](GRID)
    assert activation_values(safe, GRID) == pytest.approx(wanted, rel=1e-12, abs=1e-15)
    # The plain forms may cancel: log(1 + exp(-30)) keeps three digits.
    assert activation_values(plain, GRID) == pytest.approx(wanted, rel=1e-12, abs=1e-11)


OVERFLOWING = ("exp", "square")


@pytest.mark.parametrize("name", [n for n in ACTIVATIONS if n not in OVERFLOWING])
def test_the_safe_form_in_single_precision(name: str) -> None:
    """Finite and right for |z| up to 1e4.  Near 0 an error of the size of z's own rounding is allowed."""
    z = np.array([[-1e4, -1e3, -104.0, -88.8, -20.0, -1e-3, -1e-6, 0.0, 1e-6, 1e-3, 20.0, 88.8, 104.0, 1e3, 1e4]])
    z = z.astype(np.float32)
    _, safe = sources.activation(registry.activations()[name])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        found = activation_values(safe, z, np.float32)
    wanted = ACTIVATIONS[name](z.astype(np.float64))
    assert np.isfinite(found).all()
    scale = np.maximum(np.abs(wanted), np.minimum(np.abs(z), 1.0) * 2**-1)
    assert (np.abs(found - wanted) <= 4e-6 * np.maximum(scale, 1e-30)).all()


RNG = np.random.default_rng(5)
Y = RNG.normal(size=(5, 4)) * 2
T = RNG.normal(size=(5, 4))
LABELS = np.array([0, 3, 1, 1, 2])
ONE_HOT = np.eye(4)[LABELS]
SHARES = RNG.dirichlet(np.ones(4), size=5)
SIGNS = np.where(T > 0, 1.0, -1.0)
WEIGHTS = np.array([0.5, 2.0, 1.0, 3.0])
LOG_P = Y - special.logsumexp(Y, axis=1, keepdims=True)
SMOOTHING = 0.2


def smooth(t: Array) -> Array:
    return (1 - SMOOTHING) * t + SMOOTHING / 4


def weighted(t: Array, by: Array) -> float:
    """PyTorch's weighted mean for a named class."""
    return float(-(t * WEIGHTS * LOG_P).sum() / by.sum())


COUNTED = LABELS != sources.IGNORED
KEPT = WEIGHTS[LABELS] * COUNTED
KEPT_HOT = ONE_HOT * COUNTED[:, None]
BITS = np.where(T > 0, 1.0, 0.0)
P = special.expit(Y)
SHARE_LOSS = float(-(T**2 / (1 + T**2) * np.log(P) + 1 / (1 + T**2) * np.log1p(-P)).mean())
PAIR = {"a": Y, "b": T}
TRIPLE = {"a": Y, "p": T, "q": T[::-1]}
SIDE = np.array([1.0, -1.0, -1.0, 1.0, -1.0])
COSINES = (Y * T).sum(1) / np.linalg.norm(Y, axis=1) / np.linalg.norm(T, axis=1)
SHORT = np.clip(0.7 - Y[np.arange(5), LABELS][:, None] + Y, 0, None) * (1 - ONE_HOT)


def triplet(norm: int, swap: bool = False) -> float:
    near, far, other = (np.linalg.norm(d + 1e-6, norm, 1) for d in (Y - T, Y - T[::-1], T - T[::-1]))
    return float(np.clip(near - (np.minimum(far, other) if swap else far) + 1, 0, None).mean())


# (loss, what `when` asks for): (output, target, constants, value)
LOSSES: dict[tuple[str, ...], tuple[Array | dict[str, Array], Array, dict[str, float], float]] = {
    ("mse",): (Y, T, {}, float(((Y - T) ** 2).mean())),
    ("half_squared_error",): (Y, T, {}, float(((Y - T) ** 2).sum() / 10)),
    ("mae",): (Y, T, {}, float(np.abs(Y - T).mean())),
    ("huber",): (Y, T, {"delta": 0.7}, float(special.huber(0.7, Y - T).mean())),
    ("smooth_l1",): (Y, T, {"beta": 0.7}, float(special.huber(0.7, Y - T).mean() / 0.7)),
    ("cross_entropy", "labels=integer"): (Y, LABELS, {}, float(-(LOG_P * ONE_HOT).sum() / 5)),
    ("cross_entropy", "labels=integer", "counted"): (Y, LABELS, {}, float(-(LOG_P * KEPT_HOT).sum() / COUNTED.sum())),
    ("cross_entropy", "labels=integer", "counted", "label_smoothing"): (
        Y,
        LABELS,
        {},
        float(-(LOG_P * smooth(ONE_HOT) * COUNTED[:, None]).sum() / COUNTED.sum()),
    ),
    ("cross_entropy", "labels=integer", "class_weights", "counted"): (Y, LABELS, {}, weighted(KEPT_HOT, KEPT)),
    ("cross_entropy", "labels=integer", "class_weights", "counted", "label_smoothing"): (
        Y,
        LABELS,
        {},
        weighted(smooth(ONE_HOT) * COUNTED[:, None], KEPT),
    ),
    ("nll", "labels=integer", "counted"): (LOG_P, LABELS, {}, float(-(LOG_P * KEPT_HOT).sum() / COUNTED.sum())),
    ("nll", "labels=integer", "class_weights", "counted"): (LOG_P, LABELS, {}, weighted(KEPT_HOT, KEPT)),
    ("binary_nll",): (P, T**2 / (1 + T**2), {}, SHARE_LOSS),
    ("hinge_embedding",): (Y, SIGNS, {}, float(np.where(SIGNS > 0, Y, np.clip(1 - Y, 0, None)).mean())),
    ("soft_margin",): (Y, SIGNS, {}, float(np.logaddexp(0, -SIGNS * Y).mean())),
    ("multi_margin", "norm=1"): (Y, LABELS, {"margin": 0.7}, float(SHORT.mean())),
    ("multi_margin", "class_weights", "norm=1"): (
        Y,
        LABELS,
        {"margin": 0.7},
        float((WEIGHTS[LABELS] * SHORT.mean(1)).mean()),
    ),
    ("multi_margin",): (Y, LABELS, {"margin": 0.7}, float((SHORT**2).mean())),
    ("multi_margin", "class_weights"): (
        Y,
        LABELS,
        {"margin": 0.7},
        float((WEIGHTS[LABELS] * (SHORT**2).mean(1)).mean()),
    ),
    ("multilabel_margin",): (
        Y,
        BITS,
        {},
        float((BITS[:, :, None] * (1 - BITS[:, None]) * np.clip(1 - Y[:, :, None] + Y[:, None], 0, None)).sum() / 20),
    ),
    ("multilabel_soft_margin",): (Y, BITS, {}, float(np.logaddexp(0, Y * (1 - 2 * BITS)).mean())),
    ("multilabel_soft_margin", "class_weights"): (
        Y,
        BITS,
        {},
        float((WEIGHTS * np.logaddexp(0, Y * (1 - 2 * BITS))).mean()),
    ),
    ("cosine_embedding",): (
        PAIR,
        SIDE,
        {"margin": 0.2},
        float(np.where(SIDE > 0, 1 - COSINES, np.clip(COSINES - 0.2, 0, None)).mean()),
    ),
    ("margin_ranking",): (PAIR, SIGNS, {"margin": 0.2}, float(np.clip(0.2 - SIGNS * (Y - T), 0, None).mean())),
    ("triplet_margin", "norm=2"): (TRIPLE, T, {}, triplet(2)),
    ("triplet_margin", "norm=1"): (TRIPLE, T, {}, triplet(1)),
    ("triplet_margin",): (TRIPLE, T, {}, triplet(3)),
    ("triplet_margin", "norm=2", "swap"): (TRIPLE, T, {}, triplet(2, True)),
    ("triplet_margin", "norm=1", "swap"): (TRIPLE, T, {}, triplet(1, True)),
    ("triplet_margin", "swap"): (TRIPLE, T, {}, triplet(3, True)),
    ("triplet_distance",): ({"d": Y, "e": T}, T, {"margin": 0.5}, float(np.clip(Y - T + 0.5, 0, None).mean())),
    ("cross_entropy",): (Y, SHARES, {}, float(-(LOG_P * SHARES).sum() / 5)),
    ("cross_entropy", "labels=integer", "label_smoothing"): (
        Y,
        LABELS,
        {},
        float(-(LOG_P * smooth(ONE_HOT)).sum() / 5),
    ),
    ("cross_entropy", "label_smoothing"): (Y, SHARES, {}, float(-(LOG_P * smooth(SHARES)).sum() / 5)),
    ("cross_entropy", "labels=integer", "class_weights"): (Y, LABELS, {}, weighted(ONE_HOT, WEIGHTS[LABELS])),
    ("cross_entropy", "labels=one_hot", "class_weights"): (Y, ONE_HOT, {}, weighted(ONE_HOT, WEIGHTS[LABELS])),
    ("cross_entropy", "class_weights"): (Y, SHARES, {}, weighted(SHARES, np.ones(5))),
    ("cross_entropy", "labels=integer", "class_weights", "label_smoothing"): (
        Y,
        LABELS,
        {},
        weighted(smooth(ONE_HOT), WEIGHTS[LABELS]),
    ),
    ("cross_entropy", "labels=one_hot", "class_weights", "label_smoothing"): (
        Y,
        ONE_HOT,
        {},
        weighted(smooth(ONE_HOT), WEIGHTS[LABELS]),
    ),
    ("cross_entropy", "class_weights", "label_smoothing"): (Y, SHARES, {}, weighted(smooth(SHARES), np.ones(5))),
    ("nll", "labels=integer"): (LOG_P, LABELS, {}, float(-(LOG_P * ONE_HOT).sum() / 5)),
    ("nll",): (LOG_P, SHARES, {}, float(-(LOG_P * SHARES).sum() / 5)),
    ("nll", "labels=integer", "class_weights"): (LOG_P, LABELS, {}, weighted(ONE_HOT, WEIGHTS[LABELS])),
    ("nll", "labels=one_hot", "class_weights"): (LOG_P, ONE_HOT, {}, weighted(ONE_HOT, WEIGHTS[LABELS])),
    ("nll", "class_weights"): (LOG_P, SHARES, {}, weighted(SHARES, np.ones(5))),
    ("binary_cross_entropy",): (
        Y,
        special.expit(T),
        {},
        float(-(special.expit(T) * special.log_expit(Y) + special.expit(-T) * special.log_expit(-Y)).mean()),
    ),
    ("kl_divergence",): (special.softmax(Y, axis=1), SHARES, {}, float((SHARES * (np.log(SHARES) - LOG_P)).sum() / 5)),
    ("poisson_nll", "log_input"): (Y, np.abs(T), {}, float((np.exp(Y) - np.abs(T) * Y).mean())),
    ("poisson_nll",): (np.exp(Y), np.abs(T), {}, float((np.exp(Y) - np.abs(T) * np.log(np.exp(Y) + 1e-8)).mean())),
    ("gaussian_nll",): (
        Y,
        T,
        {"variance": 2.5},
        float(-stats.norm.logpdf(T, Y, math.sqrt(2.5)).mean() - math.log(2 * math.pi) / 2),
    ),
    ("hinge",): (Y, SIGNS, {}, float(np.clip(1 - SIGNS * Y, 0, None).mean())),
    ("squared_hinge",): (Y, SIGNS, {}, float((np.clip(1 - SIGNS * Y, 0, None) ** 2).mean())),
    ("cosine",): (
        Y,
        T,
        {},
        float(1 - np.mean((Y * T).sum(1) / np.linalg.norm(Y, axis=1) / np.linalg.norm(T, axis=1))),
    ),
}


def variant(declared: Loss, formula: Formula) -> tuple[str, ...]:
    """What a formula asks for, in words; "counted" where a label may not count."""
    asked = [c for c in formula.when if c[1] is not None]
    words = [key if value is True else f"{key}={value}" for key, value in asked]
    words += ["counted"] if "ignore_index" in formula.plain else []
    return tuple(sorted(words, key=lambda w: (not w.startswith("labels="), w)))


def test_every_formula_of_every_loss_has_an_independent_value() -> None:
    losses = {n: d for n, d in registry.losses().items() if not d.extents}  # ctc: tests/oracle/test_ctc.py
    found = [(n, *variant(d, f)) for n, d in losses.items() for f in d.formulas]
    assert sorted(sorted(words) for words in found) == sorted(sorted(words) for words in LOSSES)


@pytest.mark.parametrize("case", LOSSES, ids=" ".join)
def test_loss(case: tuple[str, ...]) -> None:
    declared = registry.losses()[case[0]]
    formula = next(f for f in declared.formulas if set(variant(declared, f)) == set(case[1:]))
    y, t, constants, wanted = LOSSES[case]
    arrays = {"t": t, "class_weights": WEIGHTS, **(y if isinstance(y, dict) else {"y": y})}
    constants = {"label_smoothing": SMOOTHING, **sources.numbers(declared.keys), **constants}
    constants["label_smoothing"] = SMOOTHING
    for form in sources.loss(declared, formula):
        kept = {t.name: arrays[t.name] for t in form.tensors if t.name in arrays}
        found = Values(kept, constants).run(form)
        assert float(found["L"]) == pytest.approx(wanted, rel=1e-11)


def test_losses_of_large_scores_in_single_precision() -> None:
    y = np.array([[1e4, -1e4, 0.0, 1e4], [-1e4, -1e4, -1e4, -1e4]], np.float32)
    cross = registry.losses()["cross_entropy"]
    formula = next(f for f in cross.formulas if variant(cross, f) == ("labels=integer",))
    _, safe = sources.loss(cross, formula)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        found = Values({"y": y, "t": np.array([1, 2])}, {}, np.float32).run(safe)
    assert found["p"].sum(axis=1) == pytest.approx([1, 1])
    assert float(found["L"]) == pytest.approx((2e4 + math.log(2) + math.log(4)) / 2, rel=1e-6)
    binary = registry.losses()["binary_cross_entropy"]
    _, safe = sources.loss(binary, binary.formulas[0])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        found = Values({"y": y[:1, :3], "t": np.array([[1.0, 0.0, 0.5]])}, {}, np.float32).run(safe)
    assert float(found["L"]) == pytest.approx(math.log(2) / 3, rel=1e-6)


def test_classes_of_probability_zero_add_nothing() -> None:
    declared = registry.losses()["kl_divergence"]
    _, safe = sources.loss(declared, declared.formulas[0])
    with np.errstate(all="raise"):
        found = Values({"y": np.array([[0.0, 1.0]]), "t": np.array([[0.0, 1.0]])}, {}).run(safe)
    assert float(found["L"]) == 0.0


def test_cosine_of_a_zero_vector_is_finite() -> None:
    declared = registry.losses()["cosine"]
    _, safe = sources.loss(declared, declared.formulas[0])
    with np.errstate(divide="raise", invalid="raise"):
        found = Values({"y": np.zeros((1, 2)), "t": np.ones((1, 2))}, {"eps": 1e-8}).run(safe)
    assert float(found["L"]) == 1.0


def test_layers() -> None:
    rng = np.random.default_rng(0)
    x, z = rng.normal(size=(3, 4)), rng.normal(size=(3, 2))
    weights, bias = rng.normal(size=(4, 5)), rng.normal(size=5)
    declared = registry.layers()
    plain, _ = sources.layer(declared["dense"], declared["dense"].formulas[0])
    found = Values({"x": x, "W": weights, "b": bias}, {}).run(plain)["y"]
    assert found == pytest.approx(x @ weights + bias, rel=1e-12)
    cube = rng.normal(size=(5, 4, 2))
    plain, _ = sources.layer(declared["bilinear"], declared["bilinear"].formulas[1])
    found = Values({"x": x, "z": z, "W": cube}, {}).run(plain)["y"]
    assert found == pytest.approx(np.einsum("ni,oij,nj->no", x, cube, z), rel=1e-12)
    for name, wanted in (("softmax", special.softmax(x, axis=1)), ("log_softmax", special.log_softmax(x, axis=1))):
        for form in sources.layer(declared[name], declared[name].formulas[0]):
            assert Values({"x": x}, {}).run(form)["y"] == pytest.approx(wanted, rel=1e-12)
