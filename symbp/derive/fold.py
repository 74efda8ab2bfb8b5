"""A bounded search for the cheapest equal form, over the rules that the forward equations give.

The walk may pass through dearer forms and through divisions; accepted is only a form that divides by nothing that the
first one did not divide by.
"""

from __future__ import annotations

from dataclasses import dataclass
from sys import maxsize

from symbp.derive.across import across
from symbp.derive.conditions import assume
from symbp.derive.cost import Costs
from symbp.derive.knowledge import Knowledge
from symbp.derive.rational import normal
from symbp.derive.rules import Rule, apply
from symbp.derive.safety import divisors
from symbp.derive.slices import place
from symbp.derive.terms import ONE, Atom, Coeff, Mono, Poly, UndefinedError, of
from symbp.derive.tidy import sketch

WIDTH, PATIENCE = 3, 3  # of the beam: states a level, levels without gain
STATES = 20  # of one walk; those that find something find it within 13


@dataclass(frozen=True)
class Move:
    """One accepted rewriting, for the record."""

    rule: str
    before: Poly
    after: Poly
    using: Rule | None
    prices: tuple[float, float]


@dataclass(frozen=True)
class Folded:
    form: Poly
    moves: tuple[Move, ...] = ()


class GivenUpError(Exception):
    """A search took more work than it was given."""


class Folder:
    """Folds forms; remembers those it has done.

    `spent` counts the terms that rules were applied to; where it exceeds `limit`, GivenUpError is raised.
    """

    def __init__(self, knowledge: Knowledge, costs: Costs) -> None:
        self.knowledge = knowledge
        self.costs = costs
        self.spent, self.limit = 0, maxsize
        self._memo: dict[Poly, Folded] = {}
        self._prices: dict[Poly, float] = {}

    def fold(self, p: Poly) -> Folded:
        found = self._memo.get(p)
        if found is None:
            found = self._memo[p] = self._fold(p)
        return found

    def price(self, p: Poly) -> float:
        found = self._prices.get(p)
        if found is None:
            found = self._prices[p] = self.costs.of((p,))
        return found

    def _fold(self, p: Poly) -> Folded:
        closed = self.knowledge.close(p)
        start: tuple[Move, ...] = () if closed == p else (self._move("fact", p, closed, None),)
        known = len(self.knowledge.system.definitions)
        smooth = across(closed, self.knowledge.system)
        if smooth is not None:
            self.knowledge.learn(self.knowledge.system.definitions[known:])
            start = (*start, self._move("same on both sides", closed, smooth, None))
            closed = smooth
        whole = self._search(closed, ())
        best = self._at_deltas(Folded(whole.form, (*start, *whole.moves)))
        conditions = self._conditions(closed)
        if not conditions:
            return best
        split = self._by_branch(closed, conditions[0], ())
        split = self.knowledge.close(split) if split is not None else None
        if split is not None and self.price(split) < self.price(best.form):
            return Folded(split, (*start, self._move("fold by branch", closed, split, None)))
        return best

    def _at_deltas(self, found: Folded) -> Folded:
        """The form read at the places that its deltas give, where that cancels."""
        form = found.form
        if not any(a.kind == "equal" for m in form.terms for a, _ in m):
            return found
        other = self.knowledge.at_deltas(form)
        if self.price(other) >= self.price(form) or sketch(other).size >= sketch(form).size:
            return found
        return Folded(other, (*found.moves, self._move("at the places of deltas", form, other, None)))

    def _conditions(self, p: Poly) -> list[Atom]:
        """The conditions of p that some rule knows a branch of."""
        known = {r.branch[0].names for r in self.knowledge.rules if r.branch is not None}
        return sorted((a for a in p.atoms() if a.kind == "positive" and a.names in known), key=lambda a: a.key)

    def _by_branch(self, p: Poly, c: Atom, branch: tuple[tuple[Atom, bool], ...]) -> Poly | None:
        """[c]*fold(p where c) + (1 - [c])*fold(p where not c)."""
        out = []
        for holds in (True, False):
            here = (*branch, (c, holds))
            part = self.knowledge.close(assume(p, c, holds))
            more = self._conditions(part)
            inner = self._by_branch(part, more[0], here) if more else self._search(part, here).form
            if inner is None:
                return None
            out.append(inner)
        try:
            return normal(of(c) * out[0] + (ONE - of(c)) * out[1])
        except UndefinedError:
            return None

    def _search(self, p: Poly, branch: tuple[tuple[Atom, bool], ...]) -> Folded:
        """The walks from p; what stands at different places, as gates do, by itself: nothing there joins."""
        parts = _at_places(p)
        if len(parts) < 2:
            return self._walks(p, branch)
        moves: list[Move] = []
        for part in parts:
            for move in self._walks(part, branch).moves:
                after = p - move.before + move.after
                moves.append(self._move(move.rule, p, after, move.using))
                p = after
        return Folded(p, tuple(moves))

    def _walks(self, p: Poly, branch: tuple[tuple[Atom, bool], ...]) -> Folded:
        """Walks from p, and again from the best form found, until nothing is cheaper."""
        rules = self._rules(branch)
        allowed = self._allowed(p, rules)
        best = Folded(p)
        while True:
            found = self._walk(best.form, rules, allowed)
            if found.form == best.form:
                return best
            best = Folded(found.form, (*best.moves, *found.moves))

    def _walk(self, p: Poly, rules: list[Rule], allowed: frozenset[str]) -> Folded:
        """One walk of the beam."""
        best, low = p, self.price(p)
        came: dict[Poly, tuple[Poly, Rule] | None] = {p: None}
        frontier, stale = [p], 0
        limit = 4 * len(p.terms) + 4
        while frontier and stale < PATIENCE and len(came) < STATES:
            stale += 1
            new: dict[Poly, float] = {}
            for state in frontier:
                for rule in self._useful(rules, state):
                    made = self._applied(rule, state)
                    if made is not None and len(made.terms) <= limit and made not in came:
                        came[made] = (state, rule)
                        new[made] = self.price(made)
            frontier = sorted(new, key=lambda s: (new[s], s.key))[:WIDTH]
            for s in frontier:
                if new[s] < low and divisors(s) <= allowed:
                    best, low, stale = s, new[s], 0
        return Folded(best, self._path(best, came))

    def _applied(self, rule: Rule, state: Poly) -> Poly | None:
        self.spent += len(state.terms)
        if self.spent > self.limit:
            raise GivenUpError
        made = apply(rule, state, self.knowledge.system)
        return None if made is None else self.knowledge.close(made)

    def _rules(self, branch: tuple[tuple[Atom, bool], ...]) -> list[Rule]:
        holds = {(c.polys[0], v) for c, v in branch}
        return [r for r in self.knowledge.rules if r.branch is None or (r.branch[0].polys[0], r.branch[1]) in holds]

    def _allowed(self, p: Poly, rules: list[Rule]) -> frozenset[str]:
        """What may be divided by: where the form divides by x = y**2, also y."""
        allowed = set(divisors(p))
        for r in rules:
            product = len(r.replacement.terms) == 1 and all(e > 0 for m in r.replacement.terms for _, e in m)
            if r.target.name in allowed and product:
                allowed |= {n for a in r.replacement.atoms() for n in a.names}
        return frozenset(allowed)

    def _useful(self, rules: list[Rule], state: Poly) -> list[Rule]:
        """The rules worth trying: those that remove a hidden value, or bring none and join with what is there."""
        hidden = self.knowledge.system.hidden
        here = {n for a in state.atoms() for n in a.names}
        below = has_group(state)
        out = []
        for r in rules:
            if r.target.name not in here:
                continue
            brings = {n for a in r.replacement.atoms() for n in a.names}
            gone = r.target.name in hidden
            if has_group(r.replacement) and not below and not (gone and brings <= here):
                continue
            if gone or (brings & here and all(n in here for n in brings if n in hidden)):
                out.append(r)
        return out

    def _path(self, p: Poly, came: dict[Poly, tuple[Poly, Rule] | None]) -> tuple[Move, ...]:
        out: list[Move] = []
        step = came[p]
        while step is not None:
            before, rule = step
            out.append(self._move("fold", before, p, rule))
            p, step = before, came[before]
        return tuple(reversed(out))

    def _move(self, rule: str, before: Poly, after: Poly, using: Rule | None) -> Move:
        return Move(rule, before, after, using, (self.price(before), self.price(after)))


def has_group(p: Poly) -> bool:
    return any(a.kind == "group" or (a.kind == "sum" and has_group(a.polys[0])) for a in p.atoms())


def _at_places(p: Poly) -> list[Poly]:
    """The terms by the deltas such as [g == 2] that they hold; all together where some hold none."""
    found: dict[frozenset[Atom], dict[Mono, Coeff]] = {}
    for m, c in p.terms.items():
        found.setdefault(frozenset(a for a, _ in m if place(a) is not None), {})[m] = c
    return [p] if frozenset() in found else [Poly(terms) for terms in found.values()]
