"""Equations in the engine's form: every kernel and every reduction is an equation of its own, all else is rational.

A `Definition` is exactly one of: a kernel of a rational function of named values, a reduction of one, or a rational
function itself.  Kernels and reductions that the author did not name get a hidden name, shared by equal ones.
Conditions and abs, sign, max, min, where need no kernel: they are polynomials over conditions and signs.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence, Set
from dataclasses import dataclass, field, replace
from fractions import Fraction

from symbp.derive.calculus import constant_value, root
from symbp.derive.conditions import positive_part, sign
from symbp.derive.indices import Indices, delta
from symbp.derive.ranges import at_least_one, inside, positive, strictly_positive
from symbp.derive.rational import inverse, normal, power
from symbp.derive.terms import ONE, Atom, Poly, add, atom, index, number, of, product, scalar, value
from symbp.errors import DerivationError, Problem
from symbp.notation import expr as x
from symbp.notation.whole import DIVISION, REMAINDER, is_whole

LONG = 3  # terms of a divisor: a longer one gets a name
POSITIVE_KERNELS = frozenset(("exp", "sigmoid", "cosh"))


@dataclass(frozen=True)
class Definition:
    """``lhs = rhs``.  `head` is the kernel, sum or maximum that the right side is (times a constant), if it is one.

    `bound` and `body` are those of the reduction as it was written, constant factors inside.
    """

    lhs: Atom
    rhs: Poly
    head: Atom | None = None
    bound: tuple[Atom, ...] = ()
    body: Poly = field(default=ONE)

    @property
    def name(self) -> str:
        return self.lhs.name

    @property
    def kernel(self) -> Atom | None:
        return self.head if self.head is not None and self.head.kind == "kernel" else None

    @property
    def own(self) -> tuple[Atom, ...]:
        """The indices of the left side."""
        return tuple(i for p in self.lhs.polys for i in p.free if p.single is i)


class System:
    """The flattened equations: `definitions` in an order of reading, `hidden` those without an author's name."""

    def __init__(self, calculus: Indices, positives: Sequence[str] = (), integers: Set[str] = frozenset()) -> None:
        self.calculus = calculus
        self.integers = integers
        self.definitions: list[Definition] = []
        self.hidden: dict[str, Definition] = {}
        self.source: dict[str, x.Expr] = {}  # hidden name -> the author's expression, where there is one
        self.read_at: dict[str, tuple[Atom, ...]] = {}
        self._known: dict[Atom, str] = {}
        self._positive = set(positives)
        self._signs: set[Poly] = set()
        # Of an author's value: where its indices stand in the pattern's order.
        self.places: dict[tuple[str, Atom], tuple[int, ...]] = {}

    # -- notation to polynomials -------------------------------------------------------------------------------------
    def define(self, equation: x.Equation) -> Definition:
        """Read an equation; its kernels and reductions come before it."""
        rhs, head, bound, body = self._top(equation.rhs)
        if (head is not None and head.kind == "kernel" and _kernel_positive(head)) or strictly_positive(rhs):
            self._positive.add(equation.name)
        lhs = value(equation.name, tuple(self.read(i) for i in equation.lhs.at), equation.name in self._positive)
        made = Definition(lhs, rhs, head, bound, body)
        self.definitions.append(made)
        self._remember(made)
        return made

    def _remember(self, q: Definition) -> None:
        """The author's name for a kernel or a reduction is used wherever that is met again."""
        if q.head is None or q.rhs != of(q.head) or not q.own or q.head.free != frozenset(q.own):
            return
        for order in self._orders(q.head):
            pattern = self._pattern(q.head, order)
            if order == q.own or pattern not in self._known:
                self._known.setdefault(pattern, q.name)
                self.places[q.name, pattern] = tuple(order.index(i) for i in q.own)
                return

    def _top(self, e: x.Expr) -> tuple[Poly, Atom | None, tuple[Atom, ...], Poly]:
        """A right side: a kernel or a reduction at its top (times a constant) stays where it is."""
        scale, core = _constant_factor(e)
        if isinstance(core, x.Reduce):
            factor = product(self.read(c) for c in scale)
            bound = tuple(self.index(i) for i in core.bound)
            body = self.read(core.body)
            if core.op in ("sum", "mean"):
                if core.op == "mean":
                    factor = factor * inverse(product(i.size for i in bound))
                body = normal(body * factor)
                rhs = self.calculus.total(body, bound)
                heads = [a for a in rhs.atoms() if a.kind == "sum"]
                return rhs, heads[0] if heads else None, bound, body
            if not scale and core.op == "max":
                top = self.calculus.canonical("max", body, bound, ())
                return of(top), top, bound, body
        if not scale:
            kernel = self._kernel(core)
            if kernel is not None:
                return of(kernel), kernel, (), ONE
        return self.read(e), None, (), ONE

    def read(self, e: x.Expr) -> Poly:
        """The value of an expression as a rational function of named values."""
        match e:
            case x.Num():
                return number(e.value)
            case x.Sym():
                return of(scalar(e.name, e.kind, e.positive or e.name == "pi" or e.kind == "size"))
            case x.Index():
                return of(self.index(e))
            case x.Ref():
                return of(value(e.name, tuple(self.place(i) for i in e.at), e.name in self._positive))
            case x.Add():
                return normal(add(self.read(a) for a in e.args))
            case x.Mul():
                return normal(product(self.read(a) for a in e.args))
            case x.Reduce():
                return self._reduction(e)
            case x.Compare():
                return self._compare(e)
            case x.Divides() | x.InRange() | x.Quotient() | x.FirstMax():
                return self._derived(e)
            case x.Call(function=name) if name in (DIVISION, REMAINDER):
                return self.place(e)
            case x.Pow() if isinstance(e.exponent, x.Num) and e.exponent.value.denominator == 1:
                return self._whole_power(e.base, e.exponent.value.numerator)
        kernel = self._kernel(e)
        if kernel is not None:
            return self.name(kernel, e)
        return self._call(e)

    def place(self, e: x.Expr) -> Poly:
        """An integer expression: what is not affine in it is an atom that nothing looks into."""
        match e:
            case x.Add():
                return add(self.place(a) for a in e.args)
            case x.Mul():
                return product(self.place(a) for a in e.args)
            case x.Call(function="where", args=(x.Compare() as c, yes, no)):
                sides = tuple(self.place(a) for a in (c.left, c.right, yes, no))
                return of(atom("whole", (f"where {c.op}",), sides))
            case x.Call():
                return of(atom("whole", (e.function,), tuple(self.place(a) for a in e.args)))
        return self.read(e)

    def _whole_power(self, base: x.Expr, exponent: int) -> Poly:
        """A power with a whole exponent.  A long divisor gets a name, lest it be multiplied out in every derivative."""
        p = self.read(base)
        if exponent < 0 and len(p.terms) > LONG and _has_values(p) and not p.has("positive", "group"):
            p = self.name(atom("group", (), (p,)), base)
        return normal(power(p, exponent))

    def index(self, e: x.Index) -> Atom:
        return index(e.name, self.read(e.size))

    def _reduction(self, e: x.Reduce) -> Poly:
        bound = tuple(self.index(i) for i in e.bound)
        body = self.read(e.body)
        if e.op == "min":
            return -self.name(self.calculus.canonical("max", -body, bound, ()))
        if e.op == "max":
            return self.name(self.calculus.canonical("max", body, bound, ()), e)
        whole = self.name(self.calculus.canonical("sum", body, bound, ()), replace(e, op="sum"))
        return whole * inverse(product(i.size for i in bound)) if e.op == "mean" else whole

    def fact(self, e: x.Expr) -> Poly:
        """One side of a fact: its sums are not named."""
        if isinstance(e, x.Reduce) and e.op in ("sum", "mean"):
            bound = tuple(self.index(i) for i in e.bound)
            total = self.calculus.total(self.read(e.body), bound)
            return normal(total * inverse(product(i.size for i in bound))) if e.op == "mean" else total
        return self.read(e)

    def _compare(self, e: x.Compare) -> Poly:
        whole = all(is_whole(side, self.integers) for side in (e.left, e.right))
        gap = self.place(e.left) - self.place(e.right) if whole else self.read(e.left) - self.read(e.right)
        match e.op:
            case ">":
                return positive_part(gap)
            case "<":
                return positive_part(-gap)
            case ">=":
                return positive_part(gap + ONE) if _integer(gap) else ONE - positive_part(-gap)
            case "<=":
                return positive_part(ONE - gap) if _integer(gap) else ONE - positive_part(gap)
            case "==":
                return delta(gap)
        return ONE - delta(gap)

    def _derived(self, e: x.Divides | x.InRange | x.Quotient | x.FirstMax) -> Poly:
        """What stands in equations that are derivatives themselves."""
        if isinstance(e, x.FirstMax):
            bound = tuple(self.index(i) for i in e.bound)
            return of(self.calculus.canonical("first", self.read(e.body), bound, tuple(self.place(a) for a in e.at)))
        args = tuple(self.place(c) for c in e.children)
        match e:
            case x.Divides():
                return of(atom("divides", (), args))
            case x.InRange():
                return ONE if inside(args[0], args[1], self.calculus.extents) else of(atom("range", (), args))
        return of(atom("quotient", (), args))

    def _call(self, e: x.Expr) -> Poly:
        """The functions that are polynomials over conditions.  At a tie the first argument of max and min counts."""
        if isinstance(e, x.Call):
            args = [self.read(a) for a in e.args]
            match e.function:
                case "abs":
                    return normal(args[0] * self._sign(args[0]))
                case "sign":
                    return self._sign(args[0])
                case "max":
                    return normal(args[0] + (args[1] - args[0]) * positive_part(args[1] - args[0]))
                case "min":
                    return normal(args[0] + (args[1] - args[0]) * positive_part(args[0] - args[1]))
                case "where":
                    return normal(args[1] * args[0] + args[2] * (ONE - args[0]))
        what = e.function if isinstance(e, x.Call) else type(e).__name__
        raise DerivationError(Problem("D001", f"{what} has no derivative that symbp can derive"))

    def _sign(self, p: Poly) -> Poly:
        """sign(p); of p and -p, the one that the author wrote first has the atom."""
        made = sign(p)
        a = made.single
        if a is None:
            return made
        if -a.polys[0] in self._signs:
            return -sign(-p)
        self._signs.add(a.polys[0])
        return made

    # -- kernels -----------------------------------------------------------------------------------------------------
    def _kernel(self, e: x.Expr) -> Atom | None:
        """The kernel that an expression is, if it is one that is not constant."""
        if isinstance(e, x.Pow):
            return self._power(e)
        if not isinstance(e, x.Call) or e.function in ("abs", "sign", "max", "min", "where"):
            return None
        argument = self.read(e.args[0])
        if e.function == "sqrt":
            return _power_atom(argument, Fraction(1, 2))
        return atom("kernel", (e.function,), (argument,))

    def _power(self, e: x.Pow) -> Atom | None:
        if isinstance(e.exponent, x.Num):
            return None if e.exponent.value.denominator == 1 else _power_atom(self.read(e.base), e.exponent.value)
        logarithm = self.name(atom("kernel", ("log",), (self.read(e.base),)), None)
        return atom("kernel", ("exp",), (normal(self.read(e.exponent) * logarithm),))

    def name(self, a: Atom, source: x.Expr | None = None) -> Poly:
        """The hidden value that holds a kernel or reduction; the same at other indices shares it."""
        if a.kind == "kernel" and not _has_values(a.polys[0]):
            return _constant(a)
        if a.kind == "kernel" and a.name == "exp":
            shared = self._exp_by_known(a)
            if shared is not None:
                return shared
        return self._lookup(a) or self._new(a, source)

    def _orders(self, a: Atom) -> list[tuple[Atom, ...]]:
        """The free indices of a, sorted by size; those of equal sizes in every order."""
        groups: dict[str, list[Atom]] = {}
        for i in sorted(a.free, key=lambda i: i.key):
            groups.setdefault(i.size.key, []).append(i)
        each = [itertools.permutations(groups[s]) for s in sorted(groups)]
        return [tuple(itertools.chain(*order)) for order in itertools.product(*each)]

    def _pattern(self, a: Atom, order: tuple[Atom, ...]) -> Atom:
        names = {i: of(index(f"#{k}", i.size)) for k, i in enumerate(order)}
        made = self.calculus.swap(a, names).single if names else a
        return made if made is not None else a

    def _lookup(self, a: Atom) -> Poly | None:
        for order in self._orders(a):
            pattern = self._pattern(a, order)
            found = self._known.get(pattern)
            if found is not None:
                at = [order[k] for k in self.places.get((found, pattern), range(len(order)))]
                return of(value(found, tuple(of(i) for i in at), found in self._positive))
        return None

    def _new(self, a: Atom, source: x.Expr | None) -> Poly:
        order = self._orders(a)[0]
        name = f"_{len(self.hidden) + 1}"
        self._known[self._pattern(a, order)] = name
        if (a.kind == "kernel" and _kernel_positive(a)) or (a.kind in ("sum", "group") and positive(a)):
            self._positive.add(name)
        lhs = value(name, tuple(of(i) for i in order), name in self._positive)
        rhs = self.calculus.total(a.polys[0], a.bound) if a.kind == "sum" else of(a)
        made = Definition(lhs, rhs, a, a.bound, a.polys[0] if a.bound else ONE)
        if a.kind == "group":
            made = Definition(lhs, a.polys[0])
        self.definitions.append(made)
        self.hidden[name] = made
        if source is not None:
            self.source[name] = source
            self.read_at[name] = order
        return of(lhs)

    def _exp_by_known(self, a: Atom) -> Poly | None:
        """exp(-u) is 1/exp(u), and exp(2u) its square, where exp(u) has a name: one generator, not two."""
        if self._lookup(a) is not None:
            return None
        for factor in (-1, 2, -2):
            inner = a.polys[0].scaled(Fraction(1, factor))
            found = self._lookup(atom("kernel", ("exp",), (inner,)))
            if found is not None:
                return power(found, factor)
        return None


def _constant_factor(e: x.Expr) -> tuple[tuple[x.Expr, ...], x.Expr]:
    """(constant factors, the rest) of a product with one factor that is not constant."""
    if isinstance(e, x.Mul):
        moving = [a for a in e.args if x.tensors(a) or x.free_indices(a)]
        if len(moving) == 1:
            inner, core = _constant_factor(moving[0])
            return (*(a for a in e.args if a is not moving[0]), *inner), core
    return (), e


def _integer(p: Poly) -> bool:
    """Is p made of indices, sizes and integers only?"""
    whole = all(c.denominator == 1 for c in p.terms.values())
    return whole and all(a.kind in ("index", "whole") or at_least_one(a) for a in p.atoms())


def _has_values(p: Poly) -> bool:
    return any(a.kind in ("value", "index") or any(map(_has_values, a.polys)) for a in p.atoms())


def _power_atom(base: Poly, exponent: Fraction) -> Atom:
    return atom("kernel", (f"pow:{exponent}",), (base,))


def _constant(a: Atom) -> Poly:
    """A kernel of constants only: a number where it is one (tanh(0)), a root, or an opaque constant."""
    exact = constant_value(a.name, a.polys[0])
    if exact is not None:
        return exact
    if a.name.startswith("pow:"):
        return root(a.polys[0], Fraction(a.name[4:]))
    return of(atom("constant", (a.name,), a.polys))


def _kernel_positive(a: Atom) -> bool:
    if a.name.startswith("pow:"):
        return strictly_positive(a.polys[0])
    return a.name in POSITIVE_KERNELS or (a.name in ("log1p", "expm1") and strictly_positive(a.polys[0]))
