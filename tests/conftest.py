"""Tests derive everything anew, and leave nothing in the user's folders."""

import gc
import os
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path

os.environ["SYMBP_CACHE"] = "off"

# numba looks for the package `coverage`, which is not installed: it must not find the folder of that name beside this.
PATHS = list(sys.path)
sys.path[:] = [p for p in PATHS if Path(p).resolve() != Path(__file__).resolve().parent]
with suppress(ImportError):
    import_module("numba")
sys.path[:] = PATHS


def pytest_collection_finish() -> None:
    """What is loaded stays: looking through it for garbage again and again takes a tenth of all time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
