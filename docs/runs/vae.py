"""What a variational autoencoder of 8 numbers makes of handwritten digits, and digits that it makes up.

    symbp generate specs/vae.yaml && python -m docs.runs.vae out/vae.png

Two rows of held-out digits, each above its reconstructions; then two rows decoded from random codes.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from docs.demo import ROOT, imported
from docs.runs.pictures import COLUMNS, tiled

Array = npt.NDArray[Any]


def decoded(net: Any, codes: Array) -> Array:
    """The images of codes: the last two layers alone."""
    p = net.parameters
    hidden = np.maximum(codes @ p["hidden.W"] + p["hidden.b"], 0)
    return np.asarray(1 / (1 + np.exp(-(hidden @ p["image.W"] + p["image.b"]))))


def main(path: Path) -> None:
    x = load_digits().data / 16
    train, held = train_test_split(x, test_size=0.25, random_state=0)
    started = time.perf_counter()
    net = imported(ROOT / "generated" / "vae.py").Network(seed=0)
    net.fit(train)
    made = np.asarray(net.predict_proba(held), dtype=np.float64)
    record = net.evaluate(held)
    print(f"held out, in nats: {64 * record['reconstruction']:.2f} of the pixels, {record['prior']:.2f} of the code")
    print(f"mean squared error {((made - held) ** 2).mean():.4f}; {time.perf_counter() - started:.0f} s")
    new = decoded(net, np.random.default_rng(0).standard_normal((2 * COLUMNS, 8)))
    path.parent.mkdir(parents=True, exist_ok=True)
    second = slice(COLUMNS, 2 * COLUMNS)
    rows = [held[:COLUMNS], made[:COLUMNS], held[second], made[second], new[:COLUMNS], new[second]]
    Image.fromarray(tiled(rows)).save(path)
    print(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
