"""Whether numba is there to compile the loops of a module."""

from __future__ import annotations

import sys

import pytest


def needs_numba() -> None:
    """Skips what calls it where numba is missing.

    numba looks for the package that measures the coverage of tests; the folder of tests of that name is not it.
    """
    own = sys.modules.pop("coverage", None)
    sys.modules["coverage"] = None  # type: ignore[assignment]
    try:
        pytest.importorskip("numba", reason="numba compiles the loops of this module")
    finally:
        del sys.modules["coverage"]
        if own is not None:
            sys.modules["coverage"] = own
