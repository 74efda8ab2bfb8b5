"""Networks whose gradients take some values for constants: differences of the formulas, these values held.

The loss of the module changes with what it has stopped, and its differences say nothing of its gradients.  The slow
evaluator can hold every stopped value at what it was where the gradient was taken.
"""

from __future__ import annotations

import numpy as np

from symbp.graph.model import Graph
from symbp.notation.expr import Call, walk
from symbp.verify.arrays import Stops
from symbp.verify.balance import balanced
from symbp.verify.contract import Array, Module, targets_of
from symbp.verify.model import Row, judged
from symbp.verify.modes import drawn_by, fixed, states_of
from symbp.verify.projections import DIFFERENCES, Place
from symbp.verify.reference import Given, Reference
from symbp.verify.samples import Part, Point, draw
from symbp.verify.vectors import dot, norm

STEP = 1e-6
BOUND = 1e-5
DRAWS = 3  # the median counts: one may cross a kink
MANY = 64  # parts, above which all are moved together


def has_stops(graph: Graph) -> bool:
    """Whether a formula of the network takes a value for a constant."""
    units = {node.unit.key: node.unit for node in graph.nodes}.values()
    rows = (node for unit in units for equation in unit.plain for node in walk(equation.rhs))
    return any(isinstance(node, Call) and node.function == "stop_gradient" for node in rows)


def stops(module: Module, graph: Graph | None) -> bool:
    """The same, by the graph, or where it is not known by what the module says of its own check."""
    return has_stops(graph) if graph is not None else DIFFERENCES not in getattr(module, "METHODS", {DIFFERENCES: 0.0})


def check_held(module: Module, graph: Graph, seed: int = 0) -> list[Row]:
    """The gradient of every parameter and real input against differences of the loss with all stopped values held."""
    module, rng = fixed(module, seed), np.random.default_rng((seed, 61))
    point = Point(module, draw(module, 5, 2, rng))
    place = Place(point, balanced(point, rng))
    held = _Held(module, graph, place)
    fixed_inputs = {target.get("input") for target in targets_of(module).values()}  # as targets they are held too
    parts = tuple(part for part in point.parts if part.label not in fixed_inputs)
    groups = [(part,) for part in parts] if len(parts) <= MANY else [parts]
    rows = []
    for group in groups:
        error = float(np.median([held.error(group, rng) for _ in range(DRAWS)]))
        name = group[0].label if len(group) == 1 else f"all {len(group)} tensors"
        rows.append(judged(name, "held differences", DRAWS, error, BOUND))
    return rows


class _Held:
    """The loss of the formulas near a place, what is stopped held at its values there."""

    def __init__(self, module: Module, graph: Graph, place: Place) -> None:
        self.place, self.reference = place, Reference(graph)
        sample = place.point.sample
        x = sample.argument(sample.x)
        self.random, self.state = drawn_by(module, x), states_of(module, sample.n)
        self.stops = Stops()
        self._run(place.u)
        self.stops.hold()

    def _run(self, u: Array) -> float:
        point = self.place.point
        given = Given(self.random, self.state, stops=self.stops)
        return self.reference.run(u[: point.parameters], point.inputs(u), point.sample.t, given).loss

    def error(self, parts: tuple[Part, ...], rng: np.random.Generator) -> float:
        """The error of the gradient along one direction."""
        v = self.place.direction(parts, rng, 1e-3)
        v /= max(norm(v), 1e-300)
        found = (self._at(STEP, v) - self._at(-STEP, v)) / (2 * STEP)
        given = dot(self.place.gradient, v)
        return abs(given - found) / max(abs(given), abs(found), self.place.least)

    def _at(self, step: float, v: Array) -> float:
        self.stops.again()
        return self._run(self.place.u + step * v)
