"""The values of one batch by the formulas, and what follows from them: predictions, probabilities, scores."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from symbp.graph.model import Graph, LossTerm, Output
from symbp.verify.contract import Array


class Run:
    """All values of a network for one batch, and its loss."""

    def __init__(self, graph: Graph, loss: float, arrays: Mapping[str, Array]) -> None:
        self.graph, self.loss, self.arrays = graph, loss, arrays
        self.outputs = {o.label: arrays[o.tensor].astype(np.float64) for o in graph.outputs}

    def losses(self) -> dict[str, float]:
        """The loss, and the terms that it is the sum of where there are several."""
        terms = self.graph.losses if len(self.graph.losses) > 1 else ()
        return {"loss": self.loss} | {term.name: float(self.arrays[term.value]) for term in terms}

    def predict(self) -> dict[str, Array]:
        """By output: classes, 0/1, -1/+1, or the output itself, as the loss that reads it says."""
        return {o.label: self._predicted(o) for o in self.graph.outputs}

    def _predicted(self, output: Output) -> Array:
        y = self.outputs[output.label]
        match self._reader(output):
            case LossTerm(loss=loss) if loss.predict == "argmax":
                return np.asarray(y.argmax(axis=-1))
            case LossTerm(loss=loss) if loss.predict == "positive":
                return (y > 0).astype(int)
            case LossTerm(loss=loss) if loss.predict == "sign":
                return np.where(y > 0, 1, -1)
        return y

    def _reader(self, output: Output) -> LossTerm | None:
        return self.graph.term(output.term) if output.term else None

    def predict_proba(self) -> dict[str, Array]:
        """By output: the probabilities; those of 0 and of 1 where a sample has one probability."""
        nodes = {node.name: node for node in self.graph.nodes}
        found = {}
        for output in self.graph.outputs:
            term = self._reader(output)
            if term is None or not term.loss.probability:
                continue
            p = self.arrays[nodes[term.node].bound(term.loss.probability)].astype(np.float64)
            alone = term.loss.predict == "positive" and p.ndim == 2 and p.shape[-1] == 1
            found[output.label] = np.concatenate([1 - p, p], axis=-1) if alone else p
        return found

    def scores(self, t: Mapping[str, Array]) -> dict[str, float]:
        """The score for these targets; of several losses that have one, each and the mean; else minus the loss."""
        outputs = {o.tensor: self.outputs[o.label] for o in self.graph.outputs}
        labels = {target.name: target.label for target in self.graph.targets}
        scored = [s for s in self.graph.losses if s.metric and s.target and s.reads[0] in outputs]
        found = {
            s.name: score(s.metric, outputs[s.reads[0]], t[labels[s.target]], dict(s.keys).get(s.loss.ignored))
            for s in scored
        }
        if len(found) > 1:
            return {f"{name}_score": v for name, v in found.items()} | {"score": sum(found.values()) / len(found)}
        return {"score": next(iter(found.values()), -self.loss)}


def score(metric: str, output: Array, y: Array, ignored: object = None) -> float:
    """A metric of an output and its target; labels equal to `ignored` do not count."""
    match metric:
        case "accuracy":
            classes = y if y.ndim < output.ndim else y.argmax(axis=-1)
            right = output.argmax(axis=-1) == classes
            counted = np.ones_like(right) if ignored is None else y != ignored
            return float(right[counted].sum()) / max(1, int(counted.sum()))
        case "binary_accuracy":
            return float(((output > 0) == (y > 0.5)).mean())
        case "sign_accuracy":
            return float(((output > 0) == (y > 0)).mean())
    return _r2(output, y)


def _r2(output: Array, y: Array) -> float:
    """R squared of each output, averaged; 0 for an output whose target does not vary, 1 if it is met exactly."""
    a, b = output.reshape(-1, output.shape[-1]), y.reshape(-1, y.shape[-1])
    rest, total = ((a - b) ** 2).sum(axis=0), ((b - b.mean(axis=0)) ** 2).sum(axis=0)
    constant = total == 0
    shares = np.where(constant, np.where(rest == 0, 1.0, 0.0), 1 - rest / np.where(constant, 1.0, total))
    return float(shares.mean())
