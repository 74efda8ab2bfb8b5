"""What bodies reshape of the workspace has a name there; what has gaps, or is no array of the workspace, has none."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from symbp.emit.reshaping import reshaped
from symbp.lower.model import Array, Axis

ARRAYS = (
    Array("y", ("n", 6, 4)),
    Array("v", (1, 8)),
    Array("x", ("n", "T", 4), "input"),
    Array("K", (3, 2, 2), "parameter", code="p.K"),
    Array("h", ("T", "n", 4), padding=((1, 0), (0, 0), (0, 0))),
    Array("h_before", ("T", "n", 4), view_of="h", shift=(-1, 0, 0)),
    Array("wide", ("n", 6, 4), padding=((0, 0), (1, 1), (0, 0))),
)


def body() -> Any:
    return SimpleNamespace(
        program=SimpleNamespace(sizes=(("n", "x", 0), ("T", "x", 1))),
        arrays={a.name: a for a in ARRAYS},
        used=dict.fromkeys(a.name for a in ARRAYS),
        needed={},
        reshaped={},
        extent=lambda axis: {"n": "len(x)", "T": "x.shape[1]"}.get(axis.size, str(axis.size)),
    )


N, T, M = (Axis(size, size) for size in ("n", "T", "m"))
ONE, TWO, THREE, FOUR, SIX, EIGHT = (Axis(f"a{size}", size) for size in (1, 2, 3, 4, 6, 8))
Groups = tuple[tuple[Axis, ...] | None, ...]


@pytest.mark.parametrize(
    ("name", "groups", "view", "sizes"),
    [
        ("y", (None, (SIX, FOUR)), "y_matrix", ("n", 24)),
        ("y", ((SIX,), None), "y_matrix", (6, -1)),
        ("y", (None,), "y_flat", (-1,)),
        ("y", ((N, SIX), (FOUR,)), "y_matrix", ("n * 6", 4)),
        ("y", ((N,), (THREE,), (TWO,), None), "y_split", ("n", 3, 2, 4)),
        ("v", (None,), "v_flat", (8,)),
        ("v", ((EIGHT,), ()), "v_matrix", (8, 1)),
        ("h", (None, (FOUR,)), "h_matrix", (-1, 4)),
        ("h_before", ((T, N), (FOUR,)), "h_before_matrix", ("T * n", 4)),
    ],
)
def test_a_view_is_made_once(name: str, groups: Groups, view: str, sizes: tuple[int | str, ...]) -> None:
    found = body()
    assert reshaped(found, name, groups) == reshaped(found, name, groups) == view
    assert found.reshaped == {(name, sizes): view}
    assert view in found.used


def test_equal_views_are_one_and_the_own_shape_is_none() -> None:
    found = body()
    views = [reshaped(found, "y", groups) for groups in ((None, (SIX, FOUR)), ((N,), (FOUR, SIX)), ((SIX, FOUR), None))]
    assert views == ["y_matrix", "y_matrix", "y_matrix_2"]
    assert reshaped(found, "v", ((ONE,), (EIGHT,))) == "v"


@pytest.mark.parametrize(
    ("text", "groups", "wanted"),
    [
        ("x", (None, (FOUR,)), "x.reshape(-1, 4)"),
        ("x", ((N, T), (FOUR,)), "x.reshape(len(x) * x.shape[1], 4)"),
        ("p.K", ((THREE,), None), "p.K.reshape(3, -1)"),
        ("wide", (None, (FOUR,)), "wide.reshape(-1, 4)"),
        ("y", ((M,), (FOUR,)), "y.reshape(m, 4)"),
        ("y[step]", (None,), "y[step].reshape(-1)"),
    ],
)
def test_what_has_no_view_is_reshaped_where_it_is_read(text: str, groups: Groups, wanted: str) -> None:
    found = body()
    assert reshaped(found, text, groups) == wanted
    assert not found.reshaped
