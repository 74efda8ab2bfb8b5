"""Factored forms: interned trees, as they are priced and printed."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

from symbp.derive.terms import Atom, Coeff

Leaf = Atom | int | Fraction | str | None


class Tree:
    """A node of a factored form; equal trees are the same object.

    op        args                leaf
    number                        the value
    atom                          value, scalar, index, root, constant, equal, range, divides, quotient
    add, mul  the operands
    pow       base                the integer exponent
    sum, mean the body            (with `bound`)
    positive  the argument                            [argument > 0]
    where     condition, a, b
    call      arguments           abs, sign, clip (low, u, high)
    first     the body            the atom
    """

    __slots__ = ("args", "bound", "free", "leaf", "names", "op", "size")

    op: str
    args: tuple[Tree, ...]
    leaf: Leaf
    bound: tuple[Atom, ...]
    free: frozenset[Atom]
    names: frozenset[str]
    size: int  # the number of operations


@cache
def tree(op: str, args: tuple[Tree, ...] = (), leaf: Leaf = None, bound: tuple[Atom, ...] = ()) -> Tree:
    t = object.__new__(Tree)
    t.op, t.args, t.leaf, t.bound = op, args, leaf, bound
    below: frozenset[Atom] = frozenset().union(*(a.free for a in args))
    t.free = (below | leaf.free if isinstance(leaf, Atom) else below) - set(bound)
    names: frozenset[str] = frozenset().union(*(a.names for a in args))
    t.names = names | leaf.names if isinstance(leaf, Atom) else names
    t.size = sum(a.size for a in args) + _operations(op, args, leaf)
    return t


def _operations(op: str, args: tuple[Tree, ...], own: Leaf) -> int:
    """Operations as one would write them: a - b is one, a/b is one."""
    if op == "mul":
        above = any(not _is_reciprocal(a) and not (a.op == "number" and a.leaf == -1) for a in args)
        return len(args) - 1 - (args[0].op == "number" and args[0].leaf == -1) + (not above)
    if op == "add":
        return len(args) - 1 + sum(_is_reciprocal(a) for a in args)
    if op == "where":
        return 2  # a product with a condition reads better
    return 0 if op in ("number", "atom") or (op == "pow" and own == -1) else 1


def _is_reciprocal(t: Tree) -> bool:
    return t.op == "pow" and t.leaf == -1


def literal(c: Coeff) -> Tree:
    return tree("number", (), c)


def leaf(a: Atom) -> Tree:
    return tree("atom", (), a)


def plus(args: tuple[Tree, ...]) -> Tree:
    return args[0] if len(args) == 1 else tree("add", args)


def prod(c: Coeff, args: tuple[Tree, ...]) -> Tree:
    """c times the factors."""
    flat: list[Tree] = []
    for a in args:
        if a.op == "mul":
            flat.extend(a.args)
        elif a.op != "number" or a.leaf != 1:
            flat.append(a)
    numbers = [a for a in flat if a.op == "number"]
    for n in numbers:
        assert isinstance(n.leaf, int | Fraction)
        c = c * n.leaf
        flat.remove(n)
    if c != 1 or not flat:
        flat.insert(0, literal(int(c) if c == int(c) else c))
    return flat[0] if len(flat) == 1 else tree("mul", tuple(flat))


def power(base: Tree, exponent: int) -> Tree:
    return base if exponent == 1 else tree("pow", (base,), exponent)
