"""Whole reports: complete, numbered like the program, safe to compile whatever the names are."""

from __future__ import annotations

import re
import shutil
from functools import cache
from pathlib import Path

import pytest

from symbp.compiler import Artifacts, compile_spec
from symbp.errors import OutputError
from symbp.report import latex
from symbp.report.code import statements
from symbp.report.escape import escape, shortened
from symbp.report.pdf import compile_latex, compile_pdf
from symbp.spec.load import load, loads

SPECS = Path(__file__).resolve().parents[2] / "specs"
NAMES = ("xor", "digits", "gated", "autoencoder", "three_four_one", "diabetes", "worked_example")
needs_tex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")

ODD = r"""
symbp: 1
name: odd
input: {x_of_the_first_kind: [3]}
define:
  activations:
    a_very_long_name_of_an_activation_that_no_line_could_ever_hold_in_its_full_length: "z / (1 + z**2 + abs(z)/3)"
layers:
  - type: dense
    name: a_layer_with_a_name_that_is_much_longer_than_any_table_of_layers_has_room_for_in_one_line
    units: 4
    activation: a_very_long_name_of_an_activation_that_no_line_could_ever_hold_in_its_full_length
  - {type: dense, name: out, units: 2}
loss: {type: huber, delta: 0.5, l2: 0.01}
train:
  optimizer: {type: nadam, lr: 1e-3, clip_norm: 1.0, schedule: {type: one_cycle}}
"""


@cache
def made(name: str) -> Artifacts:
    """Compiled, not verified."""
    return compile_spec(load(SPECS / f"{name}.yaml"))


def report(name: str, layout: str = "rows") -> str:
    return latex.render(made(name).derivation, made(name).code, layout)


@pytest.mark.parametrize("name", NAMES)
def test_all_parts_are_there(name: str) -> None:
    text = report(name)
    assert text.startswith("% @generated")
    assert text.endswith("\\end{document}\n")
    for unit in made(name).derivation.units:
        assert rf"\section{{{escape(unit.unit.title.replace('_', ' '))}}}" in text
    for part in ("Formula", "Derivation", "Closed form", "Program"):
        assert rf"\subsection*{{{part}}}" in text
    for row in made(name).graph.rows:
        assert escape(row.name) in text
    assert "The optimiser" in text


@pytest.mark.parametrize("name", NAMES)
def test_every_number_in_the_program_is_an_equation_of_the_report(name: str) -> None:
    code, text = made(name).code, report(name)
    lines = [*code.forward, *code.loss, *code.backward, *code.probability]
    lines += [line for _, body in code.input_backward for line in body]
    numbers = {n for line in lines for n in re.findall(r"\d+\.\d+", line.equation)}
    assert numbers
    tags = set(re.findall(r"\\tag\{(\d+\.\d+)\}", text))
    assert sorted(numbers - tags) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_numbered_line_stands_in_the_report(name: str) -> None:
    text = report(name)
    for line in (*made(name).code.forward, *made(name).code.backward):
        if line.equation and not line.text.startswith("#"):
            assert line.text in text


def test_every_equation_that_a_step_names_is_there() -> None:
    for name in ("digits", "gated", "three_four_one"):
        text = report(name)
        named = set(re.findall(r"\} by \(([\d.']+)\)\}", text))
        assert named, name
        assert named <= set(re.findall(r"\\tag\{([\d.']+)\}", text)), name


def test_a_section_lists_its_own_lines_only() -> None:
    sections = report("xor").split(r"\section{")
    for number, unit in enumerate(made("xor").derivation.units, 1):
        part = next(p for p in sections if p.startswith(escape(unit.unit.title.replace("_", " ")) + "}"))
        listed = re.search(r"\\begin\{lstlisting\}\n(.*?)\\end\{lstlisting\}", part, re.DOTALL)
        assert listed is not None
        numbers = re.findall(r"# \(([\d. ]+)\)", listed.group(1))
        assert numbers
        assert all(any(n.startswith(f"{number}.") for n in several.split()) for several in numbers)


@pytest.mark.parametrize("level", [0, 1])
def test_the_program_of_a_step_has_the_numbers_of_its_equations(level: int) -> None:
    made = compile_spec(loads(ODD, "odd.yaml"), level)
    section = len(made.derivation.units) + 1
    text = made.module[made.module.index("def update(") : made.module.index("# ---- Parameters")]
    printed = set(re.findall(rf"\\tag\{{({section}\.\d+)\}}", latex.render(made.derivation, made.code)))
    assert set(re.findall(r"\((\d+\.\d+)\)", text)) == printed
    for lines in statements(made.code.update):
        if lines[0].text.startswith("if k % 128"):  # rounding: no equation asks for it
            break
        named = lines[0].text.endswith(" = grad")  # names for its memory compute nothing
        assert lines[0].equation or lines[0].text.startswith("#") or named, lines[0].text
    assert f"# ({made.derivation.rate_number})" in text.partition("def learning_rate(")[2]
    assert max(map(len, text.splitlines())) <= 100


def test_a_report_says_where_the_learning_rate_of_the_program_is() -> None:
    """``theta -= grad`` beside theta - eta g: the backward pass began with eta."""
    said = r"begins with the number \texttt{scale}, which in a training step is \texttt{lr}"
    assert said in report("xor") and "theta -= grad" in report("xor")
    assert "scale" not in report("digits").partition("optimiser")[2]


def test_no_number_is_used_twice() -> None:
    for name in NAMES:
        tags = re.findall(r"\\tag\{([\d.']+)\}", report(name))
        assert len(tags) == len(set(tags)), name


def test_three_four_one_contains_the_proof_of_backpropagation() -> None:
    text = report("three_four_one")
    assert r"\subsection*{Proof}" in text
    for number in ("BP1", "BP2", "BP3", "BP4"):
        assert rf"\tag{{{number}}}" in text
        assert rf"\paragraph{{({number}).}}" in text
    columns = report("three_four_one", "columns")
    assert r"\frac{1}{m} \, \mathrm{d}Z^{[l]} \, A^{[l-1]\top}" in columns


def test_many_equal_layers_do_not_make_many_pages() -> None:
    layer = "  - {{type: dense, name: fc{k}, units: 4, activation: tanh}}\n"
    text = "symbp: 1\nname: deep\ninput: {x: [4]}\nlayers:\n" + "".join(layer.format(k=k) for k in range(60))
    text += "loss: {type: mse}\ntrain: {optimizer: {type: sgd, lr: 0.1}}\n"
    deep = compile_spec(loads(text, "deep.yaml"))
    shown = latex.render(deep.derivation, deep.code, "rows")
    assert len(shown) < 2 * len(report("xor"))
    assert "more" in shown


def test_braces_are_balanced() -> None:
    odd = compile_spec(loads(ODD, "odd.yaml"))
    text = latex.render(odd.derivation, odd.code, "rows")
    bare = re.sub(r"\\[{}]", "", re.sub(r"\\begin\{lstlisting\}.*?\\end\{lstlisting\}", "", text, flags=re.DOTALL))
    assert bare.count("{") == bare.count("}")


@needs_tex
@pytest.mark.parametrize(
    ("name", "layout"),
    [("digits", "columns"), ("gated", "rows"), ("three_four_one", "rows"), ("autoencoder", "columns")],
)
def test_it_compiles_without_an_overfull_box(name: str, layout: str) -> None:
    done = compile_latex(report(name, layout))
    assert done.pdf.startswith(b"%PDF")
    assert done.overfull == ()


@needs_tex
def test_odd_names_compile_without_an_overfull_box() -> None:
    odd = compile_spec(loads(ODD, "odd.yaml"))
    assert compile_latex(latex.render(odd.derivation, odd.code, "rows")).overfull == ()


@needs_tex
def test_broken_latex_is_one_clear_error() -> None:
    with pytest.raises(OutputError, match="pdflatex could not compile") as caught:
        compile_pdf("\\documentclass{article}\\begin{document}\\nonsense\\end{document}")
    assert "nonsense" in str(caught.value)


def test_without_pdflatex_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(OutputError, match="pdflatex is not installed") as caught:
        compile_pdf("")
    assert "texlive" in str(caught.value)


def test_special_characters_are_escaped() -> None:
    assert escape("a_b & 50% #1 {x} $5 ~^\\") == (
        r"a\_\allowbreak{}b \& 50\% \#1 \{x\} \$5 \textasciitilde{}\textasciicircum{}\textbackslash{}"
    )
    assert escape("Szegedy é ≥ 中") == r"Szegedy é \ensuremath{\ge} [U+4E2D]"
    assert escape("torch.nn.BCEWithLogitsLoss").count(r"\allowbreak") >= 3
    assert shortened("abcdefghij", 5) == "ab…ij"
    assert shortened("abc", 5) == "abc"


def test_a_notebook_gets_displays() -> None:
    text = latex.notebook(made("xor").derivation)
    assert text.count("$$") % 2 == 0
    assert r"\tanh(z_{n,j})" in text


def test_the_program_of_a_recurrence_has_its_loops() -> None:
    text = "symbp: 1\nname: steps\ninput: {x: [T, 3]}\nsizes: {T: any}\nlayers:\n"
    text += "  - {type: rnn, name: rnn, units: 2}\nloss: {type: mse}\ntrain: {optimizer: {type: sgd, lr: 0.1}}\n"
    steps = compile_spec(loads(text, "steps.yaml"))
    shown = latex.render(steps.derivation, steps.code, "rows").split("\\section")
    (listing,) = [part for part in shown if "list(zip(" in part]
    arrays = "range(T), y_rnn_before, z_rnn_given, y_rnn"
    assert f"\nsteps_rnn = list(zip({arrays}, strict=True))\nfor step, y_rnn_before_step, z_rnn_given_step," in listing
    assert " in steps_rnn:\n    if step:\n        np.dot(" in listing
    assert "\nback_steps_rnn = list(zip(" in listing and "strict=True))[::-1]\nfor step, " in listing
