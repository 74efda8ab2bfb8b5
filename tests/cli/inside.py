"""The command line within the process of the tests: most of the time of a short command goes into what it imports."""

from __future__ import annotations

import contextlib
import io
import subprocess
from pathlib import Path
from unittest import mock

import pytest

from symbp.cli import main

ROOT = Path(__file__).resolve().parents[2]


def symbp(*arguments: str, cwd: Path = ROOT, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """What ``python -m symbp`` gives with these arguments: the exit code, and what it writes where."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2))
    given = mock.patch("sys.stdin", io.StringIO(stdin))
    with given, contextlib.chdir(cwd), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        with pytest.raises(SystemExit) as end:
            main(list(arguments), prog_name="symbp")
        out.flush()
        err.flush()
    assert isinstance(end.value.code, int)
    written = (stream.buffer.getvalue().decode() for stream in (out, err))  # type: ignore[attr-defined]
    return subprocess.CompletedProcess(arguments, end.value.code, *written)
