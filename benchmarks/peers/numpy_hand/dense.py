"""Dense networks: xor, mlp_tiny, mlp_mnist, mlp_wide."""

from __future__ import annotations

import numpy as np

from benchmarks.data import Array, Named
from benchmarks.peers.numpy_hand.flat import Net, SoftmaxCrossEntropy, empty, gradient_scale, scalar
from benchmarks.works import Work

dot, mm, neg, exp = np.dot, np.matmul, np.negative, np.exp
add, rec, mul, sub = np.add, np.reciprocal, np.multiply, np.subtract
ONE = scalar(1)
BUFFER = 2048


class Xor(Net):
    """2-4-1, tanh, from logits: as few calls of NumPy as possible.

    Each bias is the last row of its weights, against a column of ones that stays.
    """

    packed = True

    def __init__(self, work: Work, params: Named) -> None:
        super().__init__(work, params)
        n = work.batch
        P, G = self.flat.P, self.flat.G
        self.W1, self.W2 = P[:12].reshape(3, 4), P[12:17].reshape(5, 1)
        self.G1, self.G2 = G[:12].reshape(3, 4), G[12:17].reshape(5, 1)
        self.w2 = self.W2[:4, 0]
        self.x = empty(n, 3, fill=1)
        self.x_data = self.x[:, :2]
        self.h_one = empty(n, 5, fill=1)
        self.h = self.h_one[:, :4]
        self.xT, self.hT = self.x.T, self.h_one.T
        self.z1, self.t, self.dh = empty(n, 4), empty(n, 4), empty(n, 4)
        self.z, self.d, self.q = empty(n, 1), empty(n, 1), empty(n, 1)
        self.z_flat, self.q_flat = self.z[:, 0], self.q[:, 0]
        self.ones = empty(n, fill=1)
        self.k, self.zero = scalar(work.lr / n), scalar(0)

    def step(self, x: Array, y: Array) -> Array:
        z, d, t, dh, h, q = self.z, self.d, self.t, self.dh, self.h, self.q
        np.copyto(self.x_data, x)
        dot(self.x, self.W1, self.z1)
        np.tanh(self.z1, h)
        dot(self.h_one, self.W2, z)
        np.logaddexp(z, self.zero, q)
        loss: Array = (self.q_flat.dot(self.ones) - self.z_flat.dot(y[:, 0])) * 0.25
        neg(z, d)
        exp(d, d)
        add(d, ONE, d)
        rec(d, d)
        sub(d, y, d)
        mul(d, self.k, d)
        dot(self.hT, d, self.G2)
        mul(d, self.w2, dh)
        np.square(h, t)
        sub(ONE, t, t)
        mul(dh, t, dh)
        dot(self.xT, dh, self.G1)
        sub(self.flat.P, self.flat.G, self.flat.P)
        return loss


class Tiny(Net):
    """784-16-16-10, sigmoid, squared error, SGD."""

    packed = True

    def __init__(self, work: Work, params: Named) -> None:
        super().__init__(work, params)
        n, (a, b, c, e) = work.batch, work.cfg["sizes"]
        P, G = self.flat.P, self.flat.G
        o1, o2, o3 = a * b, (a + 1) * b, (a + 1) * b + (b + 1) * c
        self.W1, self.b1 = P[:o1].reshape(a, b), P[o1:o2]
        self.G1, self.gb1 = G[:o1].reshape(a, b), G[o1:o2]
        self.W2, self.G2 = (v[o2:o3].reshape(b + 1, c) for v in (P, G))
        self.W3, self.G3 = (v[o3:].reshape(c + 1, e) for v in (P, G))
        self.W2T, self.W3T = self.W2[:b].T, self.W3[:c].T
        self.h1_one, self.h2_one = empty(n, b + 1, fill=1), empty(n, c + 1, fill=1)
        self.h1, self.h2 = self.h1_one[:, :b], self.h2_one[:, :c]
        self.h1T, self.h2T = self.h1_one.T, self.h2_one.T
        self.z1, self.z2, self.z3 = empty(n, b), empty(n, c), empty(n, e)
        self.d1, self.d2, self.d3 = empty(n, b), empty(n, c), empty(n, e)
        self.t3 = empty(n, e)
        self.d3_flat = self.d3.reshape(-1)
        self.ones = empty(n, fill=1)
        self.share, self.k = 1 / (n * e), scalar(2 * work.lr / (n * e))

    def forward(self, x: Array) -> None:
        """The three sigmoids written out: a call of Python each would be measured."""
        z1, z2, z3, h1, h2 = self.z1, self.z2, self.z3, self.h1, self.h2
        dot(x, self.W1, z1)
        add(z1, self.b1, z1)
        neg(z1, z1)
        exp(z1, z1)
        add(z1, ONE, z1)
        rec(z1, h1)
        dot(self.h1_one, self.W2, z2)
        neg(z2, z2)
        exp(z2, z2)
        add(z2, ONE, z2)
        rec(z2, h2)
        dot(self.h2_one, self.W3, z3)
        neg(z3, z3)
        exp(z3, z3)
        add(z3, ONE, z3)
        rec(z3, z3)

    def step(self, x: Array, y: Array) -> Array:
        self.forward(x)
        z1, z2, z3, h1, h2 = self.z1, self.z2, self.z3, self.h1, self.h2
        d1, d2, d3, t3 = self.d1, self.d2, self.d3, self.t3
        sub(z3, y, d3)
        loss: Array = self.d3_flat.dot(self.d3_flat) * self.share
        mul(d3, self.k, d3)
        sub(ONE, z3, t3)
        mul(t3, z3, t3)
        mul(d3, t3, d3)
        dot(self.h2T, d3, self.G3)
        dot(d3, self.W3T, d2)
        sub(ONE, h2, z2)
        mul(z2, h2, z2)
        mul(d2, z2, d2)
        dot(self.h1T, d2, self.G2)
        dot(d2, self.W2T, d1)
        sub(ONE, h1, z1)
        mul(z1, h1, z1)
        mul(d1, z1, d1)
        dot(x.T, d1, self.G1)
        dot(self.ones, d1, self.gb1)
        sub(self.flat.P, self.flat.G, self.flat.P)
        return loss


def padded(k: int) -> int:
    """The length of a row in memory.

    Rows whose stride is a multiple of 4096 bytes meet in the same sets of a cache; one more line a row was worth 8 % of
    the forward product of mlp_wide, 3 % of the others.
    """
    return k + 16 if k % 1024 == 0 else k


class Relu(Net):
    """A stack with relu and softmax cross-entropy, any optimiser.

    The logits are transposed, so that the softmax reduces along the first axis: along short contiguous rows a maximum
    costs 100 ns a row.
    """

    def __init__(self, work: Work, params: Named) -> None:
        super().__init__(work, params)
        n, s = work.batch, work.cfg["sizes"]
        p, g = self.flat.p, self.flat.g
        self.layers = len(s) - 1
        self.W, self.gW = ([w[:, :k] for w, k in zip(v[0::2], s[1:], strict=True)] for v in (p, g))
        self.b, self.gb = p[1::2], g[1::2]
        self.WT = [w.T for w in self.W]
        self.h = [empty(n, padded(k))[:, :k] for k in s[1:-1]]
        self.hT = [h.T for h in self.h]
        self.z = empty(s[-1], n)
        self.zT, self.b_column = self.z.T, self.b[-1][:, None]
        self.d = [empty(n, padded(k))[:, :k] for k in s[1:-1]]
        self.masks = [np.empty((n, k), bool) for k in s[1:-1]]
        self.ones = empty(n, fill=1)
        self.loss = SoftmaxCrossEntropy(n, s[-1], gradient_scale(work))
        self.zero = scalar(0)

    def to_internal(self, name: str, a: Array) -> Array:
        return np.pad(a, ((0, 0), (0, padded(a.shape[1]) - a.shape[1]))) if a.ndim == 2 else a

    def to_canonical(self, name: str, p: Array) -> Array:
        return p[:, : self.work.cfg["sizes"][int(name[1:])]] if p.ndim == 2 else p.copy()

    def forward(self, x: Array) -> None:
        a = x
        for h, W, b in zip(self.h, self.W, self.b, strict=False):  # all but the last
            mm(a, W, h)
            add(h, b, h)
            np.maximum(h, self.zero, out=h)
            a = h
        mm(self.WT[-1], a.T, self.z)
        add(self.z, self.b_column, self.z)

    def step(self, x: Array, y: Array) -> float:
        self.forward(x)
        loss = self.loss(self.z, y)
        d: Array = self.zT
        for k in range(self.layers - 1, -1, -1):
            mm(self.hT[k - 1] if k else x.T, d, self.gW[k])
            dot(self.ones, d, self.gb[k])
            if k:
                e, mask = self.d[k - 1], self.masks[k - 1]
                mm(d, self.WT[k], e)
                np.greater(self.h[k - 1], self.zero, mask)
                mul(e, mask, e)
                d = e
        self.update.step()
        return loss


def make(work: Work, params: Named) -> Net:
    np.setbufsize(BUFFER)
    if work.name == "xor":
        return Xor(work, params)
    return Tiny(work, params) if work.name == "mlp_tiny" else Relu(work, params)
