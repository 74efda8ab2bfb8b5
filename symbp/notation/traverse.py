"""Changes to a whole expression: other names, other indices.  Bound indices never capture a free one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from itertools import count

from symbp.notation.expr import Equation, Expr, FirstMax, Index, Num, Reduce, Ref, Sym, free_indices, rebuild, walk


def transform(node: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """`change` applied to every node, children first; bound indices are left as they are."""
    children = node.children
    changed = tuple(transform(c, change) for c in children)
    return change(node if changed == children else rebuild(node, changed))


def rename_tensors(node: Expr, names: Mapping[str, str]) -> Expr:
    """Other names for the tensors; those not in `names` keep theirs."""

    def change(e: Expr) -> Expr:
        return replace(e, name=names[e.name]) if isinstance(e, Ref) and e.name in names else e

    return transform(node, change)


def replace_symbols(node: Expr, symbols: Mapping[str, Sym | Num]) -> Expr:
    """Other scalars, by name, in values and in the sizes of all indices, bound ones included."""

    def of_size(size: Sym | Num) -> Sym | Num:
        return symbols.get(size.name, size) if isinstance(size, Sym) else size

    def change(e: Expr) -> Expr:
        match e:
            case Sym():
                return symbols.get(e.name, e)
            case Index():
                return replace(e, size=of_size(e.size))
            case Reduce() | FirstMax():
                return replace(e, bound=tuple(replace(i, size=of_size(i.size)) for i in e.bound))
        return e

    return transform(node, change)


def substitute(node: Expr, values: Mapping[Index, Expr]) -> Expr:
    """The node with free indices replaced.  A bound index that a replacement reads gets a fresh name first.

    >>> from symbp.notation.parser import parse
    >>> from symbp.notation.text import text
    >>> i, j = (parse(f"x[{m}]").children[0] for m in "ij")
    >>> text(substitute(parse("sum[j](W[i,j]*x[j])"), {i: j}))
    'sum[j1](W[j,j1]*x[j1])'
    """
    if isinstance(node, Index):
        return values.get(node, node)
    if not isinstance(node, Reduce | FirstMax):
        children = node.children
        return rebuild(node, tuple(substitute(c, values) for c in children)) if children else node
    inner = {i: v for i, v in values.items() if i not in node.bound}
    read = {i.name for i, v in inner.items() if i in free_indices(node.body) for i in free_indices(v)}
    used = read | {i.name for i in all_indices(node)}
    renamed: dict[Index, Index] = {}
    for bound in node.bound:
        if bound.name in read:
            renamed[bound] = replace(bound, name=fresh(bound.name, used))
            used.add(renamed[bound].name)
    body = substitute(node.body, {**inner, **renamed})
    bound_now = tuple(renamed.get(i, i) for i in node.bound)
    if isinstance(node, FirstMax):
        return replace(node, at=tuple(substitute(a, values) for a in node.at), bound=bound_now, body=body)
    return replace(node, bound=bound_now, body=body)


def fresh(name: str, used: Collection[str]) -> str:
    """`name` with the first number behind it that is not in use."""
    stem = name.rstrip("0123456789")
    return next(f"{stem}{k}" for k in count(1) if f"{stem}{k}" not in used)


def all_indices(node: Expr) -> set[Index]:
    """Every index in the node, free or bound."""
    found: set[Index] = set()
    for e in walk(node):
        if isinstance(e, Index):
            found.add(e)
        elif isinstance(e, Reduce | FirstMax):
            found.update(e.bound)
    return found


def same(a: Expr, b: Expr) -> bool:
    """Whether two expressions differ in the letters of bound indices at most.

    >>> from symbp.notation.parser import parse
    >>> same(parse("sum[j](W[i,j]*x[j])"), parse("sum[k](W[i,k]*x[k])")), same(parse("x[i]"), parse("x[j]"))
    (True, False)
    """
    return _numbered(a, {}) == _numbered(b, {})


def _numbered(node: Expr, names: Mapping[str, str]) -> Expr:
    """The node with its bound indices named by number, those further out first."""
    if isinstance(node, Index):
        return replace(node, name=names.get(node.name, node.name))
    if not isinstance(node, Reduce | FirstMax):
        children = node.children
        return rebuild(node, tuple(_numbered(c, names) for c in children)) if children else node
    inner = {**names, **{i.name: f"#{len(names) + k}" for k, i in enumerate(node.bound)}}
    bound, body = tuple(replace(i, name=inner[i.name]) for i in node.bound), _numbered(node.body, inner)
    if isinstance(node, FirstMax):
        return replace(node, at=tuple(_numbered(a, names) for a in node.at), bound=bound, body=body)
    return replace(node, bound=bound, body=body)


def inline(node: Expr, definitions: Mapping[str, Equation]) -> Expr:
    """Every read of a defined tensor replaced by its definition, down to the last.  There must be no cycle."""

    def change(e: Expr) -> Expr:
        if isinstance(e, Ref) and e.name in definitions:
            equation = definitions[e.name]
            body = inline(equation.rhs, definitions)
            return substitute(body, dict(zip(equation.indices, e.at, strict=True)))
        return e

    return transform(node, change)
