"""Formula text -> tokens with their places.  Nothing is evaluated; a number stays text until the parser reads it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from symbp.notation.expr import Span
from symbp.notation.problems import FormulaProblem

MAX_TEXT = 20_000  # characters of one formula
MAX_NUMBER = 40  # characters of one number
MAX_NAME = 40
SMALLEST = 2.2e-308  # the smallest normal number in double precision

# A letter or digit after a number ("2x") belongs to the number's token, so that it is reported as one thing.
_TOKEN = re.compile(
    r"(?P<space>[ \t\r]+|#[^\n]*)|(?P<newline>[\n;])|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[A-Za-z0-9_.]*)"
    r"|(?P<name>[A-Za-z][A-Za-z0-9_]*)|(?P<op>\*\*|//|<=|>=|==|!=|[-+*/%()\[\],=<>])"
)
_NUMBER = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?")
_CLOSES = {")": "(", "]": "["}


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is "name", "number", "op", "newline" (also for ``;``) or "end"."""

    kind: str
    text: str
    span: Span


def tokens(text: str) -> tuple[list[Token], list[FormulaProblem]]:
    """The tokens of `text`, an "end" token last, and what is wrong with the characters and brackets.

    Line ends inside brackets are left out: an equation may run over several lines there.
    """
    if len(text) > MAX_TEXT:
        where = Span(MAX_TEXT, MAX_TEXT + 1)
        return [], [
            FormulaProblem("F104", f"the formula has {len(text)} characters; at most {MAX_TEXT} are read", where)
        ]
    found: list[Token] = []
    problems: list[FormulaProblem] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            problems.append(_unexpected(text, position))
            position += 1
            continue
        position = match.end()
        kind = str(match.lastgroup)
        if kind != "space":
            token = Token(kind, match.group(), Span(match.start(), match.end()))
            problems.extend(_too_long(token))
            found.append(token)
    found, unbalanced = _balance(found)
    found.append(Token("end", "", Span(len(text), len(text) + 1)))
    return found, problems + unbalanced


def _unexpected(text: str, at: int) -> FormulaProblem:
    character = text[at]
    hints = {
        "^": "a power is written **",
        "{": "use ( )",
        "}": "use ( )",
        "&": "multiply comparisons: [a > 0]*[b > 0]",
        "×": "a product is written *",
        "·": "a product is written *",
        "−": "this is a typographic minus; write -",
    }
    return FormulaProblem("F101", f"unexpected character {character!r}", Span(at, at + 1), hints.get(character, ""))


def _too_long(token: Token) -> list[FormulaProblem]:
    if token.kind == "number":
        if len(token.text) > MAX_NUMBER:
            message = f"the number has {len(token.text)} characters; at most {MAX_NUMBER} are read"
            return [FormulaProblem("F102", message, token.span)]
        if _NUMBER.fullmatch(token.text):
            size = abs(float(token.text))
            exact_zero = not token.text.lower().partition("e")[0].strip("0.")
            if size == math.inf or (size < SMALLEST and not exact_zero):
                return [FormulaProblem("F102", f"{token.text} is beyond the range of numbers", token.span)]
        else:
            hint = "a product is written *: 2*x" if re.fullmatch(r"[\d.]+[A-Za-z]\w*", token.text) else ""
            return [FormulaProblem("F102", f"{token.text!r} is not a number", token.span, hint)]
    if token.kind == "name" and len(token.text) > MAX_NAME:
        message = f"the name has {len(token.text)} characters; at most {MAX_NAME} are read"
        return [FormulaProblem("F102", message, token.span)]
    return []


def _balance(found: list[Token]) -> tuple[list[Token], list[FormulaProblem]]:
    """Leave out line ends inside brackets; report brackets without a partner."""
    kept: list[Token] = []
    open_brackets: list[Token] = []
    for token in found:
        if token.kind == "newline" and open_brackets:
            continue
        kept.append(token)
        if token.text in ("(", "["):
            open_brackets.append(token)
        elif token.text in _CLOSES:
            if not open_brackets:
                return kept, [
                    FormulaProblem("F103", f"{token.text!r} closes a bracket that was never opened", token.span)
                ]
            opened = open_brackets.pop()
            if opened.text != _CLOSES[token.text]:
                return kept, [FormulaProblem("F103", f"{token.text!r} closes {opened.text!r}", token.span)]
    unclosed = [FormulaProblem("F103", f"{t.text!r} is never closed", t.span) for t in open_brackets[-1:]]
    return kept, unclosed
