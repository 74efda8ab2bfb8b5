"""What is timed: dense networks, their data and their initial values, the same for every peer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
SPECS = Path(__file__).resolve().parent / "specs"


@dataclass(frozen=True, slots=True)
class Work:
    """A dense network: `sizes` of its layers, the activation of all but the last (`last`: of the last), loss,
    optimiser."""

    name: str
    sizes: tuple[int, ...]
    hidden: str  # "tanh", "sigmoid" or "relu"
    last: str  # "identity" or "sigmoid"
    loss: str  # "cross_entropy" (integer labels), "binary_cross_entropy" (logits) or "mse"
    optimizer: str  # "sgd" or "adam"
    lr: float
    batch: int

    @property
    def spec(self) -> Path:
        return SPECS / f"{self.name}.yaml"

    def parameters(self) -> list[Array]:
        """W1, b1, W2, b2, ... as every peer starts."""
        rng, out = np.random.default_rng(0), []
        for fan_in, fan_out in zip(self.sizes, self.sizes[1:], strict=False):
            bound = np.sqrt(6 / (fan_in + fan_out))
            out.append(rng.uniform(-bound, bound, (fan_in, fan_out)).astype(np.float32))
            out.append(np.zeros(fan_out, np.float32))
        return out

    def batches(self, count: int = 8) -> list[tuple[Array, NDArray[np.generic]]]:
        """`count` batches (x, y): y holds labels for cross_entropy, else real targets of the output's shape."""
        rng, out = np.random.default_rng(1), []
        for _ in range(count):
            x = rng.standard_normal((self.batch, self.sizes[0])).astype(np.float32)
            if self.loss == "cross_entropy":
                out.append((x, rng.integers(0, self.sizes[-1], self.batch)))
            else:
                y = (rng.random((self.batch, self.sizes[-1])) < 0.5).astype(np.float32)
                out.append((x, y))
        return out


WORKS = (
    Work("bench_xor", (2, 4, 1), "tanh", "identity", "binary_cross_entropy", "sgd", 0.5, 4),
    Work("mlp_tiny", (784, 16, 16, 10), "sigmoid", "sigmoid", "mse", "sgd", 1.0, 10),
    Work("mlp_mnist", (784, 256, 128, 10), "relu", "identity", "cross_entropy", "adam", 1e-3, 64),
)
