"""Equal blocks in what stands around them: the class of each kind of theirs, lists of them, loops over such lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from symbp.emit.layout import INDENT, WIDTH
from symbp.emit.model import BlockCode, Code
from symbp.lower.model import Copies


def class_name(body: str, kind: str) -> str:
    """``StageParameters`` for the body ``stage``."""
    return "".join(part[:1].upper() + part[1:] for part in body.split("_")) + kind


def outside(label: str, copies: Iterable[Copies]) -> bool:
    """Whether what has this label belongs to none of the blocks."""
    return not any(c.own(label) for c in copies)


def block_of(code: Code, copies: Copies) -> BlockCode:
    """What these blocks do."""
    return next(b for b in code.blocks if b.body.graph.name == copies.body)


def by_blocks(labels: Sequence[str], copies: Sequence[Copies]) -> Iterator[tuple[int, Copies | None]]:
    """The place of each label; of those that belong to equal blocks only that of the first, with the blocks."""
    met: set[Copies] = set()
    for k, label in enumerate(labels):
        found = next((c for c in copies if c.own(label)), None)
        if found is None or found not in met:
            yield k, found
        if found is not None:
            met.add(found)


def listed(name: str, one: str, loop: str) -> tuple[str, ...]:
    """``self.stage = [one loop]``, broken where it is long."""
    line = f"self.{name} = [{one} {loop}]"
    if len(line) <= WIDTH - 2 * len(INDENT):
        return (line,)
    return (f"self.{name} = [", f"{INDENT}{one} {loop}", "]")


def views(copies: Copies, kind: str, begin: int, size: int) -> tuple[str, ...]:
    """The list of the views of all blocks of a flat vector, which lie one behind the other from `begin` on."""
    name = class_name(copies.body, kind)
    if not size:
        return listed(copies.name, f"{name}(flat)", f"for _ in range({copies.count})")
    end = begin + copies.count * size
    return listed(copies.name, f"{name}(flat[at : at + {size}])", f"for at in range({begin}, {end}, {size})")


def workspaces(copies: Copies, kind: str, sizes: Sequence[str], shared: bool) -> tuple[str, ...]:
    """The list of the workspaces of all blocks, which may share some arrays."""
    given = ", ".join(("dtype", *sizes))
    one = class_name(copies.body, kind)
    if not shared:
        return listed(copies.name, f"{one}({given})", f"for _ in range({copies.count})")
    common = f"self.{copies.name}_shared"
    first = f"{common} = {class_name(copies.body, f'Shared{kind}')}({given})"
    return (first, *listed(copies.name, f"{one}({given}, {common})", f"for _ in range({copies.count})"))


def over(owner: str, copies: Copies, variable: str, lines: Sequence[str]) -> tuple[str, ...]:
    """A loop over blocks; nothing where there is nothing to do."""
    head = f"for {variable} in {owner}.{copies.name}:"
    return (head, *(f"{INDENT}{line}" for line in lines)) if lines else ()


def inner(variable: str) -> str:
    """The variable of a loop over the blocks in a block."""
    return f"inner_{variable}"

