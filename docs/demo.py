"""What `make demo` shows: a spec becomes a derivation, a verified module, a trained network and a report.

Needs the extra `symbp[demo]` (scikit-learn, for its bundled handwritten digits).
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "out"
SPEC = ROOT / "specs" / "digits.yaml"


def title(text: str) -> None:
    print(f"\n── {text} " + "─" * max(0, 90 - len(text)), flush=True)


def symbp(*arguments: str) -> None:
    """Run a command of symbp as a user would, and stop where it finds something."""
    print("$ symbp " + " ".join(arguments), flush=True)
    subprocess.run([sys.executable, "-m", "symbp", *arguments], check=True, cwd=ROOT)


def imported(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def train(module: ModuleType) -> float:
    """Train on three quarters of the 1,797 digits (8 x 8 pixels of 0..16) and give the accuracy on the rest."""
    images, labels = load_digits(return_X_y=True)
    x, xt, y, yt = train_test_split(images / 16, labels, test_size=0.25, stratify=labels, random_state=0)
    net = module.Network(seed=0)
    print(net)
    net.fit(x.astype(np.float32), y, validation=(xt, yt))
    return float(net.score(xt, yt))


def main() -> None:
    started = time.perf_counter()
    spec = str(SPEC.relative_to(ROOT))
    title("The gradients of one layer, derived from its formula")
    symbp("show", "dense")
    title("The module: derived, emitted, verified, written")
    symbp("generate", spec, "-o", "out")
    symbp("verify", "out/digits.py")
    title("Training on scikit-learn's handwritten digits")
    accuracy = train(imported(OUT / "digits.py"))
    print(f"accuracy on the held-out quarter: {accuracy:.4f}")
    title("The report")
    symbp("report", spec, "-o", "out/digits.tex")
    title(f"Done in {time.perf_counter() - started:.0f} s")
    print(
        "out/digits.py      the module: NumPy only; read its forward and backward pass\n"
        "out/digits.tex     the derivation, step by step (symbp report specs/digits.yaml --pdf for a PDF)\n\n"
        "Try next (. .venv/bin/activate):\n"
        "  symbp show specs/digits.yaml --stage passes      what each pass of the compiler saved\n"
        "  symbp generate specs/digits.yaml --optimize 0 --stdout | less      the simplest form\n"
        "  symbp init mine.yaml && symbp generate mine.yaml      a network of your own"
    )
    if accuracy < 0.97:
        sys.exit("the accuracy is below 0.97")


if __name__ == "__main__":
    main()
