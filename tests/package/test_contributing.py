"""CONTRIBUTING.md's "add a layer", followed to the letter."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_add_a_layer_to_the_letter(tmp_path: Path) -> None:
    for folder in ("symbp", "templates"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    files = re.findall(r"<!-- add-a-layer: (\S+) -->\n```\w+\n(.*?)```", text, re.DOTALL)
    assert len(files) == 2
    for name, body in files:
        (tmp_path / name).write_text(body, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}

    def symbp(*arguments: str) -> str:
        command = [sys.executable, "-m", "symbp", *arguments]
        run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False)
        assert run.returncode == 0, run.stderr
        return run.stdout

    shown = symbp("show", "quadratic")
    assert "dQ[j,i,k]" in shown
    assert "quadratic" in symbp("list", "layers")
    symbp("generate", "quadratic.yaml")
    assert "Q_q" in (tmp_path / "generated" / "quadratic_net.py").read_text()
    assert "quadratic" in symbp("report", "quadratic.yaml")
