"""Losses, scores, penalties, optimisers and schedules in the graph."""

from __future__ import annotations

import math

import pytest

from symbp.library import registry
from symbp.notation.evaluate import evaluate
from symbp.notation.expr import Mul, Reduce, Sym
from tests.library.sources import OUTPUT

from .networks import graph, node, refused

SINGLE = [name for name, loss in registry.losses().items() if loss.inputs == OUTPUT]
TWO = "input: {x: [4]}"
ONE = "input: {x: [4]}\nlayers:\n  - {type: dense, units: 1}\n"


@pytest.mark.parametrize("name", SINGLE)
def test_every_loss_of_the_library(name: str) -> None:
    made = graph(TWO, loss=name)
    loss = node(made, "loss")
    assert loss.unit.is_loss
    (term,) = made.losses
    assert term.loss.type == name
    assert dict(loss.binding)["L"] == "loss"
    assert term.metric == term.loss.score


@pytest.mark.parametrize("name", registry.activations())
def test_every_activation_of_the_library(name: str) -> None:
    made = graph(f"input: {{x: [4]}}\nlayers:\n  - {{type: dense, name: fc, units: 3, activation: {name}}}\n")
    assert [o.tensor for o in made.outputs] == ["a_fc"]
    values = dict(node(made, f"fc.{name}").constants)
    assert all(math.isfinite(v) for v in values.values())


@pytest.mark.parametrize("name", registry.optimizers())
def test_every_optimizer_of_the_library(name: str) -> None:
    made = graph(TWO, train=f"train: {{optimizer: {{type: {name}, lr: 0.25}}}}\n").training
    assert made.lr == 0.25
    assert made.update.equations[-1].name in ("w", "m")
    assert "w" in [e.name for e in made.update.equations]
    assert "lr" not in dict(made.update.constants)


def test_the_key_of_an_activation() -> None:
    made = graph("input: {x: [4]}\nlayers:\n  - {type: dense, name: fc, units: 2, activation: {type: elu, alpha: 2}}\n")
    assert node(made, "fc.elu").constants == (("alpha", 2.0),)


@pytest.mark.parametrize(
    ("loss", "metric", "score"),
    [
        ("cross_entropy", "", "accuracy"),
        ("binary_cross_entropy", "", "binary_accuracy"),
        ("hinge", "", "sign_accuracy"),
        ("mse", "", "r2"),
        ("mse", "metric: accuracy\n", "accuracy"),
        ("hinge", "metric: accuracy\n", "sign_accuracy"),
        ("mae", "metric: r2\n", "r2"),
    ],
)
def test_scores(loss: str, metric: str, score: str) -> None:
    assert graph(metric + TWO, loss=loss).losses[0].metric == score


def test_labels_lack_the_last_axis_of_the_output() -> None:
    integer = graph(TWO, loss="{type: cross_entropy}")
    assert [a.letter for a in integer.tensor("t").axes] == ["n"]
    one_hot = graph(TWO, loss="{type: cross_entropy, labels: one_hot}")
    assert len(one_hot.tensor("t").axes) == 2
    assert not one_hot.tensor("t").integer
    assert node(one_hot, "loss").unit.facts


def test_options_choose_the_formula() -> None:
    keys = [node(graph(TWO, loss=f"{{type: cross_entropy{more}}}"), "loss").unit.key for more in (
        "", ", label_smoothing: 0.1", ", label_smoothing: 0.0", ", class_weights: [1, 2]", ", labels: probabilities",
    )]  # fmt: skip
    assert keys[0] == keys[2]
    assert len(set(keys)) == 4


def test_class_weights_are_constants_of_the_network() -> None:
    made = graph(TWO, loss="{type: cross_entropy, class_weights: [1, 2.5]}")
    assert made.constants == (("class_weights", (1.0, 2.5)),)
    assert made.tensor("class_weights").role == "constant"
    assert dict(node(made, "loss").binding)["class_weights"] == "class_weights"


def test_penalties_are_nodes() -> None:
    made = graph(TWO, loss="{type: mse, l1: 0.5, l2: 0.25}")
    assert [n.name for n in made.nodes if n.unit.is_loss] == ["loss", "l1.W_fc", "l2.W_fc"]
    penalty = node(made, "l2.W_fc")
    assert (penalty.constants, penalty.layer, dict(penalty.sizes)) == ((("a", 0.25),), "fc", {"I": 4, "J": 2})
    rhs = penalty.unit.plain[0].rhs
    assert isinstance(rhs, Mul)
    assert isinstance(rhs.args[-1], Reduce)
    assert Sym("a", "constant", True) in rhs.args
    assert [n for n in graph(TWO, loss="{type: mse, l2: 0}").nodes if n.name.startswith("l2")] == []


@pytest.mark.parametrize(("layer", "loss"), [("softmax", "cross_entropy"), ("log_softmax", "cross_entropy")])
def test_a_softmax_in_front_of_a_loss_that_holds_it(layer: str, loss: str) -> None:
    body = f"input: {{x: [4]}}\nlayers:\n  - {{type: dense, units: 3}}\n  - {{type: {layer}}}\n"
    assert [(code, line) for code, line, _ in refused(body, loss=loss)] == [("E311", 6)]


def test_a_softmax_in_the_middle_is_fine() -> None:
    graph("input: {x: [4]}\nlayers:\n  - {type: softmax}\n  - {type: dense, units: 3}\n", loss="cross_entropy")


@pytest.mark.parametrize(
    ("schedule", "k", "value"),
    [
        ("constant", 7, 0.1),
        ("{type: step, step_size: 3, gamma: 0.5}", 7, 0.025),
        ("{type: exponential, gamma: 0.9}", 2, 0.081),
        ("{type: warmup, steps: 4}", 1, 0.05),
        ("cosine", 50, 0.05),
        ("one_cycle", 29, 0.1),
    ],
)
def test_schedules(schedule: str, k: int, value: float) -> None:
    made = graph(TWO, train=f"train: {{optimizer: {{type: sgd, lr: 0.1, schedule: {schedule}}}}}\n").training
    values = {"k": float(k), "K": 100.0, "lr": made.lr, **dict(made.schedule_constants)}
    assert evaluate(made.schedule_formula, values) == pytest.approx(value, rel=1e-12)


def test_clips_come_before_the_update() -> None:
    made = graph(TWO, train="train: {optimizer: {type: sgd, lr: 0.1, clip_value: 2, clip_norm: 1}}\n").training
    assert [(c.title, c.constants) for c in made.clips] == [("clip_norm", (("c", 1.0),)), ("clip_value", (("c", 2.0),))]
    assert all(c.equations[-1].name == "g" for c in made.clips)


def test_an_optimizer_of_ones_own() -> None:
    formula = "v = mu*v + g\\ns = s + 1\\nw = w - lr*v/s"
    define = f'define:\n  optimizers:\n    own: {{formula: "{formula}", parameters: {{mu: 0.9}}, state: {{s: 1}}}}\n'
    made = graph(define + TWO, train="train: {optimizer: {type: own, lr: 0.1, mu: 0.5}}\n").training
    assert made.update.state == (("v", 0.0), ("s", 1.0))
    assert made.update.constants == (("mu", 0.5),)


def test_a_loss_of_ones_own() -> None:
    define = 'define:\n  losses:\n    own: {formula: "mean[n,j](c*(y[n,j] - t[n,j])**4)", parameters: {c: 3}}\n'
    made = graph(define + TWO, loss="{type: own, c: 2}")
    assert node(made, "loss").constants == (("c", 2.0),)


def test_training_defaults() -> None:
    made = graph(TWO, train="").training
    assert (made.optimizer.type, made.lr, made.epochs, made.batch_size, made.seed) == ("adam", 1e-3, 10, 32, 0)
    assert made.stop_loss_below is None
