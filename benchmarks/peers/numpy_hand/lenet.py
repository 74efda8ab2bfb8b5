"""LeNet.

Batch last (the 64 images are the contiguous axis), and every map is stored in the order its 2x2 pooling wants, phase by
phase, so that pooling is ``maximum`` over whole contiguous blocks.

A convolution computes a BLOCK of outputs for every patch: the 5x5 kernel is scattered into a small Toeplitz matrix
(pixels of the patch x outputs of the block). For the first a 4x4 block (8x8 patch): 4x the input is copied instead of
25x, and the product is 96x65x3136 at 130 GF/s instead of 6x25x50176 at 27 GF/s, which is worth its 2.6x more
operations. The second uses 2x2 blocks (6x6 patches). Biases are one more row of the matrix against a row of ones that
stays.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import as_strided

from benchmarks.data import Array, Named
from benchmarks.peers.numpy_hand.flat import Net, SoftmaxCrossEntropy, empty, gradient_scale, scalar
from benchmarks.works import Work

mm = np.matmul
ZERO = scalar(0)
FLOAT = 4  # bytes


def strided(a: Array, shape: Sequence[int], strides: Sequence[int]) -> Array:
    """A view by strides in numbers."""
    return as_strided(a.reshape(-1), shape, [FLOAT * s for s in strides])


class Pool:
    """2x2 max and relu of a product whose rows are ordered by phase (row, column, the rest)."""

    def __init__(self, product: Array, pooled: Array, gradient: Array) -> None:
        """`pooled` and `gradient` are flat; the gradient of the product takes the place of the product."""
        size = pooled.size
        self.phases = product.reshape(2, 2, size)
        self.rows, self.row_gradient = empty(2, size), empty(2, size)
        self.pooled, self.gradient = pooled, gradient
        self.row_masks, self.masks = np.empty((2, size), bool), np.empty(size, bool)

    def forward(self) -> None:
        o, rows, pooled = self.phases, self.rows, self.pooled
        np.maximum(o[:, 0], o[:, 1], out=rows)
        np.maximum(rows[0], rows[1], out=pooled)
        np.maximum(pooled, ZERO, out=pooled)

    def backward(self) -> None:
        """Through relu, then through the two levels of max; of equal values the first wins."""
        o, rows, d, dR = self.phases, self.rows, self.gradient, self.row_gradient
        mask, row_masks = self.masks, self.row_masks
        np.greater(self.pooled, ZERO, mask)
        np.multiply(d, mask, d)
        np.greater_equal(rows[0], rows[1], mask)
        np.multiply(d, mask, dR[0])
        np.subtract(d, dR[0], dR[1])
        np.greater_equal(o[:, 0], o[:, 1], row_masks)
        np.multiply(dR, row_masks, o[:, 0])
        np.subtract(dR, o[:, 0], o[:, 1])


class First:
    """1 -> 6 channels, 4x4 blocks; rows of the matrix are ordered (py px by bx channel)."""

    def __init__(self, N: int) -> None:
        size = 49 * N
        self.padded = empty(32, 32, N)
        self.inside = self.padded[2:30, 2:30]
        self.patches = empty(65, size)
        self.patches[64] = 1
        self.patch_pixels = self.patches[:64].reshape(8, 8, 7, 7, N)
        self.windows = strided(self.padded, (8, 8, 7, 7, N), (32 * N, N, 128 * N, 4 * N, 1))
        self.matrix, self.gradient = empty(96, 65), empty(96, 65)
        strides = (48 * 65 + 8, 24 * 65 + 1, 12 * 65 + 16, 6 * 65 + 2, 65, 8, 1)
        self.kernels, self.kernel_gradients = (
            strided(a, (2, 2, 2, 2, 6, 5, 5), strides) for a in (self.matrix, self.gradient)
        )
        self.biases, self.bias_gradients = (a[:, 64].reshape(16, 6) for a in (self.matrix, self.gradient))
        self.product = empty(96, size)
        self.pool = Pool(self.product, empty(24 * size), empty(24 * size))

    def forward(self, x: Array, W: Array, b: Array) -> None:
        np.copyto(self.kernels, W)
        np.copyto(self.biases, b)
        np.copyto(self.inside, x[:, 0].transpose(1, 2, 0))
        np.copyto(self.patch_pixels, self.windows)
        mm(self.matrix, self.patches, self.product)
        self.pool.forward()

    def backward(self, gW: Array, gb: Array) -> None:
        self.pool.backward()
        mm(self.product, self.patches.T, self.gradient)
        np.add.reduce(self.kernel_gradients, axis=(0, 1, 2, 3), out=gW)
        np.add.reduce(self.bias_gradients, axis=0, out=gb)


class Second:
    """6 -> 16 channels, 2x2 blocks; the matrix is stored (patch i j channel, block qy qx channel)."""

    def __init__(self, N: int, before: Pool) -> None:
        size, row, block = 25 * N, 5 * N, 49 * N
        self.patches = empty(217, size)
        self.patches[216] = 1
        self.patch_pixels = self.patches[:216].reshape(3, 2, 3, 2, 6, 5, row)
        # The pooled map before is (by bx channel Y X n), Y and X up to 7.
        self.windows = strided(
            before.pooled, (3, 2, 3, 2, 6, 5, row), (7 * N, 12 * block, N, 6 * block, block, 7 * N, 1)
        )
        self.matrix, self.gradient = empty(217, 64), empty(217, 64)
        strides = (36 * 64 + 32, 6 * 64 + 16, 36 * 64, 6 * 64, 64, 1)
        self.kernels, self.kernel_gradients = (
            strided(a, (2, 2, 5, 5, 6, 16), strides) for a in (self.matrix, self.gradient)
        )
        self.biases, self.bias_gradients = (a[216].reshape(4, 16) for a in (self.matrix, self.gradient))
        self.product = empty(64, size)
        self.pooled, self.pooled_gradient = empty(400, N), empty(400, N)
        self.pool = Pool(self.product, self.pooled.reshape(-1), self.pooled_gradient.reshape(-1))
        self.patch_gradient = empty(216, size)
        d = self.patch_gradient.reshape(3, 2, 3, 2, 6, 5, row)
        self.before_gradient = before.gradient
        target = before.gradient.reshape(2, 2, 6, 7, 7 * N)  # by bx channel Y (X n)
        self.folds = [(target[:, :, :, a : a + 5, b * N : (b + 5) * N], d[a, :, b]) for a in range(3) for b in range(3)]

    def forward(self, W: Array, b: Array) -> None:
        np.copyto(self.kernels, W)
        np.copyto(self.biases, b)
        np.copyto(self.patch_pixels, self.windows)
        mm(self.matrix.T, self.patches, self.product)
        self.pool.forward()

    def backward(self, gW: Array, gb: Array) -> None:
        self.pool.backward()
        mm(self.patches, self.product.T, self.gradient)
        np.add.reduce(self.kernel_gradients, axis=(0, 1), out=gW)
        np.add.reduce(self.bias_gradients, axis=0, out=gb)
        mm(self.matrix[:216], self.product, self.patch_gradient)
        self.before_gradient.fill(0)
        for target, source in self.folds:
            np.add(target, source, target)


class Lenet(Net):
    def __init__(self, work: Work, params: Named) -> None:
        super().__init__(work, params)
        N = work.batch
        p, g = self.flat.p, self.flat.g
        self.W1, self.b1, self.W2, self.b2 = p[:4]
        self.gW1, self.gb1, self.gW2, self.gb2 = g[:4]
        self.W, self.b, self.gW, self.gb = p[4::2], p[5::2], g[4::2], g[5::2]
        self.conv1 = First(N)
        self.conv2 = Second(N, self.conv1.pool)
        # The dense tail, transposed: (features, batch).
        sizes = (120, 84, 10)
        self.h = [self.conv2.pooled, *[empty(k, N) for k in sizes]]
        self.d = [self.conv2.pooled_gradient, *[empty(k, N) for k in sizes[:-1]]]
        self.masks = [np.empty((k, N), bool) for k in sizes[:-1]]
        self.ones = empty(N, fill=1)
        self.loss = SoftmaxCrossEntropy(N, 10, gradient_scale(work))

    def to_internal(self, name: str, a: Array) -> Array:
        return a[:, 0] if name == "W1" else a.transpose(2, 3, 1, 0) if name == "W2" else a

    def to_canonical(self, name: str, p: Array) -> Array:
        return p[:, None] if name == "W1" else p.transpose(3, 2, 0, 1) if name == "W2" else p.copy()

    def tail(self, y: Array) -> float:
        """The dense layers, the loss, and back to the pooled map."""
        h = self.h
        for k in range(3):
            mm(self.W[k].T, h[k], h[k + 1])
            np.add(h[k + 1], self.b[k][:, None], h[k + 1])
            if k < 2:
                np.maximum(h[k + 1], ZERO, out=h[k + 1])
        loss = self.loss(h[3], y)
        d = h[3]
        for k in (2, 1, 0):
            mm(h[k], d.T, self.gW[k])
            np.dot(d, self.ones, self.gb[k])
            mm(self.W[k], d, self.d[k])
            if k:
                np.greater(h[k], ZERO, self.masks[k - 1])
                np.multiply(self.d[k], self.masks[k - 1], self.d[k])
            d = self.d[k]
        return loss

    def step(self, x: Array, y: Array) -> float:
        self.conv1.forward(x, self.W1, self.b1)
        self.conv2.forward(self.W2, self.b2)
        loss = self.tail(y)
        self.conv2.backward(self.gW2, self.gb2)
        self.conv1.backward(self.gW1, self.gb1)
        self.update.step()
        return loss


def make(work: Work, params: Named) -> Net:
    return Lenet(work, params)
