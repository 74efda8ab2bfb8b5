"""The equations of backpropagation for chains of dense layers, in both layouts, from real derivations."""

from __future__ import annotations

from dataclasses import replace

import pytest

from symbp.derive.model import Derivation
from symbp.derive.network import derive
from symbp.graph.build import build
from symbp.report.backpropagation import chain_section
from symbp.report.chain import find_chain
from symbp.spec.load import loads

CHAIN = """
symbp: 1
name: chain
input: {x: [3]}
layers:
  - {type: dense, name: fc1, units: 4, activation: ACTIVATION, bias: BIAS}
  - {type: dense, name: fc2, units: 2, activation: LAST, bias: BIAS}
loss: {type: LOSS}
train: {optimizer: {type: sgd, lr: 0.1}}
"""


def derivation(loss: str, last: str = "sigmoid", activation: str = "sigmoid", bias: str = "true") -> Derivation:
    text = CHAIN.replace("LOSS", loss).replace("ACTIVATION", activation).replace("BIAS", bias)
    text = text.replace(", activation: LAST", f", activation: {last}" if last else "")
    return derive(build(loads(text, "chain.yaml")))


def result(made: Derivation, layout: str) -> list[str]:
    section = chain_section(made, layout)
    assert section is not None
    return [" ".join(row.split()) for row in section.result]


def test_rows() -> None:
    assert result(derivation("half_squared_error"), "rows") == [
        r"\delta^{L} = \frac{1}{N} \, (A^{L} - T) \odot \sigma'(Z^{L}) \qquad (N \times n_{L}) \tag{BP1}",
        r"\delta^{l} = (\delta^{l+1} \, (W^{l+1})^{\top}) \odot \sigma'(Z^{l}) \qquad (N \times n_{l}) \tag{BP2}",
        r"\mathrm{d}b^{l} = \mathbf{1}^{\top} \, \delta^{l} \qquad (1 \times n_{l}) \tag{BP3}",
        r"\mathrm{d}W^{l} = (A^{l-1})^{\top} \, \delta^{l} \qquad (n_{l-1} \times n_{l}) \tag{BP4}",
    ]


def test_columns_have_the_mean_over_samples_in_the_parameters() -> None:
    assert result(derivation("half_squared_error"), "columns") == [
        r"\mathrm{d}Z^{[L]} = (A^{[L]} - T) \odot \sigma'(Z^{[L]}) \qquad (n_{L} \times m) \tag{BP1}",
        r"\mathrm{d}Z^{[l]} = (W^{[l+1]\top} \, \mathrm{d}Z^{[l+1]}) \odot \sigma'(Z^{[l]}) \qquad (n_{l} \times m)"
        r" \tag{BP2}",
        r"\mathrm{d}b^{[l]} = \frac{1}{m} \, \mathrm{d}Z^{[l]} \, \mathbf{1} \qquad (n_{l} \times 1) \tag{BP3}",
        r"\mathrm{d}W^{[l]} = \frac{1}{m} \, \mathrm{d}Z^{[l]} \, A^{[l-1]\top} \qquad (n_{l} \times n_{l-1})"
        r" \tag{BP4}",
        r"\mathrm{d}A^{[l-1]} = W^{[l]\top} \, \mathrm{d}Z^{[l]} \qquad (n_{l-1} \times m)",
    ]


def test_softmax_and_cross_entropy_leave_p_minus_t() -> None:
    made = derivation("cross_entropy", last="", activation="tanh")
    assert result(made, "columns")[0] == (
        r"\mathrm{d}Z^{[L]} = P - \operatorname{onehot}(t) \qquad (n_{L} \times m) \tag{BP1}"
    )
    assert result(made, "rows")[0].startswith(r"\delta^{L} = \frac{1}{N} \, (P - \operatorname{onehot}(t))")


def test_other_activations_are_called_g_and_their_derivative_is_the_derived_one() -> None:
    section = chain_section(derivation("mse", last="", activation="tanh"), "rows")
    assert section is not None
    shown = "\n".join(d for p in section.setting for d in p.displays)
    assert r"g'(z^{l}_{n,j}) = 1 - (a^{l}_{n,j})^{2}" in " ".join(shown.replace("  ", " ").split())


def test_without_biases_all_four_equations_are_derived_and_the_third_is_said_to_be_unused() -> None:
    made = derivation("mse", bias="false")
    rows = result(made, "rows")
    assert [row.rpartition(r"\tag")[2] for row in rows] == ["{BP1}", "{BP2}", "{BP3}", "{BP4}"]
    assert rows[2].startswith(r"\mathrm{d}b^{l} = \mathbf{1}^{\top} \, \delta^{l}")
    section = chain_section(made, "rows")
    assert section is not None
    assert "(BP3) is not used" in "".join(p.text for p in section.setting)


def test_the_proof_derives_every_equation() -> None:
    section = chain_section(derivation("half_squared_error"), "rows")
    assert section is not None
    text = "\n".join(p.text for p in section.proof)
    for head in ("Through the activation", "(BP1)", "(BP2)", "(BP3)", "(BP4)"):
        assert rf"\paragraph{{{head}.}}" in text
    lines = [line.strip() for p in section.proof for line in p.lines.split("\\\\")]
    for left, right, note in (
        (r"\delta^{l}_{n,j}", r"\sum_{n',j'} \mathrm{d}a^{l}_{n',j'} \, ", ""),
        ("", r"\mathrm{d}a^{l}_{n,j} \, a^{l}_{n,j} \, (1 - a^{l}_{n,j})", "fold"),
        ("", r"\frac{a^{L}_{n,j} - t_{n,j}}{N}", "contract deltas"),
        ("", r"\sum_{n} \delta^{l}_{n,j}", "chain rule"),
        ("", r"\sum_{n} a^{l-1}_{n,i} \, \delta^{l}_{n,j}", "contract deltas"),
    ):
        assert any(line.startswith(f"{left} &= {right}".strip()) and note in line for line in lines), right


def test_the_equations_follow_the_derivation() -> None:
    """A derivation with another closed form gives another equation: nothing is written down in the report."""
    made = derivation("half_squared_error")
    dense = made.units[0]
    swapped = [replace(e, rhs=dense.plain.adjoint("b").rhs) if e.name == "dW" else e for e in dense.plain.adjoints]
    wrong = replace(dense, plain=replace(dense.plain, adjoints=tuple(swapped)))
    other = replace(made, units=(wrong, *made.units[1:]))
    changed = chain_section(other, "rows")
    assert changed is not None
    assert r"(A^{l-1})^{\top}" not in "\n".join(changed.result)


@pytest.mark.parametrize("layout", ["rows", "columns"])
def test_one_layer_has_no_hidden_equation(layout: str) -> None:
    text = CHAIN.replace("  - {type: dense, name: fc1, units: 4, activation: ACTIVATION, bias: BIAS}\n", "")
    text = text.replace("LOSS", "mse").replace(", activation: LAST", "").replace("BIAS", "true")
    made = derive(build(loads(text, "chain.yaml")))
    assert not any("BP2" in row for row in result(made, layout))


def test_several_leading_axes_are_taken_together() -> None:
    text = CHAIN.replace("{x: [3]}", "{x: [T, 3]}\nsizes: {T: any}").replace("LOSS", "cross_entropy")
    text = text.replace(", activation: LAST", "").replace("ACTIVATION", "tanh").replace("BIAS", "true")
    made = derive(build(loads(text, "chain.yaml")))
    rows = result(made, "rows")
    assert rows[0].startswith(r"\delta^{L} = \frac{1}{N T_{1}} \, (P - \operatorname{onehot}(t))")
    assert rows[0].endswith(r"(N \, T_{1} \times n_{L}) \tag{BP1}")
    assert rows[3].startswith(r"\mathrm{d}W^{l} = (A^{l-1})^{\top} \, \delta^{l}")


def test_what_is_no_chain_of_dense_layers_has_no_section() -> None:
    gated = """
symbp: 1
name: gates
input: {x: [3]}
define:
  layers:
    gate:
      input: "x[n,i]"
      sizes: {units: j}
      parameters: {W: "[i,j]"}
      init: {W: glorot_uniform}
      formula: "y[n,j] = tanh(sum[i](x[n,i]*W[i,j]))"
layers:
  - {type: gate, name: g1, units: 2}
loss: {type: mse}
train: {optimizer: {type: sgd, lr: 0.1}}
"""
    made = derive(build(loads(gated, "gates.yaml")))
    assert find_chain(made) is None
    assert chain_section(made, "rows") is None


def test_a_dense_layer_of_ones_own_is_found_by_its_mathematics() -> None:
    own = """
symbp: 1
name: own
input: {x: [3]}
define:
  layers:
    linear:
      input: "q[n,r]"
      sizes: {units: s}
      parameters: {M: "[s,r]"}
      init: {M: glorot_uniform}
      formula: "y[n,s] = sum[r](M[s,r]*q[n,r])"
layers:
  - {type: linear, name: one, units: 4}
  - {type: linear, name: two, units: 2}
loss: {type: mse}
train: {optimizer: {type: sgd, lr: 0.1}}
"""
    rows = result(derive(build(loads(own, "own.yaml"))), "rows")
    assert any(r"\delta^{l} = \delta^{l+1} \, M^{l+1} \qquad" in row for row in rows), rows
