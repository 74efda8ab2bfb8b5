"""The modules that symbp generates: ``$SYMBP_BENCH_MODULES/LEVEL/WORK.py``, loaded by path.

Nothing of symbp itself is imported here.  Parameters are matched in order; where a work keeps as one array what the
module keeps as several (q, k and v), they are split along the last axis.  The part "halves" is the default module with
``Network(threads=2)``, where every library has two threads.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from benchmarks import data
from benchmarks.data import Array, Named
from benchmarks.stepper import Stepper
from benchmarks.works import Work

FOLDER = "SYMBP_BENCH_MODULES"
HALVES = "halves"


def level_of(part: str) -> str:
    """The level whose modules a part of this peer runs."""
    return "default" if part == HALVES else part


def module_path(work: Work, part: str) -> Path:
    return Path(os.environ.get(FOLDER, "")) / level_of(part) / f"{work.name}.py"


def supports(work: Work, part: str) -> str | None:
    if part == HALVES and os.environ.get("OMP_NUM_THREADS") == "1":
        return "two halves of a batch want two threads"
    return None if module_path(work, part).exists() else "no generated module"


def paired(canonical: Named, mine: Mapping[str, Array]) -> list[tuple[str, slice, str]]:
    """Rows (name in the work, part of its last axis, name in the module).  Raises ValueError where they do not fit."""
    rows, names = [], list(mine)
    for name, a in canonical:
        at = 0
        while at < a.shape[-1]:
            m = mine[names[0]] if names else np.empty(0)
            if m.shape[:-1] != a.shape[:-1] or at + m.shape[-1] > a.shape[-1] or not m.size:
                raise ValueError(f"{name} {a.shape} does not match {names[:1]} {m.shape}")
            rows.append((name, slice(at, at + m.shape[-1]), names.pop(0)))
            at += m.shape[-1]
    if names:
        raise ValueError(f"parameters without a counterpart: {names}")
    return rows


def loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"generated_{path.stem}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Generated(Stepper):
    def __init__(self, work: Work, path: Path, **options: Any) -> None:
        self.module = loaded(path)
        self.options = options
        self.first = data.parameters(work)
        self.data = data.batches(work)
        self.reset()

    def reset(self) -> None:
        self.net: Any = None  # two networks at once would count in the peak of the memory
        self.net = self.module.Network(seed=0, **self.options)
        self.rows = paired(self.first, self.net.parameters)
        canonical = dict(self.first)
        for name, part, mine in self.rows:
            self.net.parameters[mine][...] = canonical[name][..., part]

    def step(self, i: int) -> Any:
        x, y = self.data[i % len(self.data)]
        return self.net.step(x, y)

    def params(self) -> list[Array]:
        parts: dict[str, list[Array]] = {}
        for name, _, mine in self.rows:
            parts.setdefault(name, []).append(np.asarray(self.net.parameters[mine]))
        return [np.concatenate(parts[name], axis=-1) for name, _ in self.first]


def build(work: Work, threads: int, part: str) -> Generated:
    return Generated(work, module_path(work, part), **({"threads": 2} if part == HALVES else {}))
