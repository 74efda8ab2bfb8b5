"""The works: every peer trains exactly these models on exactly these data.

A work is one full training step (forward, loss, backward, update of the parameters) of one model at one batch size.  It
fixes the hyper-parameters (as in ``torch.optim.SGD`` and ``torch.optim.Adam``); benchmarks/specs/NAME.yaml is the same
model for symbp, benchmarks/data.py has its first parameters and its batches.

Eight works have been tuned for: by the peer that is written by hand, and by whoever looks at these tables.  The GRU
tagger and the residual net over a sequence have been tuned for by nobody; they show whether what was learned carries
over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SPECS = Path(__file__).resolve().parent / "specs"


@dataclass(frozen=True, slots=True)
class Work:
    """One model and how it is trained.

    `family` says which builder of a peer makes it: dense, conv, lstm, attention, gru or resnet.  `cfg` holds the sizes
    that this builder reads.  `turn_ms` is about how long one timed turn lasts.
    """

    name: str
    family: str
    batch: int
    optimizer: str  # sgd, momentum, adam
    lr: float
    turn_ms: float
    cfg: Mapping[str, Any] = field(default_factory=dict)
    momentum: float = 0.9
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    batches: int = 4

    @property
    def spec(self) -> Path:
        """The same model for symbp."""
        return SPECS / f"{self.name}.yaml"


XOR = Work(
    "xor", "dense", 4, "sgd", 0.5, 30,
    {"sizes": (2, 4, 1), "hidden": "tanh", "out": "sigmoid", "loss": "binary_cross_entropy"}, batches=1,
)  # fmt: skip
MLP_TINY = Work(
    "mlp_tiny", "dense", 10, "sgd", 1.0, 40,
    {"sizes": (784, 16, 16, 10), "hidden": "sigmoid", "out": "sigmoid", "loss": "mse"},
)  # fmt: skip
MLP_MNIST = Work(
    "mlp_mnist", "dense", 64, "adam", 1e-3, 80,
    {"sizes": (784, 256, 128, 10), "hidden": "relu", "out": "identity", "loss": "cross_entropy"},
)  # fmt: skip
MLP_WIDE = Work(
    "mlp_wide", "dense", 256, "momentum", 0.01, 250,
    {"sizes": (1024, 2048, 2048, 10), "hidden": "relu", "out": "identity", "loss": "cross_entropy"},
)  # fmt: skip
# The layers of a stack: ("conv", from, to, kernel, padding), ("relu",), ("pool",), ("dense", from, to).
LENET = Work(
    "lenet", "conv", 64, "momentum", 0.02, 80,
    {"image": (1, 28, 28), "loss": "cross_entropy",
     "layers": (("conv", 1, 6, 5, 2), ("relu",), ("pool",), ("conv", 6, 16, 5, 0), ("relu",), ("pool",),
                ("dense", 400, 120), ("relu",), ("dense", 120, 84), ("relu",), ("dense", 84, 10))},
)  # fmt: skip
CNN_VGG = Work(
    "cnn_vgg", "conv", 32, "adam", 1e-3, 200,
    {"image": (3, 32, 32), "loss": "cross_entropy",
     "layers": (("conv", 3, 32, 3, 1), ("relu",), ("conv", 32, 32, 3, 1), ("relu",), ("pool",),
                ("conv", 32, 64, 3, 1), ("relu",), ("pool",), ("dense", 4096, 10))},
)  # fmt: skip
LSTM_CHAR = Work(
    "lstm_char", "lstm", 32, "adam", 1e-3, 120,
    {"vocab": 64, "emb": 64, "hidden": 128, "T": 32, "loss": "cross_entropy"},
)  # fmt: skip
# The block is x + projection(attention(norm(x))), then x + mlp(norm(x)).  Queries, keys and values have no bias: the
# gradient of a bias of keys is rounding noise alone, which Adam turns into noise of full step size.
ATTENTION = Work(
    "attention", "attention", 8, "adam", 1e-3, 120,
    {"d": 128, "heads": 4, "T": 64, "mlp": 512, "classes": 64, "norm_eps": 1e-5, "loss": "cross_entropy"},
)  # fmt: skip
GRU_TAGGER = Work(
    "gru_tagger", "gru", 24, "adam", 2e-3, 120,
    {"vocab": 200, "emb": 48, "hidden": 96, "dense": 64, "tags": 12, "T": 40, "loss": "cross_entropy"},
)  # fmt: skip
# The convolutions: (name, from, to, kernel, stride); padding keeps the length or halves it.
RESNET1D = Work(
    "resnet1d", "resnet", 48, "momentum", 0.05, 80,
    {"channels": 6, "T": 128, "classes": 8, "loss": "cross_entropy",
     "convs": (("stem", 6, 24, 7, 2), ("a1", 24, 24, 3, 1), ("a2", 24, 24, 3, 1), ("down", 24, 48, 3, 2),
               ("b1", 48, 48, 3, 1), ("b2", 48, 48, 3, 1))},
)  # fmt: skip

WORKS = {
    work.name: work
    for work in (
        XOR, MLP_TINY, MLP_MNIST, MLP_WIDE, LENET, CNN_VGG, LSTM_CHAR, ATTENTION, GRU_TAGGER, RESNET1D,
    )
}  # fmt: skip
