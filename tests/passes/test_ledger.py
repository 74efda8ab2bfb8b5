"""What costs are estimated for: sizes that only the data fix, as the spec states them."""

from __future__ import annotations

import pytest
from lower.networks import spec

from symbp.graph.build import build
from symbp.lower.model import Axis
from symbp.passes.ledger import OTHER, default_setting
from symbp.spec.load import loads

SETTING = default_setting(8, (("T", 35),))


@pytest.mark.parametrize(
    ("size", "count"), [(4, 4), ("n", 8), ("T", 35), ("T + 2", 37), ("2 * T - 1", 69), ("S", OTHER), ("T - 99", 1)]
)
def test_the_guess_at_a_size(size: int | str, count: int) -> None:
    assert SETTING.size(size) == count


def test_places_are_counted_by_the_sizes_of_the_spec() -> None:
    axes = (Axis("n", "n"), Axis("t", "T"), Axis("j", 3))
    assert SETTING.extent(axes) == 8 * 35 * 3
    assert default_setting(8).extent(axes) == 8 * OTHER * 3


def test_a_spec_states_its_typical_sizes() -> None:
    text = spec("{type: dense, units: 3}", "{type: mse}", inputs="{x: [T, 4]}", more="sizes: {T: any}\n")
    stated = text.replace("train: {", "train: {typical_sizes: {T: 35}, ")
    assert build(loads(stated, "probe.yaml")).training.typical_sizes == (("T", 35),)
    assert build(loads(text, "probe.yaml")).training.typical_sizes == ()
