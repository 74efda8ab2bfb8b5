"""The peers by name: a module of this folder, and the part of it that is meant.

A peer is a module with ``supports(work, part) -> None or why not`` and ``build(work, threads, part) -> Stepper``; it is
imported in a process of its own, so that a library that is missing skips the peer and nothing else.
"""

from __future__ import annotations

PEERS: dict[str, tuple[str, str]] = {
    "symbp": ("generated", "default"),
    "symbp_simplest": ("generated", "simplest"),
    "symbp_numba": ("generated", "numba"),
    "symbp_halves": ("generated", "halves"),
    "numpy_hand": ("numpy_hand", ""),
    "torch_eager": ("torch_peer", "eager"),
    "torch_fused": ("torch_peer", "fused"),
    "torch_compile": ("torch_peer", "compile"),
    "jax_jit": ("jax_peer", "jit"),
    "jax_scan": ("jax_peer", "scan"),
    "sklearn": ("sklearn_peer", ""),
    "autograd": ("autograd_peer", ""),
    "floor_products": ("floor", "products"),
    "floor_update": ("floor", "update"),
}
MACHINE = ("machine", "")  # not a peer: measures the roof in the same rounds
REFERENCE = "torch_eager"  # whose losses are in reference.json


def environment(peer: str, work: str, threads: int) -> dict[str, str]:
    """What a peer wants in its environment before its libraries are loaded."""
    halves = peer == "symbp_halves" or (
        peer == "numpy_hand" and threads > 1 and work in ("lenet", "cnn_vgg", "attention")
    )
    return {"OPENBLAS_NUM_THREADS": "1"} if halves else {}  # two threads of Python instead
