"""Order and signs: how sums, products and quotients of written parts are put together."""

from __future__ import annotations

from fractions import Fraction

from symbp.notation import expr as x

MINUS = x.Num(Fraction(-1))
DECIMAL = 100  # a larger denominator comes from a decimal of the author, and stays one


def turned(e: x.Expr, exponent: int) -> tuple[x.Expr, bool]:
    """(y - 1) as (1 - y), and whether the sign was turned; a sum of negative terms only as one of positive terms."""
    if isinstance(e, x.Mul) and is_negative(e):
        return negated(e), exponent % 2 == 1
    if isinstance(e, x.Call) and e.function == "where" and all(map(is_negative, e.args[1:])):
        return x.Call("where", (e.args[0], *map(negated, e.args[1:]))), exponent % 2 == 1
    if not isinstance(e, x.Add):
        return e, False
    constant = any(isinstance(a, x.Num) and a.value < 0 for a in e.args)
    if constant and _is_count(e):
        return e, False  # N - 1
    if not constant and not all(is_negative(a) for a in e.args):
        return e, False
    terms = [negated(a) for a in e.args]
    return (e, False) if all(is_negative(a) for a in terms) else (added(terms), exponent % 2 == 1)


def _is_count(e: x.Add) -> bool:
    """A size less a number: what is left is counted, and is not negative."""
    sizes = [a for a in e.args if isinstance(a, x.Sym) and a.kind == "size"]
    return len(sizes) == 1 and all(isinstance(a, x.Num) or a in sizes for a in e.args)


def with_other_sign(e: x.Expr) -> tuple[x.Expr, bool]:
    """-(t - p) as p - t, -sign(t - y) as sign(y - t), where that leaves no more minus signs."""
    if isinstance(e, x.Call) and e.function == "sign" and isinstance(e.args[0], x.Add):
        return x.Call("sign", (added([negated(a) for a in e.args[0].args]),)), True
    if not isinstance(e, x.Add) or any(isinstance(a, x.Num) for a in e.args):
        return e, False
    turned = [_opposite(a) for a in e.args]
    if sum(map(is_negative, turned)) > sum(map(is_negative, e.args)) + 1 or all(map(is_negative, turned)):
        return e, False
    return added(turned), True


def _is_difference(e: x.Add) -> bool:
    """a - b, neither of them a number."""
    return len(e.args) == 2 and sum(map(is_negative, e.args)) == 1 and not any(isinstance(a, x.Num) for a in e.args)


def _opposite(e: x.Expr) -> x.Expr:
    """-e; the sign goes into a difference among its factors where there is one."""
    if isinstance(e, x.Mul) and not is_negative(e):
        for k, a in enumerate(e.args):
            if isinstance(a, x.Add) and _is_difference(a):
                return x.Mul((*e.args[:k], added([negated(b) for b in a.args]), *e.args[k + 1 :]))
    return negated(e)


def joined(c: Fraction, above: list[x.Expr], below: list[x.Expr]) -> x.Expr:
    """c * above / below."""
    if not above and not below:
        return x.Num(c)
    above, below = _quotient_of_roots(_roots_joined(above), _roots_joined(below))
    if c.denominator > DECIMAL:
        above.insert(0, x.Num(abs(c)))
        c = Fraction(1 if c > 0 else -1)
    if c.denominator != 1:
        below.insert(0, x.Num(Fraction(c.denominator)))
    if abs(c.numerator) != 1 or not above:
        above.insert(0, x.Num(Fraction(abs(c.numerator))))
    if c.numerator < 0 and above[0] != x.Num(Fraction(c.numerator)):
        above.insert(0, MINUS)
    if above == [x.Num(Fraction(1))]:
        above = []
    if below:
        above.append(x.Pow(below[0] if len(below) == 1 else x.Mul(tuple(below)), MINUS))
    return above[0] if len(above) == 1 else x.Mul(tuple(above))


def _quotient_of_roots(above: list[x.Expr], below: list[x.Expr]) -> tuple[list[x.Expr], list[x.Expr]]:
    """sqrt(2)/sqrt(pi) is sqrt(2/pi)."""
    tops, bottoms = [f for f in above if _is_root(f)], [f for f in below if _is_root(f)]
    if not tops or not bottoms:
        return above, below
    top, bottom = tops[0], bottoms[0]
    assert isinstance(top, x.Pow) and isinstance(bottom, x.Pow)
    whole = x.Pow(x.Mul((top.base, x.Pow(bottom.base, MINUS))), top.exponent)
    return [whole if f is top else f for f in above], [f for f in below if f is not bottom]


def _is_root(e: x.Expr) -> bool:
    return isinstance(e, x.Pow) and e.exponent == x.Num(Fraction(1, 2)) and not x.tensors(e)


def _roots_joined(factors: list[x.Expr]) -> list[x.Expr]:
    """sqrt(2)*sqrt(pi) is sqrt(2*pi)."""
    half = x.Num(Fraction(1, 2))
    roots = [f.base for f in factors if isinstance(f, x.Pow) and _is_root(f)]
    if len(roots) < 2:
        return list(factors)
    rest = [f for f in factors if not _is_root(f)]
    return [x.Pow(x.Mul(tuple(sorted(roots, key=lambda r: (not isinstance(r, x.Num), _text(r))))), half), *rest]


def added(terms: list[x.Expr]) -> x.Expr:
    if not terms:
        return x.Num(Fraction(0))
    terms = [t for e in terms for t in (e.args if isinstance(e, x.Add) else (e,))]
    if len(terms) == 1:
        return terms[0]
    unequal = _unequal(terms)
    if unequal is not None:
        return unequal
    whole = any(x.tensors(e) for e in terms)
    return x.Add(tuple(sorted(terms, key=_rank if whole else _index_rank)))


def _unequal(terms: list[x.Expr]) -> x.Expr | None:
    """1 - [a == b] is [a != b]."""
    if len(terms) == 2 and x.Num(Fraction(1)) in terms:
        (other,) = (t for t in terms if t != x.Num(Fraction(1)))
        if isinstance(other, x.Mul) and len(other.args) == 2 and other.args[0] == MINUS:
            equal = other.args[1]
            if isinstance(equal, x.Compare) and equal.op == "==":
                return x.Compare("!=", equal.left, equal.right)
    return None


def is_constant(e: x.Expr) -> bool:
    return not x.tensors(e) and not x.free_indices(e)


def is_negative(e: x.Expr) -> bool:
    if isinstance(e, x.Num):
        return e.value < 0
    return isinstance(e, x.Mul) and isinstance(e.args[0], x.Num) and e.args[0].value < 0


def negated(e: x.Expr) -> x.Expr:
    if isinstance(e, x.Num):
        return x.Num(-e.value)
    if isinstance(e, x.Mul) and e.args[0] == MINUS:
        return e.args[1] if len(e.args) == 2 else x.Mul(e.args[1:])
    if isinstance(e, x.Mul) and is_negative(e):
        return x.Mul((negated(e.args[0]), *e.args[1:]))
    return x.Mul((MINUS, *(e.args if isinstance(e, x.Mul) else (e,))))


def _index_rank(e: x.Expr) -> tuple[object, ...]:
    """s*p + u - a: products first, numbers last."""
    return (is_negative(e), isinstance(e, x.Num), -sum(1 for _ in x.walk(e)), _text(e))


def _place(e: x.Expr) -> str:
    """The places of an axis that a term stands at, as in [g == 2]*a."""
    factors = e.args if isinstance(e, x.Mul) else (e,)
    found = [f for f in factors if isinstance(f, x.Compare) and f.op == "==" and isinstance(f.left, x.Index)]
    return ",".join(_text(f) for f in found if not x.tensors(f))


def _rank(e: x.Expr) -> tuple[object, ...]:
    """What stands at one place of an axis last, then by value."""
    return (_place(e), *_value_rank(e))


def _value_rank(e: x.Expr) -> tuple[object, ...]:
    """Positive terms first; 1 before all, other numbers and constants last; short terms before long ones, sums last."""
    if isinstance(e, x.Num):
        return (is_negative(e), -1 if e.value == 1 else 3, 0, str(e.value))
    reads = x.tensors(e)
    if not reads and not x.free_indices(e):
        return (is_negative(e), 2, 0, _text(e))
    has_sum = any(isinstance(n, x.Reduce) for n in x.walk(e))
    return (is_negative(e), 1 if has_sum else 0, 0 if isinstance(e, x.Ref) else 1, _text(e))


def _text(e: x.Expr) -> str:
    match e:
        case x.Num():
            return str(e.value)
        case x.Ref():
            return ("!" if e.name.startswith("d") else "") + e.name + ",".join(map(_text, e.at))
        case x.Sym() | x.Index():
            return e.name
    if isinstance(e, x.Mul):
        return ",".join(_text(a) for a in e.args if not isinstance(a, x.Num))
    return type(e).__name__ + ",".join(map(_text, e.children))
