"""Equal blocks are functions that are called per block: a module is as long as the distinct blocks of its network."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from symbp import compiler
from symbp.graph.build import build
from symbp.graph.model import Graph
from symbp.lower.model import Program, Repeat
from symbp.spec.load import loads

from .blocks import SPECS, source
from .generated import imported
from .test_allocation import LIMIT, own, peak

LEVELS = (0, 1)


def graph_of(name: str, times: int, dtype: str = "float64") -> Graph:
    return build(loads(source(name, times, dtype), "blocks.yaml"))


@cache
def text(name: str, times: int, level: int, dtype: str = "float64") -> str:
    return compiler.compile_graph(graph_of(name, times, dtype), level).module


@cache
def module(name: str, level: int) -> ModuleType:
    return imported(f"blocks_{name}_{level}", text(name, 4, level))


@cache
def in_full(name: str, level: int) -> ModuleType:
    """The same network with every block in full."""
    graph = replace(graph_of(name, 4), repeats=())
    return imported(f"unrolled_{name}_{level}", compiler.compile_graph(graph, level).module)


def without_tables(source: str) -> list[str]:
    """The lines of a module without those that list shapes and layers, the header and the constants of each depth."""
    tables = re.compile(r'^ {4}["(]|^ {4}slice\(|^DECAYED|^(SIZE|TRAINED|STATE_SIZE) ')
    return [line for line in source.splitlines() if not tables.match(line) and not line.startswith("#")]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", SPECS)
def test_a_module_is_as_long_with_more_blocks(name: str, level: int) -> None:
    few = 3 if name == "unlike" else 2  # there, of two blocks one stands alone
    lengths = {len(without_tables(text(name, times, level))) for times in (few, 8, 32)}
    assert max(lengths) - min(lengths) <= 4, lengths  # numbers of more digits may break a line


def results(made: ModuleType) -> list[Any]:
    """Loss, gradients, three steps, states and predictions."""
    rng = np.random.default_rng(0)
    theta = 0.5 * rng.normal(size=made.SIZE)
    x, y = made._random_data(rng)
    draws = {"rng": np.random.default_rng(5)} if hasattr(made, "RANDOM") else {}
    loss, grad = made.loss_and_grad(theta, x, y, **draws)
    draws = {"rng": np.random.default_rng(5)} if draws else {}
    inputs = made.input_gradient(theta, x, y, **draws)
    net = made.Network(seed=3)
    start = net.theta.copy()
    steps = [net.step(x, y) for _ in range(3)]
    states = net.state if hasattr(made, "STATE") else {}
    ends = [*(states[label] for label in sorted(states)), net.predict(x), net.theta]
    return [loss, grad, *(inputs[label] for label in sorted(inputs)), start, steps, *ends]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", SPECS)
def test_blocks_compute_what_they_do_in_full(name: str, level: int) -> None:
    *exact, theta = zip(results(module(name, level)), results(in_full(name, level)), strict=True)
    for found, wanted in exact:
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-14)
    # The gradient of the bias of keys is 0, and computed as about 1e-17; Adam divides it by 1e-8.
    np.testing.assert_allclose(*theta, rtol=1e-12, atol=1e-10)


@pytest.mark.parametrize("name", SPECS)
def test_names_and_shapes_are_those_of_all_blocks(name: str) -> None:
    found, wanted = module(name, 1), in_full(name, 1)
    for table in ("PARAMETERS", "STATE", "RANDOM", "LAYERS", "DECAYED", "SIZE"):
        assert getattr(found, table, None) == getattr(wanted, table, None)
    if hasattr(found, "RANDOM"):
        x, _ = found._random_data(np.random.default_rng(0))
        first, second = (m.drawn(np.random.default_rng(1), x) for m in (found, wanted))
        assert {k: v.tolist() for k, v in first.items()} == {k: v.tolist() for k, v in second.items()}


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", ["decoder", "nested", "unlike", "beside"])
def test_it_is_verified(name: str, level: int) -> None:
    assert compiler.generate_graph(graph_of(name, 3), level)[1].passed


@pytest.mark.parametrize("name", ["residual", "transformer", "nested"])
def test_a_step_makes_no_arrays(name: str) -> None:
    made = imported(f"blocks_{name}_float32", text(name, 4, 1, "float32"))
    net = made.Network()
    x, y = made._random_data(np.random.default_rng(0))
    label, kind = next(iter(made.INPUTS)), np.intp if made.TARGET["kind"] == "labels" else net.dtype
    inner = np.intp if made.INPUT_KINDS[label] == "integer" else net.dtype
    arrays = (own(np.repeat(x[label], 200, 0), inner), own(np.repeat(y, 200, 0), kind))
    for _ in range(3):
        net.step(*arrays)
    assert peak(lambda: net.step(*arrays), 20) < LIMIT


def test_ruff_and_mypy_find_nothing(tmp_path: Path) -> None:
    ruff = pytest.importorskip("ruff", reason="ruff is not installed").__name__
    pytest.importorskip("mypy", reason="mypy is not installed")
    for name in ("transformer", "nested", "computed"):
        for level in LEVELS:
            (tmp_path / f"{name}_{level}.py").write_text(text(name, 4, level))
            assert max(map(len, text(name, 4, level).splitlines())) <= 100
    for command in ([ruff, "check", "--isolated", "--target-version", "py310"], ["mypy", "--strict"]):
        files = [str(path) for path in sorted(tmp_path.glob("*.py"))]
        run = subprocess.run([sys.executable, "-m", *command, *files], capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout + run.stderr


def loops(program: Program) -> list[tuple[str, int, int]]:
    return [(s.copies.label, s.copies.first, s.copies.count) for s in program.statements
            if isinstance(s, Repeat) and s.part == "forward"]  # fmt: skip


def test_the_blocks_that_differ_from_the_others_stand_alone() -> None:
    program = compiler.compile_graph(graph_of("unlike", 5)).program
    assert loops(program) == [("wide", 1, 4), ("tied", 1, 4), ("still", 0, 5)]
    assert [b.graph.name for b in program.bodies] == ["wide", "tied", "still"]


@pytest.mark.parametrize(
    ("read", "wanted"),
    [("block.2", [("block", 0, 3), ("block", 3, 3)]), ("block.2.bn", [("block", 0, 2), ("block", 3, 3)])],
)
def test_a_block_that_others_read_ends_a_loop(read: str, wanted: list[tuple[str, int, int]]) -> None:
    added = f"  - {{type: add, name: sum, inputs: [block, {read}]}}\n"
    spec = source("residual", 6).replace("  - {type: global_avg", f"{added}  - {{type: global_avg")
    program = compiler.compile_graph(build(loads(spec, "blocks.yaml"))).program
    assert loops(program) == wanted
    assert [b.graph.name for b in program.bodies] == ["block"]  # what both loops repeat is one function
