"""Text for the terminal: specs that read back, networks, derivations, every entry of the library."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from symbp import entries
from symbp.derive.model import Derivation
from symbp.derive.network import derive
from symbp.errors import SpecError
from symbp.graph.build import build
from symbp.library import registry
from symbp.library.declaration import Activation, Block, Layer, Loss, Penalty
from symbp.notation.source import TensorSource
from symbp.report import text
from symbp.report.entry import example
from symbp.report.summary import graph_summary
from symbp.spec.load import load, loads

SPECS = sorted((Path(__file__).resolve().parents[2] / "specs").glob("*.yaml"))
XOR = next(p for p in SPECS if p.stem == "xor")
ENTRIES = [(kind, name) for kind, found in registry.kinds().items() for name in found]


@cache
def xor() -> Derivation:
    return derive(build(load(XOR)))


@pytest.mark.parametrize("path", SPECS, ids=lambda p: p.stem)
def test_the_text_of_a_spec_reads_back_as_the_same_spec(path: Path) -> None:
    spec = load(path)
    again = loads(text.spec_text(spec), path.name)
    assert again.model_dump() == spec.model_dump()


def test_summary() -> None:
    assert graph_summary(xor().graph) == "xor: 2 layers, 33 parameters, binary_cross_entropy, sgd"


def test_graph() -> None:
    shown = text.graph_text(xor().graph).splitlines()
    assert "hidden  dense, tanh      8          24" in shown
    assert "hidden.W   W_hidden  2 x 8  normal(0, 1)" in shown
    assert any(line.split() == ["hidden", "dense", "x,", "W_hidden,", "b_hidden", "z_hidden"] for line in shown)
    assert "  w = w - lr*g" in shown


def test_transposed_parameters_are_marked() -> None:
    tied = next(p for p in SPECS if p.stem == "autoencoder")
    assert "W_encode.T" in text.graph_text(build(load(tied)))


def test_derivation() -> None:
    shown = text.derivation_text(xor())
    for line in (
        "1  dense   (used by hidden, out)",
        "  (1.1)    y[n,j] = sum[i](x[n,i]*W[i,j]) + b[j]",
        "  (2.2)    dz[n,j] = dy[n,j]*(1 - y[n,j]**2)",
        "  dW: contract deltas        sum[n](x[n,i]*dy[n,j])",
    ):
        assert line in shown.splitlines()


def test_numbers_of_equations_whose_emitted_form_differs_have_a_prime() -> None:
    lines = text.derivation_text(xor()).splitlines()
    assert any(line.startswith("  (3.2')") or line.startswith("  (3.1')") for line in lines)
    assert any("as computed, safe from overflow (checked to 40 digits)" in line for line in lines)


def test_a_long_equation_goes_on_two_lines() -> None:
    unit = entries.derivations(registry.losses()["cross_entropy"])[0][1]
    equation = unit.plain.forward[0]
    wide = text.equation_text(type(equation)(equation.lhs, type(equation.rhs)((equation.rhs,) * 5)))
    assert wide.splitlines()[0] == "p[n,j] ="


SHAPES = {"fold": {"x": "[12, 1]"}, "mixture": {"gate": "[2]"}, "permute": {"x": "[12, 12]"}}
SHAPES |= {"rnn_cell": {"h": "[3]"}, "gru_cell": {"h": "[3]"}, "lstm_cell": {"pair": "[6]"}}
SHAPES |= {"transpose": SHAPES["permute"], "select": {"x": "[12, 12, 12]"}, "pixel_shuffle": {"x": "[36, 12, 12]"}}


def inputs_of(layer: Layer, names: list[str]) -> str:
    """The inputs of a spec that a layer can read: an axis for each that the declaration names, of 12 places."""
    declared = dict(zip(names, [*layer.inputs, *layer.inputs], strict=False))
    shapes = {}
    for name, text_ in declared.items():
        count = max(1, len(TensorSource.read(text_.replace("#", "")).axes) - 1)
        shapes[name] = SHAPES.get(layer.type, {}).get(name, f"[{', '.join(['12'] * count)}]")
    kinds = ", ".join(f"{name}: {'integer' if name in layer.integer_inputs else 'real'}" for name in shapes)
    return f"input_type: {{{kinds}}}\ninput: {{{', '.join(f'{name}: {s}' for name, s in shapes.items())}}}"


@pytest.mark.parametrize(("kind", "name"), ENTRIES, ids=[f"{k}-{n}" for k, n in ENTRIES])
def test_every_entry_shows_itself(kind: str, name: str) -> None:
    shown = entries.describe(name)
    declaration = registry.kinds()[kind][name]
    assert declaration.summary in shown
    if isinstance(declaration, Layer | Activation | Loss | Penalty):
        assert "gradients" in shown
        gradients = [line for line in shown.splitlines() if line.startswith("  (1.") and "  d" in line]
        integers = isinstance(declaration, Layer) and len(declaration.integer_inputs) == len(declaration.inputs)
        assert gradients or (integers and not declaration.parameters), shown


@pytest.mark.parametrize(("kind", "name"), ENTRIES, ids=[f"{k}-{n}" for k, n in ENTRIES])
def test_the_example_of_an_entry_is_part_of_a_spec_that_is_right(kind: str, name: str) -> None:
    parts = {
        "input": "input: {x: [3]}",
        "layers": "layers: [{type: dense, units: 3}]",
        "loss": "loss: {type: mse}",
        "train": "train: {optimizer: {type: sgd, lr: 0.1}}",
    }
    declaration = registry.kinds()[kind][name]
    shown = example(declaration, entries.keys(entries.KINDS[kind], declaration))
    key = shown.partition(":")[0]
    parts[key] = shown
    if isinstance(declaration, Layer):
        parts[key] = shown = shown.replace(", k,", ", keys,").replace(", p]", ", pair]")  # names that modules use
        listed = re.search(r"inputs: \[(.*?)\]", shown)
        first = declaration.inputs[0].partition("[")[0]
        parts["input"] = inputs_of(declaration, listed.group(1).split(", ") if listed else [first])
        parts["loss"] = "loss: {type: mse}"
    if isinstance(declaration, Block):
        names = re.search(r"\binputs: \[(.*?)\]", shown)
        labels = names.group(1).split(", ") if names else ["x"]
        shape = "[3]" if name in ("repeat", "residual", "sequential") else "[4, 3]"
        parts["input"] = f"input: {{{', '.join(f'{label}: {shape}' for label in labels)}}}"
    if isinstance(declaration, Loss) and declaration.inputs[0] != "y[n,j]":
        axes = {text.partition("[")[0]: len(TensorSource.read(text).axes) - 1 for text in declaration.inputs}
        shapes = (f"{label}0: [{', '.join(['3'] * count)}]" for label, count in axes.items())
        parts["input"] = f"input: {{{', '.join(shapes)}}}"
        layers = (f"{{type: dense, units: 3, name: {label}, inputs: {label}0}}" for label in axes)
        parts["layers"] = f"layers: [{', '.join(layers)}]"
    if name == "numbers":
        parts["layers"] = shown.replace("W: {", "b: {").replace("[0.5, 1.5]", "[0.5, 1.5, 2.5]")
    build(loads("symbp: 1\nname: entry\n" + "\n".join(parts.values()) + "\n", "entry.yaml"))


def test_keys_that_every_loss_or_optimiser_takes_are_shown() -> None:
    assert "l2 " in entries.describe("mse")
    assert "clip_norm " in entries.describe("sgd")
    assert "lr " in entries.describe("sgd")


def test_options_that_change_the_formula_are_shown() -> None:
    assert "with bias: false" in entries.describe("dense")
    assert "with labels: one_hot" in entries.describe("cross_entropy")
    assert "with class_weights: given" in entries.describe("cross_entropy")


def test_an_unknown_name_gets_a_suggestion() -> None:
    with pytest.raises(SpecError, match="did you mean 'dense'"):
        entries.describe("denze")


def test_the_letters_and_constants_of_training_are_explained() -> None:
    assert "k the number of the step from 0" in entries.describe("one_cycle")
    assert "fan_in" in entries.describe("glorot_uniform")
    assert "constant 0.25" in entries.describe("prelu")
    spec = (
        "{symbp: 1, name: net, input: {x: [2]}, layers: [{type: dense, units: 1}], loss: mse, "
        "train: {optimizer: {type: sgd, lr: 0.5, schedule: {type: warmup, steps: 3}}}}"
    )
    shown = text.graph_text(build(loads(spec, "net.yaml")))
    assert shown.endswith("  lr = 0.5\n  schedule: lr*min(1, (k + 1)/steps)\n  steps = 3")
