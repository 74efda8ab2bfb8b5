"""Factored forms as notation, in the order in which a person would write them.

Positive terms before negative ones, plain factors before sums, a factor with the first index of the left side before one
with the second, an upstream gradient before a forward value, divisors last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from symbp.derive.terms import Atom, Poly
from symbp.derive.tidy import tidy
from symbp.derive.tree import Tree
from symbp.notation import expr as x

MINUS = x.Num(Fraction(-1))


class Writer:
    """Writes forms.  `letters` are the names that the author gave to the indices of each size, `names` those of hidden values."""

    def __init__(
        self,
        letters: Mapping[str, Sequence[str]],
        names: Mapping[str, str],
        order: Mapping[str, Sequence[int]],
        unfold: Callable[[Atom], Poly | None],
    ) -> None:
        self.letters = letters
        self.names = names
        self.unfold = unfold  # a hidden value without a name: what it is
        self.order = order  # of the indices of a renamed value

    def equation(self, lhs: Atom, rhs: Poly) -> x.Equation:
        left = self._value(lhs, {}, {})
        places = {i: k for k, p in enumerate(lhs.polys) for i in p.free}
        names = {i: _index(i) for i in places}
        return x.Equation(left, self.tree(tidy(rhs), names, places))

    def form(self, p: Poly) -> x.Expr:
        """A form by itself, its free indices under their own names."""
        free = sorted(p.free, key=lambda i: i.key)
        return self.tree(tidy(p), {i: _index(i) for i in free}, {i: k for k, i in enumerate(free)})

    def summed(self, lhs: Atom, inner: Poly, deltas: Sequence[tuple[Poly, Atom]], bound: Sequence[Atom]) -> x.Expr:
        """sum[bound](inner * [at == k] * ...), nothing contracted."""
        places = {i: k for k, p in enumerate(lhs.polys) for i in p.free}
        names, spots = self._bind(bound, tidy(inner), {i: _index(i) for i in places}, places)
        factors = [self.tree(tidy(inner), names, spots)]
        factors += [x.Compare("==", self.tree(tidy(at), names, spots), names[k]) for at, k in deltas]
        body = factors[0] if len(factors) == 1 else x.Mul(tuple(factors))
        return x.Reduce("sum", tuple(names[i] for i in bound), body) if bound else body

    # -- trees -------------------------------------------------------------------------------------------------------
    def tree(self, t: Tree, names: Mapping[Atom, x.Index], places: Mapping[Atom, int]) -> x.Expr:
        def go(z: Tree) -> x.Expr:
            return self.tree(z, names, places)

        match t.op:
            case "number":
                assert isinstance(t.leaf, int | Fraction)
                return x.Num(Fraction(t.leaf))
            case "atom":
                assert isinstance(t.leaf, Atom)
                return self.atom(t.leaf, names, places)
            case "add":
                return self._sum(t, names, places)
            case "mul" | "pow":
                return self._product(t, names, places)
            case "sum" | "mean":
                return self._reduction(t, names, places)
            case "positive":
                return self._condition(t.args[0], names, places, (">", "<"))
            case "positive_not":
                return self._condition(t.args[0], names, places, ("<=", ">="))
            case "where":
                return x.Call("where", tuple(map(go, t.args)))
            case "first":
                return self._first(t, names, places)
        if t.leaf == "clip":
            low, u, high = map(go, t.args)
            return x.Call("max", (low, x.Call("min", (u, high))))
        return x.Call(str(t.leaf), tuple(map(go, t.args)))

    def _sum(self, t: Tree, names: Mapping[Atom, x.Index], places: Mapping[Atom, int]) -> x.Expr:
        return _added([self.tree(a, names, places) for a in t.args])

    def _condition(self, t: Tree, names: Mapping[Atom, x.Index], places: Mapping[Atom, int], ops: tuple[str, str]) -> x.Expr:
        """[a - b > 0] as [a > b], numbers and constants on the right."""
        turned = False
        if t.op == "mul" and len(t.args) == 2 and t.args[0].op == "number":  # only the sign of a factor matters
            assert isinstance(t.args[0].leaf, int | Fraction)
            turned, t = t.args[0].leaf < 0, t.args[1]
        parts = [self.tree(a, names, places) for a in (t.args if t.op == "add" else (t,))]
        parts = [_negated(e) for e in parts] if turned else parts
        left = [e for e in parts if not _is_constant(e)]
        right = [_negated(e) for e in parts if _is_constant(e)]
        if left and all(_is_negative(e) for e in left):
            left, right, ops = [_negated(e) for e in left], [_negated(e) for e in right], (ops[1], ops[0])
        moved = [e for e in left if _is_negative(e)]
        left = [e for e in left if not _is_negative(e)]
        return x.Compare(ops[0], _added(left), _added([*map(_negated, moved), *right]))

    def _product(self, t: Tree, names: Mapping[Atom, x.Index], places: Mapping[Atom, int]) -> x.Expr:
        sign, c = 1, Fraction(1)
        above: list[tuple[object, x.Expr]] = []
        below: list[tuple[object, x.Expr]] = []
        factors = list(t.args) if t.op == "mul" else [t]
        for f in factors:
            if f.op == "number":
                assert isinstance(f.leaf, int | Fraction)
                c *= Fraction(f.leaf)
        bases = [(f.args[0], f.leaf) if f.op == "pow" else (f, 1) for f in factors if f.op != "number"]
        plain = [_turned(self.tree(base, names, places), int(str(e))) for base, e in bases]
        sign = (-1) ** sum(turned for _, turned in plain)
        for (base, e), (written, turned) in zip(bases, plain, strict=True):
            assert isinstance(e, int)
            if c * sign < 0 and not turned and e % 2:
                written, again = _with_other_sign(written)
                sign = -sign if again else sign
            rank = self._factor_rank(base, places)
            (above if e > 0 else below).append((rank, written if abs(e) == 1 else x.Pow(written, x.Num(Fraction(abs(e))))))
        return _joined(c * sign, [e for _, e in sorted(above, key=lambda p: p[0])], [e for _, e in sorted(below, key=lambda p: p[0])])  # type: ignore[arg-type, return-value]

    def _factor_rank(self, t: Tree, places: Mapping[Atom, int]) -> tuple[object, ...]:
        compound = t.op not in ("atom",)
        first = min((places[i] for i in t.free if i in places), default=99)
        if t.op == "atom" and isinstance(t.leaf, Atom):
            a = t.leaf
            constant = a.kind in ("scalar", "root", "constant")
            condition = a.kind in ("equal", "range", "divides")
            upstream = a.kind == "value" and a.name.startswith("d")
            if constant:
                return (0, min((k for i, k in places.items() if a in set(i.size.atoms())), default=99), False, a.key)
            return (2 if condition else 1, first, not upstream, self.names.get(a.name, a.key) if a.kind == "value" else a.key)
        return (2 if t.op in ("positive", "positive_not", "first") else 3, first, compound, _tree_key(t))

    def _reduction(self, t: Tree, names: Mapping[Atom, x.Index], places: Mapping[Atom, int]) -> x.Expr:
        inner, spots = self._bind(t.bound, t.args[0], names, places)
        bound = tuple(inner[i] for i in t.bound)
        return x.Reduce(t.op, tuple(sorted(bound, key=lambda i: i.name)), self.tree(t.args[0], inner, spots))

    def _first(self, t: Tree, names: Mapping[Atom, x.Index], places: Mapping[Atom, int]) -> x.Expr:
        inner, spots = self._bind(t.bound, t.args[0], names, places)
        at = tuple(self.tree(a, names, places) for a in t.args[1:])
        return x.FirstMax(at, tuple(inner[i] for i in t.bound), self.tree(t.args[0], inner, spots))

    def _bind(
        self, bound: Sequence[Atom], body: Tree, names: Mapping[Atom, x.Index], places: Mapping[Atom, int]
    ) -> tuple[dict[Atom, x.Index], dict[Atom, int]]:
        """Letters for bound indices: those of the author for that size, none that is in use."""
        inner, spots = dict(names), dict(places)
        taken = {i.name for i in names.values()}
        for i in bound:
            own = list(self.letters.get(i.size.key, ())) or ["k"]
            choices = (*own, *(f"{a}{k}" for k in range(1, 99) for a in own))
            name = next(c for c in choices if c not in taken)
            taken.add(name)
            inner[i] = x.Index(name, _index(i).size)
            spots[i] = len(spots)
        del body
        return inner, spots

    # -- atoms -------------------------------------------------------------------------------------------------------
    def atom(self, a: Atom, names: Mapping[Atom, x.Index], places: Mapping[Atom, int]) -> x.Expr:
        def go(p: Poly) -> x.Expr:
            return self.tree(tidy(p), names, places)

        match a.kind:
            case "index":
                return names.get(a) or _index(a)
            case "scalar":
                return x.Sym(a.name, str(a.data[1]), bool(a.data[2]))
            case "value":
                known = self.unfold(a)
                return self._value(a, names, places) if known is None else self._unfolded(known, names, places)
            case "root":
                return x.Pow(go(a.polys[0]), x.Num(Fraction(str(a.data[0]))))
            case "constant":
                return x.Call(a.name, tuple(map(go, a.polys)))
            case "equal":
                return self._equal(a.polys[0], names, places)
            case "range":
                return x.InRange(go(a.polys[0]), go(a.polys[1]))
            case "divides":
                return x.Divides(go(a.polys[0]), go(a.polys[1]))
            case "quotient":
                return x.Quotient(go(a.polys[0]), go(a.polys[1]))
            case "kernel":
                return self.kernel(a, names, places)
            case "max" | "sum":
                t = tidy(a.polys[0])
                inner, spots = self._bind(a.bound, t, names, places)
                return x.Reduce(a.kind, tuple(inner[i] for i in a.bound), self.tree(t, inner, spots))
        raise ValueError(f"{a.kind} has no notation")

    def _unfolded(self, p: Poly, names: Mapping[Atom, x.Index], places: Mapping[Atom, int]) -> x.Expr:
        one = p.single
        return self.tree(tidy(p), names, places) if one is None else self.atom(one, names, places)

    def kernel(self, a: Atom, names: Mapping[Atom, x.Index], places: Mapping[Atom, int]) -> x.Expr:
        argument = self.tree(tidy(a.polys[0]), names, places)
        if a.name.startswith("pow:"):
            exponent = Fraction(a.name[4:])
            if exponent < 0:
                return x.Pow(x.Pow(argument, x.Num(-exponent)), MINUS)
            return x.Pow(argument, x.Num(exponent))
        return x.Call(a.name, (argument,))

    def _value(self, a: Atom, names: Mapping[Atom, x.Index], places: Mapping[Atom, int]) -> x.Ref:
        at = tuple(self.tree(tidy(p), names, places) for p in a.polys)
        order = self.order.get(a.name)
        return x.Ref(self.names.get(a.name, a.name), at if order is None else tuple(at[k] for k in order))

    def _equal(self, p: Poly, names: Mapping[Atom, x.Index], places: Mapping[Atom, int]) -> x.Expr:
        terms = [self.tree(tidy(q), names, places) for q in sorted(p.split(), key=lambda q: q.key)]
        left = [e for e in terms if not _is_negative(e)]
        right = [_negated(e) for e in terms if _is_negative(e)]
        return x.Compare("==", _added(left), _added(right))


def _turned(e: x.Expr, exponent: int) -> tuple[x.Expr, bool]:
    """(y - 1) as (1 - y), and whether the sign was turned; a sum of negative terms only as one of positive terms."""
    if not isinstance(e, x.Add) or exponent % 2 == 0:
        return e, False
    constant = any(isinstance(a, x.Num) and a.value < 0 for a in e.args)
    if not constant and not all(_is_negative(a) for a in e.args):
        return e, False
    terms = [_negated(a) for a in e.args]
    return (e, False) if all(_is_negative(a) for a in terms) else (_added(terms), True)


def _with_other_sign(e: x.Expr) -> tuple[x.Expr, bool]:
    """-(t - p) as p - t, -sign(t - y) as sign(y - t), where that leaves no more minus signs."""
    if isinstance(e, x.Call) and e.function == "sign" and isinstance(e.args[0], x.Add):
        return x.Call("sign", (_added([_negated(a) for a in e.args[0].args]),)), True
    if not isinstance(e, x.Add) or any(isinstance(a, x.Num) for a in e.args):
        return e, False
    turned = [_opposite(a) for a in e.args]
    if sum(map(_is_negative, turned)) > sum(map(_is_negative, e.args)) + 1 or all(map(_is_negative, turned)):
        return e, False
    return _added(turned), True


def _opposite(e: x.Expr) -> x.Expr:
    """-e; the sign goes into a difference among its factors where there is one."""
    if isinstance(e, x.Mul) and not _is_negative(e):
        for k, a in enumerate(e.args):
            if isinstance(a, x.Add) and len(a.args) == 2 and sum(map(_is_negative, a.args)) == 1 and not any(isinstance(b, x.Num) for b in a.args):
                return x.Mul((*e.args[:k], _added([_negated(b) for b in a.args]), *e.args[k + 1 :]))
    return _negated(e)


def _index(i: Atom) -> x.Index:
    size = i.size
    one = size.single
    if one is not None and one.kind == "scalar":
        return x.Index(i.name, x.Sym(one.name, str(one.data[1]), bool(one.data[2])))
    value = size.number
    assert value is not None, "the size of an axis is a symbol or a number"
    return x.Index(i.name, x.Num(Fraction(value)))


def _joined(c: Fraction, above: list[x.Expr], below: list[x.Expr]) -> x.Expr:
    """c * above / below."""
    above, below = _quotient_of_roots(_roots_joined(above), _roots_joined(below))
    if c.denominator > 100:  # a decimal of the author's
        above.insert(0, x.Num(abs(c)))
        c = Fraction(1 if c > 0 else -1)
    if c.denominator != 1:
        below.insert(0, x.Num(Fraction(c.denominator)))
    if abs(c.numerator) != 1 or not above:
        above.insert(0, x.Num(Fraction(c.numerator if not above and not below else abs(c.numerator))))
    if c.numerator < 0 and above[0] != x.Num(Fraction(c.numerator)):
        above.insert(0, MINUS)
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


def _added(terms: list[x.Expr]) -> x.Expr:
    if not terms:
        return x.Num(Fraction(0))
    terms = [t for e in terms for t in (e.args if isinstance(e, x.Add) else (e,))]
    if len(terms) == 1:
        return terms[0]
    whole = any(x.tensors(e) for e in terms)
    return x.Add(tuple(sorted(terms, key=_rank if whole else _index_rank)))


def _is_constant(e: x.Expr) -> bool:
    return not x.tensors(e) and not x.free_indices(e)


def _is_negative(e: x.Expr) -> bool:
    if isinstance(e, x.Num):
        return e.value < 0
    return isinstance(e, x.Mul) and isinstance(e.args[0], x.Num) and e.args[0].value < 0


def _negated(e: x.Expr) -> x.Expr:
    if isinstance(e, x.Num):
        return x.Num(-e.value)
    if isinstance(e, x.Mul) and e.args[0] == MINUS:
        return e.args[1] if len(e.args) == 2 else x.Mul(e.args[1:])
    return x.Mul((MINUS, *(e.args if isinstance(e, x.Mul) else (e,))))


def _index_rank(e: x.Expr) -> tuple[object, ...]:
    """s*p + u - a: products first, numbers last."""
    return (_is_negative(e), isinstance(e, x.Num), -sum(1 for _ in x.walk(e)), _text(e))


def _rank(e: x.Expr) -> tuple[object, ...]:
    """Positive terms first; 1 before all, other numbers and constants last; short terms before long ones, sums last."""
    if isinstance(e, x.Num):
        return (_is_negative(e), -1 if e.value == 1 else 3, 0, str(e.value))
    reads = x.tensors(e)
    if not reads and not x.free_indices(e):
        return (_is_negative(e), 2, 0, _text(e))
    has_sum = any(isinstance(n, x.Reduce) for n in x.walk(e))
    return (_is_negative(e), 1 if has_sum else 0, 0 if isinstance(e, x.Ref) else 1, _text(e))


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


def _tree_key(t: Tree) -> str:
    own = t.leaf.key if isinstance(t.leaf, Atom) else str(t.leaf)
    return f"{t.op}({own};{','.join(map(_tree_key, t.args))})"
