"""The gallery shows what is derived today; the other systems' results in it are those of the versions that it names."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.gallery import PAGE, forms
from docs.gallery_rows import ROWS, Row


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.title)
def test_forms_are_those_of_today(row: Row) -> None:
    section = Path(PAGE).read_text().split(f"\n## {row.title}\n")[1]
    own, _ = forms(row)
    assert "\n".join(["", *own, "```"]) in section.split("SymPy:")[0]
