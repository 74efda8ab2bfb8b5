"""Whether a batch may be cut into parts: what a network computes of each sample alone, and how its loss adds up."""

from __future__ import annotations

from collections.abc import Iterator

from symbp.graph.model import Graph, Node, free_symbols, over_samples
from symbp.notation.expr import Add, Equation, Expr, Index, Mul, Reduce, Ref, Sym, walk


def inseparable(graph: Graph) -> str:
    """Why the loss and the gradients of a batch are no means of those of its parts; empty where they are.

    They are where every layer computes each sample from that sample alone, and the loss is a mean over them and of
    what has no samples.  All is decided by the letters of the formulas.
    """
    if graph.states:
        return f"a step changes {graph.states[0].tensor.label} by the whole batch"
    batch = graph.tensor(graph.inputs[0]).axes[0].symbol.name
    for info in graph.random:
        if not info.tensor.axes or info.tensor.axes[0].symbol.name != batch:
            return f"all samples read {info.tensor.label}, which a step draws"
    for node in graph.nodes:
        if not node.unit.is_loss and (over_samples(graph, node, batch) or _meet(graph, node, batch)):
            return f"the layer {node.name} mixes samples"
        if node.unit.is_loss and (not _is_mean(graph, node, batch) or _meet(graph, node, batch)):
            return "the loss is no mean over the samples"
    return ""


def _is_mean(graph: Graph, node: Node, batch: str) -> bool:
    """Whether a loss is a sum of means over the samples, each times what has no samples, and of such things alone."""
    over, means = over_samples(graph, node, batch), set[str]()
    for equation in node.unit.plain:
        found = [e for e in walk(equation.rhs) if e in over or (isinstance(e, Ref) and e.name in means)]
        terms = equation.rhs.args if isinstance(equation.rhs, Add) else (equation.rhs,)
        factors = [[f for f in (t.args if isinstance(t, Mul) else (t,)) if f in found] for t in terms]
        if any(len(own) > 1 for own in factors) or len(found) != sum(map(len, factors)):
            return False
        if found and (equation.lhs.at or any(isinstance(e, Reduce) and e.op != "mean" for e in found)):
            return False
        means |= {equation.name} if found else set()
    return True


def _meet(graph: Graph, node: Node, batch: str) -> bool:
    """Whether an equation reads a sample at another place than its own, or counts samples.

    The number of a sample may stand as the first index of an array of samples alone, and one letter stands for it.
    """
    sizes = {name for name, named in free_symbols(graph, node).items() if named == batch}
    own = {t.name for t in node.unit.tensors if t.indices and _counts(t.indices[0], sizes)}
    return any(_mixes(equation, own, sizes) for equation in node.unit.plain)


def _mixes(equation: Equation, own: set[str], sizes: set[str]) -> bool:
    """Whether there is more than one letter of samples, or one at another place than that; `own` are arrays of them."""
    letters = {i.name for i in _indices((*equation.lhs.at, equation.rhs)) if _counts(i, sizes)}
    return len(letters) > 1 or any(_misplaced(e, own, sizes) for e in (equation.lhs, equation.rhs))


def _misplaced(e: Expr, own: set[str], sizes: set[str]) -> bool:
    if _counts(e, sizes) or (isinstance(e, Sym) and e.name in sizes):
        return True
    if isinstance(e, Ref) and e.name in own:
        return not _counts(e.at[0], sizes) or any(_misplaced(i, own, sizes) for i in e.at[1:])
    return any(_misplaced(c, own, sizes) for c in e.children)


def _counts(e: Expr, sizes: set[str]) -> bool:
    """Whether an expression is a letter that counts samples."""
    return isinstance(e, Index) and isinstance(e.size, Sym) and e.size.name in sizes


def _indices(parts: tuple[Expr, ...]) -> Iterator[Index]:
    for e in parts:
        if isinstance(e, Index):
            yield e
        if isinstance(e, Reduce):
            yield from e.bound
        yield from _indices(e.children)
