"""Chains over arrays that no cache holds go strip by strip; what only the chain reads has the memory of one strip."""

from __future__ import annotations

from dataclasses import replace

import pytest
from lower.networks import lowered, spec

from symbp.emit.code import code_of
from symbp.lower.model import FORWARD, Apply, Array, Axis, Fold, Node, Program, Read, Scalar, Statement
from symbp.notation.expr import number
from symbp.passes import strips
from symbp.passes.ledger import default_setting
from symbp.passes.optimize import CALLS, COMPILED, optimize
from symbp.passes.places import assign_places
from symbp.passes.strips import WHOLE, work_in_strips

K, J, C = Axis("k", 64), Axis("j", 64), Axis("c", 64)
HALF = Scalar(number("1/2"))


def gelu(units: int, samples: int) -> Program:
    layers = f"{{type: dense, name: a, units: {units}, activation: gelu_tanh}}\n{{type: dense, name: b, units: 3}}"
    train = "train: {optimizer: {type: sgd, lr: 0.1}, epochs: 1, batch_size: 4, seed: 0, micro_batch_size: off}"
    return optimize(lowered(spec(layers, "{type: mse}", train=train)), 1, default_setting(samples))[0]


def in_strips(program: Program) -> dict[str, list[str]]:
    """The targets of the statements of each chain."""
    found: dict[str, list[str]] = {}
    for s in program.statements:
        if isinstance(s, Statement) and s.strip:
            found.setdefault(s.strip.name, []).append(s.target)
    return found


def test_four_million_numbers_go_strip_by_strip() -> None:
    program = gelu(2048, 2048)
    chain = in_strips(program)["a"]
    assert {"z_a", "u_a", "a_a"} <= set(chain)
    memory = {a.name: a.memory for a in program.arrays}
    assert memory["u_a"][1] == 2048
    assert isinstance(memory["u_a"][0], int)
    assert memory["a_a"] == ("n", 2048)
    text = "\n".join(line.text for line in code_of(program).forward)
    assert "in ws.a_strips:" in text
    assert "np.tanh(u_a, out=u_a)" in text


def test_what_a_cache_holds_goes_at_once() -> None:
    program = gelu(512, 512)
    assert not in_strips(program)
    assert all(a.strip is None for a in program.arrays)


def test_choices_state_their_costs() -> None:
    text = spec("{type: dense, name: a, units: 512, activation: gelu}", "{type: mse}")
    _, ledger = optimize(lowered(text), 1, default_setting(512))
    (entry,) = (e for e in ledger.entries if e.name == "strips")
    assert [c.chosen for c in entry.choices] == [WHOLE] * len(entry.choices)
    assert any(len(c.candidates) > 1 for c in entry.choices)


def test_compiled_functions_need_no_strips() -> None:
    assert "strips" in dict(CALLS)
    assert "strips" not in dict(COMPILED)


def program(values: dict[str, tuple[tuple[Axis, ...], Node]], *given: Array) -> Program:
    statements = tuple(Statement(name, axes, value, FORWARD) for name, (axes, value) in values.items())
    made = (Array(name, tuple(a.size for a in axes)) for name, (axes, _) in values.items())
    return Program("p", (*given, *made), statements, (list(values)[-1],), (), (), (), (), 0)


@pytest.fixture(name="always")
def _always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Strips wherever they can be, of about 48 numbers."""
    monkeypatch.setattr(strips, "SIZES", (48,))
    monkeypatch.setattr(strips._Chain, "seconds", lambda self, rows, count, setting: float(rows))


def times(*args: Node) -> Node:
    return Apply("multiply", args)


def read(name: str, *axes: Axis) -> Read:
    return Read(name, axes)


GIVEN = (Array("given", (64, 64), "input"), Array("v", (64,), "parameter"), Array("g", (64,), "gradient"))
X = ((K, J), Apply("exp", (Apply("add", (read("given", K, J), HALF)),)))  # no single call: it is in no chain


@pytest.mark.usefixtures("always")
def test_sums_over_rows_and_what_is_the_same_for_all_rows_belong_to_a_chain() -> None:
    values = {
        "x": X,
        "a": ((K, J), times(read("x", K, J), read("v", J))),
        "s": ((K,), Fold("sum", (J,), read("a", K, J))),
        "b": ((K, J), times(read("a", K, J), read("s", K))),
    }
    done, did, _ = work_in_strips(program(values, *GIVEN), default_setting())
    assert did == "1 chain of 3 statements"
    assert in_strips(done) == {"p": ["a", "s", "b"]}
    assert {a.name: a.memory for a in done.arrays if a.strip} == {"a": (1, 64), "s": (1,)}


@pytest.mark.usefixtures("always")
def test_axes_of_one_size_that_count_different_things_end_a_chain() -> None:
    values = {
        "x": X,
        "c": ((C,), Apply("negative", (read("v", C),))),
        "f": ((C,), Apply("exp", (read("c", C),))),
        "a": ((K, J), times(read("x", K, J), read("f", J))),  # all of f, row by row of x
        "b": ((K, J), Apply("exp", (read("a", K, J),))),
    }
    done, _, _ = work_in_strips(program(values, *GIVEN), default_setting())
    assert in_strips(done) == {"p": ["a", "b"]}


@pytest.mark.usefixtures("always")
def test_what_all_strips_read_keeps_its_memory_until_the_last_one() -> None:
    values = {
        "x": X,
        "c": ((J,), Apply("exp", (Apply("add", (read("v", J), HALF)),))),
        "a": ((K, J), times(read("x", K, J), read("c", J))),
        "s": ((K,), Fold("sum", (J,), read("a", K, J))),
        "b": ((K, J), times(read("a", K, J), read("s", K))),
        "y": ((K, J), times(read("b", K, J), read("s", K))),
    }
    before = program(values, *GIVEN)
    done, _, _ = work_in_strips(before, default_setting())
    arrays = tuple(a if a.name != "s" else Array("s", (64,)) for a in done.arrays)  # as if it outlasted the chain
    owner = {p.name: p.owner for p in assign_places(replace(done, arrays=arrays), default_setting())[0].places}
    assert owner["s"] != owner["c"]
    owner = {p.name: p.owner for p in assign_places(before, default_setting())[0].places}
    assert owner["s"] == owner["c"]  # without strips


@pytest.mark.usefixtures("always")
def test_memory_of_strips_serves_no_whole_array() -> None:
    values = {
        "x": X,
        "a": ((K, J), times(read("x", K, J), read("v", J))),
        "s": ((K,), Fold("sum", (J,), read("a", K, J))),
        "b": ((K, J), times(read("a", K, J), read("s", K))),
    }
    done = assign_places(work_in_strips(program(values, *GIVEN), default_setting())[0], default_setting())[0]
    memory = {a.name: a.memory for a in done.arrays}
    assert all(memory[p.name] == memory[p.owner] for p in done.places)


@pytest.mark.usefixtures("always")
def test_what_may_lie_in_a_gradient_is_in_no_chain() -> None:
    values = {
        "x": X,
        "a": ((K, J), times(read("x", K, J), read("v", J))),
        "s": ((K,), Fold("sum", (J,), read("a", K, J))),
        "r": ((K,), Apply("add", (read("s", K), read("s", K)))),
    }
    before = program(values, *GIVEN)
    arrays = tuple(replace(a, part_of="g") if a.name == "s" else a for a in before.arrays)
    assert not in_strips(work_in_strips(replace(before, arrays=arrays), default_setting())[0])
