"""Arrays that are made once begin on cache lines; the simplest form makes them as one would first write it."""

from __future__ import annotations

import re
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from symbp.emit.cache_lines import on_lines

from .generated import data, made, text

NAME = "classes"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("self.z = np.empty((n, 10), dtype)", "self.z = _empty((n, 10), dtype)"),
        ("self.z = np.zeros((n, 10), dtype)", "self.z = _zeros((n, 10), dtype)"),
        ("self.m = np.zeros(SIZE, dtype)", "self.m = _zeros(SIZE, dtype)"),
        ("self.lr_array = np.empty((), dtype)", "self.lr_array = np.empty((), dtype)"),  # a number
        ("self.loss: Array = np.empty(0, dtype)", "self.loss: Array = np.empty(0, dtype)"),  # nothing yet
        ("self.ones_n = np.ones(n, dtype)", "self.ones_n = np.ones(n, dtype)"),
        ("self.a = self.z", "self.a = self.z"),
    ],
)
def test_what_holds_zeros_or_nothing_yet_begins_on_a_line(before: str, after: str) -> None:
    assert on_lines([before]) == (after,)


def arrays_of(module: ModuleType, dtype: str) -> dict[str, Any]:
    """The flat vectors and what the text makes by `_zeros` and `_empty`."""
    net = module.Network(seed=0, dtype=dtype)
    net.step(*data(NAME))
    (workspace,) = net._first.workspaces.values()
    names = re.findall(r"self\.(\w+) = _(?:zeros|empty)", text(NAME))
    held = {**vars(net._optimizer), **vars(workspace)}
    return {"theta": net.theta, "grad": net._grad, **{name: held[name] for name in names if name in held}}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_arrays_of_a_step_begin_on_lines(dtype: str) -> None:
    found = arrays_of(made(NAME), dtype)
    assert {"m", "v", "z_fc1"} <= set(found)
    assert {name for name, a in found.items() if a.ctypes.data % 64} == set()
    assert all(a.flags.writeable and a.flags.aligned for a in found.values())


def test_the_simplest_form_has_no_such_function() -> None:
    assert not {"_zeros", "_empty"} & set(vars(made(NAME, 0)))


def test_what_must_be_zero_is() -> None:
    zeros = made(NAME)._zeros((3, 5), np.float32)
    zeros.fill(1)  # the next array may have its memory
    del zeros
    assert not made(NAME)._zeros((3, 5), np.float32).any()


def test_copies_train_on_to_the_same_bits() -> None:
    net = made(NAME).Network(seed=0)
    net.step(*data(NAME))
    other = net.copy()
    assert net.step(*data(NAME)) == other.step(*data(NAME))
    assert np.array_equal(net.theta, other.theta)
