"""Index expressions as sums of multiples of indices."""

from __future__ import annotations

from fractions import Fraction

from symbp.notation.expr import Add, Expr, Index, Mul, Num, Sym


def tidy(node: Expr, *, bare: bool = False) -> Expr:
    """``2*p + 1*u - 0`` as ``2*p + u``: multiples of indices in the order in which they stand, then the number.

    The node itself where it is not such a sum, and, unless `bare` allows it, where only one bare index would be left:
    a read that the author shifted or scaled may leave its axis, a bare one may not.
    """
    found = _terms(node)
    if found is None:
        return node
    indices, constant = found
    parts: list[Expr] = []
    for index, factor in indices.items():
        if factor:
            parts.append(index if factor == 1 else Mul((Num(factor), index)))
    if constant or not parts:
        parts.append(Num(constant))
    if len(parts) == 1 and isinstance(parts[0], Index) and not bare:
        return node
    return parts[0] if len(parts) == 1 else Add(tuple(parts), span=node.span)


def _terms(node: Expr) -> tuple[dict[Index | Sym, Fraction], Fraction] | None:
    """The factor of each index and size, and the number; None if there is anything else in the node."""
    match node:
        case Index() | Sym(kind="size"):
            return {node: Fraction(1)}, Fraction(0)
        case Num():
            return {}, node.value
        case Add():
            return _summed(node)
        case Mul():
            return _multiplied(node)
    return None


def _summed(node: Add) -> tuple[dict[Index | Sym, Fraction], Fraction] | None:
    indices: dict[Index | Sym, Fraction] = {}
    constant = Fraction(0)
    for term in node.args:
        found = _terms(term)
        if found is None:
            return None
        for index, factor in found[0].items():
            indices[index] = indices.get(index, Fraction(0)) + factor
        constant += found[1]
    return indices, constant


def _multiplied(node: Mul) -> tuple[dict[Index | Sym, Fraction], Fraction] | None:
    indices: dict[Index | Sym, Fraction] = {}
    constant = Fraction(1)
    for factor in node.args:
        found = _terms(factor)
        if found is None or (found[0] and indices):
            return None
        by, number = found
        if by:
            indices, constant = {i: c * constant for i, c in by.items()}, number * constant
        else:
            indices, constant = {i: c * number for i, c in indices.items()}, constant * number
    return indices, constant
