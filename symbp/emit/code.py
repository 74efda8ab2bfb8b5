"""From a program to the bodies of a module."""

from __future__ import annotations

from dataclasses import replace

from symbp.emit.brief import directly
from symbp.emit.calls import Emitter
from symbp.emit.compiled.calling import Kernels
from symbp.emit.compiled.functions import compiled
from symbp.emit.model import BlockCode, Code, Joined
from symbp.emit.primitives import in_place
from symbp.emit.repeating import block_functions, copies_of, with_shared
from symbp.emit.scalar import python_scalar
from symbp.emit.simple import simple_code, start_code
from symbp.emit.updating import update_code
from symbp.lower.model import AFTER, BACKWARD, BEFORE, FORWARD, INPUT, LOSS, Program

Names = dict[str, None]


def code_of(program: Program) -> Code:
    """The finished lines of every body."""
    return calls_code(program) if program.form == "calls" else simple_code(program)


def calls_code(program: Program) -> Code:
    """The code of a program in form "calls"; the functions that a prediction needs stand with those of training."""
    called, plainly, kernels = dict[str, None](), dict[str, None](), Kernels(block_functions(program))
    blocks = _blocks(program, called, plainly, kernels)
    emitter = Emitter(program, called, plainly, kernels)
    code, beside = _bodies(emitter), (program.inference, program.hessian)
    inference, hessian = (
        None if other is None else _bodies(Emitter(other, called, plainly, kernels)) for other in beside
    )
    start = start_code(program, plainly)
    helpers = (*in_place(called, plainly), *compiled(kernels))
    code = directly(code, (a.name for a in program.arrays)) if program.brief else code
    code = replace(code, helpers=helpers, inference=inference, hessian=hessian, start=start, blocks=blocks)
    if program.scale is not None:
        rate = python_scalar(program.scale.value, {"lr": "lr", "k": "(optimizer.k + 1)"})
        code = replace(code, scale=program.scale.name, rate=rate)
    micro = program.micro
    if micro is None:
        return code
    return replace(code, micro_batch_size=micro.size, micro_batch_reason=micro.reason, rows=micro.rows)


def _blocks(program: Program, called: Names, plainly: Names, kernels: Kernels) -> tuple[BlockCode, ...]:
    """The code of the blocks that loops repeat; `called` and `plainly` collect the helpers."""
    made = []
    for body in program.bodies:
        blocks = _blocks(body.program, called, plainly, kernels)
        code, other = _block(body.program, called, plainly, kernels), body.program.inference
        inference = None if other is None else _block(other, called, plainly, kernels)
        start = start_code(body.program, plainly)
        made.append(BlockCode(body, replace(code, inference=inference, start=start, blocks=blocks)))
    return tuple(made)


def _block(program: Program, called: Names, plainly: Names, kernels: Kernels) -> Code:
    return with_shared(program, _bodies(Emitter(program, called, plainly, kernels)))


def _bodies(emitter: Emitter) -> Code:
    program = emitter.program
    body = {stage: emitter.body(stage) for stage in (BEFORE, FORWARD, LOSS, BACKWARD, AFTER)}
    inputs = tuple((name, emitter.body(f"{INPUT}{name}")) for name, _ in program.input_gradients)
    probability = emitter.probability()
    update, update_buffers, spends = update_code(emitter)
    return Code(
        helpers=(),
        buffers=emitter.buffers(),
        forward=body[FORWARD],
        outputs=program.outputs,
        losses=program.losses,
        loss=body[LOSS],
        probability=probability,
        probabilities=program.probabilities,
        backward=body[BACKWARD],
        input_backward=inputs,
        input_gradient=tuple(program.input_gradients),
        update=update,
        update_buffers=update_buffers,
        spends=spends,
        units=tuple((a.name, a.unit) for a in program.arrays if a.unit != 1.0),
        before=body[BEFORE],
        after=body[AFTER],
        copies=copies_of(program),
        joined=_joined(program),
    )


def _joined(program: Program) -> tuple[Joined, ...]:
    """The parameters that are read as one array with their neighbours."""
    found = (a for a in program.arrays if a.kind == "parameter" and a.ones >= 0)
    return tuple(Joined(a.code.partition(".")[2], a.begin, tuple(map(int, a.shape))) for a in found)
