"""A character model: embedding, LSTM, logits.

* Embedding, input product and bias are one table, (E Wx + b)[x]: 64x64x512 instead of 1024x64x512, and one look-up a
  step.
* The backward pass of that look-up is a sum by token (sorted, one small product a token), so that dE and dWx are
  products as small as the vocabulary too.
* The three sigmoids are tanh of half the pre-activation: one tanh over all gates. The halves are folded into scaled
  copies of the weights.
* Pre-activations leave the product as (N, 4H) and are laid out anew gate by gate (4, N, H) by the addition that is
  needed anyway, so that every call after it works on contiguous memory; the gates stand in the order g i f o.
* Local derivatives are formed in the forward loop while everything is in the cache: six calls a step in the backward
  loop.
* dWh is one product over all steps at the end; logits are transposed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.data import Array, Named
from benchmarks.peers.numpy_hand.flat import Net, SoftmaxCrossEntropy, empty, gradient_scale, scalar
from benchmarks.works import Work

mm, mul, add, sub, dot, tanh = np.matmul, np.multiply, np.add, np.subtract, np.dot, np.tanh
BUFFER = 2048
GATED = ("Wx", "Wh", "b")


@dataclass(frozen=True, slots=True)
class Step:
    """The arrays of one step of time, as views."""

    h: Array  # of the step before
    h_next: Array
    c_next: Array
    slopes: Array  # 1 - tanh^2 of the gates, then their local derivatives
    slopes_gif: Array
    slope_o: Array
    factors: Array  # i, g, c of the step before, tanh c
    factors_ig: Array
    c: Array
    tanh_c: Array
    forget: Array
    slope_c: Array  # dh/dc
    dh: Array
    dz: Array
    dz_gif: Array
    dz_o: Array


class Lstm(Net):
    def __init__(self, work: Work, params: Named) -> None:
        super().__init__(work, params)
        c = work.cfg
        self.sizes = work.batch, c["T"], c["hidden"], c["vocab"]
        N, T, H, V = self.sizes
        self.E, self.Wx, self.Wh, self.b, self.Wo, self.bo = self.flat.p
        self.gE, self.gWx, self.gWh, self.gb, self.gWo, self.gbo = self.flat.g
        G = 4 * H
        # Forward, the pre-activations of i f o are halved; backward, the slope 1 - tanh^2 that is kept is 4 s(1-s) for
        # them, hence the quarter.
        self.half, self.quarter = empty(G, fill=0.5), empty(G, fill=0.25)
        self.half[:H] = self.quarter[:H] = 1
        self.Whs, self.WhT, self.table = empty(H, G), empty(G, H), empty(V, G)
        self.X, self.Z, self.S = empty(N, G), empty(N, G), empty(4, N, H)
        self.Xg, self.Zg = self.gates(self.X), self.gates(self.Z)
        self.time_arrays()
        self.tmp, self.dc, self.carried = empty(N, H), empty(N, H), empty(N, H)
        self.L = empty(V, T * N)
        self.LT, self.WoT, self.bo_column = self.L.T, self.Wo.T, self.bo[:, None]
        self.table_gradient, self.sorted = empty(V, G), empty(T * N, G)
        self.tokens, self.labels = np.empty((T, N), np.int64), np.empty((T, N), np.int64)
        self.keys = np.empty(T * N, np.uint8 if V <= 256 else np.uint16)  # short integers sort fast
        self.ones, self.ones_V = empty(T * N, fill=1), empty(V, fill=1)
        self.loss = SoftmaxCrossEntropy(T * N, V, gradient_scale(work))
        self.one, self.a_half = scalar(1), scalar(0.5)

    def gates(self, a: Array) -> Array:
        """(N, 4H) as (4, N, H)."""
        N, _, H, _ = self.sizes
        return a.reshape(N, 4, H).transpose(1, 0, 2)

    def time_arrays(self) -> None:
        """What is kept of every step, and views of it."""
        N, T, H, _ = self.sizes
        self.Hs = empty(T + 1, N, H)  # h of the step before t at t
        slopes, factors, dZ = empty(T, 4, N, H), empty(T, 4, N, H), empty(T, N, 4 * H)
        forget, slope_c, dH, last_c = empty(T, N, H), empty(T, N, H), empty(T, N, H), empty(N, H)
        self.steps = []
        for t in range(T):
            a, q, d = slopes[t], factors[t], self.gates(dZ[t])
            c_next = factors[t + 1, 2] if t + 1 < T else last_c
            forward = (self.Hs[t], self.Hs[t + 1], c_next, a, a[:3], a[3], q, q[:2], q[2], q[3], forget[t], slope_c[t])
            self.steps.append(Step(*forward, dH[t], dZ[t], d[:3], d[3]))
        self.states = self.Hs[1:].reshape(T * N, H)
        self.statesT, self.earlierT = self.states.T, self.Hs[1:T].reshape((T - 1) * N, H).T
        self.dz = dZ.reshape(T * N, 4 * H)
        self.dz_late, self.dh = self.dz[N:], dH.reshape(T * N, H)

    def to_internal(self, name: str, a: Array) -> Array:
        if name in GATED:
            i, f, g, o = np.split(a, 4, axis=-1)
            return np.concatenate([g, i, f, o], -1)
        return a

    def to_canonical(self, name: str, p: Array) -> Array:
        if name in GATED:
            g, i, f, o = np.split(p, 4, axis=-1)
            return np.concatenate([i, f, g, o], -1)
        return p.copy()

    def scaled_weights(self) -> None:
        """The table of the input products, and the weights of the state with the halves in them."""
        mm(self.E, self.Wx, self.table)
        add(self.table, self.b, self.table)
        mul(self.table, self.half, self.table)
        mul(self.Wh, self.half, self.Whs)
        np.copyto(self.WhT, self.Wh.T)
        mul(self.WhT, self.quarter[:, None], self.WhT)

    def forward(self) -> None:
        one, half, tmp, X, Z, S, take, copyto = (
            self.one, self.a_half, self.tmp, self.X, self.Z, self.S, np.take, np.copyto,
        )  # fmt: skip
        Xg, Zg, Whs, table, tokens = self.Xg, self.Zg, self.Whs, self.table, self.tokens
        g, i, f, o = S
        gi, sigmoids = S[1::-1], S[1:]
        for t, s in enumerate(self.steps):
            take(table, tokens[t], 0, X, "clip")
            if t:
                mm(s.h, Whs, Z)
                add(Zg, Xg, S)
            else:
                copyto(S, Xg)
            tanh(S, S)
            mul(S, S, s.slopes)
            sub(one, s.slopes, s.slopes)
            mul(sigmoids, half, sigmoids)
            add(sigmoids, half, sigmoids)
            copyto(s.factors_ig, gi)
            copyto(s.forget, f)
            mul(i, g, s.c_next)
            mul(f, s.c, tmp)
            add(s.c_next, tmp, s.c_next)
            tanh(s.c_next, s.tanh_c)
            mul(o, s.tanh_c, s.h_next)
            mul(s.h_next, s.tanh_c, tmp)
            sub(o, tmp, s.slope_c)  # o (1 - tanh^2 c)
            mul(s.slopes, s.factors, s.slopes)

    def classify(self) -> float:
        """The loss; the gradient of all states from it."""
        L = self.L
        mm(self.WoT, self.statesT, L)
        add(L, self.bo_column, L)
        loss = self.loss(L, self.labels.reshape(-1))
        dot(L, self.ones, self.gbo)
        mm(self.statesT, self.LT, self.gWo)
        mm(self.LT, self.WoT, self.dh)
        return loss

    def backward(self) -> None:
        """Through time; dz holds 4 dz for i f o, dz for g."""
        dc, carried, WhT, tmp = self.dc, self.carried, self.WhT, self.tmp
        dc.fill(0)
        later: Array | None = None
        for s in reversed(self.steps):
            if later is not None:
                mm(later, WhT, carried)
                add(s.dh, carried, s.dh)
            mul(s.dh, s.slope_o, s.dz_o)
            mul(s.dh, s.slope_c, tmp)
            add(dc, tmp, dc)
            mul(s.slopes_gif, dc, s.dz_gif)
            mul(dc, s.forget, dc)
            later = s.dz
        mm(self.earlierT, self.dz_late, self.gWh)
        mul(self.gWh, self.quarter, self.gWh)

    def look_up_backward(self) -> None:
        """The sum of dz by token, and from it the gradients of what makes the table."""
        np.copyto(self.keys, self.tokens.reshape(-1), casting="unsafe")
        order = np.argsort(self.keys, kind="stable")
        ends = np.cumsum(np.bincount(self.keys, minlength=len(self.table))).tolist()
        by_token, found, ones = self.sorted, self.table_gradient, self.ones
        np.take(self.dz, order, 0, by_token, "clip")
        start = 0
        for end, row in zip(ends, found, strict=True):
            if end > start:
                dot(ones[start:end], by_token[start:end], row)
            else:
                row.fill(0)
            start = end
        mul(found, self.quarter, found)
        dot(self.ones_V, found, self.gb)
        mm(self.E.T, found, self.gWx)
        mm(found, self.Wx.T, self.gE)

    def step(self, x: Array, y: Array) -> float:
        np.copyto(self.tokens, x.T)
        np.copyto(self.labels, y.T)
        self.scaled_weights()
        self.forward()
        loss = self.classify()
        self.backward()
        self.look_up_backward()
        self.update.step()
        return loss


def make(work: Work, params: Named) -> Net:
    np.setbufsize(BUFFER)
    return Lstm(work, params)
