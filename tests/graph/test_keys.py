"""Keys for each dimension of a window: integers, padding, and the sizes that follow from them."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from symbp.graph.model import Graph
from tests.graph.declared import CONVOLUTION, graph_of, refusals
from tests.graph.networks import node


def made(keys: str, shape: str = "[4, 9, 8]", extra: str = "") -> Graph:
    body = f"input: {{x: {shape}}}\n{extra}layers:\n  - {{type: convolution, name: c, filters: 6, {keys}}}"
    return graph_of(body, CONVOLUTION)


def sizes(keys: str, shape: str = "[4, 9, 8]") -> tuple[str, ...]:
    return made(keys, shape).rows[0].shape


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("kernel: 3", (7, 6)),
        ("kernel: [3, 1]", (7, 8)),
        ("kernel: 3, stride: 2", (4, 3)),
        ("kernel: 3, stride: [1, 2]", (7, 3)),
        ("kernel: 3, padding: 1", (9, 8)),
        ("kernel: [3, 5], padding: [1, 2]", (9, 8)),
        ("kernel: 3, padding: [[0, 2], [1, 0]]", (9, 7)),
        ("kernel: 3, dilation: 2", (5, 4)),
        ("kernel: 3, padding: valid", (7, 6)),
        ("kernel: 3, padding: same", (9, 8)),
        ("kernel: 4, padding: same", (9, 8)),
        ("kernel: 3, stride: 2, padding: same", (5, 4)),
        ("kernel: [5, 2], stride: [3, 5], padding: same, dilation: [2, 1]", (3, 2)),
        ("kernel: 1, stride: 4, padding: same", (3, 2)),
    ],
)
def test_the_output_has_the_size_that_the_keys_give(keys: str, expected: tuple[int, int]) -> None:
    assert sizes(keys) == ("6", *map(str, expected))


def test_same_puts_the_odd_place_after() -> None:
    unit = node(made("kernel: 4, padding: same"), "c").unit
    assert "padding_h=1,after_h=2" in unit.key


def test_letters_of_one_axis_follow_from_the_groups() -> None:
    graph = made("kernel: 3, groups: 2")
    assert dict(node(graph, "c").sizes) == {
        "N": None,
        "G": 2,
        "C": 2,
        "O": 3,
        "U": 3,
        "V": 3,
        "H": 9,
        "W": 8,
        "P": 7,
        "Q": 6,
    }
    assert [axis.size for axis in graph.tensor("K_c").axes] == [6, 2, 3, 3]
    assert [axis.size for axis in graph.tensor("b_c").axes] == [6]


def test_initial_values_know_what_a_unit_reads_and_is_read_by() -> None:
    init = next(p.init for p in made("kernel: [3, 5], groups: 2").parameters if p.tensor.name == "K_c")
    assert init.scale == pytest.approx((6 / (2 * 15 + 3 * 15)) ** 0.5)


def test_sizes_have_names() -> None:
    assert made("kernel: [k, 1]", extra="sizes: {k: 5}\n").rows[0].shape == ("6", "5", "8")


@pytest.mark.parametrize(
    ("keys", "code", "message"),
    [
        ("kernel: 11", "E314", "the size of the axis p of `c` (convolution) would be -1"),
        ("kernel: 3, groups: 3", "E303", "is 4, no multiple of 3, but axis g from `groups` is 3"),
        ("kernel: k", "E301", "there is no size 'k'"),
    ],
)
def test_what_does_not_fit_is_named(keys: str, code: str, message: str) -> None:
    body = f"input: {{x: [4, 9, 8]}}\nlayers:\n  - {{type: convolution, name: c, filters: 6, {keys}}}"
    found = refusals(body, CONVOLUTION)
    assert found[0][0] == code and message in found[0][1]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("kernel: [3]", "`kernel` has 2 entries, one for each of h, w; found 1"),
        ("kernel: 0", "`kernel` must be from 1 to"),
        ("kernel: 3.0", "an integer is expected, found 3.0"),
        ("kernel: 3, padding: full", "`padding` must be integers, 'same' or 'valid', found the text 'full'"),
        ("kernel: 3, padding: [[1, 2, 3], 0]", "a pair (before, after) is expected, found 3 numbers"),
        ("kernel: 3, padding: -1", "`padding` must be from 0 to"),
        ("kernel: true", "an integer is expected, found true"),
    ],
)
def test_wrong_values_are_refused(keys: str, message: str) -> None:
    with pytest.raises(ValidationError) as raised:
        made(keys)
    assert any(message in e["msg"] for e in raised.value.errors())
