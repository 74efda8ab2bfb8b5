"""Templates arrange and do not decide: no assignment, call, arithmetic, comparison, subscript or macro in them."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import nodes

from symbp.emit import environment as emit_environment

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
FILES = sorted(p for p in TEMPLATES.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
FORBIDDEN = (
    nodes.Assign, nodes.AssignBlock, nodes.Call, nodes.CallBlock, nodes.Macro, nodes.Compare, nodes.Getitem,
    nodes.BinExpr,
    nodes.CondExpr, nodes.Concat, nodes.Filter, nodes.FilterBlock, nodes.Test, nodes.UnaryExpr, nodes.And, nodes.Or,
)  # fmt: skip


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(TEMPLATES)))
def test_no_logic(path: Path) -> None:
    environment = emit_environment.environment(path.parent.relative_to(TEMPLATES).parts[0])
    tree = environment.parse(path.read_text(encoding="utf-8"))
    found = [f"{type(n).__name__} in line {n.lineno}" for kind in FORBIDDEN for n in tree.find_all(kind)]
    assert found == []
