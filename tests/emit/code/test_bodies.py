"""The emitted bodies compute the loss and its gradient, in every dtype, and leave nothing behind."""

from __future__ import annotations

import re
import tracemalloc
import warnings

import numpy as np
import pytest
from lower.interpret import run, sample
from lower.networks import NETWORKS, OPTIMIZERS, TWO_LAYERS, lowered, spec

from symbp.library.registry import activations, losses
from symbp.lower.model import BACKWARD, FORWARD, LOSS, UPDATE

from .bodies import Bodies, coded

SIZES = {"n": 3, "T": 2}
LEVELS = pytest.mark.parametrize("level", [0, 1])


def complex_step(bodies: Bodies, arrays: dict, name: str, direction: np.ndarray) -> float:
    moved = {**arrays, name: arrays[name] + 1e-200j * direction}
    return bodies.step(moved, np.complex128).loss.imag / 1e-200


def check_gradients(text: str, level: int, seed: int = 0) -> None:
    bodies = Bodies(text, level)
    arrays = sample(lowered(text), SIZES, seed)
    made = bodies.step(arrays)
    gradients = {n: getattr(made.g, n) for n in bodies.shapes("parameter")} | made.inputs
    rng = np.random.default_rng(seed + 1)
    largest = max(np.linalg.norm(d) for d in gradients.values())
    for name, gradient in gradients.items():
        direction = rng.normal(size=gradient.shape)
        expected = complex_step(bodies, arrays, name, direction)
        assert (gradient * direction).sum() == pytest.approx(expected, rel=1e-9, abs=1e-11 * largest), name


@LEVELS
@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_agree_with_the_complex_step(name: str, level: int) -> None:
    check_gradients(NETWORKS[name], level)


@LEVELS
@pytest.mark.parametrize("name", NETWORKS)
def test_values_agree_with_a_slow_evaluator(name: str, level: int) -> None:
    program = lowered(NETWORKS[name])
    bodies = Bodies(NETWORKS[name], level)
    for seed in range(3):
        arrays = sample(program, SIZES, seed)
        expected = run(program, arrays, (FORWARD, LOSS, BACKWARD), SIZES)
        made = bodies.step(arrays)
        assert made.loss == pytest.approx(float(expected["loss"]), rel=1e-12)
        assert np.allclose(made.output, expected[program.outputs[0]], rtol=1e-12)
        for parameter in bodies.shapes("parameter"):
            assert np.allclose(getattr(made.g, parameter), expected[f"d{parameter}"], rtol=1e-9, atol=1e-12), parameter


@LEVELS
@pytest.mark.parametrize("activation", activations())
def test_every_activation(activation: str, level: int) -> None:
    check_gradients(spec(TWO_LAYERS % activation, "{type: mse}"), level)


PLAIN = [name for name, loss in losses().items() if loss.inputs == ("y[n,j]",) and name != "kl_divergence"]


@LEVELS
@pytest.mark.parametrize("loss", PLAIN)
def test_every_loss(loss: str, level: int) -> None:
    check_gradients(spec(TWO_LAYERS % "tanh", f"{{type: {loss}}}"), level)


@LEVELS
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_updates_agree_with_a_slow_evaluator(name: str, level: int) -> None:
    program = lowered(OPTIMIZERS[name])
    bodies = Bodies(OPTIMIZERS[name], level)
    arrays = {k: v for k, v in sample(program, SIZES).items() if k in ("theta", "grad") or k in bodies.shapes("state")}
    count = program.parameter_count
    bodies.names["DECAYED"] = (slice(0, 20), slice(25, 40))
    expected = dict(arrays)
    for s in program.plain(UPDATE):
        moved = run(_one(program, s), expected, (UPDATE,), SIZES, lr=0.1, k=3.0)[s.target]
        inside = np.zeros(count, bool)
        inside[:20] = inside[25:40] = True
        expected[s.target] = np.where(inside, moved, expected[s.target]) if s.where else moved
    own = {k: v / bodies.units.get(k, 1.0) for k, v in arrays.items()}
    own["grad"] *= 0.1 if bodies.code.scale else 1.0  # then it is lr times the gradient
    scratch = bodies.scratch()
    bodies.names["update"](**own, **scratch, lr=0.1, k=3)
    for key in ("theta", *bodies.shapes("state")):
        assert np.allclose(own[key] * bodies.units.get(key, 1.0), expected[key], rtol=1e-12, atol=1e-15), key


def _one(program, s):
    return type(program)(**{**{f: getattr(program, f) for f in program.__dataclass_fields__}, "statements": (s,)})


@pytest.mark.parametrize("name", NETWORKS)
def test_a_step_allocates_nothing(name: str) -> None:
    bodies = Bodies(NETWORKS[name], 1)
    sizes = {"n": 200, "T": 9}
    made = bodies.step(sample(lowered(NETWORKS[name]), sizes), np.float32, sizes)
    arguments = (made.p, made.ws, *made.x)

    def once() -> None:
        bodies.names["forward"](*arguments)
        bodies.names["loss_of"](*arguments, made.t)
        bodies.names["backward"](made.p, made.g, made.ws, *made.x, made.t)

    size = np.setbufsize(2048)  # as the generated module does around its steps
    try:
        for _ in range(3):
            once()
        tracemalloc.start()
        once()
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(100):
            once()
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
        np.setbufsize(size)
    assert peak < 64_000


@LEVELS
@pytest.mark.parametrize("name", NETWORKS)
def test_single_precision_stays_single(name: str, level: int) -> None:
    bodies = Bodies(NETWORKS[name], level)
    arrays = sample(lowered(NETWORKS[name]), SIZES)
    made, exact = bodies.step(arrays, np.float32), bodies.step(arrays)
    assert made.output.dtype == np.float32 or level == 0
    assert made.loss == pytest.approx(exact.loss, rel=1e-4)
    for parameter in bodies.shapes("parameter"):
        single, double = getattr(made.g, parameter), getattr(exact.g, parameter)
        assert np.abs(single - double).max() <= 1e-3 * max(np.abs(double).max(), 1e-3), parameter


@pytest.mark.parametrize("activation", sorted(set(activations()) - {"exp", "square"}))
@LEVELS
def test_activations_stay_finite_in_single_precision(activation: str, level: int) -> None:
    text = spec(f"{{type: dense, name: fc, units: 1, activation: {activation}}}", "{type: mae}", inputs="{x: [1]}")
    bodies = Bodies(text, level)
    z = np.array([-1e4, -300, -90, -20, -1, 0, 1, 20, 90, 300, 1e4])[:, None]
    arrays = {"W_fc": np.ones((1, 1)), "b_fc": np.zeros(1), "x": z, "t": np.zeros((len(z), 1)), "alpha_fc": np.ones(1)}
    arrays |= {n: np.full(shape, 0.25) for n, shape in bodies.shapes("parameter").items() if n not in arrays}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = bodies.step(arrays, np.float32, {"n": len(z)})
    assert np.isfinite(made.output).all() and np.isfinite(made.inputs["x"]).all()


@LEVELS
def test_nothing_that_drops_an_imaginary_part_is_called(level: int) -> None:
    texts = [*NETWORKS.values(), *(spec(TWO_LAYERS % a, "{type: mse}") for a in activations())]
    for text in texts:
        code = coded(text, level)[1]
        lines = [*code.forward, *code.loss, *code.backward, *(line for h in code.helpers for line in h.lines)]
        for line in lines:
            assert not re.search(r"np\.(abs|absolute|fabs|logaddexp|heaviside|bincount|vdot)\b", line.text), line.text
            for call in re.findall(r"\bsign\((.*?)[,)]", line.text):
                assert call.endswith(".real"), line.text
            for left in re.findall(r"\b(?:greater|less)(?:_equal)?\(((?:\[.*?\]|[^,])*),", line.text):
                assert left.endswith(".real") or re.fullmatch(r"-?[\d.e-]+", left), line.text
            for left in re.findall(r"([\w\])]+) (?:>|<|>=|<=) ", line.text):
                assert left == "real" or left.isdigit(), line.text
