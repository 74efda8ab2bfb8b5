"""Integer functions of indices and sizes: in places, in conditions, folded where they are numbers."""

from __future__ import annotations

import pytest

from symbp.notation.text import equation_text

from .sources import inputs, labels, resolved

READS = {
    "x[n,p//s]": "x[n,p//3]",
    "x[n,p*H//P]": "x[n,(p*H)//P]",
    "x[n,(p - a) % H]": "x[n,(p-2)%H]",
    "x[n,H - 1 - abs(H - 1 - abs(p - a))]": "x[n,H-1-abs(H-1-abs(p-2))]",
    "x[n,max(0, min(p - a, H - 1))]": "x[n,max(0,min(p-2,H-1))]",
    "x[n,where(p < H//s, p, 2*H - p)]": "x[n,where(p<H//3,p,2*H-p)]",
    "x[n,k[n]//2 + p % 2]": "x[n,k[n]//2+p%2]",
    "x[n,p + s//2 - 9 % s]": "x[n,p+1]",
    "x[n,p - 7//s]": "x[n,p-2]",
    "x[n,p-1]*[p >= (p*H - 1)//P]": "x[n,p-1]*[p >= (p*H - 1)//P]",
    "x[n,p-1]*(p//2 + P % s)": "x[n,p-1]*(p//2 + P % 3)",
    "x[n,p-1]*(2*(p//2) - p % 2)": "x[n,p-1]*(2*(p//2) - (p % 2))",
}


@pytest.mark.parametrize("text", READS)
def test_a_read_at_a_computed_place(text: str) -> None:
    tensors = (*inputs("x[n,h]"), *labels("k[n]"))
    found = resolved(f"y[n,p] = {text}", *tensors, integers=(("a", 2), ("s", 3)), sized=("p",))
    assert equation_text(found.equations[0]) == f"y[n,p] = {READS[text]}"


@pytest.mark.parametrize("text", READS)
def test_the_text_is_read_back(text: str) -> None:
    tensors = (*inputs("x[n,h]"), *labels("k[n]"))
    found = resolved(f"y[n,p] = {READS[text]}", *tensors, sized=("p",))
    assert equation_text(found.equations[0]) == f"y[n,p] = {READS[text]}"
