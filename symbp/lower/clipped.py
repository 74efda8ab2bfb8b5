"""Sums over windows that are sums of shifted arrays, each taken as far as it lies on the result."""

from __future__ import annotations

import math

from symbp.lower.affine import stays_inside
from symbp.lower.nodes import Fold, Read, Window

MOST = 9  # taps that are written one by one


def is_clipped(node: Fold) -> bool:
    """Whether each tap of a sum is a shift of an array, of which what lies outside is left out.

    The taps are axes of the array that is read, too: ``z[q] = sum[v](taps[v,q+v-1])``.
    """
    body = node.body
    if node.op != "sum" or not isinstance(body, Window) or not isinstance(body.source, Read) or body.outside:
        return False
    axes, over = body.source.axes, node.over
    runs = [[t for t in place.terms if t[0] not in over] for _, place in body.at]
    sizes = [a.size for a in (*over, *(a for a, _ in body.at))]
    if stays_inside(body.at) or any(len(terms) != 1 or terms[0][1] != 1 for terms in runs):
        return False
    once = {terms[0][0] for terms in runs}
    count = math.prod(size for size in sizes[: len(over)] if isinstance(size, int))
    known = all(isinstance(size, int) for size in sizes) and count <= MOST
    return known and len(once) == len(runs) and not once & set(axes) and set(over) <= set(axes)
