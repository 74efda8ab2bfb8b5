"""Whatever is done to a good spec, the answer is a graph or a SpecError, never another exception."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from symbp.errors import SpecError
from symbp.graph.build import build
from symbp.graph.check import loads
from symbp.graph.model import Graph
from symbp.spec.model import Spec
from symbp.spec.reading import read, read_file
from symbp.spec.tree import data_of

ROOT = Path(__file__).resolve().parents[2]
TEXTS = [p.read_text(encoding="utf-8") for p in sorted((ROOT / "specs").glob("*.yaml"))]
TEXTS += [p.read_text(encoding="utf-8") for p in sorted((ROOT / "tests/bad_specs").glob("[a-xz]*.yaml"))[::6]]
SPECS: list[Any] = [data_of(read(read_file(p))[0]) for p in sorted((ROOT / "specs").glob("*.yaml"))]  # type: ignore[arg-type]
WORDS = sorted({word for text in TEXTS for word in text.replace(",", " ").replace(":", " ").split()})


def relaxed(examples: int) -> settings:
    return settings(
        max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
    )


pieces = st.sampled_from(
    [
        *WORDS,
        "&a",
        "*a",
        "!!str",
        "<<: *a",
        "---",
        "\t",
        "[",
        "]",
        "{",
        "}",
        ": ",
        "- ",
        "|",
        ">",
        "'",
        '"',
        "#",
        "\n",
        "\n  ",
    ]
)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from([*WORDS, "", "x", "any", "fc1.W.T", "y[n,j] = x[n,j]", "sum[i](x[n,i])", "[i,j]"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=3),
    max_leaves=6,
)


def answer(text: str) -> Graph | None:
    """The graph of a text, or None where it is refused as it should be."""
    try:
        return build(loads(text))
    except SpecError as error:
        assert error.problems
        assert all(p.code[0] in "EF" and p.message for p in error.problems)
        assert str(error)
        return None


@relaxed(250)
@given(st.sampled_from(TEXTS), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), pieces), max_size=4))
def test_texts_with_pieces_put_in_and_taken_out(text: str, changes: list[tuple[float, int, str]]) -> None:
    for place, width, piece in changes:
        at = int(place * len(text))
        text = text[:at] + piece + text[at + width :]
    answer(text)


@st.composite
def changed(draw: st.DrawFn) -> Any:
    """A good spec with a value somewhere replaced, removed or added."""
    data = draw(st.sampled_from(SPECS))
    steps: list[Any] = []
    node = data
    while isinstance(node, dict | list) and node and draw(st.integers(0, 5)):
        step = draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
        steps.append(step)
        node = node[step]
    return _with(data, steps, draw(values), draw(st.booleans()))


def _with(data: Any, steps: list[Any], value: Any, remove: bool) -> Any:
    if not steps:
        return value
    copy = data.copy()
    if len(steps) == 1 and remove:
        del copy[steps[0]]
    else:
        copy[steps[0]] = _with(data[steps[0]], steps[1:], value, remove)
    return copy


@relaxed(300)
@given(changed())
def test_specs_with_values_replaced(data: Any) -> None:
    answer(yaml.safe_dump(data, sort_keys=False, allow_unicode=True))


@relaxed(200)
@given(changed())
def test_specs_in_python_with_values_replaced(data: Any) -> None:
    if not isinstance(data, dict) or not all(isinstance(key, str) for key in data):
        return
    try:
        build(Spec(**data))
    except SpecError as error:
        assert error.problems
        assert str(error)


@relaxed(150)
@given(st.text(max_size=200) | st.lists(pieces, max_size=30).map(" ".join))
def test_texts_that_are_no_specs(text: str) -> None:
    assert answer(text) is None


OWN = {"input": "x[n,i]", "sizes": {"units": "j"}, "parameters": {"W": "[i,j]"}, "init": {"W": "zeros"}}
PARTS = """x[n,i] W[i,j] sum[i]( sum[j]( max[i]( ) ( [ ] + * / ** - // 2 1e-3 tanh( where( , = x j n N i-1 y[n,j] = y
z t[n,j] g w L lr"""
FORMULA = st.lists(st.sampled_from([*PARTS.split(), "> 0", "\n"]), max_size=14).map(" ".join)


@relaxed(250)
@given(FORMULA)
def test_formulas_of_all_kinds(formula: str) -> None:
    define = {
        "layers": {
            "own": {
                "input": "x[n,i]",
                "sizes": {"units": "j"},
                "parameters": {"W": "[i,j]"},
                "init": {"W": "zeros"},
                "formula": formula,
            }
        },
        "activations": {"f": formula},
        "losses": {"l": formula},
        "optimizers": {"o": formula},
    }
    data = SPECS[-1] | {"define": define, "layers": [{"type": "own", "units": 2}]}
    answer(yaml.safe_dump(data, sort_keys=False))
