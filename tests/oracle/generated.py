"""Modules generated in the test process, without verification: here another oracle judges them."""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from symbp.compiler import DEFAULT, compile_spec
from symbp.spec.load import loads
from symbp.verify.loading import loaded

Array = npt.NDArray[Any]


@cache
def module_of(text: str, level: int = DEFAULT, hvp: bool = False) -> ModuleType:
    """The imported module of a spec's text (the lines after ``symbp: 1``), in float64."""
    made = compile_spec(loads(f"symbp: 1\nname: trial\ndtype: float64\n{text}\n", "trial.yaml"), level, hvp=hvp)
    with loaded(made.module) as module:
        return module


def views(module: ModuleType, theta: Array) -> dict[str, Array]:
    """The parameters by label, as views of the flat vector."""
    found, at = {}, 0
    for label, shape in module.PARAMETERS.items():
        end = at + int(np.prod(shape, dtype=int))
        found[label] = theta[at:end].reshape(shape)
        at = end
    return found


def size(module: ModuleType) -> int:
    return sum(int(np.prod(shape, dtype=int)) for shape in module.PARAMETERS.values())


def close(found: Any, wanted: Any, bound: float = 1e-10) -> None:
    """Equal in shape, and in norm to a relative error of `bound`."""
    found, wanted = np.asarray(found), np.asarray(wanted)
    assert found.shape == wanted.shape
    scale = max(float(np.linalg.norm(wanted)), 1e-3)
    assert float(np.linalg.norm(found - wanted)) <= bound * scale
