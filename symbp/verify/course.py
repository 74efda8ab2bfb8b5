"""What a training draws and keeps, step by step: the draws of the module, the states as the slow evaluator has them."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np

from symbp.graph.model import Graph
from symbp.verify.contract import Array, Drawing, Module, Network
from symbp.verify.modes import DRAWING, draws, stream, write_states
from symbp.verify.reference import Given, Reference
from symbp.verify.samples import Sample
from symbp.verify.vectors import norm

SETTLED = 15  # so often a new network changes what it changes before a forward pass
NOTHING: Mapping[str, Array] = {}


@dataclass(slots=True)
class Course:
    """The states before the next step, by label, and the generator that it will draw from: that of a new network."""

    module: Module
    graph: Graph
    state: dict[str, Array] = field(default_factory=dict)
    generator: np.random.Generator = field(default_factory=lambda: stream(0, DRAWING))

    @classmethod
    def of(cls, module: Module, graph: Graph, net: Network) -> Course:
        """The course of a new network."""
        states = net.state if graph.states else {}
        return cls(module, graph, {i.tensor.label: states[i.tensor.label].copy() for i in graph.states})

    @property
    def changes(self) -> bool:
        """Whether a step draws anything or changes a state."""
        return draws(self.module) or bool(self.graph.states)

    def gradient(self, theta: Array, sample: Sample) -> tuple[float, Array]:
        """Loss and gradient of the next step by the pure function; the states go on to the step after it."""
        argument = sample.argument(sample.x)
        state, random = self._next(theta, argument)
        options: dict[str, Any] = {"rng": self.generator} if draws(self.module) else {}
        options |= {"state": _real(state)} if state else {}
        loss, gradient = self.module.loss_and_grad(theta, argument, sample.y, **options)
        self._go_on(theta, sample, Given(random, state))
        return float(loss), gradient

    def gradient_of(self, net: Network, sample: Sample) -> tuple[float, Array]:
        """As `gradient`, by the network, which is left as it was: its next step draws what is drawn here."""
        argument = sample.argument(sample.x)
        if not self.changes:
            return net.loss_and_grad(argument, sample.y)
        theta = net.theta.copy()
        state, random = self._next(theta, argument)
        states = net.state if self.state else {}
        kept = {label: states[label].copy() for label in self.state}
        options: dict[str, Any] = {"training": True} if draws(self.module) else {}
        write_states(net, _real(state))
        drawing = copy.deepcopy(net.generator.bit_generator.state) if options else {}
        loss, gradient = net.loss_and_grad(argument, sample.y, **options)
        if options:
            net.generator.bit_generator.state = drawing
            cast(Drawing, self.module).drawn(self.generator, argument, "float64")  # as far as the network will be
            net.loss_and_grad(argument, sample.y)  # nothing that was drawn here may be left for the step
        write_states(net, kept)
        self._go_on(theta, sample, Given(random, state))
        return loss, gradient

    def at_the_start(self, net: Network) -> float:
        """The largest error of any state of a new network."""
        reference = Reference(self.graph)
        state = reference.start()
        if any(node.unit.before for node in self.graph.nodes):
            for _ in range(SETTLED):
                state = reference.before(net.theta.astype(float), state)
        self.state = state
        return self.difference(net)

    def _next(self, theta: Array, argument: Any) -> tuple[dict[str, Array], Mapping[str, Array]]:
        """The states that the next forward pass reads, and what it draws."""
        state = Reference(self.graph).before(theta, self.state) if self.graph.states else {}
        if not draws(self.module):
            return state, NOTHING
        return state, cast(Drawing, self.module).drawn(copy.deepcopy(self.generator), argument, "float64")

    def _go_on(self, theta: Array, sample: Sample, given: Given) -> None:
        if self.graph.states:
            reference = Reference(self.graph)
            self.state = reference.after(reference.run(theta, sample.x, sample.t, given))

    def difference(self, net: Network) -> float:
        """The largest error of any state of a network that has done the same steps."""
        views = net.state if self.state else {}
        errors = [norm(views[label] - array) / max(norm(array), 1e-3) for label, array in _real(self.state).items()]
        return max(errors, default=0.0)


def _real(state: Mapping[str, Array]) -> dict[str, Array]:
    return {label: array.astype(np.float64) for label, array in state.items()}
