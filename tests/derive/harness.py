"""From a case to numbers: its equations, its derivation, random data, and what the two gradients are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any
from zlib import crc32

import numpy as np

from symbp.derive.engine import derive_equations
from symbp.derive.model import ClosedForm
from symbp.graph.model import LocalTensor
from symbp.notation.elaborate import elaborate
from symbp.notation.expr import Add, Equation, Expr, Index, Num, Ref, Sym
from symbp.notation.source import FormulaSource, TensorSource

from .cases import CASES, SIZES, Case
from .measure import renamed_sizes
from .naive import Naive, gradients


@dataclass(frozen=True)
class Setup:
    """A case with its formula resolved."""

    case: Case
    equations: tuple[Equation, ...]
    tensors: tuple[LocalTensor, ...]
    facts: tuple[tuple[Expr, Expr], ...]

    @property
    def wanted(self) -> list[str]:
        return [t.name for t in self.tensors if t.role in ("input", "parameter") and not t.integer]

    @property
    def output(self) -> str:
        return self.equations[-1].name


@cache
def setup(name: str) -> Setup:
    case = CASES[name]
    roles = {"integer": "data"}
    sources = tuple(TensorSource.read(t, roles.get(r, r), integer=r == "integer") for t, r in case.tensors)
    facts = tuple(f"{a} = {b}" for a, b in case.facts)
    names = tuple(case.constants)
    found = elaborate(
        FormulaSource(case.text, sources, constants=names, positive=frozenset(names), sized=case.sized, facts=facts)
    )
    tensors = tuple(
        LocalTensor(t.name, t.indices, t.role, t.integer, t.positive or t.name in case.positive) for t in found.tensors
    )
    return Setup(case, found.equations, tensors, found.facts)


@cache
def derived(name: str) -> ClosedForm:
    s = setup(name)
    return derive_equations(s.equations, s.tensors, facts=s.facts, is_loss=s.case.is_loss)


def program(
    text: str, tensors: tuple[LocalTensor, ...], output: str, constants: tuple[str, ...], bound: tuple[Index, ...] = ()
) -> tuple[Equation, ...]:
    """Adjoint equations from text, in the names, indices and sizes of a unit; each line may read all adjoints.

    `bound` are further indices that the text may sum over.
    """
    letters = {t.name: tuple(i.name for i in t.indices) for t in tensors}
    given = [TensorSource(t.name, letters[t.name], "data", t.integer) for t in tensors]
    heads = [line.split(" = ")[0] for line in text.splitlines()]
    adjoints = {h.split("[")[0]: TensorSource.read(h, "data") for h in heads}
    adjoints.setdefault(f"d{output}", TensorSource(f"d{output}", letters.get(output, ()), "data"))
    every = {i.name: i.size for i in (*bound, *(i for t in tensors for i in t.indices))}
    sizes = {letter.upper(): size for letter, size in every.items() if isinstance(size, Sym)}
    out = []
    for line in text.splitlines():
        head, right = line.split(" = ", 1)
        target = TensorSource.read(head)
        read = f"{target.name}_[{','.join(target.letters)}] = {right}"
        source = FormulaSource(
            read, (*given, *adjoints.values()), constants, frozenset(constants), sized=(*target.letters, *every)
        )
        (equation,) = elaborate(source).equations
        left = Ref(target.name, tuple(renamed_sizes(i, sizes) for i in equation.lhs.at))
        out.append(Equation(left, renamed_sizes(equation.rhs, sizes)))
    return tuple(out)


@dataclass(frozen=True)
class Point:
    """Numbers for everything that a case reads from outside; `upstream` is the gradient of its output."""

    data: dict[str, Any]
    sizes: dict[str, int]
    constants: dict[str, float]
    upstream: Any


def point(name: str, run: int, seed: int = 0) -> Point:
    s = setup(name)
    sizes = {**SIZES, **s.case.runs[run]}
    rng = np.random.default_rng((seed, crc32(name.encode()), run))
    data = {
        t.name: array_of(s.case.make.get(t.name, "normal"), shape_of(t.indices, sizes), sizes, rng)
        for t in s.tensors
        if t.role != "value"
    }
    shape = shape_of(s.equations[-1].indices, sizes)
    upstream = np.ones(()) if s.case.is_loss else rng.normal(size=shape)
    return Point(data, sizes, s.case.constants, upstream)


def size_of(size: Expr, sizes: dict[str, int]) -> int:
    return int(size.value) if isinstance(size, Num) else sizes[size.name]  # type: ignore[attr-defined]


def shape_of(indices: tuple[Index, ...], sizes: dict[str, int]) -> tuple[int, ...]:
    return tuple(size_of(i.size, sizes) for i in indices)


def array_of(how: str, shape: tuple[int, ...], sizes: dict[str, int], rng: np.random.Generator) -> Any:
    if how.startswith("below:"):
        return rng.integers(0, sizes[how.removeprefix("below:")], shape)
    makers = {
        "normal": lambda: rng.normal(size=shape),
        "positive": lambda: rng.uniform(0.3, 2.0, shape),
        "small": lambda: rng.uniform(-0.3, 0.3, shape),
        "probability": lambda: rng.uniform(0.1, 0.9, shape),
        "ties": lambda: rng.integers(0, 3, shape).astype(float),
        "signs": lambda: rng.choice([-1.0, 1.0], shape),
        "one_hot": lambda: np.eye(shape[-1])[rng.integers(0, shape[-1], shape[:-1])],
        "probabilities": lambda: rng.dirichlet(np.ones(shape[-1]), shape[:-1]),
    }
    return makers[how]()


def evaluator(name: str, at: Point) -> Naive:
    """Forward values and adjoints of the derived form at a point."""
    return form_evaluator(derived(name), setup(name).output, at)


def form_evaluator(form: ClosedForm, output: str, at: Point) -> Naive:
    data = {**at.data, f"d{output}": at.upstream}
    return Naive((*form.forward, *form.adjoints), data, at.sizes, at.constants)


def value_gradient(form: ClosedForm, output: str, at: Point, value: str) -> Any:
    """The gradient with respect to a forward value: the change of the output when a little is added to the value."""
    (own,) = (e for e in form.forward if e.name == value)
    nudged = Equation(own.lhs, Add((own.rhs, Ref("nudge", own.lhs.at))))
    equations = tuple(nudged if e is own else e for e in form.forward)
    shape = tuple(size_of(i.size, at.sizes) for i in own.indices)
    data = {**at.data, "nudge": np.zeros(shape)}
    return gradients(equations, output, at.upstream, ["nudge"], data, at.sizes, at.constants)["nudge"]
