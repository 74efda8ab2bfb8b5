"""`import symbp`: what a notebook uses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import symbp
from symbp.errors import OutputError, SpecError

ROOT = Path(__file__).resolve().parents[2]
SPEC = ROOT / "specs" / "xor.yaml"


def declared() -> symbp.Spec:
    return symbp.Spec(
        symbp=1,
        name="xor",
        input={"x": [2]},
        layers=[
            {
                "type": "dense",
                "name": "hidden",
                "units": 8,
                "activation": "tanh",
                "init": {"W": {"type": "normal", "std": 1.0}},
            },
            {"type": "dense", "name": "out", "units": 1},
        ],
        loss={"type": "binary_cross_entropy"},
        train={"optimizer": {"type": "sgd", "lr": 0.5}, "epochs": 2000, "batch_size": 4, "seed": 0},
    )


def test_a_spec_made_in_python_is_the_one_that_is_loaded() -> None:
    assert declared() == symbp.load(SPEC)


def test_derive_shows_itself() -> None:
    derived = symbp.derive(declared())
    assert "dW[i,j]" in str(derived)
    shown = derived._repr_latex_()
    assert shown.startswith("$")
    assert r"\sum" in shown
    assert str(symbp.derive(SPEC)) == str(derived)


def test_a_generated_module_shows_itself() -> None:
    module = symbp.generate(SPEC)
    shown = module._repr_latex_()
    assert shown == symbp.derive(SPEC)._repr_latex_()
    assert shown.startswith("$$") and shown.endswith("$$")
    assert r"\sum" in shown


def test_the_functions_stay_functions_after_their_folders_are_imported() -> None:
    code = (
        "import symbp.derive.model, symbp.report.text, symbp; assert callable(symbp.derive) and callable(symbp.report)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_generate_gives_a_verified_module(tmp_path: Path) -> None:
    module = symbp.generate(declared())
    assert module.verdict.passed
    path = module.write(tmp_path)
    assert path == tmp_path / "xor.py"
    assert path.read_text(encoding="utf-8") == module.source
    module.write(tmp_path)  # an untouched file is written again
    path.write_text(module.source + "# mine\n", encoding="utf-8")
    with pytest.raises(OutputError, match="edited by hand"):
        module.write(tmp_path)
    module.write(tmp_path, force=True)


def test_report_and_simplest_form() -> None:
    assert r"\begin{document}" in symbp.report(declared(), layout="columns")
    assert "out=" not in symbp.generate(declared(), optimize=0).source.split("# ---- The optimiser")[0]


def test_a_wrong_spec_in_python_raises_with_all_problems() -> None:
    with pytest.raises(SpecError) as caught:
        symbp.derive(
            symbp.Spec(
                symbp=1, name="bad", input={"x": [2]}, layers=[{"type": "denze", "unitz": 3}], loss={"type": "mze"}
            )
        )
    assert len(caught.value.problems) >= 2


def test_unknown_names_are_attribute_errors() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = symbp.nothing  # type: ignore[attr-defined]


def test_a_notebook_completes_the_names_that_are_loaded_late() -> None:
    assert set(symbp.__all__) <= set(dir(symbp))
