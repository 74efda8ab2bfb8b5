"""How the emitted code reads."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from lower.networks import NETWORKS, OPTIMIZERS, TWO_LAYERS, derived, spec

from symbp.emit.layout import indented
from symbp.emit.model import Code, Line

from .bodies import Bodies, coded

PERCEPTRON = spec(
    "{type: dense, name: fc1, units: 16, activation: sigmoid}\n"
    "{type: dense, name: fc2, units: 16, activation: sigmoid}\n"
    "{type: dense, name: fc3, units: 10}",
    "{type: cross_entropy}",
    inputs="{x: [20]}",
)


def texts(lines: tuple[Line, ...]) -> list[str]:
    return ["    " * line.indent + line.text for line in lines]


def bodies_of(code: Code) -> tuple[Line, ...]:
    inputs = tuple(line for _, body in code.input_backward for line in body)
    return (*code.forward, *code.loss, *code.backward, *code.probability, *inputs, *code.update)


def test_a_perceptron_in_its_simplest_form_is_fifteen_lines() -> None:
    code = coded(PERCEPTRON, 0)[1]
    lines = [*texts(code.forward), *texts(code.loss), *texts(code.backward)]
    assert len(lines) <= 15
    expected = [  # which of two independent gradients comes first is the engine's business
        "a_fc1 = ws.a_fc1 = sigmoid(x @ p.W_fc1 + p.b_fc1)",
        "a_fc2 = ws.a_fc2 = sigmoid(a_fc1 @ p.W_fc2 + p.b_fc2)",
        "z_fc3 = ws.z_fc3 = a_fc2 @ p.W_fc3 + p.b_fc3",
        "ws.p_loss, loss = cross_entropy(ws.z_fc3, t)",
        "p_loss, a_fc2, a_fc1 = ws.p_loss, ws.a_fc2, ws.a_fc1",
        "dz_fc3 = (p_loss - one_hot(t, 10)) / len(x)",
        "g.b_fc3[...] = np.sum(dz_fc3, axis=0)",
        "g.W_fc3[...] = a_fc2.T @ dz_fc3",
        "dz_fc2 = (dz_fc3 @ p.W_fc3.T) * a_fc2 * (1 - a_fc2)",
        "g.b_fc2[...] = np.sum(dz_fc2, axis=0)",
        "g.W_fc2[...] = a_fc1.T @ dz_fc2",
        "dz_fc1 = ws.dz_fc1 = (dz_fc2 @ p.W_fc2.T) * a_fc1 * (1 - a_fc1)",
        "g.b_fc1[...] = np.sum(dz_fc1, axis=0)",
        "g.W_fc1[...] = x.T @ dz_fc1",
    ]
    assert sorted(lines) == sorted(expected)
    assert [h.name for h in code.helpers] == ["sigmoid", "one_hot", "cross_entropy"]


def test_a_layer_in_its_default_form() -> None:
    code = coded(PERCEPTRON, 1)[1]
    forward = texts(code.forward)
    first = forward.index("np.matmul(x, p.W_fc1, out=z_fc1)")
    assert forward[first : first + 3] == [
        "np.matmul(x, p.W_fc1, out=z_fc1)",
        "z_fc1 += p.b_fc1",
        "sigmoid(z_fc1, a_fc1)",
    ]
    back = texts(code.backward)
    first = back.index("np.matmul(dz_fc2, p.W_fc2.T, out=da_fc1)")
    assert set(back[first:]) >= {
        "np.multiply(da_fc1, a_fc1, out=dz_fc1)",
        "np.subtract(1, a_fc1, out=one_minus_a_fc1)",
        "dz_fc1 *= one_minus_a_fc1",
        "np.dot(ones_n, dz_fc1, out=g.b_fc1)",
        "np.dot(x.T, dz_fc1, out=g.W_fc1)",
    }


def test_adam_in_its_default_form() -> None:
    code = coded(OPTIMIZERS["adam"], 1)[1]
    lines = texts(code.update)
    start = lines.index("m *= 0.9")
    assert lines[:3] == [
        "# The update goes on in the gradient's memory, once it has read the gradient.",
        "change = grad",
        "# m and v are kept as m / 0.1 and v / 0.001: a step then takes fewer passes.",
    ]
    assert lines[start : lines.index("theta -= change") + 1] == [
        "m *= 0.9",
        "m += grad",
        "v *= 0.999",
        "np.square(grad, out=change)",
        "v += change",
        "np.sqrt(v, out=change)",
        "change += offset",
        "np.divide(m, change, out=change)",
        "change *= factor",
        "theta -= change",
    ]
    assert not code.update_buffers


@pytest.mark.parametrize("level", [0, 1])
@pytest.mark.parametrize("name", NETWORKS)
def test_every_statement_carries_its_equations(name: str, level: int) -> None:
    code = coded(NETWORKS[name], level)[1]
    derivation = derived(NETWORKS[name])
    units = {u.section: len(u.safe.forward) + len(u.safe.adjoints) for u in derivation.units}
    units[derivation.training_section] = sum(len(numbers) for _, numbers in derivation.updates())
    numbered = [line for line in bodies_of(code) if line.equation]
    assert len(numbered) > 4
    for line in numbered:
        for number in line.equation.split():
            section, row = map(int, number.split("."))
            assert 1 <= row <= units[section]
    for line in (*code.forward, *code.loss, *code.backward, *code.update):
        size = line.text.startswith(("n = ", "n, T = ", "T = "))
        binding = size or line.text.endswith(" = grad") or (" = ws." in line.text and ".real" not in line.text)
        begins = line.indent == 0 and not line.text.startswith(")")
        silent = not line.text or line.text.startswith(("#", "for "))
        assert line.equation or binding or not begins or silent, line


@pytest.mark.parametrize("level", [0, 1])
def test_lines_fit(level: int) -> None:
    for text in [*NETWORKS.values(), *OPTIMIZERS.values()]:
        code = coded(text, level)[1]
        for function in code.helpers:
            assert max(len(row) for row in indented(function.lines).split("\n")) <= 100
        for body in (code.forward, code.loss, code.backward, code.probability, code.update):
            assert max((len(row) for row in indented(body).split("\n")), default=0) <= 100


def test_constants_become_numbers() -> None:
    code = coded(spec(TWO_LAYERS % "leaky_relu", "{type: mse}"), 0)[1]
    assert "alpha" not in " ".join(texts(bodies_of(code)))
    assert "0.01" in " ".join(texts(code.forward))


def test_what_the_output_needs_is_all_that_forward_does() -> None:
    code = coded(NETWORKS["relu, labels"], 1)[1]
    assert not any("loss" in row for row in texts(code.forward))


def test_probabilities_come_from_the_output_alone() -> None:

    for level in (0, 1):
        bodies = Bodies(NETWORKS["relu, labels"], level)
        z = np.random.default_rng(0).normal(size=(4, 3))
        p = bodies.names["probability"](SimpleNamespace(), z)
        assert np.allclose(p, np.exp(z) / np.exp(z).sum(axis=1, keepdims=True))


SCRIPT = """
from lower.networks import NETWORKS, OPTIMIZERS, lowered
from symbp.emit.code import code_of
from symbp.passes.optimize import optimize
for text in [*list(NETWORKS.values())[:9], *list(OPTIMIZERS.values())[3:5]]:
    for level in (0, 1):
        program, ledger = optimize(lowered(text), level)
        print(program.describe(), ledger.describe(), code_of(program))
"""


def test_the_hash_seed_changes_nothing() -> None:
    tests = Path(__file__).resolve().parents[2]
    printed = set()
    for seed in ("0", "5"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": f"{tests}:{tests.parent}"}
        command = [sys.executable, "-c", SCRIPT]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        printed.add(done.stdout)
    assert len(printed) == 1


def test_long_vectors_are_updated_in_blocks() -> None:
    wide = spec(
        "{type: dense, name: fc1, units: 1200, activation: tanh}\n{type: dense, name: fc2, units: 3}",
        "{type: mse}",
        inputs="{x: [1000]}",
        train="train: {optimizer: {type: adamw, lr: 0.1, clip_norm: 1.0}, epochs: 1, batch_size: 4, seed: 0}",
    )
    code = coded(wide, 1)[1]
    lines = texts(code.update)
    count = 1000 * 1200 + 1200 + 1200 * 3 + 3
    (shape,) = (b.shape for b in code.update_buffers)
    assert 8192 <= int(shape[0]) < count / 2
    assert f"for start in range(0, {count}, {shape[0]}):" in lines
    results = []
    for level in (0, 1):
        bodies = Bodies(wide, level)
        bodies.names["DECAYED"] = (slice(0, 1200000),)
        rng = np.random.default_rng(0)
        vectors = {"theta": rng.normal(size=count), "grad": rng.normal(size=count)}
        vectors |= {name: rng.random(count) / bodies.units[name] for name in bodies.shapes("state")}
        scratch = {b.name: np.empty([int(s) for s in b.shape]) for b in bodies.code.update_buffers}
        bodies.names["update"](**vectors, **scratch, lr=0.1, k=2)
        results.append(vectors["theta"])
    assert np.allclose(results[0], results[1], rtol=1e-12)


TWO_POOLS = spec(
    "{type: conv2d, name: c1, filters: 2, kernel: 3, activation: relu}\n"
    "{type: max_pool2d, name: p1, size: 2}\n"
    "{type: conv2d, name: c2, filters: 3, kernel: 2, activation: relu}\n"
    "{type: max_pool2d, name: p2, size: 2}\n"
    "{type: flatten}\n{type: dropout, rate: 0.5}\n{type: dense, name: out, units: 3}",
    "{type: cross_entropy, labels: integer}",
    inputs="{x: [1, 12, 12]}",
)


def test_layers_alike_and_predictions_call_one_function() -> None:
    code = coded(TWO_POOLS, 0)[1]
    assert [h.name for h in code.helpers] == ["windows", "one_hot", "max_pool2d", "cross_entropy"]
    assert "_, y_p2 = max_pool2d(a_c2)" in texts(code.inference.forward)


def test_the_gradient_of_a_maximum_over_windows_goes_to_the_first_place() -> None:
    back = texts(coded(TWO_POOLS, 0)[1].backward)
    first = back.index("first_p1 = np.argmax(windows_a_c1.real.reshape(n, 2, 5, 5, -1), axis=-1)")
    assert back[first + 1 : first + 5] == [
        "da_c1 = np.zeros((n, 2, 10, 10), dy_p1.dtype)",
        "for u in range(2):",
        "    for v in range(2):",
        "        da_c1[:, :, u::2, v::2] += dy_p1 * (first_p1 == 2 * u + v)",
    ]


def test_what_is_added_to_a_copy_is_a_sum() -> None:
    layers = "{type: residual, name: r, layers: [{type: dense, name: fc, units: 4, activation: tanh}]}\n"
    back = texts(coded(spec(f"{{type: dense, name: first, units: 4}}\n{layers}", "{type: mse}"), 0)[1].backward)
    assert not any("np.array" in line for line in back)
    assert "dz_first = ws.dz_first = dy_r + dz_fc @ p.W_fc.T" in back


def test_labels_of_every_step_are_no_rows_of_zeros_and_ones() -> None:
    layers = "{type: embedding, name: emb, rows: 7, units: 3}\n{type: rnn, name: rnn, units: 4}\n"
    layers += "{type: dense, name: out, units: 7}"
    more = "input_type: integer\nsizes: {T: any}\n"
    text = spec(layers, "{type: cross_entropy, labels: integer}", "{ids: [T]}", more=more)
    code = coded(text, 1, 32)[1]
    back = texts((*code.loss, *code.backward))
    equal = [line for line in back if "np.equal" in line]
    assert equal == ["np.equal(ids[:, :, None], places_7, out=hot_rnn)"]  # of the seven rows of the table
    assert 'np.take(u_loss_flat, place_loss, out=picked_loss, mode="clip")' in back
    assert "np.dot(dz_out_matrix, ones_T_n, out=g.b_out)" in back  # logits in columns


def test_a_kernel_of_one_place_needs_no_windows() -> None:
    text = spec(
        "{type: conv2d, name: c, filters: 3, kernel: 1}\n{type: flatten}\n{type: dense, name: out, units: 2}",
        "{type: mse}",
        inputs="{x: [2, 4, 5]}",
    )
    code = coded(text, 0)[1]
    assert not any("windows" in line for line in texts(bodies_of(code)))
    back = [*texts(code.backward), *texts(code.input_backward[0][1])]
    assert "g.K_c[...] = np.tensordot(dz_c, x, axes=((0, 2, 3), (0, 2, 3))).reshape(3, 2, 1, 1)" in back
    assert "dx = np.tensordot(dz_c, p.K_c.reshape(3, 2), axes=((1,), (0,))).transpose(0, 3, 1, 2)" in back


def test_an_lstm_in_its_simplest_form_is_forty_lines() -> None:
    text = spec("{type: lstm, name: rnn, units: 6}", "{type: mse}", "{x: [T, 5]}", more="sizes: {T: any}\n")
    code = coded(text, 0)[1]
    lines = [*texts(code.forward), *texts(code.backward)]
    assert len([line for line in lines if not line.startswith("#")]) <= 40
    assert sum(line.startswith("for step in") for line in lines) == 2
    first = next(line for line in lines if "_given = " in line)
    assert first.endswith("@ p.W_rnn + p.b_rnn).reshape(T, n, 4, 6)")  # of all steps at once
    for expected in (
        "g.W_rnn[...] = x_steps.reshape(-1, 5).T @ dz_rnn.reshape(-1, 24)",
        "g.U_rnn[...] = y_rnn_before.reshape(-1, 6).T @ dz_rnn.reshape(-1, 24)",
        "g.b_rnn[...] = np.sum(dz_rnn, axis=(0, 1)).reshape(24)",
    ):
        assert expected in lines


def test_axes_that_stand_together_are_one() -> None:
    text = spec("{type: positional_encoding, name: pos}", "{type: mse}", "{x: [T, 6]}", more="sizes: {T: any}\n")
    code = coded(text, 0)[1]
    assert "ws.y_pos = x + ws.e_pos.reshape(-1, 6)" in [line.removeprefix("y_pos = ") for line in texts(code.forward)]


SIDE_BY_SIDE = spec(
    "{type: dense, name: a, units: 2}\n"
    "{type: dense, name: b, units: 3, inputs: [x]}\n"
    "{type: concat, name: both, inputs: [a, b]}\n"
    "{type: dense, name: out, units: 1}",
    "{type: mse}",
)


def test_arrays_side_by_side_are_joined_without_zeros() -> None:
    assert any("np.concatenate((z_a, z_b), axis=1)" in line for line in texts(coded(SIDE_BY_SIDE, 0)[1].forward))
    forward = texts(coded(SIDE_BY_SIDE, 1)[1].forward)
    assert "y_both[:, :2] = z_a" in forward and "y_both[:, 2:] = z_b" in forward


def test_gates_and_their_gradients_go_by_their_names() -> None:
    layers = "{type: lstm, name: rnn, units: 6}\n{type: dense, name: out, units: 7}"
    code = coded(spec(layers, "{type: mse}", inputs="{x: [T, 5]}", more="sizes: {T: any}\n"), 1)[1]
    forward, back = texts(code.forward), texts(code.backward)
    assert any(line.endswith("out=f_times_c_before_rnn)") for line in forward)
    for gate in "ifgo":
        assert any(line.endswith(f"out=slope_z_{gate}_rnn)") for line in back), gate
    assert "np.subtract(1, i_rnn, out=one_minus_i_rnn)" in back
    assert not any("][...] = " in line for line in (*forward, *back))
