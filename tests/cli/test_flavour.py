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

SPECS = Path(__file__).resolve().parents[2] / "specs"
XOR, DIGITS = str(SPECS / "xor.yaml"), str(SPECS / "digits.yaml")


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


@pytest.mark.usefixtures("without_numba")
def test_the_stages_of_a_flavour_are_shown_without_numba() -> None:
    def shown(*options: str, spec: str = XOR) -> str:
        run = CliRunner().invoke(main, ["show", spec, *options])
        assert run.exit_code == 0, run.stderr
        return run.stdout

    passes = shown("--stage", "passes", "--flavour", "numba")
    assert "\nkernels: " in passes
    assert "out_forward: a compiled loop (" in passes
    assert "calls of NumPy" in passes
    assert "z_hidden: loops (" in passes
    assert "a call of BLAS" in passes
    assert "\nkernels: " not in shown("--stage", "passes")
    program = shown("--stage", "program", "--flavour", "numba")
    assert "  kernel out_forward:\n    z_hidden[n,j] = sum[i]" in program
    assert "\n    z_out[n,j] = sum[i]" in program  # a small product is a part of the kernel
    program = shown("--stage", "program", "--flavour", "numba", spec=DIGITS)
    assert "  kernel fc1_forward:\n    z_fc1[n,j] = z_fc1[n,j] + b_fc1[j]" in program
    assert "\n  z_fc2[n,j] = dot[i]" in program  # behind the kernel, no part of it
    assert "kernel" not in shown("--stage", "program", "--flavour", "numpy")


@pytest.mark.parametrize("what", [[XOR], [XOR, "--stage", "derivation"], ["dense"]])
def test_what_has_no_flavour_says_so(what: list[str]) -> None:
    run = CliRunner().invoke(main, ["show", *what, "--flavour", "numba"])
    assert run.exit_code == 2
    assert "--flavour changes the stages program and passes only" in run.stderr
