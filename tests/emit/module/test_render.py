"""A module made from code written by hand: it works, and says what it is."""

from __future__ import annotations

import hashlib
import re
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from symbp.emit.model import Line
from symbp.emit.module import render
from symbp.emit.module_core import kept_only, typed
from symbp.emit.module_data import METRICS, PREDICTIONS, RANGES, TARGET_KINDS, target_kind
from symbp.emit.module_parameters import decayed, initial_lines
from symbp.graph.model import ParameterInit
from symbp.library import registry

from .digits import CODE, DERIVATION, GRAPH

TEXT = render(DERIVATION, CODE, 1)


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    (tmp_path / "digits_by_hand.py").write_text(TEXT)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "digits_by_hand", raising=False)
    return __import__("digits_by_hand")


def test_it_works(module: ModuleType) -> None:
    module.check_gradients()
    rng = np.random.default_rng(0)
    x = rng.standard_normal((80, 64))
    net = module.Network().fit(x, np.argmax(x[:, :10], axis=1), epochs=60, batch_size=8, verbose=False)
    assert net.score(x, np.argmax(x[:, :10], axis=1)) > 0.9


def test_the_metadata(module: ModuleType) -> None:
    assert module.NAME == "digits" and module.DTYPE == "float32" and module.SIZE == 1210
    assert module.PARAMETERS == {"fc1.W": (64, 16), "fc1.b": (16,), "fc2.W": (16, 10), "fc2.b": (10,)}
    assert module.INPUTS == {"x": (64,)} and module.INPUT_KINDS == {"x": "real"}
    assert module.TARGET == {"name": "t", "shape": (), "kind": "labels", "classes": 10}
    assert module.OUTPUT == (10,) and module.METRIC == "accuracy"
    assert (module.EPOCHS, module.BATCH_SIZE, module.SEED, module.LOSS_BELOW) == (20, 32, 0, None)


def test_the_mathematics_stands_at_the_top() -> None:
    heads = ("def softmax(", "def forward(", "def loss_of(", "def backward(", "def input_backward(", "class Network")
    at = [TEXT.index(head) for head in heads]
    assert at == sorted(at)
    assert TEXT.count("\n", 0, at[4]) < 120


def test_the_body_has_the_hash_that_the_header_states() -> None:
    stated = re.search(r"^# body sha256: ([0-9a-f]{64})\n", TEXT, re.MULTILINE)
    assert stated is not None
    assert hashlib.sha256(TEXT[stated.end() :].encode()).hexdigest() == stated.group(1)
    assert render(DERIVATION, CODE, 1) == TEXT


def test_a_body_may_need_no_input_gradient(tmp_path: Path) -> None:
    text = render(DERIVATION, replace(CODE, input_backward=(), input_gradient=(), probability=()), 1)
    assert "def input_backward" not in text and "def predict_proba" not in text
    assert "def input_gradient" in text
    compile(text, "digits.py", "exec")


def test_decaying_neighbours_are_joined() -> None:
    assert decayed(GRAPH) == "(slice(0, 1024), slice(1040, 1200))"
    first, second, third, fourth = GRAPH.parameters
    swapped = replace(GRAPH, parameters=(first, third, second, fourth))
    assert decayed(swapped) == "(slice(0, 1184),)"


def test_initial_values_as_statements() -> None:
    def lines(*inits: ParameterInit) -> tuple[str, ...]:
        parameters = tuple(replace(p, init=i) for p, i in zip(GRAPH.parameters[1:2], inits, strict=True))
        return initial_lines(replace(GRAPH, parameters=parameters), CODE)

    assert lines(ParameterInit("zeros", "constant", 0.0)) == ()
    assert lines(ParameterInit("ones", "constant", 1.0))[1] == "p.b_fc1[...] = 1.0  # ones"
    numbers = lines(ParameterInit("numbers", "values", 1.0, values=tuple(k / 7 for k in range(16))))
    assert numbers[1] == "p.b_fc1[...] = [" and len(numbers) == 19
    with pytest.raises(ValueError, match="no such distribution"):
        lines(ParameterInit("odd", "odd", 1.0))


def test_every_loss_has_a_kind_of_target_a_metric_and_a_prediction() -> None:
    for loss in registry.losses().values():
        assert loss.target_range in RANGES, loss.type
        assert loss.score in {*METRICS, ""} and loss.predict in PREDICTIONS, loss.type
    assert set(RANGES.values()) <= set(TARGET_KINDS)
    assert target_kind(GRAPH, GRAPH.targets[0]) == "labels"


def test_returned_names_are_typed() -> None:
    def texts(*lines: str) -> list[str]:
        return [line.text for line in typed(tuple(map(Line, lines)), "y")]

    assert texts("y = a + b") == ["y: Array = a + b", "return y"]
    assert texts("y = ws.y = a + b") == ["y = ws.y = a + b", "return ws.y"]
    assert texts("y = ws.y", "y += b") == ["y = ws.y", "y += b", "return y"]
    assert texts("x, y = f(z)") == ["x, y = f(z)", "return y"]


def test_unread_names_are_left_out() -> None:
    lines = kept_only(tuple(map(Line, ("a = ws.a = f(x)", "b = ws.b = g(a, p.b)", "c = ws.c", "ws.d = c"))))
    assert [line.text for line in lines] == ["a = ws.a = f(x)", "ws.b = g(a, p.b)", "c = ws.c", "ws.d = c"]
