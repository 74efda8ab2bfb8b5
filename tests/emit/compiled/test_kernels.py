"""Which statements a kernel carries out, in which loops, and what it keeps in arrays."""

from __future__ import annotations

from dataclasses import replace

from passes.specs import STEPS, two_layers

from symbp.compiler import COMPILED, compile_spec
from symbp.emit.compiled.equal import form_of, named_after
from symbp.emit.model import Function, Line
from symbp.spec.load import loads

NET = two_layers(256, "relu")
IMAGES = """
symbp: 1
name: images
input: {x: [4, 12, 12]}
layers:
  - {type: conv2d, name: c, filters: 8, kernel: 1, activation: softsign}
  - {type: flatten}
  - {type: dense, name: fc, units: 3}
loss: {type: mse}
train: {optimizer: {type: sgd, lr: 0.1}, epochs: 1, batch_size: 16, seed: 0}
"""


def kernels(spec: str) -> dict[str, list[str]]:
    code = compile_spec(loads(spec), COMPILED).code
    return {f.name: body(f) for f in code.helpers if f.compiled}


def body(function: Function) -> list[str]:
    return ["    " * line.indent + line.text for line in function.lines]


def test_bias_and_activation_are_one_loop() -> None:
    assert kernels(NET)["fc1_forward"] == [
        "number = a_fc1.dtype.type",
        "for n in range(len(a_fc1)):",
        "    for j in range(256):",
        "        a_fc1[n, j] = larger(a_fc1[n, j] + b_fc1[j], number(0))",
    ]


def test_a_mask_is_a_choice() -> None:
    lines = kernels(NET)["fc1_backward"]
    assert lines[-1].strip() == "dz_fc1[i] = dz_fc1[i] if a_fc1[i].real > 0.0 else number(0)"


def test_what_lies_in_one_memory_has_one_name() -> None:
    """Of two arrays that overlap, a compiler makes a loop that takes one number at a time."""
    code = compile_spec(loads(NET), COMPILED).code
    (function,) = (f for f in code.helpers if f.name == "fc1_backward")
    assert function.doc == "dz_fc1 in one pass; dz_fc1 begins as da_fc1."
    assert function.signature == "a_fc1: Array, dz_fc1: Array"
    assert "fc1_backward(a_fc1, dz_fc1)" in [line.text for line in code.backward]


def test_a_row_of_a_softmax_is_folded_behind_its_exponentials() -> None:
    """A loop of exponentials takes many numbers at once, one that adds up does not: they stand apart."""
    lines = kernels(NET)["loss_terms"]
    start = lines.index("    for j in range(10):")
    assert [line.strip() for line in lines[start:]] == [
        "for j in range(10):",
        "u_loss_j = z_fc2[n, j] - m_loss_n",
        "u_loss[n, j] = u_loss_j",
        "e_loss[n, j] = exponential(u_loss_j)",
        "s_loss_n = number(0)",
        "for k in range(10):",
        "s_loss_n += e_loss[n, k]",
        "s_loss[n] = s_loss_n",
        "terms_loss[n] = np.log(s_loss_n) - u_loss[n, t[n]]",
    ]


def test_an_optimiser_goes_over_each_number_once() -> None:
    lines = kernels(NET)["next_theta"]
    assert sum("for " in line for line in lines) == 1
    assert [line.strip().split(" = ")[0] for line in lines[2:]] == ["m_i", "m[i]", "v_i", "v[i]", "theta[i]"]


def test_neighbouring_axes_are_counted_by_one_loop() -> None:
    for name, lines in kernels(IMAGES).items():
        if name.startswith("c_"):
            loops = [line for line in lines if line.lstrip().startswith("for ")]
            assert len(loops) <= 3, lines


def test_the_same_spec_gives_the_same_text() -> None:
    made = [compile_spec(loads(NET), COMPILED).module for _ in range(2)]
    assert made[0] == made[1]
    assert "np.add" not in made[0]


def test_a_step_of_a_recurrence_is_a_product_and_a_kernel() -> None:
    """What a step reads of the one before lies in other memory, though it is the same array."""
    forward = [line.text for line in compile_spec(loads(STEPS), COMPILED).code.forward]
    start = next(i for i, text in enumerate(forward) if text.startswith("for step in"))
    body = ["if step:", "np.dot", "else:", "q_rnn[...] = 0", "rnn_forward_2"]
    assert [text.partition("(")[0] for text in forward[start + 1 : start + 6]] == body
    lines = kernels(STEPS)["rnn_forward_2"]
    assert sum("for " in line for line in lines) == 2
    assert lines[-1].strip().endswith("z_rnn_j * y_rnn_before[step, n, j]")


def test_equal_layers_have_one_kernel_by_the_names_of_both() -> None:
    equal = NET.replace(
        "- {type: dense, name: fc2, ",
        "- {type: dense, name: fc3, units: 256, activation: relu}\n  - {type: dense, name: fc2, ",
    )
    code = compile_spec(loads(equal), COMPILED).code
    same = {f.name: f.same_as for f in code.helpers if f.compiled}
    assert same["fc3_forward"] == "fc1_forward"
    assert same["fc1_backward"] == "fc3_backward"  # the backward pass meets it later
    assert not same["fc1_forward"]
    assert not same["fc2_forward"]
    assert "fc3_forward(a_fc3, p.b_fc3)" in [line.text for line in code.forward]
    module = compile_spec(loads(equal), COMPILED).module
    assert "\nfc3_forward = fc1_forward  # the same with other arrays\n" in module
    assert "def fc3_forward" not in module


def test_kernels_that_differ_in_more_than_names_stay_apart() -> None:
    function = Function("f", "a: Array, b: Array", "None", "", (Line("for i in range(len(a)):"), Line("b[i] = a[i]")))
    renamed = (Line("for k in range(len(x)):"), Line("y[k] = x[k]"))
    other = replace(function, name="g", signature="x: Array, y: Array", lines=_inner(renamed))
    function = replace(function, lines=_inner(function.lines))
    known = {form_of(function): "f"}
    assert named_after(other, known).same_as == "f"
    assert named_after(function, known) == function
    for lines in (("y[k] = x[k] + x[k]", ""), ("x[k] = y[k]", ""), ("y[k] = c[k]", ""), ("y[k] = x[k]", "1.1")):
        changed = replace(other, lines=_inner((renamed[0], Line(*lines))))
        assert named_after(changed, known) == changed


def _inner(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    return (lines[0], *(replace(line, indent=1) for line in lines[1:]))
