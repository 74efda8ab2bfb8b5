"""lstm_char in pure NumPy.

* embedding + input projection + bias are one table: (E Wx + b)[x], 64x64x512
  instead of 1024x64x512, and one gather per step;
* the backward of that gather is a segment sum (sort by token, one small
  product per token), so dE and dWx are vocabulary-sized products too;
* the three sigmoids are tanh of half the pre-activation: one tanh over the
  whole block.  The halves are folded into scaled copies of the weights;
* pre-activations leave the product as (N, 4H) and are re-laid gate by gate
  (4, N, H) by the addition that is needed anyway, so that every later call
  works on contiguous memory; gates in the order g i f o;
* local derivatives are formed in the forward loop while everything is in L1,
  so the backward loop is six calls per time step;
* dWh is one product over all time steps at the end; logits transposed."""

import numpy as np

from benchmarks.peers.numpy_hand.flat import Net, SoftmaxCrossEntropy, empty, gradient_scale, scalar

mm, mul, add, sub = np.matmul, np.multiply, np.add, np.subtract
BUFSIZE = 2048


class Lstm(Net):
    def __init__(self, work, params):
        super().__init__(work, params)
        c = work.cfg
        N, T, H, V = work.batch, c["T"], c["hidden"], c["vocab"]
        self.N, self.T, self.H, self.V = N, T, H, V
        self.E, self.Wx, self.Wh, self.b, self.Wo, self.bo = self.flat.p
        self.gE, self.gWx, self.gWh, self.gb, self.gWo, self.gbo = self.flat.g
        G = 4 * H
        # forward: pre-activations of i f o are halved; backward: the stored
        # derivative 1 - tanh^2 is 4 s(1-s) for them, hence the quarter
        self.half, self.quart = empty(G, fill=0.5), empty(G, fill=0.25)
        self.half[:H] = self.quart[:H] = 1
        self.quartT = self.quart[:, None]
        self.Whs, self.WhT, self.table = empty(H, G), empty(G, H), empty(V, G)
        self.Hs = empty(T + 1, N, H)  # h_{t-1} at t: Hs[0] = 0
        self.X, self.Z = empty(N, G), empty(N, G)

        def gates(a):  # (N, 4H) as (4, N, H)
            return a.reshape(N, 4, H).transpose(1, 0, 2)

        self.Xg, self.Zg = gates(self.X), gates(self.Z)
        self.S = empty(4, N, H)
        A, Q = empty(T, 4, N, H), empty(T, 4, N, H)  # Q: i, g, c_{t-1}, tanh c
        self.dZ = empty(T, N, G)
        Fg, Ac = empty(T, N, H), empty(T, N, H)
        self.dz2 = self.dZ.reshape(T * N, G)
        self.last_c = empty(N, H)
        self.dH = empty(T, N, H)
        self.fwd, self.bwd = [], []
        for t in range(T):
            cn = Q[t + 1, 2] if t + 1 < T else self.last_c
            d = gates(self.dZ[t])
            self.fwd.append((self.Hs[t], self.Hs[t + 1], cn, A[t], Q[t], Q[t, :2], Q[t, 2], Q[t, 3], Fg[t], Ac[t]))
            self.bwd.append((self.dH[t], A[t, :3], A[t, 3], d[:3], d[3], self.dZ[t], Fg[t], Ac[t]))
        self.bwd.reverse()
        self.tmp, self.dc, self.dh = empty(N, H), empty(N, H), empty(N, H)
        self.hall = self.Hs[1:].reshape(T * N, H)
        self.hallT = self.hall.T
        self.hprevT = self.Hs[1:T].reshape((T - 1) * N, H).T
        self.dz_late = self.dz2[N:]
        self.L = empty(V, T * N)
        self.LT = self.L.T
        self.WoT, self.boc = self.Wo.T, self.bo[:, None]
        self.dHf = self.dH.reshape(T * N, H)
        self.dtab, self.sorted = empty(V, G), empty(T * N, G)
        self.ET, self.WxT = self.E.T, self.Wx.T
        self.tok, self.lab = (np.empty((T, N), np.int64) for _ in range(2))
        self.tokf, self.labf = self.tok.reshape(-1), self.lab.reshape(-1)
        self.tok8 = np.empty(T * N, np.uint8 if V <= 256 else np.uint16)
        self.ones, self.onesV = empty(T * N, fill=1), empty(V, fill=1)
        self.ce = SoftmaxCrossEntropy(T * N, V, gradient_scale(work))
        self.one, self.hf = scalar(1), scalar(0.5)

    # canonical gate order i f g o -> internal g i f o
    def to_internal(self, name, a):
        if name in ("Wx", "Wh", "b"):
            i, f, g, o = np.split(a, 4, axis=-1)
            return np.concatenate([g, i, f, o], -1)
        return a

    def to_canonical(self, name, p):
        if name in ("Wx", "Wh", "b"):
            g, i, f, o = np.split(p, 4, axis=-1)
            return np.concatenate([i, f, g, o], -1)
        return p.copy()

    def step(self, x, y):
        tanh, take, copyto, dot = np.tanh, np.take, np.copyto, np.dot
        one, hf, tmp, X, Z, S = self.one, self.hf, self.tmp, self.X, self.Z, self.S
        Xg, Zg = self.Xg, self.Zg
        g, i, f, o = S
        gi, sig = S[1::-1], S[1:]
        copyto(self.tok, x.T)
        copyto(self.lab, y.T)
        tab, Whs = self.table, self.Whs
        mm(self.E, self.Wx, tab)
        add(tab, self.b, tab)
        mul(tab, self.half, tab)
        mul(self.Wh, self.half, Whs)
        copyto(self.WhT, self.Wh.T)
        mul(self.WhT, self.quartT, self.WhT)
        t = 0
        for hp, hn, cn, A, Q, Q01, cp, tc, Fg, Ac in self.fwd:
            take(tab, self.tok[t], 0, X, "clip")
            if t:
                mm(hp, Whs, Z)
                add(Zg, Xg, S)
            else:
                copyto(S, Xg)
            t += 1
            tanh(S, S)
            mul(S, S, A)
            sub(one, A, A)  # 1 - tanh^2
            mul(sig, hf, sig)
            add(sig, hf, sig)
            copyto(Q01, gi)
            copyto(Fg, f)
            mul(i, g, cn)
            mul(f, cp, tmp)
            add(cn, tmp, cn)
            tanh(cn, tc)
            mul(o, tc, hn)
            mul(hn, tc, tmp)
            sub(o, tmp, Ac)  # dh/dc = o (1 - tanh^2 c)
            mul(A, Q, A)
        L = self.L
        mm(self.WoT, self.hallT, L)
        add(L, self.boc, L)
        loss = self.ce(L, self.labf)
        dot(L, self.ones, self.gbo)
        mm(self.hallT, self.LT, self.gWo)
        mm(self.LT, self.WoT, self.dHf)
        # backward through time; dZ holds 4 dz for i f o, dz for g
        dc, dh, WhT = self.dc, self.dh, self.WhT
        dc.fill(0)
        prev = None
        for d, Agif, Ao, zgif, zo, dz, Fg, Ac in self.bwd:
            if prev is not None:
                mm(prev, WhT, dh)
                add(d, dh, d)
            mul(d, Ao, zo)
            mul(d, Ac, tmp)
            add(dc, tmp, dc)
            mul(Agif, dc, zgif)
            mul(dc, Fg, dc)
            prev = dz
        mm(self.hprevT, self.dz_late, self.gWh)
        mul(self.gWh, self.quart, self.gWh)
        # segment sum of dZ by token
        copyto(self.tok8, self.tokf, casting="unsafe")
        order = np.argsort(self.tok8, kind="stable")
        ends = np.cumsum(np.bincount(self.tok8, minlength=self.V)).tolist()
        srt, dt, ones = self.sorted, self.dtab, self.ones
        take(self.dz2, order, 0, srt, "clip")
        a = 0
        for b, row in zip(ends, dt):
            if b > a:
                dot(ones[a:b], srt[a:b], row)
            else:
                row.fill(0)
            a = b
        mul(dt, self.quart, dt)
        dot(self.onesV, dt, self.gb)
        mm(self.ET, dt, self.gWx)
        mm(dt, self.WxT, self.gE)
        self.update.step()
        return loss


def make(work, params):
    np.setbufsize(BUFSIZE)
    return Lstm(work, params)
