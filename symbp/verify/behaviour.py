"""What no gradient check can see: loss and outputs are those of the formulas, and the module agrees with itself."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from symbp.graph.model import Graph
from symbp.verify.balance import drawn
from symbp.verify.contract import Array, Module, Network, frozen_of, targets_of
from symbp.verify.model import FAILED, Row, judged
from symbp.verify.modes import FREE, batches, carries, drawn_by, fixed, least, states_of, still, write_states
from symbp.verify.reference import Given, Reference
from symbp.verify.run import Run
from symbp.verify.samples import Sample
from symbp.verify.vectors import norm

REFERENCE, CONSISTENCY = "reference", "consistency"
BOUND = 1e-10  # of loss and outputs, in float64
ROUNDED = 2e-2  # of loss and gradient in float32
ZERO = 1e-4  # a norm below it is that of an array of zeros, but for rounding
MARGIN = 1e-9  # two scores that are nearer than this may be ranked either way
GAINS = (1.0, 0.5, 0.2, 0.1)  # of the parameters, until the outputs are moderate:
MODERATE = 10.0  # the formulas are evaluated as printed, and log(1 - p) of a large score has few digits
TRIES = 5  # samples for the predictions


def check_structure(module: Module, graph: Graph) -> list[Row]:
    """Names and shapes, in the order of the flat vector."""
    wanted = [(p.tensor.label, tuple(axis.size for axis in p.tensor.axes)) for p in graph.parameters]
    found = [(label, tuple(shape)) for label, shape in module.PARAMETERS.items()]
    kept = {p.tensor.label for p in graph.parameters if p.frozen}
    same = found == wanted and module.Network().theta.dtype == np.dtype(graph.dtype) and frozen_of(module) == kept
    note = "" if same else "PARAMETERS or the dtype are not those of the spec"
    return [judged("parameters and dtype", REFERENCE, len(wanted), 0.0 if same else float("inf"), 0.0, note)]


def check_outputs(module: Module, graph: Graph, seed: int = 0) -> list[Row]:
    """Loss, predictions, probabilities and score against the evaluator of the parsed formulas."""
    reference, net, module = Reference(graph), module.Network(0, dtype="float64"), fixed(module, seed)
    write_states(net, states_of(module, 0))
    worst = {"loss": 0.0, "predict": 0.0, "predict_proba": 0.0, "score": 0.0}
    for k, sizes in enumerate(zip((*batches(module), *[8] * TRIES), (*FREE, *[2] * TRIES), strict=True)):
        sample, theta, run = _moderate(module, reference, *sizes, np.random.default_rng((seed, k, len(worst))))
        n, x = sample.n, sample.argument(sample.x)
        if carries(module):
            net.step(x, sample.y)
            write_states(net, states_of(module, n))  # what is carried must not be seen by predictions
        _write(net, module, theta)
        prediction = reference.run(theta, sample.x, sample.t, Given({}, states_of(module, n), predicts=True))
        loss = float(module.loss_and_grad(theta, x, sample.y)[0])
        record, losses, scores = _record(net.evaluate(x, sample.y)), prediction.losses(), prediction.scores(sample.t)
        worst["loss"] = max(worst["loss"], _far(loss, run.loss, 1e-2), _farthest(record, losses, 1e-2))
        errors = [_prediction_error(*found) for found in _predictions(net.predict(x), prediction)]
        worst["predict"] = max(worst["predict"], *errors)
        if prediction.predict_proba():
            pairs = _by_output(net.predict_proba(x), prediction.predict_proba())
            worst["predict_proba"] = max(worst["predict_proba"], *(_error(*pair) for pair in pairs))
        if n > 1:
            error = max(_farthest(record, scores, 1.0), _far(net.score(x, sample.y), scores["score"], 1.0))
            worst["score"] = max(worst["score"], error if set(record) == {*losses, *scores} else float("inf"))
    if not prediction.predict_proba():
        del worst["predict_proba"]
    points = len(batches(module)) + TRIES
    return [judged(subject, REFERENCE, points, error, BOUND) for subject, error in worst.items()]


def _moderate(
    module: Module, reference: Reference, n: int, free: int, rng: np.random.Generator
) -> tuple[Sample, Array, Run]:
    """Samples and parameters with moderate outputs, and what the formulas give for them.

    A sample at which a formula as it is printed is not defined, such as a mean of nothing, is left out.
    """
    for gain in GAINS:
        sample, theta = drawn(module, n, free, rng, gain=gain)
        run = _run(module, reference, sample, theta)
        good = np.all([np.isfinite(a.reshape(len(a), -1)).all(axis=1) for a in run.outputs.values()], axis=0)
        if least(module) <= good.sum() < sample.n:
            sample = sample.rows(good)
            run = _run(module, reference, sample, theta)
        if max(np.abs(output).max(initial=0.0) for output in run.outputs.values()) < MODERATE:
            break
    return sample, theta, run


def _run(module: Module, reference: Reference, sample: Sample, theta: Array) -> Run:
    given = Given(drawn_by(module, sample.argument(sample.x)), states_of(module, sample.n))
    return reference.run(theta, sample.x, sample.t, given)


def _record(found: Any) -> dict[str, float]:
    """What `evaluate` gives, by name."""
    return found if isinstance(found, dict) else dict(zip(("loss", "score"), found, strict=True))


def _far(found: float, wanted: float, least: float) -> float:
    error = abs(found - wanted) / max(abs(wanted), least)
    return error if np.isfinite(error) else float("inf")


def _farthest(found: dict[str, float], wanted: dict[str, float], least: float) -> float:
    return max(_far(found.get(name, float("inf")), value, least) for name, value in wanted.items())


def _by_output(found: Any, wanted: dict[str, Array]) -> list[tuple[Array, Array]]:
    """What the module gives beside what it should; nothing stands for what is not there."""
    named = found if isinstance(found, dict) else dict.fromkeys(wanted, found)
    nothing = np.empty(0)
    return [(np.asarray(named.get(label, nothing)), named_wanted) for label, named_wanted in wanted.items()]


def _predictions(found: Any, run: Run) -> list[tuple[Array, Array, Array]]:
    pairs = zip(_by_output(found, run.predict()), run.outputs.values(), strict=True)
    return [(given, wanted, output) for (given, wanted), output in pairs]


def check_agreement(module: Module, seed: int = 0) -> list[Row]:
    """The network, its views and the pure functions give the same numbers, in float64 and in float32."""
    rng, module = np.random.default_rng((seed, 31)), still(module, seed)
    points = [drawn(module, 5, 2, rng)]
    rows = []
    for dtype, bound in (("float64", 1e-12), ("float32", ROUNDED)):
        errors = [_in_dtype(module, dtype, *points[0])]
        while dtype == "float32" and errors[-1] > bound and len(errors) < TRIES:
            points.append(drawn(module, 5, 2, rng))  # rounding may cross a kink of a deep network, hardly everywhere
            errors.append(_in_dtype(module, dtype, *points[-1]))
        rows.append(judged(f"Network in {dtype}", CONSISTENCY, len(errors), min(errors), bound))
    return rows


def _in_dtype(module: Module, dtype: str, sample: Sample, theta: Array) -> float:
    """How far a network of this dtype is from the pure functions in float64."""
    net = module.Network(0, dtype=dtype)
    x = sample.argument(sample.x)
    if dtype == "float32" or carries(module):
        net.step(x, sample.y)  # what a step has packed or kept must not outlive the writes that follow
    _write(net, module, theta)
    write_states(net, states_of(module, sample.n))
    return _disagreement(module, net, sample, theta)


def _write(net: Network, module: Module, theta: Array) -> None:
    """Set the parameters through the views that a user writes through."""
    views, at = net.parameters, 0
    for label, shape in module.PARAMETERS.items():
        end = at + math.prod(shape)
        views[label][...] = theta[at:end].reshape(shape)
        at = end


def _disagreement(module: Module, net: Network, sample: Sample, theta: Array) -> float:
    x = sample.argument(sample.x)
    loss, gradient = module.loss_and_grad(theta, x, sample.y)
    found_loss, found = net.loss_and_grad(x, sample.y)
    least = ZERO * max(1.0, abs(loss))
    moving = any(np.any(view) for label, view in net.gradients.items() if label in frozen_of(module))
    errors = [abs(found_loss - loss) / max(abs(loss), 1e-2), _error(found, gradient, least), _error(net.theta, theta)]
    errors.append(float("inf") if moving else 0.0)  # what is frozen has no gradient
    views = net.gradients
    flat = [np.ravel(views[label]) for label in module.PARAMETERS]
    errors.append(_error(np.concatenate([*flat, np.empty(0)]), gradient, least))
    by_input = module.input_gradient(theta, x, sample.y)
    if by_input:
        errors += _input_errors(net.input_gradient(x, sample.y), by_input, max(least, 1e-5 * norm(gradient)))
    if all(target.get("input") for target in targets_of(module).values()):
        errors.append(abs(net.loss_and_grad(x)[0] - found_loss))
    return float(max(errors))


def _input_errors(found: Any, wanted: dict[str, Array], least: float) -> list[float]:
    by_label = found if isinstance(found, dict) else dict.fromkeys(wanted, found)
    return [_error(by_label[label], array, least) for label, array in wanted.items()]


def _error(found: Array, wanted: Array, least: float = 0.0) -> float:
    """The norm of the difference as a share of the norm; infinite where shapes differ or a value is not finite."""
    if np.shape(found) != np.shape(wanted) or not np.all(np.isfinite(found)) or not np.all(np.isfinite(wanted)):
        return float("inf")
    size = max(norm(wanted), least)
    return norm(found - wanted) / size if size > 0.0 else norm(found)


def _prediction_error(found: Array, wanted: Array, output: Array) -> float:
    """Real outputs by norm; classes by the share that differs, ties left out."""
    if wanted is output:
        return _error(found, wanted, ZERO)
    if found.shape != wanted.shape:
        return float("inf")
    if wanted.ndim < output.ndim:
        best = np.sort(output, axis=-1)
        clear = best[..., -1] - best[..., -2] > MARGIN if output.shape[-1] > 1 else np.ones(wanted.shape, bool)
    else:
        clear = np.abs(output) > MARGIN
    return float((found != wanted)[clear].mean()) if clear.any() else 0.0


def failure(subject: str, method: str, error: Exception) -> Row:
    """The row for a check that the module ended with an exception."""
    return Row(subject, method, 0, float("inf"), 0.0, FAILED, f"{type(error).__name__}: {error}")
