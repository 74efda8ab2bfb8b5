"""Of equal maxima in a window the first one, in C order, has the whole gradient, as in PyTorch."""

from __future__ import annotations

import numpy as np
import pytest

from .generated import module_of

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here: make test TORCH=1")

# size, stride, padding, dilation: windows side by side, with gaps between them, overlapping, padded, dilated
WINDOWS = [(2, 2, 0, 1), (2, 3, 0, 1), (3, 1, 0, 1), (3, 2, 1, 1), (2, 2, 0, 2), (5, 5, 0, 1)]
SPEC = """input: {{x: [2, 7, 8]}}
layers:
  - {{type: max_pool2d, size: {}, stride: {}, padding: {}, dilation: {}}}
loss: {{type: mse}}"""


@pytest.mark.parametrize("level", [0, 1])
@pytest.mark.parametrize("window", WINDOWS)
def test_the_first_of_equal_maxima_has_the_gradient(window: tuple[int, int, int, int], level: int) -> None:
    module, rng = module_of(SPEC.format(*window), level), np.random.default_rng(3)
    x = rng.integers(-1, 2, (3, 2, 7, 8)).astype(float)  # of three values: most windows hold the maximum twice
    a = torch.tensor(x, requires_grad=True)
    y = torch.nn.functional.max_pool2d(a, *window)
    t = rng.normal(size=tuple(y.shape))
    torch.nn.functional.mse_loss(y, torch.tensor(t)).backward()
    found = module.input_gradient(np.zeros(0), x, t)["x"]
    assert np.array_equal(found != 0, a.grad.numpy() != 0)
    assert np.allclose(found, a.grad.numpy(), rtol=1e-12, atol=0)


CONVOLUTION = """input: {{x: [2, 7, 8]}}
layers:
  - {{type: conv2d, name: c, filters: 3, kernel: 2, activation: relu}}
  - {{type: max_pool2d, size: {}, stride: {}, padding: {}, dilation: {}}}
loss: {{type: mse}}"""


@pytest.mark.parametrize("level", [0, 1])
@pytest.mark.parametrize("window", [w for w in WINDOWS if w[3] == 1])
def test_ties_before_and_after_a_relu(window: tuple[int, int, int, int], level: int) -> None:
    """Windows that hold their maximum twice, windows of zeros after the relu, and maxima that are 0 before it."""
    module, rng = module_of(CONVOLUTION.format(*window), level), np.random.default_rng(3)
    x = rng.integers(-1, 2, (3, 2, 7, 8)).astype(float)
    K, b = rng.integers(-1, 2, (3, 2, 2, 2)).astype(float), np.array([-2.0, 0.0, 1.0])
    a, k, c = (torch.tensor(v, requires_grad=True) for v in (x, K, b))
    z = torch.relu(torch.nn.functional.conv2d(a, k, c))
    y = torch.nn.functional.max_pool2d(z, *window)
    t = rng.normal(size=tuple(y.shape))
    torch.nn.functional.mse_loss(y, torch.tensor(t)).backward()
    theta = np.concatenate([K.reshape(-1), b])
    _, gradient = module.loss_and_grad(theta, x, t)
    assert np.allclose(gradient[: K.size].reshape(K.shape), k.grad.numpy(), rtol=1e-12, atol=1e-14)
    assert np.allclose(gradient[K.size :], c.grad.numpy(), rtol=1e-12, atol=1e-14)
    assert np.allclose(module.input_gradient(theta, x, t)["x"], a.grad.numpy(), rtol=1e-12, atol=1e-14)
