"""Networks with windows, scatters and parts, written as layers of one's own: text of specs by name."""

from __future__ import annotations

from .networks import spec

MEAN = """
    mean:
      input: "x[n,c,h,w]"
      formula: "y[n,c] = mean[h,w](x[n,c,h,w]*tanh(x[n,c,h,w]))"
"""
HEAD = "{type: mean, name: m}\n{type: dense, name: fc, units: 2}"


def layer(source: str, formula: str, sizes: str = "", extents: str = "", parameters: str = "") -> str:
    """A layer called `own`, all parameters drawn from the same uniform distribution."""
    names = [part.split(":")[0].strip() for part in parameters.split(";") if part.strip()]
    init = ", ".join(f"{name}: {{type: uniform, low: -1, high: 1}}" for name in names)
    rows = [
        f'input: "{source}"',
        f"sizes: {{{sizes}}}",
        f"parameters: {{{parameters.replace(';', ',')}}}",
        f"init: {{{init}}}",
        f"extents: {{{extents}}}",
        "formula: |",
        *(f"  {line}" for line in formula.split("\n")),
    ]
    return "    own:\n" + "".join(f"      {row}\n" for row in rows if "{}" not in row)


def network(keys: str, own: str, shape: str = "[2, 7, 6]") -> str:
    """An image through the layer `own` with these keys, a mean over places, and a dense layer."""
    first = f"{{type: own, name: k{keys and ', '}{keys}}}"
    return spec(f"{first}\n{HEAD}", "{type: mse}", f"{{x: {shape}}}", more=f"define:\n  layers:{MEAN}{own}\n")


def extents(s: int, d: int, a: int) -> str:
    return ", ".join(f'{p}: "({H} + {2 * a} - {d}*({U} - 1) - 1)//{s} + 1"' for p, H, U in ("pHU", "qWV"))


def places(s: int, d: int, a: int) -> str:
    return f"{s}*p + {d}*u - {a},{s}*q + {d}*v - {a}"


def conv(s: int, d: int, a: int, rows: int, columns: int, shape: str = "[2, 7, 6]") -> str:
    formula = f"y[n,o,p,q] = sum[c,u,v](x[n,c,{places(s, d, a)}]*K[o,c,u,v]) + b[o]"
    sizes = "filters: o, rows: u, columns: v"
    own = layer("x[n,c,h,w]", formula, sizes, extents(s, d, a), 'K: "[o,c,u,v]"; b: "[o]"')
    return network(f"filters: 3, rows: {rows}, columns: {columns}", own, shape)


def depthwise(s: int, d: int, a: int, rows: int, columns: int, shape: str = "[2, 7, 6]") -> str:
    formula = f"y[n,c,p,q] = sum[u,v](x[n,c,{places(s, d, a)}]*K[c,u,v])"
    own = layer("x[n,c,h,w]", formula, "rows: u, columns: v", extents(s, d, a), 'K: "[c,u,v]"')
    return network(f"rows: {rows}, columns: {columns}", own, shape)


def pool(formula: str, s: int, d: int, a: int, rows: int, columns: int, shape: str = "[2, 7, 6]") -> str:
    read = f"x[n,c,{places(s, d, a)}]"
    own = layer("x[n,c,h,w]", formula.replace("READ", read), "rows: u, columns: v", extents(s, d, a))
    return network(f"rows: {rows}, columns: {columns}", own, shape)


def transposed(s: int, d: int, a: int, rows: int, columns: int, shape: str = "[2, 3, 4]") -> str:
    hits = f"[p == {s}*h + {d}*u - {a}]*[q == {s}*w + {d}*v - {a}]"
    formula = f"y[n,o,p,q] = sum[c,h,w,u,v](x[n,c,h,w]*K[c,o,u,v]*{hits}) + b[o]"
    sizes = ", ".join(f'{p}: "{s}*({H} - 1) + {d}*({U} - 1) + 1 - {2 * a}"' for p, H, U in ("pHU", "qWV"))
    own = layer("x[n,c,h,w]", formula, "filters: o, rows: u, columns: v", sizes, 'K: "[c,o,u,v]"; b: "[o]"')
    return network(f"filters: 3, rows: {rows}, columns: {columns}", own, shape)


MAX = "y[n,c,p,q] = max[u,v](READ)"
AVERAGE = "y[n,c,p,q] = mean[u,v](READ)"
NORM = "y[n,c,p,q] = sqrt(sum[u,v](READ**2))"
CONVOLUTIONS = {
    "conv": conv(1, 1, 0, 3, 2),
    "conv padded": conv(1, 1, 1, 3, 3),
    "conv strided": conv(2, 1, 1, 3, 2),
    "conv dilated": conv(2, 2, 2, 2, 3, "[2, 8, 9]"),
    "conv wide": conv(1, 1, 3, 5, 5, "[1, 3, 4]"),
    "conv stride beyond kernel": conv(3, 1, 0, 2, 2, "[2, 8, 7]"),
    "conv point": conv(1, 1, 0, 1, 1, "[2, 1, 1]"),
    "depthwise": depthwise(1, 1, 1, 3, 3),
    "depthwise strided": depthwise(2, 1, 0, 2, 3),
    "transposed": transposed(2, 1, 1, 3, 3),
    "transposed dilated": transposed(1, 2, 0, 2, 3),
    "transposed apart": transposed(3, 1, 0, 2, 2),
}
POOLS = {
    "max pool": pool(MAX, 2, 1, 0, 2, 2),
    "max pool overlap": pool(MAX, 2, 1, 1, 3, 3),
    "max pool dilated": pool(MAX, 1, 2, 1, 2, 3),
    "max pool apart": pool(MAX, 3, 1, 0, 2, 2),
    "min pool": pool(MAX.replace("max", "min"), 2, 1, 1, 3, 2),
    "max of squares": pool("y[n,c,p,q] = max[u,v](READ**2 + 1)", 2, 1, 1, 3, 2),
    "average pool": pool(AVERAGE, 2, 1, 1, 3, 2),
    "average pool one": pool(AVERAGE, 1, 1, 0, 2, 2),
    "average pool whole": pool(AVERAGE, 7, 1, 0, 7, 6),
    "max pool whole": pool(MAX, 7, 1, 0, 7, 6),
    "average pool of rows": pool(AVERAGE, 1, 1, 0, 7, 1),
    "norm pool": pool(NORM, 2, 1, 0, 3, 2),
    "norm pool apart": pool(NORM, 3, 1, 0, 2, 2),
}
PARTS = {
    "shifted": network("", layer("x[n,c,h,w]", "y[n,c,h,w] = x[n,c,h-1,w] + x[n,c,h,w+2]*x[n,c,h,w]")),
    "at constants": network("", layer("x[n,c,h,w]", "y[n,c,h,w] = x[n,c,0,w]*x[n,1,h,w] - x[n,c,h,W-1] + x[n,c,2,3]")),
    "joined": network("", layer("x[n,c,h,w]", "y[n,k,h,w] = x[n,k-0,h,w] + tanh(x[n,k-C,h,w])", extents='k: "2*C"')),
    "cut": network("", layer("x[n,c,h,w]", "y[n,c,p,w] = x[n,c,p+2,w]*x[n,c,2*p+0,w]", extents='p: "(H - 2)//2"')),
    "reversed": network("", layer("x[n,c,h,w]", "y[n,c,h,w] = x[n,c,H-1-h,w]*x[n,c,h,w]")),
    "diagonal": network("", layer("x[n,c,h,w]", "y[n,c,h,w] = x[n,c,h,w] + x[n,c,h,h+0]")),
}


def mapped(place: str, sizes: str, shape: str = "[2, 7, 6]") -> str:
    """An image read at functions of the places: PLACE stands for p and H, or q and W."""
    at = ",".join(place.replace("p", p).replace("H", H).replace("P", P) for p, H, P in ("pHP", "qWQ"))
    own = layer("x[n,c,h,w]", f"y[n,c,p,q] = x[n,c,{at}]", extents=", ".join(
        f'{p}: "{sizes.replace("H", H)}"' for p, H in ("pH", "qW")
    ))  # fmt: skip
    return network("", own, shape)


HAT = "max(0, 1 - abs(%(p)s*(%(H)s - 1)/(%(P)s - 1) - %(h)s))"
BILINEAR = "\n".join((
    "A[p,h] = " + HAT % {"p": "p", "H": "H", "P": "P", "h": "h"},
    "B[q,w] = " + HAT % {"p": "q", "H": "W", "P": "Q", "h": "w"},
    "y[n,c,p,q] = sum[h,w](x[n,c,h,w]*A[p,h]*B[q,w])",
))  # fmt: skip
TABLES = {
    "reflected": mapped("H - 1 - abs(H - 1 - abs(p - 3))", "H + 6"),
    "replicated": mapped("max(0, min(H - 1, p - 2))", "H + 4"),
    "circular": mapped("(p - 2) % H", "H + 4"),
    "nearest": mapped("p//2", "2*H"),
    "nearest of any size": mapped("p*H//P", "3*H//2"),
    "fewer": mapped("p*H//P", "H - 2"),
    "one row": mapped("p//3", "3*H", "[2, 1, 2]"),
    "bilinear": network("", layer("x[n,c,h,w]", BILINEAR, extents='p: "2*H", q: "W + 3"')),
    "masked": network("", layer("x[n,c,h,w]", "y[n,c,h,w] = x[n,c,h,w]*[h >= w]*(1 + sin(h + C))")),
    "joined rows": network("", layer("x[n,c,h,w]", "y[n,k,h,w] = x[n,k//H,k % H,w]*(1 + h)", extents='k: "C*H"')),
}
WINDOWED = {**CONVOLUTIONS, **POOLS, **PARTS, **TABLES}
