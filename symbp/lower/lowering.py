"""The statements of the nodes of a network, one after the other.

Local names become the network's names, sizes become numbers, every equation becomes one statement that carries its
number.  What several nodes give to one cotangent is added up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from symbp.derive.model import Derivation, UnitDerivation
from symbp.graph.model import Graph, LocalTensor, Node
from symbp.lower.layout import Blocks, first_of, in_memory, layout_of, logical, of_axes, of_letters, reads_of
from symbp.lower.letters import Names, Target, refuse, size_of
from symbp.lower.loops import in_one_step, with_views
from symbp.lower.model import (
    AFTER,
    BACKWARD,
    BEFORE,
    FORWARD,
    INPUT,
    STEP,
    Array,
    Axis,
    Loop,
    Read,
    Statement,
    Step,
    last_place,
)
from symbp.lower.model import (
    Node as Value,
)
from symbp.lower.numbering import number_of
from symbp.lower.placed import Placed
from symbp.lower.scalars import ZERO
from symbp.lower.sized import LOSS_NAME, losses_of, shape_of, size_name
from symbp.lower.starts import Start
from symbp.lower.sweeps import Sweep
from symbp.lower.translate import translate
from symbp.notation.expr import Equation, Index, Sym


@dataclass(slots=True)
class Lowering:
    """The statements so far, in order."""

    graph: Graph
    arrays: dict[str, Array]
    predicts: bool = False
    slopes: tuple[str, ...] = ("d",)  # how names of what is computed backward begin; the last is asked for
    holder: str = "g"  # what holds that of the parameters, in bodies
    statements: list[Step] = field(default_factory=list)
    begun: set[str] = field(default_factory=set)  # accumulated targets that have a first contribution

    orders: dict[str, tuple[int, ...]] = field(default_factory=dict)  # of arrays whose indices lie in another order

    shapes: dict[str, tuple[int | str, ...]] = field(init=False)
    roles: dict[str, str] = field(init=False)
    targets: dict[tuple[str, str], str] = field(init=False)  # (node of a loss, tensor of its target): the name in code
    batch: str = field(init=False)  # the symbol of the number of samples
    kept: set[str] = field(init=False)  # losses that are known by themselves beside the sum of all
    bound: Counter[str] = field(init=False)  # how many nodes have a name for a tensor
    nodes: set[int] = field(init=False)  # those of the graph: others are two made one
    frozen: frozenset[str] = field(init=False)  # parameters that keep their values

    def __post_init__(self) -> None:
        self.shapes = {t.name: shape_of(self.graph, t) for t in self.graph.tensors}
        self.roles = {t.name: t.role for t in self.graph.tensors}
        self.bound = Counter(name for node in self.graph.nodes for name in {name for _, name in node.binding})
        self.nodes = {id(node) for node in self.graph.nodes}
        self.frozen = self.graph.frozen
        self.batch = self.graph.tensor(self.graph.inputs[0]).axes[0].symbol.name
        compared = [(term.node, name) for term in self.graph.losses for name in (term.target, *term.compared) if name]
        self.targets = {(node, self.graph.target(name).tensor): name for node, name in compared}
        self.kept = set(losses_of(self.graph)[1:])

    def placed(self, derivation: Derivation) -> list[Placed]:
        units = {u.unit.key: u for u in derivation.units}
        return [self._placed(node, units[node.unit.key]) for node in derivation.nodes]

    def _placed(self, node: Node, derived: UnitDerivation) -> Placed:
        """A node whose names mean nothing yet."""
        values, own = [t.name for t in node.unit.tensors if t.role == "value"], int(id(node) in self.nodes)
        kept = frozenset(local for local, name in node.binding if local in values and self.bound[name] > own)
        layout = layout_of(derived.safe, node.unit.tensors, kept | {node.unit.output})
        return Placed(node, derived, layout, self._names(node))

    def _names(self, node: Node) -> Names:
        still = {info.tensor.name: info.still for info in self.graph.random} if self.predicts else {}
        numbers = {local: still[name] for local, name in node.binding if name in still}
        return Names({}, {}, dict(node.constants), numbers=numbers)

    def _begin(self, p: Placed) -> None:
        """What the names of a node mean, once everything that it reads is computed."""
        node, names = p.node, p.names
        binding = dict(node.binding)
        names.sizes.update({s: v for s, v in node.sizes if v is not None})
        names.sizes.update({s: size_name(v, v == self.batch) for s, v in node.named})
        for local in node.unit.tensors:
            if local.name not in binding:
                continue
            name, turned = binding[local.name], local.name in node.transposed
            shape, blocks = self.shapes.get(name, ()), node.blocks_of(local.name)
            axes = tuple(reversed(range(len(shape)))) if turned else self.orders.get(name, ())
            own = _taken_apart(shape[::-1] if turned else shape, blocks, local, names)
            if local.role == "data":
                name = self.targets.get((node.name, name), name)
            order = of_letters(axes, blocks)
            if order is None:
                name, order = self.by_samples(name, FORWARD), ()
            target = Target(name, in_memory(own, order), order)
            for index, size in zip(local.indices, own, strict=False):
                if isinstance(index.size, Sym):
                    names.sizes.setdefault(index.size.name, size)
            given = local.role in ("input", "data")
            names.arrays[local.name] = self._by_steps(p, local, target) if given else target
        output, other = p.layout.renamed
        if output:
            names.arrays[other] = names.arrays[output]

    def _by_steps(self, p: Placed, local: LocalTensor, target: Target) -> Target:
        """An array with the axis of the node's loop first: a copy where it lies otherwise, made once."""
        order = p.layout.order(local.name, local.indices)
        padding = p.layout.padding.get(local.name, (0, 0))
        if not any(padding) and (not order or target.order == order):
            return target
        shape = logical(target.shape, target.order)
        made = Target(f"{target.name}_steps", in_memory(shape, order), order)
        if made.name not in self.arrays:
            self._declare(Array(made.name, made.shape, dtype=self.arrays[target.name].dtype), padding, order)
            axes = [Axis(i.name, size) for i, size in zip(local.indices, shape, strict=True)]
            value = Read(target.name, in_memory(axes, target.order))
            self.statements.append(Statement(made.name, in_memory(axes, order), value, FORWARD, node=p.node.name))
        return made

    def forward(self, p: Placed) -> None:
        self._begin(p)
        if self.predicts and p.node.unit.inference:
            self.others(p, p.node.unit.inference, FORWARD)
            return
        for part in p.layout.forward:
            if isinstance(part, Sweep):
                self._sweep(p, part, FORWARD)
            elif p.node.unit.is_loss and part is p.derived.safe.forward[-1]:
                self._loss(p, part)
            elif part.name == p.layout.renamed[0]:
                p.names.arrays[part.name] = p.names.arrays[p.layout.renamed[1]]
            else:
                self._emit(p, part, p.array(part.name), "value", FORWARD)

    def _loss(self, p: Placed, equation: Equation) -> None:
        """The last equation of a loss; the loss of the network is, so far, the sum with this one."""
        name = p.array(equation.name)
        if name not in self.kept:
            self._emit(p, equation, LOSS_NAME, "value", FORWARD, adds=True)
            return
        self._emit(p, equation, name, "value", FORWARD)
        self.arrays.setdefault(LOSS_NAME, Array(LOSS_NAME, ()))
        added, number = LOSS_NAME in self.begun, number_of(p.derived, equation)
        self.statements.append(Statement(LOSS_NAME, (), Read(name, ()), FORWARD, number, added))
        self.begun.add(LOSS_NAME)

    def start(self, p: Placed) -> None:
        """The equations that give first values to parameters."""
        self._begin(p)
        self.others(p, p.node.unit.start, FORWARD)

    def states(self, p: Placed) -> None:
        """The equations that give states new values."""
        self.others(p, p.node.unit.before, BEFORE)
        self.others(p, p.node.unit.after, AFTER)

    def others(self, p: Placed, equations: tuple[Equation, ...], stage: str) -> None:
        """Equations beside those of training."""
        kinds = {t.name: t.role for t in p.node.unit.tensors}
        for equation in equations:
            bound = p.names.arrays.get(equation.name)
            kind = "state" if kinds.get(equation.name) == "state" else "value"
            name = bound.name if bound else f"{equation.name}_{p.suffix}"
            self._emit(p, equation, name, kind, stage, number=p.derived.number(equation))

    def backward(self, p: Placed) -> None:
        """The adjoint equations of one node.  A cotangent that others read is computed by itself, then added."""
        adjoints = p.derived.safe.adjoints
        read = {r.name for e in adjoints for r in reads_of(e)}
        unit = p.node.unit
        if not unit.is_loss:
            output = p.names.arrays[unit.output]
            begun = [slope for slope in self.slopes if f"{slope}{output.name}" in self.begun]
            if not begun:
                return  # nothing that the loss depends on reads this node
            for slope in begun:
                p.names.arrays[f"{slope}{unit.output}"] = Target(f"{slope}{output.name}", output.shape, output.order)
        wanted = self._asked(unit.tensors)
        for part in p.layout.adjoints:
            if isinstance(part, Sweep):
                self._sweep(p, part, BACKWARD)
                for equation in part.equations:
                    if equation.name in wanted:
                        self._wanted(p, equation, *wanted[equation.name])
            elif part.name not in wanted:
                self._emit(p, part, f"{part.name}_{p.suffix}", "value", BACKWARD)
            else:
                if part.name in read:
                    self._emit(p, part, f"{part.name}_{p.suffix}", "value", BACKWARD)
                self._wanted(p, part, *wanted[part.name])

    def _asked(self, tensors: Sequence[LocalTensor]) -> dict[str, tuple[LocalTensor, str]]:
        """By the name of its equation, what goes to other nodes or to the gradients: of what, and which slope."""
        last = self.slopes[-1]
        outer = [t for t in tensors if t.role in ("input", "parameter")]
        return {f"{m}{t.name}": (t, m) for m in self.slopes for t in outer if m == last or t.role == "input"}

    def _wanted(self, p: Placed, equation: Equation, local: LocalTensor, slope: str) -> None:
        """What an equation gives to the gradient of an input or a parameter, by the name it was computed under."""
        name = p.node.bound(local.name)
        if self.roles[name] == "random" or name in self.frozen or equation.rhs == ZERO:
            return
        if equation.name in p.names.arrays:
            equation = Equation(equation.lhs, replace(equation.lhs))
        stage = f"{INPUT}{name}" if self.roles[name] == "input" else BACKWARD
        kind = "gradient" if self.roles[name] == "parameter" else "value"
        axes, gradient = self.orders.get(name, ()), f"{slope}{name}"
        order = of_letters(axes, p.node.blocks_of(local.name))
        if kind == "gradient":
            order = p.names.arrays[local.name].order
        if order is not None:
            self._emit(p, equation, gradient, kind, stage, adds=True, order=order, like=name)
            return
        self._emit(p, equation, f"{gradient}_samples", kind, stage, order=(), like=name)
        logical_axes = [Axis(f"i{k}", size) for k, size in enumerate(self.shapes[name])]
        self._declare(Array(gradient, in_memory(self.shapes[name], axes)), (0, 0), axes)
        value, number = Read(f"{gradient}_samples", tuple(logical_axes)), number_of(p.derived, equation)
        self._add(gradient, in_memory(logical_axes, axes), value, stage, number, p.node.name)

    def _emit(
        self,
        p: Placed,
        equation: Equation,
        name: str,
        kind: str,
        stage: str,
        *,
        adds: bool = False,
        order: tuple[int, ...] | None = None,
        number: str = "",
        like: str = "",
    ) -> None:
        """One equation as one statement.  A value lies in the order in which the node's loops, or its operands, lie.

        `like` is the array that the result is the gradient of.
        """
        number = number or number_of(p.derived, equation)
        axes, value = translate(equation, p.names, number)
        value = with_views(value, self._view)
        order = self._order(p, equation) if order is None else order
        axes = in_memory(axes, order)
        code = f"{self.holder}.{like}" if kind == "gradient" else ""
        padding = p.layout.padding.get(equation.name, (0, 0)) if not adds else (0, 0)
        shape, of_array = self._memory(p, axes, order, like or name)
        self._declare(Array(name, shape, kind, code=code), padding, of_array)
        if not adds:
            p.names.arrays[equation.name] = Target(name, tuple(a.size for a in axes), order)
        if adds:
            self._add(name, axes, value, stage, number, p.node.name)
        else:
            self.statements.append(Statement(name, axes, value, stage, number, node=p.node.name))

    def _add(self, name: str, axes: tuple[Axis, ...], value: Value, stage: str, number: str, node: str) -> None:
        """One of the contributions to an array, the first of which makes it."""
        self.statements.append(Statement(name, axes, value, stage, number, name in self.begun, node=node))
        self.begun.add(name)

    def _memory(
        self, p: Placed, axes: tuple[Axis, ...], order: tuple[int, ...], name: str
    ) -> tuple[tuple[int | str, ...], tuple[int, ...]]:
        """The shape of the array that an equation fills, and the order of its axes: several letters may be one."""
        sizes = tuple(a.size for a in axes)
        local = next((m for m, bound in p.node.binding if bound == name), "")
        blocks = p.node.blocks_of(local) if local and name in self.shapes else ()
        if all(block == (1, 1) for block in blocks):
            return sizes, order
        if local in p.node.transposed:
            return self.shapes[name], ()
        of_array = of_axes(order, blocks)
        if of_array is None:
            raise refuse(f"an axis of {name} that lies in two places")
        return in_memory(self.shapes[name], of_array), of_array

    def _declare(self, array: Array, padding: tuple[int, int], order: tuple[int, ...]) -> None:
        if array.name in self.arrays:
            return
        room = (padding, *((0, 0) for _ in array.shape[1:])) if any(padding) else ()
        self.arrays[array.name] = replace(array, padding=room, turned=order if array.kind == "value" else ())
        if order and array.kind == "value":
            self.orders[array.name] = order

    def by_samples(self, name: str, stage: str) -> str:
        """The name of an array whose indices lie in their own order: what leaves the network."""
        order, shape = self.orders.get(name, ()), self.arrays[name].shape
        if not order:
            return name
        made = Array(f"{name}_samples", logical(shape, order))
        if made.name not in self.arrays:
            self.arrays[made.name] = made
            axes = [Axis(f"i{k}", size) for k, size in enumerate(made.shape)]
            self.statements.append(Statement(made.name, tuple(axes), Read(name, in_memory(axes, order)), stage))
        return made.name

    def _view(self, name: str, shift: int) -> str | None:
        """The name of an array at so many steps before or after, where there is room for it."""
        array = self.arrays[name]
        before, after = array.padding[0] if array.padding else (0, 0)
        if not -before <= shift <= after:
            return None
        many = f"_{abs(shift)}" if abs(shift) > 1 else ""
        view = f"{name}_{'before' if shift < 0 else 'after'}{many}"
        shifts = (shift, *(0 for _ in array.shape[1:]))
        self.arrays.setdefault(view, replace(array, name=view, padding=(), view_of=name, shift=shifts))
        return view

    def _order(self, p: Placed, equation: Equation) -> tuple[int, ...]:
        if p.layout.sweeps:
            return p.layout.order(equation.name, equation.indices)
        bound = {local for local, _ in p.node.binding}
        blocks = p.node.blocks_of(equation.name) if equation.name in bound else ((1, 1),) * len(equation.indices)
        for r in reads_of(equation):
            target = p.names.arrays[r.name]
            if target.name in self.orders and r.at:
                first = r.at[target.order[0]]
                if isinstance(first, Index) and first in equation.indices[1:]:
                    order = first_of(equation.indices.index(first), len(equation.indices))
                    return order if of_axes(order, blocks) is not None else ()
        return ()

    def _sweep(self, p: Placed, sweep: Sweep, stage: str) -> None:
        """The equations of a recurrence as one loop, over values that lie with its axis first."""
        size = size_of(sweep.index, p.names)
        loop = Loop(f"{stage} {p.node.name} {sweep.equations[0].name}", Axis(sweep.index.name, size), sweep.reverse)
        brief: set[str] = set()  # arrays that last for one step
        equations = [e for e in sweep.equations if e.name not in p.layout.starts]
        for e in equations:
            name = p.array(e.name) if stage == FORWARD else f"{e.name}_{p.suffix}"
            order = p.layout.order(e.name, e.indices)
            shape = in_memory([size_of(i, p.names) for i in e.indices], order)
            if e.name in p.layout.lasting:
                self._declare(Array(name, shape), p.layout.padding.get(e.name, (0, 0)), order)
            else:
                self._declare(Array(name, shape[1:]), (0, 0), ())
                brief.add(name)
            p.names.arrays[e.name] = Target(name, shape, order)
        for start in (p.layout.starts[e.name] for e in sweep.equations if e.name in p.layout.starts):
            self._start(p, start, number_of(p.derived, start.equation), stage)
        for e in equations:
            number, target = number_of(p.derived, e), p.names.arrays[e.name]
            axes, value = translate(e, p.names, number)
            step, *rest = in_memory(axes, target.order)
            value = in_one_step(with_views(value, self._view), step, brief)
            at = () if target.name in brief else ((0, STEP),)
            self.statements.append(
                Statement(target.name, tuple(rest), value, stage, number, node=p.node.name, loop=loop, at=at)
            )

    def _start(self, p: Placed, start: Start, number: str, stage: str) -> None:
        """The initial state, where the first step finds it: a value that is another one at the step before."""
        of = p.names.arrays[start.of]
        view = self._view(of.name, start.shift)
        assert view is not None, "the padding of a value covers its initial state"
        p.names.arrays[start.name] = replace(of, name=view)
        axes, value = translate(start.equation, p.names, number)
        place = last_place(of.shape[0]) if start.shift > 0 else ZERO
        self.statements.append(Statement(view, axes, value, stage, number, node=p.node.name, at=((0, place),)))


def _taken_apart(
    shape: tuple[int | str, ...], blocks: Blocks, local: LocalTensor, names: Names
) -> tuple[int | str, ...]:
    """The size of every letter: that of its axis, or its own where letters and axes are not one to one."""
    found: list[int | str] = []
    axes, indices = iter(shape), iter(local.indices)
    for count, letters in blocks:
        have, own = [next(axes, 0) for _ in range(count)], [next(indices) for _ in range(letters)]
        found += have if count == letters == 1 else [size_of(i, names) for i in own]
    return tuple(found)
