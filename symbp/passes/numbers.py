"""Numbers are multiplied into what has the fewest places: ``x[n,j]*s[n]*c`` is ``x[n,j]*(s[n]*c)``.

A number at the end of a product costs a pass over the whole of it; in the smallest factor it costs one over that.  The
mean over a batch, 1/n, so goes from the gradient of logits into the divisor of the softmax.
"""

from __future__ import annotations

from dataclasses import replace

from symbp.lower.model import (
    PROBABILITY,
    UPDATE,
    Apply,
    Node,
    OneHot,
    Program,
    Read,
    Scalar,
    Statement,
    axes_of,
    factors_of,
    mapped,
    read_arrays,
    relettered,
    scaled,
)
from symbp.notation.expr import Expr
from symbp.passes.ledger import Setting, counted
from symbp.passes.polynomials import exchanged


def numbers_inside(program: Program, setting: Setting) -> tuple[Program, str]:
    """Numbers moved from the ends of products into their smallest factors."""
    program, joined = _with_quotients_inside(program, setting)

    def inside(node: Node) -> Node:
        return _inside(node, setting)

    statements = tuple(
        replace(s, value=mapped(s.value, inside)) if isinstance(s, Statement) and s.stage != UPDATE else s
        for s in program.statements
    )
    changed = joined + sum(a != b for a, b in zip(statements, program.statements, strict=True))
    did = f"{counted(changed, 'number')} in a smaller factor" if changed else ""
    return replace(program, statements=statements), did


def _inside(node: Node, setting: Setting) -> Node:
    """A product with its number in the smallest of its factors, if that is smaller than the whole."""
    match node:
        case Apply("multiply", (value, Scalar(value=c))):
            return _moved(value, c, setting) or node
    return node


def _moved(value: Node, c: Expr, setting: Setting) -> Node | None:
    """``value*c`` with the number c where it is multiplied with fewer places; None where there is no such factor."""
    if isinstance(value, Apply) and value.function in ("add", "subtract") and _hot(value.args[1]):
        base = _moved(value.args[0], c, setting)
        return replace(value, args=(base, scaled(value.args[1], c))) if base is not None else None
    factors = factors_of(value)[0]
    smallest = min(factors, key=lambda f: setting.extent(axes_of(f)), default=value)
    if setting.extent(axes_of(smallest)) >= setting.extent(axes_of(value)):
        return None
    return exchanged(value, smallest, replace(scaled(smallest, c), equation=value.equation))


def _hot(node: Node) -> bool:
    """Whether a value is one-hot rows, perhaps times numbers."""
    factors, _ = factors_of(node)
    return len(factors) == 1 and isinstance(factors[0], OneHot)


def _with_quotients_inside(program: Program, setting: Setting) -> tuple[Program, int]:
    """Products that only a difference to one-hot rows reads, which a number multiplies, moved there.

    ``(p - [t == j])/n`` with ``p = e*(1/s)`` then has the number in 1/s.
    """
    statements, count = list(program.statements), 0
    for s in program.statements:
        match s:
            case Statement(value=Apply("multiply", (Apply("subtract", (Read() as p, hot)) as inner, Scalar(value=c)))):
                made = _made_for(program, s, p) if _hot(hot) else None
            case _:
                continue
        if made is None or _moved(made.value, c, setting) is None:
            continue
        own = relettered(made.value, dict(zip(made.axes, p.axes, strict=True)))
        value = Apply("multiply", (replace(inner, args=(own, hot)), Scalar(c)), equation=s.value.equation)
        statements[statements.index(s)] = replace(s, value=value)
        statements.remove(made)
        count += 1
    return replace(program, statements=tuple(statements)), count


def _made_for(program: Program, s: Statement, p: Read) -> Statement | None:
    """The statement of the same stage that makes a value for this statement alone."""
    made = [m for m in program.statements if isinstance(m, Statement) and m.target == p.name and m.stage == s.stage]
    alone = sum(p.name in read_arrays(other, {}) for other in program.statements if other.stage != PROBABILITY) == 1
    plain = all(m.definition for m in (s, *made))
    inner = p.name not in program.lasting and program.array(p.name).kind == "value"
    return made[0] if len(made) == 1 and alone and plain and inner else None
