"""What is scattered has a statement of its own, and so has what is scattered beyond an axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from symbp.lower.model import (
    UPDATE,
    AddAt,
    Apply,
    Array,
    Axis,
    Node,
    Program,
    Read,
    Scalar,
    Scatter,
    Statement,
    Step,
    Window,
    affine_of,
    axes_of,
    factors_of,
    free_name,
    mapped,
    merged,
    product,
    product_of,
    split_sign,
    stays_inside,
    sum_of,
    unpadded,
    walk,
)
from symbp.notation.expr import number
from symbp.passes.ledger import counted

ONE, MINUS_ONE = number(1), number(-1)


def scatter_apart(program: Program) -> tuple[Program, str]:
    """Sums that are added at places of their result, one statement each; what else the result holds is added."""
    work = _Apart({a.name: a for a in program.arrays}, {o.node: o.layer for o in program.origins})
    for s in program.statements:
        if isinstance(s, Statement) and s.stage != UPDATE and _scatters(s.value):
            work.statement(s)
        else:
            work.done.append(s)
    count = len(work.done) - len(program.statements)
    done = replace(program, arrays=tuple(work.arrays.values()), statements=tuple(work.done))
    return done, f"{counted(count, 'statement')} more" if count else ""


def _scatters(node: Node) -> bool:
    return any(isinstance(n, Scatter | AddAt) for n in walk(node))


@dataclass(slots=True)
class _Apart:
    arrays: dict[str, Array]
    layers: dict[str, str]
    done: list[Step] = field(default_factory=list)

    def named(self, stem: str, s: Statement) -> str:
        """A name for what a statement needs: after its value, or where this is a step towards one, after its layer."""
        own = self.layers.get(s.node, s.node) if self.arrays[s.target].part_of else s.target
        return free_name(f"{stem}_{own}", self.arrays)

    def statement(self, s: Statement) -> None:
        """Scattered terms first, then the others."""
        terms = [self._absorbed(t) for t in _terms(s.value)]
        own = [t for t in terms if isinstance(t, Scatter | AddAt)]
        others = [self._named_inside(t, s) for t in terms if not isinstance(t, Scatter | AddAt)]
        parts = [*own, *([sum_of(others)] if others else [])]
        for k, part in enumerate(parts):
            self.scattered(replace(s, value=part, accumulate=s.accumulate or k > 0))

    def _absorbed(self, term: Node) -> Node:
        """A number times what is scattered is scattered with it."""
        factor, core = _scale(term)
        if not isinstance(core, Scatter | AddAt) or core is term:
            return term
        return replace(core, body=product_of([core.body, factor]))

    def _named_inside(self, term: Node, s: Statement) -> Node:
        """A term in which what is scattered has a name."""

        def change(node: Node) -> Node:
            if not isinstance(node, Scatter | AddAt):
                return node
            name = self.named("sum", s)
            axes = axes_of(node)
            self.arrays[name] = Array(name, tuple(a.size for a in axes))
            self.scattered(replace(s, target=name, axes=axes, value=node, accumulate=False))
            return Read(name, axes, equation=node.equation)

        return mapped(term, change)

    def scattered(self, s: Statement) -> None:
        """One scatter; where it goes beyond an axis, to a larger array, of which a part is the result."""
        if not isinstance(s.value, Scatter) or stays_inside(s.value.at):
            self.done.append(s)
            return
        whole, part = unpadded(s.value)
        assert isinstance(part, Window)
        larger = dict(zip([a for a, _ in s.value.at], [a for a, _ in whole.at], strict=True))
        axes = tuple(larger.get(a, a) for a in s.axes)
        name = self.named("padded", s)
        self.arrays[name] = Array(name, tuple(a.size for a in axes))
        self.done.append(replace(s, target=name, axes=axes, value=whole, accumulate=False))
        self.done.append(replace(s, value=replace(part, source=Read(name, axes, equation=s.equation))))


def one_place(body: Node, loops: Sequence[Axis]) -> tuple[Node, Apply] | None:
    """``value*[label == place]``, for a place that loops count and a value and label without these axes."""
    factors, scalar = factors_of(body)
    for f in factors:
        if not isinstance(f, Apply) or f.function != "equal":
            continue
        others = [o for o in factors if o is not f]
        place = affine_of(f.args[1])
        bare = not set(loops) & set(merged(axes_of(n) for n in (f.args[0], *others)))
        if place is not None and set(place.axes) <= set(loops) and bare:
            return product_of([*others, Scalar(scalar)]), f
    return None


def _terms(node: Node) -> list[Node]:
    """The terms of a sum, signs included."""
    if isinstance(node, Apply) and node.function in ("add", "subtract"):
        left, right = node.args
        second = _terms(right)
        if node.function == "subtract":
            second = [_negative(t) for t in second]
        return [*_terms(left), *second]
    return [node]


def _negative(node: Node) -> Node:
    plain, minus = split_sign(node)
    return plain if minus else Apply("negative", (node,), equation=node.equation)


def _scale(node: Node) -> tuple[Scalar, Node]:
    """A number and what it multiplies."""
    if isinstance(node, Apply) and node.function == "negative":
        factor, core = _scale(node.args[0])
        return Scalar(product(MINUS_ONE, factor.value)), core
    if isinstance(node, Apply) and node.function == "multiply" and isinstance(node.args[1], Scalar):
        factor, core = _scale(node.args[0])
        return Scalar(product(node.args[1].value, factor.value)), core
    return Scalar(ONE), node
