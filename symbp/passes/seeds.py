"""What an update multiplies all gradients by, multiplied into the seed of the backward pass.

Gradients are linear in what the backward pass begins with: where the gradient of the loss by the logits is twice as
large, so are all gradients.  It begins with a product by a number, the 1/n of a mean.  An update ``theta - lr*grad``
multiplies by another number, which is known before the backward pass begins: with ``dz *= lr/n`` there it is
``theta - grad``, a call less in each step and a pass less over all weights.

What reads gradients in any other way (clips, momentum, squares of gradients) needs them as they are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from symbp.lower.model import (
    BACKWARD,
    GRAD,
    THETA,
    UPDATE,
    Apply,
    Node,
    Program,
    Read,
    RoutineCall,
    Scalar,
    Scale,
    Spread,
    Statement,
    Step,
    axes_of,
    factors_of,
    free_name,
    is_number,
    power,
    product,
    read_arrays,
    sum_of,
    terms_of,
    total,
    views_of,
)
from symbp.notation.expr import Expr, Num, Sym, number
from symbp.passes.degrees import UnequalDegreesError, degrees
from symbp.passes.ledger import Choice, Setting, cheapest, counted

NAME = "scale"
ONE, MINUS_ONE, ZERO = number(1), number(-1), number(0)
AT_FIRST, AT_LAST = "in the seed", "in the update"


def scale_the_seed(program: Program, setting: Setting) -> tuple[Program, str, tuple[Choice, ...]]:
    """What an update multiplies gradients by, in the seed of the backward pass."""
    factor = factor_of(program)
    if factor is None:
        return program, "", ()
    reason = _obstacle(program)
    if reason:
        return program, f"gradients as they are: {reason}", ()
    scale = Scale(free_name(NAME, {a.name: a for a in program.arrays}), factor)
    sources = _sources(program)
    try:
        done = _scaled(program, scale, sources)
    except UnequalDegreesError as error:
        return program, f"gradients as they are: {error}", ()
    costs = (
        (AT_FIRST, math.fsum(_seconds(s, setting) for s in sources)),
        (AT_LAST, setting.machine.elementwise(program.parameter_count, 2, None, "multiply")),
    )
    names = list(dict.fromkeys(s.target for s in sources))
    begin = f"{', '.join(names)} {'begins' if len(names) == 1 else 'begin'} with it"
    choice = cheapest("what all gradients are multiplied by", costs, f"{begin}, or all weights take it")
    if choice.chosen == AT_LAST:
        return program, "", (choice,)
    return done, f"a number in {counted(len(sources), 'value')} that the backward pass begins with", (choice,)


def factor_of(program: Program) -> Expr | None:
    """The c of an update ``theta - c*grad`` that is all there is to it; c follows from lr and k."""
    known: dict[str, _Linear] = {THETA: {THETA: ONE}, GRAD: {GRAD: ONE}}
    update, kinds = program.plain(UPDATE), {a.name: a.kind for a in program.arrays}
    for s in update:
        value = _linear(s.value, known) if s.whole else None
        if value is None or s.accumulate or s.target == GRAD or kinds[s.target] == "state":
            return None
        known[s.target] = value
    change = {name: c for name, c in known[THETA].items() if not is_number(c, 0)}
    if set(change) != {THETA, GRAD} or not is_number(change[THETA], 1) or isinstance(change[GRAD], Num):
        return None
    return product(MINUS_ONE, change[GRAD])


_Linear = dict[str, Expr]  # a sum of multiples of arrays; "" stands for a number by itself


def _linear(node: Node, known: dict[str, _Linear]) -> _Linear | None:
    """An expression as a sum of multiples of theta and the gradient, whatever its form."""
    match node:
        case Read(name=name):
            return known.get(name)
        case Scalar(value=value):
            return {"": value}
        case Apply():
            parts = [_linear(a, known) for a in node.args]
            found = [part for part in parts if part is not None]
            return _applied(node.function, found) if len(found) == len(parts) else None
    return None


def _applied(function: str, parts: list[_Linear]) -> _Linear | None:
    match function, parts:
        case "add", [a, b]:
            return {name: total(a.get(name, ZERO), b.get(name, ZERO)) for name in {**a, **b}}
        case "subtract", [a, b]:
            return _applied("add", [a, _multiple(b, MINUS_ONE)])
        case "negative", [a]:
            return _multiple(a, MINUS_ONE)
        case "multiply", [a, b] if set(b) == {""}:
            return _multiple(a, b[""])
        case "multiply", [a, b] if set(a) == {""}:
            return _multiple(b, a[""])
        case "reciprocal", [a] if set(a) == {""}:
            return {"": power(a[""], MINUS_ONE)}
    return None


def _multiple(a: _Linear, factor: Expr) -> _Linear:
    return {name: product(c, factor) for name, c in a.items()}


def _obstacle(program: Program) -> str:
    """Why no number is multiplied into the seed whatever it costs; empty where it may be."""
    if program.block or program.bodies or any(isinstance(s, RoutineCall) for s in program.statements):
        return "equal blocks have backward passes of their own"
    if program.micro is not None and program.micro.size:
        return "they are added up over micro-batches"
    return ""


# --- the seed ---


def _sources(program: Program) -> list[Statement]:
    """Where the backward pass begins: what the nodes of losses and penalties give to others, or to gradients."""
    losses = {o.node for o in program.origins if program.losses[0] in dict(o.locals)}
    views, kinds = views_of(program.arrays), {a.name: a.kind for a in program.arrays}
    own = [s for s in program.plain(BACKWARD) if s.node in losses]
    given = {name for s in program.statements if _is_outside(s, losses) for name in read_arrays(s, views)}
    return [s for s in own if kinds[s.target] == "gradient" or s.target in given]


def _is_outside(s: Step, losses: Iterable[str]) -> bool:
    return not (isinstance(s, Statement) and s.node in losses)


def _scaled(program: Program, scale: Scale, sources: Iterable[Statement]) -> Program:
    """The program with the number in these values; UnequalDegreesError where a gradient is then no multiple of it."""
    by, views = Sym(scale.name, "variable"), views_of(program.arrays)
    chosen = {id(s) for s in sources}
    statements = [
        replace(s, value=_times(s.value, by)) if isinstance(s, Statement) and id(s) in chosen else s
        for s in program.statements
        if s.stage != UPDATE
    ]
    made = [s for s in statements if isinstance(s, Statement) and s.stage == BACKWARD]
    found = degrees(made, views, by)
    for a in program.arrays:
        if a.kind == "gradient" and found.get(a.name, 1) == 0:
            raise UnequalDegreesError(f"{a.name} does not depend on the seed")
    done = replace(program, statements=(*statements, _last(program)), scale=scale)
    left = {name for s in done.plain(UPDATE) for name in (s.target, *read_arrays(s, {}))}
    update = {s.target for s in program.plain(UPDATE)} - left
    return replace(done, arrays=tuple(a for a in program.arrays if a.name not in update))


def _last(program: Program) -> Statement:
    """The update: ``theta - grad``."""
    s = next(s for s in reversed(program.plain(UPDATE)) if s.target == THETA)
    theta, grad = (Read(name, s.axes, equation=s.equation) for name in (THETA, GRAD))
    return replace(s, value=Apply("subtract", (theta, grad), equation=s.equation))


def _times(value: Node, by: Expr) -> Node:
    """The product with a number, in the place of the numbers that are there."""
    match value:
        case Scalar(value=c):
            return replace(value, value=product(c, by))
        case Spread(body=Scalar() as body):
            return replace(value, body=_times(body, by))
        case Apply(function="negative", args=(a,)):
            return replace(value, args=(_times(a, by),))
        case Apply(function="multiply", args=(a, Scalar(value=c))):
            return replace(value, args=(a, Scalar(product(c, by))))
    terms = terms_of(value)
    if len(terms) > 1 and all(map(_has_number, terms)):
        return replace(sum_of([_times(t, by) for t in terms]), equation=value.equation)
    return Apply("multiply", (value, Scalar(by)), equation=value.equation)


def _has_number(value: Node) -> bool:
    return _times_is_free(value) and not is_number(factors_of(value)[1], 1)


def _times_is_free(value: Node) -> bool:
    match value:
        case Scalar() | Spread(body=Scalar()) | Apply(function="multiply", args=(_, Scalar())):
            return True
        case Apply(function="negative", args=(a,)):
            return _times_is_free(a)
    return False


def _seconds(s: Statement, setting: Setting) -> float:
    """What the number costs where it is multiplied into a value: nothing where another one is."""
    terms = terms_of(s.value)
    if all(map(_times_is_free, terms)):
        return 0.0
    factors, _ = factors_of(s.value)
    fewest = min(setting.extent(axes_of(f)) for f in factors)
    if fewest == 1:
        return 0.0  # a number of Python
    times = setting.extent((s.loop.axis,)) if s.loop else 1
    return times * setting.machine.elementwise(fewest, 2, None, "multiply")
