"""Handwritten digits where a siamese network puts them: one encoder, trained on triplets of images alone.

    symbp generate specs/siamese.yaml && python -m docs.runs.siamese out/siamese.png

Each held-out digit is drawn at the two numbers that the encoder makes of it, in the colour of its class.
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

EACH, SIDE = 6, 900  # triplets that an image is the anchor of; the width of the picture
COLOURS = np.array([
    [31, 119, 180], [214, 39, 40], [44, 160, 44], [148, 103, 189], [255, 127, 14],
    [23, 190, 207], [140, 86, 75], [227, 119, 194], [90, 90, 90], [160, 160, 0],
])  # fmt: skip
Array = npt.NDArray[Any]


def triplets(x: Array, y: Array, each: int, rng: np.random.Generator) -> dict[str, Array]:
    """Every image `each` times, with another one of its class and one of another class."""
    anchors = np.repeat(np.arange(len(x)), each)
    like, unlike = np.empty_like(anchors), np.empty_like(anchors)
    for place, anchor in enumerate(anchors):
        same = y == y[anchor]
        unlike[place] = rng.choice(np.flatnonzero(~same))
        same[anchor] = False
        like[place] = rng.choice(np.flatnonzero(same))
    return {"anchor": x[anchors], "like": x[like], "unlike": x[unlike]}


def codes(net: Any, x: Array) -> Array:
    """What the encoder makes of images; a prediction reads the anchor alone."""
    return np.asarray(net.predict({"anchor": x, "like": x, "unlike": x}), dtype=np.float64)


def accuracy(net: Any, three: dict[str, Array]) -> float:
    """The part of the triplets of which the image of the same class is the nearer one."""
    a, p, q = (codes(net, three[name]) for name in ("anchor", "like", "unlike"))
    return float((np.linalg.norm(a - p, axis=1) < np.linalg.norm(a - q, axis=1)).mean())


def neighbours(known: Array, labels: Array, new: Array, truth: Array) -> float:
    """How often the nearest known code has the right class."""
    nearest = ((new[:, None] - known[None]) ** 2).sum(axis=2).argmin(axis=1)
    return float((labels[nearest] == truth).mean())


def drawn(places: Array, images: Array, labels: Array) -> Image.Image:
    """Every image at its place, its ink in the colour of its class."""
    sheet = np.full((SIDE, SIDE, 3), 255.0)
    low, high = np.percentile(places, 0.5, axis=0), np.percentile(places, 99.5, axis=0)
    corners = ((places - low) / (high - low)).clip(0, 1) * (SIDE - 24) + 4
    for (left, top), image, label in zip(corners.astype(int), images, labels, strict=True):
        ink = image.reshape(8, 8, 1).repeat(2, axis=0).repeat(2, axis=1)
        part = sheet[top : top + 16, left : left + 16]
        part[...] = np.minimum(part, 255 - ink * (255 - COLOURS[label]))
    return Image.fromarray(sheet.astype(np.uint8))


def main(path: Path) -> None:
    x, y = load_digits(return_X_y=True)
    x, held, y, labels = train_test_split(x / 16, y, test_size=0.25, stratify=y, random_state=0)
    rng, started = np.random.default_rng(0), time.perf_counter()
    net = imported(ROOT / "generated" / "siamese.py").Network(seed=0)
    net.fit(triplets(x, y, EACH, rng))
    right = accuracy(net, triplets(held, labels, 20, rng))
    near = neighbours(codes(net, x), y, codes(net, held), labels)
    print(f"held out: {right:.4f} of the triplets in order, {near:.4f} have a nearest neighbour of their class")
    print(f"{time.perf_counter() - started:.0f} s")
    path.parent.mkdir(parents=True, exist_ok=True)
    drawn(codes(net, held), held, labels).save(path)
    print(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
