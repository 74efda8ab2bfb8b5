"""The formulas of the gallery, and the same in tensorgrad where it says them in one expression."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Row:
    """A formula, differentiated by `wrt` against an upstream gradient G (a loss: none).

    `tensorgrad` gives (value, variable, cotangent or None) from its modules (package, functions) and symbols by letter.
    """

    title: str
    formula: str
    wrt: str
    loss: bool = False
    positive: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    sizes: dict[str, int] = field(default_factory=dict)  # in SymPy, where they are not three
    tensorgrad: Callable[[Any, Any, dict[str, Any]], tuple[Any, Any, Any]] | None = None


def _over_features(function: Callable[[Any, Any, dict[str, Any]], Any]) -> Callable[..., tuple[Any, Any, Any]]:
    """A function of x[n,j] alone."""

    def made(tg: Any, fs: Any, s: dict[str, Any]) -> tuple[Any, Any, Any]:
        x = tg.Variable("x", s["n"], s["j"])
        return function(fs, x, s), x, tg.Variable("G", s["n"], s["j"])

    return made


def _normed(fs: Any, x: Any, over: str, centred: bool = True) -> Any:
    c = x - fs.mean(x, dim=over, keepdims=True) if centred else x
    return c * fs.pow(fs.sqrt(fs.mean(fs.pow(c, 2), dim=over, keepdims=True)), -1)


def _dense(tg: Any, fs: Any, s: dict[str, Any]) -> tuple[Any, Any, Any]:
    w = tg.Variable("W", s["i"], s["j"])
    return tg.Variable("x", s["n"], s["i"]) @ w, w, tg.Variable("G", s["n"], s["j"])


def _cross_entropy(tg: Any, fs: Any, s: dict[str, Any]) -> tuple[Any, Any, Any]:
    x, t = tg.Variable("x", s["n"], s["j"]), tg.Variable("t", s["n"], s["j"])
    return fs.sum(fs.log_softmax(x, dim="j") * t), x, None


def _attention(tg: Any, fs: Any, s: dict[str, Any]) -> tuple[Any, Any, Any]:
    q, k, v = (tg.Variable(name, s[letter], s["e"]) for name, letter in (("Q", "a"), ("K", "k"), ("V", "k")))
    return fs.softmax(q @ k, dim="k") @ v.rename(e="f"), q, tg.Variable("G", s["a"], f=s["e"])


NORM = "r[n] = (mean[k]((x[n,k] - m[n])**2) + eps)**(-1/2); y[n,j] = (x[n,j] - m[n])*r[n]"
GATE = "sum[i](x[n,t,i]*W{0}[i,j]) + sum[k](h[n,t-1,k]*U{0}[k,j])"
LSTM = "; ".join((
    *(f"{g}[n,t,j] = sigmoid({GATE.format(g)})" for g in "ifo"), f"g[n,t,j] = tanh({GATE.format('g')})",
    "c[n,t,j] = f[n,t,j]*c[n,t-1,j] + i[n,t,j]*g[n,t,j]", "h[n,t,j] = o[n,t,j]*tanh(c[n,t,j])",
))  # fmt: skip
SOFTMAX = "p[n,j] = exp(x[n,j])/sum[k](exp(x[n,k]))"

ROWS = (
    Row("sigmoid", "y[n,j] = 1/(1 + exp(-x[n,j]))", "x", tensorgrad=_over_features(lambda f, x, s: f.sigmoid(x))),
    Row("tanh", "y[n,j] = tanh(x[n,j])", "x", tensorgrad=_over_features(lambda f, x, s: f.tanh(x))),
    Row("silu", "s[n,j] = sigmoid(x[n,j]); y[n,j] = x[n,j]*s[n,j]", "x",
        tensorgrad=_over_features(lambda f, x, s: x * f.sigmoid(x))),
    Row("dense, by W", "y[n,j] = sum[i](x[n,i]*W[i,j])", "W", tensorgrad=_dense),
    Row("softmax", SOFTMAX, "x", tensorgrad=_over_features(lambda f, x, s: f.softmax(x, dim="j"))),
    Row("log_softmax", "y[n,j] = x[n,j] - log(sum[k](exp(x[n,k])))", "x",
        tensorgrad=_over_features(lambda f, x, s: f.log_softmax(x, dim="j"))),
    Row("softmax with cross-entropy", f"{SOFTMAX}; L = -sum[n,j](t[n,j]*log(p[n,j]))", "x", loss=True,
        facts=("sum[j](t[n,j]) = 1",), tensorgrad=_cross_entropy),
    Row("layer norm", f"m[n] = mean[k](x[n,k]); {NORM}", "x", positive=("eps",),
        tensorgrad=_over_features(lambda f, x, s: _normed(f, x, "j"))),
    Row("batch norm", "m[j] = mean[n](x[n,j]); r[j] = (mean[n]((x[n,j] - m[j])**2) + eps)**(-1/2); "
        "y[n,j] = (x[n,j] - m[j])*r[j]", "x", positive=("eps",),
        tensorgrad=_over_features(lambda f, x, s: _normed(f, x, "n"))),
    Row("rms norm", "r[n] = (mean[k](x[n,k]**2) + eps)**(-1/2); y[n,j] = x[n,j]*r[n]", "x", positive=("eps",),
        tensorgrad=_over_features(lambda f, x, s: _normed(f, x, "j", centred=False))),
    Row("convolution, by x", "y[n,o,p] = sum[c,u](x[n,c,2*p + u - 1]*K[o,c,u])", "x",
        facts=("P = (I - U + 2)//2 + 1",), sizes={"I": 5}),
    Row("attention, by Q", "S[a,k] = sum[e](Q[a,e]*K[k,e]); A[a,k] = exp(S[a,k])/sum[l](exp(S[a,l])); "
        "y[a,e] = sum[k](A[a,k]*V[k,e])", "Q", tensorgrad=_attention),
    Row("LSTM, by x, three steps in SymPy", LSTM, "x"),
)  # fmt: skip
