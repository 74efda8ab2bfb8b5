"""The comparison with the formulas passes what is right and refuses what no gradient check can see."""

from functools import cache

import pytest

from symbp.graph.build import build
from symbp.graph.model import Graph
from symbp.spec.load import loads
from symbp.verify.check import verify

from .handwritten import chain, spec

WIDTHS = (6, 5, 4)
RIGHT = chain(WIDTHS, "tanh")


@cache
def graph(widths: tuple[int, ...] = WIDTHS, activation: str = "tanh") -> Graph:
    return build(loads(spec(widths, activation), "chain.yaml"))


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
@pytest.mark.parametrize("widths", [(1, 2), (3, 1, 2), (64, 32, 10), (4, *[8] * 12, 3)])
def test_a_right_module_passes(widths: tuple[int, ...], activation: str) -> None:
    verdict = verify(chain(widths, activation), graph(widths, activation))
    assert verdict.passed, verdict.table()
    assert {row.method for row in verdict.rows} >= {"complex step", "reference", "consistency", "moments"}


BOTH = "    return loss, grad, dz"  # loss and gradient changed alike: every gradient check passes
STEP, FIT, RATE = "step (momentum)", "fit in order", "learning rate (exponential)"
SEEDED = "        rng = np.random.default_rng(seed)\n"
CLIP = "        grad = grad * min(1.0, 0.5 / (norm + 1e-6))\n        self.v = 0.8 * self.v + grad"
LATE_CLIP = """        self.v = 0.8 * self.v + grad
        self.v *= min(1.0, 0.5 / (np.sqrt((self.v**2).sum()) + 1e-6))"""
COPY = "loss, grad = loss_and_grad(self.theta, x, y)"
STALE = """self.old = getattr(self, 'old', self.theta.copy())
        loss, grad = loss_and_grad(self.old, x, y)"""

# What is replaced by what, and checks that must fail.
WRONG = {
    "loss halved": (BOTH, "    return loss / 2, grad / 2, dz / 2", {"loss"}),
    "loss times 1 + 1e-8": (BOTH, "    return loss * (1 + 1e-8), grad * (1 + 1e-8), dz * (1 + 1e-8)", {"loss"}),
    "mean over n + 1": (BOTH, "    f = n / (n + 1)\n    return loss * f, grad * f, dz * f", {"loss"}),
    "labels of other samples": ("def core(theta, x, t):", "def core(theta, x, t):\n    t = t[::-1]", {"loss"}),
    "label of a parameter": (repr("fc1.b"), repr("fc9.b"), {"parameters and dtype"}),
    "predicts the least": ("self.logits(x).argmax(axis=1)", "self.logits(x).argmin(axis=1)", {"predict", "score"}),
    "probabilities": ("e = np.exp(self.logits(x))", "e = np.exp(0.5 * self.logits(x))", {"predict_proba"}),
    "score of errors": ("(self.predict(x) == y)", "(self.predict(x) != y)", {"score"}),
    "rate": ("learning_rate(self.done, self.total_steps)) *", "0.1) *", {STEP, FIT}),
    "rate times 1 + 1e-8": ("0.1 * 0.9**k", "0.1 * 0.9**k * (1 + 1e-8)", {RATE, STEP}),
    "schedule off by one": ("0.9**k", "0.9**(k + 1)", {RATE}),
    "momentum": ("0.8 * self.v", "0.81 * self.v", {STEP}),
    "clip left out": ("grad = grad * min(", "grad = grad * max(1.0, ", {STEP}),
    "clip at another norm": ("0.5 / (norm", "0.50000001 / (norm", {STEP}),
    "clip after the momentum": (CLIP, LATE_CLIP, {STEP}),
    "loss after the step": (
        "        return loss\n\n    def fit",
        "        return self.loss_and_grad(x, y)[0]\n\n    def fit",
        {"loss that step returns"},
    ),
    "short batch left out": ("range(0, len(x), batch_size)", "range(0, len(x) - 1, batch_size)", {FIT}),
    "history unweighted": ("* len(x[rows])", "", {"loss in the history, fit in order"}),
    "initial scale": ("np.sqrt(6 / ", "np.sqrt(3 / ", {"initial values"}),
    "initial biases": (SEEDED, f"{SEEDED}        self.theta += 0.01\n", {"initial values"}),
    "gradients not kept": ("self.gradient[...] = grad", "pass", {"Network in float64"}),
    "stale copy": (COPY, STALE, {"Network in float32"}),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_module_is_refused(name: str) -> None:
    old, new, subjects = WRONG[name]
    wide = name == "initial scale"  # moments need a sample
    text = chain((20, 30, 4), "tanh") if wide else RIGHT
    assert old in text
    verdict = verify(text.replace(old, new), graph((20, 30, 4), "tanh") if wide else graph())
    assert {row.subject for row in verdict.failures} >= subjects, verdict.table()
    gradients = [row for row in verdict.rows if row.method in ("complex step", "central differences")]
    assert not any(row.failed for row in gradients)


def test_a_parameter_in_another_order_is_refused() -> None:
    text = RIGHT.replace(repr({"fc1.W": (6, 5), "fc1.b": (5,), "fc2.W": (5, 4), "fc2.b": (4,)}),
                         repr({"fc2.W": (5, 4), "fc1.W": (6, 5), "fc1.b": (5,), "fc2.b": (4,)}))  # fmt: skip
    assert text != RIGHT
    verdict = verify(text, graph())
    assert [row.subject for row in verdict.failures] == ["parameters and dtype"]
