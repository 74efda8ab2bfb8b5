"""A convolutional net reads handwritten digits: three quarters of them for training, the rest held out.

    symbp generate specs/digits_conv.yaml && python -m docs.runs.digits
"""

from __future__ import annotations

import sys
import time

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from docs.demo import ROOT, imported

SPLITS = 5


def main(splits: int = SPLITS) -> None:
    """Train once on each split, with the network's seed and the split's the same, and print all accuracies."""
    module = imported(ROOT / "generated" / "digits_conv.py")
    images = load_digits()
    x = (images.data / 16.0).reshape(-1, 1, 8, 8).astype(np.float32)
    reached = []
    for seed in range(splits):
        x_train, x_test, y_train, y_test = train_test_split(x, images.target, random_state=seed, stratify=images.target)
        start, net = time.perf_counter(), module.Network(seed=seed)
        net.fit(x_train, y_train, verbose=False)
        reached.append(net.score(x_test, y_test))
        seconds = time.perf_counter() - start
        print(f"split {seed}: accuracy {reached[-1]:.3f} on {len(x_test)} held-out digits, {seconds:.0f} s")
    print(f"mean {np.mean(reached):.4f}, least {min(reached):.4f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
