"""From the chosen program to the closed form: hidden values that survive get names, and everything becomes notation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from symbp.derive.adjoint import Use, adjoint_name, upstream_name
from symbp.derive.choose import Program
from symbp.derive.implied import without_implied
from symbp.derive.knowledge import Knowledge
from symbp.derive.model import ClosedForm, Fact
from symbp.derive.reuse import renamed, reused
from symbp.derive.signs import fewer_reads, same_signs
from symbp.derive.steps import Recorder
from symbp.derive.system import Definition, System
from symbp.derive.terms import ZERO, Atom, Poly, of, value
from symbp.derive.traverse import names_in
from symbp.derive.write import Writer
from symbp.graph.model import LocalTensor
from symbp.notation import expr as x

# First letters of promoted values, by what they hold; a number follows where one is taken.
STEMS = {"exp": "e", "log": "l", "sum": "s", "max": "m", "sigmoid": "s", "tanh": "h", "expm1": "e", "log1p": "l"}


@dataclass(frozen=True)
class Derived:
    """What the stages before have made.  Without `uses` no steps are recorded."""

    equations: tuple[x.Equation, ...]
    tensors: tuple[LocalTensor, ...]
    system: System
    knowledge: Knowledge
    program: Program
    shapes: Mapping[str, tuple[Atom, ...]]
    contracted: Mapping[str, Poly]
    uses: Mapping[str, list[Use]]
    seeds: Mapping[str, Poly]
    avoid: frozenset[str]  # names that no promoted value takes
    named: Callable[[str], str] = adjoint_name  # of what was derived for a value


def promoted(d: Derived) -> ClosedForm:
    """The closed form in notation."""
    axes = _axes(d)
    in_range = {b: without_implied(p, axes, d.system.calculus) for b, p in d.program.forms.items()}
    forms = fewer_reads(in_range, same_signs(d.system))
    survivors = _survivors(d.system, forms)
    writer = _writer(d, survivors)
    hidden = [_definition(writer, d.system, q) for q in survivors]
    ordered = _ordered(d.equations, hidden, {t.name for t in d.tensors})
    forward, twins = reused(ordered, frozenset(q.name for q in hidden))
    written = (writer.equation(value(d.named(b), tuple(of(i) for i in d.shapes[b])), p) for b, p in forms.items())
    adjoints = tuple(x.Equation(q.lhs, renamed(q.rhs, twins)) for q in written)
    reads = {n for q in adjoints for n in x.tensors(q.rhs)}
    saved = tuple(q.name for q in forward if q.name in reads)
    by_name = {q.name: q for q in d.equations}
    recorder = Recorder(d.system, d.program, d.shapes, d.contracted, d.uses, d.seeds, writer, by_name)
    steps = tuple(
        replace(s, before=renamed(s.before, twins), after=renamed(s.after, twins))
        for s in (recorder.record(in_range, forms) if d.uses else ())
    )
    return ClosedForm(forward, adjoints, saved, steps, _facts(writer, d.knowledge))


def _axis_order(q: Definition, rank: Mapping[str, int]) -> list[int]:
    """The axes of a promoted value in the order in which the author's tensors have them."""
    return sorted(range(len(q.own)), key=lambda k: (rank.get(q.own[k].name, 99), k))


def _writer(d: Derived, survivors: Sequence[Definition]) -> Writer:
    names = _names(survivors, {t.name for t in d.tensors} | {q.name for q in d.equations} | d.avoid)
    names |= {d.named(h): d.named(n) for h, n in names.items()}
    output = d.equations[-1].name
    if upstream_name(output) in names_in(d.seeds.get(output, ZERO)):
        names |= {upstream_name(output): adjoint_name(output), adjoint_name(output): f"{adjoint_name(output)}_all"}
    rank = {i.name: k for k, i in enumerate(dict.fromkeys(i for t in d.tensors for i in t.indices))}
    order = {q.name: _axis_order(q, rank) for q in survivors}
    order |= {d.named(h): at for h, at in order.items()}

    def unfold(a: Atom) -> Poly | None:
        q = d.system.hidden.get(a.name)
        if q is None or a.name in names:
            return None
        where = {i: at for own, at in zip(q.lhs.polys, a.polys, strict=True) for i in own.free}
        if q.head is None or q.head.kind == "sum":
            return d.system.calculus.substitute(q.rhs, where)
        return d.system.calculus.swap(q.head, where) if where else of(q.head)

    return Writer(_letters(d.system, d.equations, d.tensors), names, order, unfold)


def _axes(d: Derived) -> dict[str, tuple[Poly, ...]]:
    """The sizes of the axes of every tensor and of what is derived for it."""
    own = {t.name: tuple(d.system.index(i).size for i in t.indices) for t in d.tensors}
    own |= {q.name: tuple(i.size for i in q.own) for q in d.system.definitions}
    for n, at in d.shapes.items():
        own |= {name: tuple(i.size for i in at) for name in (d.named(n), upstream_name(n))}
    return own


def _survivors(system: System, forms: Mapping[str, Poly]) -> list[Definition]:
    """The hidden values that the program reads, and those that they read, in an order of computation."""
    found: set[str] = set()
    stack = [n for p in forms.values() for a in p.atoms() for n in sorted(a.names) if n in system.hidden]
    stack += [b for b in forms if b in system.hidden]  # its adjoint is kept: it needs a name that can be read
    while stack:
        n = stack.pop()
        if n not in found:
            found.add(n)
            if n not in system.source:
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


def _letters(system: System, equations: Sequence[x.Equation], tensors: Sequence[LocalTensor]) -> dict[str, list[str]]:
    """The letters of each size, in the order in which they appear."""
    out: dict[str, list[str]] = {}
    seen = [i for t in tensors for i in t.indices]
    seen += [n for q in equations for n in (*x.walk(q.lhs), *x.walk(q.rhs)) if isinstance(n, x.Index)]
    seen += [i for q in equations for n in x.walk(q.rhs) for i in x.bound_by(n)]
    for i in seen:
        own = out.setdefault(system.index(i).size.key, [])
        if i.name not in own:
            own.append(i.name)
    return out


def _definition(writer: Writer, system: System, q: Definition) -> x.Equation:
    """The equation of a promoted value; as the author wrote it, where he did."""
    if q.name not in system.source:
        return writer.equation(q.lhs, q.rhs)
    lhs = value(q.name, tuple(of(i) for i in system.read_at[q.name]), bool(q.lhs.data[1]))
    return x.Equation(writer.equation(lhs, ZERO).lhs, system.source[q.name])


def _ordered(equations: Sequence[x.Equation], hidden: Sequence[x.Equation], given: set[str]) -> tuple[x.Equation, ...]:
    """The author's equations in their order, each promoted value as soon as what it reads is there."""
    defined = {q.name for q in equations} | {q.name for q in hidden}
    have = given - defined
    out: list[x.Equation] = []
    waiting = list(hidden)
    for q in equations:
        out += [*_ready(waiting, have), q]
        have.add(q.name)
    out += _ready(waiting, have)
    for h in reversed(waiting):  # in a recurrence: beside what reads it
        at = next((k for k, q in enumerate(out) if h.name in x.tensors(q.rhs)), len(out))
        out.insert(at, h)
    return tuple(out)


def _ready(waiting: list[x.Equation], have: set[str]) -> list[x.Equation]:
    """Takes from `waiting` what can be computed from `have`, which grows."""
    out: list[x.Equation] = []
    while found := [h for h in waiting if x.tensors(h.rhs) <= have]:
        out += found
        have |= {h.name for h in found}
        waiting[:] = [h for h in waiting if h not in found]
    return out


def _facts(writer: Writer, knowledge: Knowledge) -> tuple[Fact, ...]:
    return tuple(Fact(writer.form(of(k.sum)), writer.form(k.value), k.proof) for k in knowledge.sums if k.proof)

