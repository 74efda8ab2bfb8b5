"""``python -m tests.coverage`` writes docs/coverage.md."""

from __future__ import annotations

from pathlib import Path

from .table import document

PAGE = Path(__file__).resolve().parents[2] / "docs" / "coverage.md"

if __name__ == "__main__":
    PAGE.write_text(document())
