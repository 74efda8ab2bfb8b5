"""A step in steady state makes no new arrays, and neither does an epoch of `fit` beyond its order of samples."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest

from .generated import SPECS, data, made

LIMIT = 64 * 1024


def peak(action: Callable[[], object], times: int) -> int:
    """The most memory, in bytes, that was in use beyond the start while `action` ran so many times."""
    action()
    tracemalloc.start()
    try:
        start = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        for _ in range(times):
            action()
        return tracemalloc.get_traced_memory()[1] - start
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", SPECS)
def test_a_step_makes_no_arrays(name: str) -> None:
    net = made(name).Network()
    arrays = [a.astype(net.dtype if a.dtype.kind == "f" else np.intp) for a in data(name, n=5000)]
    if name in {"yes_no", "line"}:
        arrays[1] = arrays[1][:, None]
    for _ in range(3):
        net.step(*arrays)
    assert peak(lambda: net.step(*arrays), 100) < LIMIT


@pytest.mark.parametrize("name", SPECS)
def test_an_epoch_gathers_its_batches_in_place(name: str) -> None:
    net = made(name).Network()
    checked = made(name)._data(*data(name, n=4100), net.dtype) if name != "tied" else 2 * data(name, n=4100)
    arrays = tuple(a.astype(net.dtype) if a.dtype.kind == "f" else a for a in checked)
    for _ in range(2):
        net._epoch(arrays, 2000, True, None)
    order = 4100 * np.dtype(np.intp).itemsize
    assert peak(lambda: net._epoch(arrays, 2000, True, None), 20) < LIMIT + order
