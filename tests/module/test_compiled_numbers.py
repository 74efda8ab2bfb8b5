"""The exponential and the hyperbolic tangent of compiled loops: as exact as the library's, whatever the number."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from module.compiling import needs_numba
from symbp.compiler import COMPILED, compile_spec
from symbp.spec.load import loads

needs_numba()

NET = """
symbp: 1
name: plain
input: {x: [3]}
layers:
  - {type: dense, name: fc1, units: 4, activation: tanh}
  - {type: dense, name: fc2, units: 2, activation: sigmoid}
loss: {type: mse}
train: {optimizer: {type: sgd, lr: 0.1}, epochs: 1, batch_size: 4, seed: 0}
"""


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    path = tmp_path_factory.mktemp("numbers") / "numbers_compiled.py"
    path.write_text(compile_spec(loads(NET), COMPILED).module, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = made
    spec.loader.exec_module(made)
    return made


def applied(module: ModuleType, name: str, z: Any) -> Any:
    """A function of the module, in a compiled loop."""
    function = getattr(module, name)

    def over(z: Any, out: Any) -> None:
        for i in range(len(z)):
            out[i] = function(z[i])

    out = np.empty_like(z)
    module.compiled(over)(z, out)
    return out


FUNCTIONS: dict[str, Callable[[Any], Any]] = {"exponential": np.exp, "tangent": np.tanh}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_close_to_the_last_place(module: ModuleType, name: str, dtype: str) -> None:
    rng = np.random.default_rng(0)
    sizes = rng.choice([-1.0, 1.0], 20000) * 10.0 ** rng.uniform(-12, 1.9, 20000)
    z = np.concatenate([np.linspace(-80.0, 80.0, 20001), rng.standard_normal(20000), sizes]).astype(dtype)
    true = FUNCTIONS[name](z.astype(np.longdouble))
    error = np.abs(applied(module, name, z) - true)
    assert np.max(error / np.maximum(np.abs(true), np.finfo(dtype).tiny)) < 1.5 * np.finfo(dtype).eps


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_ends_and_what_is_no_number(module: ModuleType, name: str, dtype: str) -> None:
    z = np.array([np.nan, np.inf, -np.inf, 0.0, 1e4, -1e4], dtype)
    with np.errstate(over="ignore", under="ignore"):
        true = FUNCTIONS[name](z)
    assert np.array_equal(applied(module, name, z), true, equal_nan=True)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_complex_step_is_that_of_the_library(module: ModuleType, name: str) -> None:
    z = np.linspace(-3.0, 3.0, 13) + 1e-200j
    found, true = applied(module, name, z), FUNCTIONS[name](z)
    assert np.allclose(found.real, true.real, rtol=1e-15, atol=1e-16)
    assert np.allclose(found.imag, true.imag, rtol=1e-12, atol=0.0)
