"""What a generated module must offer, as far as the verification reads it.

The checks see a module only through these names.  ``PARAMETERS`` gives label -> shape in the order of the flat vector;
``INPUTS`` label -> shape without the batch axis, where a name stands for a size that each call's arrays fix;
``INPUT_KINDS`` label -> "real" or "integer"; ``TARGET`` a dict with ``name``, ``shape``, ``kind`` ("real", "labels",
"one_hot", "probabilities", "signs", "unit", "counts"), for labels ``classes``, and ``input`` where an input is the
target.  A module with several outputs, losses or targets has ``TARGETS`` instead, such dicts by label; `predict`,
`predict_proba` and `evaluate` then give dicts.

The two pure functions work in the dtype of ``theta`` (float32, float64, complex128).  With a complex ``theta`` they
take complex inputs too: that is how the gradient by an input is checked.

A module that draws in training has ``RANDOM`` (label -> shape without the batch axis) and ``drawn(rng, x, dtype)``;
its pure functions take ``rng`` (None: nothing is drawn), methods of its network ``training`` (its own ``generator``
draws).  One that keeps states has ``STATE`` (label -> shape), and its pure functions take ``state``.  What it carries
of each sample from a step to the next one of as many samples is in ``CARRIED`` (label -> shape without the batch axis).
``MICRO_BATCH_SIZE`` is the number of samples above which a batch is cut, where it is.
``LEAST`` is the number of samples that a training step needs, where a layer has batch statistics.  A module that
multiplies with the Hessian of the loss has ``hvp(theta, x, y, v)``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt

from symbp.errors import Problem, VerificationError

Array = npt.NDArray[Any]

NAMES = ("PARAMETERS", "INPUTS", "INPUT_KINDS", "TARGET", "Network", "loss_and_grad", "input_gradient", "learning_rate")


class Network(Protocol):
    """The trained object of a module, as far as the checks use it."""

    theta: Array
    total_steps: int  # what the schedule counts on
    history: list[dict[str, float]]
    generator: np.random.Generator  # of a module that draws

    @property
    def parameters(self) -> Mapping[str, Array]: ...
    @property
    def gradients(self) -> Mapping[str, Array]: ...
    @property
    def state(self) -> Mapping[str, Array]: ...
    def fit(self, x: Any, y: Any = None, **options: Any) -> Any: ...
    def loss_and_grad(self, x: Any, y: Any = None, **options: Any) -> tuple[float, Array]: ...
    def step(self, x: Any, y: Any = None) -> float: ...
    def predict(self, x: Any) -> Array | dict[str, Array]: ...
    def predict_proba(self, x: Any) -> Array | dict[str, Array]: ...
    def evaluate(self, x: Any, y: Any = None) -> tuple[float, float] | dict[str, float]: ...
    def score(self, x: Any, y: Any = None) -> float: ...
    def input_gradient(self, x: Any, y: Any = None) -> Any: ...


class Drawing(Protocol):
    """A module that draws in training."""

    def drawn(self, rng: np.random.Generator, x: Any, dtype: str) -> dict[str, Array]: ...


class NetworkClass(Protocol):
    def __call__(self, seed: int | None = None, *, dtype: str | None = None) -> Network: ...


class Module(Protocol):
    """A generated module.

    ``input_gradient(theta, x, y)`` is a dict from the labels of the real inputs to dL/dx; where an input is the target,
    the target is held fixed.  ``learning_rate(k, total)`` is the rate of step k (from 0) of `total` steps.
    """

    PARAMETERS: dict[str, tuple[int, ...]]
    INPUTS: dict[str, tuple[int | str, ...]]
    INPUT_KINDS: dict[str, str]
    TARGET: dict[str, Any]
    TARGETS: Any
    Network: NetworkClass

    def loss_and_grad(self, theta: Array, x: Any, y: Any = None, **options: Any) -> tuple[Any, Array]: ...
    def input_gradient(self, theta: Array, x: Any, y: Any = None, **options: Any) -> dict[str, Array]: ...
    def learning_rate(self, k: int, total: int) -> float: ...


def frozen_of(module: object) -> frozenset[str]:
    """The labels of the parameters that keep their values and have no gradient."""
    return frozenset(getattr(module, "FROZEN", ()))


def by_name(module: object) -> bool:
    """Whether a module has ``TARGETS`` by label in the place of one ``TARGET``, and gives its results by name."""
    return getattr(module, "TARGETS", None) is not None


def second_order(module: Module) -> Callable[..., Array] | None:
    """The function that multiplies with the Hessian, if a module has one."""
    found: Callable[..., Array] | None = getattr(module, "hvp", None)
    return found


def targets_of(module: Module) -> dict[str, dict[str, Any]]:
    """What the losses compare with, by label; a plain module has one target, ``y``."""
    found: dict[str, dict[str, Any]] = module.TARGETS if by_name(module) else {"y": module.TARGET}
    return found


def as_module(module: ModuleType) -> Module:
    """The module, seen through the contract; VerificationError if it lacks a name."""
    missing = [name for name in NAMES if not hasattr(module, name) and not (name == "TARGET" and by_name(module))]
    if missing:
        raise VerificationError(Problem("V502", f"the module does not define {', '.join(missing)}"))
    return cast(Module, module)


def count(module: Module) -> int:
    """The length of the flat vector of parameters."""
    return sum(math.prod(shape) for shape in module.PARAMETERS.values())
