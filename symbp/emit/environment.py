"""Where the templates lie, and how Jinja reads them: an undefined name is an error, nothing is escaped."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import jinja2

PACKAGE = Path(__file__).resolve().parents[1]

# Braces mean something else in LaTeX.
DELIMITERS: dict[str, dict[str, str]] = {
    "latex": {
        "block_start_string": "<%",
        "block_end_string": "%>",
        "variable_start_string": "<<",
        "variable_end_string": ">>",
        "comment_start_string": "<#",
        "comment_end_string": "#>",
    },
}


def templates_folder() -> Path:
    """``symbp/templates`` in an installed package, ``templates`` beside the package in a checkout."""
    installed = PACKAGE / "templates"
    return installed if installed.is_dir() else PACKAGE.parent / "templates"


@cache
def environment(kind: str) -> jinja2.Environment:
    """The environment of the templates of one kind: "numpy", "latex" or "html" (a folder of `templates_folder`)."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates_folder() / kind),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=kind == "html",
        **DELIMITERS.get(kind, {}),  # type: ignore[arg-type]
    )
