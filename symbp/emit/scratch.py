"""Arrays of the workspace by what they are for and the layer that needs them: ``hit_p2``, ``ones_c1``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from symbp.emit.model import Buffer
from symbp.lower.model import Array


class Body(Protocol):
    """What is asked of the body that the statement stands in."""

    arrays: dict[str, Array]
    extra: dict[str, Buffer]
    layer: str

    def constant(self, name: str, shape: tuple[str, ...], of: str, dtype: str = "real") -> str: ...


def scratch(body: Body, purpose: str, shape: Sequence[str], dtype: str = "real") -> str:
    """The name of such an array."""
    kind, comma = "np.bool_" if dtype == "bool" else "dtype", "," if len(shape) == 1 else ""
    return by_layer(body, purpose, shape, f"np.empty(({', '.join(shape)}{comma}), {kind})", dtype)


def by_layer(body: Body, purpose: str, shape: Sequence[str], of: str, dtype: str = "real") -> str:
    """The name of an array that is made as `of` says; equal ones are one piece of memory with a name in each layer."""
    stem = f"{purpose}_{body.layer}" if body.layer else purpose
    alike = {name: b for name, b in body.extra.items() if name.startswith(f"{purpose}_")}
    first = next((name for name, b in alike.items() if (b.of, b.dtype) == (of, dtype)), "")
    for name in (stem, *(f"{stem}_{k}" for k in range(2, 999))):
        if name in alike and (name == first or alike[name].of == f"self.{first}"):
            return body.constant(name, tuple(shape), alike[name].of, dtype)
        if name not in body.extra and name not in body.arrays:
            return body.constant(name, tuple(shape), f"self.{first}" if first else of, dtype)
    raise AssertionError(purpose)
