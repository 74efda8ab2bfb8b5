"""3x3 convolutions and 2x2 poolings row by row, in the layout (H, C, W*N) of vgg.py."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import as_strided

from benchmarks.data import Array
from benchmarks.peers.numpy_hand.flat import empty

mm, add, maximum = np.matmul, np.add, np.maximum
# With a stride of exactly 4096 bytes all channels meet in the same sets of the cache; one line more is worth 8 % of the
# products.
PAD = 16


def padded_rows(*shape: int) -> Array:
    return empty(*shape[:-1], shape[-1] + PAD)[..., : shape[-1]]


def stacked(a: Array) -> Array:
    """(k, C, n) with padded rows as one matrix (k*C, n), without a copy."""
    k, c, n = a.shape
    return as_strided(a, (k * c, n), a.strides[1:])


def split(a: Array, k: int) -> Array:
    """(k*C, n) as (k, C, n), without a copy."""
    m, n = a.shape
    s = a.strides
    return as_strided(a, (k, m // k, n), (s[0] * (m // k), *s))


def by_pixel(a: Array, w: int) -> Array:
    """(..., w*N) as (..., w, N), without a copy."""
    n = a.shape[-1] // w
    return as_strided(a, (*a.shape[:-1], w, n), (*a.strides[:-1], n * a.itemsize, a.itemsize))


class Conv3:
    """Rows of a 3x3 "same" convolution ci -> co.

    Backward of row q: S stacks the row of gradients three times, shifted by one column of images; S @ X[q-1:q+2].T is
    its share of dW, and Wm.T @ S its share of the rows q-1, q, q+1 of dX (summed from a ring of three).  The three rows
    of X are kept transposed in a ring of three blocks of columns: the product is then plain (127 us, against 157 with a
    transposed operand; the copy is 8), and there is one accumulator of dW for every rotation of the ring.
    """

    def __init__(self, ci: int, co: int, N: int, width: int, W: Array, gW: Array, X: Array) -> None:
        self.W, self.gW = W.reshape(3 * co, 3 * ci), gW
        self.WT = self.W.T
        self.XT = empty(width, 3 * ci)
        self.slots = [self.XT[:, k * ci : (k + 1) * ci] for k in range(3)]
        self.rowsT = [x.T for x in X]  # padded rows
        self.sums = empty(3, 3 * co, 3 * ci)
        self.sums_by_tap = self.sums.reshape(3, 3, co, 3, ci)
        self.O = [self.shifted(co, N, width, forward=True) for _ in range(2)]
        self.S = [self.shifted(co, N, width, forward=False) for _ in range(2)]
        self.R = []
        for _ in range(3):
            o = padded_rows(3 * ci, width)
            self.R.append((o, *split(o, 3)))
        self.t = padded_rows(ci, width)
        self.tmp = empty(3 * co, 3 * ci)

    @staticmethod
    def shifted(co: int, N: int, width: int, forward: bool) -> tuple[Array, ...]:
        """A stack of three, its middle part, and two pairs (target, source) of shifted parts."""
        o = padded_rows(3 * co, width)
        left, middle, right = split(o, 3)
        if forward:
            return o, middle, middle[:, N:], left[:, :-N], middle[:, :-N], right[:, N:]
        return o, middle, left[:, :-N], middle[:, N:], right[:, N:], middle[:, :-N]

    def forward(self, X3: Array, j: int) -> Array:
        o, middle, a, b, c, d = self.O[j]
        mm(self.W, X3, o)
        add(a, b, a)
        add(c, d, c)
        return middle

    def start(self) -> None:
        self.sums.fill(0)
        np.copyto(self.slots[0], self.rowsT[0])
        np.copyto(self.slots[1], self.rowsT[1])

    def finish(self) -> None:
        """Adds the accumulators up; in rotation r, tap dy sits in slot r + dy."""
        g, sums = self.gW, self.sums_by_tap
        for dy in range(3):
            add(sums[0][:, :, dy], sums[1][:, :, (1 + dy) % 3], g[:, :, dy])
            add(g[:, :, dy], sums[2][:, :, (2 + dy) % 3], g[:, :, dy])

    def backward(self, q: int) -> None:
        o, _, a, b, c, d = self.S[q & 1]
        np.copyto(a, b)
        np.copyto(c, d)
        np.copyto(self.slots[(q + 2) % 3], self.rowsT[q + 2])
        mm(o, self.XT, self.tmp)
        add(self.sums[q % 3], self.tmp, self.sums[q % 3])
        mm(self.WT, o, self.R[q % 3][0])

    def dx(self, r: int, last: int) -> Array:
        """Row r of dX, complete once row r+1 went through `backward`."""
        R, t = self.R, self.t
        if r == last:
            add(R[r % 3][2], R[(r - 1) % 3][3], t)
        else:
            add(R[(r + 1) % 3][1], R[r % 3][2], t)
            if r:
                add(t, R[(r - 1) % 3][3], t)
        return t


class Pool:
    """2x2 max of a pair of rows (C, W, N): rows first, then columns; of equal values the first wins."""

    def __init__(self, C: int, W: int, N: int, n: int) -> None:
        self.row_masks = np.empty((n, C, W * N), bool)
        self.masks = np.empty((n, C, W // 2, N), bool)
        self.R = empty(C, W * N)
        R = self.R.reshape(C, W // 2, 2, N)
        self.R0, self.R1 = R[:, :, 0], R[:, :, 1]

    def forward(self, k: int, top: Array, bottom: Array, out: Array) -> None:
        np.greater_equal(top, bottom, self.row_masks[k])
        maximum(top, bottom, out=self.R)
        np.greater_equal(self.R0, self.R1, self.masks[k])
        maximum(self.R0, self.R1, out=out)

    def backward(self, k: int, d: Array, top: Array, bottom: Array) -> None:
        np.multiply(d, self.masks[k], self.R0)
        np.subtract(d, self.R0, self.R1)
        np.multiply(self.R, self.row_masks[k], top)
        np.subtract(self.R, top, bottom)
