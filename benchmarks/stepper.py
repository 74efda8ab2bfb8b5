"""What the process of a peer times: one step after another on the batches of a work."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from numpy.typing import NDArray


class Stepper(ABC):
    """A model that trains.  A handle is what a step returns: the loss, or the promise of one."""

    trains = True  # False: a floor, which only takes time

    @abstractmethod
    def step(self, i: int) -> Any:
        """One full training step on batch i (modulo their number)."""

    @abstractmethod
    def reset(self) -> None:
        """Back to the first parameters and to an optimiser that has seen nothing."""

    def params(self) -> list[NDArray[Any]]:
        """The parameters in the order and the layout of `data.parameters`."""
        return []

    def loss(self, handle: Any) -> float:
        return float(handle)

    def sync(self, handle: Any) -> None:  # noqa: B027 (most peers are done when a step returns)
        """Waits until the step of this handle is done."""

    def run(self, start: int, count: int) -> Any:
        """`count` steps from batch `start` on; the handle of the last."""
        handle = None
        for i in range(start, start + count):
            handle = self.step(i)
        return handle

    def report(self) -> dict[str, float]:
        """What is to be known besides times, at the end."""
        return {}
