"""Factored forms as notation, in the order in which a person would write them.

Positive terms before negative ones, plain factors before sums, a factor with the first index of the left side before
one with the second, an upstream gradient before a forward value, divisors last.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from symbp.derive.slices import place
from symbp.derive.terms import Atom, Poly, of
from symbp.derive.tidy import tidy
from symbp.derive.tree import Tree
from symbp.derive.wording import MINUS, added, is_constant, is_negative, joined, negated, turned, with_other_sign
from symbp.notation import expr as x

LAST = 99  # the place of what no index of the left side orders
OPPOSITE = {">": "<", "<=": ">=", ">=": "<="}


@dataclass(frozen=True)
class Scope:
    """The indices in use: how each is written, and its place in the order (left side first, then as they are bound)."""

    names: Mapping[Atom, x.Index]
    places: Mapping[Atom, int]

    @staticmethod
    def of(indices: Sequence[Atom]) -> Scope:
        return Scope({i: written_index(i) for i in indices}, {i: k for k, i in enumerate(indices)})


@dataclass(frozen=True)
class Writer:
    """Writes forms.

    `letters` are the author's for the indices of each size, `names` those of promoted values and their adjoints,
    `order` the order of their indices; `unfold` says what a hidden value without a name is.
    """

    letters: Mapping[str, Sequence[str]]
    names: Mapping[str, str]
    order: Mapping[str, Sequence[int]]
    unfold: Callable[[Atom], Poly | None]

    def equation(self, lhs: Atom, rhs: Poly) -> x.Equation:
        scope = _left_side(lhs)
        return x.Equation(self._value(lhs, scope), self.tree(tidy(rhs), scope))

    def form(self, p: Poly) -> x.Expr:
        """A form by itself, its free indices under their own names."""
        return self.tree(tidy(p), Scope.of(sorted(p.free, key=lambda i: i.key)))

    def summed(self, lhs: Atom, inner: Poly, deltas: Sequence[tuple[Poly, Atom]], bound: Sequence[Atom]) -> x.Expr:
        """sum[bound](inner * [at == k] * ...), nothing contracted."""
        scope = self._bind(bound, _left_side(lhs))
        factors = [self.tree(tidy(inner), scope)]
        factors += [x.Compare("==", self.tree(tidy(at), scope), scope.names[k]) for at, k in deltas]
        body = factors[0] if len(factors) == 1 else x.Mul(tuple(factors))
        return x.Reduce("sum", tuple(scope.names[i] for i in bound), body) if bound else body

    # -- trees -------------------------------------------------------------------------------------------------------
    def tree(self, t: Tree, scope: Scope) -> x.Expr:
        match t.op:
            case "number":
                assert isinstance(t.leaf, int | Fraction)
                return x.Num(Fraction(t.leaf))
            case "atom":
                assert isinstance(t.leaf, Atom)
                return self.atom(t.leaf, scope)
            case "add":
                return added([self.tree(a, scope) for a in t.args])
            case "mul" | "pow":
                return self._product(t, scope)
            case "sum" | "mean":
                inner = self._bind(t.bound, scope)
                bound = sorted((inner.names[i] for i in t.bound), key=lambda i: i.name)
                body = self.tree(t.args[0], inner)
                if isinstance(body, x.Add) and all(map(is_negative, body.args)):
                    return negated(x.Reduce(t.op, tuple(bound), added([negated(a) for a in body.args])))
                if is_negative(body):  # a minus stands in front of the sum
                    return negated(x.Reduce(t.op, tuple(bound), negated(body)))
                return x.Reduce(t.op, tuple(bound), body)
            case "first":
                inner = self._bind(t.bound, scope)
                at = tuple(self.tree(a, scope) for a in t.args[1:])
                return x.FirstMax(at, tuple(inner.names[i] for i in t.bound), self.tree(t.args[0], inner))
            case "positive":
                return self._condition(t.args[0], ">", scope)
            case "positive_not":
                return self._condition(t.args[0], "<=", scope)
        args = tuple(self.tree(a, scope) for a in t.args)
        if t.leaf == "clip":
            low, u, high = args
            return x.Call("max", (low, x.Call("min", (u, high))))
        return x.Call(t.op if t.op == "where" else str(t.leaf), args)

    def _condition(self, t: Tree, op: str, scope: Scope) -> x.Expr:
        """[a - b > 0] as [a > b], numbers and constants on the right."""
        minus = False
        if t.op == "mul" and len(t.args) == 2 and t.args[0].op == "number":  # only the sign of a factor matters
            assert isinstance(t.args[0].leaf, int | Fraction)
            minus, t = t.args[0].leaf < 0, t.args[1]
        parts = [self.tree(a, scope) for a in (t.args if t.op == "add" else (t,))]
        parts = [negated(e) for e in parts] if minus else parts
        if op == ">" and x.Num(Fraction(1)) in parts and all(map(_is_integer, parts)):
            op = ">="  # of integers: u + 1 > 0 is u >= 0
            parts = [e for e in parts if e != x.Num(Fraction(1))]
        left, right = [e for e in parts if not is_constant(e)], [e for e in parts if is_constant(e)]
        if left and all(map(is_negative, left)):
            return x.Compare(OPPOSITE[op], added([negated(e) for e in left]), added(right))
        moved = [negated(e) for e in (*(e for e in left if is_negative(e)), *right)]
        return x.Compare(op, added([e for e in left if not is_negative(e)]), added(moved))

    def _product(self, t: Tree, scope: Scope) -> x.Expr:
        c, factors = Fraction(1), []
        for f in t.args if t.op == "mul" else (t,):
            base, e = (f.args[0], f.leaf) if f.op == "pow" else (f, 1)
            if base.op == "number":
                assert isinstance(base.leaf, int | Fraction) and isinstance(e, int)
                c *= Fraction(base.leaf) ** e
            else:
                factors.append((base, e))
        written = []
        for base, e in factors:
            assert isinstance(e, int)
            made, minus = turned(self.tree(base, scope), e)
            c = -c if minus else c
            written.append((made, minus, e, self._factor_rank(base, scope)))
        rows: list[tuple[Any, int, x.Expr]] = []
        for made, minus, e, rank in written:
            now, again = with_other_sign(made) if c < 0 and not minus and e % 2 else (made, False)
            c = -c if again else c
            rows.append((rank, e, now if abs(e) == 1 else x.Pow(now, x.Num(Fraction(abs(e))))))
        rows.sort(key=lambda row: row[0])
        return joined(c, [f for _, e, f in rows if e > 0], [f for _, e, f in rows if e < 0])

    def _factor_rank(self, t: Tree, scope: Scope) -> tuple[Any, ...]:
        """Places, constants, then elements of tensors, then conditions, then sums; within each by the indices."""
        first = min((scope.places[i] for i in t.free if i in scope.places), default=LAST)
        if t.op != "atom" or not isinstance(t.leaf, Atom):
            plain = not any(a.op == "number" for a in t.args)  # 1 - z before a - b
            return (2 if t.op in ("positive", "positive_not", "first") else 3, first, plain, _tree_key(t))
        a = t.leaf
        if place(a) is not None:
            return (-1, first, False, a.key)
        if a.kind in ("scalar", "root", "constant"):
            sized = (k for i, k in scope.places.items() if a in set(i.size.atoms()))
            return (0, min(sized, default=LAST), False, a.key)
        if a.kind != "value":
            return (2, first, True, a.key)
        name = self.names.get(a.name, a.key)
        return (1, first, not name.startswith("d"), name)

    def _bind(self, bound: Sequence[Atom], scope: Scope) -> Scope:
        """Letters for bound indices: those of the author for that size, none that is in use."""
        names, places = dict(scope.names), dict(scope.places)
        taken = {i.name for i in names.values()}
        for i in bound:
            own = list(self.letters.get(i.size.key, ())) or ["k"]
            more = (f"{a}{k}" for k in range(1, LAST) for a in own)
            name = next(c for c in itertools.chain(own, more) if c not in taken)
            taken.add(name)
            names[i] = x.Index(name, written_index(i).size)
            places[i] = len(places)
        return Scope(names, places)

    # -- atoms -------------------------------------------------------------------------------------------------------
    def atom(self, a: Atom, scope: Scope) -> x.Expr:
        match a.kind:
            case "index":
                return scope.names.get(a) or written_index(a)
            case "scalar":
                return x.Sym(a.name, str(a.data[1]), bool(a.data[2]))
            case "value":
                known = self.unfold(a)
                return self._value(a, scope) if known is None else self._unfolded(known, scope)
            case "kernel":
                return self._kernel(a, scope)
            case "equal":
                at = place(a)
                return self._equal(a.polys[0], scope) if at is None else self._at(*at, scope)
            case "max" | "sum":
                inner = self._bind(a.bound, scope)
                return x.Reduce(a.kind, tuple(inner.names[i] for i in a.bound), self.tree(tidy(a.polys[0]), inner))
        args = tuple(self.tree(tidy(p), scope) for p in a.polys)
        match a.kind:
            case "root":
                return x.Pow(args[0], x.Num(Fraction(str(a.data[0]))))
            case "constant":
                return x.Call(a.name, args)
            case "range":
                return x.InRange(*args)
            case "divides":
                return x.Divides(*args)
            case "quotient":
                return x.Quotient(*args)
            case "whole":
                return _whole(a.name, args)
        raise ValueError(f"{a.kind} has no notation")

    def _unfolded(self, p: Poly, scope: Scope) -> x.Expr:
        one = p.single
        return self.tree(tidy(p), scope) if one is None else self.atom(one, scope)

    def _kernel(self, a: Atom, scope: Scope) -> x.Expr:
        argument = self.tree(tidy(a.polys[0]), scope)
        if not a.name.startswith("pow:"):
            return x.Call(a.name, (argument,))
        exponent = Fraction(a.name[4:])
        power = x.Pow(argument, x.Num(abs(exponent)))
        return power if exponent > 0 else x.Pow(power, MINUS)

    def _value(self, a: Atom, scope: Scope) -> x.Ref:
        at = tuple(self.tree(tidy(p), scope) for p in a.polys)
        order = self.order.get(a.name)
        return x.Ref(self.names.get(a.name, a.name), at if order is None else tuple(at[k] for k in order))

    def _at(self, i: Atom, here: Poly, scope: Scope) -> x.Expr:
        """[t == T - 1]: the index is on the left."""
        return x.Compare("==", self.atom(i, scope), self.tree(tidy(here), scope))

    def _equal(self, p: Poly, scope: Scope) -> x.Expr:
        for a in sorted(p.atoms() if p.has("whole") else (), key=lambda a: scope.places.get(a, LAST)):
            sign = p.terms.get(((a, 1),)) if a.kind == "index" else None
            if sign in (1, -1) and not any(b.kind == "whole" and a in b.free for b in p.atoms()):
                return x.Compare("==", self.atom(a, scope), self.tree(tidy(of(a) - p.scaled(sign)), scope))
        terms = [self.tree(tidy(q), scope) for q in sorted(p.split(), key=lambda q: q.key)]
        left = [e for e in terms if not is_negative(e)]
        return x.Compare("==", added(left), added([negated(e) for e in terms if is_negative(e)]))


def _whole(function: str, args: tuple[x.Expr, ...]) -> x.Call:
    """An integer function; the comparison of a where stands in its name."""
    name, _, op = function.partition(" ")
    return x.Call(name, (x.Compare(op, *args[:2]), *args[2:]) if op else args)


def _is_integer(e: x.Expr) -> bool:
    """Is it made of indices, sizes and integers?"""
    match e:
        case x.Num():
            return e.value.denominator == 1
        case x.Sym():
            return e.kind == "size"
        case x.Add() | x.Mul():
            return all(map(_is_integer, e.args))
    return isinstance(e, x.Index)


def _left_side(lhs: Atom) -> Scope:
    return Scope.of([i for p in lhs.polys for i in p.free])


def written_index(i: Atom) -> x.Index:
    """An index as notation, under its own name."""
    one = i.size.single
    if one is not None and one.kind == "scalar":
        return x.Index(i.name, x.Sym(one.name, str(one.data[1]), bool(one.data[2])))
    size = i.size.number
    assert size is not None, "the size of an axis is a symbol or a number"
    return x.Index(i.name, x.Num(Fraction(size)))


def _tree_key(t: Tree) -> str:
    own = t.leaf.key if isinstance(t.leaf, Atom) else str(t.leaf)
    return f"{t.op}({own};{','.join(map(_tree_key, t.args))})"
