"""Two units made one: a node without parameters in front of the loss becomes part of the loss.

The equations are put one after the other, so that the engine sees through the border between them: the gradient of
KL divergence behind a softmax is (q - t)/N, though neither of the two says so.  The safe equations take their
logarithms through the border too: that of a softmax is a difference of scores, finite where the softmax is 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from symbp.derive.logarithms import with_logarithms_of_exponentials
from symbp.graph.model import Graph, LocalTensor, Node, Unit
from symbp.notation.expr import Equation, Expr, FirstMax, Index, Num, Reduce, Ref, Sym, rebuild, walk


@dataclass(frozen=True, slots=True)
class Border:
    """`loss` reads the output of `before` by the local name `joint`, and nothing else reads it."""

    before: Node
    loss: Node
    joint: str


def find_borders(graph: Graph) -> tuple[Border, ...]:
    """The border in front of each loss, if a node without parameters stands there that only this loss reads.

    A node that draws, keeps states or predicts otherwise stays by itself too, and so does one that reads or gives an
    array by other axes than it has: its views are its own."""
    made = {n.bound(n.unit.output): n for n in graph.nodes if not n.unit.is_loss}
    readers = Counter(name for n in graph.nodes for name in _read_by(n))
    found = []
    for loss in (n for n in graph.nodes if n.unit.is_loss):
        joints = [t.name for t in loss.unit.tensors if t.role == "input" and loss.bound(t.name) in made]
        before = made[loss.bound(joints[0])] if len(joints) == 1 else None
        if before is None or before.unit.inference or before.views or loss.views:
            continue
        kept = {t.role for t in before.unit.tensors} & {"parameter", "random", "state"}
        if not kept and readers[before.bound(before.unit.output)] == 1:
            found.append(Border(before, loss, joints[0]))
    return tuple(found)


def _read_by(node: Node) -> set[str]:
    """The values that a node reads, each once."""
    return {node.bound(t.name) for t in node.unit.tensors if t.role in ("input", "data")}


def merged(border: Border) -> Node:
    """The node that does the work of both; the loss keeps its names, those of the node before it give way."""
    before, loss = border.before, border.loss
    names = _Names(border)
    unit = _merged_unit(before.unit, loss.unit, names)
    binding = [(names.tensor(local), name) for local, name in before.binding if local != before.unit.output]
    sizes = dict(loss.sizes) | {names.symbol(s): v for s, v in before.sizes if names.symbol(s) not in dict(loss.sizes)}
    return replace(
        loss,
        unit=unit,
        binding=(*binding, *loss.binding),
        sizes=tuple(sizes.items()),
        constants=(*((names.symbol(c), v) for c, v in before.constants), *loss.constants),
        transposed=(*(names.tensor(t) for t in before.transposed), *loss.transposed),
        views=(*((names.tensor(t), blocks) for t, blocks in before.views), *loss.views),
        named=tuple((dict(loss.named) | {names.symbol(s): v for s, v in before.named}).items()),
    )


def _merged_unit(before: Unit, loss: Unit, names: _Names) -> Unit:
    defined = {e.name for e in (*loss.plain, *loss.safe)}
    outer = [names.local(t) for t in before.tensors if t.role != "value"]
    inner = [names.local(t) for t in before.tensors if t.role == "value"]
    own = [t for t in loss.tensors if t.name != names.joint]
    return Unit(
        key=f"{before.key} + {loss.key}",
        title=f"{before.title} + {loss.title}",
        plain=(*names.equations(before.plain), *loss.plain),
        safe=with_logarithms_of_exponentials((*names.equations(before.safe), *loss.safe)),
        tensors=(*outer, *(t for t in own if t.name not in defined), *inner, *(t for t in own if t.name in defined)),
        facts=(*((names.expr(a), names.expr(b)) for a, b in before.facts), *loss.facts),
        is_loss=True,
        probability=loss.probability,
        subgradient=_joined(before.subgradient, loss.subgradient),
        source=_joined(before.source, loss.source),
    )


def _joined(*texts: str) -> str:
    return "; ".join(dict.fromkeys(t for t in texts if t))


class _Names:
    """New names for the unit before the loss: its output is the loss's input, all else must not collide."""

    def __init__(self, border: Border) -> None:
        before, loss = border.before.unit, border.loss.unit
        self.joint = border.joint
        taken = {t.name for t in loss.tensors} | _symbols(loss)
        self._tensors = {before.output: self.joint}
        for name in [t.name for t in before.tensors if t.name != before.output]:
            self._tensors[name] = _free_name(name, taken | set(self._tensors.values()))
        self._symbols = dict(_matched_sizes(before.plain[-1].indices, loss.tensor(self.joint).indices))
        self._indices = dict(zip(before.plain[-1].indices, loss.tensor(self.joint).indices, strict=True))
        for name in sorted(_symbols(before) - set(self._symbols) - {"pi"}):
            self._symbols[name] = _free_name(name, taken | set(self._symbols.values()))

    def tensor(self, name: str) -> str:
        return self._tensors[name]

    def symbol(self, name: str) -> str:
        return self._symbols.get(name, name)

    def index(self, i: Index) -> Index:
        return self._indices.get(i, replace(i, size=self._size(i.size)))

    def _size(self, size: Sym | Num) -> Sym | Num:
        return replace(size, name=self.symbol(size.name)) if isinstance(size, Sym) else size

    def local(self, t: LocalTensor) -> LocalTensor:
        return replace(t, name=self.tensor(t.name), indices=tuple(self.index(i) for i in t.indices))

    def equations(self, equations: Iterable[Equation]) -> tuple[Equation, ...]:
        return tuple(Equation(self._ref(e.lhs), self.expr(e.rhs)) for e in equations)

    def _ref(self, e: Ref) -> Ref:
        return replace(e, name=self._tensors.get(e.name, e.name), at=tuple(self.expr(a) for a in e.at))

    def expr(self, e: Expr) -> Expr:
        """The same expression in the new names; bound indices are renamed like free ones."""
        match e:
            case Sym():
                return self._size(e)
            case Index():
                return self.index(e)
            case Ref():
                return self._ref(e)
            case Reduce() | FirstMax():
                renamed = replace(e, bound=tuple(self.index(i) for i in e.bound))
                return rebuild(renamed, tuple(self.expr(c) for c in e.children))
        return rebuild(e, tuple(self.expr(c) for c in e.children))


def _matched_sizes(own: Iterable[Index], other: Iterable[Index]) -> Iterable[tuple[str, str]]:
    for a, b in zip(own, other, strict=True):
        if isinstance(a.size, Sym) and isinstance(b.size, Sym):
            yield a.size.name, b.size.name


def _symbols(unit: Unit) -> set[str]:
    nodes = (n for e in (*unit.plain, *unit.safe) for n in (*walk(e.lhs), *walk(e.rhs)))
    sizes = {n.size.name for e in (*unit.plain, *unit.safe) for n in e.indices if isinstance(n.size, Sym)}
    sizes |= {i.size.name for t in unit.tensors for i in t.indices if isinstance(i.size, Sym)}
    return sizes | {n.name for n in nodes if isinstance(n, Sym)}


def _free_name(name: str, taken: set[str]) -> str:
    if name not in taken:
        return name
    k = 1
    while f"{name}{k}" in taken:
        k += 1
    return f"{name}{k}"
