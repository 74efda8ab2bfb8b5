"""The derivation of one unit as paragraphs: the chain rule, each rewriting with its rule, the closed form."""

from __future__ import annotations

from collections.abc import Sequence

from symbp.derive.model import ClosedForm, Step, UnitDerivation
from symbp.graph.model import Unit
from symbp.notation.expr import Equation, Index, Ref, tensors
from symbp.report.display import calculation, equation
from symbp.report.escape import escape
from symbp.report.formula import Printer
from symbp.report.lines import Row, joined, solid
from symbp.report.names import Names
from symbp.report.section import Paragraph

SHOWN = 12  # steps of one gradient; of a longer derivation the first and the last ones are shown


def printer_of(unit: Unit, form: ClosedForm) -> Printer:
    """A printer that knows which names are gradients: those of the values, inputs and parameters of this unit."""
    return Printer(Names(frozenset((*(t.name for t in unit.tensors), *(e.name for e in form.forward)))))


def numbered(unit: UnitDerivation) -> dict[str, str]:
    """The number of the emitted equation that defines a name: ``{"y": "2.1", "dz": "2.2"}``."""
    return {e.name: unit.number(e) for e in (*unit.safe.forward, *unit.safe.adjoints)}


def tag_of(unit: UnitDerivation, e: Equation) -> str:
    """The number of a printed equation, with a prime where its emitted form is another one; empty if it has none."""
    number = numbered(unit).get(e.name, "")
    same = e in (*unit.safe.forward, *unit.safe.adjoints)
    return number if same or not number else number + "'"


def forward(unit: UnitDerivation) -> tuple[str, ...]:
    """The printed forward equations, numbered."""
    printer = printer_of(unit.unit, unit.plain)
    return tuple(equation(printer, e, tag_of(unit, e)) for e in unit.plain.forward)


def closed(unit: UnitDerivation) -> tuple[str, ...]:
    """The closed forms of all adjoints, numbered."""
    printer = printer_of(unit.unit, unit.plain)
    return tuple(equation(printer, e, tag_of(unit, e), room=34.0) for e in unit.plain.adjoints)


def emitted(unit: UnitDerivation) -> Paragraph | None:
    """The numerically safe form, where it differs from the printed one, and how the two were shown to be equal."""
    plain = {e.name: e for e in (*unit.plain.forward, *unit.plain.adjoints)}
    printer, numbers = printer_of(unit.unit, unit.safe), numbered(unit)
    rows = [e for e in (*unit.safe.forward, *unit.safe.adjoints) if plain.get(e.name) != e]
    if not rows:
        return None
    text = f"So that nothing overflows or cancels, the program computes an equal form ({escape(unit.equality)}):"
    return Paragraph(text, tuple(equation(printer, e, numbers[e.name]) for e in rows))


def beside(unit: UnitDerivation) -> tuple[Paragraph, ...]:
    """The equations of a prediction, and those of states, under their headings."""
    printer = printer_of(unit.unit, unit.plain)
    return tuple(
        Paragraph(f"{heading[0].upper()}{heading[1:]}:", tuple(equation(printer, e, unit.number(e)) for e in equations))
        for heading, equations in unit.beside
    )


def paragraphs(unit: UnitDerivation) -> tuple[Paragraph, ...]:
    """From the chain rule to the closed forms: gradients of values on the way first, the last value leading."""
    printer = printer_of(unit.unit, unit.plain)
    return tuple(p for e in targets(unit) for p in of_gradient(printer, unit, e))


def targets(unit: UnitDerivation, wanted: Sequence[str] = ()) -> list[Ref]:
    """The gradients that a derivation passes through, in order, as ``d<name>`` at their indices.

    `wanted` limits them to those that lead to these names; without it all are given.
    """
    inner = {e.name: e.lhs for e in unit.unit.plain if e.name != unit.unit.output}
    kept = {e.name[1:]: e.lhs for e in unit.plain.adjoints}
    reached, names = set(wanted or kept), list(inner)
    for name in names:  # a value leads to a gradient where a reached one is read by its equation
        rhs = next(e.rhs for e in unit.unit.plain if e.name == name)
        if reached & tensors(rhs):
            reached.add(name)
    passed = [Ref(f"d{name}", inner[name].at) for name in reversed(names) if name in reached and name not in kept]
    return [*passed, *(lhs for name, lhs in kept.items() if name in reached)]


def of_gradient(printer: Printer, unit: UnitDerivation, target: Ref) -> tuple[Paragraph, ...]:
    """The derivation of one gradient: the chain rule in general, then every step with the name of its rule."""
    steps = [s for s in unit.plain.steps if s.target == target.name and s.before != s.after]
    start = _chain_rule(printer, unit, target)
    rows = ([(start, "")] if start is not None else []) + _steps(printer, unit, steps)
    if not rows:
        return ()
    left = printer.latex(target)
    return (Paragraph(f"Gradient ${left}$, by the chain rule:", (), calculation(left, rows)),)


def _chain_rule(printer: Printer, unit: UnitDerivation, target: Ref) -> Row | None:
    """``sum dy * (partial y / partial x)`` over all equations that read x."""
    value = Ref(target.name[1:], target.at)
    readers = [e for e in unit.unit.plain if value.name in tensors(e.rhs)]
    if not readers:
        return None
    rows = [_summand(printer, e, value, unit.unit) for e in readers]
    return joined([rows[0], *(r.wrapped("+ ", "") for r in rows[1:])])


def _summand(printer: Printer, reader: Equation, value: Ref, unit: Unit) -> Row:
    """``sum over the letters of y: dy * (partial y / partial value)``; a letter that both have gets a prime."""
    own = {i.name for i in value.at if isinstance(i, Index)}
    at = tuple(_primed(i) if i.name in own else i for i in reader.indices)
    upper = printer.latex(Ref(reader.name, at))
    ratio = rf"\frac{{\partial {upper}}}{{\partial {printer.latex(value)}}}"
    if unit.is_loss and reader.name == unit.output:
        return solid(ratio, 2)
    under = ",".join(printer.latex(i) for i in at)
    gradient = printer.latex(Ref(f"d{reader.name}", at))
    return solid((rf"\sum_{{{under}}} " if at else "") + rf"{gradient} \, {ratio}", 2)


def _primed(index: Index) -> Index:
    return Index(index.name + "'", index.size)


def reached(unit: UnitDerivation, adjoint: Equation) -> bool:
    """Whether the steps of a gradient end in its closed form, so that it need not be written again."""
    ends = [s.after for s in unit.plain.steps if s.target == adjoint.name]
    return bool(ends) and ends[-1] == adjoint.rhs


def _steps(printer: Printer, unit: UnitDerivation, steps: Sequence[Step]) -> list[tuple[Row, str]]:
    """What each step leads to, with its note; of a long derivation the first and the last steps."""
    rows = [(printer.row(s.after), _note(printer, unit, s)) for s in steps]
    if len(rows) <= SHOWN:
        return rows
    half = SHOWN // 2
    gap = (solid(r"\cdots"), f"{len(rows) - 2 * half} more steps")
    return [*rows[:half], gap, *rows[-half:]]


def _note(printer: Printer, unit: UnitDerivation, step: Step) -> str:
    """The name of the rule, and the equation that it used: its number, or what it defines."""
    using = ""
    if step.using is not None:
        printed = next((e for e in unit.plain.forward if e.name == step.using.name), step.using)
        number = tag_of(unit, printed)
        using = f" by ({number})" if number else f" by that of ${printer.latex(step.using.lhs)}$"
    return rf"\footnotesize\emph{{{escape(step.rule)}}}{using}"
