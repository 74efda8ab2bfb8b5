"""What the backward pass reads of the forward pass waits for it, or is formed again, whichever costs less."""

from __future__ import annotations

import re
import tracemalloc
from dataclasses import replace
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from lower.networks import lowered, spec

from symbp.compiler import DEFAULT, SIMPLEST, compile_spec
from symbp.lower.model import BACKWARD, FORWARD, Program, Read, Statement, reads
from symbp.passes.again import AGAIN, SAVED, save_or_form_again_by_calls
from symbp.passes.ledger import Choice, Setting
from symbp.passes.machine import Machine
from symbp.passes.optimize import optimize
from symbp.passes.profile import default_machine
from symbp.spec.load import loads
from symbp.verify.check import verify

from .front import before

SAMPLES = 64
UNITS = 128
NEAR = 1 << 16  # numbers
HIDDEN = "{type: dense, name: up%d, units: 128, activation: relu}\n{type: %s, name: own%d%s}"
OUT = "{type: dense, name: out, units: 3}"
LAYERS = {
    "dropout": "\n".join([*(HIDDEN % (k, "dropout", k, ", rate: 0.25") for k in range(4)), OUT]),
    "layer norm": "\n".join([*(HIDDEN % (k, "layer_norm", k, "") for k in range(4)), OUT]),
    "batch norm": "\n".join([*(HIDDEN % (k, "batch_norm", k, ", activation: relu") for k in range(4)), OUT]),
    "images": "{type: conv2d, name: c1, filters: 4, kernel: 3, padding: 1}\n"
    "{type: batch_norm, name: own, activation: relu}\n{type: conv2d, name: c2, filters: 4, kernel: 3}\n"
    "{type: dropout, name: drop, rate: 0.5}\n{type: flatten, name: f}\n" + OUT,
}


def text(name: str) -> str:
    inputs = "{x: [2, 8, 8]}" if name == "images" else "{x: [16]}"
    return spec(LAYERS[name], "mse", inputs=inputs).replace("batch_size: 4", f"batch_size: {SAMPLES}")


def dear() -> Machine:
    """A machine whose memory is a million times as dear where far more numbers than one value has are in use."""
    default = default_machine()

    def each(row: tuple[float, ...], numbers: int) -> tuple[float, ...]:
        return tuple(t * (1e6 if numbers > NEAR else 1) for t in row)

    chains = tuple(
        replace(chain, each=tuple(each(row, n) for row, n in zip(chain.each, chain.numbers, strict=True)))
        for chain in default.chains
    )
    return replace(default, name="dear", chains=chains)


@cache
def optimized(name: str, machine: Machine | None = None) -> tuple[Program, list[Choice]]:
    setting = Setting(machine or default_machine(), SAMPLES)
    program, ledger = optimize(lowered(text(name)), 1, setting)
    return program, [c for entry in ledger.entries if entry.name == "saved values" for c in entry.choices]


MACHINE = dear()


@pytest.mark.parametrize("name", LAYERS)
def test_small_values_are_saved_by_the_default_machine(name: str) -> None:
    _, choices = optimized(name)
    assert choices and {c.chosen for c in choices} == {SAVED}


@pytest.mark.parametrize("name", LAYERS)
def test_values_are_formed_again_where_memory_is_dear(name: str) -> None:
    _, choices = optimized(name, MACHINE)
    assert AGAIN in [c.chosen for c in choices]
    for choice in choices:
        saved, formed = dict(choice.candidates)[SAVED], dict(choice.candidates)[AGAIN]
        assert (choice.chosen == AGAIN) == (formed < 0.8 * saved)
        assert "wait" in choice.reason and "20%" in "".join(choice.describe())


def test_what_is_formed_again_no_longer_waits() -> None:
    program, choices = optimized("dropout", MACHINE)
    again = [c.what for c in choices if c.chosen == AGAIN]
    assert again == [f"y_own{k}" for k in range(4)]
    late = {name for s in program.plain(BACKWARD) for name in reads(s.value)}
    assert not late & set(again) and late >= {f"{name}_again" for name in again}
    made = {s.target: s for s in program.plain(FORWARD)}
    for name in again:  # from what lies there anyway
        (s,) = (s for s in program.plain(BACKWARD) if s.target == f"{name}_again")
        assert set(reads(s.value)) == set(reads(made[name].value)) == {f"a_up{name[-1]}", f"keep_own{name[-1]}"}


def test_fewer_buffers_serve() -> None:
    def buffers(program: Program) -> int:
        large = {a.name for a in program.arrays if a.shape == ("n", UNITS) and a.kind == "value"}
        return len({p.owner for p in program.places if p.name in large})

    assert buffers(optimized("dropout", MACHINE)[0]) == buffers(optimized("dropout")[0]) - 3


def test_it_stands_in_front_of_the_first_reader() -> None:
    program, _ = optimized("dropout", MACHINE)
    late = program.plain(BACKWARD)
    for k, s in enumerate(late):
        if s.target.endswith("_again"):
            assert s.target in reads(late[k + 1].value) and s.node == late[k + 1].node


def test_calls_are_dearer_than_memory_in_a_brief_network() -> None:
    program = before("saved values", text("dropout"))
    changed, did, choices = save_or_form_again_by_calls(program, Setting(MACHINE, SAMPLES))
    assert did == "4 values formed again" and len(choices) == 4 and changed != program
    brief = replace(program, brief=True)
    assert save_or_form_again_by_calls(brief, Setting(MACHINE, SAMPLES)) == (brief, "", ())


def test_nothing_is_formed_from_what_has_changed() -> None:
    program = before("saved values", text("dropout"))
    made = next(s for s in program.plain(FORWARD) if s.target == "y_own0")
    more = Statement("a_up0", made.axes, Read("keep_own0", made.axes), FORWARD, accumulate=True)
    place = program.statements.index(made) + 1
    changed = replace(program, statements=(*program.statements[:place], more, *program.statements[place:]))
    _, _, choices = save_or_form_again_by_calls(changed, Setting(MACHINE, SAMPLES))
    assert [c.what for c in choices] == ["y_own1", "y_own2", "y_own3"]


def modules(name: str) -> tuple[str, list[Any]]:
    """The text of the module for dear memory; that module, and the one in the simplest form."""
    texts = [compile_spec(loads(text(name)), level, machine=MACHINE).module for level in (DEFAULT, SIMPLEST)]
    found = []
    for source in texts:
        module = ModuleType("probe")
        exec(compile(source, "probe", "exec"), module.__dict__)  # emitted text
        found.append(module)
    return texts[0], found


@pytest.mark.parametrize("name", LAYERS)
def test_modules_compute_what_the_simplest_form_does(name: str) -> None:
    source, (module, simple) = modules(name)
    assert "of the forward pass, computed again where it is read" in source
    rng = np.random.default_rng(1)
    theta = simple.initial_theta(rng) + 0.1 * rng.normal(size=simple.SIZE)
    for n in (SAMPLES, 5, 3):
        x, y = rng.normal(size=(n, *((2, 8, 8) if name == "images" else (16,)))), rng.normal(size=(n, 3))
        (loss, grad), (known, expected) = (m.loss_and_grad(theta, x, y) for m in (module, simple))
        assert np.isclose(loss, known, rtol=1e-10)
        assert np.allclose(grad, expected, rtol=1e-10, atol=1e-13)
        nets = [m.Network(seed=0, dtype="float64") for m in (module, simple)]
        for net in nets:  # with what dropouts leave
            net.step(x, y)
        assert np.allclose(nets[0].theta, nets[1].theta, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize("name", LAYERS)
def test_a_step_makes_no_arrays(name: str) -> None:
    _, (module, _) = modules(name)
    net, rng = module.Network(), np.random.default_rng(0)
    x = rng.normal(size=(1000, *((2, 8, 8) if name == "images" else (16,)))).astype(net.dtype)
    y = rng.normal(size=(1000, 3)).astype(net.dtype)
    for _ in range(3):
        net.step(x, y)
    tracemalloc.start()
    try:
        for _ in range(10):
            net.step(x, y)
        assert tracemalloc.get_traced_memory()[1] < 64 * 1024
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["dropout", "images"])
def test_the_modules_are_verified(name: str) -> None:
    assert verify(modules(name)[0]).passed


def test_the_same_bytes_each_time() -> None:
    assert modules("dropout")[0] == modules("dropout")[0]


def test_steps_that_are_formed_again_have_names_of_values() -> None:
    layers = "\n".join([LAYERS["layer norm"], "{type: dense, name: wide, units: 256}"])
    quartic = 'loss: quartic\ndefine: {losses: {quartic: "mean[n,j]((y[n,j] - t[n,j])**4)"}}\n'
    whole = spec(layers, "mse", inputs="{x: [16]}").replace("batch_size: 4", f"batch_size: {SAMPLES}")
    whole = re.sub(r"(?m)^loss:.*\n", quartic, whole)
    program, _ = optimize(lowered(whole), 1, Setting(MACHINE, SAMPLES))
    again = [a.name for a in program.arrays if a.name.endswith("_again")]
    assert again and all(a.name.isidentifier() for a in program.arrays)
