"""What a formula reads is what it is differentiated by."""

from __future__ import annotations

import pytest

from symbp.notation.problems import FormulaErrors
from symbp.notation.reads import Declared, source_of


@pytest.mark.parametrize("wrt", ["z", "f"])
def test_a_formula_is_differentiated_by_what_it_reads(wrt: str) -> None:
    with pytest.raises(FormulaErrors) as error:
        source_of("f = sum[i](x[i]**2)", Declared((wrt,)))
    assert [p.code for p in error.value.problems] == ["F140"]
