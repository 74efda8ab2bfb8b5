"""Numbers that a workspace holds as arrays without dimensions."""

from __future__ import annotations

import re

from symbp.emit.fractions import halves
from symbp.emit.scalar import python_scalar
from symbp.notation.expr import Expr, Sym, walk

NAMES = {"0": "zero", "1": "one", "2": "two", "1 / 2": "half", "88": "largest_exponent"}


def constant_text(value: Expr) -> str:
    """A number in the constructor of a workspace; empty where it is not the same in every step."""
    symbols = [s for s in walk(value) if isinstance(s, Sym)]
    if any(s.kind != "size" for s in symbols):
        return ""
    names = {s.name: s.name for s in symbols}
    above, below = (python_scalar(part, names) for part in halves(value))
    if below == "1":
        return above
    if "-" in below:  # it may be 0 where a step is refused, but not a workspace
        return ""
    return f"{above} / {below}" if re.fullmatch(r"[\w.]+", below) else f"{above} / ({below})"


def varying_name(value: Expr, name: str) -> str:
    """A name for a multiple of the number `name`, which differs from step to step: ``scale_per_n`` for ``scale / n``.

    The array of the number itself is not called as the number is.

    >>> from symbp.notation.expr import Mul, Pow, number
    >>> varying_name(Mul((number(2), Sym("scale"), Pow(Sym("n", "size"), number(-1)))), "scale")
    'scale_2_per_n'
    >>> varying_name(Sym("scale"), "scale")
    'scale_array'
    """
    above, below = (re.findall(r"\w+", python_scalar(part, _own_names(part))) for part in halves(value))
    below = [] if below == ["1"] else ["per", *below]
    others = [*(word for word in above if word != name), *below]
    return "_".join([name, *(others or ["array"])])


def _own_names(value: Expr) -> dict[str, str]:
    return {s.name: s.name for s in walk(value) if isinstance(s, Sym)}


def constant_name(text: str) -> str:
    """A name for the number: ``zero``, ``per_n`` for ``1 / n``.

    >>> [constant_name(text) for text in ("1 / 2", "1 / n", "1 / (5 * n)", "0.044715", "-1e-05")]
    ['half', 'per_n', 'per_5_n', 'number_0_044715', 'number_minus_1e_minus_05']
    """
    if text in NAMES:
        return NAMES[text]
    stem, rest = ("per", text[4:]) if text.startswith("1 / ") else ("number", text)
    words = re.findall(r"\w+", rest.replace("-", " minus "))
    return "_".join([stem, *words])
