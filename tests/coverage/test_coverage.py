"""Every row with a declaration agrees with PyTorch; the page in docs is what the rows say."""

from __future__ import annotations

from pathlib import Path

import pytest

from .compare import BOUND, worst
from .model import Row, Trial
from .printed import measured
from .table import document, rows

PAGE = Path(__file__).resolve().parents[2] / "docs" / "coverage.md"
TRIALS = [(row, k, trial) for row in rows().values() for k, trial in enumerate(row.trials)]


@pytest.mark.parametrize(("row", "k", "trial"), TRIALS, ids=[f"{row.module}-{k}" for row, k, _ in TRIALS])
def test_agrees_with_torch(row: Row, k: int, trial: Trial) -> None:
    pytest.importorskip("torch", reason="PyTorch is the oracle here: make test TORCH=1")
    found = worst(trial)
    assert {name: error for name, error in found.items() if not error <= BOUND} == {}


def test_every_declaration_is_compared() -> None:
    for row in rows().values():
        assert bool(row.here) != bool(row.why), row.module
        assert not row.here or len(row.trials) >= 2 or row.tested, row.module


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == document()


def test_a_line_of_the_printed_table() -> None:
    pytest.importorskip("torch", reason="PyTorch is the oracle here: make test TORCH=1")
    module, units, _, terms, *errors = measured(rows()["Linear"])
    assert (module, units, terms) == ("Linear", "dense", "3")
    assert all(0.0 <= float(error) < 1e-6 for error in errors)
