"""A residual network of 152 layers: its module is as long as its distinct blocks, and it is verified."""

from __future__ import annotations

import re
from functools import cache

import pytest

from symbp import compiler
from symbp.graph.build import build
from symbp.graph.model import Graph
from symbp.spec.load import loads
from symbp.verify.check import verify

HEAD = """
symbp: 1
name: deep
input: {x: [3, 8, 8]}
layers:
  - {type: conv2d, name: stem, filters: 8, kernel: 3, padding: 1, bias: false}
  - {type: batch_norm, name: stem_norm, activation: relu}
"""
FIRST = """
  - type: residual
    name: downSTAGE
    activation: relu
    shortcut:
      - {type: conv2d, filters: WIDE, kernel: 1, stride: STRIDE, bias: false}
      - {type: batch_norm}
    layers:
      - {type: conv2d, filters: NARROW, kernel: 1, stride: STRIDE, bias: false}
      - {type: batch_norm, activation: relu}
      - {type: conv2d, filters: NARROW, kernel: 3, padding: 1, bias: false}
      - {type: batch_norm, activation: relu}
      - {type: conv2d, filters: WIDE, kernel: 1, bias: false}
      - {type: batch_norm}
"""
OTHERS = """
  - type: repeat
    name: stageSTAGE
    times: TIMES
    layers:
      - type: residual
        activation: relu
        layers:
          - {type: conv2d, filters: NARROW, kernel: 1, bias: false}
          - {type: batch_norm, activation: relu}
          - {type: conv2d, filters: NARROW, kernel: 3, padding: 1, bias: false}
          - {type: batch_norm, activation: relu}
          - {type: conv2d, filters: WIDE, kernel: 1, bias: false}
          - {type: batch_norm}
"""
TAIL = """
  - {type: global_avg_pool2d, name: pool}
  - {type: dense, name: head, units: 10}
loss: {type: cross_entropy}
train: {optimizer: {type: momentum, lr: 0.05}, batch_size: 16}
"""
DEPTHS = (2, 7, 35, 2)  # blocks of three convolutions behind the first one of each stage
TABLES = re.compile(r'^ {4}["(]')


def deep(depths: tuple[int, ...]) -> Graph:
    """The network with so many equal blocks in each stage."""
    text = HEAD
    for stage, times in enumerate(depths):
        wide = 8 * 2**stage
        words = {"WIDE": wide, "NARROW": wide // 2, "STRIDE": 1 + (stage > 0), "TIMES": times, "STAGE": stage}
        part = FIRST.lstrip("\n") + OTHERS.lstrip("\n")
        for word, value in words.items():
            part = part.replace(word, str(value))
        text += part
    return build(loads(text.lstrip() + TAIL.lstrip("\n"), "deep.yaml"))


def count(module: str) -> int:
    """The lines that are no entries of tables, of which each layer has its own."""
    return sum(not TABLES.match(line) for line in module.splitlines())


@cache
def made(depths: tuple[int, ...], level: int) -> compiler.Artifacts:
    return compiler.compile_graph(deep(depths), level)


def test_it_has_152_layers_and_is_verified() -> None:
    found = made(DEPTHS, compiler.DEFAULT)
    graph = found.graph
    weighted = [row for row in graph.rows if row.description.startswith(("conv2d", "dense"))]
    assert len(weighted) == 152 + 4  # the four detours are not counted
    assert verify(found.module, graph).passed
    assert count(found.module) < 8000


@pytest.mark.parametrize("level", [0, 1])
def test_the_module_is_as_long_as_that_of_a_shallow_one(level: int) -> None:
    shallow, many = (made(depths, level).module for depths in ((2, 2, 2, 2), DEPTHS))
    assert abs(count(many) - count(shallow)) <= 10  # numbers of more digits may break a line
    assert count(many) < (4000 if level == 0 else 6500)
