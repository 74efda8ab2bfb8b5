"""The section of Hessian-vector products: for every distinct layer the equations that they add to its own."""

from __future__ import annotations

from collections.abc import Mapping

from symbp.derive.model import Derivation, HessianDerivation, UnitDerivation
from symbp.report.derivation import numbered
from symbp.report.display import equation
from symbp.report.escape import escape
from symbp.report.formula import Printer
from symbp.report.names import Name, Names
from symbp.report.network import code
from symbp.report.section import Paragraph

NAMED = 3  # of the layers that have a unit
OPERATOR = r"\mathcal{R}"
INTRODUCTION = (
    rf"The product $Hv$ of the Hessian of the loss with a vector $v$ is how the gradient changes along $v$.  "
    rf"Let ${OPERATOR}a$ be how any value $a$ changes when the parameters move along $v$ (the operator of Pearlmutter, "
    r"Fast exact multiplication by the Hessian, 1994): it is the vector itself for parameters, and 0 for the data.  "
    rf"Differentiating each equation gives ${OPERATOR}$ of the left side; that of the gradients of the parameters "
    r"is $Hv$.  The equation (R2.3) belongs to (2.3).  Values that do not change, and gradients that nothing reads, "
    r"are left out."
)


def hessian_section(derivation: Derivation, hessian: HessianDerivation) -> tuple[Paragraph, ...]:
    """The paragraphs, one for each distinct unit in which something moves."""
    first = {unit.section: numbered(unit) for unit in derivation.units}
    found = (_unit(unit, hessian, first[unit.section]) for unit in hessian.network.units)
    return (Paragraph(INTRODUCTION), *(p for p in found if p.displays))


def _unit(unit: UnitDerivation, hessian: HessianDerivation, known: Mapping[str, str]) -> Paragraph:
    """What is new beside the equations in `known`."""
    rows, tags = (*unit.safe.forward, *unit.safe.adjoints), dict(unit.numbers)
    values = frozenset(t.name for t in unit.unit.tensors)
    plain = Names(values)
    moved = {f"{hessian.mark}{name}": _moved(plain.of(name)) for value in values for name in (value, f"d{value}")}
    printer = Printer(Names(values, moved))
    users = [n for n in hessian.network.nodes if n.unit.key == unit.unit.key]
    title = escape(unit.unit.title.replace("_", " "))
    names = ", ".join(code(n.name) for n in users[:NAMED]) + (r", \dots" if len(users) > NAMED else "")
    shown = tuple(equation(printer, e, tags[e.name]) for e in rows if e.name not in known)
    return Paragraph(rf"\paragraph{{{title[:1].upper()}{title[1:]}}} ({names})", shown)


def _moved(name: Name) -> Name:
    d = r"\mathrm{d}" if name.gradient else ""
    return Name(OPERATOR + d + name.base, name.below, name.above)
