"""The JSON schema takes the example specs and refuses what the reader refuses; the first spec is a good one."""

from __future__ import annotations

from pathlib import Path

import pytest

from symbp.graph.build import build
from symbp.spec.load import loads
from symbp.spec.reading import read, read_file
from symbp.spec.schema import json_schema, starter_spec
from symbp.spec.tree import data_of

from .json_checks import fits

ROOT = Path(__file__).resolve().parents[2]
SPECS = sorted((ROOT / "specs").glob("*.yaml"))
SCHEMA = json_schema()
GOOD = {
    "symbp": 1,
    "name": "net",
    "input": {"x": [4]},
    "layers": [{"type": "dense", "units": 3, "activation": "relu", "init": {"W": {"type": "normal", "std": 0.1}}}],
    "loss": "mse",
    "train": {"optimizer": {"type": "adam", "lr": 0.1, "schedule": "cosine", "clip_norm": 1.0}, "epochs": 3},
}


@pytest.mark.parametrize("path", SPECS, ids=lambda p: p.stem)
def test_the_example_specs_fit(path: Path) -> None:
    root, problems = read(read_file(path))
    assert root is not None
    assert problems == []
    assert fits(data_of(root), SCHEMA, SCHEMA)


@pytest.mark.parametrize(
    "change",
    [
        {"symbp": 2},
        {"name": "My-net"},
        {"input": {"x": []}},
        {"input": {"1x": [3]}},
        {"dtype": "float16"},
        {"layer": []},
        {"layers": []},
        {"layers": [{"type": "dense"}]},
        {"layers": [{"type": "dense", "units": 0}]},
        {"layers": [{"type": "dense", "units": 3, "unit": 3}]},
        {"layers": [{"type": "dense", "units": 3, "bias": "yes"}]},
        {"layers": [{"type": "dense", "units": 3, "activation": {"type": "elu", "beta": 1.0}}]},
        {"loss": {"type": "cross_entropy", "labels": "onehot"}},
        {"loss": {"type": "mse", "l2": -1}},
        {"train": {"optimizer": {"type": "adam", "beta1": 1.0}}},
        {"train": {"optimizer": {"type": "sgd"}}},
        {"train": {}},
    ],
    ids=str,
)
def test_it_refuses(change: dict[str, object]) -> None:
    assert fits(GOOD, SCHEMA, SCHEMA)
    assert not fits(GOOD | change, SCHEMA, SCHEMA)


def test_every_key_has_a_description() -> None:
    bare = [
        f"{name}.{key}"
        for name, model in [("Spec", SCHEMA), *SCHEMA["$defs"].items()]
        for key, part in model.get("properties", {}).items()
        if key not in ("type", "class_weights") and "description" not in part
    ]
    assert bare == []


@pytest.mark.parametrize("name", ["network", "My-net 3", "3d", "test", "class", "größe", "_"])
def test_the_first_spec_is_a_good_one(name: str) -> None:
    text = starter_spec(name)
    assert text.startswith("# yaml-language-server: $schema=")
    assert build(loads(text)).inputs == ("x",)
