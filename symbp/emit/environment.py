"""Where the templates lie, and how Jinja reads them: an undefined name is an error, nothing is escaped."""

from __future__ import annotations

import hashlib
import importlib.util
import pickle
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
from jinja2.bccache import Bucket

PACKAGE = Path(__file__).resolve().parents[1]


class Delimiters(NamedTuple):
    """What opens and closes a block, a variable and a comment of a template."""

    block: tuple[str, str] = ("{%", "%}")
    variable: tuple[str, str] = ("{{", "}}")
    comment: tuple[str, str] = ("{#", "#}")


USUAL = Delimiters()
DELIMITERS = {"latex": Delimiters(("<%", "%>"), ("<<", ">>"), ("<#", "#>"))}  # braces mean something else in LaTeX


def templates_folder() -> Path:
    """``symbp/templates`` in an installed package, ``templates`` beside the package in a checkout."""
    installed = PACKAGE / "templates"
    return installed if installed.is_dir() else PACKAGE.parent / "templates"


class _Kept(jinja2.FileSystemBytecodeCache):
    """Templates compiled once, kept where Python keeps its own modules; they take as long as deriving a small network.

    Jinja looks at a template's content and at Python's version before it trusts what it finds there.
    """

    def load_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError, EOFError, pickle.UnpicklingError):  # damaged: compiled again
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        if not sys.dont_write_bytecode:
            with suppress(OSError):  # a folder that cannot be written to is no error
                Path(self.directory).mkdir(parents=True, exist_ok=True)
                super().dump_bytecode(bucket)


def _kept(settings: Mapping[str, Any]) -> _Kept:
    """The file of a template says with what Jinja and settings it was compiled."""
    made_with = f"{jinja2.__version__} {sorted(settings.items())}"
    stamp = hashlib.sha256(made_with.encode()).hexdigest()[:8]
    compiled = Path(importlib.util.cache_from_source(str(templates_folder() / "template.py")))
    return _Kept(str(compiled.parent), f"%s.{stamp}.pyc")


@cache
def environment(kind: str) -> jinja2.Environment:
    """The environment of the templates of one kind: "numpy", "latex" or "html" (a folder of `templates_folder`)."""
    delimiters = DELIMITERS.get(kind, USUAL)
    settings: dict[str, Any] = {
        "undefined": jinja2.StrictUndefined,
        "trim_blocks": True,
        "lstrip_blocks": True,
        "keep_trailing_newline": True,
        "autoescape": kind == "html",
        "block_start_string": delimiters.block[0],
        "block_end_string": delimiters.block[1],
        "variable_start_string": delimiters.variable[0],
        "variable_end_string": delimiters.variable[1],
        "comment_start_string": delimiters.comment[0],
        "comment_end_string": delimiters.comment[1],
    }
    loader = jinja2.FileSystemLoader(templates_folder() / kind)
    return jinja2.Environment(loader=loader, bytecode_cache=_kept(settings), **settings)
