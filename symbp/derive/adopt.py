"""Gradients of the plain form over the forward values of the safe form.

Both forms compute the same values under the same names, so a gradient that reads named values only holds for either.
The plain form has the simpler gradient; it is taken where nothing in it can overflow, cancel to nothing or be 0/0.
"""

from __future__ import annotations

from dataclasses import replace

from symbp.derive.model import ClosedForm
from symbp.notation.expr import Call, Equation, Expr, Num, Pow, tensors, walk
from symbp.notation.traverse import same

# Finite, and smooth enough in floating point, for every argument.
TOTAL = frozenset(
    ("max", "min", "where", "abs", "sign", "sigmoid", "tanh", "erf", "sin", "cos", "atan", "stop_gradient")
)


def with_plain_gradients(plain: ClosedForm, safe: ClosedForm, authored: frozenset[str]) -> ClosedForm:
    """The safe form, with the gradients of the plain form where they are shorter and safe everywhere.

    `authored` are the names of the author's values in the plain form: the safe form computes the same under them.
    """
    both = {q.name for q in safe.forward} & authored
    reads = {n for q in plain.adjoints for n in tensors(q.rhs)} & {q.name for q in plain.forward}
    if not reads <= both or not all(_is_total(q) for q in plain.adjoints) or _length(plain) >= _length(safe):
        return safe
    return replace(plain, forward=_still_read(safe, reads | authored))


def in_letters_of(plain: ClosedForm, safe: ClosedForm) -> ClosedForm:
    """The safe form; an equation that differs from that of the plain form in bound letters only is written as there."""
    known = {q.name: q for q in (*plain.forward, *plain.adjoints)}

    def settled(q: Equation) -> Equation:
        other = known.get(q.name)
        return other if other is not None and other.lhs == q.lhs and same(other.rhs, q.rhs) else q

    forward, adjoints = (tuple(map(settled, part)) for part in (safe.forward, safe.adjoints))
    ends = {q.name: q.rhs for q in adjoints}
    last = {step.target: k for k, step in enumerate(safe.steps)}
    steps = tuple(
        replace(step, after=ends[step.target])
        if last[step.target] == k and step.target in ends and same(step.after, ends[step.target])
        else step
        for k, step in enumerate(safe.steps)
    )
    return replace(safe, forward=forward, adjoints=adjoints, steps=steps)


def _still_read(safe: ClosedForm, needed: set[str] | frozenset[str]) -> tuple[Equation, ...]:
    """The forward equations without values that only the safe form's own gradients read."""
    return tuple(
        q
        for q in safe.forward
        if q is safe.forward[-1] or q.name in needed or any(q.name in tensors(r.rhs) for r in safe.forward)
    )


def _is_total(q: Equation) -> bool:
    return all(_harmless(e) for e in walk(q.rhs))


def _harmless(e: Expr) -> bool:
    if isinstance(e, Call):
        return e.function in TOTAL
    if isinstance(e, Pow) and tensors(e):
        return isinstance(e.exponent, Num) and e.exponent.value > 0 and e.exponent.value.denominator == 1
    return True


def _length(form: ClosedForm) -> int:
    return sum(1 for q in form.adjoints for _ in walk(q.rhs))
