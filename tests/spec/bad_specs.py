"""The wrong specs in ``tests/bad_specs``: each ``NAME.yaml`` has the complete message it must give in ``NAME.txt``.

``python -m tests.spec.bad_specs`` writes the messages anew; read every difference before it is committed.
"""

from __future__ import annotations

from pathlib import Path

from symbp.errors import SpecError
from symbp.graph.build import build
from symbp.graph.check import load

FOLDER = Path(__file__).resolve().parents[1] / "bad_specs"


def message(path: Path) -> str:
    """What is wrong with a spec, as it is printed, without the folder; empty if nothing is."""
    try:
        build(load(path))
    except SpecError as error:
        return str(error).replace(f"{FOLDER}/", "") + "\n"
    return ""


if __name__ == "__main__":
    for spec in sorted(FOLDER.glob("*.yaml")):
        spec.with_suffix(".txt").write_text(message(spec), encoding="utf-8")
