"""A step in steady state makes no new arrays, and neither does an epoch of `fit` beyond its order of samples."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

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


def own(array: Any, dtype: Any) -> Any:
    """The array, or each of several, as the network's own: C-contiguous and of the dtype, so that nothing is copied."""
    return tuple(own(a, dtype) for a in array) if isinstance(array, tuple) else np.ascontiguousarray(array, dtype)


@pytest.mark.parametrize("name", SPECS)
def test_a_step_makes_no_arrays(name: str) -> None:
    module = made(name)
    net, (x, *rest) = module.Network(), data(name, n=5000)
    kind = np.intp if module.TARGET["kind"] == "labels" else net.dtype
    arrays = (own(x, net.dtype), *(own(y, kind) for y in rest))
    for _ in range(3):
        net.step(*arrays)
    assert peak(lambda: net.step(*arrays), 100) < LIMIT


@pytest.mark.parametrize("name", SPECS)
def test_an_epoch_gathers_its_batches_in_place(name: str) -> None:
    peaks: list[int] = []

    def watch(net: object, epoch: int, record: dict[str, float]) -> None:
        if epoch == 2:
            tracemalloc.start()
        elif epoch == 3:
            tracemalloc.reset_peak()
        elif epoch == 20:
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()

    arrays = data(name, n=8100)  # the last batch has 100 samples
    made(name).Network().fit(*arrays, batch_size=4000, epochs=20, loss_below=None, callback=watch, verbose=False)
    order = 8100 * np.dtype(np.intp).itemsize
    assert peaks[0] < LIMIT + order
