"""The evaluator of many digits: what a formula means at its edges."""

import random

import pytest

from symbp.derive.numeric import Evaluator, UndefinedError, context
from symbp.derive.sample import Sample, Sampler, kinks
from symbp.graph.model import LocalTensor
from symbp.notation.elaborate import elaborate
from symbp.notation.source import FormulaSource, TensorSource

MP = context(50)


def value(formula, declared, data, at=(), **sizes):
    """The last defined value at one place; arrays are lists or numbers."""
    equations = elaborate(FormulaSource(formula, tuple(TensorSource.read(d) for d in declared))).equations
    arrays = {name: dict(places(rows)) for name, rows in data.items()}
    found = Evaluator(equations, Sample(arrays, sizes, {}), MP)
    return found.read(equations[-1].name, at, False)


def places(rows, at=()):
    if not isinstance(rows, list):
        yield at, MP.mpf(rows)
        return
    for k, row in enumerate(rows):
        yield from places(row, (*at, k))


def test_a_read_outside_its_axis_is_zero_and_is_left_out_of_a_maximum():
    x = {"x": [[-3, -2]]}
    sizes = {"N": 1, "J": 2}
    assert value("y[n,j] = x[n,j-1]", ["x[n,j]"], x, (0, 0), **sizes) == 0
    assert value("y[n,j] = x[n,j-1]", ["x[n,j]"], x, (0, 1), **sizes) == -3
    assert value("u[n,j] = x[n,j]\ny[n] = max[j](u[n,j-1])", ["x[n,j]"], x, (0,), **sizes) == -3


def test_a_recurrence_needs_no_schedule():
    assert value("h[n,t] = h[n,t-1] + x[n,t]", ["x[n,t]"], {"x": [[1, 2, 3]]}, (0, 2), N=1, T=3) == 6
    assert value("h[n,t] = h[n,t+1] + x[n,t]", ["x[n,t]"], {"x": [[1, 2, 3]]}, (0, 1), N=1, T=3) == 5


def test_only_the_chosen_branch_counts():
    formula = "y[n] = where(x[n] > 0, log(x[n]), 1)"
    assert value(formula, ["x[n]"], {"x": [-1]}, (0,), N=1) == 1
    assert value("y[n] = [x[n] > 0]*log(x[n])", ["x[n]"], {"x": [-1]}, (0,), N=1) == 0


@pytest.mark.parametrize("right", ["1/x[n]", "log(x[n])", "log(x[n] - 1)", "sqrt(x[n] - 2)"])
def test_what_has_no_real_value_is_undefined(right):
    with pytest.raises(UndefinedError):
        value(f"y[n] = {right}", ["x[n]"], {"x": [0]}, (0,), N=1)


def test_many_digits():
    found = value("y[n] = log(1 + exp(x[n]))", ["x[n]"], {"x": [2]}, (0,), N=1)
    assert abs(found - MP.mpf("2.12692801104297249644372680635830443143")) < MP.mpf(10) ** -37


def sampler(formula, *declared, facts=(), constants=()):
    sources = tuple(TensorSource.read(d, r, integer=r == "data" and d.startswith("c")) for d, r in declared)
    found = elaborate(FormulaSource(formula, sources, constants, facts=facts))
    tensors = [LocalTensor(t.name, t.indices, t.role, t.integer, t.positive) for t in found.tensors]
    return Sampler(found.equations, tensors, found.facts, {}, MP)


def test_samples_meet_the_facts():
    made = sampler("L = sum[n,j](t[n,j])", ("t[n,j]", "data"), facts=("sum[j](t[n,j]) = 1",))
    drawn = made.draw(random.Random(1), 1.0)
    sizes = drawn.sizes
    for n in range(sizes["N"]):
        assert abs(sum(drawn.data["t"][n, j] for j in range(sizes["J"])) - 1) < MP.mpf(10) ** -45


def test_sizes_differ_and_integers_stay_inside_the_axis_that_they_read():
    made = sampler("L = sum[n](x[n,c[n]])", ("x[n,j]", "input"), ("c[n]", "data"))
    assert len(set(made.sizes.values())) == len(made.sizes)
    values = {v for seed in range(20) for v in made.draw(random.Random(seed), 1.0).data["c"].values()}
    assert values == set(range(made.sizes["J"]))


def test_kinks_are_the_numbers_that_pieces_meet_at():
    made = sampler("y[n] = max(a, min(6, x[n] + 1/2))", ("x[n]", "input"), constants=("a",))
    found = {str(getattr(k, "name", getattr(k, "value", ""))) for k in kinks(made.equations)}
    assert found == {"a", "6", "1/2"}
    centres = [set(s.data["x"].values()) for s in made.draw_kinks(random.Random(0))]
    assert {MP.mpf(0)} in centres
    assert {MP.mpf(6)} in centres
    assert {MP.mpf(-6)} in centres
