"""Layers of a user's own, of many index patterns, are generated and pass their verification at both levels."""

from __future__ import annotations

import pytest

from symbp.compiler import DEFAULT, SIMPLEST, generate
from symbp.spec.load import loads

# Parameters with their axes, and the formula; i is the incoming axis, j the outgoing one, r a rank.
LAYERS: dict[str, tuple[dict[str, str], str]] = {
    "transposed weights": ({"W": "[j,i]"}, "y[n,j] = sum[i](W[j,i]*x[n,i])"),
    "product of two maps": (
        {"W": "[i,j]", "V": "[j,i]"},
        "y[n,j] = sum[i](x[n,i]*W[i,j]) * sum[k](V[j,k]*x[n,k])",
    ),
    "quadratic form": ({"Q": "[j,i,k]"}, "y[n,j] = sum[i,k](x[n,i]*Q[j,i,k]*x[n,k])"),
    "quadratic form, output last": ({"Q": "[i,k,j]"}, "y[n,j] = sum[i,k](x[n,i]*Q[i,k,j]*x[n,k])"),
    "rank one": ({"A": "[i]", "B": "[j]"}, "y[n,j] = sum[i](x[n,i]*A[i])*B[j]"),
    "low rank": (
        {"U": "[i,r]", "V": "[r,j]"},
        "u[n,r] = sum[i](x[n,i]*U[i,r])\ny[n,j] = sum[r](u[n,r]*V[r,j])",
    ),
    "radial": ({"C": "[j,i]", "b": "[j]"}, "y[n,j] = exp(-sum[i]((x[n,i] - C[j,i])**2)/8) + b[j]"),
    "mean of a function": ({"W": "[i,j]"}, "y[n,j] = mean[i](tanh(x[n,i]*W[i,j]))"),
    "largest product": ({"W": "[i,j]"}, "y[n,j] = max[i](x[n,i]*W[i,j])"),
    "smallest sum": ({"W": "[i,j]"}, "y[n,j] = min[i](x[n,i] + W[i,j])"),
    "gates": (
        {"W": "[i,j]", "V": "[i,j]", "b": "[j]", "c": "[j]"},
        "u[n,j] = sum[i](x[n,i]*W[i,j]) + b[j]\ng[n,j] = sigmoid(sum[i](x[n,i]*V[i,j]) + c[j])\n"
        "y[n,j] = g[n,j]*tanh(u[n,j]) + (1 - g[n,j])*u[n,j]",
    ),
    "maximum of two maps": (
        {"W": "[i,j]", "V": "[i,j]"},
        "y[n,j] = max(sum[i](x[n,i]*W[i,j]), sum[i](x[n,i]*V[i,j]))",
    ),
    "normalised": (
        {"W": "[i,j]"},
        "m[n] = mean[k](x[n,k])\nr[n] = (mean[k]((x[n,k] - m[n])**2) + 1)**(-1/2)\n"
        "y[n,j] = sum[i]((x[n,i] - m[n])*r[n]*W[i,j])",
    ),
    "attention to weights": (
        {"K": "[j,i]", "V": "[j]"},
        "s[n,j] = sum[i](x[n,i]*K[j,i])\ny[n,j] = V[j]*exp(s[n,j]) / sum[k](exp(s[n,k]))",
    ),
    "a weight used twice": ({"W": "[i,j]"}, "y[n,j] = sum[i](x[n,i]*W[i,j]) + sum[i](x[n,i]**2*W[i,j]**2)"),
    "sum over everything": ({"W": "[i,j]"}, "y[n,j] = sum[i,k](W[i,k]*x[n,i]) + sum[i](x[n,i]*W[i,j])"),
    "comparison as a factor": ({"W": "[i,j]"}, "y[n,j] = sum[i](x[n,i]*W[i,j]*[x[n,i] > W[i,j]])"),
    "saturated": ({"B": "[k,i]"}, "y[n,j] = erf(sum[i,k](exp(x[n,i])*abs(x[n,k])*exp(B[k,i])))"),
    "first of many": ({"A": "[j]"}, "y[n,j] = max[i,k](x[n,i]**2*x[n,k]) + tanh(A[j])"),
    "powers and quotients": (
        {"W": "[i,j]", "a": "[j]"},
        "u[n,j] = sum[i](x[n,i]*W[i,j])\ny[n,j] = (a[j] + u[n,j]**3)/(1 + u[n,j]**2)",
    ),
}  # fmt: skip


def spec(name: str) -> str:
    parameters, formula = LAYERS[name]
    rank = "r" in "".join(parameters.values())
    sizes = "{units: j, rank: r}" if rank else "{units: j}"
    lines = [
        "symbp: 1",
        "name: own",
        "input: {x: [4]}",
        "define:",
        "  layers:",
        "    own:",
        '      input: "x[n,i]"',
        f"      sizes: {sizes}",
        "      parameters: {" + ", ".join(f'{p}: "{axes}"' for p, axes in parameters.items()) + "}",
        "      init: {" + ", ".join(f"{p}: {{type: normal, std: 0.5}}" for p in parameters) + "}",
        "      formula: |",
        *(f"        {line}" for line in formula.splitlines()),
        "layers:",
        "  - {type: dense, name: first, units: 5, activation: tanh}",
        f"  - {{type: own, name: own, units: 3{', rank: 2' if rank else ''}}}",
        "  - {type: dense, name: last, units: 2}",
        "loss: {type: mse}",
    ]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("level", [SIMPLEST, DEFAULT])
@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_of_ones_own_is_generated_and_verified(name: str, level: int) -> None:
    _, verdict = generate(loads(spec(name), "own.yaml"), level)
    checked = {row.subject for row in verdict.rows if row.method == "complex step"}
    assert {f"own.{parameter}" for parameter in LAYERS[name][0]} <= checked
