"""Small networks, each with something that lowering must get right, and the way from their text to a program."""

from __future__ import annotations

from functools import cache

from symbp.derive.model import Derivation
from symbp.derive.network import derive
from symbp.graph.build import build
from symbp.lower.lower import lower
from symbp.lower.model import Program
from symbp.spec.load import loads

TRAIN = "train: {optimizer: {type: sgd, lr: 0.1}, epochs: 1, batch_size: 4, seed: 0}"


def spec(layers: str, loss: str, inputs: str = "{x: [4]}", train: str = TRAIN, more: str = "") -> str:
    """The text of a spec; `layers` without indentation, one a line."""
    rows = "".join(f"  - {row}\n" for row in layers.strip().split("\n"))
    return f"symbp: 1\nname: probe\ndtype: float64\ninput: {inputs}\n{more}layers:\n{rows}loss: {loss}\n{train}\n"


def trained_by(optimizer: str) -> str:
    return f"train: {{optimizer: {optimizer}, epochs: 1, batch_size: 4, seed: 0}}"


TWO_LAYERS = "{type: dense, name: fc1, units: 5, activation: %s}\n{type: dense, name: fc2, units: 3}"
ODD = """define:
  layers:
    odd:
      input: "x[n,i]"
      sizes: {units: j}
      parameters: {W: "[i,j]", V: "[i,j]", s: "[i]"}
      init: {W: glorot_uniform, V: glorot_uniform, s: ones}
      formula: |
        m[n] = max[i](x[n,i]*s[i])
        c[n,i] = where(x[n,i] > 0, x[n,i] - mean[k](x[n,k]), s[i]*exp(-x[n,i]**2))
        y[n,j] = sum[i]((c[n,i]*W[i,j] - m[n]*V[i,j])*s[i]) + [m[n] > 0.3]*sum[i](V[i,j])
"""
SUMS = """define:
  layers:
    scaled:
      input: "x[n,i]"
      parameters: {s: "[]", W: "[i,j]"}
      sizes: {units: j}
      init: {s: ones, W: glorot_uniform}
      formula: |
        q = sum[i,j](W[i,j]**2)
        c = sigmoid(q) + erf(q/4) + abs(s)
        y[n,j] = s*sum[i](x[n,i]*W[i,j])/sqrt(q) + mean[i](x[n,i])*c + mean[i](erf(x[n,i]))
    mixed:
      input: "x[n,i]"
      parameters: {W: "[i,j]", c: "[j]"}
      sizes: {units: j}
      init: {c: ones, W: glorot_uniform}
      formula: |
        q = sum[i,j](W[i,j]**2)
        r[j] = sum[i](W[i,j]*W[i,j])
        k[n,j] = sum[i]([x[n,i] > 0]*[W[i,j] > 0])
        m[n,j] = k[n,j]*c[j] + min(c[j], 0.3)*max[i](x[n,i]*W[i,j]) + sum[i](x[n,i]**3*abs(W[i,j]))
        y[n,j] = c[j]*sum[i](x[n,i]*W[i,j])/sqrt(q + r[j]) + m[n,j]
    wide:
      input: "x[n,i]"
      parameters: {D: "[i,k,j]"}
      sizes: {units: j, inner: k}
      init: {D: glorot_uniform}
      formula: |
        c[j,i] = max[k](D[i,k,j])
        y[n,j] = mean[i,k](max(tanh(D[i,k,j]), x[n,i])) + sum[i](where(x[n,i] > 0, c[j,i], 0.1)*[x[n,i] > 0])
    covariance:
      input: "x[n,i]"
      parameters: {V: "[i,k]"}
      sizes: {units: k}
      init: {V: glorot_uniform}
      formula: |
        c[i,j] = mean[n](x[n,i]*x[n,j])
        y[n,k] = sum[i,j](x[n,i]*c[i,j]*V[j,k])
"""
NETWORKS = {
    "relu, labels": spec(TWO_LAYERS % "relu", "{type: cross_entropy}"),
    "tanh, one output": spec("{type: dense, name: out, units: 1, activation: tanh}", "{type: half_squared_error}"),
    "logits": spec("{type: dense, name: out, units: 1}", "{type: binary_cross_entropy}"),
    "class weights": spec(TWO_LAYERS % "elu", "{type: cross_entropy, class_weights: [1, 2, 3], label_smoothing: 0.1}"),
    "one-hot": spec(TWO_LAYERS % "gelu", "{type: cross_entropy, labels: one_hot}"),
    "penalties": spec(TWO_LAYERS % "mish", "{type: mse, l1: 0.01, l2: 0.1}"),
    "tied": spec(
        "{type: dense, name: encode, units: 3, activation: sigmoid}\n"
        "{type: dense, name: decode, units: 4, share: {W: encode.W.T}}",
        "{type: mse, target: x}",
    ),
    "shared": spec(
        "{type: dense, name: a, units: 4, activation: tanh}\n{type: dense, name: b, units: 4, share: a}",
        "{type: huber}",
    ),
    "bilinear": spec(
        "{type: dense, name: a, inputs: left, units: 6, activation: tanh}\n"
        "{type: dense, name: b, inputs: right, units: 5, activation: leaky_relu}\n"
        "{type: bilinear, name: c, inputs: [a, b], units: 3}",
        "{type: mse}",
        inputs="{left: [4], right: [7]}",
    ),
    "any length": spec(
        TWO_LAYERS % "softplus", "{type: cross_entropy}", inputs="{x: [T, 4]}", more="sizes: {T: any}\n"
    ),
    "softmax inside": spec(
        "{type: dense, name: fc1, units: 5}\n{type: softmax, name: s}\n{type: dense, name: fc2, units: 3}",
        "{type: mse}",
        inputs="{x: [6, 4]}",
    ),
    "border": spec(
        "{type: dense, name: fc, units: 3}\n{type: softmax, name: s}", "{type: kl_divergence}"
    ),
    "own sums": spec(
        "{type: scaled, name: a, units: 4}\n{type: mixed, name: b, units: 3}\n{type: covariance, name: c, units: 2}\n"
        "{type: wide, name: d, units: 2, inner: 3}",
        "{type: mse}",
        more=SUMS,
    ),
    "own layer": spec(
        "{type: odd, name: o1, units: 4}\n{type: odd, name: o2, units: 3}", "{type: smooth_l1}", more=ODD
    ),
}
OPTIMIZERS = {
    name: spec(TWO_LAYERS % "tanh", "{type: mse}", train=trained_by(text))
    for name, text in {
        "sgd": "{type: sgd, lr: 0.1}",
        "momentum": "{type: momentum, lr: 0.1}",
        "nesterov": "{type: nesterov, lr: 0.1}",
        "adam": "{type: adam, lr: 0.1}",
        "adamw": "{type: adamw, lr: 0.1}",
        "nadam": "{type: nadam, lr: 0.1}",
        "rmsprop": "{type: rmsprop, lr: 0.1}",
        "adagrad": "{type: adagrad, lr: 0.1}",
        "adadelta": "{type: adadelta, lr: 0.1}",
        "lion": "{type: lion, lr: 0.1}",
        "clipped by norm": "{type: sgd, lr: 0.1, clip_norm: 0.01}",
        "clipped by value": "{type: adam, lr: 0.1, clip_value: 0.01}",
    }.items()
}


@cache
def derived(text: str) -> Derivation:
    return derive(build(loads(text, "probe.yaml")))


@cache
def lowered(text: str) -> Program:
    return lower(derived(text))


def recurrent(name: str, inputs: str, parameters: str, formula: str, keys: str = "units: 4", **options: str) -> str:
    """A network whose first layer is a recurrence of one's own; `parameters` as in ``W[i,j] U[k,j]``."""
    declared = [p.split("[") for p in parameters.split()]
    listed = ", ".join(f'{p}: "[{axes}"' for p, axes in declared)
    starts = ", ".join(f"{p}: {{type: normal, std: 0.5}}" for p, _ in declared)
    lines = "\n".join(f"        {line.strip()}" for line in formula.strip().split("\n"))
    define = (
        f'define:\n  layers:\n    {name}:\n      input: "{inputs}"\n      sizes: {{units: j}}\n'
        f"      parameters: {{{listed}}}\n      init: {{{starts}}}\n      formula: |\n{lines}\n"
    )
    layers = options.get("layers", f"{{type: {name}, name: r, {keys}}}\n{{type: dense, name: out, units: 3}}")
    shape = options.get("shape", "{x: [T, 3]}")
    return spec(layers, options.get("loss", "{type: mse}"), shape, more="sizes: {T: any}\n" + define)


def gate(f: str) -> str:
    return f"sum[i](x[n,t,i]*W{f}[i,j]) + sum[k](h[n,t-1,k]*U{f}[k,j])"


RNN = f"z[n,t,j] = {gate('')} + b[j]\nh[n,t,j] = tanh(z[n,t,j])\ny[n,t,j] = h[n,t,j]"
LSTM = (
    "\n".join(f"z{f}[n,t,j] = {gate(f)} + b{f}[j]" for f in "ifgo")
    + "\ni[n,t,j] = sigmoid(zi[n,t,j])\nf[n,t,j] = sigmoid(zf[n,t,j])\ng[n,t,j] = tanh(zg[n,t,j])"
    "\no[n,t,j] = sigmoid(zo[n,t,j])\nc[n,t,j] = f[n,t,j]*c[n,t-1,j] + i[n,t,j]*g[n,t,j]"
    "\nh[n,t,j] = o[n,t,j]*tanh(c[n,t,j])\ny[n,t,j] = h[n,t,j]"
)
GRU = (
    f"r[n,t,j] = sigmoid({gate('r')} + br[j])\nz[n,t,j] = sigmoid({gate('z')} + bz[j])\n"
    "s[n,t,j] = sum[k](h[n,t-1,k]*Un[k,j]) + cn[j]\n"
    "e[n,t,j] = tanh(sum[i](x[n,t,i]*Wn[i,j]) + r[n,t,j]*s[n,t,j] + bn[j])\n"
    "h[n,t,j] = (1 - z[n,t,j])*e[n,t,j] + z[n,t,j]*h[n,t-1,j]\ny[n,t,j] = h[n,t,j]"
)


def weights(gates: str) -> str:
    return " ".join(f"W{f}[i,j] U{f}[k,j] b{f}[j]" for f in gates)


RECURRENCES = {
    "rnn": recurrent("own_rnn", "x[n,t,i]", "W[i,j] U[k,j] b[j]", RNN),
    "lstm": recurrent("own_lstm", "x[n,t,i]", weights("ifgo"), LSTM),
    "gru": recurrent("own_gru", "x[n,t,i]", weights("rzn") + " cn[j]", GRU),
    "from right to left": recurrent("back", "x[n,t,i]", "W[i,j] U[k,j] b[j]", RNN.replace("t-1", "t+1")),
    "two steps back": recurrent(
        "two", "x[n,t,i]", "W[i,j] U[k,j] a[j]",
        "h[n,t,j] = tanh(sum[i](x[n,t,i]*W[i,j]) + sum[k](h[n,t-2,k]*U[k,j]) + a[j]*h[n,t-1,j])\ny[n,t,j] = h[n,t,j]",
    ),
    "the last state": recurrent(
        "last", "x[n,t,i]", "W[i,j] U[k,j] b[j]", RNN.replace("y[n,t,j] = h[n,t,j]", "y[n,j] = h[n,T-1,j]")
    ),
    "in a larger layer": recurrent(
        "larger", "x[n,t,i]", "W[i,j] U[k,j] b[j] V[j,l]",
        RNN.replace("x[n,t,i]", "(x[n,t,i] - m[n,i])")
        .replace("y[n,t,j] = h[n,t,j]", "y[n,t,l] = sum[j](h[n,t,j]*V[j,l])")
        .replace("z[n", "m[n,i] = mean[t](x[n,t,i])\nz[n", 1), keys="units: 4, outer: 2",
    ).replace("sizes: {units: j}", "sizes: {units: j, outer: l}"),
    "two layers": recurrent(
        "own_rnn", "x[n,t,i]", "W[i,j] U[k,j] b[j]", RNN,
        layers="{type: own_rnn, name: a, units: 4}\n{type: own_rnn, name: b, units: 4}\n{type: dense, units: 3}",
        loss="{type: cross_entropy}",
    ),
    "a state for each channel and feature": recurrent(
        "scan", "x[n,t,i]", "D[k,i] B[k,s] C[k,s] A[i,s] e[i]",
        "d[n,t,i] = softplus(sum[k](x[n,t,k]*D[k,i]))\nb[n,t,s] = sum[k](x[n,t,k]*B[k,s])\n"
        "c[n,t,s] = sum[k](x[n,t,k]*C[k,s])\n"
        "h[n,t,i,s] = exp(d[n,t,i]*A[i,s])*h[n,t-1,i,s] + d[n,t,i]*b[n,t,s]*x[n,t,i]\n"
        "y[n,t,i] = sum[s](c[n,t,s]*h[n,t,i,s]) + e[i]*x[n,t,i]",
    ).replace("sizes: {units: j}", "sizes: {units: s}"),
    "gates side by side": recurrent(
        "fused", "x[n,t,i]", "W[i,(g,j)] U[k,(g,j)] b[(g,j)]",
        "z[n,t,g,j] = sum[i](x[n,t,i]*W[i,g,j]) + sum[k](h[n,t-1,k]*U[k,g,j]) + b[g,j]\n"
        "f[n,t,j] = sigmoid(z[n,t,0,j])\ne[n,t,j] = tanh(z[n,t,1,j])\n"
        "h[n,t,j] = f[n,t,j]*h[n,t-1,j] + (1 - f[n,t,j])*e[n,t,j]\ny[n,t,j] = h[n,t,j]",
    ).replace("(g,j)", "(g j)").replace("sizes: {units: j}", 'sizes: {units: j}\n      extents: {g: "2"}'),
    "an initial state": recurrent(
        "started", "x[n,t,i]", "W[i,j] U[k,j] h0[j]",
        "p[n,t,j] = h[n,t-1,j] + [t == 0]*h0[j]\n"
        "h[n,t,j] = tanh(sum[i](x[n,t,i]*W[i,j]) + sum[k](p[n,t,k]*U[k,j]))\ny[n,j] = h[n,T-1,j]",
    ),
    "an initial state at the end": recurrent(
        "ended", "x[n,t,i]", "W[i,j] U[k,j] h0[j] b[j]",
        "p[n,t,j] = [t == T-1]*tanh(h0[j]) + h[n,t+1,j]\nz[n,t,j] = sum[k](p[n,t,k]*U[k,j]) + b[j]\n"
        "h[n,t,j] = tanh(sum[i](x[n,t,i]*W[i,j]) + z[n,t,j]) + p[n,t,j]/2\ny[n,t,j] = h[n,t,j]",
    ),
    "an initial state by cases": recurrent(
        "cases", "x[n,t,i]", "W[i,j] U[k,j] h0[j]",
        "p[n,t,j] = where(t > 0, h[n,t-1,j], h0[j])\n"
        "h[n,t,j] = tanh(sum[i](x[n,t,i]*W[i,j]) + sum[k](p[n,t,k]*U[k,j]))\ny[n,t,j] = h[n,t,j]",
    ),
    "some steps left out": recurrent(
        "masked", "x[n,t,i]", "W[i,j] U[k,j]",
        "u[n,t,j] = tanh(sum[i](x[n,t,i]*W[i,j]) + sum[k](h[n,t-1,k]*U[k,j]))\n"
        "h[n,t,j] = where(x[n,t,0] > 0, u[n,t,j], h[n,t-1,j])\ny[n,t,j] = h[n,t,j]",
    ),
    "a normalized state": recurrent(
        "normalized", "x[n,t,i]", "W[i,j] U[k,j] q[j]",
        "z[n,t,j] = sum[i](x[n,t,i]*W[i,j]) + sum[k](h[n,t-1,k]*U[k,j])\n"
        "m[n,t] = mean[j](z[n,t,j])\nr[n,t] = (mean[j]((z[n,t,j] - m[n,t])**2) + 0.1)**(-1/2)\n"
        "h[n,t,j] = tanh(q[j]*(z[n,t,j] - m[n,t])*r[n,t])\ny[n,t,j] = h[n,t,j]",
    ),
    "two states that read each other": recurrent(
        "coupled", "x[n,t,i]", "W[i,j] U[k,j] V[k,j]",
        "a[n,t,j] = tanh(sum[i](x[n,t,i]*W[i,j]) + sum[k](b[n,t-1,k]*U[k,j]))\n"
        "b[n,t,j] = sin(sum[k](a[n,t-1,k]*V[k,j]) + a[n,t,j]) + b[n,t-1,j]/2\ny[n,t,j] = a[n,t,j] + b[n,t,j]",
    ),
}  # fmt: skip
