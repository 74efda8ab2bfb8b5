"""``docs/spec.md`` is what the declarations say, and its examples are right."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from symbp.graph.build import build
from symbp.library import registry
from symbp.spec.document import spec_document
from symbp.spec.load import loads
from symbp.spec.model import Spec

ROOT = Path(__file__).resolve().parents[2]


def test_the_file_is_up_to_date() -> None:
    """``python -m symbp.spec.document`` writes it."""
    assert (ROOT / "docs" / "spec.md").read_text(encoding="utf-8") == spec_document()


def test_every_type_and_key_is_named() -> None:
    text = spec_document()
    kinds = (registry.layers, registry.activations, registry.losses, registry.optimizers, registry.schedules)
    for kind in (*kinds, registry.initializers, registry.penalties, registry.clips):
        for name, declared in kind().items():
            assert f"`{name}" in text or f"### {name}" in text
            for key in getattr(declared, "keys", ()):
                assert f"`{key.name}`" in text


def test_its_examples_are_right() -> None:
    first, definitions = re.findall(r"```yaml\n(.*?)```", spec_document(), re.DOTALL)
    spec = loads(first)
    uses = "symbp: 1\nname: net\ninput: {x: [4]}\nlayers:\n  - {type: gated, units: 3, activation: bent}\n"
    rest = "loss: quartic\ntrain: {optimizer: {type: heavy_ball, lr: 0.1}}\n"
    assert build(loads(uses + definitions + rest)).training.update.state == (("v", 0.0),)
    (python,) = re.findall(r"```python\n(.*?)```", spec_document(), re.DOTALL)
    (call,) = ast.parse(python).body
    assert isinstance(call, ast.Expr)
    assert isinstance(call.value, ast.Call)
    assert Spec(**{k.arg: ast.literal_eval(k.value) for k in call.value.keywords if k.arg}) == spec
