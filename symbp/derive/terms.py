"""Sparse polynomials over opaque atoms: the form in which the engine calculates.

An `Atom` is anything that plain algebra does not look into: an element of a tensor, a sum, a condition, an index, the
size of an axis.  Atoms are interned, so that equal ones are the same object.  A `Poly` maps monomials (atoms with
integer exponents, negative ones allowed) to exact coefficients.  A denominator that is no monomial is an atom of kind
"group" with a negative exponent; `symbp.derive.rational` cancels.

    kind      data                  polys                bound
    index     name                  size
    scalar    name, kind, positive
    value     name, positive        indices                       an element of a tensor; outside its axes it is 0
    root      exponent              base                          a power of a constant, such as 2**(1/2)
    kernel    function              arguments                     exp, log, ...: only as the right side of a definition
    sum       ""                    body                 yes
    max       ""                    body                 yes      reads outside an axis are left out
    quotient                        value, divisor                an exact quotient of integers
    whole     function              arguments                     an integer function of integers, not looked into:
                                                                  floordiv, mod, abs, max, min, sign; "where <" has
                                                                  the two sides of its comparison first
    group                           a polynomial                  in denominators only
    sign                            argument
    positive                        argument                      1 where the argument is > 0, else 0
    equal                           argument                      1 where the argument is 0, else 0
    range                           argument, size                1 where 0 <= argument < size, else 0
    divides                         divisor, argument             1 where the divisor divides the argument, else 0
    first                           body, indices        yes      1 where the indices are the first maximum's, else 0
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import cache

Coeff = int | Fraction
Datum = str | bool | Fraction

INDICATORS = frozenset(("positive", "equal", "range", "divides", "first"))
BINDERS = frozenset(("sum", "max", "first"))


class UndefinedError(ArithmeticError):
    """A division by something that is 0 on one of its branches."""


class Atom:
    """An interned symbol of the algebra; see the table above.  `free` are the indices that its value depends on,
    `names` the tensors."""

    __slots__ = ("bound", "data", "free", "height", "key", "kind", "names", "polys", "special")

    kind: str
    data: tuple[Datum, ...]
    polys: tuple[Poly, ...]
    bound: tuple[Atom, ...]
    free: frozenset[Atom]
    names: frozenset[str]
    key: str
    height: int
    special: bool

    @property
    def name(self) -> str:
        return str(self.data[0])

    @property
    def size(self) -> Poly:
        """The size of an index's axis."""
        return self.polys[0]

    def __repr__(self) -> str:
        return self.key


@cache
def atom(
    kind: str, data: tuple[Datum, ...] = (), polys: tuple[Poly, ...] = (), bound: tuple[Atom, ...] = ()
) -> Atom:
    """The one atom with these parts."""
    a = object.__new__(Atom)
    a.kind, a.data, a.polys, a.bound = kind, data, polys, bound
    inner = [p.free for p in polys]
    if bound:
        inner[0] = inner[0] - set(bound)
    a.free = frozenset((a,)) if kind == "index" else frozenset().union(*inner)
    below = (n for p in polys for b in p.atoms() for n in b.names)
    a.names = frozenset((str(data[0]), *below) if kind == "value" else below)
    a.height = max((p.height for p in polys), default=0) + (1 if kind in BINDERS else 0)
    a.key = _atom_key(a)
    a.special = kind in INDICATORS or kind in ("sign", "root")
    return a


def _atom_key(a: Atom) -> str:
    """A short text that tells atoms apart: names first, so that sorting by it sorts by name."""
    if a.kind == "scalar":
        return a.name
    inner = ",".join(p.key for p in a.polys)
    if a.kind == "index":
        return f"{a.name}:{inner}"
    if a.kind == "value":
        return f"{a.name}[{inner}]"
    return f"{a.kind}({','.join(map(str, a.data))};{inner};{','.join(b.key for b in a.bound)})"


Mono = tuple[tuple[Atom, int], ...]


def _by_key(pair: tuple[Atom, int]) -> str:
    return pair[0].key


class Poly:
    """A sum of monomials with exact coefficients; immutable; no coefficient is 0."""

    __slots__ = ("_free", "_hash", "_key", "terms")

    def __init__(self, terms: dict[Mono, Coeff]) -> None:
        self.terms = terms
        self._hash: int | None = None
        self._key: str | None = None
        self._free: frozenset[Atom] | None = None

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset(self.terms.items()))
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Poly) and self.terms == other.terms

    def __repr__(self) -> str:
        return self.key

    @property
    def key(self) -> str:
        """A text that tells polynomials apart; the same in every process."""
        if self._key is None:
            parts = sorted(_mono_key(m) if c == 1 and m else f"{c}*{_mono_key(m)}" for m, c in self.terms.items())
            self._key = "+".join(parts) or "0"
        return self._key

    @property
    def free(self) -> frozenset[Atom]:
        if self._free is None:
            self._free = frozenset().union(*(a.free for a in self.atoms()))
        return self._free

    @property
    def height(self) -> int:
        return max((a.height for a in self.atoms()), default=0)

    def atoms(self) -> Iterator[Atom]:
        """The atoms of the monomials, each once, in the order of the terms."""
        seen: set[Atom] = set()
        for m in self.terms:
            for a, _ in m:
                if a not in seen:
                    seen.add(a)
                    yield a

    def has(self, *kinds: str) -> bool:
        return any(a.kind in kinds for m in self.terms for a, _ in m)

    @property
    def number(self) -> Coeff | None:
        """The value, where it is a number."""
        if not self.terms:
            return 0
        return self.terms.get(()) if len(self.terms) == 1 else None

    @property
    def single(self) -> Atom | None:
        """The atom, where the polynomial is just one."""
        if len(self.terms) == 1:
            ((m, c),) = self.terms.items()
            if c == 1 and len(m) == 1 and m[0][1] == 1:
                return m[0][0]
        return None

    def split(self) -> Iterator[Poly]:
        """The terms, each as a polynomial."""
        for m, c in self.terms.items():
            yield Poly({m: c})

    def __add__(self, other: Poly) -> Poly:
        if not other.terms:
            return self
        if not self.terms:
            return other
        out = dict(self.terms)
        for m, c in other.terms.items():
            _put(out, m, c)
        return Poly(out)

    def __neg__(self) -> Poly:
        return Poly({m: -c for m, c in self.terms.items()})

    def __sub__(self, other: Poly) -> Poly:
        return self + -other

    def scaled(self, by: Coeff) -> Poly:
        if by == 1:
            return self
        return Poly({m: reduced(c * by) for m, c in self.terms.items()}) if by else ZERO

    def __mul__(self, other: Poly) -> Poly:
        short, long = sorted((self.terms, other.terms), key=len)
        out: dict[Mono, Coeff] = {}
        for m, c in short.items():
            if not m:
                for n, d in long.items():
                    _put(out, n, c * d)
                continue
            for n, d in long.items():
                e, k = times(m, n)
                if e:
                    _put(out, k, c * d * e)
        return Poly(out)

    def __pow__(self, exponent: int) -> Poly:
        """A power with an exponent >= 0; `symbp.derive.rational.inverse` has the others."""
        out = ONE
        for _ in range(exponent):
            out = out * self
        return out


def reduced(c: Coeff) -> Coeff:
    """An integer as an int."""
    return c.numerator if c.denominator == 1 else c


def _put(out: dict[Mono, Coeff], m: Mono, c: Coeff) -> None:
    total = out.get(m, 0) + c
    if total:
        out[m] = reduced(total)
    else:
        out.pop(m, None)


def _mono_key(m: Mono) -> str:
    return "*".join(a.key if e == 1 else f"{a.key}^{e}" for a, e in m)


def times(a: Mono, b: Mono) -> tuple[Coeff, Mono]:
    """The product of two monomials, with the factor that the relations of its atoms leave."""
    if not a:
        return 1, b
    if not b:
        return 1, a
    merged = dict(a)
    for x, e in b:
        total = merged.get(x, 0) + e
        if total:
            merged[x] = total
        else:
            del merged[x]
    if any(x.special for x in merged):
        return _settle(merged)
    return 1, tuple(sorted(merged.items(), key=_by_key))


def _settle(exps: dict[Atom, int]) -> tuple[Coeff, Mono]:
    """A monomial under the relations of its atoms: c*c = c, roots to the power of their index, signs of sign."""
    out = dict(exps)
    coeff: Coeff = 1
    for x, e in exps.items():
        if x.kind in INDICATORS:
            if e < 0:
                raise UndefinedError("a division by a condition, which can be 0")
            out[x] = 1
        elif x.kind == "sign":
            argument = x.polys[0].single
            out[x] = 1 if e % 2 else (0 if e < 0 or (argument is not None and exps.get(argument, 0)) else 2)
            if not out[x]:
                del out[x]
        elif x.kind == "root":
            coeff = coeff * _settle_root(x, e, out)
    conditions = [x for x in out if x.kind == "positive"]
    if conditions:
        coeff = coeff * _settle_conditions(conditions, out)
    return reduced(coeff), tuple(sorted(out.items(), key=_by_key))


def _settle_root(x: Atom, e: int, out: dict[Atom, int]) -> Coeff:
    """Whole powers of the base leave the root; what stays has an exponent between -1 and 1."""
    exponent = Fraction(str(x.data[0]))
    whole = int(e * exponent)  # towards 0
    rest = int((e * exponent - whole) / exponent)
    if rest == e:
        return 1
    base = x.polys[0]
    if base.single is None and base.number is None:
        return 1  # the root of a sum of constants: left as it is
    del out[x]
    if rest:
        out[x] = rest
    if base.single is not None:
        out[base.single] = out.get(base.single, 0) + whole
        if not out[base.single]:
            del out[base.single]
        return 1
    value = base.number
    assert value is not None, "a root has an atom or a number as its base"
    return Fraction(value) ** whole


def _settle_conditions(conditions: list[Atom], out: dict[Atom, int]) -> Coeff:
    """[p > 0][-p > 0] = 0; a condition that another one implies is dropped; sign(p)[p > 0] = [p > 0]."""
    sign: Coeff = 1
    for c in conditions:
        p = c.polys[0]
        for d in conditions:
            if d is c or d not in out or c not in out:
                continue
            total = (p + d.polys[0]).number
            if total is not None and total <= 0:
                return 0
            gap = (d.polys[0] - p).number
            if gap is not None and gap >= 0:
                del out[d]
    for x in [x for x in out if x.kind == "sign"]:
        for c in conditions:
            if c.polys[0] in (x.polys[0], -x.polys[0]):
                if c.polys[0] != x.polys[0] and out.get(x, 0) % 2:
                    sign = -sign
                out.pop(x, None)
    return sign


ZERO = Poly({})
ONE = Poly({(): 1})


def number(c: Coeff) -> Poly:
    return Poly({(): reduced(c)}) if c else ZERO


def of(a: Atom, exponent: int = 1) -> Poly:
    """The atom as a polynomial."""
    return Poly({((a, exponent),): 1})


def add(polys: Iterable[Poly]) -> Poly:
    out: dict[Mono, Coeff] = {}
    for p in polys:
        for m, c in p.terms.items():
            _put(out, m, c)
    return Poly(out)


def product(polys: Iterable[Poly]) -> Poly:
    out = ONE
    for p in polys:
        out = out * p
    return out


def index(name: str, size: Poly) -> Atom:
    return atom("index", (name,), (size,))


def value(name: str, at: tuple[Poly, ...], positive: bool = False) -> Atom:
    return atom("value", (name, positive), at)


def scalar(name: str, kind: str = "constant", positive: bool = False) -> Atom:
    return atom("scalar", (name, kind, positive))
