"""Where the templates lie, and how Jinja reads them: an undefined name is an error, nothing is escaped."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import jinja2

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


@cache
def environment(kind: str) -> jinja2.Environment:
    """The environment of the templates of one kind: "numpy", "latex" or "html" (a folder of `templates_folder`)."""
    delimiters = DELIMITERS.get(kind, USUAL)
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates_folder() / kind),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=kind == "html",
        block_start_string=delimiters.block[0],
        block_end_string=delimiters.block[1],
        variable_start_string=delimiters.variable[0],
        variable_end_string=delimiters.variable[1],
        comment_start_string=delimiters.comment[0],
        comment_end_string=delimiters.comment[1],
    )
