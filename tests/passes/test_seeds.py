"""What an update multiplies gradients by goes into the seed of the backward pass, where that is all it does to them."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from lower.interpret import run, sample, scalar
from lower.networks import NETWORKS, OPTIMIZERS, RECURRENCES, TWO_LAYERS, lowered, spec, trained_by
from lower.windowed import WINDOWED

from symbp.lower.model import (
    BACKWARD,
    FORWARD,
    LOSS,
    UPDATE,
    Apply,
    Axis,
    MicroBatches,
    Program,
    Read,
    RoutineCall,
    Scalar,
    Spread,
    Statement,
    Step,
    walk,
)
from symbp.lower.text import scalar_text
from symbp.notation.expr import Sym, number
from symbp.notation.expr import walk as parts_of
from symbp.passes.ledger import default_setting
from symbp.passes.optimize import CALLS, COMPILED, SIMPLE, done, optimize
from symbp.passes.seeds import factor_of, scale_the_seed

PROBES = {**NETWORKS, **WINDOWED, **RECURRENCES}
SIZES = {"n": 3, "T": 2}
STEP = (FORWARD, LOSS, BACKWARD)
LR = 0.3


def scaled(program: Program) -> tuple[Program, str]:
    done, did, _ = scale_the_seed(program, default_setting())
    done.check()
    return done, did


def own_optimizer(formula: str) -> str:
    lines = "\n".join(f"        {line}" for line in formula.split("; "))
    define = f"define:\n  optimizers:\n    own:\n      formula: |\n{lines}\n      parameters: {{c: 0.5, z: 0}}\n"
    return spec(TWO_LAYERS % "tanh", "{type: mse}", train=trained_by("{type: own, lr: 0.1}"), more=define)


RULES = {  # and the factor where lr is 0.3 and k is 2
    "w = w - lr*g": 0.3,
    "w = w - c*lr*g": 0.15,
    "w = -(lr*g) + w": 0.3,
    "v = lr*g; w = w - v": 0.3,
    "r = lr/(1 + c*k); w = w - r*g": 0.15,
    "w = w - lr*(g + g)": 0.6,
    "w = w - lr*(g + z*w)": 0.3,
    "w = w + lr*g": -0.3,
}


@pytest.mark.parametrize("formula", RULES)
def test_the_factor_of_an_update_is_found_whatever_its_form(formula: str) -> None:
    found = factor_of(lowered(own_optimizer(formula)))
    assert found is not None
    assert scalar(found, {"lr": 0.3, "k": 2}) == pytest.approx(RULES[formula])


@pytest.mark.parametrize("formula", [
    "w = w - lr*(g + c*w)", "w = w - lr*sign(g)", "m = c*m + g; w = w - lr*m", "w = w - lr*g*abs(g)", "w = w*c - lr*g",
    "w = w - lr*g - c", "w = w - lr*g; m = c*m + g", "w = w - g", "w = w - lr*g*w",
])  # fmt: skip
def test_no_factor_where_the_update_does_more(formula: str) -> None:
    program = lowered(own_optimizer(formula))
    assert factor_of(program) is None
    assert scaled(program) == (program, "")


@pytest.mark.parametrize("name", sorted({*OPTIMIZERS} - {"sgd"}))
def test_what_reads_gradients_otherwise_gets_them_as_they_are(name: str) -> None:
    program = lowered(OPTIMIZERS[name])
    assert scaled(program) == (program, "")


def memory(program: Program, text: str, **scalars: float) -> dict[str, np.ndarray]:
    inputs = tuple(f"input {x}" for x, _ in program.input_gradients)
    return run(program, sample(lowered(text), SIZES), (*STEP, *inputs), SIZES, **scalars)


@pytest.mark.parametrize("name", PROBES)
def test_every_gradient_is_that_multiple_of_what_it_was(name: str) -> None:
    """After this pass alone, and after all passes."""
    text = PROBES[name]
    before = lowered(text)
    plain = memory(before, text)
    after, did = scaled(before)
    assert did.startswith("a number in ")
    for program in (after, optimize(before, 1)[0]):
        places = {a.name: np.arange(SIZES.get(a.shape[0], a.shape[0])) for a in program.arrays if a.kind == "places"}
        given = {**sample(before, SIZES), **places}
        for factor in (LR, 1.0, 0.0):
            found = run(program, given, STEP, SIZES, scale=factor)
            for a in before.arrays:
                if a.kind == "gradient":
                    np.testing.assert_allclose(found[a.name], factor * plain[a.name], rtol=1e-10, atol=1e-13)
            assert found["loss"] == pytest.approx(plain["loss"], rel=1e-12)


def test_the_update_is_a_difference() -> None:
    before = lowered(OPTIMIZERS["sgd"])
    after, _ = scaled(before)
    (s,) = after.plain(UPDATE)
    assert s.value == Apply("subtract", (Read("theta", s.axes), Read("grad", s.axes)))
    given = sample(before, SIZES)
    wanted = run(before, dict(given), (UPDATE,), SIZES, lr=LR, k=1.0)["theta"]
    found = run(after, {**given, "grad": LR * given["grad"]}, (UPDATE,), SIZES)["theta"]
    np.testing.assert_allclose(found, wanted, rtol=1e-14)


@pytest.mark.parametrize("name", PROBES)
def test_only_the_backward_pass_knows_the_number(name: str) -> None:
    """The tables of a workspace are made once, the forward pass is that of predictions too."""
    program = optimize(lowered(PROBES[name]), 1)[0]
    assert program.scale is not None
    rows = [*program.tables, *program.statements]
    assert {s.stage for s in rows if isinstance(s, Statement) and reads_number(s, program.scale.name)} == {BACKWARD}


def reads_number(s: Statement, name: str) -> bool:
    numbers = [n.value for n in walk(s.value) if isinstance(n, Scalar)]
    return any(isinstance(part, Sym) and part.name == name for e in numbers for part in parts_of(e))


def test_numbers_that_are_there_already_take_it_along() -> None:
    program, did = scaled(lowered(NETWORKS["penalties"]))
    own = {s.equation: s.value for s in program.plain(BACKWARD) if reads_number(s, "scale")}
    numbers = {equation: scalar_text(value.args[1].value) for equation, value in own.items()}
    assert numbers == {"3.2": "(2/3)*n**(-1)*scale", "4.2": "(1/100)*scale", "5.2": "(1/10)*scale"}
    assert did == "a number in 5 values that the backward pass begins with"


def test_a_name_that_is_taken_is_left_to_its_owner() -> None:
    text = spec("{type: dense, name: fc, units: 3}", "{type: mse}", inputs="{scale: [4]}")
    program, _ = scaled(lowered(text))
    assert program.scale is not None
    assert program.scale.name != "scale"


def test_the_update_keeps_it_where_that_costs_less() -> None:
    """A loss without a number of its own, larger than all weights together."""
    text = spec(
        "{type: dense, name: fc, units: 64}",
        "own",
        inputs="{x: [1]}",
        more="define: {losses: {own: {formula: 'L = sum[n,j]((y[n,j] - t[n,j])*y[n,j]*t[n,j])'}}}\n",
    )
    program = lowered(text)
    done, did, (choice,) = scale_the_seed(program, replace(default_setting(), samples=4096))
    assert (done, did) == (program, "")
    assert dict(choice.candidates)["in the seed"] > dict(choice.candidates)["in the update"]
    assert scale_the_seed(program, replace(default_setting(), samples=1))[0].scale is not None


def refused(program: Program) -> str:
    done, did = scaled(program)
    assert done == program
    return re.sub("^gradients as they are: ", "", did)


def test_reasons_to_leave_gradients_as_they_are() -> None:
    program = lowered(NETWORKS["relu, labels"])
    call = RoutineCall("softmax", ("z_fc2",), ("p_loss",), LOSS, ())
    assert "blocks" in refused(replace(program, block=True))
    assert "blocks" in refused(replace(program, statements=(*program.statements, call)))
    assert "micro" in refused(replace(program, micro=MicroBatches(size=8)))


def changed(program: Program, target: str, function: str) -> Program:
    """The program with a function of one of its values in its place."""

    def change(s: Step) -> Step:
        if isinstance(s, Statement) and s.target == target:
            return replace(s, value=Apply(function, (s.value,)))
        return s

    return replace(program, statements=tuple(map(change, program.statements)))


def test_a_gradient_that_is_not_linear_in_the_seed_stays_as_it_is() -> None:
    program = lowered(NETWORKS["relu, labels"])
    assert refused(changed(program, "da_fc1", "tanh")).startswith("da_fc1: apply of what is linear")
    axis = Axis("j", 3)
    ones = Statement("db_fc2", (axis,), Spread(Scalar(number(1)), (axis,)), BACKWARD, accumulate=True)
    assert refused(replace(program, statements=(*program.statements, ones))).startswith("db_fc2: a sum of")
    other = tuple(
        replace(s, value=ones.value) if isinstance(s, Statement) and s.target == "db_fc2" else s
        for s in program.statements
    )
    assert refused(replace(program, statements=other)) == "db_fc2 does not depend on the seed"


def test_other_forms_leave_it_in_the_update() -> None:
    assert "seed" in [name for name, _ in CALLS]
    assert "seed" not in [name for name, _ in (*SIMPLE, *COMPILED)]
    for level in (0, 2):
        assert optimize(lowered(NETWORKS["relu, labels"]), level)[0].scale is None


def test_the_ledger_says_what_was_chosen() -> None:
    program, _, (choice,) = done(dict(CALLS)["seed"], lowered(OPTIMIZERS["sgd"]), default_setting())
    assert program.scale is not None
    text = "\n".join(choice.describe())
    assert "what all gradients are multiplied by: in the seed (dz_fc2 begins with it" in text
