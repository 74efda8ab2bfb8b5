"""Rows of layers that draw or keep states: compared in training, with given draws, by tests of their own."""

from __future__ import annotations

from .model import Row

TESTED = "tests/oracle/test_modes.py"



def _row(module: str, here: str) -> Row:
    return Row(module, f"type: {here}", tested=TESTED, note=f"`{TESTED}`")


ROWS = (
    _row("AlphaDropout", "alpha_dropout"),
    _row("BatchNorm1d", "batch_norm"),
    _row("BatchNorm2d", "batch_norm"),
    _row("BatchNorm3d", "batch_norm"),
    _row("Dropout", "dropout"),
    _row("Dropout1d", "channel_dropout"),
    _row("Dropout2d", "channel_dropout"),
    _row("Dropout3d", "channel_dropout"),
    _row("FeatureAlphaDropout", "feature_alpha_dropout"),
    _row("InstanceNorm1d", "instance_norm"),
    _row("InstanceNorm2d", "instance_norm"),
    _row("InstanceNorm3d", "instance_norm"),
)
