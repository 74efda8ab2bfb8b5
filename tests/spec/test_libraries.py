"""Definitions in files beside the spec."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from symbp.errors import SpecError
from symbp.graph.build import build
from symbp.spec.load import load, loads
from symbp.spec.model import Spec

LIBRARY = """\
symbp: 1
define:
  activations: {soft: "z / (1 + z**2)"}
  layers:
    scaled: {input: "x[n,i]", parameters: {f: "[i]"}, init: {f: ones}, formula: "y[n,i] = f[i]*x[n,i]"}
"""
SPEC = """\
symbp: 1
name: net
input: {x: [4]}
library: [below/own.yaml]
define:
  activations: {steep: "3*z"}
layers:
  - {type: scaled, name: s, activation: soft}
  - {type: dense, name: d, units: 2, activation: steep}
loss: {type: mse}
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "own.yaml").write_text(LIBRARY, encoding="utf-8")
    path = tmp_path / "net.yaml"
    path.write_text(SPEC, encoding="utf-8")
    return path


def test_definitions_of_a_library_are_those_of_the_spec(spec: Path) -> None:
    graph = build(load(spec))
    assert [row.description for row in graph.rows] == ["scaled, soft", "dense, steep"]


def test_the_hash_covers_the_libraries(spec: Path) -> None:
    graph = build(load(spec))
    assert graph.source_name == "net.yaml"
    assert graph.source_sha256 == hashlib.sha256((SPEC + LIBRARY).encode()).hexdigest()


def test_a_link_out_of_the_folder_is_not_followed(spec: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other") / "own.yaml"
    other.write_text(LIBRARY, encoding="utf-8")
    link = spec.parent / "below" / "own.yaml"
    link.unlink()
    link.symlink_to(other)
    with pytest.raises(SpecError, match="lies outside of the spec's folder"):
        load(spec)


def test_a_text_and_a_spec_in_python_have_no_libraries() -> None:
    with pytest.raises(SpecError, match="has no folder"):
        loads(SPEC)
    with pytest.raises(SpecError, match="has no folder"):
        Spec(symbp=1, name="net", input={"x": [4]}, library=["own.yaml"], layers=["softmax"], loss="mse")


def test_a_spec_in_python_defines_types_of_its_own() -> None:
    define = {"layers": {"scaled": {"input": "x[n,i]", "formula": "y[n,i] = 2*x[n,i]"}}}
    spec = Spec(symbp=1, name="net", input={"x": [4]}, define=define, layers=[{"type": "scaled"}], loss="mse")
    assert build(spec).rows[0].description == "scaled"
