"""A character model of the text of Python's own documentation topics (`pydoc_data.topics`), trained and asked to write.

    python -m docs.runs.characters char_lstm --steps 2000
    symbp generate specs/char_transformer.yaml && python -m docs.runs.characters char_transformer --steps 2000

The text is that of the Python that runs this.  Printable ASCII and the newline are 96 ids, all else is one more.  The
last tenth of the text is never trained on: the loss on it, in nats per character, is what is printed.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from pydoc_data.topics import topics
from typing import Any

import numpy as np
import numpy.typing as npt

from docs.demo import imported

ROOT = Path(__file__).resolve().parents[2]
ALPHABET = "".join(map(chr, range(32, 127))) + "\n"
OTHER = len(ALPHABET)  # the id of every other character
Ids = npt.NDArray[np.intp]


def text() -> str:
    """All topics, in the order of their names."""
    return "\n".join(topics[name] for name in sorted(topics))


def ids(characters: str) -> Ids:
    places = {c: k for k, c in enumerate(ALPHABET)}
    return np.array([places.get(c, OTHER) for c in characters], dtype=np.intp)


def characters(of: Ids) -> str:
    return "".join(ALPHABET[k] if k < OTHER else "?" for k in of.tolist())


def batch(data: Ids, n: int, length: int, rng: np.random.Generator) -> tuple[Ids, Ids]:
    """n stretches of `length` characters, and the characters that follow each of them."""
    places = rng.integers(0, len(data) - length - 1, n)[:, None] + np.arange(length)
    return data[places], data[places + 1]


def held_out(net: Any, data: Ids, length: int) -> float:
    """The mean loss over the stretches of `length` characters that lie side by side in `data`."""
    count = (len(data) - 1) // length
    places = np.arange(count * length).reshape(count, length)
    return float(net.evaluate(data[places], data[places + 1])[0])


def written(net: Any, start: str, count: int, length: int, rng: np.random.Generator) -> str:
    """`start` continued by `count` characters, each drawn from the model's probabilities after the last `length`."""
    known = ids(start)
    for _ in range(count):
        p = net.predict_proba(known[None, -length:])[0, -1].astype(np.float64)
        known = np.append(known, rng.choice(len(p), p=p / p.sum()))
    return characters(known)


def train(net: Any, data: Ids, held: Ids, steps: int, n: int, length: int) -> None:
    """`steps` steps on random stretches, the learning rate falling to zero as a half cosine."""
    rng, rate = np.random.default_rng(0), net.lr
    started, losses = time.perf_counter(), []
    for k in range(1, steps + 1):
        net.lr = rate * 0.5 * (1 + np.cos(np.pi * k / steps))
        losses.append(net.step(*batch(data, n, length, rng)))
        if k % max(1, steps // 10) == 0:
            mean = float(np.mean(losses[-max(1, steps // 10) :]))
            seconds, loss = time.perf_counter() - started, held_out(net, held, length)
            print(f"step {k:6d}  loss {mean:.3f}  held out {loss:.3f}  {seconds:.0f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("model", choices=("char_lstm", "char_transformer"))
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--length", type=int, default=64, help="characters in a stretch")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    data = ids(text())
    border = len(data) * 9 // 10
    net = imported(ROOT / "generated" / f"{given.model}.py").Network(seed=given.seed)
    print(net, f"{len(data):,} characters of Python {sys.version.split()[0]}", sep="\n")
    train(net, data[:border], data[border:], given.steps, given.batch, given.length)
    print(written(net, 'The "', 300, given.length, np.random.default_rng(given.seed)))


if __name__ == "__main__":
    main()
