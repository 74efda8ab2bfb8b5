"""How the values of a unit with recurrences lie in memory: the axis of the loop first, with room for shifted reads.

Then the part of an array that belongs to one step is contiguous, what a step reads of the one before is another view of
the same memory, and a product over all steps is one product of matrices.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from symbp.derive.model import ClosedForm
from symbp.graph.model import LocalTensor
from symbp.lower.starts import Start, starts_of
from symbp.lower.sweeps import Sweep, in_order, steps
from symbp.notation.expr import Equation, Index, Ref, walk

Parts = tuple[Equation | Sweep, ...]
_T = TypeVar("_T")


def in_memory(items: Sequence[_T], order: Sequence[int]) -> tuple[_T, ...]:
    """What belongs to each index of an array, in the order in which the indices lie in memory (as they are: empty)."""
    return tuple(items[k] for k in order) if order else tuple(items)


def logical(items: Sequence[_T], order: Sequence[int]) -> tuple[_T, ...]:
    """What belongs to each dimension of an array in memory, in the order of the indices."""
    return tuple(items[order.index(k)] for k in range(len(items))) if order else tuple(items)


Blocks = Sequence[tuple[int, int]]  # how many axes of an array are read by how many letters


def of_letters(order: Sequence[int], blocks: Blocks) -> tuple[int, ...] | None:
    """The order of the letters of an array whose axes lie in `order`; None where it tears axes apart that letters join.

    >>> of_letters((1, 0), ((1, 1), (1, 2)))
    (1, 2, 0)
    """
    return _moved(order, [axes for axes, _ in blocks], [letters for _, letters in blocks])


def of_axes(order: Sequence[int], blocks: Blocks) -> tuple[int, ...] | None:
    """The order of the axes of an array whose letters lie in `order`; None where it tears letters of one axis apart."""
    return _moved(order, [letters for _, letters in blocks], [axes for axes, _ in blocks])


def _moved(order: Sequence[int], have: Sequence[int], made: Sequence[int]) -> tuple[int, ...] | None:
    """`order`, of blocks with `have` entries, for blocks with `made` entries."""
    if not order:
        return ()
    starts, ends = _starts(have), _starts(made)
    blocks = [starts.index(k) for k in order if k in starts]
    whole = [starts[b] + i for b in blocks for i in range(have[b])]
    return tuple(ends[b] + i for b in blocks for i in range(made[b])) if whole == list(order) else None


def _starts(counts: Sequence[int]) -> list[int]:
    return [sum(counts[:k]) for k in range(len(counts))]


@dataclass(frozen=True, slots=True)
class Layout:
    """The equations of a unit in an order of computation, and what its recurrences ask of memory.

    `padding` says of a value how many places before and after the axis of the loop are read.  `lasting` are the values
    of recurrences that are read after their own step, `starts` their initial states by the value that holds them.
    `renamed` is a last equation such as ``y[n,t,j] = h[n,t,j]``, as the names of the two values.
    """

    forward: Parts
    adjoints: Parts
    sweeps: tuple[Sweep, ...]
    padding: Mapping[str, tuple[int, int]]
    lasting: frozenset[str]
    renamed: tuple[str, str] = ("", "")
    starts: Mapping[str, Start] = field(default_factory=dict)

    def leading(self, name: str, indices: Sequence[Index]) -> int | None:
        """Which index of a value comes first in memory: that of a loop."""
        for sweep in self.sweeps:
            if name in sweep.places:
                return sweep.places[name]
        loops = [sweep.index for sweep in self.sweeps]
        fitting = [k for k, i in enumerate(indices) if any(i.size == loop.size for loop in loops)]
        return min(fitting, key=lambda k: (all(indices[k].name != loop.name for loop in loops), k), default=None)

    def order(self, name: str, indices: Sequence[Index]) -> tuple[int, ...]:
        """The indices of a value in the order in which they lie in memory; empty where that is theirs."""
        first = self.leading(name, indices)
        return first_of(first, len(indices)) if first else ()


def first_of(first: int, count: int) -> tuple[int, ...]:
    """The order of `count` dimensions with one of them before the others."""
    return (first, *(k for k in range(count) if k != first))


def _renamed(form: ClosedForm, kept: frozenset[str]) -> tuple[str, str]:
    """The output and the value that it is another name for, if there is one that nothing else reads."""
    last = form.forward[-1]
    own = {e.name for e in form.forward} - (kept - {last.name})
    same = isinstance(last.rhs, Ref) and last.rhs.at == last.lhs.at and last.rhs.name in own
    return (last.name, last.rhs.name) if same and isinstance(last.rhs, Ref) else ("", "")


def layout_of(form: ClosedForm, tensors: Sequence[LocalTensor], kept: frozenset[str]) -> Layout:
    """The layout of the values of a unit with these tensors, of which other nodes read those in `kept`.

    Raises DerivationError where equations depend on themselves in no order of steps.
    """
    forward, adjoints = tuple(in_order(form.forward)), tuple(in_order(form.adjoints))
    sweeps = [s for s in (*forward, *adjoints) if isinstance(s, Sweep)]
    bare = Layout(forward, adjoints, tuple(sweeps), {}, frozenset(), _renamed(form, kept))
    if not sweeps:
        return bare
    equations = (*form.forward, *form.adjoints)
    starts = {s.name: s for part in forward if isinstance(part, Sweep) for s in starts_of(part, equations)}
    given = {t.name: t.indices for t in tensors if t.role in ("input", "data")}
    padding = _padding(equations, given, bare)
    lasting = set(kept) | set(padding) | {e.name for s in sweeps for e in s.equations if _wanted(e, form)}
    for sweep in sweeps:
        own = {e.name for e in sweep.equations}
        lasting |= {r.name for e in equations if e not in sweep.equations for r in reads_of(e) if r.name in own}
    return replace(bare, padding=padding, lasting=frozenset(lasting), starts=starts)


def _wanted(e: Equation, form: ClosedForm) -> bool:
    """Whether an equation defines the gradient of something that comes from outside of the unit."""
    return e in form.adjoints and e.name[1:] not in {f.name for f in form.forward}


def reads_of(e: Equation) -> Iterator[Ref]:
    """The tensors that the right side of an equation reads, as often as it does."""
    return (n for n in walk(e.rhs) if isinstance(n, Ref))


def _padding(
    equations: Sequence[Equation], given: Mapping[str, tuple[Index, ...]], layout: Layout
) -> dict[str, tuple[int, int]]:
    """How far shifted reads of each value, and of what is given, go beyond both ends of the axis that lies first."""
    defined = {**given, **{e.name: e.indices for e in equations}}
    found: dict[str, tuple[int, int]] = {}
    for e in equations:
        for r in reads_of(e):
            shift = _shift(r, defined[r.name], layout) if r.name in defined else 0
            if shift:
                before, after = found.get(r.name, (0, 0))
                found[r.name] = (max(before, -shift), max(after, shift))
    return found


def _shift(r: Ref, own: Sequence[Index], layout: Layout) -> int:
    first = layout.leading(r.name, own)
    if first is None:
        return 0
    indices = [n for n in walk(r.at[first]) if isinstance(n, Index)]
    if len(indices) != 1 or indices[0].size != own[first].size:
        return 0
    return steps(r.at[first], indices[0]) or 0
