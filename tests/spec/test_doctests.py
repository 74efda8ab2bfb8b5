"""The examples in the docstrings of the spec and of the graph."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import symbp.graph
import symbp.spec

MODULES = [
    f"{package.__name__}.{found.name}"
    for package in (symbp.spec, symbp.graph)
    for found in pkgutil.iter_modules(package.__path__)
]


@pytest.mark.parametrize("name", MODULES)
def test_docstrings(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
