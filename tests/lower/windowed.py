"""Networks with windows, scatters and lookups, written as layers of one's own: text of specs by name."""

from __future__ import annotations

from .networks import spec

CONV = """
    conv:
      input: "x[n,c,h,w]"
      sizes: {filters: o, rows: u, columns: v}
      parameters: {K: "[o,c,u,v]", b: "[o]"}
      init: {K: glorot_uniform, b: {type: uniform, low: -1, high: 1}}
      extents: {p: "(H + 2*%(a)d - %(d)d*(U - 1) - 1)//%(s)d + 1", q: "(W + 2*%(a)d - %(d)d*(V - 1) - 1)//%(s)d + 1"}
      formula: "y[n,o,p,q] = sum[c,u,v](x[n,c,%(s)d*p + %(d)d*u - %(a)d,%(s)d*q + %(d)d*v - %(a)d]*K[o,c,u,v]) + b[o]"
"""
HEAD = "{type: mean, name: m}"
MEAN = """
    mean:
      input: "x[n,c,h,w]"
      sizes: {}
      parameters: {}
      init: {}
      formula: "y[n,c] = mean[h,w](x[n,c,h,w]*tanh(x[n,c,h,w]))"
"""


def network(layers: str, define: str, shape: str = "[2, 7, 6]") -> str:
    return spec(f"{layers}\n{HEAD}", "{type: mse}", f"{{x: {shape}}}", more=f"define:\n  layers:{MEAN}{define}\n")


def conv(s: int, d: int, a: int, rows: int, columns: int, shape: str = "[2, 7, 6]") -> str:
    layer = f"{{type: conv, name: k, filters: 3, rows: {rows}, columns: {columns}}}"
    return network(layer, CONV % {"s": s, "d": d, "a": a}, shape)


WINDOWED = {
    "conv": conv(1, 1, 0, 3, 2),
    "conv padded": conv(1, 1, 1, 3, 3),
    "conv strided": conv(2, 1, 1, 3, 2),
    "conv dilated": conv(2, 2, 2, 2, 3, "[2, 8, 9]"),
    "conv wide": conv(1, 1, 3, 5, 5, "[1, 3, 4]"),
    "conv stride beyond kernel": conv(3, 1, 0, 2, 2, "[2, 8, 7]"),
    "conv point": conv(1, 1, 0, 1, 1, "[2, 1, 1]"),
}
