"""Windows in compiled loops: maxima of taps, their masks, shifted taps added up."""

from __future__ import annotations

from symbp.compiler import COMPILED, Artifacts, compile_spec
from symbp.spec.load import loads

POOLS = """
symbp: 1
name: pools
input: {x: [3, 32, 32]}
layers:
  - {type: conv2d, name: c, filters: 32, kernel: 3, padding: 1}
  - {type: max_pool2d, name: p, size: 2}
  - {type: flatten}
  - {type: dense, name: fc, units: 3}
loss: {type: mse}
train: {optimizer: {type: sgd, lr: 0.1}, epochs: 1, batch_size: 32, seed: 0}
"""


def made(spec: str = POOLS) -> Artifacts:
    return compile_spec(loads(spec), COMPILED)


def kernel(name: str) -> list[str]:
    (found,) = (f for f in made().code.helpers if f.name == name)
    return [" ".join(line.text.split()) for line in found.lines]


def test_the_maximum_of_a_window_is_an_expression_of_its_taps() -> None:
    text = " ".join(kernel("p_forward"))
    assert text.count("larger(") >= 3
    assert "2 * p + 1" in text or "[1, 1, " in text
    assert "np.maximum" not in " ".join(line.text for line in made().code.forward)


def test_the_gradient_of_a_maximum_goes_to_the_first_tap() -> None:
    """Each tap but the last is compared, and takes what the taps before it left."""
    lines = kernel("p_backward")
    assert sum(line.startswith("tap = ") for line in lines) == 3
    assert sum(line.startswith("left = left if tap.real != largest") for line in lines) == 3
    assert lines[-1].endswith(" = left")


def test_a_pool_that_leaves_a_row_over_is_no_kernel() -> None:
    """No window fills the last row: calls of NumPy set it to 0."""
    names = {f.name for f in made(POOLS.replace("[3, 32, 32]", "[3, 33, 33]")).code.helpers if f.compiled}
    assert "p_backward" not in names
