"""How wide a formula will be, in em, without running TeX: what line breaking goes by.

The estimate errs on the wide side (a test compares it with pdflatex), since a line that is a little short looks better
than one that runs into the margin.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|[^\\]")
_SCRIPT = 0.78
_RELATION = 1.35
# fmt: off
_LETTERS = {"m": 0.9, "M": 1.05, "w": 0.75, "W": 1.05, "i": 0.36, "j": 0.45, "l": 0.34, "t": 0.38, "r": 0.48, "f": 0.62}
_COMMANDS = {
    r"\,": 0.17, r"\:": 0.23, r"\;": 0.28, r"\!": -0.17, r"\ ": 0.34, r"\quad": 1.0, r"\qquad": 2.0,
    r"\sum": 1.62, r"\max": 2.1, r"\min": 1.9, r"\log": 1.5, r"\exp": 1.75, r"\tanh": 2.25, r"\sin": 1.4, r"\cos": 1.5,
    r"\cosh": 2.0, r"\sinh": 1.9, r"\tan": 1.6, r"\arctan": 3.0, r"\arg": 1.6, r"\infty": 1.0, r"\partial": 0.6,
    r"\odot": 1.3, r"\cdot": 0.85, r"\times": 1.3, r"\le": _RELATION, r"\ge": _RELATION, r"\ne": _RELATION,
    r"\mid": 0.9, r"\top": 0.8, r"\leftarrow": 1.6, r"\to": 1.6, r"\bigl": 0.12, r"\bigr": 0.12, r"\Bigl": 0.25,
    r"\Bigr": 0.25, r"\biggl": 0.4, r"\biggr": 0.4, r"\{": 0.52, r"\}": 0.52, r"\lvert": 0.3, r"\rvert": 0.3,
    r"\lfloor": 0.46, r"\rfloor": 0.46, r"\lVert": 0.52, r"\rVert": 0.52, r"\_": 0.55, r"\dots": 1.3, r"\cdots": 1.3,
    r"\ell": 0.45, r"\bmod": 2.3,
}
_NOTHING = frozenset((
    r"\mathrm", r"\mathbf", r"\mathit", r"\operatorname", r"\text", r"\displaystyle", r"\hat", r"\bar", r"\tilde",
    r"\dot", r"\left", r"\right",
))
# fmt: on


def measure(latex: str) -> float:
    """The width of one line of mathematics in em, in display style."""
    return _group(_TOKEN.findall(latex), 0, len(_TOKEN.findall(latex)))[0]


def _group(tokens: list[str], at: int, end: int) -> tuple[float, int]:
    """The width of the tokens up to `end` or up to the brace that closes their group, and where it stopped."""
    total = 0.0
    while at < end and tokens[at] != "}":
        width, at = _one(tokens, at, end)
        total += width
    return total, at


def _argument(tokens: list[str], at: int, end: int) -> tuple[float, int]:
    """The width of a command's argument: a group in braces, or one token."""
    while at < end and tokens[at] == " ":
        at += 1
    if at < end and tokens[at] == "{":
        width, at = _group(tokens, at + 1, end)
        return width, at + 1
    return _one(tokens, at, end) if at < end else (0.0, at)


def _one(tokens: list[str], at: int, end: int) -> tuple[float, int]:
    token = tokens[at]
    if token == "{":
        width, at = _group(tokens, at + 1, end)
        return width, at + 1
    if token in "_^":
        width, at = _argument(tokens, at + 1, end)
        return _SCRIPT * width + 0.06, at
    if token in (r"\frac", r"\tfrac"):
        above, at = _argument(tokens, at + 1, end)
        below, at = _argument(tokens, at, end)
        return max(above, below) + 0.26, at
    if token == r"\sqrt":
        width, at = _argument(tokens, at + 1, end)
        return width + 0.95, at
    if token == r"\substack":
        return _stack(tokens, at + 2, end)
    if token in (r"\begin", r"\end"):
        return _environment(tokens, at, end)
    return _character(token), at + 1


def _stack(tokens: list[str], at: int, end: int) -> tuple[float, int]:
    """Lines in braces: as wide as the widest one."""
    widths = [0.0]
    while at < end and tokens[at] != "}":
        if tokens[at] == "\\\\":
            at += 1
            widths.append(0.0)
            continue
        width, at = _one(tokens, at, end)
        widths[-1] += width
    return max(widths), at + 1


def _environment(tokens: list[str], at: int, end: int) -> tuple[float, int]:
    """Cases: as wide as their widest row.  Cases may stand in a row."""
    rows, row, depth, stop = list[list[str]](), list[str](), 1, at
    while depth and stop + 1 < end:
        stop += 1
        token = tokens[stop]
        depth += (token == r"\begin") - (token == r"\end")
        if token == "\\\\" and depth == 1:
            rows.append(row)
            row = []
        elif depth:
            row.append(token)
    rows.append(row)
    rows[0] = rows[0][rows[0].index("}") + 1 :] if "}" in rows[0] else rows[0]  # without the name
    widths = [_group(r, 0, len(r))[0] for r in rows]
    after = stop + 1
    while after < end and tokens[after] != "}":
        after += 1
    return max(widths) + 2.2, after + 1


def _character(token: str) -> float:
    if token in _COMMANDS:
        return _COMMANDS[token]
    if token in _NOTHING or token == " ":
        return 0.0
    if token.startswith("\\"):
        return 0.72  # a Greek letter
    if token in "+-":
        return 1.25
    if token in "=<>":
        return _RELATION
    if token in ",;:":
        return 0.46
    if token in "()[]|/!.'":
        return 0.45 if token != "/" else 0.52
    if token == "&":
        return 1.0
    if token in _LETTERS:
        return _LETTERS[token]
    return 0.86 if token.isupper() else 0.56
