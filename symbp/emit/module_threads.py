"""Half-batches on two threads: which networks can be trained so, and why the others cannot."""

from __future__ import annotations

from symbp.emit.module_batch import over_samples
from symbp.graph.model import Graph, Node
from symbp.notation.expr import Mul, Num


def inseparable(graph: Graph) -> str:
    """Why the loss and the gradients of a batch are no means of those of its halves; empty where they are.

    They are where no layer reduces over the samples, and the loss is a mean over them and of what has no samples.
    """
    if not graph.plain:
        return "the network has several losses or targets"
    if graph.random:
        return "what a step draws is drawn for the whole batch"
    if graph.states:
        return f"a step changes {graph.states[0].tensor.label} by the whole batch"
    batch = graph.tensor(graph.inputs[0]).axes[0].symbol.name
    for node in graph.nodes:
        if not node.unit.is_loss and over_samples(graph, node, batch):
            return f"the layer {node.name} mixes samples"
        if node.unit.is_loss and not _is_mean(graph, node, batch):
            return "the loss is no mean over the samples"
    return ""


def _is_mean(graph: Graph, node: Node, batch: str) -> bool:
    """Whether a loss is one mean over the samples, or has nothing to do with them."""
    found, value = over_samples(graph, node, batch), node.unit.plain[-1].rhs
    factors = [f for f in (value.args if isinstance(value, Mul) else (value,)) if not isinstance(f, Num)]
    return not found or (len(found) == len(factors) == 1 and found[0].op == "mean" and found == factors)


def lines_of_step(graph: Graph, plain: tuple[str, ...]) -> tuple[str, ...]:
    """The statements of a training step up to its loss, on one or two threads; `plain` are those on one."""
    if inseparable(graph):
        return plain
    always = graph.training.deterministic
    return (
        f"if {'' if always else 'self.threads == 2 and '}len(data[0]) > 1:",
        "    loss = self._halves(data)",
        "else:",
        *(f"    {line}" for line in plain),
    )
