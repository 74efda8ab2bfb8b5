"""A formula in index notation as LaTeX: a row of atoms that can be broken into lines.

Sums bind tighter than plus and reach over the product on their right.  Parentheses have fixed sizes, never \\left and
\\right, so that a line may be broken inside them.  Fractions and exponents that would be wider than a line are written
in a form that can be broken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from symbp.notation.expr import (
    Add,
    Call,
    Compare,
    Divides,
    Expr,
    FirstMax,
    Index,
    InRange,
    Mul,
    Num,
    Pow,
    Quotient,
    Reduce,
    Ref,
    Sym,
)
from symbp.notation.functions import FUNCTIONS
from symbp.report.factors import ONE, plain_sums, positive, split, terms, times
from symbp.report.lines import FACTOR, Atom, Row, joined, solid
from symbp.report.names import Names

SUM, PRODUCT, POWER, ATOM = 1, 2, 3, 4  # how tightly a form binds
WIDEST = 20.0  # em: a fraction or a root wider than this is written so that it can be broken
WIDEST_CASES = 27.0  # em: likewise for branches
EXPONENT = 5.0  # em: an argument of exp up to this width becomes an exponent

_RELATION = {">": ">", ">=": r"\ge", "<": "<", "<=": r"\le", "==": "=", "!=": r"\ne"}
_SQUARED = frozenset(("log", "tanh", "sin", "cos", "sinh", "cosh"))  # an exponent follows the name: tanh^2(x)
_LEFT = ("(", r"\bigl(", r"\Bigl(", r"\biggl(")
_RIGHT = (")", r"\bigr)", r"\Bigr)", r"\biggr)")


@dataclass(frozen=True, slots=True)
class Printer:
    """Prints formulas whose names are as `names` says."""

    names: Names = field(default_factory=Names)
    functions: Mapping[str, str] = field(default_factory=dict)  # LaTeX names that differ from those of the language

    def latex(self, node: Expr) -> str:
        """The formula on one line."""
        return self.row(node).latex

    def row(self, node: Expr) -> Row:
        """The formula as atoms."""
        return self._form(plain_sums(node))[0]

    def inside(self, node: Expr, level: int) -> Row:
        """The formula as an operand: in parentheses where it binds less tightly than `level`."""
        row, binds = self._form(node)
        return row if binds >= level else parenthesised(row)

    def _form(self, node: Expr) -> tuple[Row, int]:
        match node:
            case Num() | Sym() | Index() | Ref():
                return self._leaf(node)
            case Add():
                return self._sum(node), SUM
            case Mul():
                return self._product(node)
            case Pow():
                return self._power(node)
            case Call():
                return self._call(node)
            case Reduce():
                return self._reduce(node), PRODUCT
            case Quotient(value=value, divisor=divisor):
                return self._form(Mul((value, Pow(divisor, Num(Fraction(-1))))))
            case Compare() | Divides() | InRange():
                return solid(rf"\mathbf{{1}}[{self.condition(node)}]"), ATOM
            case FirstMax():  # very wide where the maximum is that of a window at places that are no sums of indices
                place, maximum = self._first(node)
                return Row((Atom(rf"\mathbf{{1}}[{place}"), Atom(f"= {maximum}]", 4))), ATOM
        raise TypeError(f"no LaTeX for {type(node).__name__}")

    def _leaf(self, node: Num | Sym | Index | Ref) -> tuple[Row, int]:
        match node:
            case Num(value=value):
                return solid(number(value)), SUM if value < 0 else (ATOM if value.denominator == 1 else PRODUCT)
            case Ref(name=name, at=at):
                read = self.names.of(name)
                text = read.latex(tuple(self.index(a) for a in at))
                return solid(text, 1 if at and read.below else 0), POWER if read.above else ATOM
            case _:
                return solid(self.names.of(node.name).latex()), ATOM

    def index(self, node: Expr) -> str:
        """An index expression, set tightly: ``sp+u-a``, ``(i-u)/s``."""
        match node:
            case Quotient(value=value, divisor=divisor):
                top, bottom = self.index(value), self.index(divisor)
                return f"({top})/{bottom}" if isinstance(value, Add) else f"{top}/{bottom}"
            case Mul() if all(isinstance(f, Sym | Index | Num) for f in node.args):
                sign, rest = positive(node)
                factors = tuple(f for f in rest.args if f != Num(ONE)) if isinstance(rest, Mul) else (rest,)
                return ("-" if sign < 0 else "") + "".join(self.index(f) for f in factors)
            case Add():
                return self._affine(node)
            case _:
                return self.row(node).latex

    def _affine(self, node: Add) -> str:
        signed = [positive(t) for t in terms(node) if t != Num(Fraction(0))]
        signed.sort(key=lambda s: -s[0])  # what is added first: t-1, never -1+t
        text = "".join(("+" if sign > 0 else "-") + self.index(term) for sign, term in signed)
        return text.removeprefix("+") or "0"

    def _sum(self, node: Add) -> Row:
        rows, found = [], terms(node)
        if all(isinstance(term, Num) for term in found):  # two inputs, counted
            return self.row(Num(sum((term.value for term in found if isinstance(term, Num)), Fraction(0))))
        for k, term in enumerate(found):
            sign, rest = positive(term)
            row = self.inside(rest, PRODUCT)
            lead = "" if k == 0 and sign > 0 else ("-" if k == 0 else ("+ " if sign > 0 else "- "))
            rows.append(row.deeper(1).wrapped(lead, ""))
        return joined(rows)

    def _product(self, node: Mul) -> tuple[Row, int]:
        parts = split(node)
        if any(isinstance(f, Num) and f.value == 0 for f in parts.over):
            return solid("0"), ATOM
        light = [f for f in parts.over if not _big(f)]
        heavy = [f for f in parts.over if _big(f)]
        rows = self._fraction(parts.coefficient, light, parts.under, alone=not heavy)
        rows += [self._operand(f, last=f is heavy[-1]) for f in heavy]
        row = _times(rows)
        if parts.sign < 0 or (heavy and isinstance(heavy[-1], Call)):
            return row.wrapped("-" if parts.sign < 0 else "", ""), SUM
        return row, PRODUCT if len(rows) > 1 or not _closed(rows[0]) else ATOM

    def _operand(self, node: Expr, *, last: bool) -> Row:
        """A factor.  Sums and branches reach to the end of their product: the last one needs no parentheses."""
        return self.row(node) if last else self.inside(node, POWER)

    def _fraction(
        self, coefficient: Fraction, over: Sequence[Expr], under: Sequence[Expr], *, alone: bool
    ) -> list[Row]:
        """The rows of ``coefficient * over / under``, one a factor; empty for 1 unless it stands alone."""
        if _reads_better_in_decimals(coefficient):
            number_row = solid(decimal(coefficient))
            return [number_row, *self._fraction(ONE, over, under, alone=False)]
        whole = [Num(Fraction(coefficient.numerator))] if coefficient.numerator != 1 else []
        if not under and coefficient.denominator == 1:
            factors = [*whole, *over]
            if not factors and alone:
                return [solid("1")]
            only = len(factors) == 1 and alone
            return [self.inside(f, PRODUCT if only else POWER) for f in factors]
        below = [Num(Fraction(coefficient.denominator))] if coefficient.denominator != 1 else []
        top, bottom = times((*whole, *over)), times((*below, *under))
        made = _over(self.row(top), self.row(bottom))
        if made is not None:
            return [made]
        if over:
            return [*self._fraction(coefficient, (), under, alone=False), *(self.inside(f, POWER) for f in over)]
        return [*([self.row(whole[0])] if whole else []), self._inverse(bottom)]

    def _inverse(self, node: Expr) -> Row:
        """What is too wide for a fraction, to the power of -1; a root, to that of -1/2."""
        if isinstance(node, Pow) and isinstance(node.exponent, Num):
            exponent = self.row(Num(-node.exponent.value)).latex
            return self.inside(node.base, ATOM).wrapped("", f"^{{{exponent}}}")
        return self.inside(node, ATOM).wrapped("", "^{-1}")

    def _power(self, node: Pow) -> tuple[Row, int]:
        base, exponent = node.base, node.exponent
        if isinstance(exponent, Num) and exponent.value < 0:
            return self._product(Mul((node,)))
        if isinstance(exponent, Num) and exponent.value == Fraction(1, 2):
            row = self.row(base)
            if row.width <= WIDEST:
                return solid(rf"\sqrt{{{row.latex}}}", row.height), ATOM
        if isinstance(base, Call) and base.function in _SQUARED and isinstance(exponent, Num):
            return self._call(base, above=number(exponent.value))[0], POWER
        power = self.row(exponent).latex
        return self.inside(base, ATOM).wrapped("", f"^{{{power}}}"), POWER

    def _call(self, node: Call, above: str = "") -> tuple[Row, int]:
        if node.function == "where":
            return self._cases(node)
        rows = [self.row(a) for a in node.args]
        match node.function:
            case "exp" if rows[0].width <= EXPONENT and "frac" not in rows[0].latex:
                return solid(f"e^{{{rows[0].latex}}}", 1), POWER
            case "sqrt":
                return self._power(Pow(node.args[0], Num(Fraction(1, 2))))
            case "abs":
                return rows[0].deeper(2).wrapped(r"\lvert ", r" \rvert"), ATOM
            case "floordiv":
                return self._floor(node), ATOM
            case "mod":
                value, divisor = (self.inside(a, POWER) for a in node.args)
                return joined((value, divisor.wrapped(r"\bmod ", ""))), PRODUCT
        head = self.functions.get(node.function, function_name(node.function)) + (f"^{{{above}}}" if above else "")
        return _called(head, rows), ATOM

    def _floor(self, node: Call) -> Row:
        """A quotient rounded down, set tightly: it is often an index."""
        top, bottom = node.args
        value = f"({self.index(top)})" if isinstance(top, Add) else self.index(top)
        divisor = self.index(bottom) if isinstance(bottom, Num | Sym | Index) else f"({self.index(bottom)})"
        return solid(rf"\lfloor {value}/{divisor} \rfloor", 1)

    def _cases(self, node: Call) -> tuple[Row, int]:
        """Branches in a list, one a line; where a line would be too wide, as a function that can be broken."""
        rows = []
        for value, conditions in _branches(node, ()):
            when = r" \text{ and } ".join(self.condition(c) for c in conditions)
            rows.append(f"{self.row(value).latex} & " + (rf"\text{{if }} {when}" if when else r"\text{otherwise}"))
        body = r" \\ ".join(rows)
        made = solid(rf"\begin{{cases}} {body} \end{{cases}}", 3)
        if made.width <= WIDEST_CASES:
            return made, SUM
        condition, then, otherwise = node.args
        parts = [solid(self.condition(condition)), self.row(then), self.row(otherwise)]
        return _called(function_name("where"), parts), ATOM

    def _reduce(self, node: Reduce) -> Row:
        under = ",".join(self.index(i) for i in node.bound)
        body = self.inside(node.body, PRODUCT)
        if node.op in ("max", "min"):
            return body.deeper(1).wrapped(rf"\{node.op}_{{{under}}} ", "").raised()
        return body.deeper(1).wrapped(rf"\sum_{{{under}}} ", "").raised()

    def condition(self, node: Expr) -> str:
        """A condition without the bracket that makes it 0 or 1."""
        match node:
            case Compare(op=op, left=left, right=right):
                return f"{self.row(left).latex} {_RELATION[op]} {self.row(right).latex}"
            case Divides(divisor=divisor, value=value):
                return rf"{self.index(divisor)} \mid {self.index(value)}"
            case InRange(value=value, size=size):
                return rf"0 \le {self.index(value)} < {self.index(size)}"
            case FirstMax():
                return " = ".join(self._first(node))
        return self.row(node).latex

    def _first(self, node: FirstMax) -> tuple[str, str]:
        """A place, and the first place of a maximum."""
        place = ",".join(self.index(a) for a in node.at)
        over = ",".join(self.index(b) for b in node.bound)
        body = self.inside(node.body, PRODUCT).latex
        place = f"({place})" if len(node.at) > 1 else place
        return place, rf"\operatorname{{first\,arg\,max}}_{{{over}}} {body}"


def _branches(node: Expr, conditions: tuple[Expr, ...]) -> list[tuple[Expr, tuple[Expr, ...]]]:
    """The values of nested branches, each with the conditions under which it is the first that applies."""
    if not (isinstance(node, Call) and node.function == "where"):
        return [(node, conditions)]
    condition, then, otherwise = node.args
    return [*_branches(then, (*conditions, condition)), *_branches(otherwise, conditions)]


def _called(head: str, rows: Sequence[Row]) -> Row:
    """A function of arguments; a line may be broken behind a comma."""
    inside = joined([*(r.deeper(2).wrapped("", ",") for r in rows[:-1]), rows[-1].deeper(2)], depth=2)
    return parenthesised(inside, before=head, deeper=0)


def parenthesised(row: Row, before: str = "", deeper: int = 1) -> Row:
    """The row in parentheses as high as it is; `before` is the name of a function."""
    size = min(row.height, len(_LEFT) - 1)
    return row.deeper(deeper).wrapped(before + _LEFT[size], _RIGHT[size]).raised(1)


def number(value: Fraction) -> str:
    """An exact number: integers and short decimals as they are, anything else as a fraction; 10^{30} as a power."""
    sign = "-" if value < 0 else ""
    if value.denominator == 1:
        digits = str(abs(value.numerator))
        return rf"{sign}10^{{{len(digits) - 1}}}" if len(digits) > 6 and digits.strip("0") == "1" else sign + digits
    if _reads_better_in_decimals(abs(value)):
        return sign + decimal(abs(value))
    return rf"{sign}\tfrac{{{abs(value.numerator)}}}{{{value.denominator}}}"


def decimal(value: Fraction) -> str:
    """The decimals of a fraction where they end within twelve places, else an empty text; 10^{-6} for a millionth."""
    scaled = value * 10**12
    if scaled.denominator != 1:
        return ""
    text = f"{value.numerator / value.denominator:.12f}".rstrip("0").rstrip(".")
    zeros = len(text) - len(text.removeprefix("0.").lstrip("0")) - 1
    return rf"10^{{-{zeros}}}" if text.startswith("0.000") and text.strip("0.") == "1" else text


def _reads_better_in_decimals(value: Fraction) -> bool:
    """0.044715 rather than 8943/200000, but 1/16 rather than 0.0625."""
    text = decimal(value)
    plain = value.denominator <= 8 or (value.numerator == 1 and value.denominator <= 64 and len(text) > len("0.05"))
    return bool(text) and not plain


def function_name(function: str) -> str:
    """What stands in front of the parenthesis: ``\\tanh``, ``\\sigma``, ``\\operatorname{erf}``."""
    if function not in FUNCTIONS:
        return rf"\operatorname{{{function}}}"
    return FUNCTIONS[function].latex.replace("{{", "{").replace("}}", "}").partition(r"\left")[0]


def _big(node: Expr) -> bool:
    """What stands beside a fraction and not on top of it: sums and branches."""
    return isinstance(node, Reduce) or (isinstance(node, Call) and node.function == "where")


def _closed(row: Row) -> bool:
    """A single fraction is an atom only for a product, never under an exponent."""
    return len(row.atoms) == 1 and not row.atoms[0].latex.startswith((r"\frac", r"\tfrac"))


def _over(top: Row, bottom: Row) -> Row | None:
    """A fraction, unless it would be too wide for a line."""
    if max(top.width, bottom.width) > WIDEST:
        return None
    return solid(rf"\frac{{{top.latex}}}{{{bottom.latex}}}", 2)


def _times(rows: Sequence[Row]) -> Row:
    """Factors side by side, with a dot where two numbers would run together."""
    made: list[Row] = []
    for row in rows:
        glue, start = "", row.atoms[0].latex
        if made and start[:1].isdigit():
            glue = r"\cdot "
        elif made and not (made[-1].latex.isalnum() and not start.startswith(r"\mathrm")):
            glue = r"\, "
        made.append(row.deeper(1).wrapped(glue, ""))
    return joined(made, depth=FACTOR) if len(made) > 1 else rows[0]
