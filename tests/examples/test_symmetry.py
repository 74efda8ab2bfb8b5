"""docs/symmetry.md is true: its spec is generated and its session run."""

from __future__ import annotations

import doctest
import re
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "symmetry.md"


def test_the_page_on_symmetry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = re.search(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    (tmp_path / "symmetry.yaml").write_text(found.group(1), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    result = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")
    sys.modules.pop("symmetry", None)
    assert result.failed == 0
    assert result.attempted > 12
