"""One pre-norm transformer block.

* The gain and shift of a layer norm are folded into the weights after it, (xh*g + e) @ W = xh @ (g W) + e W: passes
  over 128x384 numbers instead of 512x128; and, the input being data, the first norm needs no product for its input.
* 1/sqrt(32) rides in the columns of the queries, the 1/2 of GELU in W1.
* The softmax is never normalised: exp(S) @ V is divided by the sums of its rows (512x128 numbers instead of 8x4x64x64);
  the backward pass works on exp(S) too.
* Scores are formed transposed (keys, queries): max and sum along the axis before the last run at full width.
* GELU and its derivative in one sweep over blocks of rows that fit into a cache: its backward pass is one product.
* Sums of rows by BLAS, as products with a vector of ones.
"""

from __future__ import annotations

import numpy as np

from benchmarks.data import Array, Named
from benchmarks.peers.numpy_hand.flat import Net, SoftmaxCrossEntropy, empty, gradient_scale, scalar
from benchmarks.works import Work

mm, mul, add, sub, dot = np.matmul, np.multiply, np.add, np.subtract, np.dot
BUFFER = 2048
ROWS = 64  # of a block of GELU
K0, K1 = (2 / np.pi) ** 0.5, 0.044715 * (2 / np.pi) ** 0.5


class Norm:
    """xh = (x - mean)/sqrt(var + eps) for n rows of d."""

    def __init__(self, n: int, d: int, eps: float) -> None:
        self.mean_w = empty(d, fill=1 / d)
        self.m, self.v, self.s = empty(n), empty(n), empty(n)
        self.m_column, self.v_column, self.s_column = (a[:, None] for a in (self.m, self.v, self.s))
        self.xh = empty(n, d)
        self.xhT = self.xh.T
        self.t = empty(n, d)
        self.eps, self.share = scalar(eps), scalar(1 / d)

    def forward(self, x: Array) -> Array:
        xh, v = self.xh, self.v
        dot(x, self.mean_w, self.m)
        sub(x, self.m_column, xh)
        np.einsum("ij,ij->i", xh, xh, out=v)
        mul(v, self.share, v)
        add(v, self.eps, v)
        np.sqrt(v, v)
        np.reciprocal(v, v)
        mul(xh, self.v_column, xh)
        return xh

    def backward(self, d: Array) -> Array:
        """The gradient of xh becomes that of x, in place."""
        t = self.t
        dot(d, self.mean_w, self.m)
        np.einsum("ij,ij->i", d, self.xh, out=self.s)
        mul(self.s, self.share, self.s)
        mul(self.xh, self.s_column, t)
        sub(d, t, d)
        sub(d, self.m_column, d)
        mul(d, self.v_column, d)
        return d


class Gelu:
    """On blocks of `ROWS` rows of m."""

    def __init__(self, m: int) -> None:
        self.t, self.u = empty(ROWS, m), empty(ROWS, m)
        # In h = z/2: u = h (2 K0 + 8 K1 h^2), u' = 2 K0 + 24 K1 h^2.
        self.a1, self.a0, self.three, self.rest = scalar(8 * K1), scalar(2 * K0), scalar(3), scalar(-4 * K0)
        self.one, self.two = scalar(1), scalar(2)

    def __call__(self, h: Array, slope: Array) -> None:
        """h, half the pre-activation, becomes gelu; slope becomes d gelu/d h."""
        t, u = self.t, self.u
        mul(h, h, t)
        mul(t, self.a1, t)
        add(t, self.a0, t)  # 2 K0 + 8 K1 h^2
        mul(h, t, u)
        np.tanh(u, u)
        add(u, self.one, u)  # 1 + tanh
        mul(h, u, h)  # gelu
        mul(t, self.three, t)
        add(t, self.rest, t)  # u' = 3 (2 K0 + 8 K1 h^2) - 4 K0
        sub(self.two, u, slope)
        mul(slope, h, slope)  # h (1 - tanh^2)
        mul(slope, t, slope)
        add(slope, u, slope)


class Heads:
    """softmax(q k^T) v, head by head, on q, k and v that lie side by side in one array [n, 3 d]."""

    def __init__(self, batch: int, steps: int, heads: int, d: int) -> None:
        self.sizes = batch, steps, heads, d // heads
        n = batch * steps
        self.qkv, self.dqkv = empty(n, 3 * d), empty(n, 3 * d)
        self.q, self.k, self.v = self.split(self.qkv)
        self.dq, self.dk, self.dv = self.split(self.dqkv)
        self.qT = self.q.transpose(0, 1, 3, 2)
        self.S, self.dS = empty(batch, heads, steps, steps), empty(batch, heads, steps, steps)  # (key, query)
        self.ST, self.dST = (a.transpose(0, 1, 3, 2) for a in (self.S, self.dS))
        self.most, self.sums = empty(batch, heads, 1, steps), empty(batch, heads, 1, steps)
        self.most_rows, self.sums_rows = self.most[:, :, 0], self.sums[:, :, 0]
        self.ctx, self.dctx = empty(n, d), empty(n, d)
        self.ctx_heads, self.dctx_heads = self.by_head(self.ctx), self.by_head(self.dctx)
        self.dctx_headsT = self.dctx_heads.transpose(0, 1, 3, 2)
        self.ctx_rows, self.dctx_rows = (a.reshape(n * heads, d // heads) for a in (self.ctx, self.dctx))
        self.ctx_parts, self.dctx_parts = (a.reshape(n, heads, d // heads) for a in (self.ctx, self.dctx))
        self.delta, self.delta_keys = empty(n * heads), empty(batch, heads, 1, steps)
        # (step, head) -> (batch, head, 1, query)
        self.delta_heads = self.delta.reshape(batch, steps, heads).transpose(0, 2, 1)[:, :, None, :]
        self.inverse = empty(n, heads, 1)
        self.inverse_heads = self.inverse.reshape(batch, steps, heads).transpose(0, 2, 1)

    def split(self, a: Array) -> list[Array]:
        batch, steps, heads, width = self.sizes
        parts = a.reshape(batch, steps, 3, heads, width)
        return [parts[:, :, j].transpose(0, 2, 1, 3) for j in range(3)]

    def by_head(self, a: Array) -> Array:
        batch, steps, heads, width = self.sizes
        return a.reshape(batch, steps, heads, width).transpose(0, 2, 1, 3)

    def forward(self) -> None:
        """ctx from qkv."""
        S = self.S
        mm(self.k, self.qT, S)
        np.maximum.reduce(S, axis=2, out=self.most_rows)
        sub(S, self.most, S)
        np.exp(S, S)
        np.add.reduce(S, axis=2, out=self.sums_rows)
        np.reciprocal(self.sums_rows, self.sums_rows)
        mm(self.ST, self.v, self.ctx_heads)
        np.copyto(self.inverse_heads, self.sums_rows)
        mul(self.ctx_parts, self.inverse, self.ctx_parts)

    def backward(self) -> None:
        """dqkv from dctx."""
        S, dS = self.S, self.dS
        mul(self.dctx_parts, self.inverse, self.dctx_parts)  # d / sum of the row
        np.einsum("ij,ij->i", self.dctx_rows, self.ctx_rows, out=self.delta)
        np.copyto(self.delta_keys, self.delta_heads)
        mm(S, self.dctx_heads, self.dv)
        mm(self.v, self.dctx_headsT, dS)  # (key, query)
        sub(dS, self.delta_keys, dS)
        mul(dS, S, dS)
        mm(self.dST, self.k, self.dq)
        mm(dS, self.q, self.dk)


class Block(Net):
    def __init__(self, work: Work, params: Named) -> None:
        super().__init__(work, params)
        c = work.cfg
        steps, d, heads, m, k = c["T"], c["d"], c["heads"], c["mlp"], c["classes"]
        n = work.batch * steps
        self.n, self.d = n, d
        self.name_parameters()
        self.norm1, self.norm2 = Norm(n, d, c["norm_eps"]), Norm(n, d, c["norm_eps"])
        self.heads = Heads(work.batch, steps, heads, d)
        self.gelu = Gelu(m)
        self.attention_arrays(d, (d // heads) ** -0.5)
        self.mlp_arrays(n, d, m)
        self.x1, self.x2, self.dx1, self.dx2 = (empty(n, d) for _ in range(4))
        self.L = empty(k, n)
        self.LT, self.WoT, self.bo_column = self.L.T, self.Wo.T, self.bo[:, None]
        self.ones = empty(n, fill=1)
        self.loss = SoftmaxCrossEntropy(n, k, gradient_scale(work))

    def name_parameters(self) -> None:
        p, g = self.flat.p, self.flat.g
        self.g1, self.e1, self.Wqkv, self.Wp, self.bp, self.g2, self.e2 = p[:7]
        self.W1, self.c1, self.W2, self.c2, self.Wo, self.bo = p[7:]
        self.dg1, self.de1, self.dWqkv, self.dWp, self.dbp, self.dg2, self.de2 = g[:7]
        self.dW1, self.dc1, self.dW2, self.dc2, self.dWo, self.dbo = g[7:]
        self.g1_column, self.g2_column, self.e1_column, self.e2_column = (
            a[:, None] for a in (self.g1, self.g2, self.e1, self.e2)
        )

    def attention_arrays(self, d: int, scale: float) -> None:
        self.scale = empty(3 * d, fill=1)
        self.scale[:d] = scale
        self.Wf, self.Ws, self.H1, self.T1 = (empty(d, 3 * d) for _ in range(4))
        self.bf, self.s1 = empty(3 * d), empty(3 * d)

    def mlp_arrays(self, n: int, d: int, m: int) -> None:
        self.W1f, self.W1h, self.H2, self.T2 = (empty(d, m) for _ in range(4))
        self.b1f, self.s2 = empty(m), empty(m)
        self.y, self.slope, self.dy = (empty(n, m) for _ in range(3))
        starts = range(0, n, ROWS)
        self.blocks = [(self.norm2.xh[r : r + ROWS], self.y[r : r + ROWS], self.slope[r : r + ROWS]) for r in starts]
        self.half = scalar(0.5)

    def attend(self, x: Array) -> None:
        """x1 = x + projection(attention(norm(x)))."""
        xh = self.norm1.forward(x)
        mul(self.Wqkv, self.scale, self.Ws)
        mul(self.Ws, self.g1_column, self.Wf)
        dot(self.e1, self.Ws, self.bf)
        mm(xh, self.Wf, self.heads.qkv)
        add(self.heads.qkv, self.bf, self.heads.qkv)
        self.heads.forward()
        mm(self.heads.ctx, self.Wp, self.x1)
        add(self.x1, self.bp, self.x1)
        add(self.x1, x, self.x1)

    def perceive(self) -> None:
        """x2 = x1 + mlp(norm(x1))."""
        self.norm2.forward(self.x1)
        mul(self.W1, self.half, self.W1h)
        mul(self.W1h, self.g2_column, self.W1f)
        dot(self.e2, self.W1h, self.b1f)
        mul(self.c1, self.half, self.s2)
        add(self.b1f, self.s2, self.b1f)
        for xh, h, slope in self.blocks:
            mm(xh, self.W1f, h)
            add(h, self.b1f, h)
            self.gelu(h, slope)
        mm(self.y, self.W2, self.x2)
        add(self.x2, self.c2, self.x2)
        add(self.x2, self.x1, self.x2)

    def classify(self, y: Array) -> float:
        """The loss; dx2 from it."""
        L, x2, ones = self.L, self.x2, self.ones
        mm(self.WoT, x2.T, L)
        add(L, self.bo_column, L)
        loss = self.loss(L, y.reshape(-1))
        dot(L, ones, self.dbo)
        mm(x2.T, self.LT, self.dWo)
        mm(self.LT, self.WoT, self.dx2)
        return loss

    def perceive_backward(self) -> None:
        """dx1 from dx2."""
        ones, dx2, dh, H2, s, dW1, T2 = self.ones, self.dx2, self.dy, self.H2, self.s2, self.dW1, self.T2
        dot(ones, dx2, self.dc2)
        mm(self.y.T, dx2, self.dW2)
        mm(dx2, self.W2.T, dh)
        mul(dh, self.slope, dh)  # of h = z/2
        dot(ones, dh, s)
        mm(self.norm2.xhT, dh, H2)
        # H2 = xh^T dh; the weights are W1h = W1/2, so dW1 = (g2 H2 + e2 s)/2.
        np.einsum("ij,ij->i", self.W1h, H2, out=self.dg2)
        dot(self.W1h, s, self.de2)
        mul(self.e2_column, s, T2)
        mul(H2, self.g2_column, dW1)
        add(dW1, T2, dW1)
        mul(dW1, self.half, dW1)
        mul(s, self.half, self.dc1)
        mm(dh, self.W1f.T, self.dx1)
        self.norm2.backward(self.dx1)
        add(self.dx1, dx2, self.dx1)

    def attend_backward(self) -> None:
        """The gradients of the attention's parameters from dx1."""
        ones, dx1, dqkv = self.ones, self.dx1, self.heads.dqkv
        H1, s, T1, dW = self.H1, self.s1, self.T1, self.dWqkv
        dot(ones, dx1, self.dbp)
        mm(self.heads.ctx.T, dx1, self.dWp)
        mm(dx1, self.Wp.T, self.heads.dctx)
        self.heads.backward()
        mm(self.norm1.xhT, dqkv, H1)
        dot(ones, dqkv, s)
        np.einsum("ij,ij->i", self.Ws, H1, out=self.dg1)
        dot(self.Ws, s, self.de1)
        mul(self.e1_column, s, T1)
        mul(H1, self.g1_column, dW)
        add(dW, T1, dW)
        mul(dW, self.scale, dW)

    def step(self, x: Array, y: Array) -> float:
        self.attend(x.reshape(self.n, self.d))
        self.perceive()
        loss = self.classify(y)
        self.perceive_backward()
        self.attend_backward()
        self.update.step()
        return loss


def make(work: Work, params: Named) -> Net:
    np.setbufsize(BUFFER)
    return Block(work, params)
