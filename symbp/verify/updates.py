"""What one step of training does, from the parsed update equations alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from symbp.graph.model import Graph, ParameterInfo, Tensor, Update
from symbp.notation.evaluate import evaluate
from symbp.notation.expr import Equation, Sym, bound_by, walk
from symbp.verify.arrays import Real, Values
from symbp.verify.contract import Array


def learning_rate(graph: Graph, k: int, total: int) -> float:
    """The rate of step k (from 0) of `total` steps, by the formula of the schedule."""
    training = graph.training
    names = {**dict(training.schedule_constants), "lr": training.lr, "k": k, "K": total}
    return evaluate(training.schedule_formula, names)


@dataclass(slots=True)
class ReferenceTraining:
    """The optimiser's state beside a flat vector of parameters."""

    graph: Graph
    theta: Array
    state: dict[str, Array] = field(default_factory=dict)
    start: Array = field(default_factory=lambda: np.empty(0))

    def __post_init__(self) -> None:
        self.start = self.theta = self.theta.astype(Real)
        for name, value in self.graph.training.update.state:
            self.state[name] = np.full(self.theta.shape, value, dtype=Real)

    def clipped(self, gradient: Array) -> Array:
        """The gradient after all clips, in order."""
        g = gradient.astype(Real)
        for clip in self.graph.training.clips:
            local = {"g": g}
            _carry_out(clip.equations, local, dict(clip.constants))
            g = local["g"]
        return g

    def step(self, gradient: Array, k: int, lr: float) -> None:
        """Step k (from 1) with this gradient and rate: the clips, the lines for decayed weights, then the others."""
        update = self.graph.training.update
        scalars = {**dict(update.constants), "lr": lr, "k": float(k)}
        local = {"w": self.theta, "g": self.clipped(gradient), **self.state}
        self._decay(update, local, scalars)
        _carry_out(update.equations, local, scalars)
        self.theta = np.where(self._of_each(lambda info: info.frozen), self.theta, local["w"])
        self.state = {name: local[name] for name in self.state}

    def _decay(self, update: Update, local: dict[str, Array], scalars: dict[str, float]) -> None:
        if not update.decayed:
            return
        decayed = self._of_each(lambda info: info.decayed)
        before = dict(local)
        _carry_out(update.decayed, local, scalars)
        for name, array in before.items():
            local[name] = np.where(decayed, local[name], array)


    def _of_each(self, fact: Callable[[ParameterInfo], bool]) -> Array:
        """What is true of each number, by its parameter."""
        pieces = [np.full(_size(info.tensor), fact(info)) for info in self.graph.parameters]
        return np.concatenate([np.empty(0, bool), *pieces])


def _size(tensor: Tensor) -> int:
    return math.prod(axis.size or 1 for axis in tensor.axes)


def _carry_out(equations: tuple[Equation, ...], local: dict[str, Array], scalars: dict[str, float]) -> None:
    """Each equation in turn; one that defines a name again changes it.  All axes run over all weights."""
    for equation in equations:
        indices = {i for node in walk(equation.rhs) for i in bound_by(node)} | set(equation.indices)
        sizes = {i.size.name: local["g"].size for i in indices if isinstance(i.size, Sym)}
        with np.errstate(all="ignore"):
            local[equation.name] = Values(local, sizes, scalars).solve(equation)
