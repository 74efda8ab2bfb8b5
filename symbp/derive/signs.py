"""Conditions on an input that can be read off the output: [x > 0] = [y > 0].

Then x need not be kept for the backward pass.  Proved on both branches of the equation that defines y: y > 0 where
x > 0, and y <= 0 where it is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from symbp.derive.conditions import assume, exchanged
from symbp.derive.ranges import never_negative, strictly_positive
from symbp.derive.system import Definition, System
from symbp.derive.terms import ONE, Atom, Poly, atom, number, of, scalar, value


@dataclass(frozen=True)
class SameSign:
    """[condition] = [output > 0]; `everywhere`: whatever the signs of the constants."""

    condition: Atom
    output: Atom
    everywhere: bool

    @property
    def replaced(self) -> Atom:
        return atom("positive", (), (of(self.output),))


def same_signs(system: System) -> list[SameSign]:
    """All pairs that can be proved."""
    out = []
    for q in system.definitions:
        if q.name in system.hidden or q.head is not None:
            continue
        for c in sorted((a for a in q.rhs.atoms() if a.kind == "positive"), key=lambda a: a.key):
            read = c.polys[0].single
            if read is None or read.kind != "value" or read.polys != q.lhs.polys:
                continue
            if _proved(q, c, read, system, constants=True):
                out.append(SameSign(c, q.lhs, _proved(q, c, read, system, constants=False)))
    return out


def _proved(q: Definition, c: Atom, read: Atom, system: System, constants: bool) -> bool:
    up, down = assume(q.rhs, c, True), assume(q.rhs, c, False)
    size = of(value(f"|{read.name}|", read.polys, True))
    unknown: dict[Atom, Poly] = {}
    if not constants:
        scalars = [a for p in (up, down) for a in p.atoms() if a.kind == "scalar" and a.data[1] == "constant"]
        unknown = {a: of(scalar(a.name, "constant", False)) for a in scalars if a.name != "pi"}
    up = exchanged(up, {read: size, **unknown})
    down = exchanged(down, {read: -size, **unknown, **_small(down, read, size, system)})
    return strictly_positive(up) and never_negative(-down)


def _small(p: Poly, read: Atom, size: Poly, system: System) -> Mapping[Atom, Poly]:
    """exp(u) as 1 - d and expm1(u) as -d with d >= 0, where u <= 0."""
    out: dict[Atom, Poly] = {}
    for a in p.atoms():
        q = system.hidden.get(a.name) if a.kind == "value" else None
        if q is None or q.kernel is None or q.kernel.name not in ("exp", "expm1"):
            continue
        m = {i: at for own, at in zip(q.lhs.polys, a.polys, strict=True) for i in own.free}
        argument = system.calculus.substitute(q.kernel.polys[0], m)
        if never_negative(-exchanged(argument, {read: -size})):
            d = of(value(f"1-{a.name}", a.polys, True))
            out[a] = (ONE if q.kernel.name == "exp" else number(0)) - d
    return out


def fewer_reads(forms: Mapping[str, Poly], pairs: list[SameSign]) -> dict[str, Poly]:
    """The forms with conditions on outputs where that needs fewer values, or needs the output alone."""
    out = dict(forms)
    for pair in pairs:
        if not any(pair.condition in p.atoms() for p in out.values()):
            continue
        changed = {b: exchanged(p, {pair.condition: of(pair.replaced)}) for b, p in out.items()}
        before, after = _reads(out), _reads(changed)
        if len(after) < len(before) or (len(after) == len(before) and pair.everywhere):
            out = changed
    return out


def _reads(forms: Mapping[str, Poly]) -> set[str]:
    return {n for p in forms.values() for a in p.atoms() for n in a.names}
