"""Copies of a `repeat` that are alike stand in a report once."""

from __future__ import annotations

import pytest

from symbp.compiler import compile_spec
from symbp.report import latex
from symbp.report.blocks import together
from symbp.spec.load import loads
from tests.module.blocks import source

CASES = {
    "one after the other": (["a.0.b", "a.0.c", "a.1.b", "a.1.c", "d"], ["a"], ["a.0-1.b", "a.0-1.c", "d"]),
    "one that differs": (["a.0.b", "a.1.b", "a.2.c", "a.3.b"], ["a"], ["a.0-1.b", "a.2.c", "a.3.b"]),
    "a gap": (["a.0.b", "a.2.b"], ["a"], ["a.0.b", "a.2.b"]),
    "copies in copies": (
        ["a.0.b.0.c", "a.0.b.1.c", "a.1.b.0.c", "a.1.b.1.c"],
        ["a", "a.0.b", "a.1.b"],
        ["a.0-1.b.0-1.c"],
    ),
    "other names": (["ab.0.c", "a.x.c", "a.0"], ["a"], ["ab.0.c", "a.x.c", "a.0"]),
}


@pytest.mark.parametrize("case", CASES)
def test_labels_of_equal_blocks(case: str) -> None:
    labels, repeats, wanted = CASES[case]
    assert [label for label, _ in together([(label, 0) for label in labels], repeats)] == wanted


def test_what_is_said_must_be_equal() -> None:
    assert together([("a.0.b", 1), ("a.1.b", 2)], ["a"]) == [("a.0.b", 1), ("a.1.b", 2)]


@pytest.mark.parametrize("level", [0, 1])
def test_a_report_has_the_lines_of_blocks(level: int) -> None:
    made = compile_spec(loads(source("residual", 5), "blocks.yaml"), level)
    text = latex.render(made.derivation, made.code, "rows").replace("\\allowbreak{}", "")
    assert "\\texttt{block.0-4.c} & conv2d" in text and "block.1.c" not in text
    assert "Used by \\texttt{block.0-4.bn}." in text
    assert "r_bn = ws.r_bn = 1 / np.sqrt(v_bn + 1e-05)" in text if level == 0 else "np.sqrt(r_bn, out=r_bn)" in text
