"""What a derivation is: closed forms, and every step on the way to them."""

from __future__ import annotations

from dataclasses import dataclass

from symbp.graph.model import Graph, LocalTensor, Node, Unit, Update
from symbp.notation.expr import Equation, Expr


@dataclass(frozen=True, slots=True)
class Step:
    """One rewriting: `before` and `after` are equal wherever the forward equations (and the facts) hold.

    `rule` is the name of the rule ("chain rule", "contract delta", "fold", "fact", "merge sums", "factor", ...);
    `using` the equation or fact it used, if any; the prices are those of the engine's cost model.
    """

    rule: str
    target: str  # the adjoint, e.g. "dx"
    before: Expr
    after: Expr
    using: Equation | None = None
    price_before: float = 0.0
    price_after: float = 0.0


@dataclass(frozen=True, slots=True)
class Fact:
    """An equation that holds: stated of the data, or proved (`proof` says how)."""

    left: Expr
    right: Expr
    proof: str = ""


@dataclass(frozen=True, slots=True)
class ClosedForm:
    """Forward and adjoint equations of one set of equations.

    `forward` holds the author's equations and the values that the engine promoted to names, in an order of computation;
    `adjoints` defines ``d<name>`` for every input and parameter, and the adjoints kept on the way, in an order of
    computation (a recurrence: in the order of its own sweep).  Adjoints read ``d<output>`` as the upstream gradient,
    forward values, parameters, and each other.  `saved` are the forward values that adjoints read.
    """

    forward: tuple[Equation, ...]
    adjoints: tuple[Equation, ...]
    saved: tuple[str, ...]
    steps: tuple[Step, ...]
    facts: tuple[Fact, ...]

    def adjoint(self, name: str) -> Equation:
        """The equation that defines ``d<name>``."""
        return next(e for e in self.adjoints if e.name == f"d{name}")


@dataclass(frozen=True, slots=True)
class UnitDerivation:
    """A unit derived twice: `plain` is printed, `safe` is emitted.

    Equations are numbered ``section.m``: the forward equations of `safe`, its adjoints, then what the unit does beside
    (a prediction, new values of states), an equation that stands there already left out.  `numbers` has the numbers by
    name where they are others.
    """

    section: int
    unit: Unit
    plain: ClosedForm
    safe: ClosedForm
    equality: str  # how plain and safe were shown equal: "same", "proved", "checked to 40 digits"
    numbers: tuple[tuple[str, str], ...] = ()

    def number(self, equation: Equation) -> str:
        """The number of an equation of `safe` or of `beside`, as text: "2.3"."""
        return f"{self.section}.{self._numbered.index(equation) + 1}"

    @property
    def count(self) -> int:
        """How many equations have numbers."""
        return len(self._numbered)

    @property
    def _numbered(self) -> list[Equation]:
        beside = (e for _, equations in self.beside for e in equations)
        return list(dict.fromkeys((*self.safe.forward, *self.safe.adjoints, *beside)))

    @property
    def beside(self) -> tuple[tuple[str, tuple[Equation, ...]], ...]:
        """What the unit does beside training: a heading, and the equations under it."""
        unit = self.unit
        every = (
            ("in a prediction", unit.inference),
            ("first values", unit.start),
            ("states, before the forward pass of a training step", unit.before),
            ("states, after the forward pass of a training step", unit.after),
        )
        return tuple((heading, equations) for heading, equations in every if equations)


@dataclass(frozen=True, slots=True)
class Derivation:
    """The derivation of a whole network: one `UnitDerivation` a distinct unit, and which node uses which.

    `nodes` are the graph's, except that a parameter-free node in front of the loss is merged into the loss unit where
    the algebra cancels across the border.  The cotangent of a value that several nodes read is the sum of theirs.
    `biased` are the units that have no bias (see symbp/derive/bias.py), with one: reports prove backpropagation for
    the general layer.  Their equations have no numbers of their own.
    """

    graph: Graph
    nodes: tuple[Node, ...]
    units: tuple[UnitDerivation, ...]
    biased: tuple[UnitDerivation, ...] = ()

    @property
    def training_section(self) -> int:
        """The section of the optimiser: it follows those of the units."""
        return len(self.units) + 1

    def updates(self) -> tuple[tuple[Update, tuple[str, ...]], ...]:
        """The clips and the optimiser in the order of a step, each with the numbers of its equations.

        The equations of an update are those of its `decayed` parameters, then the others."""
        made, last = [], 0
        for update in (*self.graph.training.clips, self.graph.training.update):
            count = len(update.decayed) + len(update.equations)
            made.append((update, tuple(f"{self.training_section}.{last + m}" for m in range(1, count + 1))))
            last += count
        return tuple(made)

    @property
    def rate_number(self) -> str:
        """The number of the equation of the learning rate, the last of its section."""
        return f"{self.training_section}.{sum(len(numbers) for _, numbers in self.updates()) + 1}"

    def of(self, node: Node) -> UnitDerivation:
        return next(u for u in self.units if u.unit.key == node.unit.key)

    def with_bias(self, node: Node) -> UnitDerivation:
        """The derivation of the node's unit, or of that unit with a bias where it has none."""
        return next((u for u in self.biased if u.unit.key == node.unit.key), self.of(node))


@dataclass(frozen=True, slots=True)
class HessianDerivation:
    """What the product of the Hessian with a direction is made of: a derivation with tangents among its equations.

    The tangent of any value is named with `mark` in front: ``Rz`` of ``z``, ``Rdz`` of its adjoint.  In `network` every
    unit reads the tangents of its inputs and parameters as further ones, the tensors of the graph have theirs beside
    them, and adjoints are there only where a tangent needs them.
    """

    network: Derivation
    mark: str


@dataclass(frozen=True, slots=True)
class Derivative:
    """One derivative: ``df_dx`` of order 1 by ("x",), ``d2f_dW_db`` of order 2 by ("W", "b").

    Its equation has the indices of the result (none where that is a number, or was multiplied by a cotangent), then
    those of each array it was differentiated by.
    """

    name: str
    of: str
    by: tuple[str, ...]
    ranks: tuple[int, ...]  # the number of indices of the result, and of each array


@dataclass(frozen=True, slots=True)
class FormulaDerivation:
    """What was derived of a formula: `equations` in an order of computation, those of the formula among them.

    `tensors` is what they read from outside, a cotangent included.
    """

    formula: tuple[Equation, ...]
    equations: tuple[Equation, ...]
    tensors: tuple[LocalTensor, ...]
    facts: tuple[tuple[Expr, Expr], ...]
    derivatives: tuple[Derivative, ...]
    cotangent: str = ""

    @property
    def output(self) -> str:
        return self.formula[-1].name

    def equation(self, name: str) -> Equation:
        return next(e for e in self.equations if e.name == name)
