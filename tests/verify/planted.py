"""Errors to plant in each stage: what `generate` must refuse.

Each mutant is a name, the spec that it is planted in, and a change of what one stage hands to the next.  A change that
finds nothing to change raises, so that no mutant is passed over in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import pytest

from symbp import compiler
from symbp.derive.model import Derivation
from symbp.errors import Problem, VerificationError
from symbp.lower.model import Apply, Fold, Node, Program, Read, Scalar, Statement, mapped
from symbp.notation.expr import Add, Equation, Expr, Mul, Num, Pow, Reduce, Ref, negative, rebuild
from symbp.spec.load import loads

HAIR, TWO = Num(1 + Fraction(1, 10**8)), Num(Fraction(2))

CHAIN = """
symbp: 1
name: chain
input: {x: [5]}
layers:
  - {type: dense, name: a, units: 5, activation: tanh}
  - {type: dense, name: b, units: 5, activation: relu}
  - {type: dense, name: c, units: 5}
loss: {type: cross_entropy, labels: integer, l2: 0.1}
train:
  optimizer: {type: adamw, lr: 0.05, weight_decay: 0.1, clip_norm: 0.5, schedule: {type: cosine, final: 0.001}}
  epochs: 3
  batch_size: 2
  seed: 0
"""
TIED = """
symbp: 1
name: tied
input: {x: [6]}
layers:
  - {type: dense, name: a, units: 4, activation: sigmoid}
  - {type: dense, name: b, units: 6, share: {W: a.W.T}}
loss: {type: mse, target: x}
train: {optimizer: {type: momentum, lr: 0.1, momentum: 0.9}, epochs: 2, batch_size: 2, seed: 0}
"""
YES_NO = """
symbp: 1
name: yes_no
dtype: float64
input: {x: [3]}
layers:
  - {type: dense, name: a, units: 4, activation: silu}
  - {type: dense, name: b, units: 1}
loss: {type: binary_cross_entropy, l1: 0.05}
train: {optimizer: {type: adam, lr: 0.01}, epochs: 2, batch_size: 2, seed: 0}
"""


@dataclass(frozen=True)
class Mutant:
    """`stage` is the name in `symbp.compiler` whose result `change` changes; "template": it maps file name to text."""

    name: str
    spec: str
    stage: str
    change: Callable[..., object]


# ---- The derivation: an equation of one unit


def equation(title: str, name: str, change: Callable[[Expr], Expr]) -> Callable[[Derivation], Derivation]:
    """The right side of the equation that defines `name` in the emitted form of the unit `title`."""

    def planted(derivation: Derivation) -> Derivation:
        units = list(derivation.units)
        place = next(k for k, u in enumerate(units) if u.unit.title == title)
        safe = units[place].safe
        changed = replace(
            safe, forward=_changed(safe.forward, name, change), adjoints=_changed(safe.adjoints, name, change)
        )
        assert changed != safe, f"nothing changed in {name} of {title}"
        units[place] = replace(units[place], safe=changed)
        return replace(derivation, units=tuple(units))

    return planted


def _changed(equations: tuple[Equation, ...], name: str, change: Callable[[Expr], Expr]) -> tuple[Equation, ...]:
    return tuple(Equation(e.lhs, change(e.rhs)) if e.name == name else e for e in equations)


def everywhere(change: Callable[[Expr], Expr]) -> Callable[[Expr], Expr]:
    """The change at every node, from the leaves up."""

    def changed(node: Expr) -> Expr:
        return change(rebuild(node, tuple(changed(c) for c in node.children)))

    return changed


def times(factor: Expr) -> Callable[[Expr], Expr]:
    return lambda e: Mul((factor, e))


def plus(term: Expr) -> Callable[[Expr], Expr]:
    return lambda e: Add((e, term))


def reducing(op: str) -> Callable[[Expr], Expr]:
    return everywhere(lambda e: replace(e, op=op) if isinstance(e, Reduce) else e)


def reading(old: str, new: str) -> Callable[[Expr], Expr]:
    return everywhere(lambda e: replace(e, name=new) if isinstance(e, Ref) and e.name == old else e)


def transposed(name: str) -> Callable[[Expr], Expr]:
    return everywhere(lambda e: replace(e, at=e.at[::-1]) if isinstance(e, Ref) and e.name == name else e)


def without_term(place: int) -> Callable[[Expr], Expr]:
    """The sums lose one term."""

    def change(e: Expr) -> Expr:
        if not isinstance(e, Add):
            return e
        rest = e.args[:place] + e.args[place + 1 :]
        return rest[0] if len(rest) == 1 else Add(rest)

    return everywhere(change)


def without_factor(test: Callable[[Expr], bool]) -> Callable[[Expr], Expr]:
    def change(e: Expr) -> Expr:
        if not isinstance(e, Mul) or not any(test(a) for a in e.args):
            return e
        rest = tuple(a for a in e.args if not test(a))
        return rest[0] if len(rest) == 1 else Mul(rest)

    return everywhere(change)


def exponent(old: int, new: int) -> Callable[[Expr], Expr]:
    return everywhere(
        lambda e: Pow(e.base, Num(Fraction(new))) if isinstance(e, Pow) and e.exponent == Num(Fraction(old)) else e
    )


def flipped(e: Expr) -> Expr:
    """The signs of the second and later terms of every sum turned."""
    if isinstance(e, Add):
        return Add((flipped(e.args[0]), *(negative(flipped(a)) for a in e.args[1:])))
    return rebuild(e, tuple(flipped(c) for c in e.children))


def is_reciprocal(e: Expr) -> bool:
    return isinstance(e, Pow) and e.exponent == Num(Fraction(-1))


def slope_one(e: Expr) -> Expr:
    """The upstream gradient alone."""
    return Ref("dy", e.children[0].children)


def other(e: Expr) -> Expr:
    return Add((Num(Fraction(1)), negative(e)))


DERIVATION = {
    CHAIN: {
        "dW times 1 + 1e-8": equation("dense", "dW", times(HAIR)),
        "db times 1 + 1e-8": equation("dense", "db", times(HAIR)),
        "dx times 1 + 1e-8": equation("dense", "dx", times(HAIR)),
        "dW with the wrong sign": equation("dense", "dW", negative),
        "dx with the wrong sign": equation("dense", "dx", negative),
        "db a maximum": equation("dense", "db", reducing("max")),
        "dW a mean": equation("dense", "dW", reducing("mean")),
        "dx through the transposed weights": equation("dense", "dx", transposed("W")),
        "slope of tanh from z": equation("tanh", "dz", reading("y", "z")),
        "slope of tanh with y cubed": equation("tanh", "dz", exponent(2, 3)),
        "slope of tanh without 1": equation("tanh", "dz", without_term(0)),
        "slope of tanh without y**2": equation("tanh", "dz", without_term(1)),
        "slope of relu always 1": equation("relu", "dz", slope_one),
        "scores without the target": equation("cross_entropy", "dy", without_term(1)),
        "target added to the scores": equation("cross_entropy", "dy", flipped),
        "dy not divided by N": equation("cross_entropy", "dy", without_factor(is_reciprocal)),
        "loss times 1 + 1e-8": equation("cross_entropy", "L", times(HAIR)),
        "loss a sum": equation("cross_entropy", "L", reducing("sum")),
        "loss plus a constant": equation("cross_entropy", "L", plus(Num(Fraction(1, 10**6)))),
        "bias left out": equation("dense", "y", without_term(1)),
        "weights transposed": equation("dense", "y", transposed("W")),
        "penalty twice": equation("l2", "dW", times(Num(Fraction(2)))),
    },
    TIED: {
        "slope of sigmoid y(1 + y)": equation("sigmoid", "dz", flipped),
        "slope of mse halved": equation("mse", "dy", times(Num(Fraction(1, 2)))),
    },
    YES_NO: {
        "probability of the other class": equation("binary_cross_entropy", "p", other),
        "slope of silu": equation("silu", "dz", times(HAIR)),
        "slope of l1": equation("l1", "dW", negative),
    },
}


# ---- The program: a statement


def statement(
    target: str, change: Callable[[Statement], Statement | None], stage: str = "", which: int = 0
) -> Callable[[Program], Program]:
    """The statement number `which` that computes `target`; None leaves it out."""

    def planted(program: Program) -> Program:
        rows = list(program.statements)
        places = [
            k for k, s in enumerate(rows) if isinstance(s, Statement) and s.target == target and stage in ("", s.stage)
        ]
        old = rows[places[which]]
        assert isinstance(old, Statement)
        new = change(old)
        assert new != old, f"nothing changed in {target}"
        rows[places[which] : places[which] + 1] = [] if new is None else [new]
        return replace(program, statements=tuple(rows))

    return planted


def value(change: Callable[[Node], Node]) -> Callable[[Statement], Statement]:
    return lambda s: replace(s, value=change(s.value))


def multiplied(factor: Num) -> Callable[[Node], Node]:
    return lambda node: Apply("multiply", (Scalar(factor), node))


def read_transposed(name: str) -> Callable[[Node], Node]:
    return lambda node: mapped(
        node, lambda n: replace(n, axes=n.axes[::-1]) if isinstance(n, Read) and n.name == name else n
    )


def read_instead(old: str, new: str) -> Callable[[Node], Node]:
    return lambda node: mapped(node, lambda n: replace(n, name=new) if isinstance(n, Read) and n.name == old else n)


def folded(op: str) -> Callable[[Node], Node]:
    return lambda node: mapped(node, lambda n: replace(n, op=op) if isinstance(n, Fold) else n)


def applied(old: str, new: str) -> Callable[[Node], Node]:
    return lambda node: mapped(
        node, lambda n: replace(n, function=new) if isinstance(n, Apply) and n.function == old else n
    )


def clip_last(program: Program) -> Program:
    """The clip after the optimiser instead of before it."""
    rows = list(program.statements)
    clip = [s for s in rows if isinstance(s, Statement) and s.stage == "update" and s.target in ("r", "grad")]
    assert len(clip) == 2
    return replace(program, statements=tuple(s for s in rows if s not in clip) + tuple(clip))


def left_out(_: Statement) -> None:
    return None


def overwriting(s: Statement) -> Statement:
    return replace(s, accumulate=False)


PROGRAM = {
    CHAIN: {
        "gradient of a bias never computed": statement("db_b", left_out),
        "weights read transposed": statement("da_b", value(read_transposed("W_c"))),
        "weights of another layer": statement("da_b", value(read_instead("W_c", "W_b"))),
        "activation of another layer": statement("dW_c", value(read_instead("a_b", "a_a"))),
        "mask of another layer": statement("dz_b", value(read_instead("a_b", "a_a"))),
        "mask turned": statement("dz_b", value(applied("greater", "less"))),
        "gradient of one layer by 1 + 1e-8": statement("dW_b", value(multiplied(HAIR))),
        "gradient of an input by 1 + 1e-8": statement("dx", value(multiplied(HAIR))),
        "gradient of an input transposed": statement("dx", value(read_transposed("W_a"))),
        "bias sum a mean": statement("db_c", value(folded("mean"))),
        "loss of one penalty missing": statement("loss", left_out, which=2),
        "gradient of one penalty missing": statement("dW_c", left_out, which=1),
        "penalty overwrites": statement("dW_c", overwriting, which=1),
        "loss overwritten": statement("loss", overwriting, which=1),
        "other scores in probabilities": statement("u_loss", value(multiplied(TWO)), "probability"),
        "clip after the optimiser": clip_last,
        "clip at the sum of squares": statement("r", value(applied("sqrt", "square"))),
        "clip at the largest entry": statement("r", value(folded("max"))),
        "everything decays": statement("theta", lambda s: replace(s, where="")),
        "nothing decays": statement("theta", left_out),
        "second moment never updated": statement("v", left_out),
        "first moment by 1 + 1e-8": statement("m", value(multiplied(HAIR))),
        "no bias correction": statement("mhat", lambda s: replace(s, value=Read("m", s.axes))),
    },
    TIED: {
        "tied gradient overwritten": statement("dW_a", overwriting, which=1),
        "tied gradient added once": statement("dW_a", left_out, which=1),
        "velocity by 1 + 1e-8": statement("v", value(multiplied(HAIR))),
    },
}


# ---- The templates: a piece of text


def text(file: str, old: str, new: str) -> Callable[[str, str], str]:
    def planted(name: str, source: str) -> str:
        if name != f"{file}.py.j2":
            return source
        assert source.count(old) >= 1, f"{file} does not contain {old!r}"
        return source.replace(old, new)  # wherever it stands: a network that is one call has a step of its own

    return planted


NETWORK, TRAINING, PURE = "network", "training", "pure"
BACKWARD = "        backward({{ gradients.filled }}, {{ modes.arrays }}{{ gradients.scale }})\n"
HALVED = f"{BACKWARD}        self.grad *= 0.5\n        loss /= 2\n"
GRADIENT = "{% for line in gradients.step %}\n        {{ line }}\n{% endfor %}\n"
EARLY = f"        update(self._theta, self._grad, optimizer, 0.001, optimizer.k + 1)\n{GRADIENT}"
LOSS = "optimizer.k)\n        return {{ arrays.step_result }}"
OUTPUTS = "y = self._outputs(_inputs(x, self.dtype))"
RATE = "return {{ core.learning_rate }}"
INPUTS = "input_backward({{ modes.run }}, *data)"
BATCHES = "{% else %}\n        for rows in _blocks(n, batch_size)"  # of a network with one loss
VIEWS = "Parameters(self._theta), Gradients(self._grad)"
ROUNDED = "np.float32(self._grad).astype(self.dtype)"
MIXED = "rows if array is data[0] else rows[::-1]"

TEMPLATES = {
    CHAIN: {
        "step counted twice": text(NETWORK, "optimizer.k += 1", "optimizer.k += 2"),
        "step never counted": text(NETWORK, "optimizer.k += 1", "optimizer.k = 1"),
        "schedule off by one": text(NETWORK, "learning_rate(optimizer.k,", "learning_rate(optimizer.k + 1,"),
        "rate by 1 + 1e-8": text("optimizer", RATE, f"{RATE} * (1 + 1e-8)"),
        "loss of step halved": text(NETWORK, LOSS, f"{LOSS} / 2"),
        "update before the gradient": text(NETWORK, GRADIENT, EARLY),
        "stale copy of the parameters": text(NETWORK, VIEWS, VIEWS.replace("_theta", "_theta.copy()")),
        "gradients are the parameters": text(NETWORK, "by_label(self._grad)", "by_label(self._theta)"),
        "labels in another order": text("parameters", "PARAMETERS.items()", "reversed(PARAMETERS.items())"),
        "gradients rounded": text(NETWORK, "update({{ c.updated }},", f"update(self._theta, {ROUNDED},"),
        "predictions of the negative": text(NETWORK, OUTPUTS, OUTPUTS.replace("self._out", "-self._out")),
        "pure gradient by 1 + 1e-8": text(PURE, "float(loss), grad", "float(loss), grad * (1 + 1e-8)"),
        "loss and gradient halved": text("gradients", BACKWARD, HALVED),
        "input gradient of the upper half": text(PURE, INPUTS, "(np.tril(data[0]),)"),
        "short batch left out": text(TRAINING, BATCHES, BATCHES.replace("(n,", "(n - n % batch_size,")),
        "loss of the epoch unweighted": text(TRAINING, " * len(batch[0])", ""),
        "total steps off by one": text(TRAINING, "max(1, self._optimizer.k", "max(1, 1 + self._optimizer.k"),
        "targets of other samples": text(TRAINING, "array.take(rows,", f"array.take({MIXED},"),
        "evaluated loss a sum": text(NETWORK, "return loss / len(data[0]), _score", "return loss, _score"),
    },
    YES_NO: {
        "predictions of other rows": text(NETWORK, OUTPUTS, f"{OUTPUTS}[::-1]"),
        "probabilities of the scores": text(NETWORK, "probability_of(ws, y) if probabilities else y", "y"),
    },
}


def _all() -> Iterator[Mutant]:
    for stage, tables in (("derive", DERIVATION), ("lower", PROGRAM), ("template", TEMPLATES)):
        for spec, changes in tables.items():
            for name, change in changes.items():
                yield Mutant(name, spec, stage, change)


MUTANTS = {mutant.name: mutant for mutant in _all()}


def refused(text: str, level: int) -> tuple[Problem, ...]:
    """Why a spec is refused: for what it computes, not for raising an exception."""
    with pytest.raises(VerificationError) as found:
        compiler.generate(loads(text, "planted.yaml"), level)
    problems = found.value.problems
    assert not all("Error: " in problem.message for problem in problems), str(found.value)
    return problems
