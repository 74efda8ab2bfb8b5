"""From a program to the bodies of a module."""

from __future__ import annotations

from symbp.emit.calls import calls_code
from symbp.emit.model import Code
from symbp.emit.simple import simple_code
from symbp.lower.model import Program


def code_of(program: Program) -> Code:
    """The finished lines of every body."""
    return calls_code(program) if program.form == "calls" else simple_code(program)
