"""``python -m tests.coverage`` writes docs/coverage.md; ``--table`` prints what was derived, and how exact it is."""

from __future__ import annotations

import sys
from pathlib import Path

from .table import document

PAGE = Path(__file__).resolve().parents[2] / "docs" / "coverage.md"


def main(arguments: list[str]) -> None:
    if "--table" in arguments:
        from .printed import lines

        for line in lines():
            print(line, flush=True)
    else:
        PAGE.write_text(document())


if __name__ == "__main__":
    main(sys.argv[1:])
