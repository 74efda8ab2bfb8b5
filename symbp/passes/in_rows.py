"""Neighbouring statements that go through large arrays together, a few rows at a time, all in one loop.

What one statement makes of some rows is in the cache when the next one reads it, and what nothing else reads is never
longer than a part: of a convolution, its taps and sums, of its gradient the patches and the gradient of each part of
the kernel, of a GELU its polynomial.  Rows are the places along any axis that all of these statements share: each is
pointwise along it, has for every row a fixed number of others, as a pooling, or sums over it; rows beside a part may be
read of arrays that are complete before.  Or they are the places of the first axes together, some of which a call fixes:
then each statement works row by row, and the last part may be shorter.  Measured on three convolutions of 32 x 32
images, a batch of 32: 47 milliseconds instead of 56; the sixteen passes of a GELU over four million numbers: 22
instead of 37.

A part costs its calls, and views of the arrays that last; these are made once, with the workspace.  Up to a million
numbers, which the last cache holds, a GELU takes about as long either way: there the simple form stays.

Tried and left: matrix products in front of a GELU as parts of it.  What they leave in the cache is worth less than what
smaller matrices cost.  And in the compiled flavour, neighbours that become a kernel at the price of its loops: of three
convolutions one loop less was chosen, which saved nothing (54.0 milliseconds of CPU time a step instead of 53.6) and
took 6 MB more; in five other works nothing changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import ceil, prod

from symbp.lower.model import (
    BACKWARD,
    FORWARD,
    LOSS,
    Product,
    Program,
    Reach,
    Scatter,
    Statement,
    Window,
    axes_of,
    reaches,
    walk,
)
from symbp.passes.ledger import Choice, Margin, Near, Setting, cheapest, counted
from symbp.passes.pricing import Pricing
from symbp.passes.row_costs import RowCosts
from symbp.passes.row_cuts import Cut
from symbp.passes.row_runs import Run, runs_from

LARGE = 1 << 16  # numbers of an array with which a run begins: a cache holds several that are smaller
# Numbers that nothing outside of a run reads: a loop pays by what of these stays in a cache.  Loops over arrays that
# all last anyway, or that a cache holds as they are, were slower by 10 % and more than their price says.
BRIEF = 1 << 18
WORTH = 0.1  # of what all but products cost without a loop: for a smaller gain there is none
NEAR = 0.03  # smaller parts that cost so much more take less memory, where that is not bounded
PARTS = (1 << 14, 1 << 15, 1 << 16)  # numbers in the longest part, where a call fixes how many parts there are
WHOLE = "all at once"
STAGES = (FORWARD, LOSS, BACKWARD)


def run_in_rows(program: Program, setting: Setting) -> tuple[Program, str, tuple[Choice, ...]]:
    """Neighbouring statements on large arrays in one loop over a few rows each, where that costs less."""
    return _in_rows(program, setting, known=False)


def run_in_known_rows(program: Program, setting: Setting) -> tuple[Program, str, tuple[Choice, ...]]:
    """Neighbouring statements on large arrays in one loop over a few rows each, along axes that no call fixes."""
    return _in_rows(program, setting, known=True)  # a kernel goes through what works row by row once, all at once


def _in_rows(program: Program, setting: Setting, known: bool) -> tuple[Program, str, tuple[Choice, ...]]:
    pricing, choices, count, k = Pricing(setting), list[Choice](), 0, 0
    while k < len(program.statements):
        plan = _best(program, k, pricing, known)
        k += 1
        if plan is None:
            continue
        choices.append(plan.choice)
        if plan.cut is not None:
            count += 1
            program, k = _carried_out(plan.cut, f"parts {count}")
    return program, counted(count, "loop") + " over parts of arrays" if count else "", tuple(choices)


def _carried_out(cut: Cut, name: str) -> tuple[Program, int]:
    """The program with a run as a loop, and the place behind it."""
    run, own = cut.run, cut.run.statements
    cut = Cut(run, cut.parts, cut.rows)  # without what pricing made
    inside, last = cut.statements(name), max(run.members)
    placed = {*run.members, *run.before, *run.after}
    assert placed >= {*range(run.start, last + 1)}, "every statement up to the last one has a place"
    made = [*(own[j] for j in sorted(run.before)), *cut.cleared, *inside]
    statements = (*own[: run.start], *made, *(own[j] for j in sorted(run.after)), *own[last + 1 :])
    done = replace(run.program, arrays=tuple(cut.arrays.values()), statements=statements)
    return done, run.start + len(made)


@dataclass(frozen=True, slots=True)
class _Plan:
    """A run, into what parts it is cut, if it is, and what that saves."""

    cut: Cut | None
    saved: float
    choice: Choice


def _best(program: Program, start: int, pricing: Pricing, known: bool) -> _Plan | None:
    """The run that begins with a statement and saves most."""
    s = program.statements[start]
    if not isinstance(s, Statement) or s.stage not in STAGES or pricing.setting.extent(s.axes) < LARGE:
        return None
    plans = [_plan(run, pricing, known) for run in runs_from(program, start) if not (known and run.sizes)]
    return max((p for p in plans if p is not None), key=lambda p: p.saved, default=None)


def _plan(run: Run, pricing: Pricing, compiled: bool) -> _Plan | None:
    """The number of parts that costs least; None where no number fits."""
    brief = sum(prod(map(pricing.setting.size, run.arrays[name].shape)) for name in run.local())
    cuts = _cuts(run, pricing.setting) if brief >= BRIEF else []
    if not cuts:
        return None
    whole, *costs = [RowCosts(run, cut, pricing).seconds() for cut in (None, *cuts)]
    products = sum(pricing.seconds(m.statement) for m in run.in_order() if isinstance(m.statement.value, Product))
    by_name = {_named(c): c for c in cuts}
    candidates = ((WHOLE, whole), *zip(by_name, costs, strict=True))
    smaller = tuple(_named(c) for c in sorted(cuts, key=lambda c: -c.parts))
    near = () if run.sizes else (Near(NEAR, smaller, "smaller parts"),)
    margin = Margin(WHOLE, WORTH, beside=products, without="products" if products else "")
    what = f"rows from {run.in_order()[0].statement.target} to {run.in_order()[-1].statement.target}"
    calls = "calls, by NumPy as kernels are chosen later" if compiled else "calls"
    choice = cheapest(what, candidates, f"{calls}, and what a part finds in a cache", *near, margin)
    cut = by_name.get(choice.chosen)
    return _Plan(cut, whole - min(costs) if cut else 0.0, choice)


def _named(cut: Cut) -> str:
    return f"{cut.rows} rows at a time" if cut.rows else f"{cut.parts} parts"


def _cuts(run: Run, setting: Setting) -> list[Cut]:
    """The parts into which the rows of all members may be cut."""
    if run.sizes:
        count = prod(map(setting.size, run.sizes))
        longest = max(prod(map(setting.size, run.arrays[m.statement.target].shape)) for m in run.members.values())
        options = sorted({size * count // longest for size in PARTS})
        return [Cut(run, ceil(count / rows), rows) for rows in options if 0 < rows < count]
    sizes = [a.size for m in run.members.values() for a in m.rows if isinstance(a.size, int)]
    fit = (Cut(run, n) for n in range(2, min(sizes) + 1) if all(size % n == 0 for size in sizes))
    return [cut for cut in fit if _runs_alike(cut)]


def _runs_alike(cut: Cut) -> bool:
    """Whether slices run along the same axes of windows, which are the longer ones, where there are few rows."""
    pairs = ((m.statement, cut.rewritten(m)[0]) for m in cut.run.in_order())
    return all(_slices(whole) == _slices(part) for whole, part in pairs)


def _slices(s: Statement) -> list[str | None]:
    found = list[Iterable[Reach]]()
    for node in walk(s.value):
        if isinstance(node, Window) and not node.view:
            found.append(reaches(axes_of(node.source), node.at).values())
        elif isinstance(node, Scatter):
            found.append(reaches(s.axes, node.at).values())
    return [r.run.letter if r.run is not None else None for reach in found for r in reach]
