"""Recurrences and attention as the library writes them: fused gates, masks, initial states, both directions.

A case is (formula, tensors by role, sizes that are numbers, sizes of the runs); the forms list all adjoints that are kept.
"""
# ruff: noqa: E501  (formulas stand on one line)

from __future__ import annotations

from dataclasses import dataclass

GATES = {"parameter": "W[i,a,j] U[k,a,j] b[a,j]", "input": "x[n,t,i]"}
PLAIN = {"parameter": "W[i,j] U[k,j] b[j]", "input": "x[n,t,i]"}
SUMS = "dx[n,t,i] = sum[a,j](W[i,a,j]*d{z}[n,t,a,j])\ndW[i,a,j] = sum[n,t](x[n,t,i]*d{z}[n,t,a,j])\ndb[a,j] = sum[n,t](d{z}[n,t,a,j])\n"
OVER_STEPS = SUMS.format(z="z") + "dU[k,a,j] = sum[n,t]({h}*dz[n,t,a,j])\n"


@dataclass(frozen=True)
class Sequence:
    text: str
    tensors: dict[str, str]
    form: str
    numbers: tuple[tuple[str, int], ...] = ()
    runs: tuple[dict[str, int], ...] = ({}, {"T": 1, "N": 1}, {"T": 2, "I": 2, "H": 3})


LSTM = """z[n,t,a,j] = sum[i](x[n,t,i]*W[i,a,j]) + sum[k]({h}*U[k,a,j]) + b[a,j]
i[n,t,j] = sigmoid(z[n,t,0,j])
f[n,t,j] = sigmoid(z[n,t,1,j])
g[n,t,j] = tanh(z[n,t,2,j])
o[n,t,j] = sigmoid(z[n,t,3,j])
"""
CELL = """c[n,t,j] = f[n,t,j]*{c} + i[n,t,j]*g[n,t,j]
u[n,t,j] = tanh(c[n,t,j])
h[n,t,j] = o[n,t,j]*u[n,t,j]
"""
STATES = """p[n,t,j] = h[n,t-1,j] + [t == 0]*h0[n,j]
q[n,t,j] = c[n,t-1,j] + [t == 0]*c0[n,j]
"""
WHOLE, LAST = "y[n,t,j] = h[n,t,j]", "y[n,j] = h[n,T-1,j]"
DELTAS = (
    "dz[n,t,a,j] = [a == 0]*dc[n,t,j]*g[n,t,j]*i[n,t,j]*(1 - i[n,t,j]) + [a == 1]*dc[n,t,j]*{c}*f[n,t,j]*(1 - f[n,t,j])"
    " + [a == 2]*dc[n,t,j]*i[n,t,j]*(1 - g[n,t,j]**2) + [a == 3]*dh[n,t,j]*h[n,t,j]*(1 - o[n,t,j])\n"
)
DC = "dc[n,t,j] = {next} + dh[n,t,j]*o[n,t,j]*(1 - u[n,t,j]**2)\n"
DH = "dh[n,t,j] = {dy} + sum[a,k](U[j,a,k]*dz[n,t+1,a,k])\n"
LSTM_FORM = DH + DC.format(next="dc[n,t+1,j]*f[n,t+1,j]") + DELTAS.format(c="c[n,t-1,j]") + OVER_STEPS.format(h="h[n,t-1,k]")

GRU = """m[n,t,a,j] = sum[i](x[n,t,i]*W[i,a,j]) + b[a,j]
s[n,t,a,j] = sum[k](h[n,t-1,k]*U[k,a,j])
u[n,t,j] = m[n,t,0,j] + s[n,t,0,j]
v[n,t,j] = m[n,t,1,j] + s[n,t,1,j]
r[n,t,j] = sigmoid(u[n,t,j])
z[n,t,j] = sigmoid(v[n,t,j])
q[n,t,j] = s[n,t,2,j] + c_n[j]
w[n,t,j] = m[n,t,2,j] + r[n,t,j]*q[n,t,j]
e[n,t,j] = tanh(w[n,t,j])
h[n,t,j] = (1 - z[n,t,j])*e[n,t,j] + z[n,t,j]*h[n,t-1,j]
y[n,t,j] = h[n,t,j]"""

SEQUENCES: dict[str, Sequence] = {
    "rnn_last": Sequence(
        "z[n,t,j] = sum[i](x[n,t,i]*W[i,j]) + sum[k](h[n,t-1,k]*U[k,j]) + b[j]\nh[n,t,j] = tanh(z[n,t,j])\n" + LAST,
        PLAIN,
        "dz[n,t,j] = (1 - h[n,t,j]**2)*([t == T-1]*dy[n,j] + sum[k](U[j,k]*dz[n,t+1,k]))\ndU[k,j] = sum[n,t](h[n,t-1,k]*dz[n,t,j])\n"
        "dx[n,t,i] = sum[j](W[i,j]*dz[n,t,j])\ndW[i,j] = sum[n,t](x[n,t,i]*dz[n,t,j])\ndb[j] = sum[n,t](dz[n,t,j])",
    ),
    "rnn_backwards_relu": Sequence(
        "z[n,t,j] = sum[i](x[n,t,i]*W[i,j]) + sum[k](y[n,t+1,k]*U[k,j]) + b[j]\ny[n,t,j] = max(0, z[n,t,j])",
        PLAIN,
        "dz[n,t,j] = [y[n,t,j] > 0]*(dy[n,t,j] + sum[k](U[j,k]*dz[n,t-1,k]))\ndU[k,j] = sum[n,t](y[n,t+1,k]*dz[n,t,j])\n"
        "dx[n,t,i] = sum[j](W[i,j]*dz[n,t,j])\ndW[i,j] = sum[n,t](x[n,t,i]*dz[n,t,j])\ndb[j] = sum[n,t](dz[n,t,j])",
    ),
    "lstm_fused": Sequence(
        LSTM.format(h="h[n,t-1,k]") + CELL.format(c="c[n,t-1,j]") + WHOLE,
        GATES,
        LSTM_FORM.format(dy="dy[n,t,j]"),
        (("A", 4),),
    ),
    "lstm_last": Sequence(
        LSTM.format(h="h[n,t-1,k]") + CELL.format(c="c[n,t-1,j]") + LAST,
        GATES,
        LSTM_FORM.format(dy="[t == T-1]*dy[n,j]"),
        (("A", 4),),
    ),
    "lstm_from_state": Sequence(
        STATES + LSTM.format(h="p[n,t,k]") + CELL.format(c="q[n,t,j]") + WHOLE,
        GATES | {"input": "x[n,t,i] h0[n,j] c0[n,j]"},
        "dh[n,t,j] = dy[n,t,j] + dp[n,t+1,j]\n" + DC.format(next="dq[n,t+1,j]") + DELTAS.format(c="q[n,t,j]")
        + "dp[n,t,j] = sum[a,k](U[j,a,k]*dz[n,t,a,k])\ndq[n,t,j] = dc[n,t,j]*f[n,t,j]\ndh0[n,j] = dp[n,0,j]\ndc0[n,j] = dq[n,0,j]\n"
        + OVER_STEPS.format(h="p[n,t,k]"),
        (("A", 4),),
    ),
    "gru_fused": Sequence(
        GRU,
        GATES | {"parameter": GATES["parameter"] + " c_n[j]"},
        "dh[n,t,j] = dy[n,t,j] + dh[n,t+1,j]*z[n,t+1,j] + sum[a,k](U[j,a,k]*ds[n,t+1,a,k])\n"
        "dv[n,t,j] = dh[n,t,j]*z[n,t,j]*(1 - z[n,t,j])*(h[n,t-1,j] - e[n,t,j])\n"
        "dw[n,t,j] = dh[n,t,j]*(1 - z[n,t,j])*(1 - e[n,t,j]**2)\ndu[n,t,j] = dw[n,t,j]*q[n,t,j]*r[n,t,j]*(1 - r[n,t,j])\n"
        "dm[n,t,a,j] = [a == 0]*du[n,t,j] + [a == 1]*dv[n,t,j] + [a == 2]*dw[n,t,j]\ndq[n,t,j] = dw[n,t,j]*r[n,t,j]\n"
        "ds[n,t,a,j] = [a == 0]*du[n,t,j] + [a == 1]*dv[n,t,j] + [a == 2]*dq[n,t,j]\n"
        + SUMS.format(z="m") + "dU[k,a,j] = sum[n,t](h[n,t-1,k]*ds[n,t,a,j])\ndc_n[j] = sum[n,t](dq[n,t,j])",
        (("A", 3),),
    ),
}  # fmt: skip
