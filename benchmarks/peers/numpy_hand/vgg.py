"""A small net in the manner of VGG: three 3x3 convolutions, two poolings.

Layout (H, C, W*N): one row of an image, all channels and all images, is one contiguous matrix, so that the rows y-1, y,
y+1 stacked along C (the vertical half of the patches) are a contiguous matrix without a copy. A 3x3 "same" convolution
of one row is then

    O = Wm[(dx co), (dy ci)] @ X[y-1:y+2]       one product, no patches
    out = O[1];  out[:, N:] += O[0][:, :-N];  out[:, :-N] += O[2][:, N:]

so the horizontal taps are rows of the output of their own, added with a shift. The product is 96x96x1024 at 143 GF/s;
with patches it would be 32x288x1024 at 95 and nine times the input copied. Backward, a row of gradients is stacked
three times, shifted; this matrix serves both dW (96x1024x96) and dX (96x96x1024). All runs row by row, so that operands
stay in the cache; masks of the pooling are kept as bytes, and the maps before a pooling are never stored.
"""

from __future__ import annotations

import numpy as np

from benchmarks.data import Array, Named
from benchmarks.peers.numpy_hand.flat import F, Net, SoftmaxCrossEntropy, empty, gradient_scale, scalar
from benchmarks.peers.numpy_hand.rows import Conv3, Pool, by_pixel, padded_rows, stacked
from benchmarks.works import Work

mm, add, maximum, copyto = np.matmul, np.add, np.maximum, np.copyto
ZERO = scalar(0)
# Rows of 1024 floats are "short" for the buffer of 8192 that ufuncs have: operands with strides would be copied through
# it (16 us instead of 4 for one row).
BUFFER = 1024


class First:
    """3 -> 32 channels; its patches are stacked row by row: the matrix is (co, 27 and the bias)."""

    def __init__(self, N: int, W: Array, gW: Array, out: Array) -> None:
        width = 32 * N
        self.W, self.gW, self.t = W, gW, empty(32, 28)
        self.X = padded_rows(34, 3, width)
        self.data = by_pixel(self.X[1:33], 32)
        patches = self.patches = padded_rows(28, width)
        patches[27] = 1
        self.parts = patches[0:9, N:], patches[9:18], patches[18:27, :-N]
        rows = [stacked(self.X[y : y + 3]) for y in range(32)]
        self.sources = [(a[:, :-N], a, a[:, N:]) for a in rows]
        self.rows = [out[y + 1] for y in range(32)]
        self.masks = np.empty((32, width), bool)

    def stack(self, y: int) -> None:
        for part, source in zip(self.parts, self.sources[y], strict=True):
            copyto(part, source)

    def forward(self, y: int) -> None:
        self.stack(y)
        mm(self.W, self.patches, self.rows[y])
        maximum(self.rows[y], ZERO, out=self.rows[y])

    def backward(self, y: int, d: Array) -> None:
        """Row y of the gradient of the output: relu, then its share of dW."""
        np.greater(self.rows[y], ZERO, self.masks)
        np.multiply(d, self.masks, d)
        self.stack(y)
        mm(d, self.patches.T, self.t)
        add(self.gW, self.t, self.gW)


class Vgg(Net):
    """W1 is kept as (co, dx dy ci and bias), W2 and W3 as (dx, co, dy, ci), the dense matrix as (10, y c x)."""

    def __init__(self, work: Work, params: Named) -> None:
        super().__init__(work, params)
        N = work.batch
        W1, _, W2, self.b2, W3, self.b3, self.Wf, self.bf = self.flat.p
        self.gW1, _, gW2, self.gb2, gW3, self.gb3, self.gWf, self.gbf = self.flat.g
        width1, width2 = 32 * N, 16 * N
        self.X1, self.X2, self.P3 = padded_rows(34, 32, width1), padded_rows(18, 32, width2), empty(8, 64, 8 * N)
        self.c1 = First(N, W1, self.gW1, self.X1)
        self.c2 = Conv3(32, 32, N, width1, W2, gW2, self.X1)
        self.c3 = Conv3(32, 64, N, width2, W3, gW3, self.X2)
        self.pool2, self.pool3 = Pool(32, 32, N, 16), Pool(64, 16, N, 8)
        self.x1_stacks = [stacked(self.X1[y : y + 3]) for y in range(32)]
        self.x2_stacks = [stacked(self.X2[y : y + 3]) for y in range(16)]
        self.rows2 = [self.X2[y + 1] for y in range(16)]
        self.pixels2 = [by_pixel(r, 16) for r in self.rows2]
        self.pixels3 = [self.P3[y].reshape(64, 8, N) for y in range(8)]
        self.d2_pixels = by_pixel(self.c3.t, 16)
        self.b2_column, self.b3_column, self.bf_column = self.b2[:, None], self.b3[:, None], self.bf[:, None]
        self.features = self.P3.reshape(4096, N)
        self.dP3 = empty(8, 64, 8 * N)
        self.masks2, self.masks3 = np.empty((32, width2), bool), np.empty((8, 64, 8 * N), bool)
        self.z, self.share = empty(10, N), empty(32)
        self.ones2, self.ones = empty(width2, fill=1), empty(N, fill=1)
        self.loss = SoftmaxCrossEntropy(N, 10, gradient_scale(work))

    def to_internal(self, name: str, a: Array) -> Array:
        if name == "W1":  # its values and those of its bias are set by `reset`
            self.first_W1 = a.transpose(0, 3, 2, 1).reshape(32, 27)
            return np.zeros((32, 28), F)
        if name == "b1":
            self.first_b1 = a
            return np.zeros(0, F)
        if a.ndim == 4:
            return a.transpose(3, 0, 2, 1)
        return a.reshape(64, 8, 8, 10).transpose(3, 1, 0, 2).reshape(10, 4096) if name == "W4" else a

    def reset(self) -> None:
        self.first[0][:, :27], self.first[0][:, 27] = self.first_W1, self.first_b1
        super().reset()

    def to_canonical(self, name: str, p: Array) -> Array:
        if name == "W1":
            return p[:, :27].reshape(32, 3, 3, 3).transpose(0, 3, 2, 1)
        if name == "b1":
            return self.flat.p[0][:, 27]
        if p.ndim == 4:
            return p.transpose(1, 3, 2, 0)
        return p.reshape(10, 8, 64, 8).transpose(2, 1, 3, 0).reshape(4096, 10) if name == "W4" else p.copy()

    def forward(self, x: Array) -> None:
        c1, c2, c3 = self.c1, self.c2, self.c3
        copyto(c1.data, x.transpose(2, 1, 3, 0))
        c1.forward(0)
        for y in range(0, 32, 2):  # the first convolution runs one row ahead of the second
            c1.forward(y + 1)
            top = c2.forward(self.x1_stacks[y], 0)
            if y < 30:
                c1.forward(y + 2)
            bottom = c2.forward(self.x1_stacks[y + 1], 1)
            self.pool2.forward(y // 2, top, bottom, self.pixels2[y // 2])
            r = self.rows2[y // 2]
            add(r, self.b2_column, r)
            maximum(r, ZERO, out=r)
        for y in range(0, 16, 2):
            top, bottom = (c3.forward(self.x2_stacks[y + k], k) for k in range(2))
            self.pool3.forward(y // 2, top, bottom, self.pixels3[y // 2])
            r = self.P3[y // 2]
            add(r, self.b3_column, r)
            maximum(r, ZERO, out=r)

    def classify(self, y: Array) -> float:
        """The loss; dP3 from it, through relu."""
        z = self.z
        mm(self.Wf, self.features, z)
        add(z, self.bf_column, z)
        loss = self.loss(z, y)
        mm(z, self.features.T, self.gWf)
        np.dot(z, self.ones, self.gbf)
        mm(self.Wf.T, z, self.dP3.reshape(self.features.shape))
        np.greater(self.P3, ZERO, self.masks3)
        np.multiply(self.dP3, self.masks3, self.dP3)
        np.add.reduce(self.dP3, axis=(0, 2), out=self.gb3)
        return loss

    def step(self, x: Array, y: Array) -> float:
        c2, c3 = self.c2, self.c3
        self.gW1.fill(0)
        self.gb2.fill(0)
        self.forward(x)
        c2.start()
        c3.start()
        loss = self.classify(y)
        top, bottom = c3.S[0][1], c3.S[1][1]
        for k in range(8):
            self.pool3.backward(k, self.dP3[k].reshape(self.pixels3[k].shape), top, bottom)
            c3.backward(2 * k)
            if k:
                self.row_of_second(2 * k - 1)
            c3.backward(2 * k + 1)
            self.row_of_second(2 * k)
        self.row_of_second(15)
        self.c1.backward(31, c2.dx(31, 31))
        c2.finish()
        c3.finish()
        self.update.step()
        return loss

    def row_of_second(self, r: int) -> None:
        """Row r of the gradient of the second pooled map: relu, pooling, rows 2r and 2r+1 of the second convolution."""
        c1, c2 = self.c1, self.c2
        d = self.c3.dx(r, 15)
        np.greater(self.rows2[r], ZERO, self.masks2)
        np.multiply(d, self.masks2, d)
        np.dot(d, self.ones2, self.share)
        add(self.gb2, self.share, self.gb2)
        self.pool2.backward(r, self.d2_pixels, c2.S[0][1], c2.S[1][1])
        c2.backward(2 * r)
        if r:
            c1.backward(2 * r - 1, c2.dx(2 * r - 1, 31))
        c2.backward(2 * r + 1)
        c1.backward(2 * r, c2.dx(2 * r, 31))


def make(work: Work, params: Named) -> Net:
    np.setbufsize(BUFFER)
    return Vgg(work, params)
