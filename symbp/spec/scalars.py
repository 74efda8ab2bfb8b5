"""Plain scalars by the core schema of YAML 1.2: ``1e-3`` is a float, ``on`` and ``1:30`` are text, ``010`` is 10."""

from __future__ import annotations

import re

LONGEST_NUMBER = 40  # characters

_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_TRUE = frozenset(("true", "True", "TRUE"))
_FALSE = frozenset(("false", "False", "FALSE"))
_INTEGER = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITY = re.compile(r"[-+]?(\.inf|\.Inf|\.INF)")
_NAN = frozenset((".nan", ".NaN", ".NAN"))

Value = str | int | float | bool | None


class NumberTooLongError(ValueError):
    """A number of more than `LONGEST_NUMBER` characters."""


def resolve(text: str) -> Value:
    """The value of a plain scalar.

    >>> [resolve(t) for t in ("1e-3", "010", "on", "1:30", "0x1F", "", "True", ".5", "1_000")]
    [0.001, 10, 'on', '1:30', 31, None, True, 0.5, '1_000']

    Raises NumberTooLongError.
    """
    if text in _NULL:
        return None
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    number = _number(text)
    return text if number is None else number


def _number(text: str) -> int | float | None:
    """The number that `text` writes, or None."""
    if text[0] not in "+-.0123456789":
        return None
    if _INFINITY.fullmatch(text):
        return float("-inf") if text[0] == "-" else float("inf")
    if text in _NAN:
        return float("nan")
    forms = ((_INTEGER, 10), (_OCTAL, 8), (_HEXADECIMAL, 16), (_FLOAT, 0))
    base = next((base for form, base in forms if form.fullmatch(text)), None)
    if base is None:
        return None
    if len(text) > LONGEST_NUMBER:
        raise NumberTooLongError(text)
    if base == 0:
        return float(text)
    return int(text, 10) if base == 10 else int(text[2:], base)
