"""Training, compared with the update equations: three steps, one epoch of `fit`, the schedule.

The gradient that the reference uses is the module's own, which the other checks have judged.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from symbp.graph.model import Graph
from symbp.verify.balance import drawn
from symbp.verify.contract import Array, Module, Network
from symbp.verify.course import Course
from symbp.verify.model import Row, judged
from symbp.verify.modes import SHUFFLING, carries, least, stream
from symbp.verify.reference import Reference
from symbp.verify.samples import Sample, draw, positive
from symbp.verify.updates import ReferenceTraining, learning_rate
from symbp.verify.vectors import norm

REFERENCE = "reference"
STEP_BOUND = 1e-9  # of the change of each parameter, in norm
EXACT = 1e-12
ROUNDING = 2.0**-53
TOTAL = 7  # the number of steps that the schedule is told of
BATCHES = (5, 2, 5)
SPREADS = (1.0, 5.0, 30.0, 200.0, 1000.0)  # of the data, until a clip has something to clip or the loss overflows
GAINS = (1.0, 0.3, 0.1)  # of the parameters, until the training does not run away
NOISE = 1e-12  # of the norm of a gradient: a parameter's part of it below this is rounding
FAR = 100.0  # a training that has changed the parameters by so many times their norm has run away
EPOCHS = {"fit in order": (slice(0, 2), slice(2, 4), slice(4, 5)), "fit shuffled": (slice(0, 5),)}
IN_TWO = {"fit in order": (slice(0, 3), slice(3, 5))}  # where a batch of one has no statistics
SCHEDULED = (1, 2, 7, 100)


def check_steps(module: Module, graph: Graph, seed: int = 0) -> list[Row]:
    """Three steps on batches of different sizes, in float64; one more of the last size where something is carried."""
    return _calm(partial(_steps, module, graph, seed))


def _calm(attempt: Callable[[float], tuple[list[Row], ReferenceTraining]]) -> list[Row]:
    """The rows of the first attempt, with ever smaller parameters, in which training does not run away."""
    for gain in GAINS:
        rows, reference = attempt(gain)
        if norm(reference.theta - reference.start) <= FAR * (1.0 + norm(reference.start)):
            break
    return rows


def _steps(module: Module, graph: Graph, seed: int, gain: float) -> tuple[list[Row], ReferenceTraining]:
    net, batches = _prepared(module, graph, seed, gain)
    reference = ReferenceTraining(graph, net.theta.copy())
    course = Course.of(module, graph, net)
    net.total_steps = TOTAL
    worst_change, worst_loss, worst_state = 0.0, 0.0, 0.0
    for k, sample in enumerate(batches):
        before, old = net.theta.copy(), reference.theta.copy()
        # The network's own arrays, as in the step: BLAS rounds by where an array lies in memory, and where a gradient
        # is a sum that nearly cancels (a deep net), adam makes of that rounding a difference of the size of a step.
        x = sample.argument(sample.x)
        loss, gradient = course.gradient_of(net, sample)
        returned = net.step(x, sample.y)
        reference.step(gradient, k + 1, learning_rate(graph, k, TOTAL))
        change = _difference(module, before, net.theta - before, (reference.theta - old).astype(float))
        worst_change = max(worst_change, change)
        worst_loss = max(worst_loss, abs(returned - loss) / max(abs(loss), 1e-2))
        worst_state = max(worst_state, course.difference(net))
    rows = [
        judged(f"step ({graph.training.update.title})", REFERENCE, len(batches), worst_change, STEP_BOUND),
        judged("loss that step returns", "consistency", len(batches), worst_loss, EXACT),
    ]
    if graph.states:
        rows.append(judged("states after each step", REFERENCE, len(batches), worst_state, STEP_BOUND))
    return rows, reference


def check_fit(module: Module, graph: Graph, seed: int = 0) -> list[Row]:
    """An epoch of `fit` in order, on five samples in batches of two, so that the last has one; and a shuffled epoch,

    in one batch, for which the order matters to what is drawn alone."""
    rows: list[Row] = []
    for subject, batches in (EPOCHS if least(module) == 1 else EPOCHS | IN_TWO).items():
        rows += _calm(partial(_epoch, module, graph, seed, subject, batches))
    return rows


def _epoch(
    module: Module, graph: Graph, seed: int, subject: str, batches: tuple[slice, ...], gain: float
) -> tuple[list[Row], ReferenceTraining]:
    sample, start = drawn(module, 5, 2, np.random.default_rng((seed, 23)), gain=gain)
    net = _network(module, start)
    options = {"epochs": 1, "batch_size": batches[0].stop, "verbose": False, "loss_below": None}
    course = Course.of(module, graph, net)
    net.fit(sample.argument(sample.x), sample.y, shuffle=len(batches) == 1, **options)
    order = np.arange(sample.n)
    if len(batches) == 1:
        stream(0, SHUFFLING).shuffle(order)
    reference, total, steepest = ReferenceTraining(graph, start), 0.0, np.zeros(start.size)
    steps: list[tuple[Array, Sample]] = []
    for k, rows in enumerate(order[batch] for batch in batches):
        batch, theta = sample.rows(rows), reference.theta.astype(float)
        steps.append((theta, batch))
        loss, gradient = course.gradient(theta, batch)
        steepest = np.maximum(steepest, np.abs(gradient))
        total += float(loss) * batch.n
        reference.step(gradient, k + 1, learning_rate(graph, k, len(batches)))
    change = _difference(module, start, net.theta - start, (reference.theta - start).astype(float), steepest)
    reported = abs(net.history[-1]["loss"] - total / 5) / max(abs(total / 5), 1e-2)
    found = [
        # The reference's own rounding grows over the steps: sign and root of a gradient near zero.
        judged(subject, REFERENCE, len(batches), change, 1e-6),
        judged(f"loss in the history, {subject}", "consistency", 1, reported, 1e-9),
    ]
    if len(graph.losses) > 1 and not course.changes:
        error = _terms(graph, steps, net.history[-1])
        found.append(judged(f"losses in the history, {subject}", "consistency", len(graph.losses), error, 1e-6))
    if graph.states:
        found.append(judged(f"states, {subject}", REFERENCE, len(batches), course.difference(net), 1e-6))
    return found, reference


def _terms(graph: Graph, steps: list[tuple[Array, Sample]], record: dict[str, float]) -> float:
    """The error of what a record says of each loss of an epoch in which these batches were trained."""
    runs = [(Reference(graph).run(theta, batch.x, batch.t).losses(), batch.n) for theta, batch in steps]
    count = sum(n for _, n in runs)
    wanted = {name: sum(losses[name] * n for losses, n in runs) / count for name in runs[0][0]}
    return max(abs(record.get(name, float("inf")) - value) / max(abs(value), 1e-2) for name, value in wanted.items())


def check_schedule(module: Module, graph: Graph) -> list[Row]:
    """The learning rate of every step of short trainings."""
    worst, points = 0.0, 0
    for total in SCHEDULED:
        for k in range(total):
            given, wanted = module.learning_rate(k, total), learning_rate(graph, k, total)
            worst = max(worst, abs(given - wanted) / max(abs(wanted), 1e-9 * graph.training.lr))
            points += 1
    return [judged(f"learning rate ({graph.training.schedule.type})", REFERENCE, points, worst, EXACT)]


def _prepared(module: Module, graph: Graph, seed: int, gain: float) -> tuple[Network, list[Sample]]:
    """A network and batches; the clips, if there are any, change the first gradient, and perhaps not the others."""
    for spread in SPREADS:
        rng = np.random.default_rng((seed, 17))
        first, theta = drawn(module, BATCHES[0], 2, rng, spread, gain)
        loss, gradient = module.loss_and_grad(theta, first.argument(first.x), first.y)
        if spread > SPREADS[0] and not (np.isfinite(loss) and np.isfinite(gradient).all()):
            break  # with the batches of the spread before
        others = [draw(module, n, 2, rng) for n in (*BATCHES[1:], *(BATCHES[-1:] if carries(module) else ()))]
        finite = (np.isfinite(module.loss_and_grad(theta, s.argument(s.x), s.y)[0]) for s in others)
        batches = [first, *(s if good else positive(s) for s, good in zip(others, finite, strict=True))]
        prepared = theta, batches
        if not graph.training.clips or not np.array_equal(ReferenceTraining(graph, theta).clipped(gradient), gradient):
            break
    theta, batches = prepared
    return _network(module, theta), batches


def _network(module: Module, theta: Array) -> Network:
    net = module.Network(0, dtype="float64")
    net.theta[...] = theta
    return net


def _difference(
    module: Module, before: Array, found: Array, wanted: Array, gradient: Array | None = None
) -> float:
    """The largest error of any parameter's change, relative by norm, where it is above the rounding of a parameter.

    A parameter whose `gradient` is rounding alone (a bias in front of batch norm) is left out: adam makes steps of it.
    """
    parts, at = [], 0
    for shape in module.PARAMETERS.values():
        part = slice(at, at + math.prod(shape))
        if gradient is not None and norm(gradient[part]) < NOISE * norm(gradient):
            at = part.stop
            continue
        rounding = 8 * ROUNDING * norm(before[part]) / STEP_BOUND
        parts.append((norm(found[part] - wanted[part]), max(norm(wanted[part]), rounding)))
        at = part.stop
    largest = max((size for _, size in parts), default=0.0)
    errors = [error / max(size, 1e-5 * largest, 1e-300) for error, size in parts]
    return max(errors, default=0.0) if np.all(np.isfinite(found)) else float("inf")
