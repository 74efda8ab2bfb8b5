"""Which networks have a whole step in one compiled call."""

from __future__ import annotations

import pytest

from symbp.compiler import COMPILED, compile_spec
from symbp.spec.load import loads


@pytest.mark.parametrize(("layers", "whole"), [(3, True), (24, False)])
def test_a_step_of_many_statements_is_not_one_compiled_call(layers: int, whole: bool) -> None:
    rows = "\n".join(f"  - {{type: dense, name: l{k}, units: 8, activation: tanh}}" for k in range(layers))
    made = compile_spec(
        loads(f"symbp: 1\nname: deep\ninput: {{x: [8]}}\nlayers:\n{rows}\nloss: {{type: mse}}\n"), COMPILED
    )
    assert ("def _one_step(" in made.module) == whole
    choices = [c for e in made.ledger.entries for c in e.choices if e.name == "kernels" and c.what == "a step"]
    assert bool(choices) == whole
