"""One number of an expression as Python that a compiler of loops understands: ``da_fc1[n, j] * (number(1) - a * a)``.

Numbers are given the dtype of the arrays (``number``): a Python float would make single precision double.  Branches and
maxima decide by the real part, so that a complex step sees the branch that real numbers take.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from symbp.emit.compiled.access import Access, element
from symbp.emit.texts import ATOM, CHOICE, COMPARISON, PRODUCT, SIGN, SUM, Text
from symbp.lower.model import COMPARISONS, Apply, Axis, Node, OneHot, Position, Scalar
from symbp.notation.expr import Expr, Num

INFIX = {"add": (" + ", SUM, PRODUCT), "subtract": (" - ", SUM, PRODUCT), "multiply": (" * ", PRODUCT, SIGN),
         "divide": (" / ", PRODUCT, SIGN)}  # fmt: skip
CALLS = {"sqrt": "np.sqrt", "exp": "exponential", "expm1": "np.expm1", "log": "np.log", "log1p": "np.log1p",
         "tanh": "tangent", "sin": "np.sin", "cos": "np.cos", "maximum": "larger", "minimum": "smaller",
         "sigmoid": "logistic"}  # fmt: skip
HELPERS = ("larger", "smaller", "logistic", "exponential", "tangent")


@dataclass(slots=True)
class Elements:
    """Prints expressions at one place of their axes.

    `at` gives the text of an element of an array, `place` that of an axis, `size` that of a number which is an
    argument; `named` makes a name for a text that is needed several times.
    """

    at: Callable[[Access], Text]
    label: Callable[[OneHot], tuple[str, str]]
    place: Callable[[Axis], str]
    size: Callable[[Expr], str]
    named: Callable[[Text], Text]
    helpers: dict[str, None]

    def text(self, node: Node) -> Text:
        """The text of a number, or of a condition (`bare`)."""
        found = element(node)
        if found is not None:
            return self.at(found)
        match node:
            case Scalar(value=value):
                return Text(number(value) if isinstance(value, Num) else self.size(value))
            case OneHot():
                label, place = self.label(node)
                return Text(f"{label} == {place}", COMPARISON, bare=True)
            case Apply():
                return self.apply(node)
        raise TypeError(f"no kernel computes {node!r}")

    def real(self, node: Node) -> Text:
        """The text of a number: 1 or 0 for a condition."""
        text = self.text(node)
        return self.chosen(text, Text("number(1)"), Text("number(0)")) if text.bare else text

    def chosen(self, condition: Text, yes: Text, no: Text) -> Text:
        return Text(f"{yes.at(SUM)} if {condition.text} else {no.at(SUM)}", CHOICE)

    def apply(self, node: Apply) -> Text:
        function, args = node.function, node.args
        if function == "multiply":
            return self.product(*(self.text(a) for a in args))
        if function in INFIX:
            return self.infix(function, *(self.real(a) for a in args))
        if function in COMPARISONS and isinstance(args[0], Position):
            return Text(f"{self.place(args[0].axis)} {COMPARISONS[function]} {_whole(args[1])}", COMPARISON, bare=True)
        if function in COMPARISONS:
            left, right = (self.compared(a) for a in args)
            return Text(f"{left} {COMPARISONS[function]} {right}", COMPARISON, bare=True)
        if function == "where":
            return self.chosen(self.condition(args[0]), self.real(args[1]), self.real(args[2]))
        first = self.real(args[0])
        if function == "negative":
            return Text(f"-{first.at(PRODUCT)}", SUM)
        if function == "reciprocal":
            return Text(f"number(1) / {first.at(SIGN)}", PRODUCT)
        if function in ("square", "power"):
            return self.power(first, 2 if function == "square" else _whole(args[1]))
        return self.call(CALLS[function], [first, *(self.real(a) for a in args[1:])])

    def infix(self, function: str, left: Text, right: Text) -> Text:
        sign, level, least = INFIX[function]
        return Text(f"{left.at(level)}{sign}{right.at(least)}", level)

    def product(self, left: Text, right: Text) -> Text:
        """A product with a condition chooses: no number is made of it."""
        if left.bare and right.bare:
            return Text(f"({left.text}) and ({right.text})", COMPARISON, bare=True)
        if left.bare or right.bare:
            condition, other = (left, right) if left.bare else (right, left)
            return self.chosen(condition, other, Text("number(0)"))
        return self.infix("multiply", left, right)

    def power(self, base: Text, exponent: int) -> Text:
        base = self.named(base)
        return Text(" * ".join([base.text] * exponent), PRODUCT)

    def call(self, function: str, args: list[Text]) -> Text:
        if function in HELPERS:
            self.helpers[function] = None
        texts = [a.text for a in args]
        return Text(f"{function}({', '.join([*texts, 'number(1)', 'limit'] if function == 'logistic' else texts)})")

    def condition(self, node: Node) -> Text:
        text = self.text(node)
        return text if text.bare else Text(f"{text.at(SUM)} != 0", COMPARISON, bare=True)

    def compared(self, node: Node) -> str:
        """A side of a comparison: the real part of a number."""
        if isinstance(node, Scalar) and isinstance(node.value, Num):
            return repr(float(node.value.value))
        text = self.real(node)
        return f"{text.at(ATOM)}.real"


def _whole(node: Node) -> int:
    assert isinstance(node, Scalar) and isinstance(node.value, Num)
    return int(node.value.value)


def number(e: Num) -> str:
    """A number in the dtype of the arrays."""
    value = e.value
    if value.denominator == 1 and abs(value) < 10**16:
        return f"number({value.numerator})"
    return f"number({float(value)!r})"
