"""What callers see lies as they expect it: inside a step, copies that may lie in another order stand for it.

An input is copied in front of the first statement that reads it, an output is a copy of what the step computes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from symbp.lower.model import (
    FORWARD,
    PROBABILITY,
    Array,
    Axis,
    Product,
    Program,
    Read,
    RoutineCall,
    Statement,
    Step,
    Window,
    free_name,
    read_arrays,
    reads,
    targets_of,
    walk,
)

GIVEN = ("input", "block")
LEAST = 3  # dimensions of an input that is copied


def with_copies(program: Program, outputs: bool) -> tuple[Program, dict[str, str]]:
    """The program in which values stand for each input that windows and products read and, if `outputs`, each output.

    So they do for what the probability computes for itself by a name of a step.  What they stand for comes by their
    names.
    """
    program, inputs = _inputs_copied(program)
    arrays = {a.name: a for a in program.arrays}
    own_memory = not program.block and all(a.kind != "block" for a in program.arrays)  # other blocks read its output
    shown = (*(program.outputs if own_memory else ()), *(s.target for s in program.plain(PROBABILITY)))
    own = (name for name in dict.fromkeys(shown) if outputs and _made_alone(program, name))
    made = {name: free_name(f"turned_{name}", arrays) for name in own}
    return _outputs_copied(program, made), {copy: name for name, copy in (inputs | made).items()}


def _inputs_copied(program: Program) -> tuple[Program, dict[str, str]]:
    arrays = {a.name: a for a in program.arrays}
    copies: dict[str, str] = {}
    for a in program.arrays:
        if a.kind in GIVEN and a.dtype == "real" and len(a.shape) >= LEAST and _alone(program, a.name):
            copies[a.name] = free_name(f"turned_{a.name}", arrays)
            arrays[copies[a.name]] = replace(a, name=copies[a.name], kind="value", code="")

    done: list[Step] = []
    made: set[str] = set()
    for s in program.statements:
        if not isinstance(s, Statement) or not any(isinstance(n, Window | Product) for n in walk(s.value)):
            done.append(s)
            continue
        for name in (n for n in reads(s.value) if n in copies and n not in made):
            done.append(_copy(copies[name], name, arrays[name], s))
            made.add(name)
        done.append(s.reading(copies))
    return replace(program, arrays=tuple(arrays.values()), statements=tuple(done)), copies


def _outputs_copied(program: Program, copies: Mapping[str, str]) -> Program:
    """The program whose steps make and read other values than these outputs, which are copies of them."""
    arrays = {a.name: a for a in program.arrays}
    arrays |= {copy: replace(arrays[name], name=copy) for name, copy in copies.items()}
    last = {name: k for k, s in enumerate(program.statements) for name in targets_of(s) if s.stage != PROBABILITY}
    done: list[Step] = []
    for k, s in enumerate(program.statements):
        if not isinstance(s, Statement) or s.stage == PROBABILITY:
            done.append(s)
            continue
        done.append(replace(s.reading(copies), target=copies.get(s.target, s.target)))
        if s.target in copies and s.target in program.outputs and last[s.target] == k:
            done.append(_copy(s.target, copies[s.target], arrays[s.target], s))
    return replace(program, arrays=tuple(arrays.values()), statements=tuple(done))


def _copy(target: str, source: str, array: Array, beside: Statement) -> Statement:
    axes = tuple(Axis(f"i{k}", size) for k, size in enumerate(array.shape))
    return Statement(target, axes, Read(source, axes), beside.stage, beside.equation, node=beside.node)


def _alone(program: Program, name: str) -> bool:
    """Whether products or windows of the forward pass read an input first, and plain statements alone read it."""
    readers = [s for s in program.statements if name in (s.read if isinstance(s, RoutineCall) else reads(s.value))]
    plain = all(isinstance(s, Statement) and not s.loop for s in readers)
    first = readers[0] if readers else None
    if not plain or not isinstance(first, Statement) or first.stage != FORWARD:
        return False
    return any(isinstance(n, Window | Product) for n in walk(first.value))


def _made_alone(program: Program, name: str) -> bool:
    """Whether plain statements alone make and read a value in a step, an output in its forward pass."""
    array = program.array(name)
    step = [s for s in program.statements if s.stage != PROBABILITY]
    made = [s for s in step if name in targets_of(s)]
    met = [*made, *(s for s in step if name in read_arrays(s, {}))]
    whole = array.kind == "value" and len(array.shape) > 1 and not (array.view_of or array.padding)
    whole = whole and not any(a.view_of == name for a in program.arrays)
    plain = all(isinstance(s, Statement) and s.whole and not isinstance(s.value, Read) for s in made)
    plain = plain and all(isinstance(s, Statement) and s.whole for s in met)
    stages = {s.stage for s in made} if name in program.outputs else {FORWARD}
    return bool(whole and made and plain and stages == {FORWARD})


def without_copies(program: Program, copies: Mapping[str, str]) -> Program:
    """Copies that lie as what they stand for are that."""
    arrays = {a.name: a for a in program.arrays}
    back = {copy: name for copy, name in copies.items() if arrays[copy].turned == arrays[name].turned}
    done: list[Step] = []
    for s in program.statements:
        if isinstance(s, Statement) and isinstance(s.value, Read):
            ends = {back.get(s.target, s.target), back.get(s.value.name, s.value.name)}
            if len(ends) == 1:
                continue
        done.append(replace(s.reading(back), target=back.get(s.target, s.target)) if isinstance(s, Statement) else s)
    return replace(program, arrays=tuple(a for a in program.arrays if a.name not in back), statements=tuple(done))
