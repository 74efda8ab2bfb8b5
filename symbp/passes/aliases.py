"""A value that is another one in a new shape, or under a new name, costs nothing: its readers read the other one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from symbp.lower.model import PROBABILITY, UPDATE, Array, Node, Program, Read, RoutineCall, Statement, Step, mapped
from symbp.passes.ledger import counted


def read_through(program: Program) -> tuple[Program, str]:
    """Copies left out: what reads them reads the array that they are a copy of, in their shape."""
    copies = _Copies(program)
    result: list[Step] = []
    for s in program.statements:
        now = replace(s, value=mapped(s.value, copies.redirected)) if isinstance(s, Statement) else s
        if not isinstance(now, Statement) or not copies.left_out(now):
            result.append(now)
    arrays = tuple(a for a in program.arrays if a.name not in copies.instead)
    did = f"{counted(len(copies.instead), 'value')} read where they come from" if copies.instead else ""
    return replace(program, arrays=arrays, statements=tuple(result)), did


@dataclass(slots=True)
class _Copies:
    """The values left out so far, each with what is read instead."""

    program: Program
    instead: dict[str, str] = field(default_factory=dict)
    fixed: set[str] = field(default_factory=set)  # names that callers, routines or views read
    arrays: dict[str, Array] = field(default_factory=dict)
    assigned: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        program = self.program
        self.fixed = {*program.lasting, *(name for _, name in program.probabilities)}
        self.fixed |= {a.view_of for a in program.arrays}  # what a view shows of a copy has to be there
        self.arrays = {a.name: a for a in program.arrays}
        for s in program.statements:
            if isinstance(s, RoutineCall):
                self.fixed.update(s.read)
                self.assigned.update(name for name in s.targets if self.arrays[name].kind == "value")
            elif s.stage != PROBABILITY:
                self.assigned[s.target] += 1

    def redirected(self, node: Node) -> Node:
        found = self.instead.get(node.name) if isinstance(node, Read) else None
        return replace(node, name=found) if isinstance(node, Read) and found is not None else node

    def left_out(self, s: Statement) -> bool:
        """Whether a statement only copies a value that stays what it is."""
        value = s.value
        if s.stage in (UPDATE, PROBABILITY) or s.target in self.fixed or not s.definition:
            return False
        if not isinstance(value, Read) or value.axes != s.axes or not s.axes or self.assigned[s.target] > 1:
            return False
        target, source = self.arrays[s.target], self.arrays[value.name]
        lasting = self.assigned[source.name] == (1 if source.kind == "value" else 0)
        if target.kind != "value" or not lasting or target.dtype != source.dtype or target.padding != source.padding:
            return False
        self.instead[s.target] = value.name
        return True
