"""How parameters start: fans, keys, numbers."""

from __future__ import annotations

from math import sqrt

import pytest

from symbp.graph.model import ParameterInit

from .networks import graph, refused


def start(layer: str, *, name: str = "W", define: str = "", inputs: str = "{x: [6]}") -> ParameterInit:
    made = graph(f"input: {inputs}\n{define}layers:\n  - {{name: fc, {layer}}}\n")
    return next(p.init for p in made.parameters if p.tensor.label == f"fc.{name}")


@pytest.mark.parametrize(
    ("init", "distribution", "scale"),
    [
        ("glorot_uniform", "uniform", sqrt(6 / (6 + 2))),
        ("glorot_normal", "normal", sqrt(2 / (6 + 2))),
        ("he_normal", "normal", sqrt(2 / 6)),
        ("he_uniform", "uniform", sqrt(6 / 6)),
        ("lecun_normal", "normal", sqrt(1 / 6)),
        ("{type: normal, std: 0.3, mean: 1.0}", "normal", 0.3),
        ("{type: truncated_normal, std: 0.3}", "truncated_normal", 0.3),
        ("{type: constant, value: -2}", "constant", -2.0),
        ("{type: orthogonal, gain: 2}", "orthogonal", 2.0),
        ("zeros", "constant", 0.0),
        ("ones", "constant", 1.0),
    ],
)
def test_initial_values_of_a_dense_layer(init: str, distribution: str, scale: float) -> None:
    found = start(f"type: dense, units: 2, init: {{W: {init}}}")
    assert found.distribution == distribution
    assert found.scale == pytest.approx(scale, rel=1e-15)


def test_defaults() -> None:
    assert start("type: dense, units: 2").initializer == "glorot_uniform"
    assert (start("type: dense, units: 2", name="b").distribution, start("type: dense, units: 2", name="b").scale) == (
        "constant",
        0.0,
    )
    assert start("type: dense, units: 2, activation: prelu", name="alpha").scale == 0.25


def test_keys_with_formulas_of_their_own() -> None:
    found = start("type: dense, units: 2, init: {W: {type: uniform, low: -0.5, high: 0.25}}")
    assert (found.low, found.scale) == (-0.5, 0.25)
    assert start("type: dense, units: 2, init: {W: {type: normal, mean: 3}}").mean == 3.0


def test_numbers_are_flat_and_in_order() -> None:
    found = start("type: dense, units: 2, init: {W: [[1, 2], [3, 4], [5, 6]]}", inputs="{x: [3]}")
    assert found.values == (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)


def test_fans_of_a_bilinear_layer() -> None:
    made = graph(
        "input: {u: [3], v: [4]}\nlayers:\n  - {type: bilinear, inputs: [u, v], units: 5, init: {W: he_normal}}\n"
    )
    assert made.parameters[0].init.scale == pytest.approx(sqrt(2 / 12))


def test_a_layer_of_ones_own() -> None:
    define = (
        'define:\n  layers:\n    own:\n      input: "x[n,i]"\n      sizes: {units: j}\n'
        '      parameters: {V: "[j,i]", c: "[]"}\n      init: {V: glorot_uniform, c: {type: constant, value: 0.5}}\n'
        '      formula: "y[n,j] = c*sum[i](x[n,i]*V[j,i])"\n'
    )
    assert start("type: own, units: 2", name="V", define=define).scale == pytest.approx(sqrt(6 / 8))
    assert start("type: own, units: 2", name="c", define=define).scale == 0.5
    assert start("type: own, units: 2, init: {c: 0.75}", name="c", define=define).values == (0.75,)


def test_what_is_decayed_has_two_axes() -> None:
    made = graph("input: {x: [3]}\nlayers:\n  - {type: dense, units: 2, activation: prelu}\n")
    assert [(p.tensor.name, p.decayed) for p in made.parameters] == [
        ("W_dense_1", True),
        ("b_dense_1", False),
        ("alpha_dense_1", False),
    ]


def test_a_size_that_each_call_fixes_cannot_size_a_parameter() -> None:
    ((code, line, message),) = refused("input: {x: [T]}\nsizes: {T: any}")
    assert (code, line) == ("E305", 6)
    assert "`W`" in message
