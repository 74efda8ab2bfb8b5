"""Draws and states held still: a module whose pure functions give the same loss for the same arguments every time.

A module that draws gets a freshly seeded generator in every call, so that its masks are fixed; one that keeps states
gets the same states.  Where a layer has batch statistics the module says how many samples a step needs (``LEAST``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from symbp.verify.contract import Array, Module, NetworkClass

BATCHES = (1, 2, 5)
FREE = (5, 1, 2)  # the free sizes that go with each batch size
INITIAL, SHUFFLING, DRAWING = 0, 1, 2  # the streams of a network's seed


def shapes_of_states(module: Module) -> dict[str, tuple[int, ...]]:
    return dict(getattr(module, "STATE", {}))


def draws(module: Module) -> bool:
    """Whether training draws anything."""
    return bool(getattr(module, "RANDOM", {}))


def least(module: Module) -> int:
    """The fewest samples of a training step."""
    return int(getattr(module, "LEAST", 1))


def batches(module: Module) -> tuple[int, ...]:
    """The batch sizes of the checks: no two alike, none below `least`."""
    return BATCHES if least(module) == 1 else (3, 2, 5)


def stream(seed: int, number: int) -> np.random.Generator:
    """The generator that a network of this seed has for one of its purposes."""
    return np.random.default_rng(np.random.SeedSequence(seed).spawn(3)[number])


def draw_states(module: Module, rng: np.random.Generator) -> dict[str, Array]:
    """Positive numbers: a variance is one, and nothing else minds."""
    return {label: rng.uniform(0.5, 1.5, shape) for label, shape in shapes_of_states(module).items()}


@dataclass
class Fixed:
    """A module with a seed for its draws, and with states; the rest is the module's."""

    module: Module
    seed: int
    state: Mapping[str, Array]

    def __post_init__(self) -> None:
        self.PARAMETERS, self.INPUTS = self.module.PARAMETERS, self.module.INPUTS
        self.INPUT_KINDS, self.TARGET = self.module.INPUT_KINDS, self.module.TARGET
        self.Network: NetworkClass = self.module.Network

    def options(self) -> dict[str, Any]:
        """The arguments that fix everything, for one call."""
        found: dict[str, Any] = {"rng": np.random.default_rng(self.seed)} if draws(self.module) else {}
        return found | ({"state": self.state} if self.state else {})

    def loss_and_grad(self, theta: Array, x: Any, y: Any = None, **_: Any) -> tuple[Any, Array]:
        return self.module.loss_and_grad(theta, x, y, **self.options())

    def input_gradient(self, theta: Array, x: Any, y: Any = None, **_: Any) -> dict[str, Array]:
        return self.module.input_gradient(theta, x, y, **self.options())

    def learning_rate(self, k: int, total: int) -> float:
        return self.module.learning_rate(k, total)

    def drawn(self, x: Any) -> dict[str, Array]:
        """What every call draws for the samples x, by label."""
        if not draws(self.module):
            return {}
        return dict(self.module.drawn(np.random.default_rng(self.seed), x, "float64"))  # type: ignore[attr-defined]


def fixed(module: Module, seed: int = 0, state: Mapping[str, Array] | None = None) -> Module:
    """The module itself where nothing in it is random or kept, else one that is fixed; states are drawn if not given."""
    if isinstance(module, Fixed) or not (draws(module) or shapes_of_states(module)):
        return module
    rng = np.random.default_rng((seed, 41))
    return Fixed(module, seed, draw_states(module, rng) if state is None else state)
