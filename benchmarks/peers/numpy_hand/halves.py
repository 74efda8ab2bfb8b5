"""Two threads of Python.

NumPy releases the interpreter's lock inside products and long passes, so two half-batches run side by side on a BLAS of
one thread; what is done element by element scales too, which it does not with a BLAS of two threads.  The gradients are
summed, the optimiser makes one step, and the parameters are copied back once.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.data import Array, Named
from benchmarks.peers.numpy_hand.flat import UPDATES, Net, Update
from benchmarks.works import Work


class Helper:
    """One thread that runs one function at a time."""

    def __init__(self) -> None:
        self.go, self.done = threading.Semaphore(0), threading.Semaphore(0)
        self.function: Callable[[], None] = lambda: None
        self.error: BaseException | None = None
        threading.Thread(target=self.loop, daemon=True).start()

    def loop(self) -> None:
        while True:
            self.go.acquire()
            try:
                self.function()
            except BaseException as error:  # handed to whoever waits
                self.error = error
            self.done.release()

    def submit(self, function: Callable[[], None]) -> None:
        self.function = function
        self.go.release()

    def wait(self) -> None:
        self.done.acquire()
        if self.error is not None:
            error, self.error = self.error, None
            raise error


class NoUpdate(Update):
    """The halves leave their gradients to the pair."""

    def block(self, *arrays: Array) -> None:
        """Nothing."""

    def reset(self) -> None:
        """Nothing."""


class Pair:
    """Two nets, each with half of the batch."""

    def __init__(self, make: Callable[[Work, Named], Net], work: Work, params: Named) -> None:
        self.n = work.batch // 2
        half = dataclasses.replace(work, batch=self.n, cfg={**work.cfg, "scale": 0.5})
        self.a, self.b = make(half, params), make(half, params)
        self.a.update, self.b.update = NoUpdate(), NoUpdate()
        self.update = UPDATES[work.optimizer](work, self.a.flat.P, self.a.flat.G)
        self.helper, self.buffer, self.loss = Helper(), np.getbufsize(), 0.0
        self.helper.submit(self.set_buffer)
        self.helper.wait()

    def set_buffer(self) -> None:
        """The size of the buffer of ufuncs belongs to a thread."""
        np.setbufsize(self.buffer)

    def second(self) -> None:
        self.loss = self.b.step(self.x, self.y)

    def step(self, x: Array, y: Array) -> float:
        n = self.n
        self.x, self.y = x[n:], y[n:]
        self.helper.submit(self.second)
        first = float(self.a.step(x[:n], y[:n]))
        self.helper.wait()
        np.add(self.a.flat.G, self.b.flat.G, self.a.flat.G)
        self.update.step()
        np.copyto(self.b.flat.P, self.a.flat.P)
        return 0.5 * (first + self.loss)

    def reset(self) -> None:
        self.a.reset()
        self.b.reset()
        self.update.reset()

    def params(self) -> list[Array]:
        return self.a.params()


class SplitUpdate(Update):
    """The blocks of an optimiser shared between two threads."""

    def __init__(self, update: Update) -> None:
        self.update, self.blocks = update, update.blocks
        half = len(update.blocks) // 2
        self.halves = update.blocks[:half], update.blocks[half:]
        self.helper = Helper()

    def block(self, *arrays: Array) -> None:
        self.update.block(*arrays)

    def run(self, blocks: Sequence[tuple[Array, ...]]) -> None:
        for arrays in blocks:
            self.block(*arrays)

    def step(self) -> None:
        self.update.tick()
        self.helper.submit(lambda: self.run(self.halves[1]))
        self.run(self.halves[0])
        self.helper.wait()

    def reset(self) -> None:
        self.update.reset()
