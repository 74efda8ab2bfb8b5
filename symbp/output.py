"""Files written whole or not at all, inside one folder, and never over somebody's work."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from symbp.errors import OutputError, Problem

MARK = "@generated"
_BODY_HASH = re.compile(r"^#.*\bbody sha256:? *([0-9a-f]{64})", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Pending:
    """A file that is to be written: its path and all that will be in it (text has lines that end with ``\\n``)."""

    path: Path
    content: str | bytes


def body_hash(body: str) -> str:
    """The sha256 of everything below the header, as the header states it."""
    return hashlib.sha256(body.encode()).hexdigest()


def untouched(text: str) -> bool:
    """Whether `text` is a generated file as it was written: the body has the hash that the header states."""
    stated = _BODY_HASH.search(text)
    if MARK not in text or stated is None:
        return False
    end_of_line = text.find("\n", stated.end())
    return body_hash(text[end_of_line + 1 :]) == stated.group(1)


def inside(folder: Path, name: str) -> Path:
    """`folder`/`name`, or OutputError where that lies outside the folder (a link, a path in a name)."""
    path = folder / name
    if path.parent.resolve() != folder.resolve() or Path(name).name != name:
        raise OutputError(Problem("O601", f"{name!r} does not lie in the output folder {folder}"))
    if path.is_symlink():
        raise OutputError(
            Problem("O601", f"{path} is a link", hint="remove the link, or choose another folder with -o")
        )
    return path


def refuse_edited(pending: tuple[Pending, ...]) -> None:
    """OutputError, with one problem a file, where a file exists that symbp did not write, or that was edited since."""
    problems = []
    for p in pending:
        if not p.path.exists():
            continue
        if p.path.is_dir():
            problems.append(Problem("O602", f"{p.path} is a folder"))
        elif not untouched(p.path.read_text(encoding="utf-8", errors="replace")):
            hint = "save your changes elsewhere, or overwrite them with --force"
            problems.append(Problem("O603", f"{p.path} was edited by hand, or was not written by symbp", hint=hint))
    if problems:
        raise OutputError(*problems)


def write(pending: tuple[Pending, ...], *, force: bool = False) -> None:
    """Write all files, each by a rename of a finished one; nothing is written where one of them is refused."""
    if not force:
        refuse_edited(pending)
    for p in pending:
        _replace(p)


def _replace(p: Pending) -> None:
    try:
        p.path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{p.path.name}.", dir=p.path.parent)
        try:
            with os.fdopen(handle, "wb") as f:
                f.write(p.content if isinstance(p.content, bytes) else p.content.encode())
            Path(temporary).chmod(0o666 & ~_umask())
            Path(temporary).replace(p.path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                Path(temporary).unlink()
            raise
    except OSError as error:
        raise OutputError(Problem("O604", f"{p.path} could not be written: {error.strerror or error}")) from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
