"""The closed forms of the library's sequence layers.  A recurrence gives from the steps behind to those in front, and
every weight has one sum over all steps.  Nothing but tests reads this file."""
# ruff: noqa: E501  (formulas stand on one line)

from __future__ import annotations

SEQUENCE_GRADIENTS: dict[str, str] = {
    "layer embedding": "dE[v,j] = sum[n](dy[n,j]*[ids[n] == v])",
    "layer embedding padding=1": "dE[v,j] = sum[n](dy[n,j]*[ids[n] == v]*[ids[n] != 1])",
    "layer embedding_bag": "dE[v,j] = sum[n,b](dy[n,j]*[ids[n,b] == v])/B",
    "layer embedding_bag mode=sum": "dE[v,j] = sum[n,b](dy[n,j]*[ids[n,b] == v])",
    "layer positional_encoding": "dx[n,t,p,c] = dy[n,t,p,c]",
}

LAST = "[t == T-1]*dy[n,j]"
PLAIN, GATED = {"a": "", "aj": "j", "ak": "k", "S": "k", "I": "j"}, {"a": "a,", "aj": "a,j", "ak": "a,k", "S": "a,k", "I": "a,j"}
# d is the delta that the input's weights see, e the one that the state's see, {h} the state before the step.
SUMS = """dx[n,t,i] = sum[{I}]({d}[n,t,{aj}]*W[i,{aj}])
dW[i,{aj}] = sum[n,t](x[n,t,i]*{d}[n,t,{aj}])
dU[k,{aj}] = sum[n,t]({h}[n,{back},k]*{e}[n,t,{aj}])"""
BIAS = "\ndb[{aj}] = sum[n,t]({d}[n,t,{aj}])"

RNN = "dz[n,t,j] = {slope}*({dy} + sum[k](dz[n,{next},k]*U[j,k]))\n"
RNN_FROM = "dz[n,t,j] = {slope}*({dy} + dp[n,{next},j])\ndp[n,t,j] = sum[k](dz[n,t,k]*U[j,k])\n"
RNN_MASKED = """dh[n,t,j] = {dy} + dh[n,t+1,j]*[mask[n,t+1] <= 0] + sum[k](dz[n,t+1,k]*U[j,k])
dz[n,t,j] = dh[n,t,j]*[mask[n,t] > 0]*(1 - u[n,t,j]**2)
"""
BASE = {"dy": "dy[n,t,j]", "next": "t+1", "back": "t-1", "h": "h", "slope": "(1 - h[n,t,j]**2)"}
TURNED, FROM = {"next": "t-1", "back": "t+1"}, {"h": "p", "back": "t"}
LEARNED, GIVEN = "\ndh0[j] = sum[n](dp[n,0,j])", "\ndh0[n,j] = dp[n,0,j]"


def _rnn(case: str, head: str = RNN, tail: str = "", bias: str = BIAS, **changed: str) -> None:
    parts = {**PLAIN, **BASE, "d": "dz", "e": "dz", **changed}
    SEQUENCE_GRADIENTS[f"layer rnn {case}".strip()] = (head + SUMS + bias).format(**parts) + tail


_rnn("")
_rnn("zero_masked=True")  # where there is no mask
_rnn("nonlinearity=relu", slope="[h[n,t,j] > 0]")
_rnn("output=last", dy=LAST)
_rnn("backwards=True", **TURNED)
_rnn("bias=False", bias="")
_rnn("initial=learned", RNN_FROM, LEARNED, **FROM)
_rnn("state=given", RNN_FROM, GIVEN, **FROM)
_rnn("mask=given", RNN_MASKED)

LSTM = """dh[n,t,j] = {dh}
dc[n,t,j] = {dc} + dh[n,t,j]*o[n,t,j]*(1 - u[n,t,j]**2)
"""
FROM_STATE, FROM_CELL = "sum[a,k](dz[n,{next},a,k]*U[j,a,k])", "dc[n,{next},j]*f[n,{next},j]"
DELTAS = (
    "dz[n,t,a,j] = [a == 0]*{v}[n,t,j]*g[n,t,j]*i[n,t,j]*(1 - i[n,t,j]) + [a == 1]*{v}[n,t,j]*{c}*f[n,t,j]*(1 - f[n,t,j])"
    " + [a == 2]*{v}[n,t,j]*i[n,t,j]*(1 - g[n,t,j]**2) + [a == 3]*{w}[n,t,j]*{hw}[n,t,j]*(1 - o[n,t,j])\n"
)
DP, DQ = "dp[n,t,j] = sum[a,k](dz[n,t,a,k]*U[j,a,k])\n", "dq[n,t,j] = dc[n,t,j]*f[n,t,j]\n"
PEEPHOLE = """dh[n,t,j] = dy[n,t,j] + sum[a,k](dz[n,t+1,a,k]*U[j,a,k])
dzo[n,t,j] = dh[n,t,j]*h[n,t,j]*(1 - o[n,t,j])
dc[n,t,j] = dc[n,t+1,j]*f[n,t+1,j] + dh[n,t,j]*o[n,t,j]*(1 - u[n,t,j]**2) + dzi[n,t+1,j]*P[0,j] + dzf[n,t+1,j]*P[1,j] + dzo[n,t,j]*P[2,j]
dzi[n,t,j] = dc[n,t,j]*g[n,t,j]*i[n,t,j]*(1 - i[n,t,j])
dzf[n,t,j] = dc[n,t,j]*c[n,t-1,j]*f[n,t,j]*(1 - f[n,t,j])
dz[n,t,a,j] = [a == 0]*dzi[n,t,j] + [a == 1]*dzf[n,t,j] + [a == 2]*dc[n,t,j]*i[n,t,j]*(1 - g[n,t,j]**2) + [a == 3]*dzo[n,t,j]
"""
DPEEP = "\ndP[p,j] = [p == 0]*sum[n,t](dzi[n,t,j]*c[n,t-1,j]) + [p == 1]*sum[n,t](dzf[n,t,j]*c[n,t-1,j]) + [p == 2]*sum[n,t](dzo[n,t,j]*c[n,t,j])"
LSTM_MASKED = """dc[n,t,j] = dc[n,t+1,j]*[mask[n,t+1] <= 0] + dv[n,t+1,j]*f[n,t+1,j]
dh[n,t,j] = dy[n,t,j] + dh[n,t+1,j]*[mask[n,t+1] <= 0] + sum[a,k](dz[n,t+1,a,k]*U[j,a,k])
dw[n,t,j] = dh[n,t,j]*[mask[n,t] > 0]
dv[n,t,j] = dc[n,t,j]*[mask[n,t] > 0] + dw[n,t,j]*o[n,t,j]*(1 - u[n,t,j]**2)
"""
CELLS = {"v": "dc", "w": "dh", "hw": "h", "c": "c[n,t-1,j]", "dh": f"dy[n,t,j] + {FROM_STATE}", "dc": FROM_CELL}
C_LEARNED, C_GIVEN = "\ndc0[j] = sum[n](dq[n,0,j])", "\ndc0[n,j] = dq[n,0,j]"


def _lstm(case: str, head: str = LSTM + DELTAS, tail: str = "", bias: str = BIAS, **changed: str) -> None:
    parts = {**GATED, **BASE, **CELLS, "d": "dz", "e": "dz", **changed}
    parts = {name: text.format(next=parts["next"]) for name, text in parts.items()}
    SEQUENCE_GRADIENTS[f"layer lstm {case}".strip()] = (head + SUMS + bias).format(**parts) + tail


_lstm("")
_lstm("zero_masked=True")
_lstm("output=last", dh=f"{LAST} + {FROM_STATE}")
_lstm("output=cell", dh=FROM_STATE, dc=f"{LAST} + {FROM_CELL}")
_lstm("backwards=True", c="c[n,t+1,j]", **TURNED)
_lstm("bias=False", bias="")
_lstm("peephole=True", PEEPHOLE, DPEEP)
_OF_STATE, _OF_CELL = {"dh": "dy[n,t,j] + dp[n,t+1,j]", **FROM}, {"dc": "dq[n,t+1,j]", "c": "q[n,t,j]"}
_lstm("initial=learned", LSTM + DELTAS + DP + DQ, LEARNED + C_LEARNED, **_OF_STATE, **_OF_CELL)
_lstm("state=given", LSTM + DELTAS + DP, GIVEN, **_OF_STATE)
_lstm("cell=given", LSTM + DELTAS + DQ, C_GIVEN, **_OF_CELL)
_lstm("mask=given", LSTM_MASKED + DELTAS, v="dv", w="dw", hw="w")

GRU = """dh[n,t,j] = {dh}
dv[n,t,j] = {s}[n,t,j]*z[n,t,j]*(1 - z[n,t,j])*({hj} - e[n,t,j])
dw[n,t,j] = {s}[n,t,j]*(1 - z[n,t,j])*(1 - e[n,t,j]**2)
du[n,t,j] = dw[n,t,j]*{g}*r[n,t,j]*(1 - r[n,t,j])
dp[n,t,a,j] = [a == 0]*du[n,t,j] + [a == 1]*dv[n,t,j] + [a == 2]*dw[n,t,j]
dq[n,t,a,j] = [a == 0]*du[n,t,j] + [a == 1]*dv[n,t,j] + [a == 2]*{dg}
"""
DG, DC_N = "dg[n,t,j] = dw[n,t,j]*r[n,t,j]\n", "\ndc_n[j] = sum[n,t](dg[n,t,j])"
GRU_FROM = GRU.replace("dh[n,t,j] = {dh}", "dh[n,t,j] = dy[n,t,j] + ds[n,t+1,j]\nds[n,t,j] = dh[n,t,j]*z[n,t,j] + sum[a,k](dq[n,t,a,k]*U[j,a,k])")
GRU_MASKED = "dm[n,t,j] = dh[n,t,j]*[mask[n,t] > 0]\n" + GRU
MIXED, GATES = "{s}[n,{next},j]*z[n,{next},j]", "sum[a,k](dq[n,{next},a,k]*U[j,a,k])"
MIX = {"s": "dh", "hj": "h[n,{back},j]", "g": "g[n,t,j]", "dg": "dg[n,t,j]", "dh": f"dy[n,t,j] + {MIXED} + {GATES}"}


def _gru(case: str, head: str = GRU + DG, tail: str = "", bias: str = BIAS + DC_N, **changed: str) -> None:
    parts = {**GATED, **BASE, **MIX, "d": "dp", "e": "dq", **changed}
    parts = {name: text.format(**{k: parts[k] for k in ("next", "back", "s")}) for name, text in parts.items()}
    SEQUENCE_GRADIENTS[f"layer gru {case}".strip()] = (head + SUMS + bias).format(**parts) + tail


_gru("")
_gru("zero_masked=True")
_gru("output=last", dh=f"{LAST} + {MIXED} + {GATES}")
_gru("backwards=True", **TURNED)
_gru("bias=False", GRU, bias="", g="q[n,t,2,j]", dg="dw[n,t,j]*r[n,t,j]")
_gru("initial=learned", GRU_FROM + DG, LEARNED.replace("dp", "ds"), hj="s[n,t,j]", **FROM | {"h": "s"})
_gru("state=given", GRU_FROM + DG, GIVEN.replace("dp", "ds"), hj="s[n,t,j]", **FROM | {"h": "s"})
_gru("mask=given", GRU_MASKED + DG, s="dm", dh=f"dy[n,t,j] + dh[n,t+1,j]*[mask[n,t+1] <= 0] + {MIXED} + {GATES}")

# Attention of heads {h} to heads {g} of keys; a group of heads sums over its members {r}.
SCORES = """dS[n,{h},t,s] = A[n,{h},t,s]*(dA[n,{h},t,s] - sum[l](A[n,{h},t,l]*dA[n,{h},t,l]))
dq[n,t,{h},e] = sum[s](dS[n,{h},t,s]*k[n,s,{g},e])/sqrt(E)
dk[n,s,{g},e] = sum[{r}t](dS[n,{h},t,s]*q[n,t,{h},e])/sqrt(E)
"""
ROTARY = """dS[n,{h},t,s] = A[n,{h},t,s]*(dA[n,{h},t,s] - sum[l](A[n,{h},t,l]*dA[n,{h},t,l]))
dqt[n,t,h,p,c] = sum[s](dS[n,h,t,s]*kt[n,s,h,p,c])/sqrt(E)
dkt[n,s,h,p,c] = sum[t](dS[n,h,t,s]*qt[n,t,h,p,c])/sqrt(E)
dq[n,t,h,p,c] = dqt[n,t,h,p,c]*cs[t,p] + dqt[n,t,h,p,1-c]*sn[t,p]*(1 - 2*c)
dk[n,s,h,p,c] = dkt[n,s,h,p,c]*cs[s,p] + dkt[n,s,h,p,1-c]*sn[s,p]*(1 - 2*c)
"""
VALUES = """do[n,t,{h},e] = sum[i](dy[n,t,i]*Wo[{h},e,i])
dv[n,s,{g},e] = {masked}sum[{r}t](do[n,t,{h},e]*A[n,{h},t,s])
dA[n,{h},t,s] = sum[e](do[n,t,{h},e]*{values}[n,s,{g},e])
"""
WEIGHTS = """
dWq[i,{h},{w}] = sum[n,t](x[n,t,i]*dq[n,t,{h},{w}])
dWk[{f},{g},{w}] = sum[n,s]({m}[n,s,{f}]*dk[n,s,{g},{w}])
dWv[{f},{g},e] = sum[n,s]({m}[n,s,{f}]*dv[n,s,{g},e])
dWo[{h},e,i] = sum[n,t](o[n,t,{h},e]*dy[n,t,i])"""
SELF = """dx[n,t,i] = sum[{h},{w}](dq[n,t,{h},{w}]*Wq[i,{h},{w}]) + sum[{g},{w}](dk[n,t,{g},{w}]*Wk[i,{g},{w}]) + sum[{g},e](dv[n,t,{g},e]*Wv[i,{g},e])"""
CROSS = """dx[n,t,i] = sum[{h},e](dq[n,t,{h},e]*Wq[i,{h},e])
dmemory[n,s,f] = sum[{g},e](dk[n,s,{g},e]*Wk[f,{g},e] + dv[n,s,{g},e]*Wv[f,{g},e])"""
BIASES = """
dbq[{h},{w}] = sum[n,t](dq[n,t,{h},{w}])
dbk[{g},{w}] = sum[n,s](dk[n,s,{g},{w}])
dbv[{g},e] = sum[n,s](dv[n,s,{g},e])"""
OUT = "\ndbo[i] = sum[n,t](dy[n,t,i])"


def _attention(case: str, scores: str = SCORES, bias: str = BIASES + OUT, **changed: str) -> None:
    for name, inputs, parts in (("self", SELF, {"f": "i", "m": "x"}), ("cross", CROSS, {"f": "f", "m": "memory"})):
        whole = {"h": "h", "g": "h", "r": "", "w": "e", "masked": "", "values": "v", **parts, **changed}
        form = (VALUES + scores + inputs + WEIGHTS + bias).format(**whole)
        SEQUENCE_GRADIENTS[f"layer {name}_attention {case}".strip()] = form


_attention("positions=rotary", ROTARY, w="p,c")
_attention("positions=alibi", SCORES.replace("dS", "dD"))
_attention("causal=True")
for _case in ("positions=rotary", "positions=alibi", "causal=True"):
    del SEQUENCE_GRADIENTS[f"layer cross_attention {_case}"]
_attention("")
_attention("mask=given", masked="M[n,s]*", values="w")
_attention("kv_heads=1", h="g,r", g="g", r="r,")
_attention("bias=false", bias="")
_attention("bias=output", bias=OUT)
for _case in ("", " causal=True"):
    SEQUENCE_GRADIENTS[f"layer attention{_case}"] = """dA[n,t,s] = sum[f](dy[n,t,f]*v[n,s,f])
dS[n,t,s] = A[n,t,s]*(dA[n,t,s] - sum[l](A[n,t,l]*dA[n,t,l]))
dq[n,t,e] = sum[s](dS[n,t,s]*k[n,s,e])/sqrt(E)
dk[n,s,e] = sum[t](dS[n,t,s]*q[n,t,e])/sqrt(E)
dv[n,s,f] = sum[t](dy[n,t,f]*A[n,t,s])"""

SEQUENCE_PRINTED = {
    "layer one_hot": "",
}
