"""The costs of a machine: tables read between their sizes, fitted so that more never costs less."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from symbp.compiler import compile_spec
from symbp.passes.ledger import Choice, Setting, cheapest, default_setting
from symbp.passes.machine import Machine, Products, Streams, Strides, monotone
from symbp.passes.profile import DEFAULT_FILE, default_machine, machine_of, profile_text
from symbp.spec.load import loads

TABLE = Streams(100.0, (100, 10_000), (1, 4, 1 << 30), ((8.0, 2.0, 1.0), (8.0, 4.0, 1.0)))


def test_a_pass_over_memory_is_read_between_the_sizes() -> None:
    assert TABLE.seconds(100, 1) == pytest.approx(900e-9)
    assert TABLE.seconds(100, 2) == pytest.approx(500e-9)  # halfway between 8 and 2 by logarithms
    assert TABLE.seconds(1000, 4) == pytest.approx((100 + 1000 * 8**0.5) * 1e-9)
    assert TABLE.seconds(10_000, 10_000) == pytest.approx(10_100e-9)  # without a gap
    assert TABLE.seconds(10_000, 4096) == pytest.approx(40_100e-9)  # gaps, however rare
    assert TABLE.seconds(20_000, 20_000) == pytest.approx(20_100e-9)
    assert TABLE.seconds(0, 1) == pytest.approx(100e-9)


def test_a_product_is_read_between_the_sizes_and_in_proportion_beyond_them() -> None:
    each = tuple(float(m * n * k) for m in (1, 4, 16) for n in (1, 4, 16) for k in (1, 4, 16))
    table = Products(0.0, (1, 4, 16), each)
    for shape in ((1, 1, 1), (2, 3, 5), (16, 4, 9), (64, 16, 16), (1, 100, 1000)):
        m, n, k = shape
        assert table.nanoseconds(*shape) == pytest.approx(m * n * k), shape


def test_the_default_profile_is_sane() -> None:
    machine = default_machine()
    assert 20e-9 < machine.call < 5e-6
    assert machine.product(64, 64, 512) > machine.product(64, 64, 64) > machine.product(4, 64, 64)
    assert machine.product(8, 8, 8, count=100) < 100 * machine.product(8, 8, 8)
    assert machine.product(64, 2048, 512, turned="b") > 0
    assert machine.copy(65_536, 2) > 5 * machine.copy(65_536)
    assert machine.elementwise(65_536, 5) > machine.elementwise(65_536, 3) >= machine.elementwise(65_536, 1)
    assert machine.elementwise(65_536, 2, function="tanh") > machine.elementwise(65_536, 2)
    assert machine.reduce(65_536, 8) > machine.reduce(65_536, 8192, inner=False)
    assert machine.scatter(65_536, 64) > machine.gather(65_536, 64) > 0


def test_more_never_costs_less() -> None:
    machine = default_machine()
    for run in (2, 5, 64, 3000):
        costs = [machine.copy(n, run) for n in range(4096, 200_000, 5000)]
        assert costs == sorted(costs)
    for numbers in (900, 70_000):
        costs = [machine.gather(numbers, r) for r in range(2, 300, 7)]
        assert costs == pytest.approx(sorted(costs, reverse=True))


def test_columns_cost_more_where_a_power_of_two_lies_between_their_numbers() -> None:
    strides = Strides((8, 32, 128), (1024, 4096), ((0.0, 1.0), (0.5, 3.0), (0.5, 7.0)))
    machine = replace(default_machine(), strides=strides)
    assert machine.aliased(32, 4096) == machine.aliased(32, 3 * 4096) == pytest.approx(3e-9)
    assert machine.aliased(64, 8192) == pytest.approx(5e-9)  # halfway between 3 and 7 by logarithms
    assert machine.aliased(5000, 5 * 1024) == pytest.approx(0.5e-9)
    assert machine.aliased(4, 4096) == machine.aliased(128, 4096 + 64) == machine.aliased(128, 2048) == 0.0


def test_disturbed_times_are_pooled() -> None:
    assert monotone((1.0, 2.0, 3.0), rising=True) == pytest.approx((1, 2, 3))
    assert monotone((1.0, 8.0, 2.0, 16.0), rising=True) == pytest.approx((1, 4, 4, 16))
    assert monotone((9.0, 1.0, 4.0), rising=False) == pytest.approx((9, 2, 2))


def test_the_text_of_a_profile_is_read_as_the_same_profile() -> None:
    text = DEFAULT_FILE.read_text(encoding="utf-8")
    assert profile_text(machine_of(json.loads(text))) == text


def test_the_first_of_the_cheapest_is_chosen() -> None:
    choice = cheapest("layout of z", (("rows", 3e-6), ("columns", 2e-6), ("both", 2e-6)), "no copy")
    assert choice.chosen == "columns"
    assert choice.describe() == [
        "layout of z: columns (no copy)",
        "  * columns        2.0 us",
        "    both           2.0 us",
        "    rows           3.0 us",
    ]
    assert Choice("x", (("a", 1.0),), "a", "").describe()[0] == "x: a ()"


def test_a_batch_has_the_size_that_the_setting_knows() -> None:
    assert Setting(default_machine(), 500).size("n") == 500
    assert (default_setting().size("n"), default_setting().size("t"), default_setting().size(7)) == (32, 16, 7)


CHAIN = """
symbp: 1
name: chain
input: {x: [30]}
define:
  layers:
    chained:
      input: "x[n,i]"
      sizes: {units: k, inner: j}
      parameters: {W: "[i,j]", V: "[j,k]"}
      init: {W: glorot_uniform, V: glorot_uniform}
      formula: "y[n,k] = sum[i,j](x[n,i]*W[i,j]*V[j,k])"
layers:
  - {type: chained, name: c, units: 50, inner: 40}
loss: {type: mse}
train: {optimizer: {type: sgd, lr: 0.1}, batch_size: 16}
"""


def orders(machine: Machine | None) -> tuple[str, dict[str, str]]:
    """The module by the costs of a machine, and what was chosen."""
    made = compile_spec(loads(CHAIN, "chain.yaml"), machine=machine)
    return made.module, {c.what: c.chosen for e in made.ledger.entries for c in e.choices}


def test_another_machine_may_choose_another_program() -> None:
    default = default_machine()
    module, chosen = orders(None)
    assert chosen["order of the products in y_c"] == "((x W_c) V_c)"
    count = len(default.products[0].sizes)
    dear = [t * (1000 if i < 5 * count**2 else 1) for i, t in enumerate(default.products[0].each)]  # m up to 16
    plain = replace(default.products[0], each=tuple(dear))
    tall = replace(default, name="tall", products=(plain, *default.products[1:]))
    other, changed = orders(tall)
    assert changed["order of the products in y_c"] != "((x W_c) V_c)"
    assert module != other
    assert orders(tall) == (other, changed)
    assert orders(replace(default)) == (module, chosen)
