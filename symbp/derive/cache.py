"""Closed forms kept on disk between runs, by what they were derived from.

An entry is text (see `symbp.derive.codec`) under the sha256 of the unit and of the code that derives, with the sha256
of its own content in front.  Whatever is wrong with it, it is derived again.  Right or wrong, a module that is made
from it is verified as any other: nothing is written that failed.  The folder can be deleted at any time.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache as once
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from symbp.derive import codec
from symbp.derive.model import ClosedForm
from symbp.derive.network import closed_forms
from symbp.graph.model import Unit

Forms = tuple[ClosedForm, ClosedForm]
FOLDER = "SYMBP_CACHE"  # this variable names the folder; "off" is none
MOST = 2000  # entries, of a few kB each; the oldest go first
PACKAGE = Path(__file__).resolve().parents[1]
CODE = ("derive", "notation", "graph/model.py")  # what a derivation depends on


@dataclass(frozen=True, slots=True)
class Cache:
    """A folder of entries; `derive` makes those that are missing."""

    folder: Path
    derive: Callable[[Unit], Forms] = closed_forms

    def forms(self, unit: Unit) -> Forms:
        """The closed forms of a unit, plain and safe."""
        path = self.folder / f"{_key(unit)}.json"
        found = _read(path)
        if found is None:
            found = self.derive(unit)
            self._write(path, found)
        return found

    def _write(self, path: Path, forms: Forms) -> None:
        """Whole or not at all, also where others write; a folder that cannot be written to is no error."""
        text = codec.encoded(forms)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=self.folder, suffix=".part", delete=False, encoding="utf-8") as f:
                f.write(f"{_digest(text)}\n{text}\n")
            Path(f.name).replace(path)
            self._trim()
        except OSError:
            return

    def _trim(self) -> None:
        """The newest entries stay."""
        entries = list(self.folder.glob("*.json"))
        if len(entries) > MOST:
            entries.sort(key=lambda path: path.stat().st_mtime)
            for path in entries[: len(entries) - MOST // 2]:
                path.unlink(missing_ok=True)


def user_cache() -> Cache | None:
    """The cache of the user: the folder of the variable, else one in the user's folder for caches."""
    named = os.environ.get(FOLDER, "")
    if named.lower() in ("off", "0", "no", "false"):
        return None
    if named:
        return Cache(Path(named))
    home = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    try:
        return Cache(Path(home) / "symbp" if home else Path.home() / ".cache" / "symbp")
    except RuntimeError:  # a user without a home
        return None


def _key(unit: Unit) -> str:
    return hashlib.sha256(f"{_stamp()}\n{codec.encoded(unit)}".encode()).hexdigest()


@once
def _stamp() -> str:
    """The versions of symbp and SymPy, and the text of the code that derives."""
    parts = [f"{name} {_version(name)}" for name in ("symbp", "sympy")]
    for place in CODE:
        path = PACKAGE / place
        files = sorted(path.glob("*.py")) if path.is_dir() else [path]
        parts += [f"{file.name} {_digest(file.read_text(encoding='utf-8'))}" for file in files if file.is_file()]
    return "\n".join(parts)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _read(path: Path) -> Forms | None:
    """An entry; None where there is none, or where it is damaged."""
    try:
        digest, text, _ = path.read_text(encoding="utf-8").split("\n")
        found = codec.decoded(text) if digest == _digest(text) else None
    except (OSError, ValueError, TypeError, KeyError, IndexError, RecursionError, ArithmeticError):
        return None
    good = isinstance(found, tuple) and len(found) == 2 and all(isinstance(form, ClosedForm) for form in found)
    return found if good else None
