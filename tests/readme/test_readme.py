"""What the README shows is true: its commands run, its formulas and lines are the derived and the generated ones."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def run(command: str, folder: Path) -> str:
    """A command line of the README, `symbp` and `python` being those of this environment."""
    command = re.sub(r"^symbp\b", f"{sys.executable} -m symbp", command)
    command = re.sub(r"^python\b", sys.executable, command)
    environment = {**os.environ, "NO_COLOR": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, shell=True, capture_output=True, text=True, cwd=folder, env=environment, check=False)
    assert done.returncode == 0, f"{command}\n{done.stderr}"
    return done.stdout


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "specs", tmp_path / "specs")
    return tmp_path


def test_the_tour_runs_and_prints_what_it_shows(folder: Path) -> None:
    """Lines that start with ``$`` are run in order; the lines below each must stand in its output, ``...`` leaves
    out."""
    shown = 0
    for block in blocks("console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, expected = part.partition("\n")
            if command.startswith("make") or command.startswith("pip"):
                continue
            output = run(command.split("  #")[0], folder)
            for line in expected.splitlines():
                if line.strip() and line.strip() != "...":
                    assert line.rstrip() in output, f"$ {command}\n{line}\n--- is not in ---\n{output}"
                    shown += 1
    assert shown > 5


def test_the_python_of_the_tour_runs(folder: Path) -> None:
    run("symbp generate specs/digits.yaml", folder)
    for number, block in enumerate(blocks("python")):
        path = folder / "generated" / f"tour_{number}.py"
        path.write_text(block, encoding="utf-8")
        run(f"python {path.name}", folder / "generated")


def test_the_generated_lines_are_generated() -> None:
    """The block after the marker is part of generated/digits.py as it stands."""
    (lines,) = re.findall(r"<!-- generated: (\S+) -->\n```py\n(.*?)```", README, re.DOTALL)
    text = (ROOT / lines[0]).read_text(encoding="utf-8")
    for line in lines[1].splitlines():
        assert line.strip() in text, line


def test_the_table_of_the_library_is_complete() -> None:
    from symbp.library import registry

    for kind, entries in registry.kinds().items():
        for name in entries:
            assert f"`{name}`" in README, f"{kind}: {name}"


def test_links_lead_somewhere() -> None:
    prose = re.sub(r"```.*?```", "", README, flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#]+)\)", prose):
        if "://" not in target:
            assert (ROOT / target).exists(), target
