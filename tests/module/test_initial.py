"""Initial values: each distribution as the spec says, the same for the same seed."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest

from symbp.compiler import compile_spec
from symbp.spec.load import loads

from .generated import data, imported, made

INITS = {
    "zeros": "zeros",
    "ones": "ones",
    "half": "{type: constant, value: 0.5}",
    "uniform": "{type: uniform, low: -3, high: 1}",
    "normal": "{type: normal, mean: 2.0, std: 0.5}",
    "truncated": "{type: truncated_normal, mean: 1.0, std: 0.5}",
    "glorot": "glorot_uniform",
    "he": "he_normal",
    "lecun": "lecun_normal",
    "orthogonal": "{type: orthogonal, gain: 2.0}",
}


@pytest.fixture(scope="module")
def module() -> ModuleType:
    layers = "\n".join(f"  - {{type: dense, name: {n}, units: 40, init: {{W: {i}}}}}" for n, i in INITS.items())
    spec = f"symbp: 1\nname: initial\ninput: {{x: [40]}}\nlayers:\n{layers}\nloss: {{type: mse}}\n"
    return imported("initial", compile_spec(loads(spec, "initial.yaml")).module)


def test_each_distribution(module: ModuleType) -> None:
    net = module.Network(seed=0, dtype="float64")
    w = {name: net.parameters[f"{name}.W"] for name in INITS}
    assert not w["zeros"].any()
    assert (w["ones"] == 1.0).all()
    assert (w["half"] == 0.5).all()
    assert -3.0 <= w["uniform"].min() < -2.9 and 0.9 < w["uniform"].max() <= 1.0
    assert w["normal"].mean() == pytest.approx(2.0, abs=0.05)
    assert w["normal"].std() == pytest.approx(0.5, rel=0.05)
    assert 0.0 <= w["truncated"].min() < 0.05 and 1.95 < w["truncated"].max() <= 2.0
    assert np.abs(w["glorot"]).max() == pytest.approx(np.sqrt(6 / 80), rel=0.01)
    assert w["he"].std() == pytest.approx(np.sqrt(2 / 40), rel=0.06)
    assert w["lecun"].std() == pytest.approx(np.sqrt(1 / 40), rel=0.06)
    np.testing.assert_allclose(w["orthogonal"] @ w["orthogonal"].T, 4 * np.eye(40), atol=1e-12)
    assert not any(net.parameters[f"{name}.b"].any() for name in INITS)


def test_oblong_orthogonal_matrices() -> None:
    for i, o in ((3, 7), (7, 3)):
        spec = f"input: {{x: [{i}]}}\nlayers: [{{type: dense, name: f, units: {o}, init: {{W: orthogonal}}}}]"
        source = compile_spec(loads(f"symbp: 1\nname: oblong\n{spec}\nloss: {{type: mse}}", "oblong.yaml")).module
        assert f"p.W_f[...] = orthogonal(rng, ({i}, {o}))\n" in source  # no factor of 1, and no comment that repeats it
        w = imported(f"oblong{i}", source).Network(dtype="float64").parameters["f.W"]
        gram = w @ w.T if i < o else w.T @ w
        np.testing.assert_allclose(gram, np.eye(3), atol=1e-12)


def test_the_seed_decides() -> None:
    for name in ("classes", "yes_no"):
        module = made(name)
        assert np.array_equal(module.Network(7).theta, module.Network(seed=7).theta)
        assert not np.array_equal(module.Network(7).theta, module.Network(8).theta)
        assert np.array_equal(module.Network().theta, module.Network(module.SEED).theta)
        double = module.Network(7, dtype="float64").theta
        assert np.array_equal(module.Network(7, dtype="float32").theta, double.astype(np.float32))


def test_initial_values_and_shuffling_have_streams_of_their_own() -> None:
    module = made("classes")
    first, second = map(np.random.default_rng, np.random.SeedSequence(7).spawn(2))
    net = module.Network(7, dtype="float64")
    assert np.array_equal(net.theta, module.initial_theta(first))
    order = np.arange(50)
    second.shuffle(order)
    twin, (x, y) = module.Network(7, dtype="float64"), data("classes")
    net.fit(x, y, epochs=1, verbose=False)
    twin.fit(x[order], y[order], epochs=1, shuffle=False, verbose=False)
    assert np.array_equal(net.theta, twin.theta)


def test_numbers_of_the_spec() -> None:
    net = made("yes_no").Network()
    assert net.parameters["out.b"].tolist() == [0.25]
    assert 0.0 < np.abs(net.parameters["hidden.b"]).max() <= 1.0
