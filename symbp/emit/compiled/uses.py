"""Which values of a kernel need an array, and which are one number in the body of a loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from symbp.emit.compiled.access import Access
from symbp.emit.compiled.nests import Items, Memory, Nest, Operation, operations_of


@dataclass(slots=True)
class Use:
    """How often the body of the loop reads a value where it is made, and whether the array has to hold it."""

    near: list[Operation] = field(default_factory=list)
    stored: bool = False
    inline: bool = False


Uses = dict[Operation, Use]


def uses(root: Items, needed: Callable[[str], bool], memory: Memory) -> Uses:
    """By operation that makes a value, how it is used; `needed` says what is read outside of the kernel."""
    found: Uses = {}
    ordered = list(operations_of(root))
    for at, op in enumerate(ordered):
        if not op.own:
            continue
        use = found[op] = Use(stored=needed(op.target.name) or op.part in ("clear", "grow"))
        if op.part in ("clear", "grow"):
            continue
        scope, away = _scope(root, op), False
        for later in ordered[at + 1 :]:
            reads = later.read.count(op.target)
            elsewhere = any(a.name == op.target.name and a != op.target for a in later.read)
            away = away or elsewhere or (reads > 0 and later not in scope)
            use.stored = use.stored or away
            use.near += [later] * reads if later in scope else []
            if later.own and later.target.name == op.target.name:
                if later in scope and later.target == op.target and not away:
                    use.stored = False  # the next value takes its place
                break
    for op, use in found.items():
        use.inline = _inline(root, op, use, found, memory)
    return found


def _scope(items: Items, op: Operation) -> list[Operation]:
    """The operations that stand behind `op` in its loop, those of inner loops included."""
    for k, item in enumerate(items):
        if item is op:
            return list(operations_of(items[k + 1 :]))
        if isinstance(item, Nest) and op in item.operations():
            return _scope(item.items, op)
    return []


def _inline(root: Items, op: Operation, use: Use, found: Uses, memory: Memory) -> bool:
    """Whether a value may stand in the one expression that reads it: nothing that it reads changes before."""
    if use.stored or op.part or len(use.near) != 1:
        return False
    items = _home(root, op)
    reader = use.near[0]
    if reader not in items:
        return False
    read = {memory(a.name)[0] for a in _loads(op, found, items)}
    between = items[items.index(op) + 1 : items.index(reader)]
    changed = {memory(o.target.name)[0] for o in operations_of(between) if o.own and found[o].stored}
    return not read & changed


def _loads(op: Operation, found: Uses, items: Items) -> Iterator[Access]:
    """What an operation reads, with that of values that stand in it."""
    yield from op.read
    for item in items[: items.index(op)]:
        if isinstance(item, Operation) and item in found and found[item].inline and op in found[item].near:
            yield from _loads(item, found, items)


def _home(items: Items, op: Operation) -> Items:
    if op in items:
        return items
    inner = next(i for i in items if isinstance(i, Nest) and op in i.operations())
    return _home(inner.items, op)
