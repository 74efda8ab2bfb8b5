"""What `symbp tune` times is what the tables of a profile say: operands as they are named, runs of that length."""

from __future__ import annotations

from functools import partial
from typing import cast

import numpy as np
import pytest

from symbp import tune
from symbp.passes.machine import TURNED

POOL = np.zeros(3 * tune.NUMBERS[-1], np.float32)


@pytest.mark.parametrize("turned", TURNED)
def test_the_operand_that_is_named_lies_turned(turned: str) -> None:
    m, n, k = 8, 32, 64
    works = {key: work for key, work, _ in tune._products(POOL)}
    work = cast("partial[object]", works[f"product{turned} {(m, n, k)}"])
    a, b, out = (np.asarray(array) for array in work.args)
    assert (a.shape[1:], b.shape[1:], out.shape[1:]) == ((m, k), (k, n), (m, n))
    step = POOL.itemsize
    assert a.strides[1:] == ((step, m * step) if turned == "a" else (k * step, step))
    assert b.strides[1:] == ((step, k * step) if turned == "b" else (n * step, step))


@pytest.mark.parametrize("run", [2, 32, 512])
def test_runs_end_with_a_gap_and_the_others_have_none(run: int) -> None:
    x, y, z = tune._operands(POOL, 1 << 13, run)
    assert x.shape == y.shape == z.shape == ((1 << 13) // run, run)
    assert x.strides[1] == x.itemsize and x.strides[0] > run * x.itemsize
    assert y.flags.c_contiguous and z.flags.c_contiguous


def test_a_run_of_all_has_no_gap_and_one_of_a_single_number_lies_turned() -> None:
    assert all(array.flags.c_contiguous for array in tune._operands(POOL, 1 << 13, tune.WHOLE))
    x, y, _ = tune._operands(POOL, 1 << 13, 1)
    assert x.shape == y.shape and x.strides[0] == x.itemsize < x.strides[1]


def test_all_sizes_and_runs_of_the_tables_are_timed() -> None:
    keys = {key for key, _, _ in tune._streams(POOL)}
    for kind in ("copy", "chain 1", "chain 2", "chain 3", "inner", "outer", "gather"):
        for n in tune.NUMBERS:
            assert {f"{kind} {n} {r}" for r in (*(r for r in tune.RUNS if r < n), tune.WHOLE)} <= keys
