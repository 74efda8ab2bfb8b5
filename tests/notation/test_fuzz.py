"""Whatever stands in a formula, the answer is a resolved formula or a list of problems with places inside the text."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from symbp.notation.elaborate import elaborate
from symbp.notation.problems import FormulaErrors
from symbp.notation.scalar import scalar
from symbp.notation.source import FormulaSource

from .sources import inputs, labels, parameters

WORDS = re.findall(
    r"\S+", "x W b c y u n i j k t1 N J alpha s pi sum mean max min exp where sqrt floor lambda 0 1 2.5 1e300 -1 **"
)
SIGNS = [*re.findall(r"\S+", "+ - * / // ** ( ) [ ] , = == < > <= != ; # $"), "\n", " "]
PIECES = ["x[n,i]", "W[i,j]", "c[n]", "sum[i](", "y[n,j] = ", "h[n,t-1]", "max[k](", "where(s > 0, ", "x[n,2*i-1]"]
SCRAPS = st.lists(st.sampled_from(WORDS + SIGNS + PIECES), max_size=25).map("".join)
TENSORS = (*inputs("x[n,i]", "z[n,j]"), *parameters("W[i,j]"), *labels("c[n]"))


def check(error: FormulaErrors) -> None:
    assert error.found
    for problem in error.found:
        assert problem.message
        assert problem.span is None or 0 <= problem.span.start < problem.span.end <= len(error.text) + 1
    assert "Traceback" not in str(error)


@given(st.one_of(SCRAPS, st.text(max_size=60)), st.booleans(), st.booleans())
@settings(max_examples=800, deadline=None, derandomize=True)
def test_formulas(text: str, pointwise: bool, reassign: bool) -> None:
    source = FormulaSource(
        text,
        TENSORS,
        ("alpha",),
        integers=(("s", 2),),
        leading=("n", "t1"),
        sized=("j",),
        pointwise=("n", "j") if pointwise else None,
        output="y",
        reassign=reassign,
    )
    try:
        elaborate(source)
    except FormulaErrors as error:
        check(error)


@given(SCRAPS)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_scalars(text: str) -> None:
    try:
        scalar(text, constants=("alpha", "N"))
    except FormulaErrors as error:
        check(error)
