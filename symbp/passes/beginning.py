"""Products with a state that is still 0 are left out in the first step of a loop.

What a step reads of the one before lies in front of the first step as zeros, and from right to left behind the last.
Its product with the weights is 0 there; for 32 steps of an LSTM with 128 units, forward and backward, that is a
sixty-fourth of all products of the loops each time.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod

from symbp.lower.model import STEP, Array, At, Node, Product, Program, Read, Statement, axes_of, targets_of
from symbp.passes.ledger import Choice, Setting, cheapest, counted

ALWAYS, LATER = "in every step", "not in the first step"
ASKED = 3e-8  # seconds: a step that asks whether it is the first


def leave_out_first(program: Program, setting: Setting) -> tuple[Program, str, tuple[Choice, ...]]:
    """Products with the state in front of the first step of a loop, which is 0, left out there."""
    arrays = {a.name: a for a in program.arrays}
    elsewhere = _written_elsewhere(program, arrays)
    done, choices = list(program.statements), list[Choice]()
    for k, s in enumerate(program.statements):
        if not isinstance(s, Statement) or s.loop is None or s.accumulate or not isinstance(s.value, Product):
            continue
        if not any(_zero_first(n, s, arrays, elsewhere) for n in s.value.children):
            continue
        choices.append(_choice(s, s.value, setting))
        if choices[-1].chosen == LATER:
            done[k] = replace(s, zero_first=True)
    count = sum(choice.chosen == LATER for choice in choices)
    did = f"{counted(count, 'product')} not in the first step" if count else ""
    return replace(program, statements=tuple(done)), did, tuple(choices)


def _written_elsewhere(program: Program, arrays: dict[str, Array]) -> set[str]:
    """Arrays that statements fill not just step by step: an initial state lies in front of the first step."""
    found: set[str] = set()
    for s in program.statements:
        if isinstance(s, Statement):
            array = arrays[s.target]
            if array.shift or not (s.loop and any(place == STEP for _, place in s.at)):
                found.add(array.view_of or s.target)
        else:
            found |= {arrays[name].view_of or name for name in targets_of(s) if name in arrays}
    return found


def _zero_first(node: Node, s: Statement, arrays: dict[str, Array], elsewhere: set[str]) -> bool:
    """Whether an operand is the zeros in front of the first step when the loop begins."""
    if not isinstance(node, At) or not isinstance(node.body, Read) or node.place != STEP or s.loop is None:
        return False
    view = arrays[node.body.name]
    if not view.view_of or not view.shift or view.view_of in elsewhere or node.axis not in node.body.axes:
        return False
    base, d = arrays[view.view_of], node.body.axes.index(node.axis)
    same = base.kind == "value" and base.ones < 0 and len(node.body.axes) == len(view.shape)
    dimension = d if view.place is None or d < view.place[0] else d + 1
    shift = view.shift[dimension] if dimension < len(view.shift) else 0
    return same and bool(base.padding) and (shift > 0 if s.loop.reverse else shift < 0)


def _choice(s: Statement, node: Product, setting: Setting) -> Choice:
    assert s.loop is not None
    over = set(node.over)
    rows, columns = (
        prod(setting.extent((a,)) for a in axes_of(n) if a not in over) for n in (node.left, node.right)
    )
    each = setting.machine.product(rows, columns, setting.extent(node.over))
    steps = setting.extent((s.loop.axis,))
    zeros = setting.machine.copy(setting.extent(s.axes))
    ways = ((ALWAYS, steps * each), (LATER, (steps - 1) * each + zeros + steps * ASKED))
    return cheapest(f"the product for {s.target}", ways, "the state in front of the first step is 0")
