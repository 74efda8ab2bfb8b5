"""Loops over equal blocks: ``for block in range(12): x = stage_forward(p.stage[block], ws.stage[block], x)``."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from symbp.emit.model import Buffer, Code, Line
from symbp.emit.wrapping import statement
from symbp.lower.model import (
    Copies,
    Program,
    Repeat,
    free_name,
    kept,
)

# What the function is called that carries out a part, and the objects that it works on.
FUNCTIONS = {
    "forward": ("forward", ("p", "s", "ws")),
    "infer": ("infer", ("p", "s", "ws")),
    "loss": ("loss", ("p", "ws")),
    "loss of prediction": ("loss_of_prediction", ("p", "ws")),
    "backward": ("backward", ("p", "g", "s", "ws")),
    "before": ("prepare", ("p", "s", "ws")),
    "after": ("follow", ("p", "s", "ws")),
    "start": ("start", ("p",)),
}


def owners(part: str, states: bool) -> tuple[str, ...]:
    """The objects that the function of a part works on, by the names that they have everywhere."""
    return tuple(name for name in FUNCTIONS[part][1] if states or name != "s")


def block_functions(program: Program) -> frozenset[str]:
    """The names of the functions of all blocks, inner ones included."""
    own = (f"{body.graph.name}_{name}" for body in program.bodies for name, _ in FUNCTIONS.values())
    return frozenset(own).union(*(block_functions(body.program) for body in program.bodies))


def repeat_lines(program: Program, s: Repeat, text: Callable[[str], str]) -> list[Line]:
    """The loop; `text` gives the text of an array."""
    taken = {a.name for a in program.arrays} | {size for size, _, _ in program.sizes} | {"g", "p", "s", "n"}
    counter, copies = free_name("block", taken), s.copies
    own = [f"{owner}.{copies.name}[{counter}]" for owner in owners(s.part, copies.states)]
    blocks = f"range({copies.count})"
    head = Line(f"for {counter} in {f'reversed({blocks})' if s.part == 'backward' else blocks}:")
    function = f"{copies.body}_{FUNCTIONS[s.part][0]}"
    if not s.targets:
        return [head, *statement(f"{function}({', '.join((*own, *map(text, s.arguments)))})", "", 1)]
    made = s.targets[0]
    if not s.arguments:
        return [head, *statement(f"{made} += {function}({', '.join(own)})", "", 1)]
    arguments = (*own, made, *map(text, s.arguments[1:]))
    call = statement(f"{made} = {function}({', '.join(arguments)})", "", 1)
    if copies.checkpoint and s.part == "backward" and program.form == "calls":
        call = [*_again(program, s, counter, text), *call]
    return [*statement(f"{made} = {text(s.arguments[0])}", ""), head, *call]


def _again(program: Program, s: Repeat, counter: str, text: Callable[[str], str]) -> list[Line]:
    """The forward pass of a block once more; only the last block still finds what it made in the shared arrays."""
    copies, last = s.copies, s.copies.count - 1
    body = next(b for b in program.bodies if b.graph.name == copies.body)
    own = [f"{owner}.{copies.name}[{counter}]" for owner in owners("forward", copies.states)]
    outside = map(text, s.arguments[1 : 1 + len(body.outside)])
    call = f"{copies.body}_forward({', '.join((*own, f'{own[-1]}.{body.graph.inputs[0]}', *outside))})"
    remark = "# What blocks share holds the values of the last one: those of the others are computed again."
    return [Line(remark, "", 1), Line(f"if {counter} < {last}:", "", 1), *statement(call, "", 2)]


def shared_buffers(program: Program, buffers: tuple[Buffer, ...]) -> tuple[Buffer, ...]:
    """The arrays of a body that no part of a step leaves to another: all blocks may use the same."""
    owner = {p.name: p.owner for p in program.places}
    kept_owners = {owner.get(name, name) for name in kept(program)}
    arrays = {a.name for a in program.arrays}
    apart: set[str] = set()
    found: list[Buffer] = []
    for buffer in buffers:
        name = buffer.name.removesuffix("_padded") if buffer.name not in arrays else buffer.name
        of = set(re.findall(r"self\.(\w+)", buffer.of))
        if owner.get(name, name) in kept_owners or of & apart or buffer.shape == ("0",):
            apart.add(buffer.name)
        else:
            found.append(buffer)
    return tuple(found)


def with_shared(program: Program, code: Code) -> Code:
    """The code of a body that knows which of its buffers blocks may share."""
    return replace(code, shared=shared_buffers(program, code.buffers))


def copies_of(program: Program) -> tuple[Copies, ...]:
    """The loops of a program over equal blocks, each once."""
    return tuple(dict.fromkeys(s.copies for s in program.statements if isinstance(s, Repeat)))
