"""Which adjoints are kept by name, and which are written into their readers.

One reader: inlined.  Wanted, or in a cycle: kept.  Several readers: the whole program is priced both ways.  Folding
each adjoint before it is inlined can commit it to a bad form, folding only at the end loses others: both are priced.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from sys import maxsize

from symbp.derive.adjoint import adjoint_name
from symbp.derive.cost import Costs
from symbp.derive.fold import Folded, Folder, GivenUpError, Move
from symbp.derive.indices import Indices
from symbp.derive.rational import normal
from symbp.derive.repeats import Kept, read_by_name
from symbp.derive.terms import Atom, Poly, of, value
from symbp.derive.traverse import names_in, rewrite, values
from symbp.errors import DerivationError, Problem

NEXT_TO_NOTHING = 1.05  # times the price
EFFORT = 500  # for a program with one name less, besides that of the first program; those that pay take up to 330


@dataclass(frozen=True)
class Program:
    """The adjoints that are kept, in an order of computation, and the moves that led to each."""

    forms: Mapping[str, Poly]
    moves: Mapping[str, tuple[Move, ...]]
    done: Mapping[str, Poly]  # the adjoints that were written into their readers
    price: float = 0.0


@dataclass
class Chooser:
    system: Mapping[str, Poly]
    shapes: Mapping[str, tuple[Atom, ...]]
    wanted: tuple[str, ...]
    folder: Folder
    costs: Costs
    calculus: Indices
    named: tuple[Kept, ...] = ()  # forward values under their names
    naming: Callable[[str], str] = adjoint_name  # of what is derived for a value
    reads: dict[str, list[str]] = field(init=False)
    reach: dict[str, set[str]] = field(init=False)

    def __post_init__(self) -> None:
        owner = {self.naming(b): b for b in self.shapes}
        self.reads = {b: sorted(owner[n] for n in names_in(p) if n in owner) for b, p in self.system.items()}
        self.reach = {b: set(self.reads[b]) for b in self.shapes}
        for _ in self.shapes:
            for b in self.shapes:
                self.reach[b] |= {d for c in self.reads[b] for d in self.reach[c]}

    def best(self) -> Program:
        """The cheapest program that was found, one name after the other."""
        readers = {b: [c for c in self.shapes if b in self.reads[c]] for b in self.shapes}
        order = sorted(self.shapes, key=lambda b: len(self.reach[b]))
        needed = {b for b in self.shapes if b in self.wanted or self._in_cycle(b, readers)}
        several = [b for b in order if b not in needed and (len(readers[b]) > 1 or self._repeated(b, readers[b]))]
        kept = needed | set(several)
        best = self._program(kept, order, early=True)
        work = EFFORT + self.folder.spent
        for b in several:
            other = self._within(work, kept - {b}, order)
            if other is not None and other.price <= best.price:
                kept, best = kept - {b}, other
        late = self._within(work, kept, order, early=False)
        if late is None or late.price > best.price:
            return self._finished(best, kept, order, early=True)
        return self._finished(late, kept, order, early=False)

    def _finished(self, best: Program, kept: set[str], order: list[str], early: bool) -> Program:
        for b in order if any(p.has("first") for p in best.forms.values()) else ():
            other = self._without(b, best, kept, order, early)
            kept = kept if other is best else kept - {b}
            best = other
        return self._by_name(self._apart(best, kept, order, early))

    def _apart(self, best: Program, kept: set[str], order: list[str], early: bool) -> Program:
        """A sum in a sum that is computed by itself has a name, where that costs next to nothing."""
        for b in order:
            if not any(map(_nested, best.forms.values())):
                break
            if b not in kept and b not in self.wanted and b not in best.forms:
                other = self._program(kept | {b}, order, early)
                fewer = sum(map(_nested, other.forms.values())) < sum(map(_nested, best.forms.values()))
                if fewer and other.price <= NEXT_TO_NOTHING * best.price:
                    kept, best = kept | {b}, other
        return best

    def _without(self, b: str, best: Program, kept: set[str], order: list[str], early: bool) -> Program:
        """The program in which an adjoint of a recurrence is written out, where that is cheaper.

        The largest term that was taken out of a sum of exponentials cancels only then."""
        if b in self.wanted or b not in best.forms or b not in kept:
            return best
        try:
            other = self._within(EFFORT, kept - {b}, order, early)
        except DerivationError:  # it is what breaks the circle
            return best
        return other if other is not None and other.price < best.price else best

    def _within(self, work: int, kept: set[str], order: list[str], early: bool = True) -> Program | None:
        """The program that keeps these names; None where it takes more work: then it is longer, and not cheaper."""
        self.folder.limit = self.folder.spent + work
        try:
            return self._program(kept, order, early)
        except GivenUpError:
            return None
        finally:
            self.folder.limit = maxsize

    def _lhs(self, b: str) -> Atom:
        return value(self.naming(b), tuple(of(i) for i in self.shapes[b]))

    def _repeated(self, b: str, readers: list[str]) -> bool:
        """Does its one reader need each element many times, as under the sum of a window?"""
        own = self.costs.domain(self.shapes[b])
        sums = [a for c in readers for a in self.system[c].atoms() if a.kind == "sum" and self.naming(b) in a.names]
        return any(self.costs.domain(a.polys[0].free) > own for a in sums)

    def _by_name(self, program: Program) -> Program:
        """The program in which kept adjoints are read by name where others repeat them."""
        forms, moves = dict(program.forms), dict(program.moves)
        reads = {b: {c for c in forms if self.naming(c) in names_in(p)} for b, p in forms.items()}
        for b, p in program.forms.items():
            others = [c for c in forms if c != b and c not in self.wanted and not _plain(forms[c])]
            kept = [Kept(self._lhs(c), forms[c], b in _reached(c, reads)) for c in others]
            made = read_by_name(p, [*kept, *self.named], self.calculus)
            if made != p:
                forms[b] = made
                reads[b] = {c for c in forms if self.naming(c) in names_in(made)}
                prices = (self.folder.price(p), self.folder.price(made))
                moves[b] = (*moves[b], Move("read by name", p, made, None, prices))
        plain = {self.naming(b): p for b, p in forms.items() if b not in self.wanted and _plain(p)}
        done = {**program.done, **plain}
        forms = {b: self._inlined(p, plain) for b, p in forms.items() if self.naming(b) not in plain}
        return Program(forms, {b: moves[b] for b in forms}, done, program.price)

    def _in_cycle(self, b: str, readers: Mapping[str, list[str]]) -> bool:
        return b in self.reach[b] and (len(readers[b]) > 1 or b in readers[b])

    def _program(self, kept: set[str], order: list[str], early: bool) -> Program:
        """The program that keeps these names; `early` folds each adjoint before it is written into its readers."""
        done: dict[str, Poly] = {}
        out: dict[str, Poly] = {}
        moves: dict[str, tuple[Move, ...]] = {}
        todo = list(order)
        while todo:
            b = next((b for b in todo if not any(c in todo and c not in kept for c in self.reads[b])), None)
            if b is None:
                raise DerivationError(Problem("D002", "the equations read each other without a shift in between"))
            todo.remove(b)
            written = self._inlined(self.system[b], done)
            stays = b in kept or b in self.wanted
            folded = self.folder.fold(written) if stays or early else Folded(written)
            loops = any(self.naming(b) in a.names for a in folded.form.atoms())
            twin = None if b in self.wanted or loops else self._twin(b, folded.form, out)
            if twin is not None:
                done[self.naming(b)] = twin
            elif b in self.wanted or loops or (b in kept and not _plain(folded.form)):
                out[b], moves[b] = folded.form, folded.moves
            else:
                done[self.naming(b)] = folded.form
        out = {b: self._inlined(p, done) for b, p in out.items()}  # what became plain after its readers were written
        live = self._live(out)
        forms = {b: out[b] for b in self._arranged(out, live)}
        price = self.costs.of(forms.values()) + self.costs.divisions(forms.values())
        return Program(forms, {b: moves[b] for b in forms}, done, price)

    def _arranged(self, out: Mapping[str, Poly], live: set[str]) -> list[str]:
        """What others read in the order of computation, then the rest in the order in which it was asked for."""
        read = {n for b in live for n in names_in(out[b])}
        waiting = [b for b in out if b in live and (b not in self.wanted or self.naming(b) in read)]
        before = {b: self._read_before(b, out[b]) for b in waiting}
        first: list[str] = []
        while waiting:
            b = next((b for b in waiting if not any(c in before[b] for c in waiting if c != b)), waiting[0])
            waiting.remove(b)
            first.append(b)
        return [*first, *(b for b in self.wanted if b in out and b not in first)]

    def _read_before(self, b: str, form: Poly) -> set[str]:
        """The values whose adjoints must be there first: a recurrence reads its own at another step."""
        owner = {self.naming(c): c for c in self.shapes}
        found = [(owner[a.name], a) for a in values(form) if a.name in owner]
        return {c for c, a in found if b not in self.reach[c] or all(p.single is not None for p in a.polys)}

    def _twin(self, b: str, form: Poly, out: Mapping[str, Poly]) -> Poly | None:
        """The kept adjoint that has the same form, at the indices of b."""
        for c, other in out.items():
            if [i.size for i in self.shapes[c]] == [i.size for i in self.shapes[b]] and not _plain(form):
                where = {i: of(j) for i, j in zip(self.shapes[c], self.shapes[b], strict=True)}
                if c not in self.wanted and self.calculus.substitute(other, where) == form:
                    return of(value(self.naming(c), tuple(of(i) for i in self.shapes[b])))
        return None

    def _inlined(self, p: Poly, done: Mapping[str, Poly]) -> Poly:
        owner = {self.naming(b): self.shapes[b] for b in self.shapes}

        def change(z: Atom) -> Poly | None:
            if z.name not in done:
                return None
            where = dict(zip(owner[z.name], z.polys, strict=True))
            return self.calculus.substitute(done[z.name], where)

        for _ in range(len(done) + 1):
            if not any(n in done for a in p.atoms() for n in a.names):
                return p
            p = normal(rewrite(p, change, self.calculus, frozenset(done)))
        return p

    def _live(self, out: Mapping[str, Poly]) -> set[str]:
        owner = {self.naming(b): b for b in out}
        live: set[str] = set()
        stack = [b for b in self.wanted if b in out]
        while stack:
            b = stack.pop()
            if b not in live:
                live.add(b)
                stack += [owner[n] for a in out[b].atoms() for n in sorted(a.names) if n in owner]
        return live


def _nested(p: Poly) -> int:
    """How many sums hold sums."""
    sums = [a for a in p.atoms() if a.kind == "sum"]
    return sum(a.polys[0].has("sum") for a in sums)


def _reached(b: str, reads: Mapping[str, set[str]]) -> set[str]:
    """What a kept adjoint depends on."""
    found: set[str] = set()
    todo = [b]
    while todo:
        for c in reads[todo.pop()] - found:
            found.add(c)
            todo.append(c)
    return found


def _plain(p: Poly) -> bool:
    """A number times at most one element, shifted or at places that deltas give: not worth a name."""
    if len(p.terms) > 1:
        return False
    reads = [a for a in p.atoms() if a.kind not in ("scalar", "root", "range", "equal")]
    return len(reads) <= 1 and all(a.kind == "value" for a in reads) and not any(a.kind == "sum" for a in reads)
