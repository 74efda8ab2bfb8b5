"""``docs/passes.md`` names every pass and says what it does."""

from __future__ import annotations

import re
from pathlib import Path

from symbp.passes.document import passes_document
from symbp.passes.optimize import CALLS, COMPILED, FIRST, INSTEAD, SIMPLE

ROOT = Path(__file__).resolve().parents[2]
ALL = (*SIMPLE, *CALLS, *COMPILED, *FIRST, *INSTEAD.items())


def test_the_file_is_up_to_date() -> None:
    """``python -m symbp.passes.document`` writes it."""
    assert (ROOT / "docs" / "passes.md").read_text(encoding="utf-8") == passes_document()


def test_every_pass_has_a_sentence_and_every_link_a_place() -> None:
    text = passes_document()
    for name, run in ALL:
        function = getattr(run, "run", run)
        assert function.__doc__ and function.__doc__.strip().split("\n")[0] in text, name
        assert f"{function.__module__.replace('.', '/')}.py" in text
    places = {heading.replace(" ", "-") for heading in re.findall(r"^### (.*)$", text, re.MULTILINE)}
    assert set(re.findall(r"\(#([^)]*)\)", text)) == places
