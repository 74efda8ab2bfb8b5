"""The wheel, built and installed elsewhere, does what the checkout does."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_templates_and_licence(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    found = [p.relative_to(ROOT / "templates") for p in (ROOT / "templates").rglob("*") if p.is_file()]
    templates = [p for p in found if "__pycache__" not in p.parts]
    assert templates
    assert sorted(n for n in names if n.startswith("symbp/templates/")) == sorted(
        f"symbp/templates/{t.as_posix()}" for t in templates
    )
    assert any(n.endswith("LICENSE") for n in names)
    assert not [n for n in names if n.startswith(("tests", "generated", "benchmarks"))]
    metadata = zipfile.ZipFile(wheel).read(next(n for n in names if n.endswith("METADATA"))).decode()
    assert "Requires-Dist: sympy<1.15,>=1.14" in metadata


def test_the_wheel_works_elsewhere(wheel: Path, tmp_path: Path) -> None:
    """A new environment that sees the dependencies of this one, but not the checkout."""
    target = tmp_path / "env"
    venv.create(target, with_pip=True)
    python = target / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", wheel], check=True, capture_output=True)
    here = {p for p in sys.path if p.endswith("site-packages")}
    found = subprocess.run(
        [python, "-c", "import site; print(site.getsitepackages()[0])"], check=True, capture_output=True, text=True
    )
    # A .pth line adds a folder to the path but does not process its own .pth files: the editable install stays unseen.
    Path(found.stdout.strip(), "dependencies.pth").write_text("\n".join(sorted(here)) + "\n")
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}

    def symbp(*arguments: str) -> str:
        run = subprocess.run(
            [python, "-m", "symbp", *arguments],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=environment,
            check=False,
        )
        assert run.returncode == 0, run.stderr
        return run.stdout

    where = subprocess.run(
        [python, "-c", "import symbp; print(symbp.__file__)"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment,
        check=True,
    )
    assert str(target) in where.stdout
    symbp("init", "mine.yaml")
    assert symbp("generate", "mine.yaml").strip().endswith("mine.py")
    assert r"\documentclass" in symbp("report", "mine.yaml")
