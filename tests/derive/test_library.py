"""Every entry of the library: it derives, its safe form is its plain form, and it is sound in single precision."""

import numpy as np
import pytest

from symbp.derive.equality import SAME, show_equal
from symbp.derive.network import closed_forms
from symbp.derive.numeric import Evaluator, UndefinedError, context
from symbp.derive.sample import Sample

from .entries import POSITIVE, entries, entry_point
from .float32 import Eager
from .harness import form_evaluator
from .naive import Naive, gradients

ENTRIES = entries()
POINTWISE = [k for k, e in ENTRIES.items() if e.kind == "activation"]
UNBOUNDED = {"activation exp"}  # overflows where its value does
# 1 + erf(z), 1 + tanh(u), and the wanted forms y*(1 - y), 1 - y**2, y + alpha lose their last digits where they are
# all but 0
ABSOLUTE = {f"activation {name}" for name in ("celu", "elu", "gelu", "gelu_tanh", "selu", "sigmoid", "tanh")}
UNBOUNDED_LOSSES = {"loss poisson_nll log_input=True"}
LARGE = np.array([0.0, 0.1, 0.5, 1.0, 2.0, 5.0, 8.0, 15.0, 20.0, 40.0, 80.0, 90.0, 200.0, 1e3, 1e4])


@pytest.mark.parametrize("key", ENTRIES)
def test_plain_and_safe_forms_are_equal(key):
    unit = ENTRIES[key].unit
    shown = show_equal(unit, *closed_forms(unit), dict(ENTRIES[key].constants))
    assert (shown == SAME) == (unit.plain == unit.safe)


@pytest.mark.parametrize("key", ENTRIES)
def test_gradients_agree_with_complex_step(key):
    unit, at = ENTRIES[key].unit, entry_point(key)
    wanted = [t.name for t in unit.tensors if t.role in ("input", "parameter")]
    expected = gradients(unit.plain, unit.output, at.upstream, wanted, at.data, at.sizes, at.constants)
    for form in closed_forms(unit):
        found = form_evaluator(form, unit.output, at)
        for w in wanted:
            np.testing.assert_allclose(found.array(f"d{w}"), expected[w], rtol=1e-10, atol=1e-12)


def exact(unit, z, constants):
    """Value and derivative of a pointwise unit at one place, by its plain equations, to 60 digits."""
    mp = context(60)
    data = {t.name: {(0,) * len(t.indices): mp.mpf(1) / 4} for t in fixed(unit)}
    data |= {"z": {(0, 0): mp.mpf(float(z))}, "dy": {(0, 0): mp.mpf(1)}}
    numbers = {k: mp.mpf(repr(v)) for k, v in constants.items()}
    plain = closed_forms(unit)[0]
    run = Evaluator((*plain.forward, *plain.adjoints), Sample(data, {"N": 1, "J": 1}, numbers), mp)
    try:
        return float(run.read("y", (0, 0), False)), float(run.read("dz", (0, 0), False))
    except UndefinedError:
        return None


def fixed(unit):
    """What a pointwise function reads beside its argument."""
    return [t for t in unit.tensors if t.role in ("parameter", "random")]


@pytest.mark.parametrize("key", POINTWISE)
def test_single_precision_is_finite_and_right_up_to_ten_thousand(key):
    unit, constants = ENTRIES[key].unit, dict(ENTRIES[key].constants)
    z = np.concatenate([-LARGE[::-1], LARGE]).astype(np.float32)
    if key in UNBOUNDED:
        z = z[np.abs(z) <= 80]
    safe = closed_forms(unit)[1]
    parameters = {t.name: np.full((1, z.size)[-len(t.indices) :], 0.25) for t in fixed(unit)}
    given = {"z": z[None], "dy": np.ones((1, z.size)), **parameters}
    run = Eager(given, {"N": 1, "J": z.size}, constants, np.float32)
    with np.errstate(all="ignore"):
        run.run((*safe.forward, *(e for e in safe.adjoints if e.name == "dz")))
    for k, place in enumerate(z):
        truth = exact(unit, place, constants)
        assert truth is not None
        for name, true in zip(("y", "dz"), truth, strict=True):
            value = run.values[name].flat[k]
            assert np.isfinite(value), f"{name} at z = {place} is {value}, not {true}"
            assert abs(value - true) <= 1e-5 * max(1.0, abs(true)), f"{name} at z = {place} is {value}, not {true}"
            if key not in ABSOLUTE and abs(place) >= 5 and abs(true) > 1e-35:
                assert abs(value - true) <= 1e-4 * abs(true), f"{name} at z = {place} is {value}, not {true}"


LOSSES = [k for k, e in ENTRIES.items() if e.kind in ("loss", "penalty")]


@pytest.mark.parametrize("key", [*LOSSES, "layer softmax", "layer log_softmax"])
def test_losses_are_finite_and_right_in_single_precision(key):
    """Scores far apart, equal scores, and targets at the ends of their range."""
    unit, constants = ENTRIES[key].unit, dict(ENTRIES[key].constants)
    sizes = {"N": 3, "J": 4, "I": 3}
    name = unit.tensors[0].name
    scores = np.array([[1e4, -1e4, 0.0, 3.0], [88.0, 88.0, 88.0, 88.0], [-1e3, 5.0, 7.0, -2.0]])
    if key in {*POSITIVE, "loss cosine"}:
        scores = np.array([[1e-3, 1e-3, 0.5, 0.498], [0.25, 0.25, 0.25, 0.25], [1e-6, 1.0, 0.5, 0.25]])
    elif key in UNBOUNDED_LOSSES:
        scores = np.clip(scores, -80, 80)
    data = {t.name: at_the_ends(t, sizes) for t in unit.tensors if t.role == "data"}
    others = [t.name for t in unit.tensors if t.role == "input"]
    data |= {other: np.roll(scores, k, axis=1) for k, other in enumerate(others)}
    data |= {name: scores, f"d{unit.output}": np.linspace(-1.0, 2.0, 12).reshape(3, 4)}
    if unit.is_loss:
        del data[f"d{unit.output}"]
    safe = closed_forms(unit)[1]
    program = (*safe.forward, *safe.adjoints)
    found, truth = (Eager(data, sizes, constants, dtype) for dtype in (np.float32, np.longdouble))
    with np.errstate(all="ignore"):
        for run in (found, truth):
            run.run(program)
    for value in (unit.output, f"d{name}"):
        scale = np.max(np.abs(truth.values[value]), initial=1e-30)
        assert np.all(np.isfinite(found.values[value])), f"{value}: {found.values[value]}"
        np.testing.assert_allclose(found.values[value], truth.values[value], rtol=1e-3, atol=1e-5 * float(scale))


def at_the_ends(tensor, sizes):
    shape = tuple(sizes[i.size.name] for i in tensor.indices)
    if tensor.integer:
        return np.arange(shape[0])
    return np.eye(4)[:3] if len(shape) == 2 else np.linspace(0.5, 2, *shape)


# What each kinked function declares: (place, derivative there), in terms of its constants.
KINKS = {
    "abs": [("0", "0")],
    "elu": [("0", "alpha")],
    "hardshrink": [("cut", "0"), ("-cut", "0")],
    "hardsigmoid": [("3", "0"), ("-3", "0")],
    "hardswish": [("3", "1"), ("-3", "0")],
    "hardtanh": [("low", "0"), ("high", "0")],
    "leaky_relu": [("0", "alpha")],
    "prelu": [("0", "0.25")],
    "rrelu": [("0", "0.25")],
    "relu": [("0", "0")],
    "relu6": [("0", "0"), ("6", "0")],
    "selu": [("0", "scale*alpha")],
    "softshrink": [("cut", "0"), ("-cut", "0")],
    "threshold": [("threshold", "0")],
}


def number(text, constants):
    """The value of a product such as "scale*alpha", with a sign in front."""
    sign = -1.0 if text.startswith("-") else 1.0
    factors = text.removeprefix("-").split("*")
    return sign * float(np.prod([constants[f] if f in constants else float(f) for f in factors]))


def test_every_declared_kink_is_tested():
    declared = {e.type for e in ENTRIES.values() if e.kind == "activation" and e.unit.subgradient}
    assert declared == set(KINKS)


@pytest.mark.parametrize("name", KINKS)
def test_the_subgradient_at_a_kink_is_the_declared_one(name):
    entry = ENTRIES[f"activation {name}"]
    constants = dict(entry.constants)
    parameters = {t.name: np.full((1,) * len(t.indices), 0.25) for t in fixed(entry.unit)}
    for place, slope in KINKS[name]:
        for form in closed_forms(entry.unit):
            data = {"z": np.full((1, 1), number(place, constants)), "dy": np.ones((1, 1)), **parameters}
            run = Naive((*form.forward, *form.adjoints), data, {"N": 1, "J": 1}, constants)
            assert run.read("dz", (0, 0)) == pytest.approx(number(slope, constants), rel=1e-15), f"at z = {place}"
