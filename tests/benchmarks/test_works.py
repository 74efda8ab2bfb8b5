"""The works: one model for every peer, the same in its spec, its parameters and its batches."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import counts, data, modules
from benchmarks.peers import generated, numpy_hand
from benchmarks.race import CHECKED, REFERENCES, Options, require_losses, run
from benchmarks.stepper import Stepper
from benchmarks.works import SPECS, WORKS

NAMES = list(WORKS)
# What is written in the spec of a work beside its layers.
OPTIMIZERS = {"sgd": "type: sgd", "momentum": "type: momentum", "adam": "type: adam"}


def losses(stepper: Stepper, count: int = CHECKED) -> list[float]:
    return [stepper.loss(stepper.step(i)) for i in range(count)]


def reference(work: str) -> list[float]:
    found: dict[str, list[float]] = json.loads(REFERENCES.read_text(encoding="utf-8"))
    return found[work]


def test_every_work_has_a_spec_and_a_reference() -> None:
    assert sorted(p.stem for p in SPECS.glob("*.yaml")) == sorted(NAMES)
    assert list(json.loads(REFERENCES.read_text(encoding="utf-8"))) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_spec_trains_as_the_work_says(name: str) -> None:
    work, text = WORKS[name], WORKS[name].spec.read_text(encoding="utf-8")
    assert f"name: {name}\n" in text
    assert OPTIMIZERS[work.optimizer] in text
    assert f"batch_size: {work.batch}," in text


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("level", list(modules.LEVELS))
def test_the_generated_module_has_the_losses_of_the_reference(name: str, level: str, tmp_path: Path) -> None:
    """The spec generates, its parameters pair with those of the work, and both levels train the same model."""
    work = WORKS[name]
    stepper = generated.Generated(work, modules.write(tmp_path, level, name))
    count = 2 if name == "mlp_wide" else CHECKED
    found = losses(stepper, count)
    shapes = [a.shape for a in stepper.params()]
    assert shapes == [a.shape for _, a in data.parameters(work)]
    stepper.reset()
    require_losses(found, losses(stepper, 2), reference(name)[:count])


@pytest.mark.parametrize("name", [name for name in NAMES if numpy_hand.supports(WORKS[name], "") is None])
def test_what_is_written_by_hand_has_the_losses_of_the_reference(name: str) -> None:
    work = WORKS[name]
    before = np.getbufsize()
    try:
        stepper = numpy_hand.build(work, 1, "")
        count = 2 if name == "mlp_wide" else CHECKED
        found = losses(stepper, count)
    finally:
        np.setbufsize(before)
    stepper.reset()
    for (key, a), mine in zip(data.parameters(work), stepper.params(), strict=True):
        assert np.array_equal(a, mine), key
    require_losses(found, losses(stepper, 2), reference(name)[:count])


@pytest.mark.parametrize("name", ["lenet", "mlp_mnist"])
def test_two_threads_train_the_same(name: str) -> None:
    """Half-batches, and the halves of an optimiser's blocks."""
    before = np.getbufsize()
    try:
        found = losses(numpy_hand.build(WORKS[name], 2, ""))
    finally:
        np.setbufsize(before)
    require_losses(found, [], reference(name))


@pytest.mark.parametrize(
    ("peer", "name"),
    [
        ("torch_eager", "attention"),
        ("torch_eager", "gru_tagger"),
        ("torch_fused", "resnet1d"),
        ("torch_fused", "lenet"),
        ("jax_jit", "resnet1d"),
        ("jax_jit", "gru_tagger"),
        ("jax_scan", "mlp_tiny"),
        ("sklearn", "xor"),
        ("autograd", "gru_tagger"),
    ],
)
def test_other_libraries_train_the_same(peer: str, name: str, tmp_path: Path) -> None:
    """In processes of their own, as in a race; one that is not installed is skipped there too."""
    found = run(WORKS[name], [peer], Options(threads=1, rounds=0, pinned=False, modules=tmp_path)).outcomes[peer]
    if found.why.startswith("No module named"):
        pytest.skip(found.why)
    assert not found.why and len(found.losses) == CHECKED


@pytest.mark.parametrize("name", NAMES)
def test_batches_are_the_same_every_time(name: str) -> None:
    work = WORKS[name]
    for (x, y), (u, v) in zip(data.batches(work), data.batches(work), strict=True):
        assert np.array_equal(x, u) and np.array_equal(y, v)
        assert x.dtype in (np.float32, np.int64) and y.dtype in (np.float32, np.int64)
        assert len(x) == work.batch
    assert all(a.dtype == np.float32 for _, a in data.parameters(work))


def test_counted_operations() -> None:
    """By hand: 784-256-128-10 with 64 rows; no gradient of the input of the first layer."""
    work = WORKS["mlp_mnist"]
    assert counts.flops(work) == 2 * 64 * (2 * 784 * 256 + 3 * 256 * 128 + 3 * 128 * 10)
    assert counts.parameter_count(work) == 784 * 256 + 256 + 256 * 128 + 128 + 128 * 10 + 10
    weights = counts.parameter_count(work) * (3 + 7)
    assert counts.traffic(work, 64 * 784) == 4 * (weights + 5 * 64 * (256 + 128 + 10) + 2 * 64 * 784)


def test_counted_operations_of_windows() -> None:
    """A convolution counts its patches: 24 filters of 7 x 6 at stride 2 over 128 places, 48 sequences."""
    first = counts.products(WORKS["resnet1d"])[0]
    assert (first.rows, first.inner, first.columns, first.passes) == (48 * 64, 42, 24, 2)
