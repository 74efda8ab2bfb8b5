"""Blocks whose values the backward pass computes again: the same numbers to the last bit, in less memory."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from symbp import compiler
from symbp.errors import DerivationError
from symbp.graph.build import build
from symbp.passes.account import Ledger
from symbp.spec.load import loads

from .blocks import SPECS, source
from .generated import imported
from .test_blocks import LEVELS, graph_of, module, results

ROOT = Path(__file__).resolve().parents[2]
LESS = ("residual", "transformer", "decoder")  # the others have little within a block


@cache
def again(name: str, level: int) -> tuple[ModuleType, Ledger]:
    """The network with every block computed again."""
    graph = graph_of(name, 4)
    made = compiler.compile_graph(replace(graph, checkpoints=graph.repeats), level)
    return imported(f"again_{name}_{level}", made.module), made.ledger


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", SPECS)
def test_losses_gradients_and_steps_are_the_same_to_the_last_bit(name: str, level: int) -> None:
    for a, b in zip(results(again(name, level)[0]), results(module(name, level)), strict=True):
        assert np.array_equal(a, b)


def owner(array: Any) -> Any:
    """The array that a view lies in; one of windows stands between two others."""
    base = array.base if isinstance(array.base, np.ndarray) else getattr(array.base, "base", None)
    return owner(base) if isinstance(base, np.ndarray) else array


def numbers(workspace: object, met: set[int]) -> int:
    """How many numbers the arrays of a workspace hold, each memory once."""
    total = 0
    for value in workspace if isinstance(workspace, list) else vars(workspace).values():
        if isinstance(value, np.ndarray):
            whole = owner(value)
            on_lines = whole.dtype == np.uint8  # 64 bytes more, to begin on a cache line
            size = (whole.nbytes - 64) // value.itemsize if on_lines else whole.size
            total += size if id(whole) not in met else 0
            met.add(id(whole))
        elif isinstance(value, list) or hasattr(value, "__dict__"):
            total += numbers(value, met)
    return total


def memory(made: ModuleType) -> int:
    """The numbers that a training step of 5 samples holds."""
    sizes = (5, 9)[: made.Workspace.__init__.__code__.co_argcount - 2]
    return numbers(made.Workspace(np.dtype("float64"), *sizes), set())


@pytest.mark.parametrize("name", LESS)
def test_a_step_needs_less_memory(name: str) -> None:
    assert memory(again(name, 1)[0]) < 0.95 * memory(module(name, 1))


def test_memory_grows_with_the_outputs_of_blocks_alone() -> None:
    """Of each further block the output and its gradient are kept: two arrays of [n, T, units]."""
    made: dict[int, Any] = {}
    for times in (4, 8):
        graph = graph_of("transformer", times)
        text = compiler.compile_graph(replace(graph, checkpoints=graph.repeats)).module
        made[times] = imported(f"again_transformer_of_{times}", text)
    kept = 5 * 9 * 6
    drawn = kept  # what dropout draws
    assert memory(made[8]) - memory(made[4]) == 4 * (2 * kept + drawn)


def test_the_ledger_says_what_is_kept() -> None:
    entry = next(e for e in again("transformer", 1)[1].entries if e.name == "a block of block: memory")
    assert "each block keeps" in entry.did
    assert "the others are computed again" in entry.did


def test_only_the_last_block_is_not_computed_again() -> None:
    text = Path(str(again("residual", 1)[0].__file__)).read_text(encoding="utf-8")
    loop = text[text.index("    for block in reversed(range(4)):") :]
    assert "        if block < 3:\n            block_forward(" in loop[:400]


def test_copies_that_stand_apart_are_refused() -> None:
    unlike = source("before", 2).replace("units: 4, activation: tanh", "units: 3, activation: tanh")
    unlike = unlike.replace("name: block\n", "name: block\n    checkpoint: true\n")
    graph = build(loads(unlike, "unlike.yaml"))
    with pytest.raises(DerivationError) as caught:
        compiler.compile_graph(graph)
    assert [p.code for p in caught.value.problems] == ["D402"]
    assert "'block'" in str(caught.value)
    assert compiler.compile_graph(graph, hvp=True).module  # there every copy stands in full
