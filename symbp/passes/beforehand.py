"""Numbers of an update that take some arithmetic are computed before its arrays are, once for all blocks of these."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from fractions import Fraction

from symbp.lower.model import (
    GRAD,
    THETA,
    UPDATE,
    Apply,
    Array,
    Node,
    Program,
    Read,
    Scalar,
    Statement,
    Step,
    free_name,
    mapped,
    monomial,
    power,
    product_of,
    reads,
    walk,
)
from symbp.notation.expr import Call, Expr, Num, Pow
from symbp.notation.expr import walk as parts_of
from symbp.passes.ledger import counted

HALF = Num(Fraction(1, 2))
TAKEN = (THETA, GRAD, "optimizer", "lr", "k", "part", "start", "np", "math")  # names in the function


def compute_scalars_first(program: Program) -> tuple[Program, str]:
    """Numbers of the update named and moved in front of it, roots that several of them have in common by themselves."""
    update = program.plain(UPDATE)
    first = _First({a.name: a for a in program.arrays}, _common_roots(update))
    done = [s for old in update for s in first.apart(old)]
    statements: list[Step] = [s for s in program.statements if s.stage != UPDATE]
    for s in done:
        statements.insert(len(statements) if s.axes else _earliest(s, statements), s)
    count = len(done) - len(update)
    did = f"{counted(count, 'number')} computed first" if count else ""
    return replace(program, arrays=tuple(first.arrays.values()), statements=tuple(statements)), did


def _common_roots(update: tuple[Statement, ...]) -> frozenset[Expr]:
    """What several numbers take the root of."""
    numbers = dict.fromkeys(n.value for s in update if s.axes for n in walk(s.value) if isinstance(n, Scalar))
    met = Counter(base for e in numbers for base in dict.fromkeys(_rooted(e)))
    return frozenset(base for base, count in met.items() if count > 1)


def _rooted(e: Expr) -> list[Expr]:
    return [base for base, exponent in monomial(e)[1] if abs(exponent) == HALF.value and not isinstance(base, Num)]


def _is_work(e: Expr) -> bool:
    """Whether a number has a power or a function in it."""
    return any(
        isinstance(part, Call) or (isinstance(part, Pow) and not _whole(part.exponent)) for part in parts_of(e)
    )


def _whole(exponent: Expr) -> bool:
    return isinstance(exponent, Num) and exponent.value.denominator == 1


def _earliest(s: Statement, statements: list[Step]) -> int:
    """The first place where all is there that a number is computed from, and nothing after it changes or reads that."""
    place = len(statements)
    while place:
        before = statements[place - 1]
        if not isinstance(before, Statement) or before.stage != UPDATE:
            break
        if before.target in (*reads(s.value), s.target) or s.target in reads(before.value) or not before.axes:
            break
        place -= 1
    return place


@dataclass(slots=True)
class _First:
    """Names for numbers."""

    arrays: dict[str, Array]
    roots: frozenset[Expr]
    named: dict[Expr, str] = field(default_factory=dict)

    def apart(self, s: Statement) -> list[Statement]:
        """The statements of the numbers that a statement reads and that have no name yet, then the statement."""
        if not s.axes:
            return [s]
        made: list[Statement] = []

        def change(node: Node) -> Node:
            if not isinstance(node, Apply):
                return node
            stem = "offset" if node.function in ("add", "subtract") else "factor"
            return replace(node, args=tuple(self.read(a, stem, s, made) for a in node.args))

        value = mapped(s.value, change) if isinstance(s.value, Apply) else s.value
        return [*made, replace(s, value=value)]

    def read(self, node: Node, stem: str, s: Statement, made: list[Statement]) -> Node:
        if not isinstance(node, Scalar) or not _is_work(node.value):
            return node
        scalar, powers = monomial(node.value)
        factors: list[Node] = []
        for base, exponent in powers:
            if base in self.roots and abs(exponent) == HALF.value:
                root = self.name(power(base, HALF), Scalar(power(base, HALF)), "root", s, made)
                factors.append(root if exponent > 0 else Apply("reciprocal", (root,)))
            else:
                scalar_part = power(base, Num(exponent))
                factors.append(Scalar(scalar_part))
        value = product_of([Scalar(Num(scalar)), *factors])
        return self.name(node.value, value, stem, s, made)

    def name(self, key: Expr, value: Node, stem: str, s: Statement, made: list[Statement]) -> Read:
        """A name for a number, which has this value."""
        if key not in self.named:
            name = self.named[key] = free_name(stem, {*self.arrays, *TAKEN})
            self.arrays[name] = Array(name, ())
            made.append(Statement(name, (), value, UPDATE, s.equation, node=s.node))
        return Read(self.named[key], ())
