"""The modules of the example specs, generated in the test process."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from types import ModuleType

from symbp.compiler import compile_spec
from symbp.spec.load import load
from symbp.verify.loading import loaded

SPECS = Path(__file__).resolve().parents[2] / "specs"


@cache
def example(name: str) -> ModuleType:
    """The imported module of ``specs/name.yaml``; other tests verify it."""
    with loaded(compile_spec(load(SPECS / f"{name}.yaml")).module) as module:
        return module
