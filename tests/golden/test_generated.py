"""`generated/` is what the machine writes today, byte for byte, under any hash seed."""

from __future__ import annotations

import difflib
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "generated").glob("*.py"))
SPECS = [ROOT / "specs" / f"{p.stem}.yaml" for p in MODULES]

# Compiles every spec without verifying it (the checks have their own tests) and writes the text of all modules.
SCRIPT = """
import sys
from symbp import compiler
from symbp.report import latex
from symbp.spec.load import load
for path in sys.argv[1:]:
    for level in (0, 1):
        made = compiler.compile_spec(load(path), level)
        sys.stdout.write(made.module + "\\0")
    sys.stdout.write(latex.render(made.derivation, made.code, "rows") + "\\0")
"""


def compiled(seed: str) -> list[str]:
    """Of every spec: the simplest module, the default module, the report."""
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, *map(str, SPECS)],
        capture_output=True, text=True, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed}, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return run.stdout.split("\0")[:-1]


@pytest.fixture(scope="module")
def today() -> list[str]:
    return compiled("0")


def test_every_spec_that_can_be_generated_is_there() -> None:
    names = {p.stem for p in MODULES}
    assert {
        "xor",
        "digits",
        "worked_example",
        "mnist_16_16",
        "autoencoder",
        "diabetes",
        "gated",
        "three_four_one",
    } <= names
    assert all(spec.exists() for spec in SPECS)


def test_generated_files_have_not_drifted(today: list[str]) -> None:
    for path, text in zip(MODULES, today[1::3], strict=True):
        kept = path.read_text(encoding="utf-8")
        difference = "".join(
            list(difflib.unified_diff(kept.splitlines(True), text.splitlines(True), "kept", "now"))[:40]
        )
        assert not difference, f"{path.name} has drifted: make generated\n{difference}"


def test_bytes_do_not_depend_on_the_hash_seed(today: list[str]) -> None:
    """A third one wrote what is kept."""
    again = compiled("7")
    assert [a == b for a, b in zip(today, again, strict=True)] == [True] * len(today)


def test_files_are_tidy() -> None:
    for path in MODULES:
        data = path.read_bytes()
        assert b"\r" not in data
        assert data.endswith(b"\n")
        assert not data.endswith(b"\n\n")
        assert b" \n" not in data, f"{path.name}: a line ends with a blank"
