"""From a program to the bodies of a module."""

from __future__ import annotations

from symbp.emit.model import Code
from symbp.emit.simple import simple_code
from symbp.lower.model import Program


def code_of(program: Program) -> Code:
    """The finished lines of every body."""
    return simple_code(program)
