"""PyTorch keeps some scalars of its optimisers in its default dtype: here that is float64."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _double_precision() -> Iterator[None]:
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle here: make test TORCH=1")
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)
