"""Formulas from the literature as layers and losses of a spec's own: whole modules, which `generate` verifies."""

from __future__ import annotations

import pytest

from symbp import compiler
from symbp.spec.load import loads

from .literature_specs import SPECS


@pytest.mark.parametrize("level", [compiler.SIMPLEST, compiler.DEFAULT])
@pytest.mark.parametrize("name", SPECS)
def test_a_module_is_generated_and_verified(name: str, level: int) -> None:
    made, verdict = compiler.generate(loads(SPECS[name], f"{name}.yaml"), level)
    assert verdict.passed
    assert {row.method for row in verdict.rows} >= {"complex step", "reference"}
    assert made.graph.nodes


def test_there_are_a_dozen_layers_and_losses_with_their_sources() -> None:
    assert len(SPECS) > 15
    assert all(text.startswith("\n# ") and len(text.splitlines()[1]) > 20 for text in SPECS.values())
