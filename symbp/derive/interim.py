"""Interim: notation <-> the sketch engine. Replaced by the sparse engine."""
# mypy: ignore-errors
# ruff: noqa
from __future__ import annotations

from fractions import Fraction

import sympy
from sympy import Add, Integer, Mul, Pow, Rational, S, Symbol

from symbp.derive import _sketch as k
from symbp.derive.model import ClosedForm, Fact
from symbp.notation import expr as x


class Convert:
    def __init__(self, tensors):
        self.tensors = {t.name: t for t in tensors}
        self.syms, self.indices = {}, {}

    def sym(self, e):
        kw = dict(integer=True, positive=True) if e.kind == "size" else dict(real=True, positive=True if e.positive else None)
        s = sympy.pi if e.name == "pi" else Symbol(e.name, **kw)
        self.syms[s] = e
        return s

    def index(self, e):
        i = k.idx(e.name, self.go(e.size))
        self.indices.setdefault(e.size, []).append(e.name)
        return i

    def base(self, name):
        t = self.tensors.get(name)
        return Symbol(name, real=True, positive=True if t is not None and t.positive else None)

    def go(self, e):
        g = self.go
        if isinstance(e, x.Num):
            return Rational(e.value.numerator, e.value.denominator)
        if isinstance(e, x.Sym):
            return self.sym(e)
        if isinstance(e, x.Index):
            return self.index(e)
        if isinstance(e, x.Ref):
            return k.Ref(self.base(e.name), *map(g, e.at))
        if isinstance(e, x.Add):
            return Add(*map(g, e.args))
        if isinstance(e, x.Mul):
            return Mul(*map(g, e.args))
        if isinstance(e, x.Pow):
            return Pow(g(e.base), g(e.exponent))
        if isinstance(e, x.Reduce):
            b, body = [self.index(i) for i in e.bound], g(e.body)
            if e.op == "sum":
                return k.Red(body, *b)
            if e.op == "mean":
                return k.Red(body, *b) / Mul(*(k.SIZE[i] for i in b))
            return k.Max(body, *b) if e.op == "max" else -k.Max(-body, *b)
        if isinstance(e, x.Compare):
            l, r = g(e.left), g(e.right)
            return {">": lambda: k.Pos(l - r), "<": lambda: k.Pos(r - l), ">=": lambda: 1 - k.Pos(r - l), "<=": lambda: 1 - k.Pos(l - r),
                    "==": lambda: k.Eq0(l - r), "!=": lambda: 1 - k.Eq0(l - r)}[e.op]()
        if isinstance(e, x.Call):
            a = list(map(g, e.args))
            f = e.function
            if f == "max":
                return a[0] + (a[1] - a[0]) * k.Pos(a[1] - a[0])
            if f == "min":
                return a[0] + (a[1] - a[0]) * k.Pos(a[0] - a[1])
            if f == "where":
                return a[1] * a[0] + a[2] * (1 - a[0])
            if f == "abs":
                return a[0] * k.Pos(a[0]) - a[0] * k.Pos(-a[0])
            if f == "sign":
                return k.Pos(a[0]) - k.Pos(-a[0])
            if f == "sigmoid":
                return 1 / (1 + sympy.exp(-a[0]))
            if f == "softplus":
                return sympy.log(1 + sympy.exp(a[0]))
            if f == "expm1":
                return sympy.exp(a[0]) - 1
            if f == "log1p":
                return sympy.log(1 + a[0])
            return getattr(sympy, f)(*a)
        raise NotImplementedError(type(e).__name__)

    # ---------------------------------------------------------------- back
    def num(self, r):
        return x.Num(Fraction(int(r.p), int(r.q)))

    def size(self, s):
        return self.syms[s] if s in self.syms else self.num(s)

    def out(self, e, names):
        o = lambda z: self.out(z, names)
        neg = lambda z: x.Mul((x.Num(Fraction(-1)), z))
        if isinstance(e, k.Idx):
            return names.get(e) or x.Index(k.short(e), self.size(k.SIZE[e]))
        if isinstance(e, k.Ref):
            return x.Ref(e.base.name, tuple(map(o, e.at)))
        if isinstance(e, (k.Red, k.First)):
            first = isinstance(e, k.First)
            bound, body = (e.args[1], e.args[0]) if first else (e.bound, e.body)
            new = dict(names)
            taken = {i.name for i in names.values()} | {k.short(i) for i in k.free(e)}
            for i in bound:
                size = self.size(k.SIZE[i])
                cand = [c for c in self.indices.get(size, [])] + [f"{c}{m}" for m in range(1, 9) for c in self.indices.get(size, ["k"])]
                name = next(c for c in cand if c not in taken)
                taken.add(name)
                new[i] = x.Index(name, size)
            at = tuple(new[i] for i in bound)
            if first:
                return x.FirstMax(tuple(map(o, e.args[2])), at, self.out(body, new))
            return x.Reduce("max" if isinstance(e, k.Max) else "sum", at, self.out(body, new))
        if isinstance(e, k.Pos):
            a = e.args[0]
            pos = [t for t in Add.make_args(a) if not t.could_extract_minus_sign()]
            negs = [-t for t in Add.make_args(a) if t.could_extract_minus_sign()]
            return x.Compare(">", o(Add(*pos)), o(Add(*negs)))
        if isinstance(e, k.Eq0):
            pos = [t for t in Add.make_args(e.args[0]) if not t.could_extract_minus_sign()]
            negs = [-t for t in Add.make_args(e.args[0]) if t.could_extract_minus_sign()]
            return x.Compare("==", o(Add(*pos)), o(Add(*negs)))
        if isinstance(e, k.In):
            return x.InRange(o(e.args[0]), o(e.args[1]))
        if isinstance(e, k.Div):
            return x.Divides(o(e.args[1]), o(e.args[0]))
        if isinstance(e, k.Quot):
            return x.Quotient(o(e.args[0]), o(e.args[1]))
        if isinstance(e, Add):
            args = sorted(e.args, key=lambda a: (a.could_extract_minus_sign(), bool(a.is_number and a.is_negative), str(a)))
            return x.Add(tuple(map(o, args)))
        if isinstance(e, Mul):
            c, args = e.as_coeff_Mul()[0], [a for a in e.args if not a.is_Rational]
            for n, f in enumerate(args):
                if isinstance(f, Add) and (any(t.is_number and t.is_negative for t in f.args) or c < 0 and not any(t.is_number for t in f.args)):
                    args[n], c = Add(*(-t for t in f.args)), -c
            mean = None
            for m in [a for a in args if type(a) is k.Red][:1]:
                n = Mul(*(k.SIZE[i] for i in m.bound))
                if all(1 / f in args for f in Mul.make_args(n)):
                    args = [a for a in args if a not in [1 / f for f in Mul.make_args(n)] and a is not m]
                    mean = m
            rank = lambda a: (isinstance(a, (k.Red, Add)), not isinstance(a, k.Ref), str(a))
            num = [o(a) for a in sorted([a for a in args if not (isinstance(a, Pow) and a.exp.is_negative)], key=rank)]
            if mean is not None:
                r = o(mean)
                num.append(x.Reduce("mean", r.bound, r.body))
            den = [o(1 / a) for a in sorted([a for a in args if isinstance(a, Pow) and a.exp.is_negative], key=str)]
            den = ([x.Num(Fraction(int(c.q)))] if c.q != 1 else []) + den
            if abs(c.p) != 1 or not num:
                num.insert(0, x.Num(Fraction(int(c.p))))
            elif c.p < 0:
                num.insert(0, x.Num(Fraction(-1)))
            tail = (x.Pow(den[0] if len(den) == 1 else x.Mul(tuple(den)), x.Num(Fraction(-1))),) if den else ()
            all_ = (*num, *tail)
            return all_[0] if len(all_) == 1 else x.Mul(all_)
        if isinstance(e, Pow):
            return x.Pow(o(e.base), o(e.exp))
        if isinstance(e, sympy.Function):
            return x.Call(type(e).__name__, tuple(map(o, e.args)))
        if e.is_Rational:
            return self.num(e)
        if e is sympy.pi:
            return x.Sym("pi", "constant", True)
        if e is sympy.E:
            return x.Call("exp", (x.Num(Fraction(1)),))
        return self.syms[e]


def derive_equations(equations, tensors, *, facts=(), is_loss=False):
    c = Convert(tensors)
    eqs = [(c.go(q.lhs), c.go(q.rhs)) for q in equations]
    out = equations[-1].lhs
    wanted = {c.base(t.name): tuple(c.index(i) for i in t.indices) for t in tensors if t.role in ("input", "parameter") and not t.integer}
    seed = Integer(1) if is_loss else k.Ref(Symbol("d" + out.name, real=True), *(c.index(i) for i in out.at))
    layer = k.Layer(eqs, wanted, {c.base(out.name): seed}, [(c.go(a), c.go(b)) for a, b in facts])
    program = layer.derive()
    forward = list(equations)
    used, stack = set(), [r.base for _, e in program for r in k.refs(e) if r.base in layer.hidden]
    while stack:
        b = stack.pop()
        if b not in used:
            used.add(b)
            rhs = layer.hidden[b].rhs
            stack += [r.base for r in rhs.atoms(k.Ref) if r.base in layer.hidden]
    names = {}
    taken = {t.name for t in tensors} | {q.name for q in equations}
    for q in layer.eqs:
        if q.base in used:
            f = type(q.rhs).__name__ if not isinstance(q.rhs, Pow) else "root"
            stem = {"exp": "e", "Red": "s", "Max": "m", "sigmoid": "s", "log": "l", "tanh": "h", "root": "r"}.get(f, f[0])
            names[q.base.name] = next(v for v in [stem, *(f"{stem}{m}" for m in range(1, 50))] if v not in taken)
            taken.add(names[q.base.name])
    result = []
    rename0 = lambda e: _rename0(e, names)
    rename = lambda e: _rename(e, names)
    by = {q.lhs.name: n for n, q in enumerate(equations)}
    hidden = [x.Equation(rename0(c.out(q.lhs, {})), rename0(c.out(q.rhs, {i: c.out(i, {}) for i in q.lhs.at}))) for q in layer.eqs if q.base in used]
    order = {i.name: m for m, i in enumerate(i for t in tensors for i in t.indices)}
    perm = {h.name: sorted(range(len(h.lhs.at)), key=lambda m: order.get(h.lhs.at[m].name, 99)) for h in hidden}

    def _rename(e, names):
        e = x.rebuild(e, tuple(_rename(z, names) for z in e.children))
        if isinstance(e, x.Ref) and e.name in names:
            e = x.Ref(names[e.name], e.at)
        if isinstance(e, x.Ref) and e.name in perm:
            e = x.Ref(e.name, tuple(e.at[m] for m in perm[e.name]))
        return e
    hidden = [x.Equation(_rename(h.lhs, {}), _rename(h.rhs, {})) for h in hidden]
    have = {t.name for t in tensors if t.name not in by}
    pending = [*hidden]
    for q in forward:
        while True:
            ready = [h for h in pending if x.tensors(h.rhs) <= have]
            if not ready:
                break
            result += ready
            have |= {h.name for h in ready}
            pending = [h for h in pending if h not in ready]
        result.append(q)
        have.add(q.name)
    result += pending
    seed_name = "d" + out.name
    pairs = [(rename(c.out(l, {})), rename(c.out(r, {i: c.out(i, {}) for i in l.at}))) for l, r in program]
    adjoints = tuple(x.Equation(l, r) for l, r in pairs if l.name != seed_name or is_loss)
    reads = frozenset().union(*(x.tensors(q.rhs) for q in adjoints))
    saved = tuple(q.name for q in result if q.name in reads)
    facts_ = tuple(Fact(c.out(a, {}), c.out(b, {}), "proved") for a, b in layer.sums if b.is_number)
    return ClosedForm(tuple(result), adjoints, saved, (), facts_)


def _rename0(e, names):
    e = x.rebuild(e, tuple(_rename0(z, names) for z in e.children))
    return x.Ref(names[e.name], e.at) if isinstance(e, x.Ref) and e.name in names else e
