"""Types and style: the package, its tests and what it generates pass mypy --strict and ruff as they stand."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def clean(*command: str) -> None:
    run = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, cwd=ROOT, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_ruff() -> None:
    clean("ruff", "check", ".")


def test_generated_files_pass_ruff_as_it_comes() -> None:
    clean("ruff", "check", "--isolated", "generated")


def test_mypy() -> None:
    clean("mypy")


def test_generated_files_pass_mypy_strict() -> None:
    clean("mypy", "--strict", "generated")


def test_nothing_is_silenced() -> None:
    """No `type: ignore` and no `noqa` without a reason beside it."""
    for path in sorted([*(ROOT / "symbp").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")]):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            silenced = re.search(r"# (?:type: ignore\[[\w-]+\]|noqa: \w+)(.*)|# (?:type: ignore|noqa)", line)
            assert silenced is None or len(silenced.group(1) or "") > 10, f"{path}:{number}: why?"
