"""Array expressions put together so that equal things look equal: scalars last and folded, minus signs outside."""

from __future__ import annotations

from fractions import Fraction

from symbp.lower.nodes import Apply, Node, Scalar
from symbp.lower.scalars import ONE, folded, monomial, power, product, total
from symbp.notation.expr import Call, Expr, Num, Sym

_RENAMED = {
    "max": "maximum",
    "min": "minimum",
    "atan": "arctan",
    "floordiv": "floor_divide",
    "mod": "remainder",
    "stop_gradient": "real",
}


def size_expr(size: int | str) -> Expr:
    """A size as a scalar expression."""
    return Num(Fraction(size)) if isinstance(size, int) else Sym(size, "size", positive=True)


def last_place(size: int | str) -> Expr:
    """The last place along an axis of this size."""
    return total(size_expr(size), Num(Fraction(-1)))


def terms_of(node: Node) -> list[Node]:
    """The terms of a sum, those that are subtracted with their sign."""
    if isinstance(node, Apply) and node.function in ("add", "subtract"):
        left, right = (terms_of(a) for a in node.args)
        return left + ([Apply("negative", (t,)) for t in right] if node.function == "subtract" else right)
    return [node]


def factors_of(node: Node) -> tuple[list[Node], Expr]:
    """The factors of a product and its scalar."""
    if isinstance(node, Apply) and node.function == "multiply":
        left, a = factors_of(node.args[0])
        right, b = factors_of(node.args[1])
        return left + right, product(a, b)
    if isinstance(node, Apply) and node.function == "negative":
        inside, c = factors_of(node.args[0])
        return inside, product(Num(Fraction(-1)), c)
    if isinstance(node, Scalar):
        return [], node.value
    return [node], ONE


def split_sign(node: Node) -> tuple[Node, bool]:
    """The node without a leading minus, and whether there was one."""
    if isinstance(node, Scalar) and monomial(node.value)[0] < 0:
        return Scalar(product(Num(Fraction(-1)), node.value)), True
    if isinstance(node, Apply) and node.function == "negative":
        return node.args[0], True
    if isinstance(node, Apply) and node.function == "multiply" and isinstance(node.args[1], Scalar):
        number, minus = split_sign(node.args[1])
        if minus and isinstance(number, Scalar):
            return (node.args[0] if number.value == ONE else Apply("multiply", (node.args[0], number))), True
    return node, False


def sum_of(terms: list[Node]) -> Node:
    """A sum, from left to right; scalars are added up, a minus becomes a subtraction."""
    scalars = [t.value for t in terms if isinstance(t, Scalar)]
    if len(scalars) == len(terms):
        return Scalar(total(*scalars))
    if len(scalars) > 1:
        first = next(i for i, t in enumerate(terms) if isinstance(t, Scalar))
        rest = [t for t in terms if not isinstance(t, Scalar)]
        terms = [*rest[:first], Scalar(total(*scalars)), *rest[first:]]
    signed = [split_sign(t) for t in terms if not (isinstance(t, Scalar) and t.value == Num(Fraction(0)))]
    start = next((i for i, (_, minus) in enumerate(signed) if not minus), 0)
    value, minus = signed.pop(start)
    if minus:
        value = Apply("negative", (value,))
    for term, negative in signed:
        value = Apply("subtract" if negative else "add", (value, term))
    return value


def product_of(factors: list[Node]) -> Node:
    """A product, from left to right, its scalars gathered into one at the end."""
    arrays: list[Node] = []
    scalar: Expr = ONE
    for f in factors:
        node, minus = split_sign(f)
        if minus:
            scalar = product(scalar, Num(Fraction(-1)))
        if isinstance(node, Scalar):
            scalar = product(scalar, node.value)
        elif isinstance(node, Apply) and node.function == "multiply" and isinstance(node.args[1], Scalar):
            scalar = product(scalar, node.args[1].value)
            arrays.append(node.args[0])
        else:
            arrays.append(node)
    if not arrays:
        return Scalar(scalar)
    value = arrays[0]
    for a in arrays[1:]:
        value = Apply("multiply", (value, a))
    return scaled(value, scalar)


def scaled(value: Node, scalar: Expr) -> Node:
    """``value * scalar``; a factor of 1 disappears, a factor of -1 becomes a minus, and 0 is all that is left."""
    if scalar == Num(Fraction(0)):
        return Scalar(scalar)
    if scalar == ONE:
        return value
    if scalar == Num(Fraction(-1)):
        return Apply("negative", (value,))
    return Apply("multiply", (value, Scalar(scalar)))


def power_of(base: Node, exponent: Node) -> Node:
    """A power by the cheapest functions: square, sqrt, reciprocal where they do."""
    if isinstance(base, Scalar) and isinstance(exponent, Scalar):
        return Scalar(power(base.value, exponent.value))
    if not isinstance(exponent, Scalar) or not isinstance(exponent.value, Num):
        return Apply("power", (base, exponent))
    value = exponent.value.value
    if value == 0:
        return Scalar(ONE)
    if value < 0:
        return Apply("reciprocal", (power_of(base, Scalar(Num(-value))),))
    if value == 1:
        return base
    if value == 2:
        return Apply("square", (base,))
    if value == Fraction(1, 2):
        return Apply("sqrt", (base,))
    return Apply("power", (base, exponent))


def call_of(function: str, args: tuple[Node, ...]) -> Node:
    """A function of the whitelist."""
    if all(isinstance(a, Scalar) for a in args) and function != "where":
        return Scalar(folded(Call(function, tuple(a.value for a in args if isinstance(a, Scalar)))))
    return Apply(_RENAMED.get(function, function), args)
