"""Draws and states held still: a module whose pure functions give the same loss for the same arguments every time.

A module that draws gets a freshly seeded generator in every call, so that its masks are fixed; one that keeps states
gets the same states.  Where a layer has batch statistics the module says how many samples a step needs (``LEAST``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from symbp.verify.contract import Array, Drawing, Module, Network, NetworkClass, frozen_of, second_order

BATCHES = (1, 2, 5)
FREE = (5, 1, 2)  # the free sizes that go with each batch size
INITIAL, SHUFFLING, DRAWING = 0, 1, 2  # the streams of a network's seed


def _of(module: Module, name: str, default: Any) -> Any:
    return getattr(module.module if isinstance(module, Fixed) else module, name, default)


def shapes_of_states(module: Module) -> dict[str, tuple[int, ...]]:
    return dict(_of(module, "STATE", {}))


def carries(module: Module) -> bool:
    """Whether something of each sample is kept from step to step."""
    return bool(_of(module, "CARRIED", {}))


def draw_carried(module: Module, n: int, seed: int) -> dict[str, Array]:
    """Numbers for what is carried of n samples, the same in every call."""
    rng = np.random.default_rng((seed, n, 43))
    return {label: rng.uniform(-1.0, 1.0, (n, *shape)) for label, shape in _of(module, "CARRIED", {}).items()}


def draws(module: Module) -> bool:
    """Whether training draws anything."""
    return bool(_of(module, "RANDOM", {}))


def least(module: Module) -> int:
    """The fewest samples of a training step."""
    return int(_of(module, "LEAST", 1))


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
    """A module with a seed for its draws (None: nothing is drawn), and with states; the rest is the module's."""

    module: Module
    seed: int | None
    state: Mapping[str, Array]

    def __post_init__(self) -> None:
        self.PARAMETERS, self.INPUTS = self.module.PARAMETERS, self.module.INPUTS
        self.INPUT_KINDS, self.TARGET = self.module.INPUT_KINDS, getattr(self.module, "TARGET", {})
        self.TARGETS: Any = getattr(self.module, "TARGETS", None)
        self.FROZEN, self.METHODS = frozen_of(self.module), getattr(self.module, "METHODS", {})
        self.Network: NetworkClass = self.module.Network
        product = second_order(self.module)
        self.hvp = None if product is None else lambda *given: product(*given, **self.options(given[1]))

    def options(self, x: Any) -> dict[str, Any]:
        """The arguments that fix everything, for one call on the samples x."""
        drawing = self.seed is not None and draws(self.module)
        found: dict[str, Any] = {"rng": np.random.default_rng(self.seed)} if drawing else {}
        state = self.states(len(next(iter(x.values())) if isinstance(x, dict) else x))
        return found | ({"state": state} if state else {})

    def states(self, n: int) -> dict[str, Array]:
        """The states that a call on n samples reads."""
        return {**self.state, **draw_carried(self.module, n, self.seed or 0)}

    def loss_and_grad(self, theta: Array, x: Any, y: Any = None, **_: Any) -> tuple[Any, Array]:
        return self.module.loss_and_grad(theta, x, y, **self.options(x))

    def input_gradient(self, theta: Array, x: Any, y: Any = None, **_: Any) -> dict[str, Array]:
        return self.module.input_gradient(theta, x, y, **self.options(x))

    def learning_rate(self, k: int, total: int) -> float:
        return self.module.learning_rate(k, total)

    def drawn(self, x: Any) -> dict[str, Array]:
        """What every call draws for the samples x, by label."""
        if self.seed is None or not draws(self.module):
            return {}
        return cast(Drawing, self.module).drawn(np.random.default_rng(self.seed), x, "float64")


def states_of(module: Module, n: int) -> Mapping[str, Array]:
    """The states that a fixed module reads for n samples; none of any other."""
    return module.states(n) if isinstance(module, Fixed) else {}


def drawn_by(module: Module, x: Any) -> dict[str, Array]:
    """What every call of a fixed module draws for the samples x, by label; nothing for any other."""
    return module.drawn(x) if isinstance(module, Fixed) else {}


def write_states(net: Network, states: Mapping[str, Array]) -> None:
    """Set the states of a network through its views."""
    views = net.state if states else {}
    for label, array in states.items():
        views[label][...] = array


def still(module: Module, seed: int = 0) -> Module:
    """The module without draws, with drawn states: what a network computes outside of training."""
    known = fixed(module, seed)
    return Fixed(known.module, None, known.state) if isinstance(known, Fixed) else known


def fixed(module: Module, seed: int = 0, state: Mapping[str, Array] | None = None) -> Module:
    """The module itself where nothing in it is random or kept, else one that is fixed; its states may be given."""
    if isinstance(module, Fixed) or not (draws(module) or shapes_of_states(module) or carries(module)):
        return module
    rng = np.random.default_rng((seed, 41))
    return Fixed(module, seed, draw_states(module, rng) if state is None else state)
