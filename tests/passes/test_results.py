"""Products with large results are not cleared first; small ones, and operands with gaps, keep `np.dot`."""

from __future__ import annotations

from dataclasses import replace

import pytest
from lower.networks import lowered, spec

from symbp.emit.code import code_of
from symbp.lower.model import FORWARD, STEP, Array, At, Axis, Loop, Node, Product, Program, Read, Statement
from symbp.passes.ledger import Chooses, Setting, default_setting
from symbp.passes.optimize import optimize
from symbp.passes.profile import default_machine
from symbp.passes.results import IN_ONE_CALL, large_results, largest_results

N, J, K, T = Axis("n", "n"), Axis("j", 256), Axis("k", 784), Axis("t", 10)
X, W = Read("x", (N, K)), Read("W", (K, J))


def program(left: Node = X, loop: Loop | None = None, **others: Array) -> Program:
    arrays = {
        "x": Array("x", ("n", 784), "input"),
        "W": Array("W", (784, 256), "parameter"),
        "z": Array("z", ("n", 256)),
        **others,
    }
    s = Statement("z", (N, J), Product(left, W, (K,)), FORWARD, loop=loop)
    return Program("p", tuple(arrays.values()), (s,), (), (), (), (), (), 0)


def form(before: Program, samples: int, run: Chooses = large_results) -> str:
    done, _, choices = run(before, Setting(default_machine(), samples))
    (s,) = done.statements
    assert isinstance(s, Statement) and isinstance(s.value, Product)
    assert {name for choice in choices for name, _ in choice.candidates} <= {"np.dot", "np.matmul"}
    return s.value.form


@pytest.mark.parametrize(("samples", "wanted"), [(1, ""), (4, ""), (256, "matmul")])
def test_a_large_result_is_not_cleared(samples: int, wanted: str) -> None:
    assert form(program(), samples) == wanted


def test_of_compiled_networks_only_what_no_small_one_has() -> None:
    assert form(program(), IN_ONE_CALL // 256 - 1, largest_results) == ""
    assert form(program(), IN_ONE_CALL // 256, largest_results) == "matmul"


def test_what_is_not_asked_is_no_choice() -> None:
    """A list of choices never names a call that the program does not make."""
    for samples, count in ((IN_ONE_CALL // 256 - 1, 0), (IN_ONE_CALL // 256, 1)):
        done, _, choices = largest_results(program(), Setting(default_machine(), samples))
        assert len(choices) == count
        assert [c.chosen == "np.matmul" for c in choices] == [form(done, samples) == "matmul"] * count


def test_an_operand_with_gaps_keeps_dot() -> None:
    room = Array("x", ("n", 784), "value", padding=((0, 0), (1, 1)))
    assert form(program(x=room), 256) == ""
    assert form(program(x=replace(room, padding=((1, 1), (0, 0)))), 256) == "matmul"  # in front of it and behind it


@pytest.mark.parametrize(("axes", "wanted"), [((T, N, K), "matmul"), ((N, T, K), "")])
def test_the_part_of_one_step_lies_whole_along_the_first_axis(axes: tuple[Axis, ...], wanted: str) -> None:
    part = At(Read("x", axes), T, STEP)
    x = Array("x", tuple(a.size for a in axes))
    assert form(program(part, Loop("l1", T), x=x), 256) == wanted


def test_vectors_keep_dot() -> None:
    s = Statement("z", (N,), Product(X, Read("v", (K,)), (K,)), FORWARD)
    arrays = (Array("x", ("n", 784), "input"), Array("v", (784,), "parameter"), Array("z", ("n",)))
    done, did, choices = large_results(Program("p", arrays, (s,), (), (), (), (), (), 0), default_setting(4096))
    assert (done.statements, did, choices) == ((s,), "", ())


def test_the_text_says_which() -> None:
    text = spec("{type: dense, name: a, units: 512}\n{type: dense, name: b, units: 3}", "{type: mse}", "{x: [600]}")
    done, _ = optimize(lowered(text), 1)
    lines = [line.text for line in code_of(done).backward]
    assert any(line.startswith("np.matmul(x.T, ") and line.endswith("out=g.W_a)") for line in lines), lines
    assert any(line.startswith("np.dot(") and line.endswith("out=g.W_b)") for line in lines), lines
