"""What the passes saved, in numbers that a person can check."""

from __future__ import annotations

from dataclasses import dataclass

from symbp.lower.model import (
    Apply,
    Axis,
    Fold,
    Node,
    OneHot,
    Pick,
    Product,
    Program,
    RoutineCall,
    Spread,
    axes_of,
    walk,
)

SAMPLES = 32  # the batch that prices are given for; other free sizes count as 16
OTHER = 16


def counted(count: int, what: str) -> str:
    """``1 statement``, ``2 statements``."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Price:
    """What one step costs on a batch of 32: array operations, arithmetic in them, numbers read and written."""

    operations: int
    arithmetic: int
    traffic: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One pass: what it is, what it did, and the price of a step before and after."""

    name: str
    doc: str
    did: str
    before: Price
    after: Price


@dataclass(frozen=True, slots=True)
class Ledger:
    entries: tuple[Entry, ...]

    def describe(self) -> str:
        """A table: a line for each pass, then what it did."""
        lines = [f"prices of a step with {SAMPLES} samples: array operations, arithmetic, numbers read and written", ""]
        for e in self.entries:
            lines.append(f"{e.name}: {e.doc}")
            lines.append(f"    {e.did or 'nothing to do'}")
            lines += [f"    {_change(e.before, e.after)}", ""]
        return "\n".join(lines)


def _change(before: Price, after: Price) -> str:
    if before == after:
        return "no change in price"
    return ", ".join(
        f"{name} {old:,} -> {new:,}"
        for name, old, new in (
            ("operations", before.operations, after.operations),
            ("arithmetic", before.arithmetic, after.arithmetic),
            ("traffic", before.traffic, after.traffic),
        )
    )


def extent(axes: tuple[Axis, ...]) -> int:
    """How many places the axes have together, free sizes guessed."""
    count = 1
    for a in axes:
        count *= a.size if isinstance(a.size, int) else SAMPLES if a.size == "n" else OTHER
    return count


def price(program: Program) -> Price:
    """The price of one training step: forward, loss, backward and update."""
    operations = arithmetic = traffic = 0
    for s in program.statements:
        if isinstance(s, RoutineCall) or s.stage not in ("forward", "loss", "backward", "update"):
            continue
        for node in walk(s.value):
            if not isinstance(node, Apply | Fold | Product | Pick | OneHot | Spread):
                continue
            operations += 1
            arithmetic += _arithmetic(node)
            traffic += extent(axes_of(node)) + sum(extent(axes_of(c)) for c in node.children)
    return Price(operations, arithmetic, traffic)


def _arithmetic(node: Node) -> int:
    match node:
        case Product():
            return 2 * extent(tuple(dict.fromkeys((*axes_of(node.left), *axes_of(node.right)))))
        case Fold():
            return extent(axes_of(node.body))
    return extent(axes_of(node))
