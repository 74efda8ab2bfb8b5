"""Generates the modules of the works: ``python -m benchmarks.modules FOLDER LEVEL WORK...``.

Without the verification, which takes far longer for nets of this size: here a module is believed because its losses are
those of the other peers.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.works import WORKS
from symbp import compiler
from symbp.errors import SymbpError
from symbp.spec.load import load

LEVELS = {"default": compiler.DEFAULT, "simplest": compiler.SIMPLEST, "numba": compiler.COMPILED}


def write(folder: Path, level: str, work: str) -> Path:
    """Writes FOLDER/LEVEL/WORK.py."""
    path = folder / level / f"{work}.py"
    made = compiler.compile_spec(load(WORKS[work].spec), LEVELS[level])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(made.module, encoding="utf-8")
    return path


def main(arguments: list[str]) -> int:
    folder, level, *works = arguments
    for work in works:
        try:
            write(Path(folder), level, work)
        except SymbpError as error:
            print(error, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
