"""A step of a network that has use for it sets the size of NumPy's own buffers, and puts it back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from symbp.emit.module_steps import SCRATCH

from .generated import data, made

USUAL = np.getbufsize()
NAME = "classes"


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes that the updates of a network see."""
    module, sizes = made(NAME), list[int]()
    update = module.update

    def watched(*arguments: Any) -> None:
        sizes.append(np.getbufsize())
        update(*arguments)

    monkeypatch.setattr(module, "update", watched)
    return sizes


@pytest.mark.parametrize("call", ["step", "fit"])
def test_the_size_is_that_of_a_step_within_it_only(call: str, seen: list[int]) -> None:
    x, y = data(NAME, n=SCRATCH)
    net = made(NAME).Network(seed=0)
    net.step(x, y) if call == "step" else net.fit(x, y, epochs=1, batch_size=SCRATCH, verbose=False)
    assert seen == [SCRATCH]
    assert np.getbufsize() == USUAL


def test_an_error_in_a_step_leaves_the_size_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*_: Any) -> None:
        raise ArithmeticError

    x, y = data(NAME, n=SCRATCH)
    monkeypatch.setattr(made(NAME), "update", wrong)
    for call in (lambda net: net.step(x, y), lambda net: net.fit(x, y, epochs=1, verbose=False)):
        with pytest.raises(ArithmeticError):
            call(made(NAME).Network(seed=0))
        assert np.getbufsize() == USUAL
