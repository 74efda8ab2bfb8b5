"""The equations of a formula as a program: a function of its arrays and numbers, with nothing around it."""

from __future__ import annotations

from collections.abc import Sequence

from symbp.graph.model import LocalTensor
from symbp.lower.letters import Names, Target
from symbp.lower.model import FORWARD, Array, Program, Statement
from symbp.lower.translate import translate
from symbp.notation.expr import Equation, Index, Num, Sym, walk


def lower_function(
    equations: Sequence[Equation],
    tensors: Sequence[LocalTensor],
    derivatives: Sequence[tuple[str, str]],
    output: str,
) -> Program:
    """A program whose inputs are `tensors` and the constants of the equations.

    `derivatives` pairs inputs with the names of their derivatives; these leave the program, as `output` does.

    Sizes are free: each is the length of the first axis that has it.  Raises DerivationError where an equation has no
    array form.
    """
    constants = _constants(equations)
    arrays = {t.name: Array(t.name, _shape(t.indices), "input", "index" if t.integer else "real") for t in tensors}
    arrays |= {name: Array(name, (), "input") for name in constants}
    sizes = _sizes(equations)
    names = Names({a.name: Target(a.name, a.shape) for a in arrays.values()}, {s: s for s in sizes}, {}, constants)
    statements = []
    for equation in equations:
        names.arrays[equation.name] = Target(equation.name, _shape(equation.indices))
    for equation in equations:
        axes, value = translate(equation, names, "")
        arrays[equation.name] = Array(equation.name, tuple(a.size for a in axes))
        statements.append(Statement(equation.name, axes, value, FORWARD))
    program = Program(
        name="",
        arrays=tuple(arrays.values()),
        statements=tuple(statements),
        outputs=(output,),
        losses=(),
        probabilities=(),
        input_gradients=tuple(derivatives),
        sizes=_places(tensors),
        parameter_count=0,
    )
    program.check()
    return program


def _constants(equations: Sequence[Equation]) -> frozenset[str]:
    """The numbers that callers give."""
    read = (n for e in equations for n in walk(e.rhs) if isinstance(n, Sym) and n.kind != "size")
    return frozenset(n.name for n in read if n.name != "pi")


def _sizes(equations: Sequence[Equation]) -> list[str]:
    nodes = (n for e in equations for n in (*walk(e.lhs), *walk(e.rhs)))
    return [n.size.name for n in nodes if isinstance(n, Index) and isinstance(n.size, Sym)]


def _shape(indices: Sequence[Index]) -> tuple[int | str, ...]:
    return tuple(int(i.size.value) if isinstance(i.size, Num) else i.size.name for i in indices)


def _places(tensors: Sequence[LocalTensor]) -> tuple[tuple[str, str, int], ...]:
    found: dict[str, tuple[str, str, int]] = {}
    for t in tensors:
        for place, size in enumerate(_shape(t.indices)):
            if isinstance(size, str):
                found.setdefault(size, (size, t.name, place))
    return tuple(found.values())
