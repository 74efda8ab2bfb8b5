"""The example specs: those that can be built, and what is said of the others."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from symbp.graph.build import build
from symbp.graph.check import load

SPECS = Path(__file__).resolve().parents[2] / "specs"
PARAMETERS = {
    "char_lstm": 98_049,
    "char_stateful": 6_401,
    "tagger": 1_573,
    "char_transformer": 98_002,
    "digits_conv": 38_282,
    "experts": 6_750,
    "inception": 2_258,
    "lenet": 61_706,
    "resnet": 8_182,
    "siamese": 64 * 64 + 64 + 64 * 2 + 2,
    "transformer": 405_056,
    "translation": 11_880,
    "unet": 6_485,
    "autoencoder": 64 * 16 + 16 + 64,
    "breast_cancer": 31,
    "diabetes": 11,
    "digits": 64 * 256 + 256 + 256 * 10 + 10,
    "gated": 2 * 8 * 16 + 16 + 17,
    "iris": 15,
    "mnist_16_16": 13_002,
    "three_four_one": 16,
    "vae": 64 * 128 + 128 + 2 * (128 * 8 + 8) + 8 * 128 + 128 + 128 * 64 + 64,
    "two_towers": 20 * 32 + 32 + 32 * 32 + 32 + 65,
    "worked_example": 12,
    "xor": 33,
}


def test_every_example_is_one_or_the_other() -> None:
    assert {p.stem for p in SPECS.glob("*.yaml")} == {*PARAMETERS}


@pytest.mark.parametrize("name", PARAMETERS)
def test_an_example_builds(name: str) -> None:
    made = build(load(SPECS / f"{name}.yaml"))
    counts = []
    for parameter in made.parameters:
        count = 1
        for axis in parameter.tensor.axes:
            assert axis.size is not None
            count *= axis.size
        counts.append(count)
    assert sum(counts) == PARAMETERS[name] == sum(row.parameters for row in made.rows)
    assert made.source_name == f"{name}.yaml"
    assert len(made.source_sha256) == 64


def test_checking_a_spec_does_not_import_sympy() -> None:
    code = (
        "import sys\nfrom symbp.graph.check import load\nfrom symbp.graph.build import build\n"
        f"build(load({str(SPECS / 'digits.yaml')!r}))\n"
        "print([m for m in ('sympy', 'jinja2', 'numpy', 'click') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_graph_of_the_worked_example() -> None:
    made = build(load(SPECS / "worked_example.yaml"))
    weights = made.parameters[0]
    assert (weights.tensor.label, weights.init.distribution) == ("h.W", "values")
    assert weights.init.values == (0.15, 0.25, 0.20, 0.30)
    assert [n.name for n in made.nodes] == ["h", "h.sigmoid", "o", "o.sigmoid", "loss"]
    assert [t.name for t in made.tensors] == [
        "x", "W_h", "b_h", "z_h", "a_h", "W_o", "b_o", "z_o", "a_o", "t", "loss",
    ]  # fmt: skip
    assert ([o.tensor for o in made.outputs], [t.name for t in made.targets]) == (["a_o"], ["t"])
    assert ([t.metric for t in made.losses], made.dtype) == (["r2"], "float64")
    assert dict(made.nodes[0].binding) == {"x": "x", "W": "W_h", "b": "b_h", "y": "z_h"}
    assert made.nodes[0].unit is made.nodes[2].unit  # one unit, used twice
