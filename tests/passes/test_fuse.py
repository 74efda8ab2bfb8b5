"""Which statements become kernels: by what loops cost on a machine, beside calls of NumPy."""

from __future__ import annotations

from dataclasses import replace

import pytest

from symbp.compiler import COMPILED, Artifacts, compile_spec
from symbp.passes import fuse
from symbp.passes.ledger import Choice
from symbp.passes.machine import LOOPS
from symbp.passes.profile import default_machine
from symbp.spec.load import loads

from .specs import STEPS, two_layers

NET, TINY = two_layers(256, "sine"), two_layers(4, "sigmoid", inputs=2)


def compiled(spec: str, **loops: float) -> Artifacts:
    """The stages for a machine on which some of what loops do costs other nanoseconds."""
    known = tuple((name, loops.get(name, value)) for name, value in LOOPS)
    return compile_spec(loads(spec), COMPILED, machine=replace(default_machine(), loops=known))


def choices(spec: str, **loops: float) -> dict[str, Choice]:
    """What the pass chose, by name."""
    entries = compiled(spec, **loops).ledger.entries
    return {choice.what: choice for entry in entries if entry.name == "kernels" for choice in entry.choices}


def test_a_kernel_is_made_where_it_costs_less() -> None:
    assert choices(NET)["next_theta"].chosen == "a compiled loop"
    assert choices(NET, call=1e9)["next_theta"].chosen == "calls of NumPy"
    seconds = dict(choices(NET)["next_theta"].candidates)
    assert seconds["a compiled loop"] < 0.9 * seconds["calls of NumPy"]


def test_what_a_kernel_saves_counts_beside_the_whole_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel takes a second to compile: one that saves a thousandth of a long step is none."""
    assert choices(NET)["next_theta"].chosen == "a compiled loop"
    monkeypatch.setattr(fuse, "LEAST", 1.0)
    assert not any(choice.chosen == "a compiled loop" for choice in choices(NET).values())


def test_many_slow_functions_stay_calls() -> None:
    """Sines of 16,384 numbers: NumPy computes them in vectors."""
    for nanoseconds, call in ((5.0, True), (0.01, False)):
        forward = [line.text for line in compiled(NET, sin=nanoseconds).code.forward]
        assert any(text.startswith("np.sin(") for text in forward) == call


def test_a_step_of_a_tiny_network_is_one_call() -> None:
    assert choices(TINY)["a step"].chosen == "one compiled call"
    assert "def _steps(" in compiled(TINY).module
    sgd = TINY.replace("{type: adam, lr: 0.001}", "{type: sgd, lr: 0.1}")
    assert sgd != TINY and "def _steps(" in compiled(sgd).module  # its change is a number, in no memory of the gradient
    assert "def _steps(" not in compiled(NET).module


def test_a_step_of_a_loop_reads_a_part_of_an_array() -> None:
    """What a kernel of a recurrence reads and writes is priced step by step."""
    few, many = (dict(choices(STEPS.replace("units: 4", f"units: {n}"))["rnn_forward_2"].candidates) for n in (4, 64))
    assert few["a compiled loop"] < 16 * 2e-6
    assert few["a compiled loop"] < many["a compiled loop"]
