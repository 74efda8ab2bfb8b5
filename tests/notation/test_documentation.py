"""docs/formulas.md describes the language that there is: its examples resolve, its tables and limits are complete."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from symbp.explanations import EXPLANATIONS
from symbp.notation import parser, resolve, tokens
from symbp.notation.elaborate import elaborate
from symbp.notation.functions import FUNCTIONS, REDUCTIONS
from symbp.notation.source import FormulaSource, TensorSource

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "formulas.md").read_text()
EXAMPLES = re.findall(r"```formula (.*?)\n(.*?)```", DOCUMENT, re.DOTALL)


def source(header: str, formula: str) -> FormulaSource:
    """The formula of an example, declared as the first line of its block says."""
    declared = dict(part.split(": ", 1) for part in header.split("; "))
    listed = {kind: re.findall(r"\w+(?:\[[^\]]*\])?", text) for kind, text in declared.items()}
    if "pointwise" in listed:
        tensors = [TensorSource("z", ("n", "j"))]
        return FormulaSource(
            formula, tuple(tensors), tuple(listed.get("constants", ())), pointwise=("n", "j"), output="y"
        )
    inputs = [TensorSource.read(t) for t in listed["inputs"]]
    parameters = [TensorSource.read(t, "parameter") for t in listed.get("parameters", ())]
    return FormulaSource(formula, (*inputs, *parameters), sized=tuple(listed.get("sizes", ())))


@pytest.mark.parametrize(("header", "formula"), EXAMPLES)
def test_the_examples_resolve(header: str, formula: str) -> None:
    assert elaborate(source(header, formula)).equations


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 7
    assert DOCUMENT.count("```formula") == len(EXAMPLES)


@pytest.mark.parametrize("name", [*FUNCTIONS, *REDUCTIONS])
def test_every_function_is_named(name: str) -> None:
    brackets = r"\[" if name in REDUCTIONS else r"\("
    assert re.search(rf"`{name}{brackets}", DOCUMENT)


def test_every_name_in_the_table_of_functions_is_one() -> None:
    table = DOCUMENT.split("## Functions")[1].split("##")[0]
    assert set(re.findall(r"`(\w+)\(", table.split("`pi`")[0])) == set(FUNCTIONS)


def test_limits() -> None:
    assert f"At most {tokens.MAX_TEXT:,} characters" in DOCUMENT
    assert f"{parser.MAX_STATEMENTS} equations" in DOCUMENT
    assert f"{parser.MAX_DEPTH} levels" in DOCUMENT
    assert f"exponents up to {resolve.MAX_EXPONENT}" in DOCUMENT
    assert f"at most {tokens.MAX_NAME} characters" in DOCUMENT


def test_every_code_is_explained() -> None:
    folder = ROOT / "symbp" / "notation"
    used = {code for path in sorted(folder.glob("*.py")) for code in re.findall(r'"(F\d{3})"', path.read_text())}
    assert used == {code for code in EXPLANATIONS if code.startswith("F")}


def test_every_code_is_tested() -> None:
    folder = Path(__file__).parent
    used = {code for path in sorted(folder.glob("*.py")) for code in re.findall(r'"(F\d{3})"', path.read_text())}
    assert used == {code for code in EXPLANATIONS if code.startswith("F")}
