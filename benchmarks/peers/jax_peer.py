"""JAX in two ways, parameters and optimiser in one jitted step, their memory donated.

jit: one dispatch from Python a step. scan: many steps a dispatch, a loop in one jitted function; only of use where a
step is so short that its dispatch counts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks import data
from benchmarks.data import Array
from benchmarks.peers.jax_losses import LOSSES
from benchmarks.stepper import Stepper
from benchmarks.works import Work

SHORT = ("xor", "mlp_tiny", "mlp_mnist")
TO_NATIVE = {4: (2, 3, 1, 0), 3: (2, 1, 0)}  # kernels: out, in, ... -> ..., in, out
FROM_NATIVE = {4: (3, 2, 0, 1), 3: (2, 1, 0)}


def sgd(work: Work) -> Callable[[Any, Any, Any], tuple[Any, Any]]:
    momentum = work.momentum if work.optimizer == "momentum" else 0.0

    def update(p: Any, state: Any, g: Any) -> tuple[Any, Any]:
        if not momentum:
            return [w - work.lr * d for w, d in zip(p, g, strict=True)], state
        moved = [momentum * m + d for m, d in zip(state, g, strict=True)]
        return [w - work.lr * m for w, m in zip(p, moved, strict=True)], moved

    return update


def adam(work: Work) -> Callable[[Any, Any, Any], tuple[Any, Any]]:
    b1, b2 = work.beta1, work.beta2

    def update(p: Any, state: Any, g: Any) -> tuple[Any, Any]:
        t, ms, vs = state
        t = t + 1
        ms = [b1 * m + (1 - b1) * d for m, d in zip(ms, g, strict=True)]
        vs = [b2 * v + (1 - b2) * d * d for v, d in zip(vs, g, strict=True)]
        first, second = 1 - b1**t, 1 - b2**t
        moved = [
            w - work.lr * (m / first) / (jnp.sqrt(v / second) + work.eps) for w, m, v in zip(p, ms, vs, strict=True)
        ]
        return moved, (t, ms, vs)

    return update


def first_state(work: Work, p: Any) -> Any:
    if work.optimizer == "adam":
        return (jnp.float32(0), [jnp.zeros_like(w) for w in p], [jnp.zeros_like(w) for w in p])
    return [jnp.zeros_like(w) for w in p] if work.optimizer == "momentum" else []


def whole_step(work: Work) -> Callable[[Any, Any, Any, Any], tuple[Any, Any, Any]]:
    """(parameters, state, x, y) -> (parameters, state, loss)."""
    loss_of = LOSSES[work.family](work)
    update = adam(work) if work.optimizer == "adam" else sgd(work)

    def step(p: Any, state: Any, x: Any, y: Any) -> tuple[Any, Any, Any]:
        loss, g = jax.value_and_grad(loss_of)(p, x, y)
        return (*update(p, state, g), loss)

    return step


class Jit(Stepper):
    def __init__(self, work: Work) -> None:
        self.work = work
        self.reset()
        self.data = [self.native(x, y) for x, y in data.batches(work)]
        self.jitted = jax.jit(whole_step(work), donate_argnums=(0, 1))

    @staticmethod
    def native(x: Array, y: Array) -> tuple[Any, Any]:
        """On the device: images with the channels last, tokens and labels as int32."""
        if x.ndim == 4:
            x = np.ascontiguousarray(x.transpose(0, 2, 3, 1))
        x, y = (a.astype(np.int32) if a.dtype == np.int64 else a for a in (x, y))
        return jax.device_put(x), jax.device_put(y)

    def reset(self) -> None:
        first = [a.transpose(TO_NATIVE.get(a.ndim, range(a.ndim))) for _, a in data.parameters(self.work)]
        self.p: Any = [jnp.array(np.ascontiguousarray(a), copy=True) for a in first]
        self.state = first_state(self.work, self.p)
        jax.block_until_ready((self.p, self.state))

    def step(self, i: int) -> Any:
        x, y = self.data[i % len(self.data)]
        self.p, self.state, loss = self.jitted(self.p, self.state, x, y)
        return loss

    def sync(self, handle: Any) -> None:
        jax.block_until_ready((handle, self.p))

    def params(self) -> list[Array]:
        found = [np.asarray(a) for a in self.p]
        return [np.array(a.transpose(FROM_NATIVE.get(a.ndim, range(a.ndim)))) for a in found]


class Scan(Jit):
    def __init__(self, work: Work) -> None:
        super().__init__(work)
        step, count = whole_step(work), len(self.data)
        self.xs = jnp.stack([x for x, _ in self.data])
        self.ys = jnp.stack([y for _, y in self.data])

        def many(p: Any, state: Any, xs: Any, ys: Any, start: Any, n: Any) -> Any:
            def body(k: Any, carry: Any) -> Any:
                j = (start + k) % count
                return step(carry[0], carry[1], xs[j], ys[j])

            return lax.fori_loop(0, n, body, (p, state, jnp.float32(0)))

        self.many = jax.jit(many, donate_argnums=(0, 1))

    def step(self, i: int) -> Any:
        return self.run(i, 1)

    def run(self, start: int, count: int) -> Any:
        self.p, self.state, loss = self.many(self.p, self.state, self.xs, self.ys, start, count)
        return loss


def supports(work: Work, part: str) -> str | None:
    return "its steps are long, and so few in a turn" if part == "scan" and work.name not in SHORT else None


def build(work: Work, threads: int, part: str) -> Stepper:
    return Scan(work) if part == "scan" else Jit(work)
