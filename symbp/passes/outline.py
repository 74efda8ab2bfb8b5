"""The forward equations of a unit without parameters become a function of their own: softmax, cross_entropy."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass, replace

from symbp.lower.model import (
    FORWARD,
    LOSS,
    PROBABILITY,
    AddAt,
    Array,
    Fold,
    Origin,
    Program,
    Routine,
    RoutineCall,
    Scatter,
    Statement,
    Step,
    reads,
    uses_of,
    walk,
)

TAKEN = frozenset(("absolute", "backward", "erf", "forward", "loss", "one_hot", "sigmoid", "softplus", "update"))


UNREAD = "_"  # stands for a result that nothing reads


def call_routines(program: Program) -> tuple[Program, str]:
    """Two or more equations of one node, or one with a reduction, called by the name of their unit."""
    groups: dict[tuple[str, str], list[Statement]] = {}
    for s in program.statements:
        if isinstance(s, Statement) and s.stage in (FORWARD, LOSS):
            groups.setdefault((s.node, s.stage), []).append(s)
    steps = [s for s in program.statements if s.stage != PROBABILITY]
    readers = {name: {_group_of(steps[k]) for k in places} for name, places in uses_of(steps, {}).read.items()}
    made = list(program.routines)
    calls: dict[tuple[str, str], RoutineCall] = {}
    arrays = {a.name: a for a in program.arrays}
    for origin in program.origins:
        for stage in (FORWARD, LOSS):
            group = groups.get((origin.node, stage), [])
            if origin.has_parameters or not _worth_a_name(group):
                continue
            routine, call = _Outline(arrays, readers, group, origin, program.lasting).made(made)
            calls[origin.node, stage] = call
            if routine not in made:
                made.append(routine)
    done = replace(program, statements=_with_calls(program, calls), routines=tuple(made))
    return done, f"functions {', '.join(r.name for r in made)}" if made else ""


def _with_calls(program: Program, calls: dict[tuple[str, str], RoutineCall]) -> tuple[Step, ...]:
    """The statements, each group replaced by its call at the place of the group's first one."""
    result: list[Step] = []
    called: set[tuple[str, str]] = set()
    for s in program.statements:
        key = (s.node, s.stage) if isinstance(s, Statement) else ("", "")
        if key not in calls:
            result.append(s)
        elif key not in called:
            called.add(key)
            result.append(calls[key])
    return tuple(result)


def _group_of(s: Step) -> tuple[str, str]:
    """The node, or the called function, that a statement belongs to, and its stage."""
    return (s.node if isinstance(s, Statement) else s.routine), s.stage


def _worth_a_name(group: list[Statement]) -> bool:
    if not group or any(s.accumulate or s.loop or isinstance(s.value, Scatter | AddAt) for s in group):
        return False
    return len(group) > 1 or any(isinstance(n, Fold) for n in walk(group[0].value))


@dataclass(frozen=True, slots=True)
class _Outline:
    arrays: dict[str, Array]
    readers: dict[str, set[tuple[str, str]]]  # by array, what reads it
    group: list[Statement]
    origin: Origin
    lasting: frozenset[str]

    def made(self, before: list[Routine]) -> tuple[Routine, RoutineCall]:
        """The routine of a group, an equal one that exists already if there is one, and the call of it."""
        targets = [s.target for s in self.group]
        arguments = [n for n in dict.fromkeys(n for s in self.group for n in reads(s.value)) if n not in targets]
        results = [t for t in targets if self._leaves(t)]
        local = self._locals([*arguments, *targets])
        body = tuple(self._renamed(s, local) for s in self.group)
        routine = Routine(
            name=_name(self.origin.title, self.arrays),
            doc=f"The forward equations of {self.origin.title}.",
            arguments=tuple(replace(self.arrays[n], name=local[n], code="") for n in arguments),
            made=tuple(replace(self.arrays[n], name=local[n], code="") for n in targets),
            statements=body,
            results=tuple(local[r] for r in results),
        )
        routine = _wider(routine, before) or _distinct(routine, before)
        numbers = tuple(dict.fromkeys(s.equation for s in self.group if s.equation))
        texts = tuple(self.arrays[n].text for n in arguments)
        names = {local[r]: r for r in results}
        made = tuple(names.get(r, UNREAD) for r in routine.results)
        return routine, RoutineCall(routine.name, texts, made, self.group[0].stage, numbers)

    def _leaves(self, target: str) -> bool:
        own = {_group_of(s) for s in self.group}
        return target in self.lasting or bool(self.readers.get(target, set()) - own)

    def _locals(self, names: list[str]) -> dict[str, str]:
        """The unit's own names; what has none keeps the network's."""
        own = dict(self.origin.locals)
        chosen: dict[str, str] = {}
        for name in names:
            of = next((n for n in own if name.endswith(f"_{n}")), "")  # the windows of x are "windows_x"
            local = own.get(name, name.removesuffix(of) + own[of] if of else name)
            chosen[name] = local if local not in chosen.values() else name
        return chosen

    def _renamed(self, s: Statement, local: dict[str, str]) -> Statement:
        return replace(s.reading(local), target=local[s.target], node="")


def _wider(routine: Routine, before: list[Routine]) -> Routine | None:
    """A routine that is there already and computes all that this one does, from the same arguments."""
    for r in before:
        parts = iter(r.statements)
        same = r.doc == routine.doc and r.arguments == routine.arguments and set(routine.results) <= set(r.results)
        if same and all(s in parts for s in routine.statements):
            return r
    return None


def _distinct(routine: Routine, before: list[Routine]) -> Routine:
    name, k = routine.name, 1
    while True:
        same = next((r for r in before if r.name == routine.name), None)
        if same is None or _alike(same, routine):
            return same or routine
        k += 1
        routine = replace(routine, name=f"{name}_{k}")


def _alike(a: Routine, b: Routine) -> bool:
    return (a.arguments, a.made, a.statements, a.results) == (b.arguments, b.made, b.statements, b.results)


def _name(title: str, arrays: dict[str, Array]) -> str:
    """A function name from a title such as "cross_entropy" or "sigmoid + mse", other than that of any array."""
    name = re.sub(r"\W+", "_", title).strip("_").lower() or "unit"
    while keyword.iskeyword(name) or name in TAKEN or name in arrays:
        name = f"{name}_of"
    return name
