"""How values are added at labels: number by number, label by label, or by a product with one-hot rows."""

from __future__ import annotations

from dataclasses import replace

from symbp.lower.model import (
    AddAt,
    Node,
    OneHot,
    Product,
    Program,
    Read,
    Statement,
    Step,
    axes_of,
)
from symbp.passes.bylabel import PLACES, PRODUCT, RUNS, ways_by_label
from symbp.passes.ledger import Choice, Setting, cheapest, counted

LARGEST = 1 << 22  # numbers in one-hot rows


def choose_sums(program: Program, setting: Setting) -> tuple[Program, str, tuple[Choice, ...]]:
    """Sums by label in their cheapest form."""
    done: list[Step] = []
    choices: list[Choice] = []
    for s in program.statements:
        ways = _ways(s, s.value, setting) if isinstance(s, Statement) and isinstance(s.value, AddAt) else {}
        if not isinstance(s, Statement) or len(ways) < 2:
            done.append(s)
            continue
        candidates = tuple((name, seconds) for name, (seconds, _) in ways.items())
        choices.append(cheapest(f"{s.target} by label", candidates, "repeated labels add up"))
        done.append(replace(s, value=ways[choices[-1].chosen][1]))
    changed = sum(choice.chosen != PLACES for choice in choices)
    did = f"{counted(changed, 'sum')} by label, not number by number" if changed else ""
    return replace(program, statements=tuple(done)), did, tuple(choices)


def _ways(s: Statement, node: AddAt, setting: Setting) -> dict[str, tuple[float, Node]]:
    """The forms that a sum can have, each with its seconds."""
    labels, body = axes_of(node.labels), axes_of(node.body)
    rest = tuple(a for a in body if a not in labels)
    rows = isinstance(node.labels, Read) and isinstance(node.body, Read) and set(labels) == set(node.over)
    if not s.whole or not rows or not rest or not set(labels) <= set(body):
        return {}
    count, width, size = (setting.extent(axes) for axes in (labels, rest, (node.axis,)))
    seconds = ways_by_label(count, width, size, setting)
    ways: dict[str, tuple[float, Node]] = {PLACES: (seconds[PLACES], node)}
    known = all(isinstance(a.size, int) for a in rest)
    if known and s.axes == (node.axis, *rest) and body[len(labels) :] == rest and not s.accumulate:
        ways[RUNS] = (seconds[RUNS], replace(node, form="runs"))
    if count * size <= LARGEST:
        hot = OneHot(node.labels, node.axis, equation=node.equation)
        ways[PRODUCT] = (seconds[PRODUCT], Product(hot, node.body, node.over, equation=node.equation))
    return ways
