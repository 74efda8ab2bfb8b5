"""Compiled templates are kept where Python keeps its modules, and believed only where they fit the template."""

from __future__ import annotations

import sys
from pathlib import Path

import jinja2
import pytest

from symbp.emit import environment


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of templates with one template, whose compiled form is written beside it."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    monkeypatch.setattr(environment, "templates_folder", lambda: tmp_path)
    (tmp_path / "numpy").mkdir()
    (tmp_path / "numpy" / "word.j2").write_text("a {{ word }}")
    return tmp_path


def rendered() -> str:
    """What a new process would render."""
    made: jinja2.Environment = environment.environment.__wrapped__("numpy")
    return made.get_template("word.j2").render(word="b")


def kept(folder: Path) -> list[Path]:
    return sorted((folder / "__pycache__").glob("*"))


def test_a_template_is_compiled_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert rendered() == "a b"
    assert len(kept(folder)) == 1
    monkeypatch.setattr(jinja2.Environment, "compile", lambda *_, **__: pytest.fail("compiled again"))
    assert rendered() == "a b"


def test_a_changed_template_is_compiled_again(folder: Path) -> None:
    rendered()
    (folder / "numpy" / "word.j2").write_text("the {{ word }}")
    assert rendered() == "the b"


def test_other_settings_have_files_of_their_own(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rendered()
    monkeypatch.setitem(environment.DELIMITERS, "numpy", environment.DELIMITERS["latex"])
    assert rendered() == "a {{ word }}"


@pytest.mark.parametrize("left", [0, 3, 17, 60])
def test_a_damaged_file_is_compiled_again(folder: Path, left: int) -> None:
    rendered()
    (file,) = kept(folder)
    file.write_bytes(file.read_bytes()[:left])
    assert rendered() == "a b"


def test_nothing_is_written_where_python_writes_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert rendered() == "a b"
    assert kept(folder) == []


def test_a_folder_that_cannot_be_made_is_no_error(folder: Path) -> None:
    (folder / "__pycache__").write_text("a file")
    assert rendered() == "a b"
