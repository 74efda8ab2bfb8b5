"""More relations between values than the author wrote.

exp of an equation that is a sum gives a product (y = x - log Z gives exp(y) = exp(x)/Z); stable primitives stand for
what overflows or cancels (sigmoid(u) = E/(1 + E) and expm1(u) = E - 1 for E = exp(u)).
"""

from __future__ import annotations

import itertools

from symbp.derive.rational import inverse, normal
from symbp.derive.system import Definition, System
from symbp.derive.terms import ONE, Atom, Poly, atom, of


def virtual_definitions(system: System) -> list[Definition]:
    """Equations that hold, between values that exist and stable ones that may be named."""
    kernels = [q for q in system.definitions if q.kernel is not None]
    out = _exponentials(system, kernels)
    for q in kernels:
        out += stable_definitions(system, q)
    return out


def stable_definitions(system: System, q: Definition) -> list[Definition]:
    """sigmoid(u) and expm1(u) by way of a hidden exp(u)."""
    if q.name not in system.hidden or q.kernel is None or q.kernel.name != "exp":
        return []
    e = of(q.lhs)
    out = []
    for name, form in (("sigmoid", normal(e * inverse(ONE + e))), ("expm1", e - ONE)):
        named = system.name(atom("kernel", (name,), q.kernel.polys))
        if named.single is not None:
            out.append(Definition(named.single, form))
    return out


def _exponentials(system: System, kernels: list[Definition]) -> list[Definition]:
    out = []
    for q in list(system.definitions):
        if q.name in system.hidden or q.head is not None or len(q.rhs.terms) < 2:
            continue
        product = _as_product(system, q, kernels)
        if product is not None:
            named = system.name(atom("kernel", ("exp",), (of(q.lhs),)))
            if named.single is not None:
                out.append(Definition(named.single, product))
    return out


def _as_product(system: System, q: Definition, kernels: list[Definition]) -> Poly | None:
    """exp(q.rhs) as a product, where q.rhs is a sum of arguments of exp and of logarithms that have names."""
    rest, out = q.rhs, ONE
    for k, sign in itertools.product(kernels, (1, -1)):
        assert k.kernel is not None
        if k.kernel.name not in ("exp", "log"):
            continue
        for part, factor in _placed(system, q, k):
            left = rest - part.scaled(sign)
            if len(left.terms) + len(part.terms) == len(rest.terms):
                rest, out = left, normal(out * (factor if sign > 0 else inverse(factor)))
    return None if rest.terms else out


def _placed(system: System, q: Definition, k: Definition) -> list[tuple[Poly, Poly]]:
    """(summand, factor): an exp's argument with its value, or a logarithm with its argument, at the indices of q."""
    assert k.kernel is not None
    argument = k.kernel.polys[0]
    pair = (argument, of(k.lhs)) if k.kernel.name == "exp" else (of(k.lhs), argument)
    out = []
    own: tuple[Atom, ...] = k.own
    for at in itertools.permutations(q.own, len(own)):
        if all(i.size == j.size for i, j in zip(own, at, strict=True)):
            m = {i: of(j) for i, j in zip(own, at, strict=True)}
            out.append((system.calculus.substitute(pair[0], m), system.calculus.substitute(pair[1], m)))
    return out
