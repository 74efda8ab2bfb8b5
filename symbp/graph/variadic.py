"""A declaration with any number of inputs -> the same for a given number: ``{x#[n]|+}`` is ``x1[n] + x2[n]``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from symbp.library.declaration import Formula, Layer

MARK = "#"
FEWEST = 2  # inputs that such a layer reads through its variadic input


def is_variadic(declared: Layer) -> bool:
    return any(MARK in text for text in declared.inputs)


def fewest(declared: Layer) -> int:
    """How many inputs a layer reads at least."""
    return sum(FEWEST if MARK in text else 1 for text in declared.inputs)


@lru_cache(maxsize=256)
def expanded(declared: Layer, count: int) -> Layer:
    """The declaration of a layer with `count` inputs in all, which is at least the fewest."""
    if not is_variadic(declared):
        return declared
    several = count - sum(MARK not in text for text in declared.inputs)

    def spread(text: str) -> str:
        return spelled_out(text, several)

    inputs = [
        text.replace(MARK, str(k)) for text in declared.inputs for k in range(1, 1 + (several if MARK in text else 1))
    ]
    extents = tuple((letter, spread(formula)) for letter, formula in declared.extents)
    return replace(
        declared,
        inputs=tuple(inputs),
        formulas=tuple(_formula(f, spread) for f in declared.formulas),
        extents=extents,
    )


def _formula(formula: Formula, spread: Callable[[str], str]) -> Formula:
    return replace(
        formula,
        plain=spread(formula.plain),
        safe=spread(formula.safe),
        inference=spread(formula.inference),
        facts=tuple(spread(fact) for fact in formula.facts),
    )


def spelled_out(text: str, count: int) -> str:
    """The text with every group written once for each of `count` inputs.

    A group within a group runs over the inputs before.

    >>> spelled_out("y[n] = {x#[n]|+}", 3)
    'y[n] = x1[n] + x2[n] + x3[n]'
    >>> spelled_out("{x#[n,k-({I#|+})]|+}", 3)
    'x1[n,k-(0)] + x2[n,k-(I1)] + x3[n,k-(I1 + I2)]'
    >>> spelled_out("max({x#[n]|,})", 2)
    'max(x1[n], x2[n])'
    """
    made, start = "", 0
    while (opening := text.find("{", start)) >= 0:
        closing = _closing(text, opening)
        term, _, sign = text[opening + 1 : closing].rpartition("|")
        joined = ", " if sign.strip() == "," else f" {sign.strip()} "
        terms = [_numbered(term, k) for k in range(1, count + 1)]
        made += text[start:opening] + (joined.join(terms) or "0")
        start = closing + 1
    return made + text[start:]


def _numbered(term: str, number: int) -> str:
    """A term for the input `number`: its inner groups over those before, then the number for the mark."""
    return spelled_out(term, number - 1).replace(MARK, str(number))


def _closing(text: str, opening: int) -> int:
    depth = 0
    for place in range(opening, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0:
            return place
    raise ValueError(f"a group that does not end: {text[opening:]!r}")
