"""A value that one statement reads, once, moves into that statement."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from symbp.lower.model import (
    PROBABILITY,
    UPDATE,
    AddAt,
    Apply,
    At,
    Axis,
    Node,
    Pick,
    Program,
    Read,
    RoutineCall,
    Scatter,
    Spread,
    Statement,
    Step,
    Window,
    all_axes,
    axes_of,
    fresh_axis,
    letters_of,
    mapped,
    reads,
    relettered,
    views_of,
    walk,
)

LARGEST = 24  # nodes in one expression: more is no longer a line that a person reads
SHORT = 8  # the same in a prediction, where every value has one reader: a layer is not written into the next


def inline_single_readers(
    program: Program, stages: frozenset[str] | None = None, largest: int = LARGEST
) -> tuple[Program, str]:
    """Values with one reader in the same stage, moved there; the names that leave the program keep their statements."""
    fixed = {*program.lasting, *(name for _, name in program.probabilities)}
    fixed |= {a.name for a in program.arrays if a.kind != "value"}
    kept: list[Step] = list(program.statements)
    readers = _readers(program)
    done: list[str] = []
    pending: dict[tuple[str, str], Statement] = {}
    result: list[Step] = []
    for s in kept:
        if isinstance(s, RoutineCall):
            for name in s.targets:
                _spoil(pending, name, result)
            result.append(s)
            continue
        value = _filled(s, pending)
        whole = replace(s, value=value)
        _spoil(pending, s.target, result)
        free = (
            not isinstance(value, Scatter | AddAt | Window)
            and s.target not in fixed
            and not (s.accumulate or s.where or s.at)
            and (stages is None or s.stage in stages)
        )
        if free and readers.get((s.stage, s.target)) == [s.stage] and _small(value, largest):
            pending[s.stage, s.target] = whole
            done.append(s.target)
            continue
        result.append(whole)
    did = f"moved into their readers: {', '.join(sorted(set(done)))}" if done else ""
    return replace(program, statements=tuple(result)), did


def inline_short(program: Program) -> tuple[Program, str]:
    """Short values with one reader in the same stage, moved there."""
    return inline_single_readers(program, None, SHORT)


def update_in_one(program: Program) -> tuple[Program, str]:
    """Values in between of the optimiser and of the probability, moved to where they are read."""
    return inline_single_readers(program, frozenset((UPDATE, PROBABILITY)))


def _readers(program: Program) -> dict[tuple[str, str], list[str]]:
    """By (stage where a value is made, its name): the stage of every place where it is read."""
    assigned = Counter((s.stage, s.target) for s in program.statements if isinstance(s, Statement))
    maker = {name: stage for stage, name in assigned if stage != PROBABILITY}
    shapes = {s.target: _sizes(s.axes) for s in program.statements if isinstance(s, Statement)}
    views = views_of(program.arrays)
    # Of a loop: what it computes anew in every step.
    brief = {s.target: s.loop for s in program.statements if isinstance(s, Statement) and s.loop and not s.at}
    found: dict[tuple[str, str], list[str]] = {}
    for s in program.statements:
        if isinstance(s, RoutineCall):
            for name in s.arguments:
                found.setdefault((maker.get(name, ""), name), []).append("a routine")
            continue
        picked = {name for n in walk(s.value) if isinstance(n, Pick | Window | At) for name in reads(n.children[0])}
        picked |= {name for n in walk(s.value) if isinstance(n, Scatter | AddAt) for name in reads(n)}
        for node in walk(s.value):
            if isinstance(node, Read):
                name = views.get(node.name, node.name)
                key = (s.stage if (s.stage, name) in assigned else maker.get(name, ""), name)
                other_shape = _sizes(node.axes) != shapes.get(node.name, _sizes(node.axes))
                fixed = node.name in picked or assigned[key] > 1 or other_shape or name != node.name
                fixed = fixed or s.loop != brief.get(name)
                found.setdefault(key, []).append("fixed" if fixed else s.stage)
    return found


def _sizes(axes: tuple[Axis, ...]) -> tuple[int | str, ...]:
    return tuple(axis.size for axis in axes)


def _small(value: Node, largest: int) -> bool:
    return sum(1 for _ in walk(value)) <= largest


def _filled(s: Statement, pending: dict[tuple[str, str], Statement]) -> Node:
    """The value of a statement with pending values put in place of their names."""
    taken = letters_of(s.axes, s.value)

    def change(node: Node) -> Node:
        if not isinstance(node, Read) or (s.stage, node.name) not in pending:
            return node
        moved = pending.pop((s.stage, node.name))
        letters = dict(zip(moved.axes, node.axes, strict=True))
        for axis in all_axes(moved.value):
            if axis not in letters:
                letters[axis] = fresh_axis(axis, taken)
        return relettered(moved.value, letters)

    return mapped(s.value, lambda n: _without_spread(change(n)))


def _without_spread(node: Node) -> Node:
    """Operands that the others broadcast need not be spread."""
    if not isinstance(node, Apply):
        return node
    args = list(node.args)
    for k, arg in enumerate(args):
        others = {a for other in args[:k] + args[k + 1 :] for a in axes_of(other)}
        if isinstance(arg, Spread) and others >= set(arg.over):
            args[k] = arg.body
    return replace(node, args=tuple(args))


def _spoil(pending: dict[tuple[str, str], Statement], target: str, result: list[Step]) -> None:
    """A pending value that reads what is about to change is computed first."""
    for key, moved in sorted(pending.items()):
        if target in reads(moved.value):
            result.append(pending.pop(key))
