"""From index notation to matrices: a sum over a shared letter is a product, a factor at both letters a Hadamard one.

A formula whose value depends on at most two letters is the entry of a matrix, of a vector, or a scalar.  In the layout
"rows" the axes of a tensor are the rows and columns of its matrix in their order, so that a sample is a row; in the
layout "columns" every tensor is transposed, so that a sample is a column.  What has no such form gives None: the caller
then keeps the index notation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from symbp.notation.expr import (
    Add,
    Call,
    Compare,
    Equation,
    Expr,
    Index,
    Mul,
    Num,
    Pow,
    Reduce,
    Ref,
    Sym,
    free_indices,
    tensors,
)
from symbp.report.factors import flat, plain_sums, positive, split, terms, times
from symbp.report.formula import ATOM, POWER, PRODUCT, Printer, function_name
from symbp.report.leading import ApartError, merged
from symbp.report.lines import FACTOR, Row, joined, solid
from symbp.report.names import Name, Names

ONES = r"\mathbf{1}"
RELATION = {">": ">", ">=": r"\ge", "<": "<", "<=": r"\le", "==": "=", "!=": r"\ne"}
ELEMENTWISE = 1  # a product by elements binds less tightly than one of matrices: A B \odot C is (A B) \odot C


class NoMatrixFormError(Exception):
    """The formula is no product, sum or elementwise function of matrices."""


@dataclass(frozen=True, slots=True)
class Form:
    """A matrix as LaTeX, and how tightly it binds; `contracted`: it is a product of matrices."""

    row: Row
    binds: int
    contracted: bool = False

    def operand(self, level: int) -> Row:
        if self.binds >= level:
            return self.row
        inner = self.row.deeper(1)
        return inner.wrapped(r"\bigl(", r"\bigr)") if inner.height > 1 else inner.wrapped("(", ")")


@dataclass(frozen=True, slots=True)
class MatrixEquation:
    """``left = right``, and the numbers of rows and columns."""

    left: str
    right: Row
    shape: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class MatrixPrinter:
    """`batch` are the letters of the leading axes, in order; several are taken together as one.  A vector over them
    stands upright in the layout "rows"."""

    names: Names
    layout: str = "rows"
    batch: tuple[str, ...] = ("n",)
    functions: Mapping[str, str] = field(default_factory=dict)

    def equation(self, shown: Equation) -> MatrixEquation | None:
        """The equation between matrices, or None where there is none."""
        try:
            shown = merged(shown, self.batch)
            at = shown.indices
            if len(at) != len(shown.lhs.at) or len(at) not in (1, 2):
                return None
            rows, columns = self.oriented(at)
            right = self.form(plain_sums(shown.rhs), rows, columns).row
            shape = tuple(Num(Fraction(1)) if i is None else i.size for i in (rows, columns))
            return MatrixEquation(self.name(shown.lhs).latex(), right, shape)
        except (NoMatrixFormError, ApartError):
            return None

    def oriented(self, at: Sequence[Index]) -> tuple[Index | None, Index | None]:
        """The letters of rows and columns of a tensor with these letters."""
        if len(at) == 2:
            return (at[0], at[1]) if self.layout == "rows" else (at[1], at[0])
        if not at:
            return None, None
        upright = (at[0].name in self.batch) == (self.layout == "rows")
        return (at[0], None) if upright else (None, at[0])

    def name(self, ref: Ref) -> Name:
        """A tensor with two axes has a capital letter."""
        made = self.names.of(ref.name)
        return capital(made) if len(ref.at) == 2 and ref.name not in self.names.given else made

    def form(self, node: Expr, rows: Index | None, columns: Index | None) -> Form:
        """The matrix whose entry at (rows, columns) is `node`."""
        letters = free_indices(node)
        if rows is not None and columns is not None and len(letters & {rows, columns}) == 1:
            return self._repeated(node, rows, columns)
        match node:
            case Num() | Sym():
                printer = Printer(self.names)
                return Form(printer.row(node), ATOM)
            case Ref():
                return self._read(node, rows, columns)
            case Add():
                return self._sum(node, rows, columns)
            case Mul():
                return self._product(node, rows, columns)
            case Reduce(op="sum"):
                return self._reduce(node, rows, columns)
            case Pow(base=base, exponent=Num(value=power)) if power > 0:
                inner = self.form(base, rows, columns).operand(ATOM)
                sign = "" if rows is None and columns is None else r"\circ "
                return Form(inner.wrapped("", f"^{{{sign}{Printer().latex(Num(power))}}}"), POWER)
            case Pow(exponent=Num()):
                return self._product(Mul((node,)), rows, columns)
            case Call():
                return self._call(node, rows, columns)
            case Compare(op=op, left=left, right=right):
                return self._compare(op, left, right, rows, columns)
        raise NoMatrixFormError

    def _read(self, node: Ref, rows: Index | None, columns: Index | None) -> Form:
        if not all(isinstance(a, Index) for a in node.at) or not set(node.at) <= {rows, columns}:
            raise NoMatrixFormError
        at = tuple(a for a in node.at if isinstance(a, Index))
        own = self.oriented(at)
        name = self.name(node)
        text, turned = name.latex(), name.transposed()
        if not at or own == (rows, columns):
            return Form(solid(text), POWER if name.above else ATOM)
        if own == (columns, rows):
            return Form(solid(turned), POWER)
        raise NoMatrixFormError

    def _repeated(self, node: Expr, rows: Index, columns: Index) -> Form:
        """A vector over one of two letters: repeated over the other by a product with ones."""
        if rows in free_indices(node):
            return _side_by_side(self.form(node, rows, None), Form(solid(rf"{ONES}^{{\top}}"), ATOM))
        return _side_by_side(Form(solid(ONES), ATOM), self.form(node, None, columns))

    def _sum(self, node: Add, rows: Index | None, columns: Index | None) -> Form:
        made = []
        for k, term in enumerate(terms(node)):
            sign, rest = positive(term)
            row = self.form(rest, rows, columns).operand(ELEMENTWISE)
            lead = "" if k == 0 and sign > 0 else ("-" if k == 0 else ("+ " if sign > 0 else "- "))
            made.append(row.deeper(1).wrapped(lead, ""))
        return Form(joined(made), 0)

    def _product(self, node: Mul, rows: Index | None, columns: Index | None) -> Form:
        parts = split(node)
        outside = frozenset(i for i in (rows, columns) if i is not None)
        scalar_over = [f for f in parts.over if not free_indices(f) & outside]
        scalar_under = [f for f in parts.under if not free_indices(f) & outside]
        over = [f for f in parts.over if free_indices(f) & outside]
        under = [f for f in parts.under if free_indices(f) & outside]
        if any(tensors(f) for f in (*scalar_over, *scalar_under)):
            raise NoMatrixFormError
        made = self._divided(self._elementwise(over, rows, columns), under, rows, columns)
        scale = self._scalar(parts.coefficient, scalar_over, scalar_under)
        if made is None:
            made, scale = scale or Form(solid("1"), ATOM), None
        if scale is not None:
            whole = joined([scale.operand(PRODUCT), made.operand(ELEMENTWISE).wrapped(r"\, ", "")], FACTOR)
            made = Form(whole, min(PRODUCT, max(made.binds, ELEMENTWISE)))
        return Form(made.row.wrapped("-", ""), 0) if parts.sign < 0 else made

    def _divided(
        self, made: Form | None, under: Sequence[Expr], rows: Index | None, columns: Index | None
    ) -> Form | None:
        """`made` divided by elements, and its rows and columns by vectors."""
        outside = {i for i in (rows, columns) if i is not None}
        full = [f for f in under if outside <= free_indices(f)]
        if full:
            below = self._elementwise(full, rows, columns)
            if below is None:
                raise NoMatrixFormError
            above = made or Form(solid("1"), ATOM)
            parts = [above.operand(PRODUCT), below.operand(POWER).wrapped(r"\oslash ", "")]
            made = Form(joined(parts, FACTOR), ELEMENTWISE)
        for f in (f for f in under if f not in full):
            if made is None:
                raise NoMatrixFormError
            side = (rows, None) if rows in free_indices(f) else (None, columns)
            scale = _diagonal(self.form(f, *side))
            inverse = Form(scale.row.wrapped("", "^{-1}"), POWER)
            made = _side_by_side(inverse, made) if side[0] is not None else _side_by_side(made, inverse)
        return made

    def _scalar(self, coefficient: Fraction, over: Sequence[Expr], under: Sequence[Expr]) -> Form | None:
        if coefficient == 1 and not over and not under:
            return None
        whole = (Num(coefficient), *over, *(Pow(f, Num(Fraction(-1))) for f in under))
        return Form(Printer(self.names).row(times(tuple(f for f in whole if f != Num(Fraction(1))))), PRODUCT)

    def _elementwise(self, factors: Sequence[Expr], rows: Index | None, columns: Index | None) -> Form | None:
        """Factors over both letters multiply by elements; one over a single letter scales rows or columns."""
        if not factors:
            return None
        outside = {i for i in (rows, columns) if i is not None}
        full = [f for f in factors if outside <= free_indices(f)]
        by_row = [f for f in factors if f not in full and rows in free_indices(f)]
        by_column = [f for f in factors if f not in full and columns in free_indices(f)]
        if not full:
            if len(factors) == 2 and by_row and by_column:  # an outer product
                left, right = self.form(by_row[0], rows, None), self.form(by_column[0], None, columns)
                return _side_by_side(left, right)
            raise NoMatrixFormError
        made = [self.form(f, rows, columns) for f in full]
        whole = made[0]
        if len(made) > 1:
            operands = [m.operand(POWER if m.contracted else PRODUCT) for m in made]
            whole = Form(joined([operands[0], *(o.wrapped(r"\odot ", "") for o in operands[1:])], FACTOR), ELEMENTWISE)
        for f in by_row:
            whole = _side_by_side(_diagonal(self.form(f, rows, None)), whole)
        for f in by_column:
            whole = _side_by_side(whole, _diagonal(self.form(f, None, columns)))
        return whole

    def _reduce(self, node: Reduce, rows: Index | None, columns: Index | None) -> Form:
        if len(node.bound) != 1:
            raise NoMatrixFormError
        k = node.bound[0]
        if k in (rows, columns):
            raise NoMatrixFormError
        if isinstance(node.body, Add):
            return self._sum(Add(tuple(replace(node, body=t) for t in terms(node.body))), rows, columns)
        left, right, outside = [], [], []
        for f in flat(node.body):
            letters = free_indices(f)
            if k not in letters:
                outside.append(f)
            elif columns is not None and columns in letters and (rows is None or rows not in letters):
                right.append(f)
            elif columns is None or columns not in letters:
                left.append(f)
            else:
                raise NoMatrixFormError
        if outside:
            inside = replace(node, body=times((*left, *right)))
            return self._product(Mul((*outside, inside)), rows, columns)
        if rows is None and columns is None and len(left) > 1:  # an inner product
            left, right = left[:1], left[1:]
        return self._contracted(left, right, k, rows, columns)

    def _contracted(
        self, left: Sequence[Expr], right: Sequence[Expr], k: Index, rows: Index | None, columns: Index | None
    ) -> Form:
        """The product of the matrix of `left` at (rows, k) and that of `right` at (k, columns)."""
        if (rows is not None and not any(rows in free_indices(f) for f in left)) or (
            columns is not None and not any(columns in free_indices(f) for f in right)
        ):
            raise NoMatrixFormError
        first = self._elementwise(left, rows, k) or Form(solid(rf"{ONES}^{{\top}}"), ATOM)
        second = self._elementwise(right, k, columns) or Form(solid(ONES), ATOM)
        return _side_by_side(first, second)

    def _call(self, node: Call, rows: Index | None, columns: Index | None) -> Form:
        if node.function == "where":
            raise NoMatrixFormError
        inside = [self.form(a, rows, columns).row for a in node.args]
        if node.function == "abs":
            return Form(inside[0].deeper(2).wrapped(r"\lvert ", r" \rvert"), ATOM)
        head = self.functions.get(node.function, function_name(node.function))
        row = joined([*(r.deeper(2).wrapped("", ",") for r in inside[:-1]), inside[-1].deeper(2)], 2)
        return Form(row.wrapped(head + "(", ")"), ATOM)

    def _compare(self, op: str, left: Expr, right: Expr, rows: Index | None, columns: Index | None) -> Form:
        if op == "==" and isinstance(right, Index) and isinstance(left, Ref):
            if {*left.at, right} != {rows, columns} - {None}:
                raise NoMatrixFormError
            text = rf"\operatorname{{onehot}}({self.name(left).latex()})"
            return Form(solid(text), ATOM)
        sides = [self.form(side, rows, columns).row.latex for side in (left, right)]
        return Form(solid(rf"{ONES}[{sides[0]} {RELATION[op]} {sides[1]}]"), ATOM)


def capital(name: Name) -> Name:
    """The capital of a single letter; other names stay as they are."""
    return replace(name, base=name.base.upper()) if len(name.base) == 1 else name


def _diagonal(vector: Form) -> Form:
    return Form(vector.row.wrapped(r"\operatorname{diag}(", ")"), ATOM)


def _side_by_side(left: Form, right: Form) -> Form:
    """A product of matrices."""
    rows = [left.operand(PRODUCT), right.operand(PRODUCT).wrapped(r"\, ", "")]
    return Form(joined(rows, FACTOR), PRODUCT, contracted=True)
