"""cnn_vgg in pure NumPy.

Layout (H, C, W*N): one image row of all channels and all images is one
contiguous matrix, so the rows y-1, y, y+1 stacked along C -- the vertical
half of im2col -- are a contiguous matrix without copying.  A 3x3 "same"
convolution of one row is then

    O = Wm[(dx co), (dy ci)] @ X[y-1:y+2]       one product, no im2col
    out = O[1];  out[:, N:] += O[0][:, :-N];  out[:, :-N] += O[2][:, N:]

i.e. the horizontal taps are separate output rows, added with a shift.  The
product is 96x96x1024 at 143 GF/s; im2col's 32x288x1024 runs at 95 and must
copy 9x the input.  Backward stacks a gradient row three times, shifted; that
one matrix serves both dW (96x1024x96) and dX (96x96x1024).  Everything is pipelined by rows, so operands stay in the L2 cache; pool masks
are kept as bytes and the pre-pool maps are never stored."""

import numpy as np

from benchmarks.peers.numpy_hand.flat import F, Net, SoftmaxCrossEntropy, empty, gradient_scale, scalar

mm, add, maximum = np.matmul, np.add, np.maximum

# A row stride of exactly 4096 bytes makes every channel alias in the L1 cache;
# one extra cache line per row is worth 8 % of the products.
PAD = 16
# Rows of 1024 floats are "short" for the default ufunc buffer of 8192: strided
# operands would be copied through it (16 us instead of 4 for one row).
BUFSIZE = 1024


def rows(*shape):
    return empty(*shape[:-1], shape[-1] + PAD)[..., : shape[-1]]


def stack(a):
    """(k, C, n) rows with padded stride as one (k*C, n) matrix, no copy."""
    k, c, n = a.shape
    return np.lib.stride_tricks.as_strided(a, (k * c, n), a.strides[1:])


def split(a, k):
    """(k*C, n) as (k, C, n), no copy."""
    m, n = a.shape
    s = a.strides
    return np.lib.stride_tricks.as_strided(a, (k, m // k, n), (s[0] * (m // k), *s))


def pix(a, w):
    """(..., w*N) as (..., w, N), no copy."""
    n = a.shape[-1] // w
    return np.lib.stride_tricks.as_strided(a, (*a.shape[:-1], w, n), (*a.strides[:-1], n * a.itemsize, a.itemsize))


class Conv3:
    """Rows of a 3x3 same-padded convolution ci -> co at width*N = WN.

    Backward of row q: S stacks the gradient row three times, shifted by one
    image column; S @ X[q-1:q+2].T is its share of dW and Wm.T @ S its share of
    the rows q-1, q, q+1 of dX (summed from a ring of three).  The three rows
    of X are kept transposed in a ring of three column blocks: the product is
    then plain (127 us, against 157 with a transposed operand; the copy is 8),
    and there is one accumulator of dW per rotation of the ring."""

    def __init__(self, ci, co, N, WN, W, gW, X):
        self.W, self.gW4 = W.reshape(3 * co, 3 * ci), gW
        self.XT = empty(WN, 3 * ci)
        self.slot = [self.XT[:, k * ci : (k + 1) * ci] for k in range(3)]
        self.rowT = [x.T for x in X]  # padded rows
        self.acc = empty(3, 3 * co, 3 * ci)
        self.acc5 = self.acc.reshape(3, 3, co, 3, ci)
        self.WT = self.W.T
        self.O = []
        for _ in range(2):
            o = rows(3 * co, WN)
            p = split(o, 3)
            self.O.append((o, p[1], p[1][:, N:], p[0][:, :-N], p[1][:, :-N], p[2][:, N:]))
        self.S = []
        for _ in range(2):
            o = rows(3 * co, WN)
            p = split(o, 3)
            self.S.append((o, p[1], p[0][:, :-N], p[1][:, N:], p[2][:, N:], p[1][:, :-N]))
        self.R = []
        for _ in range(3):
            o = rows(3 * ci, WN)
            self.R.append((o, *split(o, 3)))
        self.t = rows(ci, WN)
        self.tmp = empty(3 * co, 3 * ci)

    def forward(self, X3, j):
        o, mid, a, b, c, d = self.O[j]
        mm(self.W, X3, o)
        add(a, b, a)
        add(c, d, c)
        return mid

    def start(self):
        self.acc.fill(0)
        np.copyto(self.slot[0], self.rowT[0])
        np.copyto(self.slot[1], self.rowT[1])

    def finish(self):
        """Sum the accumulators; in rotation r, tap dy sits in slot r + dy."""
        g = self.gW4
        for dy in range(3):
            add(self.acc5[0][:, :, dy], self.acc5[1][:, :, (1 + dy) % 3], g[:, :, dy])
            add(g[:, :, dy], self.acc5[2][:, :, (2 + dy) % 3], g[:, :, dy])

    def backward(self, q):
        o, _, a, b, c, d = self.S[q & 1]
        np.copyto(a, b)
        np.copyto(c, d)
        np.copyto(self.slot[(q + 2) % 3], self.rowT[q + 2])
        mm(o, self.XT, self.tmp)
        acc = self.acc[q % 3]
        add(acc, self.tmp, acc)
        mm(self.WT, o, self.R[q % 3][0])

    def dx(self, r, last):
        """Row r of dX, complete once row r+1 went through backward."""
        R, t = self.R, self.t
        if r == last:
            return add(R[r % 3][2], R[(r - 1) % 3][3], t)
        if r == 0:
            return add(R[1][1], R[0][2], t)
        add(R[(r + 1) % 3][1], R[r % 3][2], t)
        return add(t, R[(r - 1) % 3][3], t)


class Pool:
    """2x2 max of a pair of rows (C, W, N): rows first, then columns; of equal
    values the first wins.  Masks are bytes."""

    def __init__(self, C, W, N, n):
        self.my = np.empty((n, C, W * N), bool)
        self.mx = np.empty((n, C, W // 2, N), bool)
        self.R = empty(C, W * N)
        R = self.R.reshape(C, W // 2, 2, N)
        self.R0, self.R1 = R[:, :, 0], R[:, :, 1]

    def forward(self, Y, top, bot, out):
        np.greater_equal(top, bot, self.my[Y])
        maximum(top, bot, out=self.R)
        np.greater_equal(self.R0, self.R1, self.mx[Y])
        maximum(self.R0, self.R1, out=out)

    def backward(self, Y, d, top, bot):
        np.multiply(d, self.mx[Y], self.R0)
        np.subtract(d, self.R0, self.R1)
        np.multiply(self.R, self.my[Y], top)
        np.subtract(self.R, top, bot)


class Vgg(Net):
    def __init__(self, work, params):
        super().__init__(work, params)
        N = self.N = work.batch
        p, g = self.flat.p, self.flat.g
        (self.W1, _, W2, self.b2, W3, self.b3, self.Wf, self.bf) = p
        (self.gW1, _, gW2, self.gb2, gW3, self.gb3, self.gWf, self.gbf) = g
        # W1 is (co, 27 + bias): 28 columns
        wn1, wn2 = 32 * N, 16 * N
        self.X0 = rows(34, 3, wn1)
        self.x0 = pix(self.X0[1:33], 32)
        self.X1 = rows(34, 32, wn1)
        self.X2 = rows(18, 32, wn2)
        self.P3 = empty(8, 64, 8 * N)
        self.m1 = np.empty((32, wn1), bool)
        self.m2 = np.empty((32, wn2), bool)
        self.m3 = np.empty((8, 64, 8 * N), bool)
        self.c2 = Conv3(32, 32, N, wn1, W2, gW2, self.X1)
        self.c3 = Conv3(32, 64, N, wn2, W3, gW3, self.X2)
        self.d2p = pix(self.c3.t, 16)
        self.ones2 = empty(wn2, fill=1)
        self.p2, self.p3 = Pool(32, 32, N, 16), Pool(64, 16, N, 8)
        S1 = self.S1 = rows(28, wn1)
        S1[27] = 1
        self.s1 = [S1[0:9, N:], S1[9:18], S1[18:27, :-N]]
        A = [stack(self.X0[y : y + 3]) for y in range(32)]
        self.a1 = [(a[:, :-N], a, a[:, N:]) for a in A]
        self.S1T = S1.T
        self.t1 = empty(32, 28)
        self.r1 = [self.X1[y + 1] for y in range(32)]
        self.x3_1 = [stack(self.X1[y : y + 3]) for y in range(32)]
        self.x3_2 = [stack(self.X2[y : y + 3]) for y in range(16)]
        self.r2 = [self.X2[y + 1] for y in range(16)]
        self.r2p = [pix(r, 16) for r in self.r2]
        self.r3p = [self.P3[y].reshape(64, 8, N) for y in range(8)]
        self.b2c, self.b3c = self.b2[:, None], self.b3[:, None]
        self.Pf = self.P3.reshape(4096, N)
        self.PfT = self.Pf.T
        self.WfT = self.Wf.T
        self.dP3 = empty(8, 64, 8 * N)
        self.dP3f = self.dP3.reshape(4096, N)
        self.dp3 = [self.dP3[y].reshape(64, 8, N) for y in range(8)]
        self.z = empty(10, N)
        self.zT = self.z.T
        self.bfc = self.bf[:, None]
        self.ones = empty(wn1, fill=1)
        self.tb2, self.tb3 = empty(32), empty(64)
        self.ce = SoftmaxCrossEntropy(N, 10, gradient_scale(work))
        self.zero = scalar(0)

    # internal layouts: W1 (co, dx dy ci + bias); W2, W3 (dx, co, dy, ci);
    # the dense matrix (10, y c x)
    def to_internal(self, name, a):
        if name == "W1":
            self._w1 = a
            return np.zeros((32, 28), F)
        if name == "b1":
            self._b1 = a
            return np.zeros(0, F)
        if a.ndim == 4:
            return a.transpose(3, 0, 2, 1)
        if name == "W4":
            return a.reshape(64, 8, 8, 10).transpose(3, 1, 0, 2).reshape(10, 4096)
        return a

    def reset(self):
        self.first[0][:, :27] = self._w1.transpose(0, 3, 2, 1).reshape(32, 27)
        self.first[0][:, 27] = self._b1
        super().reset()

    def to_canonical(self, name, p):
        if name == "W1":
            return p[:, :27].reshape(32, 3, 3, 3).transpose(0, 3, 2, 1)
        if name == "b1":
            return self.flat.p[0][:, 27]
        if p.ndim == 4:
            return p.transpose(1, 3, 2, 0)
        if name == "W4":
            return p.reshape(10, 8, 64, 8).transpose(2, 1, 3, 0).reshape(4096, 10)
        return p.copy()

    def stack1(self, y):
        (a, b, c), (p, q, r) = self.s1, self.a1[y]
        np.copyto(a, p)
        np.copyto(b, q)
        np.copyto(c, r)

    def forward(self, x):
        zero, c2, c3 = self.zero, self.c2, self.c3
        np.copyto(self.x0, x.transpose(2, 1, 3, 0))
        for y in range(33):
            if y < 32:
                self.stack1(y)
                r = self.r1[y]
                mm(self.W1, self.S1, r)
                maximum(r, zero, out=r)
            if y:
                q = y - 1
                mid = c2.forward(self.x3_1[q], q & 1)
                if q & 1:
                    Y = q >> 1
                    self.p2.forward(Y, top, mid, self.r2p[Y])
                    r = self.r2[Y]
                    add(r, self.b2c, r)
                    maximum(r, zero, out=r)
                top = mid
        for y in range(16):
            mid = c3.forward(self.x3_2[y], y & 1)
            if y & 1:
                Y = y >> 1
                self.p3.forward(Y, top, mid, self.r3p[Y])
                r = self.P3[Y]
                add(r, self.b3c, r)
                maximum(r, zero, out=r)
            top = mid

    def step(self, x, y):
        zero, c2, c3 = self.zero, self.c2, self.c3
        self.gW1.fill(0)
        self.gb2.fill(0)
        self.forward(x)
        c2.start()
        c3.start()
        z = self.z
        mm(self.Wf, self.Pf, z)
        add(z, self.bfc, z)
        loss = self.ce(z, y)
        # backward
        mm(z, self.PfT, self.gWf)
        np.dot(z, self.ones[: self.N], self.gbf)
        mm(self.WfT, z, self.dP3f)
        np.greater(self.P3, zero, self.m3)
        np.multiply(self.dP3, self.m3, self.dP3)
        np.add.reduce(self.dP3, axis=(0, 2), out=self.gb3)
        top, bot = c3.S[0][1], c3.S[1][1]
        for Y in range(8):
            self.p3.backward(Y, self.dp3[Y], top, bot)
            c3.backward(2 * Y)
            if Y:
                self.row3(2 * Y - 1)
            c3.backward(2 * Y + 1)
            self.row3(2 * Y)
        self.row3(15)
        self.row2(31)
        c2.finish()
        c3.finish()
        self.update.step()
        return loss

    def row3(self, r):
        """Row r of d(pool 2): relu, pool, then rows 2r and 2r+1 of conv2."""
        c2 = self.c2
        d = self.c3.dx(r, 15)
        np.greater(self.r2[r], self.zero, self.m2)
        np.multiply(d, self.m2, d)
        np.dot(d, self.ones2, self.tb2)
        add(self.gb2, self.tb2, self.gb2)
        self.p2.backward(r, self.d2p, c2.S[0][1], c2.S[1][1])
        c2.backward(2 * r)
        if r:
            self.row2(2 * r - 1)
        c2.backward(2 * r + 1)
        self.row2(2 * r)

    def row2(self, q):
        """Row q of d(conv1 output): relu, then its share of dW1."""
        d = self.c2.dx(q, 31)
        np.greater(self.r1[q], self.zero, self.m1)
        np.multiply(d, self.m1, d)
        self.stack1(q)
        mm(d, self.S1T, self.t1)
        add(self.gW1, self.t1, self.gW1)


def make(work, params):
    np.setbufsize(BUFSIZE)
    return Vgg(work, params)
