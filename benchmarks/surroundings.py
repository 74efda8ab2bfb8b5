"""What a table was measured with: processor, cores, BLAS, versions.  No name of a machine, no path."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

LIBRARIES = ("symbp", "numpy", "numba", "torch", "jax", "jaxlib", "scikit-learn", "autograd")


def processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """The model of the processor and its widest vector instructions, as far as the system tells them."""
    if not cpuinfo.exists():
        return platform.processor() or platform.machine()
    rows = [line.partition(":") for line in cpuinfo.read_text(encoding="utf-8").splitlines()]
    facts = {key.strip(): value.strip() for key, _, value in reversed(rows)}
    flags = facts.get("flags", "").split()
    widest = next((name for name in ("avx512f", "avx2", "avx") if name in flags), "")
    family = f", family {facts['cpu family']} model {facts['model']}" if "cpu family" in facts else ""
    return facts.get("model name", platform.machine()) + family + (f", {widest.upper()}" if widest else "")


def blas() -> str:
    """The BLAS that NumPy was built with."""
    config: Any = np.show_config(mode="dicts")
    found = config["Build Dependencies"]["blas"]
    return f"{found.get('name', 'unknown')} {found.get('version', '')}".strip()


def versions() -> dict[str, str]:
    """The libraries that are installed."""
    found = {"Python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def facts() -> dict[str, str]:
    """All of it, as rows of a table."""
    return {
        "processor": processor(),
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
        "BLAS of NumPy": blas(),
        "versions": ", ".join(f"{name} {version}" for name, version in versions().items()),
    }
