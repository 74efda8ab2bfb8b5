"""The way to each closed form, step by step: chain rule, deltas contracted, adjoints written out, folds.

Hidden values are written by their definitions, so that every step can be read, and checked, by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from symbp.derive.adjoint import Use, adjoint_name
from symbp.derive.choose import Program
from symbp.derive.fold import Move
from symbp.derive.model import Step
from symbp.derive.rational import normal
from symbp.derive.system import System
from symbp.derive.terms import ONE, ZERO, Atom, Poly, of, value
from symbp.derive.traverse import rewrite
from symbp.derive.write import Writer
from symbp.notation import expr as x


@dataclass
class Recorder:
    """Writes the steps of one program."""

    system: System
    program: Program
    shapes: Mapping[str, tuple[Atom, ...]]
    contracted: Mapping[str, Poly]
    uses: Mapping[str, Sequence[Use]]
    seeds: Mapping[str, Poly]
    writer: Writer
    authored: Mapping[str, x.Equation]
    out: list[Step] = field(default_factory=list)

    def record(self, in_range: Mapping[str, Poly], final: Mapping[str, Poly]) -> tuple[Step, ...]:
        """The steps of every adjoint that the author's names lead through, then those of every kept one.

        These go up to the forms without implied ranges and to those that are printed."""
        reached = self._reached()
        for b in reversed(list(self.shapes)):
            passed = b in self.authored and b in reached and b not in self.seeds
            if passed and adjoint_name(b) in self.program.done:
                self._passed(b)
        for b in self.program.forms:
            self._adjoint(b, in_range[b], final[b])
        return tuple(self.out)

    def _reached(self) -> set[str]:
        """The values that the gradients of the kept adjoints pass through."""
        found, stack = set[str](), list(self.program.forms)
        while stack:
            b = stack.pop()
            if b not in found:
                found.add(b)
                stack += [use.reader for use in self.uses.get(b, ())]
        return found

    def _passed(self, b: str) -> None:
        """The steps of an adjoint that is written out where it is read."""
        lhs, done = self._lhs(b), self._without_hidden(self.program.done[adjoint_name(b)])
        name = self.writer.equation(lhs, ZERO).lhs
        raw, plain = self._chain_rule(b, lhs), self._expr(lhs, self._without_hidden(self.contracted[b]))
        self._step("chain rule", name.name, name, raw)
        self._step(_evaluation(raw, plain), name.name, raw, plain)
        self._step("write out adjoints", name.name, plain, self._expr(lhs, done))

    def _lhs(self, b: str) -> Atom:
        return value(adjoint_name(b), tuple(of(i) for i in self.shapes[b]))

    def _adjoint(self, b: str, in_range: Poly, final: Poly) -> None:
        lhs = self._lhs(b)
        name = self.writer.equation(lhs, ZERO).lhs
        moves = self.program.moves[b]
        raw, plain = self._chain_rule(b, lhs), self._expr(lhs, self._without_hidden(self.contracted[b]))
        self._step("chain rule", name.name, name, raw)
        self._step(_evaluation(raw, plain), name.name, raw, plain)
        now = self._expr(lhs, moves[0].before) if moves else plain
        self._step("write out adjoints", name.name, plain, now)
        for move in moves:
            after = self._expr(lhs, move.after)
            self._step(move.rule, name.name, now, after, move)
            now = after
        end = self._expr(lhs, self.program.forms[b])
        self._step("write out adjoints", name.name, now, end)
        implied, printed = self._expr(lhs, in_range), self._expr(lhs, final)
        self._step("drop implied ranges", name.name, end, implied)
        self._step("same sign", name.name, implied, printed)

    def _step(self, rule: str, target: str, before: x.Expr, after: x.Expr, move: Move | None = None) -> None:
        if before == after:
            return
        using = self.authored.get(move.using.definition.name) if move is not None and move.using is not None else None
        prices = move.prices if move is not None else (0.0, 0.0)
        self.out.append(Step(rule, target, before, after, using, *prices))

    def _expr(self, lhs: Atom, p: Poly) -> x.Expr:
        return self.writer.equation(lhs, p).rhs

    def _without_hidden(self, p: Poly) -> Poly:
        """p with the adjoints of hidden values, and that of a loss, which is 1, written out."""
        losses = [n for n, seed in self.seeds.items() if seed == ONE]
        names = (adjoint_name(n) for n in (*self.system.hidden, *losses))
        hidden = frozenset(name for name in names if name in self.program.done)

        def change(z: Atom) -> Poly | None:
            if z.name not in hidden:
                return None
            own = self.shapes[z.name[1:]]
            return self.system.calculus.substitute(self.program.done[z.name], dict(zip(own, z.polys, strict=True)))

        for _ in range(len(hidden) + 1):
            if not any(n in hidden for a in p.atoms() for n in a.names):
                break
            p = normal(rewrite(p, change, self.system.calculus, hidden))
        return p

    def _chain_rule(self, b: str, lhs: Atom) -> x.Expr:
        """The sum over all readers, with those deltas that are more than a change of letters."""
        terms = [] if b not in self.seeds else [self._expr(lhs, self.seeds[b])]
        for use in self.uses[b]:
            terms.append(self._use(use, lhs))
        return terms[0] if len(terms) == 1 else (x.Add(tuple(terms)) if terms else x.Num(Fraction(0)))

    def _use(self, use: Use, lhs: Atom) -> x.Expr:
        """sum[..](what the reader gives * [index == index])"""
        renamed = {at.single: of(k) for at, k in use.deltas if _plain(at, k, use)}
        plain = {i: k for i, k in renamed.items() if i is not None}
        inner = self._without_hidden(self.system.calculus.substitute(use.integrand, plain))
        deltas = [
            (self.system.calculus.substitute(at, plain), k) for at, k in use.deltas if at.single not in plain
        ]
        bound = tuple(i for i in use.bound if i not in plain)
        return self.writer.summed(lhs, inner, deltas, bound)


def _evaluation(before: x.Expr, after: x.Expr) -> str:
    """The name of the step that evaluates a sum over readers, by what it does to it."""
    if _summed_deltas(before) > _summed_deltas(after):
        return "contract deltas"
    return "join the branches" if _choices(after) - _choices(before) else "collect terms"


def _summed_deltas(e: x.Expr) -> int:
    """How many [a == b] stand under a sum over an index of theirs."""
    pairs = ((n, frozenset(n.bound)) for n in x.walk(e) if isinstance(n, x.Reduce))
    deltas = ((d, bound) for n, bound in pairs for d in x.walk(n.body) if isinstance(d, x.Compare) and d.op == "==")
    return sum(1 for d, bound in deltas if bound & x.free_indices(d))


def _choices(e: x.Expr) -> set[x.Expr]:
    return {n for n in x.walk(e) if isinstance(n, x.Call) and n.function == "where"}


def _plain(at: Poly, k: Atom, use: Use) -> bool:
    """Is the delta a change of letters of an index that the reader has on its left side?"""
    i = at.single
    same = [a for a, _ in use.deltas if a.single is i]
    return i is not None and i in use.own and i.size == k.size and len(same) == 1
