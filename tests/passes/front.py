"""Programs in front of a pass of the default form."""

from __future__ import annotations

from lower.networks import lowered

from symbp.lower.model import Program
from symbp.passes.ledger import default_setting
from symbp.passes.optimize import CALLS, done


def before(name: str, text: str) -> Program:
    """The program in front of a pass."""
    program = lowered(text)
    for what, run_pass in CALLS:
        if what == name:
            break
        program, _, _ = done(run_pass, program, default_setting())
    return program
