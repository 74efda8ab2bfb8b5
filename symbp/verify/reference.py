"""What a network computes, from its parsed formulas alone: loss, outputs, predictions, scores."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from symbp.errors import Problem, VerificationError
from symbp.graph.model import Graph, Node
from symbp.notation.expr import Equation, Index, Ref, Sym, walk
from symbp.verify.arrays import Real, Stops, Values
from symbp.verify.contract import Array
from symbp.verify.run import Run


class Reference:
    """Evaluates every node's printed equations in order.  Slow, and independent of what is derived and emitted."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.names = {t.label: t.name for t in graph.tensors if t.role in ("parameter", "input")}
        self.constants = {
            name: np.asarray(values, dtype=Real).reshape([axis.size or -1 for axis in graph.tensor(name).axes])
            for name, values in graph.constants
        }

    def parameters(self, theta: Array) -> dict[str, Array]:
        """The flat vector, cut into parameters by name in the order of the graph."""
        found, at = {}, 0
        for info in self.graph.parameters:
            shape = tuple(axis.size or 0 for axis in info.tensor.axes)
            end = at + math.prod(shape)
            found[info.tensor.name] = np.asarray(theta[at:end], dtype=Real).reshape(shape)
            at = end
        if at != theta.size:
            raise VerificationError(Problem("V503", f"theta has {theta.size} numbers, the network has {at} parameters"))
        return found

    def run(self, theta: Array, x: dict[str, Array], t: dict[str, Array], given: Given | None = None) -> Run:
        """All values of the network at these parameters, inputs and targets by label."""
        graph, given = self.graph, given or Given()
        n = len(next(iter(x.values())))
        arrays = self.parameters(theta) | self.constants | self._states(given.state, n, fresh=given.predicts)
        arrays |= {self.names[label]: _real(values) for label, values in x.items()}
        own = [target for target in graph.targets if target.tensor not in graph.inputs]
        arrays |= {target.tensor: _real(t[target.label]) for target in own}
        arrays |= self._drawn(given.random, arrays)
        losses: list[Array] = []
        with np.errstate(all="ignore"):
            for node in graph.nodes:
                other = node.unit.inference if given.predicts else ()
                chosen = other or node.unit.plain
                local = _node(node, arrays, chosen, self._free(arrays), stops=given.stops)
                bound = dict(node.binding)
                arrays |= {bound[name]: local[name] for name in local if name in bound and bound[name] not in arrays}
                if node.unit.is_loss:
                    losses.append(local[node.unit.output])
        return Run(graph, float(sum(losses)), arrays)

    def start(self) -> dict[str, Array]:
        """The states by label as they are declared to start."""
        return {i.tensor.label: array for i, array in zip(self.graph.states, self._states({}).values(), strict=True)}

    def computed(self, parameters: Mapping[str, Array]) -> dict[str, Array]:
        """The first values by label of the parameters that follow from others."""
        arrays = {i.tensor.name: _real(np.asarray(parameters[i.tensor.label])) for i in self.graph.parameters}
        labels = {i.tensor.name: i.tensor.label for i in self.graph.parameters}
        found = {}
        for node in self.graph.nodes:
            local = _node(node, arrays, node.unit.start, {}, values=True) if node.unit.start else {}
            for name in dict.fromkeys(e.name for e in node.unit.start if node.unit.tensor(e.name).role == "parameter"):
                found[labels[node.bound(name)]] = local[name].astype(np.float64)
        return found

    def before(self, theta: Array, state: Mapping[str, Array]) -> dict[str, Array]:
        """The states by label that the forward pass of a training step reads, where these were there before it."""
        arrays = self.parameters(theta) | self._states(state)
        return self._changed(arrays, [(node, node.unit.before) for node in self.graph.nodes])

    def after(self, run: Run) -> dict[str, Array]:
        """The states by label behind a training step whose forward pass was this run."""
        return self._changed(dict(run.arrays), [(node, node.unit.after) for node in self.graph.nodes])

    def _changed(self, arrays: dict[str, Array], updates: list[tuple[Node, tuple[Equation, ...]]]) -> dict[str, Array]:
        for node, equations in updates:
            if equations:
                local = _node(node, arrays, equations, self._free(arrays), values=True)
                arrays |= {node.bound(t.name): local[t.name] for t in node.unit.tensors if t.role == "state"}
        return {i.tensor.label: arrays[i.tensor.name] for i in self.graph.states}

    def _states(self, state: Mapping[str, Array], n: int | None = None, *, fresh: bool = False) -> dict[str, Array]:
        """States by name; those that are not given are as at the start.

        So is what is carried of another number of samples than n, and with `fresh` all that is carried.
        """
        found = {}
        for info in self.graph.states:
            start = np.full([n or 0 if axis.size is None else axis.size for axis in info.tensor.axes], info.start)
            given = np.asarray(state.get(info.tensor.label, start))
            other = info.carried and n is not None and (fresh or len(given) != n)
            found[info.tensor.name] = _real(start if other else given)
        return found

    def _free(self, arrays: Mapping[str, Array]) -> dict[str, int]:
        """The sizes of the axes of the inputs that are there, by the names of their symbols."""
        inputs = [(self.graph.tensor(name), arrays[name]) for name in self.graph.inputs if name in arrays]
        return {a.symbol.name: n for tensor, array in inputs for a, n in zip(tensor.axes, array.shape, strict=True)}

    def _drawn(self, random: Mapping[str, Array], arrays: dict[str, Array]) -> dict[str, Array]:
        """What is drawn, by name; what is not given is still."""
        sizes, found = self._free(arrays), {}
        for info in self.graph.random:
            shape = [sizes[a.symbol.name] if a.size is None else a.size for a in info.tensor.axes]
            found[info.tensor.name] = _real(np.asarray(random.get(info.tensor.label, np.full(shape, info.still))))
        return found


@dataclass(frozen=True, slots=True)
class Given:
    """What a run reads beside parameters and data: draws and states by label; whether it is a prediction.

    `stops` remembers or holds what is stopped.
    """

    random: Mapping[str, Array] = field(default_factory=dict)
    state: Mapping[str, Array] = field(default_factory=dict)
    predicts: bool = False
    stops: Stops | None = None


Blocks = tuple[tuple[int, int], ...]


def _real(values: Array) -> Array:
    return values if values.dtype.kind in "iu" else values.astype(Real)


def _node(
    node: Node,
    arrays: Mapping[str, Array],
    equations: tuple[Equation, ...],
    free: Mapping[str, int],
    *,
    values: bool = False,
    stops: Stops | None = None,
) -> dict[str, Array]:
    """What these equations of one node compute, by local name; with `values` they read those of the node too.

    `free` are the sizes that the call fixes, by the names of their symbols.
    """
    local: dict[str, Array] = {}
    sizes = {name: size for name, size in node.sizes if size is not None}
    sizes |= {symbol: free[name] for symbol, name in node.named if name in free}
    for tensor in node.unit.tensors:
        if node.bound(tensor.name) not in arrays or (tensor.role == "value" and not values):
            continue
        array = arrays[node.bound(tensor.name)]
        whole = array.T if tensor.name in node.transposed else array
        local[tensor.name] = _taken_apart(whole, node.blocks_of(tensor.name), tensor.indices, sizes)
        for index, size in zip(tensor.indices, local[tensor.name].shape, strict=True):
            if isinstance(index.size, Sym):
                sizes.setdefault(index.size.name, size)
    given = set(local)
    reading = Values(local, sizes, dict(node.constants), stops)
    _solve(equations, reading, local)
    wanted = [t.name for t in node.unit.tensors if t.name in local and (values or t.name not in given)]
    if equations == node.unit.inference:
        wanted = [node.unit.output]  # its other values may have other axes than those of training
    return {name: _together(local[name], node.blocks_of(name)) for name in wanted}


def _taken_apart(array: Array, blocks: Blocks, indices: tuple[Index, ...], sizes: dict[str, int]) -> Array:
    """An array with a dimension for each letter, where letters and axes are not one to one."""
    shape: list[int] = []
    axes, own = iter(array.shape), iter(indices)
    for count, letters in blocks:
        have, found = [next(axes) for _ in range(count)], [next(own).size for _ in range(letters)]
        alone = count == letters == 1
        shape += have if alone else [sizes[s.name] if isinstance(s, Sym) else int(s.value) for s in found]
    return array.reshape(shape)


def _together(array: Array, blocks: Blocks) -> Array:
    """The dimensions of letters that are one axis as one."""
    sizes = iter(array.shape)
    return array.reshape([math.prod(next(sizes) for _ in range(letters)) for _, letters in blocks])


def _solve(equations: tuple[Equation, ...], values: Values, local: dict[str, Array]) -> None:
    """The equations in order, their values added to `local`, which `values` reads.

    A recurrence reads values before they are there: these start as zeros, and all equations are carried out again until
    nothing changes.  Each round makes one more step right, whichever way the recurrence runs.
    """
    early = [e for e in _read_early(equations) if e.name not in local]
    for equation in early:
        local[equation.name] = np.zeros([values.size(i) for i in equation.indices], dtype=Real)
    steps = max((values.size(i) for equation in early for i in equation.indices), default=0)
    for _ in range(steps + 1):
        before = [local[equation.name] for equation in early]
        for equation in equations:
            local[equation.name] = values.solve(equation)
        if all(np.array_equal(local[e.name], old, equal_nan=True) for e, old in zip(early, before, strict=True)):
            break


def _read_early(equations: tuple[Equation, ...]) -> list[Equation]:
    """The equations whose values are read by themselves or by one in front of them."""
    reads = [{n.name for n in walk(equation.rhs) if isinstance(n, Ref)} for equation in equations]
    return [e for k, e in enumerate(equations) if any(e.name in names for names in reads[: k + 1])]
