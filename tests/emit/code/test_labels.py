"""Rows added at their labels: those with equal labels are brought together."""

from __future__ import annotations

import numpy as np
import pytest

from symbp.emit.primitives import INTO

from .test_pieces import compiled


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
@pytest.mark.parametrize("labels", [[2, 0, 2, 2, 5, 0], [[1, 1], [1, 1]], [3], list(range(6))])
def test_rows_with_equal_labels_add_up(dtype: type, labels: list) -> None:
    at = np.array(labels)
    rng = np.random.default_rng(0)
    count = at.size
    rows = rng.normal(size=(count, 3)).astype(dtype)
    if dtype is np.complex128:
        rows += 1e-200j * rng.normal(size=(count, 3))
    out, turned = np.full((6, 3), 7, dtype), np.empty((count, 3), dtype)
    work = np.empty((3, count), np.intp)
    compiled(INTO["add_by_label"])(at, rows, np.arange(count), work, turned, np.ones(count, dtype), out)
    expected = np.zeros((6, 3), dtype)
    np.add.at(expected, at.reshape(-1), rows)
    assert np.allclose(out.real, expected.real, rtol=1e-6)
    if dtype is np.complex128:
        assert np.allclose(out.imag * 1e200, expected.imag * 1e200, rtol=1e-12)
    again = out.copy()
    compiled(INTO["add_by_label"])(at, rows, np.arange(count), work, turned, np.ones(count, dtype), out)
    assert np.array_equal(again, out)  # the same to the last bit
