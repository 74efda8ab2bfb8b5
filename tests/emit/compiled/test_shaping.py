"""Arrays of kernels with one dimension for the axes that one loop counts, by sizes that a call fixes."""

from __future__ import annotations

import pytest

from symbp.emit.compiled.access import Access, Index
from symbp.emit.compiled.flat import Group
from symbp.emit.compiled.shaping import reshaped, shape
from symbp.lower.model import Axis

N, T, H, P = Axis("n", "n"), Axis("t", "T"), Axis("h", 2), Axis("p", 13)


@pytest.mark.parametrize(
    ("places", "text"),
    [
        ([Group((N, H)), Group((T, P))], "a.reshape(-1, a.shape[2] * 13)"),
        ([Group((N, T)), H, Group((T, P))], "a.reshape(-1, 2, a.shape[3] * 13)"),
        ([N, Group((H, P))], "a.reshape(a.shape[0], 26)"),
        ([Group((N, T)), Group((H, P))], "a.reshape(-1, 26)"),
        ([Group((N, H)), T, Group((H, P))], "a.reshape(-1, a.shape[2], 26)"),
        ([Group((N, T))], "a.flat"),
    ],
)
def test_every_group_has_one_dimension_as_long_as_its_axes_together(places: list[Index | Group], text: str) -> None:
    axes = [axis for place in places for axis in (place.axes if isinstance(place, Group) else [place])]
    sizes = tuple(axis.size for axis in axes if isinstance(axis, Axis))
    assert reshaped("a", shape("a", places, Access("a", sizes, tuple(axes)))) == text
