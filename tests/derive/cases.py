"""Forty-four layers and some probes as formulas: what the engine alone is tested on, whatever the library holds.

A case is text and sizes.  Where a recurrence gives the output, ``y`` repeats it, so that ``dy`` is the upstream gradient
and ``dh`` the whole one.
"""
# ruff: noqa: E501  (formulas stand on one line)

from __future__ import annotations

from dataclasses import dataclass, field

from .sequences import SEQUENCES

SIZES = {"N": 2, "I": 4, "J": 3, "C": 2, "O": 2, "P": 3, "Q": 3, "U": 3, "V": 3, "T": 5, "K": 5, "H": 2, "E": 3, "A": 4}
ONES = {"N": 1, "I": 1, "J": 1, "T": 1, "K": 1, "H": 1, "E": 1, "A": 1, "O": 1, "C": 1}
OTHERS = {"N": 3, "I": 2, "J": 5, "T": 2, "K": 4, "H": 3, "E": 2, "A": 3, "O": 4, "C": 3}


@dataclass(frozen=True)
class Case:
    """`tensors` lists (declaration, role); `sizes` are the runs, each over `SIZES`; `make` says how data are drawn.

    `make` by tensor: "normal" (the default), "positive", "ties" (small integers as real numbers), "one_hot" or "probabilities"
    over the last axis, "signs", or "below:K" (integers under the size K).
    """

    name: str
    text: str
    tensors: tuple[tuple[str, str], ...]
    constants: dict[str, float] = field(default_factory=dict)
    facts: tuple[tuple[str, str], ...] = ()
    is_loss: bool = False
    positive: tuple[str, ...] = ()
    make: dict[str, str] = field(default_factory=dict)
    runs: tuple[dict[str, int], ...] = ({}, ONES, OTHERS)
    sized: tuple[str, ...] | None = None  # letters whose size no array gives


CASES: dict[str, Case] = {}


def _add(case: Case) -> None:
    CASES[case.name] = case


def _pointwise(name: str, *lines: str, **options: object) -> None:
    _add(Case(name, "\n".join(lines), (("x[n,j]", "input"),), **options))  # type: ignore[arg-type]


def _loss(name: str, *lines: str, make: str = "normal", facts: tuple[tuple[str, str], ...] = (), **options: object) -> None:
    tensors = (("x[n,j]", "input"), ("t[n,j]", "data"))
    _add(Case(name, "\n".join(lines), tensors, facts=facts, is_loss=True, make={"t": make}, **options))  # type: ignore[arg-type]


ONE_HOT = (("sum[j](t[n,j])", "1"),)
X_POSITIVE = {"make": {"x": "positive"}}

_pointwise("sigmoid", "y[n,j] = 1/(1 + exp(-x[n,j]))")
_pointwise("tanh", "y[n,j] = tanh(x[n,j])")
_pointwise("tanh_by_exp", "y[n,j] = (exp(x[n,j]) - exp(-x[n,j]))/(exp(x[n,j]) + exp(-x[n,j]))")
_pointwise("relu", "y[n,j] = x[n,j]*[x[n,j] > 0]")
_pointwise("leaky_relu", "y[n,j] = x[n,j]*[x[n,j] > 0] + alpha*x[n,j]*(1 - [x[n,j] > 0])", constants={"alpha": 0.7})
_pointwise("elu", "y[n,j] = x[n,j]*[x[n,j] > 0] + alpha*(exp(x[n,j]) - 1)*(1 - [x[n,j] > 0])", constants={"alpha": 0.7})
_pointwise("softplus", "y[n,j] = log(1 + exp(x[n,j]))")
_pointwise("silu", "s[n,j] = 1/(1 + exp(-x[n,j]))", "y[n,j] = x[n,j]*s[n,j]")
_pointwise("gelu", "Phi[n,j] = (1 + erf(x[n,j]/sqrt(2)))/2", "y[n,j] = x[n,j]*Phi[n,j]")
_pointwise("softsign", "u[n,j] = 1 + x[n,j]*[x[n,j] > 0] - x[n,j]*(1 - [x[n,j] > 0])", "y[n,j] = x[n,j]/u[n,j]", positive=("u",))
_pointwise("softsign_one_equation", "y[n,j] = x[n,j]/(1 + x[n,j]*[x[n,j] > 0] - x[n,j]*(1 - [x[n,j] > 0]))")
_pointwise("sqrt", "y[n,j] = sqrt(x[n,j])", **X_POSITIVE)
_pointwise("rsqrt", "y[n,j] = x[n,j]**(-1/2)", **X_POSITIVE)
_pointwise("exp", "y[n,j] = exp(x[n,j])")
_pointwise("log", "y[n,j] = log(x[n,j])", **X_POSITIVE)
_pointwise("square", "y[n,j] = x[n,j]**2")
_pointwise(
    "selu",
    "y[n,j] = scale*(x[n,j]*[x[n,j] > 0] + alpha*(exp(x[n,j]) - 1)*(1 - [x[n,j] > 0]))",
    constants={"alpha": 1.6732632423543772, "scale": 1.0507009873554805},
)
_pointwise("abs", "y[n,j] = x[n,j]*[x[n,j] > 0] - x[n,j]*[-x[n,j] > 0]")
_pointwise("mish", "y[n,j] = x[n,j]*tanh(log(1 + exp(x[n,j])))")

_loss("mse", "L = sum[n,j]((x[n,j] - t[n,j])**2)/(N*J)")
_loss(
    "huber",
    "e[n,j] = x[n,j] - t[n,j]",
    "L = sum[n,j]((1 - [e[n,j] - 1 > 0])*(1 - [-e[n,j] - 1 > 0])*e[n,j]**2/2"
    " + [e[n,j] - 1 > 0]*(e[n,j] - 1/2) + [-e[n,j] - 1 > 0]*(-e[n,j] - 1/2))/(N*J)",
)
_loss("hinge", "L = sum[n,j]((1 - t[n,j]*x[n,j])*[1 - t[n,j]*x[n,j] > 0])/N", make="signs")

_add(
    Case(
        "bilinear",
        "y[n,o] = sum[i,j](x[n,i]*W[o,i,j]*z[n,j])",
        (("x[n,i]", "input"), ("z[n,j]", "input"), ("W[o,i,j]", "parameter")),
    )
)
_add(
    Case(
        "mlp",
        "z[n,k] = sum[i](x[n,i]*W[i,k]) + b[k]\n"
        "h[n,k] = 1/(1 + exp(-z[n,k]))\n"
        "a[n,j] = sum[k](h[n,k]*V[k,j])\n"
        "p[n,j] = exp(a[n,j])/sum[l](exp(a[n,l]))\n"
        "L = -sum[n,j](t[n,j]*log(p[n,j]))/N",
        (("x[n,i]", "input"), ("W[i,k]", "parameter"), ("b[k]", "parameter"), ("V[k,j]", "parameter"), ("t[n,j]", "data")),
        facts=ONE_HOT,
        is_loss=True,
        make={"t": "one_hot"},
    )
)
DENSE = (("x[n,i]", "input"), ("W[i,j]", "parameter"), ("b[j]", "parameter"))
_add(Case("dense", "y[n,j] = sum[i](x[n,i]*W[i,j]) + b[j]", DENSE))
_add(Case("dense_tanh", "z[n,j] = sum[i](x[n,i]*W[i,j]) + b[j]\ny[n,j] = tanh(z[n,j])", DENSE))
_pointwise("softmax", "y[n,j] = exp(x[n,j])/sum[k](exp(x[n,k]))")
_pointwise("softmax_stable", "m[n] = max[k](x[n,k])", "y[n,j] = exp(x[n,j] - m[n])/sum[k](exp(x[n,k] - m[n]))")
_pointwise("log_softmax", "y[n,j] = x[n,j] - log(sum[k](exp(x[n,k])))")
_loss(
    "softmax_ce",
    "p[n,j] = exp(x[n,j])/sum[k](exp(x[n,k]))",
    "L = -sum[n,j](t[n,j]*log(p[n,j]))/N",
    make="one_hot",
    facts=ONE_HOT,
)
_loss(
    "sigmoid_bce",
    "p[n,j] = 1/(1 + exp(-x[n,j]))",
    "L = -sum[n,j](t[n,j]*log(p[n,j]) + (1 - t[n,j])*log(1 - p[n,j]))/(N*J)",
    make="probabilities",
)

NORM = (("x[n,j]", "input"), ("gamma[j]", "parameter"), ("beta[j]", "parameter"))
EPS = {"eps": 1e-3}
CENTRED = "m[n] = mean[k](x[n,k])\nr[n] = (mean[k]((x[n,k] - m[n])**2) + eps)**(-1/2)\nxhat[n,j] = (x[n,j] - m[n])*r[n]"
_add(Case("layer_norm_plain", CENTRED, NORM[:1], constants=EPS))
_add(Case("layer_norm", CENTRED + "\ny[n,j] = gamma[j]*xhat[n,j] + beta[j]", NORM, constants=EPS))
_add(
    Case(
        "batch_norm",
        "m[j] = mean[n](x[n,j])\nr[j] = (mean[n]((x[n,j] - m[j])**2) + eps)**(-1/2)\n"
        "xhat[n,j] = (x[n,j] - m[j])*r[j]\ny[n,j] = gamma[j]*xhat[n,j] + beta[j]",
        NORM,
        constants=EPS,
    )
)
_add(
    Case(
        "rms_norm",
        "r[n] = (mean[k](x[n,k]**2) + eps)**(-1/2)\nxhat[n,j] = x[n,j]*r[n]\ny[n,j] = gamma[j]*xhat[n,j]",
        NORM[:2],
        constants=EPS,
    )
)


def _conv(name: str, s: int, d: int, a: int, *runs: dict[str, int]) -> None:
    text = f"y[n,o,p,q] = sum[c,u,v](x[n,c,{s}*p + {d}*u - {a},{s}*q + {d}*v - {a}]*K[o,c,u,v]) + b[o]"
    tensors = (("x[n,c,i,j]", "input"), ("K[o,c,u,v]", "parameter"), ("b[o]", "parameter"))
    _add(Case(name, text, tensors, runs=runs, sized=("p", "q", "o", "u", "v")))


_conv("conv2d", 2, 2, 1, {"I": 8, "J": 7, "P": 3, "Q": 3}, {"I": 9, "J": 7, "P": 4, "Q": 3, "C": 1})
IMAGE = (("x[n,c,i,j]", "input"),)
_add(
    Case(
        "max_pool2d",
        "y[n,c,p,q] = max[u,v](x[n,c,2*p + u - 1,2*q + v - 1])",
        IMAGE,
        make={"x": "ties"},
        runs=({"I": 6, "J": 7, "P": 3, "Q": 4}, {"I": 5, "J": 4, "P": 3, "Q": 2, "N": 1}),
        sized=("p", "q", "u", "v"),
    )
)
POOLED = ({"I": 6, "J": 7, "P": 2, "Q": 3}, {"I": 8, "J": 4, "P": 3, "Q": 1})
_add(Case("avg_pool2d", "y[n,c,p,q] = sum[u,v](x[n,c,2*p + u,2*q + v])/(U*V)", IMAGE, runs=POOLED, sized=("p", "q", "u", "v")))
_add(Case("l2_pool2d", "y[n,c,p,q] = sqrt(sum[u,v](x[n,c,2*p + u,2*q + v]**2))", IMAGE, runs=POOLED, sized=("p", "q", "u", "v")))
_add(
    Case(
        "embedding",
        "y[n,t,j] = E[ids[n,t],j]",
        (("ids[n,t]", "integer"), ("E[k,j]", "parameter")),
        make={"ids": "below:K"},
    )
)


def _gate(f: str) -> str:
    return f"sum[i](x[n,t,i]*W{f}[i,j]) + sum[k](h[n,t-1,k]*U{f}[k,j])"


def _weights(f: str) -> tuple[tuple[str, str], ...]:
    return ((f"W{f}[i,j]", "parameter"), (f"U{f}[k,j]", "parameter"), (f"b{f}[j]", "parameter"))


X_T = (("x[n,t,i]", "input"),)
_add(
    Case(
        "rnn",
        f"z[n,t,j] = {_gate('')} + b[j]\nh[n,t,j] = tanh(z[n,t,j])\ny[n,t,j] = h[n,t,j]",
        X_T + _weights(""),
    )
)
_add(
    Case(
        "lstm",
        "\n".join(f"z{f}[n,t,j] = {_gate(f)} + b{f}[j]" for f in "ifgo")
        + "\ni[n,t,j] = 1/(1 + exp(-zi[n,t,j]))\nf[n,t,j] = 1/(1 + exp(-zf[n,t,j]))\ng[n,t,j] = tanh(zg[n,t,j])"
        "\no[n,t,j] = 1/(1 + exp(-zo[n,t,j]))\nc[n,t,j] = f[n,t,j]*c[n,t-1,j] + i[n,t,j]*g[n,t,j]"
        "\nh[n,t,j] = o[n,t,j]*tanh(c[n,t,j])\ny[n,t,j] = h[n,t,j]",
        X_T + tuple(w for f in "ifgo" for w in _weights(f)),
    )
)
_add(
    Case(
        "gru",
        f"ar[n,t,j] = {_gate('r')} + br[j]\naz[n,t,j] = {_gate('z')} + bz[j]\n"
        "r[n,t,j] = 1/(1 + exp(-ar[n,t,j]))\nz[n,t,j] = 1/(1 + exp(-az[n,t,j]))\n"
        "s[n,t,j] = sum[k](h[n,t-1,k]*Un[k,j]) + cn[j]\nan[n,t,j] = sum[i](x[n,t,i]*Wn[i,j]) + r[n,t,j]*s[n,t,j] + bn[j]\n"
        "e[n,t,j] = tanh(an[n,t,j])\nh[n,t,j] = (1 - z[n,t,j])*e[n,t,j] + z[n,t,j]*h[n,t-1,j]\ny[n,t,j] = h[n,t,j]",
        X_T + tuple(w for f in "rzn" for w in _weights(f)) + (("cn[j]", "parameter"),),
    )
)
_add(
    Case(
        "attention",
        "S[n,h,a,k] = sum[e](q[n,h,a,e]*kk[n,h,k,e])/sqrt(E)\n"
        "A[n,h,a,k] = [a >= k]*exp(S[n,h,a,k])/sum[l]([a >= l]*exp(S[n,h,a,l]))\n"
        "y[n,h,a,e] = sum[k](A[n,h,a,k]*v[n,h,k,e])",
        (("q[n,h,a,e]", "input"), ("kk[n,h,k,e]", "input"), ("v[n,h,k,e]", "input")),
    )
)
FORTY_FOUR = tuple(CASES)

# Probes: the same mathematics written in ways that could fool a search, and sizes at the edge.
CE_STABLE = "m[n] = max[k](x[n,k])\nl[n] = log(sum[k](exp(x[n,k] - m[n])))\n"
_loss("ce_from_logits_stable", CE_STABLE + "L = sum[n,j](t[n,j]*(m[n] + l[n] - x[n,j]))/N", make="one_hot", facts=ONE_HOT)
_pointwise("log_softmax_stable", "m[n] = max[k](x[n,k])", "y[n,j] = x[n,j] - m[n] - log(sum[k](exp(x[n,k] - m[n])))")
_pointwise(
    "layer_norm_one_equation",
    "y[n,j] = (x[n,j] - mean[k](x[n,k]))*(mean[l]((x[n,l] - mean[k](x[n,k]))**2) + eps)**(-1/2)",
    constants=EPS,
)
_pointwise(
    "layer_norm_by_squares",
    "m[n] = mean[k](x[n,k])",
    "r[n] = (mean[k](x[n,k]**2) - m[n]**2 + eps)**(-1/2)",
    "xhat[n,j] = (x[n,j] - m[n])*r[n]",
    constants=EPS,
)
_loss(
    "softmax_kl",
    "p[n,j] = exp(x[n,j])/sum[k](exp(x[n,k]))",
    "L = sum[n,j](t[n,j]*(log(t[n,j]) - log(p[n,j])))/N",
    make="probabilities",
    facts=ONE_HOT,
)
_add(
    Case(
        "softmax_ce_labels",
        "p[n,j] = exp(x[n,j])/sum[k](exp(x[n,k]))\nL = -sum[n](log(p[n,c[n]]))/N",
        (("x[n,j]", "input"), ("c[n]", "integer")),
        is_loss=True,
        make={"c": "below:J"},
    )
)
_conv("conv2d_holes", 3, 3, 2, {"I": 9, "J": 8, "P": 4, "Q": 4, "N": 1, "U": 2, "V": 2, "C": 1})
_conv("conv2d_point", 1, 1, 0, {"I": 5, "J": 5, "P": 5, "Q": 5, "N": 1, "U": 1, "V": 1})
_conv("conv2d_sizes_differ", 2, 1, 1, {"I": 8, "J": 11, "P": 5, "Q": 6, "N": 1, "C": 3, "O": 4, "U": 2, "V": 3})
_conv("conv2d_stride_leaves_rest", 4, 1, 1, {"I": 7, "J": 6, "P": 2, "Q": 2})

for _name, _sequence in SEQUENCES.items():
    _tensors = tuple((t, role) for role, text in _sequence.tensors.items() for t in text.split())
    _numbers = dict(_sequence.numbers)
    _facts = tuple((size, str(number)) for size, number in _sequence.numbers)
    _add(Case(_name, _sequence.text, _tensors, facts=_facts, runs=tuple(_numbers | run for run in _sequence.runs)))

PLACES = {"I": 5, "J": 4, "P": 9, "Q": 7, "N": 2, "C": 1}
BORDER = {"I": 5, "J": 4, "P": 8, "Q": 6, "N": 1, "C": 1}


def _place(name: str, text: str, run: dict[str, int], **options: object) -> None:
    """An array read at places that integer functions compute."""
    _add(Case(name, text, IMAGE, runs=(run,), sized=("p", "q", "u", "v"), **options))  # type: ignore[arg-type]


_place("pad_reflect", "y[n,c,p,q] = x[n,c,I - 1 - abs(I - 1 - abs(p - 2)),J - 1 - abs(J - 1 - abs(q - 1))]", BORDER)
_place("pad_replicate", "y[n,c,p,q] = x[n,c,max(0, min(p - 2, I - 1)),max(0, min(q - 1, J - 1))]", BORDER)
_place("pad_circular", "y[n,c,p,q] = x[n,c,(p - 2) % I,(q - 1) % J]", BORDER)
_place("resize_nearest", "y[n,c,p,q] = x[n,c,p*I//P,q*J//Q]", PLACES)
_place(
    "adaptive_max",
    "y[n,c,p,q] = max[u,v](x[n,c,min(p*I//P + u, ((p + 1)*I - 1)//P),min(q*J//Q + v, ((q + 1)*J - 1)//Q)])",
    {"I": 5, "J": 4, "P": 3, "Q": 3, "U": 3, "V": 2, "C": 1},
    make={"x": "ties"},
)
_place("flat", "y[n,p] = sum[c,i,j](x[n,c,i,j]*[p == (c*I + i)*J + j])", {"I": 3, "J": 2, "C": 2, "P": 12})
_add(
    Case(
        "unflat",
        "y[n,c,i,j] = x[n,(c*I + i)*J + j]",
        (("x[n,p]", "input"),),
        sized=("c", "i", "j"),
        runs=({"I": 3, "J": 2, "C": 2, "P": 12}, {"I": 2, "J": 1, "C": 3, "P": 7}),
    )
)
_add(
    Case(
        "place_of_label",
        "y[n,i,j] = sum[p,q](x[n,p,q]*[k[n,p,q] == i*J + j])",
        (("x[n,p,q]", "input"), ("k[n,p,q]", "integer")),
        sized=("i", "j"),
        make={"k": "below:K"},
        runs=({"I": 3, "J": 2, "K": 6}, {"I": 2, "J": 4, "K": 9}),
    )
)
_place("shuffle", "y[n,p,q] = x[n,p % C,p//C,q]", {"I": 2, "J": 2, "C": 3, "P": 6, "Q": 2})
