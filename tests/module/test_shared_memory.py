"""Values in the memory of others of another shape: the same numbers, in less memory, at every batch size."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest

from symbp.compiler import compile_graph
from symbp.graph.build import build
from symbp.passes import places
from symbp.spec.load import load

from .blocks import SPECS
from .generated import imported
from .test_blocks import graph_of, module, results
from .test_checkpoint import ROOT, memory


@pytest.mark.parametrize("name", SPECS)
def test_values_of_blocks_are_the_same_in_shared_memory(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = module(name, 1)  # before the limit changes: other tests read it too
    monkeypatch.setattr(places, "LARGE", 1)
    made = imported(f"shared_{name}", compile_graph(graph_of(name, 4)).module)
    for a, b in zip(results(made), results(plain), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)
    # The first place that fits is not always the best one; large arrays alone are placed so.
    assert memory(made) <= 1.05 * memory(plain)


def modules_of(name: str, monkeypatch: pytest.MonkeyPatch) -> list[ModuleType]:
    """A network with every value by itself or in memory of its own shape, and with memory of any shape."""
    made = []
    for least in (1 << 60, 1):
        monkeypatch.setattr(places, "LARGE", least)
        graph = build(load(ROOT / "specs" / f"{name}.yaml"))
        made.append(imported(f"{name}_sharing_from_{least}", compile_graph(graph).module))
    return made


@pytest.mark.parametrize("name", ["lenet", "digits_conv", "char_lstm"])
def test_a_network_needs_less_memory_and_computes_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    apart, shared = modules_of(name, monkeypatch)
    rng = np.random.default_rng(0)
    theta = 0.2 * rng.normal(size=apart.SIZE)
    x, y = apart._random_data(rng)
    for samples in (len(y), 1):
        part = {label: value[:samples] for label, value in x.items()}
        pair = [made.loss_and_grad(theta, part, y[:samples]) for made in (apart, shared)]
        np.testing.assert_allclose(pair[0][0], pair[1][0], rtol=1e-9)
        np.testing.assert_allclose(pair[0][1], pair[1][1], rtol=1e-7, atol=1e-11)
    assert memory(shared) < memory(apart)
