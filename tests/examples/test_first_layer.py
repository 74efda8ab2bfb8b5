"""A training step computes no gradient of an input, and nothing else that no parameter's gradient needs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from symbp.compiler import Artifacts, compile_spec
from symbp.lower.model import BACKWARD, INPUT, RoutineCall, reads
from symbp.spec.load import load

ROOT = Path(__file__).resolve().parents[2]
NAMES = sorted(p.stem for p in (ROOT / "generated").glob("*.py"))


@pytest.fixture(scope="module", params=[(name, level) for name in NAMES for level in (0, 1)], ids=str)
def made(request: pytest.FixtureRequest) -> Artifacts:
    """The tests of one module stand together: it is made once."""
    name, level = request.param
    return compile_spec(load(ROOT / "specs" / f"{name}.yaml"), level)


def test_a_step_computes_no_gradient_of_an_input(made: Artifacts) -> None:
    program, code = made.program, made.code
    assert [label for label, _ in code.input_gradient] == [label for label, _ in program.input_gradients]
    real = [name for name in made.graph.inputs if not made.graph.tensor(name).integer]
    assert [label for label, _ in code.input_gradient] == real  # integers have none
    bodies = dict(code.input_backward)
    for label, cotangent in (*code.input_gradient, *program.input_gradients):
        word = re.compile(rf"\b{re.escape(cotangent)}\b")
        assert any(word.search(line.text) for line in bodies[label])  # it is computed where it is asked for
        assert [line.text for line in code.backward if word.search(line.text)] == []
        assert cotangent in {s.target for s in program.plain(INPUT + label)}
        assert cotangent not in {s.target for s in program.plain(BACKWARD)}


def test_every_statement_of_the_backward_pass_serves_a_parameter(made: Artifacts) -> None:
    program = made.program
    needed = {a.name for a in program.arrays if a.kind == "gradient"}
    for s in reversed([s for s in program.statements if s.stage == BACKWARD]):
        targets = s.targets if isinstance(s, RoutineCall) else (s.target,)
        assert needed.intersection(targets), f"nothing needs {', '.join(targets)}"
        needed.update(s.arguments if isinstance(s, RoutineCall) else reads(s.value))
