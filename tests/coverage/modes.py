"""Rows of layers that draw or keep states: compared in training, with given draws, by tests of their own."""

from __future__ import annotations

from .model import Row

TESTED = "tests/oracle/test_modes.py"

ROWS = (
    Row("AlphaDropout", "type: alpha_dropout", tested=TESTED, note=f"`{TESTED}`"),
    Row("Dropout", "type: dropout", tested=TESTED, note=f"`{TESTED}`"),
)
