"""A network with everything resolved: names, axes, sizes, equations.  What the later stages read instead of the
spec."""

from __future__ import annotations

from dataclasses import dataclass, field

from symbp.library.declaration import Loss, Optimizer, Schedule
from symbp.notation.expr import Equation, Expr, Index, Reduce, Sym, walk


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a tensor.  `size` is None where the data of a call fix it (the batch axis; ``T: any``): then
    `symbol` names it."""

    letter: str
    symbol: Sym
    size: int | None


@dataclass(frozen=True, slots=True)
class Tensor:
    """An array of the network under the name that it has in generated code (``W_fc1``, ``z_fc1``, ``x``, ``t``).

    `role` is "input", "target", "parameter", "value", "constant" (data of the spec, e.g. class weights), "random"
    (drawn anew in every training step) or "state" (kept from step to step).
    `label` is the name that users see (``fc1.W``).  The batch axis is the first of inputs, targets and values.
    """

    name: str
    axes: tuple[Axis, ...]
    role: str
    label: str
    integer: bool = False


@dataclass(frozen=True, slots=True)
class LocalTensor:
    """A tensor as the equations of a unit know it: its letters, and what is known of its values."""

    name: str
    indices: tuple[Index, ...]
    role: str  # "input", "parameter", "value"; without a gradient: "data" (targets, weights), "random", "state"
    integer: bool = False
    positive: bool = False


@dataclass(frozen=True, slots=True)
class Unit:
    """One distinct piece of mathematics: what is derived once and used by every node that has the same `key`.

    `plain` is what is printed, `safe` what is emitted (the same object where there is no safe form).  Both define the
    output last.  A unit with `is_loss` ends in a scalar whose cotangent is 1; any other has cotangent ``d<output>``.
    Sizes of axes are symbols; integers such as a stride are part of the equations.
    `inference` computes the output of a prediction, where that is not what `plain` does.  `before` and `after` give
    states new values, in order, around the forward pass of a training step; `start` gives first values to parameters.
    """

    key: str
    title: str
    plain: tuple[Equation, ...]
    safe: tuple[Equation, ...]
    # inputs and parameters and data first, in order; then the values in order of definition
    tensors: tuple[LocalTensor, ...]
    facts: tuple[tuple[Expr, Expr], ...] = ()
    is_loss: bool = False
    probability: str = ""
    subgradient: str = ""
    source: str = ""
    inference: tuple[Equation, ...] = ()
    before: tuple[Equation, ...] = ()
    after: tuple[Equation, ...] = ()
    start: tuple[Equation, ...] = ()

    @property
    def output(self) -> str:
        return self.plain[-1].name

    def tensor(self, name: str) -> LocalTensor:
        return next(t for t in self.tensors if t.name == name)


@dataclass(frozen=True, slots=True)
class Node:
    """One use of a unit: `binding` takes local tensor names to names in `Graph.tensors`, `sizes` size symbols to
    numbers.

    A local value that no other node reads is bound too (``u`` of layer g1 is ``u_g1``).  Size symbols of axes that a
    call fixes are bound to None.  `constants` gives the values of the unit's constants, such as ``alpha``.
    A binding that `transposed` names reads its parameter with the axes reversed (tied weights).  `views` says of arrays
    which axes are read by which letters, in C order, as numbers of axes and of letters: ``x[n,g,c]`` of ``x[n,(g c)]``
    has ((1, 1), (1, 2)).  `named` are the sizes that a call fixes, by their size symbols.
    """

    name: str  # unique; "fc1", "fc1.sigmoid" for its activation, "loss"
    layer: str  # the layer of the spec that it belongs to: "fc1"
    unit: Unit
    binding: tuple[tuple[str, str], ...]
    sizes: tuple[tuple[str, int | None], ...]
    constants: tuple[tuple[str, float], ...] = ()
    transposed: tuple[str, ...] = ()
    views: tuple[tuple[str, tuple[tuple[int, int], ...]], ...] = ()
    named: tuple[tuple[str, str], ...] = ()

    def blocks_of(self, local: str) -> tuple[tuple[int, int], ...]:
        """How many axes of an array are read by how many letters, block by block."""
        return dict(self.views).get(local) or ((1, 1),) * len(self.unit.tensor(local).indices)

    def bound(self, local: str) -> str:
        return dict(self.binding)[local]


@dataclass(frozen=True, slots=True)
class ParameterInit:
    """How a parameter starts: the initializer and its formulas evaluated for this parameter's fans and keys.

    `distribution` is as in `symbp.library.declaration.Initializer`; `values` holds the numbers given in the spec, flat.
    """

    initializer: str
    distribution: str
    scale: float
    low: float | None = None
    mean: float | None = None
    values: tuple[float, ...] = ()
    part: tuple[int, int, int] | None = None  # an axis, begin and end: all else starts as 0


@dataclass(frozen=True, slots=True)
class ParameterInfo:
    """A trained array, in the order of the flat vector.  `decayed`: two or more axes and no embedding.

    A `frozen` one keeps its values: it has no gradient, and stands behind all others.
    """

    tensor: Tensor
    init: ParameterInit
    decayed: bool
    frozen: bool = False


@dataclass(frozen=True, slots=True)
class RandomInfo:
    """An array that is drawn: `shift` plus `scale` times draws of `distribution`, as a declaration says it."""

    tensor: Tensor
    distribution: str
    scale: float
    shift: float
    still: float
    probability: float


@dataclass(frozen=True, slots=True)
class StateInfo:
    """An array that is kept from step to step, and the number that it is filled with at the start.

    One with the batch axis is carried: a step on another number of samples than the one before finds it as at the
    start, and so does every prediction.
    """

    tensor: Tensor
    start: float

    @property
    def carried(self) -> bool:
        """Whether it holds something of each sample."""
        return any(axis.size is None for axis in self.tensor.axes)


@dataclass(frozen=True, slots=True)
class Divisor:
    """What new values of states of a layer are divided by: as text, and the sizes of a call with which it is 0.

    That is where the sum of `sizes`, each times its factor, is `zero`.
    """

    layer: str
    text: str
    sizes: tuple[tuple[str, int], ...]
    zero: int


@dataclass(frozen=True, slots=True)
class LayerRow:
    """A line of the table that ``print(net)`` shows: name, type with activation, output shape without batch,
    parameters."""

    name: str
    description: str
    shape: tuple[str, ...]
    parameters: int


@dataclass(frozen=True, slots=True)
class Update:
    """Update equations in the order in which they are carried out.

    Every weight: ``Ref("w")``, ``Ref("g")``, the states and intermediate values have no indices (they are read at one
    weight); a clip reads and writes ``g[i]``, i over all weights.  `Sym`s are the keys (constants), and ``lr`` and
    ``k``.
    """

    title: str  # "adam", "clip_norm"
    equations: tuple[Equation, ...]
    state: tuple[tuple[str, float], ...] = ()
    constants: tuple[tuple[str, float], ...] = ()
    decayed: tuple[Equation, ...] = ()  # first, for the decayed parameters only


@dataclass(frozen=True, slots=True)
class Training:
    """How the network is trained.  `schedule` is the learning rate as a formula in the `Sym`s k (from 0), K and lr."""

    optimizer: Optimizer
    update: Update
    clips: tuple[Update, ...]  # before the optimiser, in order
    lr: float
    schedule: Schedule
    schedule_formula: Expr
    schedule_constants: tuple[tuple[str, float], ...]
    epochs: int
    batch_size: int
    seed: int
    stop_loss_below: float | None
    deterministic: bool = False  # results do not depend on the number of threads
    typical_sizes: tuple[tuple[str, int], ...] = ()  # of sizes that calls fix
    micro_batch_size: int | None = None  # samples that pass through the network together; 0: all; None: as it pays


@dataclass(frozen=True, slots=True)
class Target:
    """What losses compare with: an array that calls give as `y`, or by its `label` as a part of `y`.

    `name` is that of the array in code, `tensor` that of its `Tensor`.  Where an input is the target, `tensor` is the
    input, and the target still has a name of its own, so that a call may hold it fixed while the input varies (or give
    another one, as in denoising).
    """

    name: str
    label: str
    tensor: str


@dataclass(frozen=True, slots=True)
class LossTerm:
    """One loss of the network: what it reads, and how predictions and scores follow from it.

    `node` is its node; `reads` are the tensors of its inputs; `target` is a name in `Graph.targets`, or empty, and so
    are `compared` those of the other arrays that it compares with.  `value` is the tensor that holds it before it is
    multiplied by its weight.  `metric` is the score: "accuracy", "binary_accuracy", "sign_accuracy", "r2", or empty.
    """

    name: str
    node: str
    loss: Loss
    keys: tuple[tuple[str, float | str | bool], ...]
    reads: tuple[str, ...]
    target: str
    value: str
    metric: str
    compared: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Output:
    """A value that `predict` starts from: its label in the spec and its tensor.

    `term` is the name of the loss that says what is predicted from it (a class, a sign), or empty: the value itself.
    """

    label: str
    tensor: str
    term: str


@dataclass(frozen=True, slots=True)
class Graph:
    """The network.  `nodes` are in an order of computation, those of the losses last.

    Several nodes may be losses (`Unit.is_loss`): one a `LossTerm`, and one a penalised parameter ("l2.W_fc1"); the
    loss of the network is their sum.  The cotangent of a tensor that several nodes read is the sum of what they give.
    """

    name: str
    dtype: str  # "float32" or "float64"
    source_name: str  # the file name of the spec, without its folder
    source_sha256: str
    inputs: tuple[str, ...]
    targets: tuple[Target, ...]
    outputs: tuple[Output, ...]
    losses: tuple[LossTerm, ...]
    tensors: tuple[Tensor, ...]
    parameters: tuple[ParameterInfo, ...]
    nodes: tuple[Node, ...]
    training: Training
    rows: tuple[LayerRow, ...]
    constants: tuple[tuple[str, tuple[float, ...]], ...] = ()  # values of tensors with role "constant", flat
    random: tuple[RandomInfo, ...] = ()
    states: tuple[StateInfo, ...] = ()
    repeats: tuple[str, ...] = ()  # layers of the spec whose copies are ``NAME.0``, ``NAME.1``, ...
    checkpoints: tuple[str, ...] = ()  # those of them whose values a backward pass computes again
    divisors: tuple[Divisor, ...] = ()  # that are 0 at some sizes beside the number of samples
    inseparable: str = ""  # why loss and gradients of a batch are no means of those of its parts; empty if they are

    _by_name: dict[str, Tensor] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {t.name: t for t in self.tensors})

    def tensor(self, name: str) -> Tensor:
        """The tensor of this name in code; quick, since a deep network has thousands."""
        return self._by_name[name]

    @property
    def plain(self) -> bool:
        """Whether there is one output, one target and one loss with a score: calls take and give single arrays."""
        return len(self.outputs) == len(self.targets) == len(self.losses) == 1 and self.losses[0].metric != ""

    @property
    def frozen(self) -> frozenset[str]:
        """The names in code of the parameters that keep their values."""
        return frozenset(info.tensor.name for info in self.parameters if info.frozen)

    def term(self, name: str) -> LossTerm:
        """The loss of this name."""
        return next(term for term in self.losses if term.name == name)

    def target(self, name: str) -> Target:
        """The target of this name in code."""
        return next(target for target in self.targets if target.name == name)


def over_samples(graph: Graph, node: Node, batch: str) -> list[Reduce]:
    """The reductions over the samples in the formula of a node; `batch` is their number."""
    every = (e for equation in node.unit.plain for e in walk(equation.rhs) if isinstance(e, Reduce))
    return [e for e in every if batch in bound_sizes(graph, node, e)[1]]


def bound_sizes(graph: Graph, node: Node, e: Reduce) -> tuple[list[str], list[str]]:
    """The sizes that a reduction runs over, as the unit knows them, and the network's names of those that are free."""
    sizes, names = dict(node.sizes), free_symbols(graph, node)
    bound = [i.size.name if isinstance(i.size, Sym) else "" for i in e.bound]
    return bound, [names.get(s, s) for s in bound if s and sizes.get(s) is None]


def free_symbols(graph: Graph, node: Node) -> dict[str, str]:
    """The network's name of each size of the unit that a call fixes."""
    found = {}
    for local, name in node.binding:
        for index, axis in zip(node.unit.tensor(local).indices, graph.tensor(name).axes, strict=False):
            if axis.size is None and isinstance(index.size, Sym):
                found[index.size.name] = axis.symbol.name
    return found
