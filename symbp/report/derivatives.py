"""A derived formula as text in the formula language, and as LaTeX."""

from __future__ import annotations

from dataclasses import dataclass

from symbp.derive.model import FormulaDerivation
from symbp.notation.expr import Sym, walk
from symbp.notation.text import equation_text
from symbp.report.display import equation
from symbp.report.formula import Printer
from symbp.report.names import Name, Names, name_of


def derivatives_text(derived: FormulaDerivation) -> str:
    """The equations in an order of computation, then what they read; `NAME_of` each derivative says what it is."""
    lines = [equation_text(e) for e in derived.equations]
    return "\n".join((*lines, "", _reads(derived)))


def _reads(derived: FormulaDerivation) -> str:
    """``arrays: x[i], A[i,j]; numbers: lam``, with the letters of their axes."""
    arrays = [f"{t.name}[{','.join(i.name for i in t.indices)}]" for t in derived.tensors if t.indices]
    numbers = [t.name for t in derived.tensors if not t.indices]
    numbers += constants_of(derived)
    parts = [f"{what}: {', '.join(names)}" for what, names in (("arrays", arrays), ("numbers", numbers)) if names]
    return "; ".join(parts)


def constants_of(derived: FormulaDerivation) -> list[str]:
    """The numbers that the equations read by name, in order of appearance."""
    read = (n for e in derived.equations for n in walk(e.rhs) if isinstance(n, Sym) and n.kind != "size")
    return list(dict.fromkeys(n.name for n in read if n.name != "pi"))


def derivatives_latex(derived: FormulaDerivation) -> str:
    """Every equation as a display, derivatives as fractions of partial differentials."""
    given: dict[str, Name] = {d.name: Partial.of(derived, d.of, d.by, d.ranks) for d in derived.derivatives}
    printer = Printer(Names(given=given))
    return "\n".join(f"\\[\n{equation(printer, e)}\n\\]" for e in derived.equations)


@dataclass(frozen=True, slots=True)
class Partial(Name):
    """``\\frac{\\partial^2 f}{\\partial x_i \\, \\partial x_j}``: the indices are dealt out to `top` and `bottom`."""

    top: Name | None = None
    bottom: tuple[Name, ...] = ()
    ranks: tuple[int, ...] = ()
    weight: str = ""

    @staticmethod
    def of(derived: FormulaDerivation, name: str, by: tuple[str, ...], ranks: tuple[int, ...]) -> Partial:
        weight = name_of(derived.cotangent).latex() if derived.cotangent else ""
        return Partial("", (), "1", False, name_of(name), tuple(map(name_of, by)), ranks, weight)

    def latex(self, indices: tuple[str, ...] = ()) -> str:
        parts: list[tuple[str, ...]] = []
        start = 0
        for rank in self.ranks:
            parts.append(indices[start : start + rank])
            start += rank
        assert self.top is not None, "a partial derivative is one of something"
        top = self.top.latex(parts[0])
        top = rf"\langle {self.weight}, {top} \rangle" if self.weight else top
        order = f"^{len(self.bottom)}" if len(self.bottom) > 1 else ""
        below = r" \, ".join(rf"\partial {n.latex(at)}" for n, at in zip(self.bottom, parts[1:], strict=True))
        return rf"\frac{{\partial{order} {top}}}{{{below}}}"
