"""Nothing is written on a finding, nothing is lost half-way, colour only on a terminal."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from symbp import compiler, output
from symbp.cli import main
from symbp.errors import OutputError

ROOT = Path(__file__).resolve().parents[2]
OLD = "# an older file\n"


@pytest.fixture
def xor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copy(ROOT / "specs" / "xor.yaml", tmp_path / "xor.yaml")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_wrong_gradient_is_not_written(xor: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command itself refuses a module with one wrong sign, and leaves the file that was there as it was."""
    honest = compiler.compile_graph

    def planted(*arguments: object) -> compiler.Artifacts:
        made = honest(*arguments)  # type: ignore[arg-type]
        wrong = made.module.replace("out=g.W_hidden)", "out=g.W_hidden)\n    g.W_hidden *= 1 + 1e-8")
        assert wrong != made.module
        return replace(made, module=wrong)

    (xor / "generated").mkdir()
    (xor / "generated" / "xor.py").write_text(OLD)
    monkeypatch.setattr(compiler, "compile_graph", planted)
    run = CliRunner().invoke(main, ["generate", "xor.yaml", "--force"])
    assert run.exit_code == 1
    assert "V501" in run.stderr
    assert "hidden.W" in run.stderr
    assert (xor / "generated" / "xor.py").read_text() == OLD
    assert [p.name for p in (xor / "generated").iterdir()] == ["xor.py"]


def test_a_write_that_fails_half_way_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file.py"
    path.write_text(OLD)

    def full(*_: object) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OutputError, match="No space left"):
        output.write((output.Pending(path, "new\n"),), force=True)
    assert path.read_text() == OLD
    assert [p.name for p in tmp_path.iterdir()] == ["file.py"]


@pytest.mark.parametrize("options", [[], ["--pdf"]])
def test_an_unwritable_report_is_a_finding(xor: Path, options: list[str]) -> None:
    if options and shutil.which("pdflatex") is None:
        pytest.skip("pdflatex is not installed")
    run = CliRunner().invoke(main, ["report", "xor.yaml", *options, "-o", str(xor / "xor.yaml" / "inside" / "file")])
    assert run.exit_code == 1
    assert "O604" in run.stderr
    assert run.exception is None or isinstance(run.exception, SystemExit)


def test_init_writes_the_schema_that_it_names(xor: Path) -> None:
    assert CliRunner().invoke(main, ["init", "mine.yaml"]).exit_code == 0
    named = (xor / "mine.yaml").read_text().splitlines()[0].partition("$schema=")[2]
    assert '"$defs"' in (xor / named).read_text()


def on_a_terminal(arguments: list[str], folder: Path, **variables: str) -> str:
    """What the command writes to a pseudo-terminal."""
    ours, theirs = pty.openpty()
    environment = {**{k: v for k, v in os.environ.items() if k != "NO_COLOR"}, **variables}
    subprocess.run(
        [sys.executable, "-m", "symbp", *arguments],
        stdout=theirs,
        stderr=theirs,
        cwd=folder,
        env=environment,
        check=False,
    )
    os.close(theirs)
    return os.read(ours, 100_000).decode()


def test_colour_on_a_terminal_only(xor: Path) -> None:
    (xor / "bad.yaml").write_text((xor / "xor.yaml").read_text().replace("units: 8", "unitz: 8"))
    assert "\x1b[" in on_a_terminal(["check", "bad.yaml"], xor)
    assert "\x1b[" not in on_a_terminal(["check", "bad.yaml"], xor, NO_COLOR="1")
    assert "\x1b[" in on_a_terminal(["check", "bad.yaml"], xor, NO_COLOR="")
    piped = subprocess.run(
        [sys.executable, "-m", "symbp", "check", "bad.yaml"], capture_output=True, cwd=xor, check=False
    )
    assert b"\x1b[" not in piped.stderr
