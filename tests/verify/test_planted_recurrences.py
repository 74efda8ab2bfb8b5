"""Errors planted in a recurrence, its derivation or its loop: `generate` refuses every one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from symbp import compiler
from symbp.derive.model import Derivation
from symbp.derive.network import derive
from symbp.graph.build import build
from symbp.lower.lower import lower
from symbp.lower.model import Program, Statement
from symbp.notation.expr import Add, Expr, Index, Num, Ref, number, walk
from symbp.spec.load import loads

from .planted import HAIR, equation, everywhere, multiplied, read_instead, refused, statement, times, value

LSTM = """
symbp: 1
name: planted
sizes: {T: any}
input: {x: [T, 3]}
define:
  layers:
    own:
      input: "x[n,t,i]"
      sizes: {units: j}
      extents: {g: "4"}
      parameters: {W: "[i,(g j)]", U: "[k,(g j)]", b: "[(g j)]", h0: "[j]"}
      init: {W: glorot_uniform, U: {type: normal, std: 0.5}, b: zeros, h0: {type: normal, std: 0.5}}
      formula: |
        p[n,t,j] = h[n,t-1,j] + [t == 0]*h0[j]
        z[n,t,g,j] = sum[i](x[n,t,i]*W[i,g,j]) + sum[k](p[n,t,k]*U[k,g,j]) + b[g,j]
        i[n,t,j] = sigmoid(z[n,t,0,j])
        f[n,t,j] = sigmoid(z[n,t,1,j])
        u[n,t,j] = tanh(z[n,t,2,j])
        o[n,t,j] = sigmoid(z[n,t,3,j])
        c[n,t,j] = f[n,t,j]*c[n,t-1,j] + i[n,t,j]*u[n,t,j]
        h[n,t,j] = o[n,t,j]*tanh(c[n,t,j])
        y[n,t,j] = h[n,t,j]
layers: [{type: own, name: r, units: 3}, {type: dense, name: out, units: 2}]
loss: {type: mse}
train: {optimizer: {type: sgd, lr: 0.1}, epochs: 2, batch_size: 2, seed: 0}
"""


def moved(name: str, old: int, new: int) -> Callable[[Expr], Expr]:
    """Reads of a value at `old` steps from the present one, at `new` steps instead."""

    def at(place: Expr) -> Expr:
        if old == 0 and isinstance(place, Index) and place.name == "t":
            return Add((place, number(new)))
        if isinstance(place, Add) and number(old) in place.args:
            index = next(a for a in place.args if isinstance(a, Index))
            return Add((index, number(new))) if new else index
        return place

    return everywhere(
        lambda e: replace(e, at=tuple(at(a) for a in e.at)) if isinstance(e, Ref) and e.name == name else e
    )


def without_other_steps(e: Expr) -> Expr:
    """A sum without its terms that read another step."""

    def elsewhere(term: Expr) -> bool:
        places = (p for n in walk(term) if isinstance(n, Ref) for p in n.at)
        return any(isinstance(p, Add) and any(isinstance(a, Num) for a in p.args) for p in places)

    assert isinstance(e, Add)
    rest = tuple(a for a in e.args if not elsewhere(a))
    return rest[0] if len(rest) == 1 else Add(rest)


def turned(stage: str) -> Callable[[Program], Program]:
    """The loop of a stage in the other direction."""

    def change(s: object) -> object:
        found = isinstance(s, Statement) and s.loop is not None and s.stage == stage
        return replace(s, loop=replace(s.loop, reverse=not s.loop.reverse)) if found else s  # type: ignore[type-var]

    return lambda program: replace(program, statements=tuple(change(s) for s in program.statements))  # type: ignore[misc]


DERIVATION: dict[str, Callable[[Derivation], Derivation]] = {
    "the next step's delta missing": equation("own", "dh", without_other_steps),
    "the next step's cell missing": equation("own", "dc", without_other_steps),
    "the delta after the next": equation("own", "dh", moved("dp", 1, 2)),
    "the cell after the next": equation("own", "dc", moved("dc", 1, 2)),
    "the forget gate of the same step": equation("own", "dc", moved("f", 1, 0)),
    "the cell of the same step": equation("own", "dz", moved("c", -1, 0)),
    "the state of the next step in dU": equation("own", "dU", moved("p", 0, 1)),
    "the delta of the next step in dW": equation("own", "dW", moved("dz", 0, 1)),
    "the cell two steps before": equation("own", "c", moved("c", -1, -2)),
    "dh0 times 1 + 1e-8": equation("own", "dh0", times(HAIR)),
}
PROGRAM: dict[str, Callable[[Program], Program]] = {
    "deltas from the first step to the last": turned("backward"),
    "states from the last step to the first": turned("forward"),
    "states of the same step in dU": statement("dU_r", value(read_instead("y_r_before", "y_r"))),
    "no initial state": statement("y_r_before", lambda _: None),
    "initial state times 1 + 1e-8": statement("y_r_before", value(multiplied(HAIR))),
}
CASES = [*(("derive", name) for name in DERIVATION), *(("lower", name) for name in PROGRAM)]


@pytest.mark.parametrize("level", [compiler.SIMPLEST, compiler.DEFAULT])
@pytest.mark.parametrize(("stage", "name"), CASES)
def test_a_planted_error_is_refused(stage: str, name: str, level: int, monkeypatch: pytest.MonkeyPatch) -> None:
    original = getattr(compiler, stage)
    change: Callable[..., object] = {**DERIVATION, **PROGRAM}[name]
    monkeypatch.setattr(compiler, stage, lambda *given: change(original(*given)))
    refused(LSTM, level)


@pytest.mark.parametrize("level", [compiler.SIMPLEST, compiler.DEFAULT])
def test_nothing_planted_nothing_refused(level: int) -> None:
    assert compiler.generate(loads(LSTM, "planted.yaml"), level)[1].passed


def test_a_step_that_reads_what_it_has_not_computed_is_no_program() -> None:
    program = lower(derive(build(loads(LSTM, "planted.yaml"))))
    planted = statement("c_r", value(read_instead("c_r_before", "c_r")))(program)
    with pytest.raises(ValueError, match="c_r reads c_r, which is not computed yet"):
        planted.check()
