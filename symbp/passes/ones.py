"""A bias is one more row of its weights, where what they multiply has one more row, of ones.

``z = a @ W + b`` is then one product, and so are the gradients of W and b together: a broadcast addition and a sum over
the samples less, which in a small network cost as much as the products.  W and b lie next to each other in the flat
vector, so that both are one matrix in it; the row of ones is part of the memory of a, and stays.

Values in front of such a product lie with the samples last: without its last row, the memory of a is then still
without gaps, which functions of every element need to be fast.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from symbp.lower.model import (
    PROBABILITY,
    UPDATE,
    Apply,
    Array,
    Axis,
    Fold,
    Node,
    Product,
    Program,
    Read,
    RoutineCall,
    Statement,
    Step,
    free_name,
    fresh_axis,
    read_arrays,
    targets_of,
    uses_of,
    walk,
)
from symbp.passes.ledger import Choice, Setting, cheapest, counted
from symbp.passes.turning import with_orders

COPY = 1.5  # a product whose rows have an odd length is slower than one that has not: copies must save more


def bias_rows(program: Program, setting: Setting) -> tuple[Program, str, tuple[Choice, ...]]:
    """Biases as rows of their weights, in programs whose calls take longer than what they do."""
    if not program.brief or any(isinstance(s, RoutineCall) for s in program.statements):  # those need W and b apart
        return program, "", ()
    pairs = _pairs(program)
    orders = _turned_groups(program, {p.factor for p in pairs})
    inputs = {a.name: a for a in program.arrays if a.kind == "input"}
    choices = {p.factor: _copy(p, inputs[p.factor], setting) for p in pairs if p.factor in inputs}
    chosen = [
        p for p in pairs if p.factor in orders or (p.factor in choices and choices[p.factor].chosen == "a row of ones")
    ]
    kept = {p.factor for p in chosen}
    turned = {name: order for group in kept & set(orders) for name, order in orders[group].items()}
    program = with_orders(program, turned)
    program = _Rows({a.name: a for a in program.arrays}).program(program, chosen)
    did = f"{counted(len(chosen), 'bias')} in the product" if chosen else ""
    return program, did.replace("biass", "biases"), tuple(choices.values())


@dataclass(frozen=True, slots=True)
class Pair:
    """A product with weights to which a bias is added, and what fills the gradients of both."""

    forward: Statement
    of_weights: Statement
    of_bias: Statement
    factor: str
    weights: str
    bias: str


def _pairs(program: Program) -> list[Pair]:
    """The pairs of a program, in its order."""
    arrays = {a.name: a for a in program.arrays}
    uses = uses_of(program.statements, {})
    touching: dict[str, list[Statement]] = {}  # by parameter: what fills or reads its gradient
    for a in program.arrays:
        if a.kind == "gradient":
            places = sorted({*uses.made.get(a.name, ()), *uses.read.get(a.name, ())})
            touching[_own(a)] = [s for k in places if isinstance(s := program.statements[k], Statement)]
    found = (_pair(s, arrays, touching) for s in program.statements if isinstance(s, Statement))
    return [p for p in found if p is not None]


def _pair(s: Statement, arrays: Mapping[str, Array], touching: Mapping[str, list[Statement]]) -> Pair | None:
    """The weights and the bias of a statement ``z = a @ W + b``; None where it is another one."""
    match s.value:
        case Apply(function="add", args=(Product(left=Read() as a, right=Read() as w, over=(k,)), Read() as b)):
            pass
        case _:
            return None
    if arrays[a.name].kind == "parameter":
        a, w = w, a
    kinds = (arrays[a.name].kind, arrays[w.name].kind, arrays[b.name].kind)
    if kinds[0] not in ("value", "input") or kinds[1:] != ("parameter", "parameter") or not s.definition:
        return None
    rows, column = [x for x in a.axes if x != k], b.axes[-1] if len(b.axes) == 1 else k
    if w.axes != (k, column) or len(rows) != 1 or len(a.axes) != 2 or arrays[b.name].shape != (column.size,):
        return None
    weights, bias = arrays[w.name], arrays[b.name]
    whole = isinstance(k.size, int) and isinstance(column.size, int)
    if not whole or weights.begin < 0 or weights.begin + int(k.size) * int(column.size) != bias.begin:
        return None
    of_weights, of_bias = touching.get(_own(weights), []), touching.get(_own(bias), [])
    if len(of_weights) != 1 or len(of_bias) != 1:
        return None
    pair = Pair(s, of_weights[0], of_bias[0], a.name, w.name, b.name)
    return pair if _is_filled_alike(pair) else None


def _own(array: Array) -> str:
    """The parameter that an array is, or is the gradient of."""
    return array.code.partition(".")[2]


def _is_filled_alike(p: Pair) -> bool:
    """Whether the gradients are a product with the same factor, and a sum over the samples of the other one."""
    match p.of_weights.value, p.of_bias.value:
        case Product(left=Read() as a, right=Read() as d, over=over), Fold(op="sum", over=again, body=Read() as e):
            a, d = (d, a) if d.name == p.factor else (a, d)
            same = d.name == e.name and len(over) == len(again) == 1 and a.name == p.factor
            flat = len(a.axes) == len(d.axes) == 2
            return same and flat and p.of_weights.definition and p.of_bias.definition
    return False


def _copy(p: Pair, array: Array, setting: Setting) -> Choice:
    """Whether an input is copied beside a column of ones."""
    count = setting.extent(tuple(Axis(str(k), size) for k, size in enumerate(array.shape)))
    numbers, run = setting.extent(p.forward.axes), setting.extent(p.of_bias.axes)
    machine = setting.machine
    beside = machine.elementwise(numbers, 3, run) + machine.reduce(numbers, run, inner=False)
    copied = COPY * machine.copy(count, setting.extent(p.of_weights.axes) / run)
    candidates = (("added", beside), ("a row of ones", copied))
    return cheapest(f"{p.bias}, {p.factor} being an input", candidates, "a copy, or a call to add and one to sum")


# ---- which values lie with the samples last ----


def _turned_groups(program: Program, wanted: set[str]) -> dict[str, dict[str, tuple[int, int]]]:
    """By wanted value, the values that functions of every element connect with it, each with its new order.

    Where one of them may not be turned, an output or a target, there is no order.
    """
    arrays = {a.name: a for a in program.arrays}
    links: dict[str, set[str]] = {}
    for s in program.statements:
        if isinstance(s, Statement) and s.stage not in (UPDATE,):
            names = {s.target, *(r.name for r in _elements(s.value) if set(r.axes) == set(s.axes))}
            for name in names if len(s.axes) == 2 else ():
                links.setdefault(name, set()).update(names)
    fixed = {*program.lasting, *(name for pair in program.probabilities for name in pair)}
    others = [s for s in program.statements if not (isinstance(s, Statement) and _turnable(s))]
    fixed |= {name for s in others for name in (*targets_of(s), *read_arrays(s, {}))}
    found = {}
    for start in sorted(wanted):
        group, waiting = {start}, [start]
        for name in waiting:
            more = sorted(links.get(name, set()) - group)
            group.update(more)
            waiting += more
        if all(arrays[n].kind == "value" and _is_flat(arrays[n]) and n not in fixed for n in group):
            found[start] = dict.fromkeys(sorted(group), (1, 0))
    return found


def _elements(node: Node) -> Iterator[Read]:
    """The arrays that functions of every element read directly."""
    if isinstance(node, Read):
        yield node
    elif isinstance(node, Apply):
        for a in node.args:
            yield from _elements(a)


def _turnable(s: Statement) -> bool:
    """Whether a statement reads and fills whole arrays only, in any order of their axes."""
    shapes = all(isinstance(n, Read | Apply | Fold | Product) or not n.children for n in walk(s.value))
    return s.definition and shapes and s.stage != PROBABILITY


def _is_flat(array: Array) -> bool:
    plain = not (array.padding or array.view_of or array.turned) and array.dtype == "real"
    return plain and len(array.shape) == 2 and array.shape[0] == "n"


# ---- the program ----


@dataclass(slots=True)
class _Rows:
    arrays: dict[str, Array]
    whole: dict[str, str] = field(default_factory=dict)  # a factor, and the array of it and of the ones
    copies: dict[str, Statement] = field(default_factory=dict)  # of inputs, by name

    def program(self, program: Program, pairs: list[Pair]) -> Program:
        for p in pairs:
            self.extended(p)
        statements: list[Step] = []
        forward = {p.forward.target: p for p in pairs}
        weights = {p.of_weights.target: p for p in pairs}
        biases = {p.of_bias.target for p in pairs}
        changed = {*forward, *weights, *biases}
        for s in program.statements:
            if isinstance(s, RoutineCall) or s.target not in changed:
                statements.append(s)
            elif s.target in forward and _is_sum(s):
                p = forward[s.target]
                copy = self.copies.pop(p.factor, None)
                statements += [copy] if copy else []
                statements.append(self.product(s, p))
            elif s.target in weights:
                statements.append(self.gradient(s, weights[s.target]))
            elif s.target not in biases:
                statements.append(s)
        return replace(program, arrays=tuple(self.arrays.values()), statements=tuple(statements))

    def extended(self, p: Pair) -> None:
        """The arrays of a factor with its ones, and of the weights with their bias."""
        self.joined(p)
        if p.factor in self.whole:
            return
        a = self.arrays[p.factor]
        whole = self.whole[p.factor] = free_name(f"{p.factor}_one", self.arrays)
        along = a.shape.index("n") ^ 1
        shape = tuple(_more(size) if k == along else size for k, size in enumerate(a.shape))
        self.arrays[whole] = Array(whole, shape, padding=((0, 0), (0, 0)), ones=along)
        if a.kind == "value":
            self.arrays[p.factor] = replace(a, view_of=whole, turned=())
            return
        part = free_name(f"{p.factor}_copy", self.arrays)
        self.arrays[part] = Array(part, a.shape, view_of=whole)
        axes = tuple(Axis(f"i{k}", size) for k, size in enumerate(a.shape))
        s = p.forward
        self.copies[p.factor] = Statement(part, axes, Read(p.factor, axes), s.stage, s.equation, node=s.node)

    def joined(self, p: Pair) -> None:
        """The arrays of weights and bias together, and of their gradients."""
        begin = self.arrays[p.weights].begin
        for kind, name in (("parameter", p.weights), ("gradient", p.of_weights.target)):
            a = self.arrays[name]
            shape = (_more(a.shape[0]), a.shape[1])
            self.arrays[_both(name)] = Array(_both(name), shape, kind, code=_both(a.code), begin=begin, ones=0)

    def product(self, s: Statement, p: Pair) -> Statement:
        """``z = [a, 1] @ [W; b]``."""
        assert isinstance(s.value, Apply) and isinstance(s.value.args[0], Product)
        found = s.value.args[0]
        (k,) = found.over
        longer = fresh_axis(k._replace(size=_more(k.size)), {a.letter for a in s.axes})

        def read(node: Node) -> Read:
            assert isinstance(node, Read)
            name = _both(node.name) if node.name == p.weights else self.whole[node.name]
            return replace(node, name=name, axes=tuple(longer if a == k else a for a in node.axes))

        return replace(s, value=replace(found, left=read(found.left), right=read(found.right), over=(longer,)))

    def gradient(self, s: Statement, p: Pair) -> Statement:
        """``[dW; db] = [a, 1].T @ dz``."""
        assert isinstance(s.value, Product)
        (k,) = (a for a in s.axes[:1])
        longer = fresh_axis(k._replace(size=_more(k.size)), {a.letter for a in (*s.axes[1:], *s.value.over)})

        def read(node: Node) -> Read:
            assert isinstance(node, Read)
            if node.name != p.factor:
                return node
            return replace(node, name=self.whole[p.factor], axes=tuple(longer if a == k else a for a in node.axes))

        value = replace(s.value, left=read(s.value.left), right=read(s.value.right))
        equations = f"{s.equation} {p.of_bias.equation}".strip()
        return replace(s, target=_both(s.target), axes=(longer, s.axes[1]), value=value, equation=equations)


def _is_sum(s: Statement) -> bool:
    return isinstance(s.value, Apply) and s.value.function == "add" and isinstance(s.value.args[0], Product)


def _both(name: str) -> str:
    return f"{name}_and_bias"


def _more(size: int | str) -> int:
    assert isinstance(size, int)
    return size + 1
