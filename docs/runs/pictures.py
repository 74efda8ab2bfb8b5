"""Handwritten digits beside what an autoencoder of 16 numbers makes of them, as one picture.

    python -m docs.runs.pictures out/digits.png
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from docs.demo import ROOT, imported

COLUMNS, SCALE, BORDER = 16, 6, 1


def tiled(rows: list[npt.NDArray[np.float64]]) -> npt.NDArray[np.uint8]:
    """Rows of 8 x 8 images with numbers from 0 to 1 as one image, dark on light."""
    framed = [np.pad(row.reshape(-1, 8, 8).clip(0, 1), ((0, 0), (BORDER, BORDER), (BORDER, BORDER))) for row in rows]
    sheet = np.concatenate([np.concatenate(list(row), axis=1) for row in framed])
    return np.asarray(255 * (1 - sheet.repeat(SCALE, axis=0).repeat(SCALE, axis=1)), dtype=np.uint8)


def main(path: Path) -> None:
    x = load_digits().data / 16
    train, held = train_test_split(x, test_size=0.25, random_state=0)
    net = imported(ROOT / "generated" / "autoencoder.py").Network(seed=0)
    net.fit(train)
    made = np.asarray(net.predict(held), dtype=np.float64)
    of_mean = float(((held - train.mean(axis=0)) ** 2).mean())
    print(f"held out: mean squared error {((made - held) ** 2).mean():.4f}; that of the mean digit is {of_mean:.4f}")
    path.parent.mkdir(parents=True, exist_ok=True)
    second = slice(COLUMNS, 2 * COLUMNS)
    Image.fromarray(tiled([held[:COLUMNS], made[:COLUMNS], held[second], made[second]])).save(path)
    print(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
