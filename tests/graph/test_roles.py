"""What axes mean: which layers read them, and what they mean behind a layer."""

from __future__ import annotations

import pytest

from symbp.graph.roles import output_roles
from symbp.graph.values import BATCH, ROLES, Value
from symbp.notation.source import TensorSource
from tests.graph.networks import graph, refused


def read(text: str) -> tuple[tuple[str, ...], ...]:
    return TensorSource.read(text).axes


def body(layer_input: str, formula: str, shape: str, axes: str = "") -> str:
    return (
        f"input: {{x: {shape}}}\n{axes}define:\n  layers:\n"
        f'    own: {{input: "{layer_input}", formula: "{formula}"}}\nlayers:\n  - {{type: own}}'
    )


@pytest.mark.parametrize(
    ("inside", "outside", "roles", "leading", "expected"),
    [
        ("x[n,(g c),h,w]", "y[n,(g o),p,q]", ROLES[3], 1, ("channel", "height", "width")),
        ("x[n,t,c]", "y[n,p,o]", ROLES[2], 1, ("time", "feature")),
        ("x[n,c,h,w]", "y[n,c]", ROLES[3], 1, ("channel",)),
        ("x[n,c,h,w]", "y[n,h,w,c]", ROLES[3], 1, ("height", "width", "channel")),
        ("x[n,t1,i]", "y[n,t1,j]", ROLES[2], 2, ("time", "feature")),
        ("x[n,t,i]", "y[n,i]", ROLES[2], 1, ("feature",)),
        ("x[n,r1,r2,r3]", "y[n,(r1 r2 r3)]", ROLES[3], 1, ("feature",)),
        ("x[n,(c h w)]", "y[n,c,h,w]", ROLES[1], 1, ("channel", "height", "width")),
        ("x[n,t1,c,h,w]", "y[n,t1,c]", ("time", *ROLES[3]), 2, ("time", "channel")),
    ],
)
def test_the_axes_of_an_output(
    inside: str, outside: str, roles: tuple[str, ...], leading: int, expected: tuple[str, ...]
) -> None:
    value = Value("x", "x", (BATCH,) * (len(roles) + 1), roles, ())
    assert output_roles(value, read(inside), read(outside), leading) == expected


@pytest.mark.parametrize(
    ("layer_input", "formula", "shape", "message"),
    [
        ("x[n,t,c]", "y[n,t,c] = 2*x[n,t,c]", "[3, 8, 8]", "reads the axes time, channel, but the input `x`"),
        ("x[n,i]", "y[n,i] = 2*x[n,i]", "[3, 8, 8]", "acts on the last axis, but the input `x`"),
        ("x[n,a,b]", "y[n,a,b] = 2*x[n,a,b]", "[3, 8, 8]", "acts on the last 2 axes, but the input `x`"),
        ("x[n,c,h]", "y[n,c,h] = 2*x[n,c,h]", "[5, 8]", "reads the axes channel, height, but the input `x`"),
    ],
)
def test_a_layer_refuses_axes_that_mean_something_else(
    layer_input: str, formula: str, shape: str, message: str
) -> None:
    ((code, line, found),) = refused(body(layer_input, formula, shape))
    assert (code, line) == ("E303", 8)
    assert message in found


@pytest.mark.parametrize(
    ("layer_input", "formula", "shape", "axes"),
    [
        ("x[n,h,w]", "y[n,h,w] = 2*x[n,h,w]", "[3, 8, 8]", ""),
        ("x[n,c,h,w]", "y[n,c,h,w] = 2*x[n,c,h,w]", "[3, 8, 8]", ""),
        ("x[n,c,h]", "y[n,c,h] = 2*x[n,c,h]", "[5, 8]", "axes: {x: [channel, place]}\n"),
        ("x[n,i]", "y[n,i] = 2*x[n,i]", "[3, 8, 8]", "axes: {x: [a, b, feature]}\n"),
        ("x[n,t,c]", "y[n,t,c] = 2*x[n,t,c]", "[5, 8]", ""),
        ("x[n,h]", "y[n,h] = 2*x[n,h]", "[8]", ""),
        ("x[n,c]", "y[n,c] = 2*x[n,c]", "[5, 8]", ""),
    ],
)
def test_a_layer_reads_axes_that_mean_what_it_says_or_nothing_else(
    layer_input: str, formula: str, shape: str, axes: str
) -> None:
    assert graph(body(layer_input, formula, shape, axes)).rows[0].shape


def test_what_axes_mean_follows_through_layers() -> None:
    own = body("x[n,c,h,w]", "y[n,c,h,w] = 2*x[n,c,h,w]", "[3, 8, 8]") + "\n  - {type: dense, name: d, units: 2}"
    ((_, _, message),) = refused(own)
    assert "`d` (dense) acts on the last axis, but `own_1` has the shape [3, 8, 8]" in message


def test_a_loss_that_treats_all_axes_alike_takes_images() -> None:
    image = body("x[n,c,h,w]", "y[n,c,h,w] = 2*x[n,c,h,w]", "[3, 8, 8]")
    assert graph(image, loss="{type: mse}").outputs
    assert refused(image, loss="{type: cross_entropy}")[0][0] == "E303"
    assert refused(image, loss="{type: half_squared_error}")[0][0] == "E303"
