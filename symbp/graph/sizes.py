"""Formulas for the sizes of axes that a layer computes, as a declaration writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from symbp.graph.findings import Findings
from symbp.notation.expr import Add, Call, Expr, Mul, Num, Pow, Sym, rebuild
from symbp.notation.problems import FormulaErrors
from symbp.notation.scalar import scalar
from symbp.notation.traverse import replace_symbols
from symbp.spec.tree import Trail

Integers = Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Extent:
    """The size of the axis `letter`: `text` as declared, `formula` with size symbols and the integers put in."""

    letter: str
    text: str
    formula: Expr
    integers: tuple[tuple[str, int], ...] = ()


def read_extents(
    declared: Sequence[tuple[str, str]],
    sizes: Mapping[str, Sym],
    integers: Integers,
    findings: Findings,
    trail: Trail,
) -> tuple[Extent, ...]:
    """The formulas of a declaration, each with size symbols for the capitals of letters, and numbers for integers.

    A formula reads the sizes of inputs and keys, and those that stand before it.  Problems are reported at `trail`.
    """
    later = [letter for letter, _ in declared]
    found: list[Extent] = []
    for letter, text in declared:
        known = {m.upper(): symbol for m, symbol in sizes.items() if m not in later}
        later.remove(letter)
        values: dict[str, Sym | Num] = {**known, **{name: Num(Fraction(value)) for name, value in integers}}
        try:
            formula = replace_symbols(scalar(text, constants=tuple(values)), values)
        except FormulaErrors as error:
            findings.add_formula(error, (*trail, letter))
        else:
            found.append(Extent(letter, text, multiplied_out(formula), tuple(integers)))
    return tuple(found)


# --- formulas multiplied out ---

Terms = dict[tuple[Expr, ...], Fraction]  # products of sizes and roundings, with their factors


def multiplied_out(node: Expr) -> Expr:
    """The same value with numbers folded and products of sums multiplied out; all sizes are integers.

    >>> from symbp.notation.text import text
    >>> text(multiplied_out(scalar("(H + 2 - 1*(U - 1) - 1)//1 + 1", constants=("H", "U"))))
    'H - U + 3'
    """
    terms = {m: c for m, c in _terms(node).items() if c}
    parts = [_written(m, c) for m, c in terms.items()]
    return parts[0] if len(parts) == 1 else Add(tuple(parts)) if parts else Num(Fraction(0))


def _written(product: tuple[Expr, ...], factor: Fraction) -> Expr:
    factors = (*([Num(factor)] if factor != 1 or not product else []), *product)
    return factors[0] if len(factors) == 1 else Mul(factors)


def _terms(node: Expr) -> Terms:
    match node:
        case Num():
            return {(): node.value}
        case Add():
            return _added([_terms(a) for a in node.args])
        case Mul():
            total: Terms = {(): Fraction(1)}
            for a in node.args:
                total = _product(total, _terms(a))
            return total
        case Pow(base=Num() as base, exponent=Num() as exponent) if exponent.value.denominator == 1:
            return {(): base.value ** int(exponent.value)}
        case Call(function="floor"):
            return _rounded(node)
    return {(rebuild(node, tuple(multiplied_out(c) for c in node.children)),): Fraction(1)}


def _rounded(node: Call) -> Terms:
    """A floor; that of an integer is the integer."""
    inside = _terms(node.args[0])
    if not all(isinstance(f, Sym) or (isinstance(f, Call) and f.function == "floor") for m in inside for f in m):
        return {(Call("floor", (multiplied_out(node.args[0]),)),): Fraction(1)}
    divisor = lcm(*(c.denominator for c in inside.values()))
    if divisor == 1:
        return inside
    scaled: Terms = {m: c * divisor for m, c in inside.items()}
    parts = tuple(_written(m, c) for m, c in scaled.items() if c)
    value = parts[0] if len(parts) == 1 else Add(parts)
    return {(Call("floor", (Mul((value, Pow(Num(Fraction(divisor)), Num(Fraction(-1))))),)),): Fraction(1)}


def _added(all_terms: Sequence[Terms]) -> Terms:
    total: Terms = {}
    for terms in all_terms:
        for m, c in terms.items():
            total[m] = total.get(m, Fraction(0)) + c
    return _constant_last(total)


def _product(a: Terms, b: Terms) -> Terms:
    total: Terms = {}
    for m, c in a.items():
        for other, d in b.items():
            key = (*m, *other)
            total[key] = total.get(key, Fraction(0)) + c * d
    return total


def _constant_last(terms: Terms) -> Terms:
    return {m: c for m, c in terms.items() if m} | ({(): terms[()]} if () in terms else {})
