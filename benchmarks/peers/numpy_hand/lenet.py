"""LeNet in pure NumPy.

Layout: batch last (the 64 images are the contiguous axis), and every map is
stored in the polyphase order its 2x2 max-pool wants, so that pooling is
``maximum`` over whole contiguous blocks.

A convolution computes a BLOCK of output pixels per patch: the 5x5 kernel is
scattered into a small Toeplitz matrix T (patch pixels x block outputs).  For
conv1 a 4x4 block (8x8 patch): im2col copies 4x the input instead of 25x, and
the product is 96x65x3136 at 130 GF/s instead of 6x25x50176 at 27 GF/s, which
is worth its 2.6x more flops.  conv2 uses 2x2 blocks (6x6 patches).
Biases are one more row of T against a constant row of ones."""

import numpy as np
from numpy.lib.stride_tricks import as_strided

from benchmarks.peers.numpy_hand.flat import Net, SoftmaxCrossEntropy, empty, gradient_scale, scalar

mm = np.matmul


def strided(a, shape, strides, offset=0):
    """View by element strides."""
    base = a.reshape(-1)[offset:]
    return as_strided(base, shape, [4 * s for s in strides])


class Lenet(Net):
    def __init__(self, work, params):
        super().__init__(work, params)
        N = work.batch
        p, g = self.flat.p, self.flat.g
        self.W1, self.b1, self.W2, self.b2 = p[:4]
        self.gW1, self.gb1, self.gW2, self.gb2 = g[:4]
        self.Wf, self.bf, self.gWf, self.gbf = p[4::2], p[5::2], g[4::2], g[5::2]
        self.WfT = [w.T for w in self.Wf]
        self.zero = scalar(0)
        # conv1: 4x4 blocks, columns of T ordered (py px by bx co)
        self.xp = empty(32, 32, N)
        self.xin = self.xp[2:30, 2:30]
        M1 = 49 * N
        self.c1 = empty(65, M1)
        self.c1[64] = 1
        self.c1d = self.c1[:64].reshape(8, 8, 7, 7, N)
        self.c1s = strided(self.xp, (8, 8, 7, 7, N), (32 * N, N, 128 * N, 4 * N, 1))
        self.c1T = self.c1.T
        self.T1 = empty(96, 65)
        self.D1 = empty(96, 65)
        st = (48 * 65 + 8, 24 * 65 + 1, 12 * 65 + 16, 6 * 65 + 2, 65, 8, 1)
        self.T1w = strided(self.T1, (2, 2, 2, 2, 6, 5, 5), st)
        self.D1w = strided(self.D1, (2, 2, 2, 2, 6, 5, 5), st)
        self.T1b = self.T1[:, 64].reshape(16, 6)
        self.D1b = self.D1[:, 64].reshape(16, 6)
        L1 = 24 * M1
        self.O1 = empty(96, M1)
        self.o1 = self.O1.reshape(2, 2, L1)
        self.R1, self.P1 = empty(2, L1), empty(L1)
        self.mR1, self.mP1 = np.empty((2, L1), bool), np.empty(L1, bool)
        self.dR1, self.dP1 = empty(2, L1), empty(L1)
        # conv2: 2x2 blocks, T stored (patch i j c, block qy qx co)
        M2, Q = 25 * N, 5 * N
        self.c2 = empty(217, M2)
        self.c2[216] = 1
        self.c2d = self.c2[:216].reshape(3, 2, 3, 2, 6, 5, Q)
        # pooled map 1 is (by bx c Y X n), Y, X in 0..6
        sp = (7 * N, 12 * M1, N, 6 * M1, M1, 7 * N, 1)
        self.c2s = strided(self.P1, (3, 2, 3, 2, 6, 5, Q), sp)
        self.T2, self.D2 = empty(217, 64), empty(217, 64)
        st = (36 * 64 + 32, 6 * 64 + 16, 36 * 64, 6 * 64, 64, 1)
        self.T2w = strided(self.T2, (2, 2, 5, 5, 6, 16), st)
        self.D2w = strided(self.D2, (2, 2, 5, 5, 6, 16), st)
        self.T2b = self.T2[216].reshape(4, 16)
        self.D2b = self.D2[216].reshape(4, 16)
        self.T2T, self.T2k = self.T2.T, self.T2[:216]
        L2 = 16 * M2
        self.O2 = empty(64, M2)
        self.O2T = self.O2.T
        self.o2 = self.O2.reshape(2, 2, L2)
        self.R2, self.P2 = empty(2, L2), empty(400, N)
        self.P2f = self.P2.reshape(L2)
        self.mR2, self.mP2 = np.empty((2, L2), bool), np.empty(L2, bool)
        self.dR2, self.dP2 = empty(2, L2), empty(400, N)
        self.dP2f = self.dP2.reshape(L2)
        self.dc2 = empty(216, M2)
        d = self.dc2.reshape(3, 2, 3, 2, 6, 5, Q)
        dp = self.dP1.reshape(2, 2, 6, 7, 7 * N)  # by bx c Y (X n)
        self.fold = [
            (dp[:, :, :, a : a + 5, b * N : (b + 5) * N], d[a, :, b].transpose(0, 1, 2, 3, 4))
            for a in range(3)
            for b in range(3)
        ]
        # dense tail, transposed (features, batch)
        s = [400, 120, 84, 10]
        self.h = [empty(k, N) for k in s[1:]]
        self.hT = [self.P2.T] + [h.T for h in self.h]
        self.d = [self.dP2] + [empty(k, N) for k in s[1:-1]]
        self.m = [None] + [np.empty((k, N), bool) for k in s[1:-1]]
        self.bc = [b[:, None] for b in self.bf]
        self.ones = empty(N, fill=1)
        self.ce = SoftmaxCrossEntropy(N, 10, gradient_scale(work))

    def to_internal(self, name, a):
        return a[:, 0] if name == "W1" else a.transpose(2, 3, 1, 0) if name == "W2" else a

    def to_canonical(self, name, p):
        return p[:, None] if name == "W1" else p.transpose(3, 2, 0, 1) if name == "W2" else p.copy()

    def step(self, x, y):
        zero = self.zero
        # forward ------------------------------------------------------
        np.copyto(self.T1w, self.W1)
        np.copyto(self.T1b, self.b1)
        np.copyto(self.T2w, self.W2)
        np.copyto(self.T2b, self.b2)
        np.copyto(self.xin, x[:, 0].transpose(1, 2, 0))
        np.copyto(self.c1d, self.c1s)
        mm(self.T1, self.c1, self.O1)
        o, R, P = self.o1, self.R1, self.P1
        np.maximum(o[:, 0], o[:, 1], out=R)
        np.maximum(R[0], R[1], out=P)
        np.maximum(P, zero, out=P)
        np.copyto(self.c2d, self.c2s)
        mm(self.T2T, self.c2, self.O2)
        o, R, P = self.o2, self.R2, self.P2f
        np.maximum(o[:, 0], o[:, 1], out=R)
        np.maximum(R[0], R[1], out=P)
        np.maximum(P, zero, out=P)
        a = self.P2
        for k in range(3):
            z = self.h[k]
            mm(self.WfT[k], a, z)
            np.add(z, self.bc[k], z)
            if k < 2:
                np.maximum(z, zero, out=z)
            a = z
        loss = self.ce(a, y)
        # backward -----------------------------------------------------
        d = a
        for k in (2, 1, 0):
            a = self.h[k - 1] if k else self.P2
            mm(a, d.T, self.gWf[k])
            np.dot(d, self.ones, self.gbf[k])
            e = self.d[k]
            mm(self.Wf[k], d, e)
            if k:
                np.greater(a, zero, self.m[k])
                np.multiply(e, self.m[k], e)
            d = e
        self.unpool(self.o2, self.R2, self.P2f, self.dP2f, self.dR2, self.mR2, self.mP2)
        mm(self.c2, self.O2T, self.D2)
        np.add.reduce(self.D2w, axis=(0, 1), out=self.gW2)
        np.add.reduce(self.D2b, axis=0, out=self.gb2)
        mm(self.T2k, self.O2, self.dc2)
        self.dP1.fill(0)
        for dst, src in self.fold:
            np.add(dst, src, dst)
        self.unpool(self.o1, self.R1, self.P1, self.dP1, self.dR1, self.mR1, self.mP1)
        mm(self.O1, self.c1T, self.D1)
        np.add.reduce(self.D1w, axis=(0, 1, 2, 3), out=self.gW1)
        np.add.reduce(self.D1b, axis=0, out=self.gb1)
        self.update.step()
        return loss

    def unpool(self, o, R, P, dP, dR, mR, mP):
        """Route dP (through relu, then the two levels of max) into o itself;
        of equal values the first wins."""
        np.greater(P, self.zero, mP)
        np.multiply(dP, mP, dP)
        np.greater_equal(R[0], R[1], mP)
        np.multiply(dP, mP, dR[0])
        np.subtract(dP, dR[0], dR[1])
        np.greater_equal(o[:, 0], o[:, 1], mR)
        np.multiply(dR, mR, o[:, 0])
        np.subtract(dR, o[:, 0], o[:, 1])


def make(work, params):
    return Lenet(work, params)
