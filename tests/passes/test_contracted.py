"""Which products are loops of kernels: by what they cost there, and as calls of BLAS."""

from __future__ import annotations

from dataclasses import replace

import pytest

from symbp.compiler import COMPILED, Artifacts, compile_spec
from symbp.lower.model import Apply, Axis, Fold, Product, Read, contraction, grows, in_vectors
from symbp.passes.ledger import Choice
from symbp.passes.machine import LOOPS
from symbp.passes.profile import default_machine
from symbp.spec.load import loads

from .specs import two_layers

WIDE = two_layers(512, "relu")
TINY = """
symbp: 1
name: tiny
input: {x: [2]}
layers:
  - {type: dense, name: fc1, units: 4, activation: tanh}
  - {type: dense, name: fc2, units: 1}
loss: {type: mse}
train: {optimizer: {type: sgd, lr: 0.1}, epochs: 1, batch_size: 4, seed: 0}
"""
N, K, J = Axis("n", "n"), Axis("k", 4), Axis("j", 3)
X, W, DZ = Read("x", (N, K)), Read("W", (K, J)), Read("dz", (N, J))


def compiled(spec: str, **loops: float) -> Artifacts:
    """The stages for a machine on which some of what loops do costs other nanoseconds."""
    known = tuple((name, loops.get(name, value)) for name, value in LOOPS)
    return compile_spec(loads(spec), COMPILED, machine=replace(default_machine(), loops=known))


def choices(made: Artifacts) -> dict[str, Choice]:
    """What the pass chose, by name."""
    entries = [entry for entry in made.ledger.entries if entry.name == "kernels"]
    return {choice.what: choice for entry in entries for choice in entry.choices}


def bodies(made: Artifacts) -> list[str]:
    return [line.text for line in (*made.code.forward, *made.code.backward)]


def test_products_of_tiny_matrices_are_loops() -> None:
    made = compiled(TINY)
    assert not any("np.dot" in text for text in bodies(made))
    assert {choices(made)[name].chosen for name in ("z_fc1", "z_fc2", "dW_fc1", "db_fc2", "da_fc1")} == {"loops"}
    assert "a call of BLAS" in dict(choices(made)["z_fc1"].candidates)
    assert "z_fc1: loops (a part of a step that is one call)" in made.ledger.describe()


def test_products_stay_calls_where_these_cost_less() -> None:
    assert any("np.dot" in text for text in bodies(compiled(WIDE)))
    assert choices(compiled(WIDE))["z_fc1"].chosen == "a call of NumPy"
    costly = compiled(TINY, product=1e6, growing=1e6, fold=1e6)
    assert sum("np.dot" in text for text in bodies(costly)) >= 6


def test_sums_that_grow_are_loops_only_where_a_step_is_one_call() -> None:
    """What they stand beside would go row by row."""
    made = compiled(WIDE, growing=1e-3)
    assert "a step" not in choices(made)  # of so many parameters
    assert "db_fc2" not in choices(made)
    assert any("np.dot(ones_n, dz_fc2" in text for text in bodies(made))


def test_what_loops_cost_decides_for_each_form() -> None:
    """Sums that grow, and those that are added up one by one, have prices of their own."""
    assert choices(compiled(TINY, growing=1e6))["dW_fc1"].chosen == "a call of BLAS"
    assert choices(compiled(TINY, growing=1e6))["z_fc1"].chosen == "loops"
    assert choices(compiled(TINY, fold=1e6))["z_fc1"].chosen == "a call of BLAS"
    assert choices(compiled(TINY, fold=1e6))["dW_fc1"].chosen == "loops"


def test_a_short_sum_along_rows_is_priced_as_vectors() -> None:
    middle = TINY.replace("[2]", "[16]").replace("units: 4", "units: 16")
    assert choices(compiled(middle))["z_fc1"].chosen == "loops"
    assert choices(compiled(middle, product=1e3))["z_fc1"].chosen == "a call of BLAS"
    assert choices(compiled(middle, fold=1e-3))["z_fc1"] == choices(compiled(middle))["z_fc1"]
    longer = middle.replace("[16]", "[17]")
    assert choices(compiled(longer, product=1e-3))["z_fc1"].chosen == "a call of BLAS"


@pytest.mark.parametrize(
    ("value", "sums"),
    [
        (Product(X, W, (K,)), False),
        (Product(X, DZ, (N,)), True),
        (Product(DZ, W, (J,)), False),
        (Fold("sum", (N,), DZ), True),
        (Fold("sum", (J,), DZ), False),
    ],
)
def test_which_sums_grow(value: Product | Fold, sums: bool) -> None:
    """Those over axes that lead all factors."""
    fold = contraction(value)
    assert fold is not None
    assert grows(fold) == sums


def test_what_is_no_sum_of_elements() -> None:
    assert contraction(Fold("max", (N,), DZ)) is None
    assert contraction(Product(Apply("add", (X, X)), W, (K,))) is None
    assert not grows(Fold("max", (N,), DZ))


def test_numbers_that_lie_behind_one_another() -> None:
    forward, backward = (contraction(Product(a, W, over)) for a, over in ((X, (K,)), (DZ, (J,))))
    assert forward is not None
    assert in_vectors(forward, J)
    assert backward is not None
    assert not in_vectors(backward, K)  # W is read across its rows
