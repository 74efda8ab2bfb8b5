"""The pure functions, the gradients, and the module's own check of them."""

from __future__ import annotations

import numpy as np
import pytest

from .generated import CASES, SPECS, data, imported, made, text


@pytest.mark.parametrize(("name", "level"), CASES)
def test_a_module_checks_its_gradients(name: str, level: int) -> None:
    module = made(name, level)
    rows = module.check_gradients()
    assert [(label, method) for label, method, _ in rows] == [
        (label, method) for method in ("complex step", "central differences") for label in module.PARAMETERS
    ]
    assert all(error <= module.METHODS[method] for _, method, error in rows)


@pytest.mark.parametrize("factor", ["1.00000001", "-1.0", "0.0"])
def test_wrong_gradients_are_found(factor: str) -> None:
    line = "        backward(p, self.g, ws, x, t)\n"
    source = text("classes").replace(line, line + f"        self.g.W_fc2 *= {factor}\n")
    assert source != text("classes")
    module = imported("spoilt", source)
    with pytest.raises(ArithmeticError, match=r"wrong gradients: fc2\.W: .* \(complex step\)") as error:
        module.check_gradients()
    assert "fc1" not in str(error.value)


@pytest.mark.parametrize("name", SPECS)
def test_the_pure_function_agrees_with_the_network(name: str) -> None:
    module, arrays = made(name), data(name)
    for dtype in ("float32", "float64"):
        net = module.Network(dtype=dtype)
        theta = net.theta.copy()
        loss, grad = module.loss_and_grad(theta, *arrays)
        found, gradient = net.loss_and_grad(*arrays)
        assert loss == found
        assert grad.dtype == gradient.dtype == theta.dtype == np.dtype(dtype)
        assert np.array_equal(grad, gradient)
        assert np.array_equal(theta, net.theta)


def test_theta_of_the_pure_function() -> None:
    module, arrays = made("line"), data("line")
    theta = np.arange(5.0)
    loss, grad = module.loss_and_grad(theta, *arrays)
    for same in (np.arange(5), np.arange(10.0)[::2] / 2, list(range(5))):
        assert module.loss_and_grad(same, *arrays)[0] == loss
    found, gradient = module.loss_and_grad(theta.astype(complex), *arrays)
    assert found.imag == 0.0 and gradient.dtype == np.complex128
    np.testing.assert_allclose(gradient.real, grad, rtol=1e-12)
    for bad in (theta[:4], theta[None], theta.astype(np.float16), theta.astype(object)):
        with pytest.raises(ValueError, match="theta: expected"):
            module.loss_and_grad(bad, *arrays)


@pytest.mark.parametrize("name", SPECS)
def test_the_gradient_by_the_input(name: str) -> None:
    module, arrays = made(name), data(name, n=3)
    net = module.Network(dtype="float64")
    net.theta += 0.1
    x = dict(zip(module.INPUTS, arrays[0] if name == "pair" else arrays[:1], strict=True))
    found = net.input_gradient(*arrays)
    found = found if isinstance(found, dict) else {"x": found}
    assert {label: a.shape for label, a in found.items()} == {label: a.shape for label, a in x.items()}
    for label, gradient in module.input_gradient(net.theta, *arrays).items():
        assert np.array_equal(found[label], gradient)
        direction = np.random.default_rng(0).standard_normal(gradient.shape)
        stepped = x | {label: x[label] + 1e-200j * direction}
        loss = module.loss_and_grad(net.theta.astype(complex), stepped, arrays[-1])[0]
        assert loss.imag / 1e-200 == pytest.approx(np.sum(gradient * direction), rel=1e-12)


def test_a_step_never_computes_the_gradient_by_the_input() -> None:
    source = text("classes")
    step = source[source.index("def backward(") : source.index("def input_backward(")]
    assert "p.W_fc1" not in step


def test_scipy_minimises_the_pure_function() -> None:
    optimize = pytest.importorskip("scipy.optimize", reason="scipy is not installed")
    module, (x, y) = made("line"), data("line")
    found = optimize.minimize(module.loss_and_grad, np.zeros(5), args=(x, y), jac=True, tol=1e-12)
    net = module.Network()
    net.theta = found.x
    assert net.score(x, y) > 0.999
    assert np.abs(found.x - [1.0, 2.0, 3.0, 4.0, 0.5]).max() < 0.01  # but for the penalty
