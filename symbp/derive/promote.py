"""From the chosen program to the closed form: hidden values that survive get names, and everything becomes notation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from symbp.derive.adjoint import Use, adjoint_name
from symbp.derive.choose import Program
from symbp.derive.implied import without_implied
from symbp.derive.knowledge import Knowledge
from symbp.derive.model import ClosedForm, Fact, Step
from symbp.derive.reuse import renamed, reused
from symbp.derive.system import Definition, System
from symbp.derive.terms import Atom, Poly, of, value
from symbp.derive.write import Writer
from symbp.graph.model import LocalTensor
from symbp.notation import expr as x

# First letters of promoted values, by what they hold; a number follows where one is taken.
STEMS = {"exp": "e", "log": "l", "sum": "s", "max": "m", "sigmoid": "s", "tanh": "h", "expm1": "e", "log1p": "l"}


def promoted(
    equations: Sequence[x.Equation],
    tensors: Sequence[LocalTensor],
    system: System,
    knowledge: Knowledge,
    program: Program,
    shapes: Mapping[str, tuple[Atom, ...]],
    uses: Mapping[str, list[Use]],
) -> ClosedForm:
    """The closed form in notation."""
    survivors = _survivors(system, program)
    taken = {t.name for t in tensors} | {q.name for q in equations}
    names = _names(survivors, taken)
    rank = {i.name: k for k, i in enumerate(dict.fromkeys(i for t in tensors for i in t.indices))}
    order = {q.name: sorted(range(len(q.own)), key=lambda k: (rank.get(q.own[k].name, 99), k)) for q in survivors}  # noqa: B023
    axes = _axes(system, tensors, shapes)
    forms = {b: without_implied(p, axes, system.calculus) for b, p in program.forms.items()}
    writer = Writer(_letters(equations, tensors), names, order)
    hidden = [_definition(writer, q) for q in survivors]
    forward, twins = reused(_ordered(equations, hidden, {t.name for t in tensors}), frozenset(names.values()))
    written = (writer.equation(value(adjoint_name(b), tuple(of(i) for i in shapes[b])), p) for b, p in forms.items())
    adjoints = tuple(x.Equation(q.lhs, renamed(q.rhs, twins)) for q in written)
    reads = {n for q in adjoints for n in x.tensors(q.rhs)}
    saved = tuple(q.name for q in forward if q.name in reads)
    return ClosedForm(forward, adjoints, saved, _steps(writer, program, uses), _facts(writer, knowledge))


def _axes(
    system: System, tensors: Sequence[LocalTensor], shapes: Mapping[str, tuple[Atom, ...]]
) -> dict[str, tuple[Poly, ...]]:
    """The sizes of the axes of every tensor and adjoint."""
    own = {t.name: tuple(system.index(i).size for i in t.indices) for t in tensors}
    own |= {q.name: tuple(i.size for i in q.own) for q in system.definitions}
    return own | {adjoint_name(n): tuple(i.size for i in at) for n, at in shapes.items()}


def _survivors(system: System, program: Program) -> list[Definition]:
    """The hidden values that the program reads, and those that they read, in an order of computation."""
    found: set[str] = set()
    stack = [n for p in program.forms.values() for a in p.atoms() for n in sorted(a.names) if n in system.hidden]
    while stack:
        n = stack.pop()
        if n not in found:
            found.add(n)
            stack += [m for a in system.hidden[n].rhs.atoms() for m in sorted(a.names) if m in system.hidden]
    return [q for q in system.definitions if q.name in found]


def _names(survivors: Sequence[Definition], taken: set[str]) -> dict[str, str]:
    out: dict[str, str] = {}
    for q in survivors:
        kind = q.head.name if q.head is not None and q.head.kind == "kernel" else (q.head.kind if q.head else "u")
        stem = "r" if kind.startswith("pow:") else STEMS.get(kind, kind[0])
        out[q.name] = next(c for c in (stem, *(f"{stem}{k}" for k in range(1, 99))) if c not in taken)
        taken.add(out[q.name])
    return out


def _letters(equations: Sequence[x.Equation], tensors: Sequence[LocalTensor]) -> dict[str, list[str]]:
    """The letters of each size, in the order in which they appear."""
    out: dict[str, list[str]] = {}
    seen = [i for t in tensors for i in t.indices]
    seen += [n for q in equations for n in (*x.walk(q.lhs), *x.walk(q.rhs)) if isinstance(n, x.Index)]
    seen += [i for q in equations for n in x.walk(q.rhs) for i in x.bound_by(n)]
    for i in seen:
        key = f"1*{i.size.name}[|]" if isinstance(i.size, x.Sym) else str(i.size.value)
        key = f"1*{i.size.name}[]" if isinstance(i.size, x.Sym) else key
        if i.name not in out.setdefault(key, []):
            out[key].append(i.name)
    return out


def _definition(writer: Writer, q: Definition) -> x.Equation:
    return writer.equation(q.lhs, q.rhs)


def _ordered(equations: Sequence[x.Equation], hidden: Sequence[x.Equation], given: set[str]) -> tuple[x.Equation, ...]:
    """The author's equations in their order, each promoted value as soon as what it reads is there."""
    defined = {q.name for q in equations} | {q.name for q in hidden}
    have = given - defined
    out: list[x.Equation] = []
    waiting = list(hidden)
    for q in (*equations, None):
        ready = True
        while ready:
            ready = False
            for h in list(waiting):
                if x.tensors(h.rhs) <= have:
                    out.append(h)
                    have.add(h.name)
                    waiting.remove(h)
                    ready = True
        if q is not None:
            out.append(q)
            have.add(q.name)
    return (*out, *waiting)


def _steps(writer: Writer, program: Program, uses: Mapping[str, list[Use]]) -> tuple[Step, ...]:
    del writer, program, uses
    return ()


def _facts(writer: Writer, knowledge: Knowledge) -> tuple[Fact, ...]:
    return tuple(Fact(writer.form(of(k.sum)), writer.form(k.value), k.proof) for k in knowledge.sums if k.proof)


__all__ = ["Poly", "promoted"]
