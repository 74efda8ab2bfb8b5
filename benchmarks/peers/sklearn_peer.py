"""scikit-learn: one call of MLPClassifier.partial_fit on one batch is one step."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier
from sklearn.neural_network._stochastic_optimizers import AdamOptimizer, SGDOptimizer

from benchmarks import data
from benchmarks.data import Array
from benchmarks.stepper import Stepper
from benchmarks.works import Work


def settings(work: Work) -> dict[str, Any]:
    """The keywords of the classifier."""
    momentum = work.momentum if work.optimizer == "momentum" else 0.0
    solver: dict[str, Any] = {"solver": "sgd", "momentum": momentum, "nesterovs_momentum": False}
    if work.optimizer == "adam":
        solver = {"solver": "adam", "beta_1": work.beta1, "beta_2": work.beta2, "epsilon": work.eps}
    return solver | {
        "hidden_layer_sizes": work.cfg["sizes"][1:-1],
        "activation": work.cfg["hidden"],
        "alpha": 0.0,
        "batch_size": work.batch,
        "learning_rate_init": work.lr,
        "shuffle": False,
    }


class Sklearn(Stepper):
    def __init__(self, work: Work) -> None:
        warnings.simplefilter("ignore")
        self.work = work
        self.data = [(x, y.ravel().astype(np.int64)) for x, y in data.batches(work)]
        self.classifier = MLPClassifier(**settings(work))
        x, y = self.data[0]
        classes = np.arange(max(2, work.cfg["sizes"][-1]))
        self.classifier.partial_fit(x, y, classes=classes)  # allocates; the values are overwritten
        self.reset()

    def reset(self) -> None:
        work, c = self.work, self.classifier
        first = [a for _, a in data.parameters(work)]
        for k, (w, b) in enumerate(zip(first[0::2], first[1::2], strict=True)):
            c.coefs_[k][...] = w
            c.intercepts_[k][...] = b
        flat = c.coefs_ + c.intercepts_
        if work.optimizer == "adam":
            c._optimizer = AdamOptimizer(flat, work.lr, work.beta1, work.beta2, work.eps)
        else:
            momentum = work.momentum if work.optimizer == "momentum" else 0.0
            c._optimizer = SGDOptimizer(flat, work.lr, "constant", momentum, False)

    def step(self, i: int) -> Any:
        x, y = self.data[i % len(self.data)]
        self.classifier.partial_fit(x, y)
        return self.classifier.loss_

    def params(self) -> list[Array]:
        pairs = zip(self.classifier.coefs_, self.classifier.intercepts_, strict=True)
        return [np.array(a, np.float32) for pair in pairs for a in pair]


def supports(work: Work, part: str) -> str | None:
    if work.family != "dense":
        return "only dense networks"
    return "no squared error of sigmoid outputs" if work.cfg["loss"] == "mse" else None


def build(work: Work, threads: int, part: str) -> Stepper:
    return Sklearn(work)
