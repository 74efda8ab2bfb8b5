"""Every pass keeps what a program computes, and does what it is for."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from lower.interpret import run, sample
from lower.networks import NETWORKS, OPTIMIZERS, RECURRENCES, lowered, spec
from lower.windowed import WINDOWED

from symbp.lower.model import (
    BACKWARD,
    FORWARD,
    LOSS,
    UPDATE,
    Apply,
    Array,
    Axis,
    Flat,
    Fold,
    Node,
    OneHot,
    Pick,
    Product,
    Program,
    Read,
    RoutineCall,
    Scalar,
    Spread,
    Statement,
    Window,
    axes_of,
    reads,
    walk,
)
from symbp.notation.expr import number
from symbp.passes.account import price
from symbp.passes.contract import contract
from symbp.passes.dead import drop_dead
from symbp.passes.inline import inline_single_readers
from symbp.passes.labels import find_one_hots
from symbp.passes.ledger import ByCost, default_setting
from symbp.passes.optimize import CALLS, SIMPLE, done, optimize
from symbp.passes.places import assign_places
from symbp.passes.share import share
from symbp.passes.split import split

PROBES = {**NETWORKS, **WINDOWED, **RECURRENCES}
SIZES = {"n": 3, "T": 2}
STEP = (FORWARD, LOSS, BACKWARD)


def wanted(program: Program) -> list[str]:
    gradients = [a.name for a in program.arrays if a.kind == "gradient"]
    return ["loss", *gradients, *(d for _, d in program.input_gradients)]


def results(program: Program, text: str) -> dict[str, np.ndarray]:
    """What a step leaves, by the slow evaluator, in memory as the program plans it."""
    inputs = tuple(f"input {x}" for x, _ in program.input_gradients)
    memory = _run(program, (*STEP, *inputs), sample(lowered(text), SIZES))
    return {name: memory[name] for name in wanted(program)}


def _run(program: Program, stages: tuple[str, ...], arrays: dict, **scalars: float) -> dict[str, np.ndarray]:
    places = {a.name: np.arange(SIZES.get(a.shape[0], a.shape[0])) for a in program.arrays if a.kind == "places"}
    return run(program, {**arrays, **places}, stages, SIZES, **scalars)


@pytest.mark.parametrize("name", PROBES)
@pytest.mark.parametrize("level", [0, 1])
def test_every_pass_keeps_the_values(name: str, level: int) -> None:
    program = lowered(PROBES[name])
    expected = results(program, PROBES[name])
    for what, run_pass in CALLS if level else SIMPLE:
        if what == "named functions":  # routines are tested as emitted code
            continue
        program, _, _ = done(run_pass, program, default_setting())
        found = results(program, PROBES[name])
        for key, value in expected.items():
            assert np.allclose(found[key], value, rtol=1e-10, atol=1e-12), (what, key)


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("level", [0, 1])
def test_updates_stay_the_same(name: str, level: int) -> None:
    program = lowered(OPTIMIZERS[name])
    arrays = sample(program, SIZES)
    optimized = optimize(program, level)[0]
    units = {a.name: a.unit for a in optimized.arrays if a.kind in ("theta", "state")}  # grad is spent
    before = _run(program, (UPDATE,), dict(arrays), lr=0.1, k=3.0)
    kept = arrays | {name: arrays[name] / unit for name, unit in units.items()}
    if optimized.scale:  # then the backward pass has multiplied it by lr
        kept["grad"] = 0.1 * kept["grad"]
    after = _run(optimized, (UPDATE,), kept, lr=0.1, k=3.0)
    for state, unit in units.items():
        assert np.allclose(unit * after[state], before[state], rtol=1e-12, atol=1e-14), state
    assert not np.array_equal(after["theta"], arrays["theta"])


def test_the_first_layers_dx_is_not_part_of_a_step() -> None:
    program, did = drop_dead(lowered(NETWORKS["relu, labels"]))
    assert "dx" not in [s.target for s in program.plain(BACKWARD)]
    assert [s.target for s in program.plain("input x")] == ["dx"]
    assert "for input gradients alone: 1 statement" in did


def test_what_only_one_inputs_gradient_needs_is_computed_with_it() -> None:
    program, _ = drop_dead(lowered(spec(
        "{type: bilinear, name: c, inputs: [left, right], units: 3}", "{type: mse}", inputs="{left: [4], right: [7]}"
    )))
    assert {s.target for s in program.plain(BACKWARD)} == {"dz_c", "dW_c"} | (
        {"db_c"} if any(a.name == "db_c" for a in program.arrays) else set()
    )


def contracted(name: str) -> Program:
    program = lowered(NETWORKS[name])
    for run_pass in (drop_dead, find_one_hots, ByCost(contract)):
        program, _, _ = done(run_pass, program, default_setting())
    return program


def test_sums_of_products_become_products_in_a_cheap_order() -> None:
    program = contracted("bilinear")
    for s in program.statements:
        for node in walk(s.value):
            if isinstance(node, Product | Apply | Fold) and s.stage != UPDATE:
                assert default_setting().extent(axes_of(node)) <= 32 * 6 * 5, s.target  # never [n, o, i, j]
    products = [n for s in program.statements for n in walk(s.value) if isinstance(n, Product)]
    assert len(products) >= 10
    here = default_setting()
    assert price(program, here).traffic < price(lowered(NETWORKS["bilinear"]), here).traffic / 2


def test_a_sum_on_one_set_of_axes_stays_a_sum() -> None:
    program = contracted("softmax inside")
    back = next(s for s in program.statements if isinstance(s, Statement) and s.target == "dz_fc1")
    assert any(isinstance(n, Fold) and n.op == "sum" for n in walk(back.value))


def test_labels_become_one_hot_rows() -> None:
    program = contracted("relu, labels")
    first = program.plain(BACKWARD)[0]
    assert any(isinstance(n, OneHot) for n in walk(first.value))


def test_single_readers_move_and_others_stay() -> None:
    program, _ = inline_single_readers(contracted("relu, labels"))
    targets = [s.target for s in program.plain(BACKWARD)]
    assert "da_fc1" not in targets and "dz_fc1" in targets


@pytest.mark.parametrize("name", NETWORKS)
def test_calls_are_single_calls(name: str) -> None:
    program, _ = optimize(lowered(NETWORKS[name]), 1)
    leaf = (Read, Scalar)
    for s in program.statements:
        assert isinstance(s, Statement)
        if s.stage == "probability" or not s.axes:
            continue
        for child in s.value.children:
            inside = child.children if isinstance(child, Apply) else ()  # a scaled one-hot row
            assert isinstance(child, (*leaf, OneHot)) or any(isinstance(c, OneHot) for c in inside), s


def test_equal_calls_are_made_once() -> None:
    for name in ("relu, labels", "softmax inside", "one-hot"):
        program, _ = optimize(lowered(NETWORKS[name]), 1)
        exps = Counter(
            s.stage for s in program.statements
            if isinstance(s, Statement) and isinstance(s.value, Apply) and s.value.function == "exp"
            and s.node.startswith("loss") and s.stage != "probability"
        )  # fmt: skip
        assert sum(exps.values()) <= 1


def test_patches_of_a_convolution_with_dilation_are_made_once() -> None:
    """Forward pass and gradient say the place ``q + 2*v`` in different orders."""
    layers = [
        "{type: conv2d, name: first, filters: 16, kernel: 3, padding: 1}",
        "{type: conv2d, filters: 32, kernel: 3, dilation: 2, padding: 2}",
    ]
    net = f"symbp: 1\nname: net\ninput: {{x: [8, 16, 16]}}\nlayers: [{', '.join(layers)}]\nloss: mse"
    program, _ = optimize(lowered(net), 1, default_setting(32))
    step = [s for s in program.statements if isinstance(s, Statement) and s.stage in (FORWARD, BACKWARD)]
    windows = [s for s in step if isinstance(s.value, Window) and reads(s.value) == ("z_first",)]
    assert [s.stage for s in windows] == [FORWARD]


def test_values_that_only_gradients_need_are_late() -> None:
    program, _ = optimize(lowered(NETWORKS["logits"]), 1, default_setting(4096))
    sigmoids = [
        s.stage for s in program.statements
        if isinstance(s, Statement) and isinstance(s.value, Apply) and s.value.function == "sigmoid"
        and s.stage != "probability"
    ]  # fmt: skip
    assert sigmoids == [BACKWARD]


def test_the_output_survives_the_loss() -> None:
    program, _ = optimize(lowered(NETWORKS["relu, labels"]), 1)
    owner = {p.name: p.owner for p in program.places}
    others = [s.target for s in program.plain(LOSS) if s.axes]
    assert owner[program.outputs[0]] not in {owner[name] for name in others}


def test_memory_is_shared() -> None:
    layers = "\n".join(f"{{type: dense, name: f{i}, units: 8, activation: tanh}}" for i in range(12))
    program, _ = optimize(lowered(spec(layers, "{type: mse}")), 1, default_setting(4096))
    owner = {p.name: p.owner for p in program.places}
    wide = {owner[a.name] for a in program.arrays if a.shape == ("n", 8) and a.name in owner}
    assert len(wide) <= 12 + 2  # an activation a layer; all else lies in what is free
    assert owner["a_f3"] == owner["z_f3"]


def test_steps_have_names_that_say_something() -> None:
    for text in [*NETWORKS.values(), *OPTIMIZERS.values()]:
        program, _ = optimize(lowered(text), 1)
        for s in program.statements:
            assert isinstance(s, Statement)
            assert s.target.isidentifier() and "step" not in s.target and "tmp" not in s.target


def test_routines_take_the_place_of_a_units_equations() -> None:
    program, _ = optimize(lowered(NETWORKS["relu, labels"]), 0)
    calls = [s for s in program.statements if isinstance(s, RoutineCall)]
    assert [c.routine for c in calls] == ["cross_entropy"]
    assert calls[0].targets[-1] == "loss"
    assert [r.name for r in program.routines] == ["cross_entropy"]


def test_equal_layers_share_a_routine() -> None:
    layers = "{type: dense, name: a, units: 4}\n{type: softmax, name: s}\n{type: dense, name: b, units: 4}\n"
    layers += "{type: softmax, name: r}\n{type: dense, name: c, units: 2}"
    program, _ = optimize(lowered(spec(layers, "{type: mse}")), 0)
    assert [r.name for r in program.routines].count("softmax") == 1


def test_the_ledger_tells_what_was_saved() -> None:
    program = lowered(NETWORKS["bilinear"])
    _, ledger = optimize(program, 1)
    text = ledger.describe()
    assert [e.name for e in ledger.entries] == [name for name, _ in CALLS]
    assert "arithmetic" in text and "products" in text
    entry = next(e for e in ledger.entries if e.name == "products")
    assert entry.after.arithmetic < entry.before.arithmetic


def test_all_kinds_of_nodes_occur_in_these_tests() -> None:
    found = {
        type(n) for text in NETWORKS.values() for s in optimize(lowered(text), 1)[0].statements
        if isinstance(s, Statement) for n in walk(s.value)
    }  # fmt: skip
    assert {Apply, Flat, Fold, OneHot, Pick, Product, Read, Scalar} <= found | {Spread}


def test_what_only_the_input_needs_leaves_the_step() -> None:
    program, _ = drop_dead(lowered(spec("{type: softmax, name: s}\n{type: dense, name: fc, units: 3}", "{type: mse}")))
    assert "dy_s" not in [s.target for s in program.plain(BACKWARD)]
    assert [s.target for s in program.plain("input x")] == ["dy_s", "dx"]


VECTOR = (Axis("i", 4),)


def vectors(*rows: tuple[str, Node], stage: str, kinds: dict[str, str]) -> Program:
    """A program on vectors of length four, one statement a row."""
    arrays = tuple(Array(name, (4,), kind) for name, kind in kinds.items())
    steps = {name: next((t for t in kinds if kinds[t] == "gradient" and name.endswith(t)), "") for name in kinds}
    arrays = tuple(replace(a, part_of=steps[a.name]) if a.name.startswith("step") else a for a in arrays)
    statements = tuple(Statement(target, VECTOR, value, stage) for target, value in rows)
    return Program("vectors", arrays, statements, (), ("loss",), (), (), (), 4)


def read(name: str) -> Read:
    return Read(name, VECTOR)


def test_a_value_whose_operand_is_about_to_change_is_computed_first() -> None:
    two = Scalar(number(2))
    program = vectors(
        ("a", Apply("multiply", (read("m"), two))),
        ("m", Apply("add", (read("m"), read("grad")))),
        ("theta", Apply("subtract", (read("theta"), read("a")))),
        stage=UPDATE,
        kinds={"theta": "theta", "grad": "grad", "m": "state", "a": "value"},
    )
    done, _ = inline_single_readers(program)
    assert [s.target for s in done.statements] == ["a", "m", "theta"]


def test_a_step_that_is_read_after_the_value_is_there_lies_elsewhere() -> None:
    program = vectors(
        ("step dW", Apply("exp", (read("W"),))),
        ("dW", Apply("negative", (read("step dW"),))),
        ("dV", Apply("add", (read("step dW"), read("W")))),
        stage=BACKWARD,
        kinds={"W": "parameter", "dW": "gradient", "dV": "gradient", "step dW": "value"},
    )
    places = {p.name: p.owner for p in assign_places(program, default_setting())[0].places}
    assert places["step dW"] == "step dW"
    without_last = replace(program, statements=program.statements[:2])
    assert {p.name: p.owner for p in assign_places(without_last, default_setting())[0].places}["step dW"] == "dW"


def test_a_step_that_the_value_reads_late_lies_elsewhere() -> None:
    program = vectors(
        ("step dW", Apply("exp", (read("W"),))),
        ("other dW", Apply("tanh", (read("W"),))),
        ("dW", Apply("where", (read("W"), read("step dW"), read("other dW")))),
        stage=BACKWARD,
        kinds={"W": "parameter", "dW": "gradient", "step dW": "value", "other dW": "value"},
    )
    places = {p.name: p.owner for p in assign_places(program, default_setting())[0].places}
    assert places["step dW"] == "step dW"  # the other operand is copied to dW first


def test_a_reduction_of_an_array_is_turned_where_the_axes_are_wanted_otherwise() -> None:
    i, j, k = (Axis(letter, size) for letter, size in (("i", 2), ("j", 3), ("k", 4)))
    arrays = (Array("D", (2, 4, 3), "parameter"), Array("c", (3, 2)))
    statement = Statement("c", (j, i), Fold("max", (k,), Read("D", (i, k, j))), FORWARD)
    program, _ = split(Program("p", arrays, (statement,), ("c",), ("loss",), (), (), (), 24))
    first, last = program.plain(FORWARD)
    assert first.axes == (i, j) and isinstance(first.value, Fold)
    assert isinstance(last.value, Read) and last.value.axes == (i, j) and last.axes == (j, i)


@pytest.mark.parametrize(("function", "kinds"), [("add", ["bool", "real"]), ("multiply", ["bool"])])
def test_a_mask_has_a_byte_a_number_where_it_is_a_condition_or_a_factor(function: str, kinds: list[str]) -> None:
    positive = Apply("greater", (read("W"), Scalar(number(0))))
    program = vectors(
        ("dW", Apply("where", (positive, read("V"), read("W")))),
        ("dV", Apply(function, (positive, read("V")))),
        stage=BACKWARD,
        kinds={"W": "parameter", "V": "parameter", "dW": "gradient", "dV": "gradient"},
    )
    program, _ = share(split(program)[0])
    masks = [s.target for s in program.plain(BACKWARD) if isinstance(s.value, Apply) and s.value.function == "greater"]
    assert sorted(program.array(name).dtype for name in masks) == kinds


def test_what_is_added_to_later_is_made_for_itself() -> None:
    program = vectors(
        ("first", Apply("exp", (read("W"),))),
        ("other", Apply("exp", (read("W"),))),
        ("other", read("W")),
        ("dW", Apply("multiply", (read("first"), read("other")))),
        stage=BACKWARD,
        kinds={"W": "parameter", "dW": "gradient", "first": "value", "other": "value"},
    )
    steps = list(program.statements)
    assert isinstance(steps[2], Statement)
    steps[2] = replace(steps[2], accumulate=True)
    assert share(replace(program, statements=tuple(steps)))[0].statements == tuple(steps)


def test_what_the_loss_leaves_for_gradients_is_not_written_over_by_a_second_forward_pass() -> None:
    program = vectors(
        ("z", Apply("exp", (read("W"),))),
        ("y", Apply("tanh", (read("z"),))),
        ("penalty", Apply("square", (read("W"),))),
        ("dW", Apply("multiply", (read("penalty"), read("y")))),
        stage=FORWARD,
        kinds={"W": "parameter", "dW": "gradient", "z": "value", "y": "value", "penalty": "value"},
    )
    stages = (FORWARD, FORWARD, LOSS, BACKWARD)
    steps = tuple(replace(s, stage=stage) for s, stage in zip(program.statements, stages, strict=True))
    # The value `z` is read to the end of the forward pass, so that its memory is free then.
    wide = replace(steps[1], value=Apply("tanh", (Apply("add", (read("z"), read("W"))),)))
    for statements in (steps, (steps[0], wide, *steps[2:])):
        again = replace(program, statements=statements, checkpoint=True)
        places = {p.name: p.owner for p in assign_places(again, default_setting())[0].places}
        assert places["penalty"] == "penalty"
    once = {p.name: p.owner for p in assign_places(replace(again, checkpoint=False), default_setting())[0].places}
    assert once["penalty"] == "z"
