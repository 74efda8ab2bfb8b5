"""Every wrong spec in ``tests/bad_specs`` gives exactly its message: all problems, their places, carets and hints."""

from __future__ import annotations

import re

import pytest

from symbp.explanations import EXPLANATIONS

from .bad_specs import FOLDER, message

SPECS = sorted(FOLDER.glob("*.yaml"))


def test_there_are_enough_of_them() -> None:
    assert len(SPECS) >= 60
    assert {p.stem for p in FOLDER.glob("*.txt")} == {p.stem for p in SPECS}


@pytest.mark.parametrize("path", SPECS, ids=lambda p: p.stem)
def test_a_bad_spec_gives_its_message(path) -> None:  # type: ignore[no-untyped-def]
    found = message(path)
    assert found, "nothing is wrong with this spec"
    assert found == path.with_suffix(".txt").read_text(encoding="utf-8")


def test_the_messages_cover_every_code_of_reading_and_of_the_network() -> None:
    given = set(re.findall(r"error\[(E\d+)\]", "".join(p.with_suffix(".txt").read_text() for p in SPECS)))
    missing = {code for code in EXPLANATIONS if code.startswith("E")} - given
    assert missing == {"E102", "E103", "E113"}  # about files, and very many problems: in test_reading.py
