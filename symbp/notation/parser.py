"""Tokens -> expression nodes, by recursive descent.

What comes out is not yet resolved: a name in the place of a value is a `Sym`, a name inside the brackets of an array is
an `Index` whose size is its capital (``i`` has ``I``).  `symbp.notation.elaborate` says what each name means.

    statement   = expression ["=" expression]
    expression  = ["+" | "-"] product (("+" | "-") product)*
    product     = factor (("*" | "/" | "//" | "%") factor)*
    factor      = "-" factor | power
    power       = primary ["**" factor]
    primary     = number | name | name "[" places "]" | function "(" arguments ")"
                | reduction "[" letters "]" "(" expression ")" | "(" expression ")" | "[" comparison "]"
    comparison  = expression (">" | ">=" | "<" | "<=" | "==" | "!=") expression
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from symbp.notation.expr import Add, Call, Compare, Expr, Index, Mul, Num, Pow, Reduce, Ref, Span, Sym
from symbp.notation.functions import FUNCTIONS, OTHERWISE, REDUCTIONS
from symbp.notation.problems import FormulaErrors, FormulaProblem, did_you_mean
from symbp.notation.tokens import Token, tokens

MAX_DEPTH = 60  # of nested brackets, signs and powers
MAX_STATEMENTS = 200
COMPARISONS = (">", ">=", "<", "<=", "==", "!=")
MANY = ("max", "min")  # of more than two: max(a, max(b, c))
MINUS_ONE = Num(Fraction(-1))


@dataclass(frozen=True, slots=True)
class Statement:
    """``left = right``, or an expression alone (`left` is None)."""

    left: Expr | None
    right: Expr
    span: Span


def parse(text: str) -> Expr:
    """One expression.  Raises FormulaErrors."""
    found = statements(text)
    if len(found) != 1 or found[0].left is not None:
        where = found[-1].span
        raise FormulaErrors(text, [FormulaProblem("F110", "one expression is expected here, without '='", where)])
    return found[0].right


def statements(text: str) -> tuple[Statement, ...]:
    """The statements of `text`, in order.  Raises FormulaErrors with the first problem of every statement."""
    found, problems = tokens(text)
    if problems:
        raise FormulaErrors(text, problems)
    if all(t.kind in ("newline", "end") for t in found):
        raise FormulaErrors(text, [FormulaProblem("F105", "the formula is empty", Span(0, max(1, len(text))))])
    result: list[Statement] = []
    for line in _lines(found):
        try:
            result.append(_Parser(line).statement())
        except _SyntaxError as error:
            problems.append(error.problem)
    if len(result) > MAX_STATEMENTS:
        message = f"the formula has {len(result)} equations; at most {MAX_STATEMENTS} are read"
        problems.append(FormulaProblem("F104", message, result[MAX_STATEMENTS].span))
    if problems:
        raise FormulaErrors(text, problems)
    return tuple(result)


def _lines(found: list[Token]) -> list[list[Token]]:
    """The tokens of each statement, each list closed by an "end" token."""
    lines: list[list[Token]] = [[]]
    for token in found:
        if token.kind in ("newline", "end"):
            lines[-1].append(replace(token, kind="end", text=""))
            lines.append([])
        else:
            lines[-1].append(token)
    return [line for line in lines if len(line) > 1]


class _SyntaxError(Exception):
    def __init__(self, problem: FormulaProblem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class _Parser:
    """Reads one statement.  `place` is true inside the brackets of an array, where names are indices."""

    def __init__(self, line: list[Token]) -> None:
        self.line = line
        self.next = 0
        self.depth = 0
        self.place = False

    @property
    def token(self) -> Token:
        return self.line[self.next]

    def fail(self, code: str, message: str, span: Span, hint: str = "") -> _SyntaxError:
        return _SyntaxError(FormulaProblem(code, message, span, hint))

    def take(self) -> Token:
        token = self.token
        if token.kind != "end":
            self.next += 1
        return token

    def at(self, *texts: str) -> bool:
        return self.token.kind == "op" and self.token.text in texts

    def expect(self, text: str, why: str) -> Token:
        if not self.at(text):
            raise self.unexpected(f"{text!r} {why}")
        return self.take()

    def unexpected(self, wanted: str) -> _SyntaxError:
        seen = "the end of the line" if self.token.kind == "end" else repr(self.token.text)
        return self.fail("F106", f"expected {wanted}, found {seen}", self.token.span)

    # --- the rules of the grammar, outermost first ---

    def statement(self) -> Statement:
        start = self.token.span.start
        left: Expr | None = None
        right = self.expression()
        if self.at("="):
            self.take()
            left, right = right, self.expression()
        if self.token.kind != "end":
            raise self.after_statement()
        return Statement(left, right, Span(start, self.line[self.next - 1].span.end))

    def after_statement(self) -> _SyntaxError:
        if self.at("="):
            return self.fail(
                "F106", "a second '=' in one equation", self.token.span, "put each equation on its own line"
            )
        if self.at(*COMPARISONS):
            return self.fail(
                "F107", "a comparison stands in brackets", self.token.span, "write [a > b]; its value is 0 or 1"
            )
        if self.token.kind in ("name", "number") or self.at("(", "["):
            hint = "a product is written *"
            return self.fail("F106", f"expected an operator, found {self.token.text!r}", self.token.span, hint)
        return self.unexpected("an operator or the end of the line")

    def expression(self) -> Expr:
        self.deeper()
        start = self.token.span.start
        terms: list[Expr] = []
        sign = self.take().text if self.at("+") else "+"
        while True:
            factors = self.product()
            if sign == "-":
                factors = _negated(factors)
            terms.append(_joined(factors))
            if not self.at("+", "-"):
                break
            sign = self.take().text
        self.depth -= 1
        return terms[0] if len(terms) == 1 else Add(tuple(terms), span=self.since(start))

    def product(self) -> list[Expr]:
        factors = self.factor()
        while self.at("*", "/", "//", "%"):
            operator = self.take()
            right = self.factor()
            if operator.text == "%":
                whole, divisor = _joined(factors), _joined(right)
                factors = [Call("mod", (whole, divisor), span=_cover(whole, divisor))]
            elif operator.text != "*":
                factors = self.divided(factors, right, operator)
            elif factors == [MINUS_ONE] and isinstance(right[0], Num):
                factors = _negated(right)
            else:
                factors.extend(right)
        return factors

    def divided(self, factors: list[Expr], right: list[Expr], operator: Token) -> list[Expr]:
        """``factors / right``, or the floor of it; two plain numbers make one number."""
        divisor = _joined(right)
        if isinstance(divisor, Num) and divisor.value == 0:
            raise self.fail("F108", "division by zero", divisor.span or operator.span)
        first = factors[0]
        if len(factors) == 1 and isinstance(first, Num) and isinstance(divisor, Num):
            result: list[Expr] = [Num(first.value / divisor.value, span=_cover(first, divisor))]
        else:
            kept = [] if len(factors) == 1 and first == Num(Fraction(1)) else factors
            result = [*kept, _inverse(divisor)]
        if operator.text == "//":
            whole = _joined(result)
            result = [Call("floor", (whole,), span=_cover(first, divisor))]
        return result

    def factor(self) -> list[Expr]:
        """The factors of a signed power."""
        if self.at("-"):
            self.deeper()
            minus = self.take()
            factors = self.factor()
            self.depth -= 1
            return _negated(factors, minus.span)
        if self.at("+"):
            raise self.unexpected("a value")
        base = self.primary()
        if not self.at("**"):
            return [base]
        self.take()
        self.deeper()
        power = _joined(self.factor())
        self.depth -= 1
        return [Pow(base, power, span=_cover(base, power))]

    def primary(self) -> Expr:
        token = self.token
        if token.kind == "number":
            self.take()
            return Num(Fraction(token.text), span=token.span)
        if token.kind == "name":
            return self.named()
        if self.at("("):
            self.take()
            inside = self.expression()
            if self.at(","):
                raise self.fail("F106", "a comma outside the arguments of a function", self.token.span)
            if self.at(*COMPARISONS):
                hint = "write [a > b]; its value is 0 or 1"
                raise self.fail("F107", "a comparison stands in square brackets", self.token.span, hint)
            close = self.expect(")", "to close the bracket")
            return replace(inside, span=Span(token.span.start, close.span.end))
        if self.at("["):
            self.take()
            inside = self.comparison()
            self.expect("]", "to close the comparison")
            return replace(inside, span=self.since(token.span.start))
        raise self.unexpected("a value")

    def comparison(self) -> Expr:
        left = self.expression()
        if not self.at(*COMPARISONS):
            hint = "brackets that follow no name hold a comparison, such as [x > 0]"
            raise self.fail("F107", "expected a comparison", self.token.span, hint)
        operator = self.take().text
        right = self.expression()
        if self.at(*COMPARISONS):
            raise self.fail("F107", "two comparisons in one", self.token.span, "multiply them: [a > 0]*[a < 1]")
        return Compare(operator, left, right, span=_cover(left, right))

    def named(self) -> Expr:
        name = self.take()
        if self.at("("):
            return self.call(name)
        if self.at("["):
            return self.reduction(name) if name.text in REDUCTIONS else self.array(name)
        if name.text in FUNCTIONS:
            raise self.fail("F109", f"{name.text!r} is a function and needs its arguments", name.span)
        if self.place:
            return Index(name.text, Sym(name.text.upper(), "size"), span=name.span)
        return Sym(name.text, "size" if name.text[0].isupper() else "constant", span=name.span)

    def array(self, name: Token) -> Expr:
        if name.text in FUNCTIONS:
            raise self.fail("F109", f"{name.text!r} is a function; its arguments stand in ( )", name.span)
        outside, self.place = self.place, True
        at = self.listed("]", "to close the indices")
        self.place = outside
        if not at:
            raise self.fail("F106", "no index in the brackets", self.line[self.next - 1].span)
        return Ref(name.text, tuple(at), span=self.since(name.span.start))

    def reduction(self, name: Token) -> Expr:
        outside, self.place = self.place, True
        letters = self.listed("]", "to close the indices")
        self.place = outside
        bound = tuple(i for i in letters if isinstance(i, Index))
        if not bound or len(bound) != len(letters):
            message = f"{name.text}[...] takes letters, as in {name.text}[i,j](...)"
            raise self.fail("F111", message, self.since(name.span.start))
        if not self.at("("):
            raise self.fail("F106", f"expected '(' after {name.text}[...]", self.token.span, f"{name.text}[i](x[n,i])")
        self.take()
        outside, self.place = self.place, False
        body = self.expression()
        self.place = outside
        self.expect(")", f"to close the {name.text}")
        return Reduce(name.text, bound, body, span=self.since(name.span.start))

    def call(self, name: Token) -> Expr:
        function = FUNCTIONS.get(name.text)
        if function is None:
            raise self.unknown_function(name)
        arguments = self.listed(")", f"to close {name.text}(...)", name.text)
        span = self.since(name.span.start)
        while name.text in MANY and len(arguments) > function.arity:
            first, second = arguments[-2:]
            arguments[-2:] = [Call(name.text, (first, second), span=span)]
        if len(arguments) != function.arity:
            wanted = "one argument" if function.arity == 1 else f"{function.arity} arguments"
            raise self.fail("F112", f"{name.text} takes {wanted}, found {len(arguments)}", span)
        if name.text == "sqrt":
            return Pow(arguments[0], Num(Fraction(1, 2)), span=span)
        return Call(name.text, tuple(arguments), span=span)

    def unknown_function(self, name: Token) -> _SyntaxError:
        if name.text in REDUCTIONS:
            hint = f"{name.text}[i](...): the indices stand in square brackets"
            return self.fail("F111", f"{name.text} needs its indices", name.span, hint)
        known = [f.name for f in FUNCTIONS.values() if not f.whole]
        hint = OTHERWISE.get(name.text) or did_you_mean(name.text, (*known, *REDUCTIONS))
        hint = hint or f"a product is written *; functions: {', '.join(known)}"
        return self.fail("F113", f"unknown function {name.text!r}", name.span, hint)

    def listed(self, close: str, why: str, function: str = "") -> list[Expr]:
        """Comma-separated expressions between brackets.  The first argument of ``where`` is a comparison."""
        self.take()
        result: list[Expr] = []
        while not self.at(close):
            item = self.expression()
            if function == "where" and not result and self.at(*COMPARISONS):
                operator = self.take().text
                right = self.expression()
                item = Compare(operator, item, right, span=_cover(item, right))
            result.append(item)
            if not self.at(","):
                break
            self.take()
        self.expect(close, why)
        return result

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.fail("F104", f"nested more than {MAX_DEPTH} deep", self.token.span)

    def since(self, start: int) -> Span:
        return Span(start, self.line[self.next - 1].span.end)


def _cover(first: Expr, last: Expr) -> Span | None:
    return Span(first.span.start, last.span.end) if first.span and last.span else None


def _joined(factors: list[Expr]) -> Expr:
    if len(factors) == 1:
        return factors[0]
    start = next((f for f in factors if f.span), factors[0])
    return Mul(tuple(factors), span=_cover(start, factors[-1]))


def _negated(factors: list[Expr], minus: Span | None = None) -> list[Expr]:
    """The factors with their sign changed; a number in front takes the sign."""
    first = factors[0]
    if not isinstance(first, Num):
        return [replace(MINUS_ONE, span=minus), *factors]
    if first.value == -1 and len(factors) > 1:
        return factors[1:]
    span = Span(minus.start, first.span.end) if minus and first.span else first.span
    return [Num(-first.value, span=span), *factors[1:]]


def _inverse(divisor: Expr) -> Expr:
    """``1 / divisor``; for ``b**2`` that is ``b**(-2)``."""
    if isinstance(divisor, Pow) and isinstance(divisor.exponent, Num) and divisor.exponent.value > 0:
        return replace(divisor, exponent=Num(-divisor.exponent.value))
    return Pow(divisor, MINUS_ONE, span=divisor.span)
