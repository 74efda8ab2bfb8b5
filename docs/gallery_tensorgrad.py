"""What tensorgrad makes of a row of the gallery."""

from __future__ import annotations

import sympy
import tensorgrad
from tensorgrad import functions
from tensorgrad.extras.to_index import to_index
from tensorgrad.tensor import Derivative

from docs.gallery_rows import Row


def by_tensorgrad(row: Row) -> str:
    """The simplified derivative in index notation; empty where the row has none."""
    if row.tensorgrad is None:
        return ""
    value, variable, cotangent = row.tensorgrad(tensorgrad, functions, {c: sympy.Symbol(c) for c in "nijkae"})
    whole = value if cotangent is None else tensorgrad.Product([value, cotangent])
    return str(to_index(Derivative(whole, variable).full_simplify()))
