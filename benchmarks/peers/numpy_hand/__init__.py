"""NumPy by hand: what a person gets out of it who knows the tricks, one file for every family.

Written for the eight works and for nothing else.  At two threads the works in `HALVED` run as two half-batches on two
threads of Python with a BLAS of one thread; the others use a BLAS of two and share out the blocks of the optimiser.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks import data
from benchmarks.data import Array, Named
from benchmarks.peers.numpy_hand import attention, dense, lenet, lstm, vgg
from benchmarks.peers.numpy_hand.flat import Net
from benchmarks.peers.numpy_hand.halves import Pair, SplitUpdate
from benchmarks.stepper import Stepper
from benchmarks.works import Work

MAKERS: dict[str, Callable[[Work, Named], Net]] = {
    "xor": dense.make,
    "mlp_tiny": dense.make,
    "mlp_mnist": dense.make,
    "mlp_wide": dense.make,
    "lenet": lenet.make,
    "cnn_vgg": vgg.make,
    "lstm_char": lstm.make,
    "attention": attention.make,
}
HALVED = ("lenet", "cnn_vgg", "attention")


class ByHand(Stepper):
    def __init__(self, net: Net | Pair, work: Work) -> None:
        self.net, self.data = net, data.batches(work)

    def step(self, i: int) -> Any:
        x, y = self.data[i % len(self.data)]
        return self.net.step(x, y)

    def params(self) -> list[Array]:
        return self.net.params()

    def reset(self) -> None:
        self.net.reset()


def supports(work: Work, part: str) -> str | None:
    return None if work.name in MAKERS else "nobody has written it by hand"


def build(work: Work, threads: int, part: str) -> Stepper:
    make = MAKERS[work.name]
    if threads > 1 and work.name in HALVED:
        return ByHand(Pair(make, work, data.parameters(work)), work)
    net = make(work, data.parameters(work))
    if threads > 1 and len(net.update.blocks) > 1:
        net.update = SplitUpdate(net.update)
    return ByHand(net, work)
