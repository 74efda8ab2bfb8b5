"""The loss of every work for JAX, as a function of the parameters: f(params, x, y)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from benchmarks.works import Work

Loss = Callable[[Any, Any, Any], Any]
ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "tanh": jnp.tanh,
    "sigmoid": jax.nn.sigmoid,
    "relu": jax.nn.relu,
    "identity": lambda t: t,
}


def cross_entropy(logits: Any, y: Any) -> Any:
    """The mean over rows of logits."""
    hits = jnp.take_along_axis(logits, y[:, None], 1)[:, 0]
    return jnp.mean(jax.nn.logsumexp(logits, axis=-1) - hits)


def binary_cross_entropy(z: Any, y: Any) -> Any:
    """From logits."""
    return jnp.mean(jnp.maximum(z, 0) - z * y + jnp.log1p(jnp.exp(-jnp.abs(z))))


def dense(work: Work) -> Loss:
    c = work.cfg
    hidden, out, last = ACTIVATIONS[c["hidden"]], ACTIVATIONS[c["out"]], len(c["sizes"]) - 2
    losses: dict[str, Callable[[Any, Any], Any]] = {
        "binary_cross_entropy": binary_cross_entropy,
        "mse": lambda z, y: jnp.mean((out(z) - y) ** 2),
        "cross_entropy": cross_entropy,
    }

    def f(p: Any, x: Any, y: Any) -> Any:
        for k in range(last + 1):
            x = x @ p[2 * k] + p[2 * k + 1]
            x = hidden(x) if k < last else x
        return losses[c["loss"]](x, y)

    return f


def conv2d(x: Any, kernel: Any, padding: int) -> Any:
    """Channels last, which is faster than channels first on a CPU."""
    pads = [(padding, padding)] * 2
    return lax.conv_general_dilated(x, kernel, (1, 1), pads, dimension_numbers=("NHWC", "HWIO", "NHWC"))


def conv(work: Work) -> Loss:
    layers, pool = work.cfg["layers"], (1, 2, 2, 1)

    def f(p: Any, x: Any, y: Any) -> Any:
        k = 0
        for kind, *shape in layers:
            if kind == "conv":
                x, k = conv2d(x, p[k], shape[3]) + p[k + 1], k + 2
            elif kind == "relu":
                x = jax.nn.relu(x)
            elif kind == "pool":
                x = lax.reduce_window(x, -jnp.inf, lax.max, pool, pool, "VALID")
            else:
                flat = x.transpose(0, 3, 1, 2).reshape(x.shape[0], -1) if x.ndim == 4 else x  # in the order of NCHW
                x, k = flat @ p[k] + p[k + 1], k + 2
        return cross_entropy(x, y)

    return f


def lstm(work: Work) -> Loss:
    units = work.cfg["hidden"]

    def f(p: Any, x: Any, y: Any) -> Any:
        table, wx, wh, b, wo, bo = p
        inputs = table[x.T] @ wx + b  # all steps in one product

        def cell(carry: Any, z: Any) -> Any:
            h, c = carry
            i, forget, g, o = jnp.split(z + h @ wh, 4, axis=1)
            c = jax.nn.sigmoid(forget) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            h = jax.nn.sigmoid(o) * jnp.tanh(c)
            return (h, c), h

        zero = jnp.zeros((x.shape[0], units), jnp.float32)
        _, hs = lax.scan(cell, (zero, zero), inputs)
        return cross_entropy((hs @ wo + bo).reshape(-1, wo.shape[1]), y.T.reshape(-1))

    return f


def gru(work: Work) -> Loss:
    units = work.cfg["hidden"]

    def f(p: Any, x: Any, y: Any) -> Any:
        table, wx, wh, w1, b1, wo, bo = p
        inputs = table[x.T] @ wx

        def cell(h: Any, z: Any) -> Any:
            zr, zz, zn = jnp.split(z, 3, axis=1)
            hr, hz, hn = jnp.split(h @ wh, 3, axis=1)
            r, u = jax.nn.sigmoid(zr + hr), jax.nn.sigmoid(zz + hz)
            h = (1 - u) * jnp.tanh(zn + r * hn) + u * h
            return h, h

        _, hs = lax.scan(cell, jnp.zeros((x.shape[0], units), jnp.float32), inputs)
        logits = jnp.tanh(hs @ w1 + b1) @ wo + bo
        return cross_entropy(logits.reshape(-1, wo.shape[1]), y.T.reshape(-1))

    return f


def attention(work: Work) -> Loss:
    heads, eps = work.cfg["heads"], work.cfg["norm_eps"]

    def norm(x: Any, g: Any, b: Any) -> Any:
        m = jnp.mean(x, -1, keepdims=True)
        v = jnp.mean((x - m) ** 2, -1, keepdims=True)
        return (x - m) * lax.rsqrt(v + eps) * g + b

    def f(p: Any, x: Any, y: Any) -> Any:
        g1, e1, wqkv, wp, bp, g2, e2, w1, c1, w2, c2, wo, bo = p
        b, t, d = x.shape
        qkv = (norm(x, g1, e1) @ wqkv).reshape(b, t, 3, heads, d // heads)
        q, k, v = jnp.moveaxis(qkv, 2, 0)
        s = jnp.einsum("bqhd,bkhd->bhqk", q, k) * (d // heads) ** -0.5
        a = jnp.einsum("bhqk,bkhd->bqhd", jax.nn.softmax(s, axis=-1), v)
        x = x + a.reshape(b, t, d) @ wp + bp
        x = x + jax.nn.gelu(norm(x, g2, e2) @ w1 + c1, approximate=True) @ w2 + c2
        return cross_entropy((x @ wo + bo).reshape(b * t, -1), y.reshape(-1))

    return f


def resnet(work: Work) -> Loss:
    convs = {name: (2 * k, size, stride) for k, (name, _, _, size, stride) in enumerate(work.cfg["convs"])}

    def f(p: Any, x: Any, y: Any) -> Any:
        def conv1d(name: str, a: Any) -> Any:
            at, size, stride = convs[name]
            pads = [(size // 2, size // 2)]
            made = lax.conv_general_dilated(a, p[at], (stride,), pads, dimension_numbers=("NWC", "WIO", "NWC"))
            return made + p[at + 1]

        x = jax.nn.relu(conv1d("stem", x))
        x = x + conv1d("a2", jax.nn.relu(conv1d("a1", x)))
        x = jax.nn.relu(conv1d("down", x))
        x = x + conv1d("b2", jax.nn.relu(conv1d("b1", x)))
        return cross_entropy(jnp.mean(x, axis=1) @ p[-2] + p[-1], y)

    return f


LOSSES: dict[str, Callable[[Work], Loss]] = {
    "dense": dense,
    "conv": conv,
    "lstm": lstm,
    "gru": gru,
    "attention": attention,
    "resnet": resnet,
}
