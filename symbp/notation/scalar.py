"""A formula without arrays -> one expression in named numbers: schedules, initial scales, sizes of axes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from symbp.notation.expr import Expr, Reduce, Ref, Sym, number, rebuild, walk
from symbp.notation.parser import Statement, statements
from symbp.notation.problems import FormulaErrors, FormulaProblem, did_you_mean

MAX_NODES = 10_000  # of the expression with all intermediate values put in


def scalar(text: str, *, constants: tuple[str, ...] = (), variables: tuple[str, ...] = ()) -> Expr:
    """The last line of `text`, with the values named on the lines before it put in their places.

    `constants` and `variables` are the names that it may read, capitals included.  Raises FormulaErrors.

    >>> from symbp.notation.evaluate import evaluate
    >>> evaluate(scalar("a = 6/(I + O)\\nsqrt(a)", constants=("I", "O")), {"I": 2, "O": 4})
    1.0
    """
    known: dict[str, Expr] = {"pi": Sym("pi", "constant", True)}
    known |= {name: Sym(name, "constant") for name in constants}
    known |= {name: Sym(name, "variable") for name in variables}
    lengths = dict.fromkeys(known, 1)  # in nodes, so that doubling line after line is seen before it is done
    problems: list[FormulaProblem] = []
    lines = statements(text)
    for line in lines:
        length = sum(lengths.get(n.name, 1) if isinstance(n, Sym) else 1 for n in walk(line.right))
        if length > MAX_NODES:
            raise FormulaErrors(text, [FormulaProblem("F104", "the formula is too long", line.span)])
        result = _resolved(line.right, known, problems)
        if line is lines[-1]:
            break
        name = _let_name(line, known, problems)
        if name:
            known[name], lengths[name] = result, length
    if lines[-1].left is not None:
        problems.append(FormulaProblem("F110", "the last line is the value, without '='", lines[-1].span))
    if problems:
        raise FormulaErrors(text, problems)
    return result


def _let_name(line: Statement, known: Mapping[str, Expr], problems: list[FormulaProblem]) -> str:
    left = line.left
    if not isinstance(left, Sym):
        problems.append(FormulaProblem("F106", "write name = expression, and the value on the last line", line.span))
        return ""
    if left.name in known:
        problems.append(FormulaProblem("F135", f"{left.name!r} has a value already", left.span))
    return left.name


def _resolved(node: Expr, known: Mapping[str, Expr], problems: list[FormulaProblem]) -> Expr:
    if isinstance(node, Sym):
        value = known.get(node.name)
        if value is None:
            hint = did_you_mean(node.name, known) or f"known here: {', '.join(known)}"
            problems.append(FormulaProblem("F122", f"unknown name {node.name!r}", node.span, hint))
            return number(1)
        return replace(value, span=node.span)
    if isinstance(node, Ref | Reduce):
        problems.append(FormulaProblem("F125", "there are no arrays here", node.span))
        return node
    return rebuild(node, tuple(_resolved(c, known, problems) for c in node.children))
