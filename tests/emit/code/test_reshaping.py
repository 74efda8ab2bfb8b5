"""What bodies reshape of the workspace has a name there; what has gaps, or is no array of the workspace, has none."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from symbp.emit.reshaping import reshaped_once
from symbp.lower.model import Array

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
        size_of=lambda size: {"n": "len(x)", "T": "x.shape[1]"}[size],
    )


@pytest.mark.parametrize(
    ("text", "wanted", "sizes"),
    [
        ("np.exp(y.reshape(-1, 24), out=z)", "np.exp(y_matrix, out=z)", ("n", 24)),
        ("np.exp(y.reshape(6, -1).T, out=z)", "np.exp(y_matrix.T, out=z)", (6, -1)),
        ("y.reshape(-1)[place] = z", "y_flat[place] = z", (-1,)),
        ("y.reshape(len(x) * 6, 4)", "y_matrix", ("n * 6", 4)),
        ("y.reshape(len(x), 3, 2, -1)", "y_split", ("n", 3, 2, 4)),
        ("v.reshape(-1)", "v_flat", (8,)),
        ("h.reshape(-1, 4)", "h_matrix", (-1, 4)),
        ("h_before.reshape(x.shape[1] * len(x), 4)", "h_before_matrix", ("T * n", 4)),
    ],
)
def test_a_view_is_made_once(text: str, wanted: str, sizes: tuple[int | str, ...]) -> None:
    found = body()
    assert reshaped_once(found, text) == reshaped_once(found, text) == wanted
    ((_, own),) = found.reshaped
    assert own == sizes
    assert set(found.reshaped.values()) <= set(found.used)


def test_equal_views_are_one_and_the_own_shape_is_none() -> None:
    found = body()
    assert reshaped_once(found, "f(y.reshape(-1, 24), y.reshape(len(x), 24), y.reshape(24, -1))") == (
        "f(y_matrix, y_matrix, y_matrix_2)"
    )
    assert reshaped_once(found, "v.reshape(1, 8)") == "v"


@pytest.mark.parametrize("text", ["x.reshape(-1, 4)", "p.K.reshape(3, -1)", "wide.reshape(-1, 4)", "y.reshape(m, 4)"])
def test_what_has_no_view_stays(text: str) -> None:
    assert reshaped_once(body(), text) == text
