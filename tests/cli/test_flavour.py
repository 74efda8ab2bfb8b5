"""``symbp generate --flavour numba``: what is written, and what is said where numba is missing."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from click.testing import CliRunner
from module.compiling import needs_numba

import symbp
from symbp.cli import main
from symbp.errors import VerificationError

XOR = str(Path(__file__).resolve().parents[2] / "specs" / "xor.yaml")


@pytest.fixture
def without_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "numba" else found(name))


@pytest.mark.usefixtures("without_numba")
def test_without_numba_nothing_is_written(tmp_path: Path) -> None:
    run = CliRunner().invoke(main, ["generate", XOR, "--flavour", "numba", "-o", str(tmp_path / "out")])
    assert run.exit_code == 1
    assert "V506" in run.stderr
    assert "pip install 'symbp[numba]'" in run.stderr
    assert not (tmp_path / "out").exists()
    with pytest.raises(VerificationError, match="numba is not installed"):
        symbp.generate(XOR, flavour="numba")


def test_the_simplest_form_has_no_flavour(tmp_path: Path) -> None:
    run = CliRunner().invoke(main, ["generate", XOR, "--flavour", "numba", "--optimize", "0", "-o", str(tmp_path)])
    assert run.exit_code == 2
    assert "--optimize 0" in run.stderr


def test_a_compiled_module_is_written(tmp_path: Path) -> None:
    needs_numba()
    run = CliRunner().invoke(main, ["generate", XOR, "--flavour", "numba", "-o", str(tmp_path)])
    assert run.exit_code == 0, run.stderr
    text = (tmp_path / "xor.py").read_text()
    assert "@compiled" in text
    assert "import numba" in text
    assert "def _steps(" in text
