"""In a network of a few numbers, calling NumPy's functions takes longer than what they do: the fewest calls are best.

What is then written otherwise:

- ``softplus(z)`` as ``logaddexp(z, 0)``, one call for the six of its stable form (workspaces for complex numbers, for
  which NumPy has no such function, have one of their own);
- ``a = sigmoid(z)`` as ``e/(1 + e)`` with ``e = exp(min(z, 88))``, four calls and no function of Python around them;
  ``1 - a`` is then ``1/(1 + e)``, which a product divides by in one call;
- the sum of ``a - t*z`` over everything as the sum of ``a`` less one product of vectors.

A program of this kind is `brief`, and its text is written for few lookups too: numbers are arrays of no dimensions,
which a function takes in half the time of a Python float.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from symbp.lower.model import (
    BACKWARD,
    FORWARD,
    INPUT,
    LOSS,
    Apply,
    Array,
    Fold,
    Node,
    Product,
    Program,
    Read,
    RoutineCall,
    Scalar,
    Statement,
    Step,
    axes_of,
    factors_of,
    free_name,
    is_number,
    mapped,
    power,
    product,
    scaled,
    size_expr,
    sum_of,
    terms_of,
)
from symbp.notation.expr import number
from symbp.passes.estimate import estimate
from symbp.passes.ledger import Choice, Margin, Setting, cheapest, counted
from symbp.passes.primitive import make_primitive

ONE, ZERO = Scalar(number(1)), Scalar(number(0))
LARGEST = Scalar(number(88))  # exp of it is a float32; from 37 on, 1/(1 + exp(-z)) is 1 in double precision too
USUAL = "as they are"
# Of a call, less where functions are looked up once and numbers are arrays.  Measured: 13 and 27 microseconds a step of
# 2-4-1, 38 and 59 of 16-32-16-2; 32 and 36 of 4-16-3, 115 and 133 of 64-32-10, 47 and 47 where `logaddexp` has to take
# 300 logarithms.
LOOKED_UP = 0.4
WORTH = 0.1  # of a step: for a smaller gain functions stay as they are


def few_calls(program: Program, setting: Setting) -> tuple[Program, str, tuple[Choice, ...]]:
    """Where calls take longer than what they do, functions in fewer calls."""
    step = [s for s in program.statements if s.stage in (FORWARD, LOSS, BACKWARD)]
    plain = [s for s in step if isinstance(s, Statement) and not s.loop]
    if not plain or len(plain) < len(step):
        return program, "", ()
    done = _Brief({a.name: a for a in program.arrays}, {o.node: o.layer for o in program.origins})
    short = done.program(program)
    usual, fewest = (estimate(make_primitive(p)[0], setting) for p in (program, short))
    looked_up = LOOKED_UP * setting.machine.call * fewest.calls
    candidates = ((USUAL, usual.total), ("the fewest calls", fewest.total - looked_up))
    choice = cheapest("all statements", candidates, "a step, each call by its functions", Margin(USUAL, WORTH))
    if choice.chosen == USUAL:
        return program, "", (choice,)
    return replace(short, brief=True), f"{counted(done.count, 'statement')} written otherwise", (choice,)


@dataclass(slots=True)
class _Brief:
    """The statements of a program, those of a step rewritten."""

    arrays: dict[str, Array]
    layers: dict[str, str]
    divisors: dict[str, str] = field(default_factory=dict)  # the sigmoid a, and where 1 + exp(z) is kept for it
    count: int = 0

    def program(self, program: Program) -> Program:
        made = Counter(s.target for s in program.statements if isinstance(s, Statement))
        statements: list[Step] = []
        for s in program.statements:
            own = s.stage in (FORWARD, LOSS, BACKWARD) or s.stage.startswith(INPUT)
            if isinstance(s, RoutineCall) or not own or not s.definition:
                statements.append(s)
                continue
            done = replace(s, value=mapped(s.value, self.node))
            both = self.sigmoid(done) if made[s.target] == 1 or s.stage != FORWARD else [done]
            self.count += both != [s]
            statements += both
        return replace(program, arrays=tuple(self.arrays.values()), statements=tuple(statements))

    def node(self, node: Node) -> Node:
        match node:
            case Apply(function="softplus", args=(z,)):
                return replace(node, function="logaddexp", args=(z, ZERO))
            case Apply(function="subtract", args=(Scalar(value=value), Read() as a)) if is_number(value, 1):
                return self.complement(node, a)
            case Fold(op="sum" | "mean") if not axes_of(node):
                return self.total(node)
        return node

    def complement(self, node: Apply, a: Read) -> Node:
        """``1 - a`` of a sigmoid: 1 by its divisor."""
        if a.name not in self.divisors:
            return node
        return Apply("reciprocal", (replace(a, name=self.divisors[a.name]),), equation=node.equation)

    def total(self, fold: Fold) -> Node:
        """The sum of everything: of products of two arrays as products of vectors."""
        terms = terms_of(fold.body)
        apart = [t for t in terms if self.is_pair(t, fold)]
        if not apart or len(terms) < 2:
            return fold
        if fold.op == "mean":
            count = product(*(power(size_expr(a.size), number(-1)) for a in fold.over))
            return scaled(self.total(replace(fold, op="sum")), count)
        rest = [t for t in terms if t not in apart]
        parts: list[Node] = [replace(fold, body=sum_of(rest))] if rest else []
        for t in apart:
            (left, right), scalar = factors_of(t)
            parts.append(Apply("multiply", (Product(left, right, fold.over, equation=t.equation), Scalar(scalar))))
        return sum_of(parts)

    def is_pair(self, term: Node, fold: Fold) -> bool:
        """Whether a term is a number times two arrays of all axes, as both lie in memory."""
        factors, _ = factors_of(term)
        reads = [f for f in factors if isinstance(f, Read) and set(f.axes) == set(fold.over)]
        return len(factors) == len(reads) == 2 and reads[0].axes == reads[1].axes

    def sigmoid(self, s: Statement) -> list[Statement]:
        """The statements of a sigmoid that is a value of its own."""
        if not (isinstance(s.value, Apply) and s.value.function == "sigmoid" and s.axes):
            return [s]
        z = s.value.args[0]
        if axes_of(z) != s.axes:
            return [s]
        power = self.named("exp", s)
        divisor = self.named("divisor", s)
        e = replace(s, target=power, value=Apply("exp", (Apply("minimum", (z, LARGEST)),)))
        d = replace(s, target=divisor, value=Apply("add", (Read(power, s.axes), ONE)))
        ratio = Apply("multiply", (Read(power, s.axes), Apply("reciprocal", (Read(divisor, s.axes),))))
        self.divisors[s.target] = divisor
        return [e, d, replace(s, value=ratio)]

    def named(self, purpose: str, s: Statement) -> str:
        """A name for a value on the way to that of a statement."""
        name = free_name(f"{purpose}_{self.layers.get(s.node, s.target)}", self.arrays)
        self.arrays[name] = replace(self.arrays[s.target], name=name)
        return name
