"""What kernels of the backward pass read is written for them, or formed again by them, whichever costs less."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest
from lower.interpret import run, sample
from lower.networks import lowered, spec
from module.compiling import needs_numba

from symbp.compiler import COMPILED, SIMPLEST, compile_spec
from symbp.lower.model import BACKWARD, FORWARD, INPUT, LOSS, Program, Statement, reads
from symbp.passes.formed import AGAIN, SAVED
from symbp.passes.ledger import Choice, Setting, default_setting
from symbp.passes.machine import LOOPS
from symbp.passes.optimize import optimize
from symbp.passes.profile import default_machine
from symbp.spec.load import loads

SCALED = """define:
  layers:
    scaled:
      input: "x[n,i]"
      parameters: {g: "[i]"}
      init: {g: ones}
      formula: |
        u[n,i] = %s
        y[n,i] = u[n,i]*g[i]
"""
TWO = "{type: %s, name: own, activation: relu}\n{type: dense, name: out, units: 96}"
NORM = "{type: dense, name: up, units: 512}\n" + TWO % "layer_norm"
RECURRENT = "{type: rnn, name: rec, units: 64}\n{type: dense, name: out, units: 16}"
SAMPLES = 256


def scaled(formula: str) -> str:
    return spec(TWO % "scaled", "mse", inputs="{x: [512]}", more=SCALED % formula)


SPECS = {
    "a polynomial": scaled("(x[n,i] - 1)*(x[n,i] + 2)"),
    "a hyperbolic tangent": scaled("tanh(x[n,i])"),
    "a layer norm": spec(NORM, "mse", inputs="{x: [16]}"),
    "a recurrence": spec(RECURRENT, "mse", inputs="{x: [T, 4]}", more="sizes: {T: any}\n"),
}


def setting(**loops: float) -> Setting:
    """A machine on which some of what loops do costs other nanoseconds."""
    known = tuple((name, loops.get(name, value)) for name, value in LOOPS)
    machine = replace(default_machine(), loops=known)
    return replace(default_setting(SAMPLES, (("T", 64),)), machine=machine)


def optimized(name: str, **loops: float) -> tuple[Program, list[Choice]]:
    program, ledger = optimize(lowered(SPECS[name]), 2, setting(**loops))
    return program, [c for entry in ledger.entries if entry.name == "saved values" for c in entry.choices]


def kernels(program: Program, name: str) -> set[str]:
    """The kernels that read an array."""
    return {s.kernel for s in program.statements if isinstance(s, Statement) and name in reads(s.value)}


@pytest.mark.parametrize("name", ["a polynomial", "a layer norm", "a recurrence"])
def test_what_follows_in_a_few_operations_is_formed_again(name: str) -> None:
    _, choices = optimized(name)
    assert AGAIN in [c.chosen for c in choices]
    for choice in choices:
        saved, formed = dict(choice.candidates)[SAVED], dict(choice.candidates)[AGAIN]
        assert (choice.chosen == AGAIN) <= (formed < saved)


def test_what_takes_long_to_compute_is_saved() -> None:
    _, choices = optimized("a hyperbolic tangent")
    assert [(c.what, c.chosen) for c in choices] == [("u_own", SAVED)]


@pytest.mark.parametrize("name", ["a polynomial", "a layer norm"])
def test_operations_decide_on_a_machine_where_they_take_long(name: str) -> None:
    """With a nanosecond for an operation, a kernel takes as long as it computes, whatever it writes."""
    _, choices = optimized(name, number=1.0)
    assert choices and {c.chosen for c in choices} == {SAVED}


def test_the_forward_pass_does_not_write_what_is_formed_again() -> None:
    program, _ = optimized("a polynomial")
    assert kernels(program, "u_own") == {s.kernel for s in program.plain(FORWARD) if s.target == "u_own"}
    makers = [s for s in program.plain(BACKWARD) if s.target.startswith("u_own")]
    assert makers and all(s.kernel and set(reads(s.value)) <= {"x"} | {m.target for m in program.plain(BACKWARD)}
                          for s in makers)  # fmt: skip


def test_a_value_of_all_steps_is_formed_at_each_step() -> None:
    program, _ = optimized("a recurrence")
    slope = next(s for s in program.plain(BACKWARD) if s.target == "slope_z_rec")
    assert slope.loop is not None
    assert [a.size for a in slope.axes] == ["n", 64] == list(program.array("slope_z_rec").shape)


def test_numbers_for_rows_stand_in_front_of_what_goes_along_rows() -> None:
    """Else each would end a loop along rows, and the next one would begin."""
    program, _ = optimized("a layer norm")
    last = [s for s in program.plain(BACKWARD) if s.kernel == "own_backward_2"]
    lengths = [len(s.axes) for s in last]
    assert lengths == sorted(lengths) and {1, 2} == set(lengths)


@pytest.mark.parametrize("name", SPECS)
def test_the_values_stay(name: str) -> None:
    first = lowered(SPECS[name])
    program, _ = optimized(name)
    wanted = ["loss", *(a.name for a in first.arrays if a.kind == "gradient"), "dx"]
    for n, steps in ((3, 2), (1, 1)):
        sizes = {"n": n, "T": steps}
        given = sample(first, sizes)
        one, other = (run(p, given, (FORWARD, LOSS, BACKWARD, f"{INPUT}x"), sizes) for p in (first, program))
        for value in wanted:
            assert np.allclose(other[value], one[value], rtol=1e-10, atol=1e-12), value


def test_modules_compute_what_the_simplest_form_does() -> None:
    needs_numba()
    modules = []
    for level in (COMPILED, SIMPLEST):
        module = ModuleType("probe")
        text = compile_spec(loads(SPECS["a layer norm"].replace("batch_size: 4", "batch_size: 256")), level).module
        exec(compile(text, "probe", "exec"), module.__dict__)  # emitted text
        modules.append(module)
    compiled, simple = modules
    rng = np.random.default_rng(1)
    theta = simple.initial_theta(rng) + 1e-200j * rng.normal(size=simple.SIZE)
    for n in (5, 1):
        x, y = rng.normal(size=(n, 16)), rng.normal(size=(n, 96))
        (loss, grad), (known, expected) = (m.loss_and_grad(theta, x, y) for m in (compiled, simple))
        assert np.isclose(loss.real, known.real, rtol=1e-10)
        assert np.allclose(grad.real, expected.real, rtol=1e-10, atol=1e-13)
        assert np.allclose(grad.imag * 1e200, expected.imag * 1e200, rtol=1e-8, atol=1e-11)
