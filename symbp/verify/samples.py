"""Random data that a module accepts, and the loss at such data as a function of one flat vector."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from symbp.errors import Problem, VerificationError
from symbp.verify.contract import Array, Module, by_name, count, frozen_of, targets_of


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the flat vector: one parameter or one real input."""

    label: str
    at: slice
    shape: tuple[int, ...]
    is_input: bool = False


@dataclass(frozen=True, slots=True)
class Sample:
    """One batch: inputs `x` and targets `t` by label, and what a call sees of them.

    `named`: targets are given by name, also where there is only one.
    """

    n: int
    x: dict[str, Array]
    t: dict[str, Array]
    named: bool = False

    @property
    def y(self) -> Any:
        """The targets as a call takes them."""
        return dict(self.t) if self.named else self.t["y"]

    def rows(self, rows: slice | Array) -> Sample:
        """Some of the samples."""
        x = {label: array[rows] for label, array in self.x.items()}
        t = {label: array[rows] for label, array in self.t.items()}
        return Sample(len(next(iter(x.values()))), x, t, self.named)

    def argument(self, x: dict[str, Array]) -> Any:
        """The inputs as a call takes them: an array, or a dict where there are several."""
        return x if len(x) > 1 else next(iter(x.values()))


def free_sizes(module: Module) -> tuple[str, ...]:
    """The names of the sizes that a call's arrays fix, in order of appearance."""
    shapes = [*module.INPUTS.values(), *(tuple(target["shape"]) for target in targets_of(module).values())]
    return tuple(dict.fromkeys(s for shape in shapes for s in shape if isinstance(s, str)))


def draw(module: Module, n: int, free: int, rng: np.random.Generator, spread: float = 1.0) -> Sample:
    """A batch of n samples; every free size is `free`, real inputs and real targets are normal times `spread`."""
    sizes = dict.fromkeys(free_sizes(module), free)
    x = {
        label: _input(module.INPUT_KINDS[label], _shape(n, shape, sizes), rng, spread)
        for label, shape in module.INPUTS.items()
    }
    t: dict[str, Array] = {}
    for label, target in targets_of(module).items():
        twin = target.get("input")
        t[label] = x[twin].copy() if twin else _target(target, n, sizes, rng, spread)
    return Sample(n, x, t, by_name(module))


def positive(sample: Sample) -> Sample:
    """The same batch with the absolute values of its real inputs."""
    x = {label: np.abs(values) for label, values in sample.x.items()}
    return Sample(sample.n, x, sample.t, sample.named)


def _shape(n: int, shape: tuple[int | str, ...], sizes: dict[str, int]) -> tuple[int, ...]:
    return (n, *(sizes[s] if isinstance(s, str) else s for s in shape))


def _input(kind: str, shape: tuple[int, ...], rng: np.random.Generator, spread: float) -> Array:
    if kind == "integer":
        return rng.integers(0, 2, shape)  # rows that every table of two rows or more has
    return spread * rng.standard_normal(shape)


def _target(target: dict[str, Any], n: int, sizes: dict[str, int], rng: np.random.Generator, spread: float) -> Array:
    shape = _shape(n, tuple(target["shape"]), sizes)
    match target["kind"]:
        case "real":
            return spread * rng.standard_normal(shape)
        case "labels":
            return _labels(target, shape, rng)
        case "one_hot":
            return np.eye(shape[-1])[rng.integers(0, shape[-1], shape[:-1])]
        case "probabilities":
            return rng.dirichlet(np.ones(shape[-1]), shape[:-1])
        case "signs":
            return rng.choice([-1.0, 1.0], shape)
        case "bits":
            return rng.integers(0, 2, shape).astype(float)
        case "unit":
            return rng.uniform(0.0, 1.0, shape)
        case "counts":
            return rng.poisson(3.0, shape).astype(float)
    raise VerificationError(Problem("V502", f"TARGET has the unknown kind {target['kind']!r}"))


def _labels(target: dict[str, Any], shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Labels; where one of them does not count, some of it, but never all."""
    labels, ignored = rng.integers(0, target["classes"], shape), target.get("ignored")
    if ignored is not None:
        labels = np.where(rng.uniform(size=shape) < 0.3, ignored, labels)
        labels.flat[0] = (max(ignored, -1) + 1) % target["classes"]
    return labels


class Point:
    """The loss at one sample as a function of the vector ``u``: all parameters, then all real inputs."""

    def __init__(self, module: Module, sample: Sample) -> None:
        self.module, self.sample = module, sample
        self.parts: tuple[Part, ...] = tuple(_parts(module, sample))
        self.parameters = count(module)
        self.size = max([self.parameters, *(part.at.stop for part in self.parts)])

    def start(self, theta: Array) -> Array:
        """The vector for these parameters and the inputs of the sample."""
        u = np.empty(self.size)
        u[: self.parameters] = theta
        for part in self.parts:
            if part.is_input:
                u[part.at] = self.sample.x[part.label].ravel()
        return u

    def inputs(self, u: Array) -> dict[str, Array]:
        """The inputs by label at a vector."""
        return self.sample.x | {p.label: u[p.at].reshape(p.shape) for p in self.parts if p.is_input}

    def _split(self, u: Array) -> tuple[Array, Any]:
        return u[: self.parameters].copy(), self.sample.argument(self.inputs(u))

    def loss(self, u: Array) -> complex:
        """The loss at a real or complex vector; NaN where it is not a single number."""
        theta, x = self._split(u)
        value = np.asarray(self.module.loss_and_grad(theta, x, self.sample.y)[0])
        return complex(value) if value.size == 1 else complex(math.nan, math.nan)

    def loss_and_gradient(self, u: Array) -> tuple[float, Array]:
        """Loss and gradient by all of ``u`` as the module gives them, at a real vector."""
        theta, x = self._split(u)
        loss, by_theta = self.module.loss_and_grad(theta, x, self.sample.y)
        gradient = np.full(self.size, math.nan)
        gradient[: self.parameters] = by_theta
        inputs = [part for part in self.parts if part.is_input]
        if inputs:
            by_input = self.module.input_gradient(theta, x, self.sample.y)
            for part in inputs:
                found = by_input.get(part.label)
                if found is not None and found.shape == part.shape:
                    gradient[part.at] = found.ravel()
        return float(loss), gradient


def _parts(module: Module, sample: Sample) -> list[Part]:
    shapes = [(label, tuple(shape), False) for label, shape in module.PARAMETERS.items()]
    shapes += [(label, sample.x[label].shape, True) for label, k in module.INPUT_KINDS.items() if k == "real"]
    frozen, parts, at = frozen_of(module), [], 0
    for label, shape, is_input in shapes:
        end = at + math.prod(shape)
        if is_input or label not in frozen:
            parts.append(Part(label, slice(at, end), shape, is_input))
        at = end
    return parts
