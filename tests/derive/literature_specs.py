"""Formulas from the literature as layers and losses of a spec's own, each in a small network; see literature.py."""

from __future__ import annotations

SPECS: dict[str, str] = {}


def _layer(name: str, source: str, definition: str, shapes: str, layers: str, loss: str = "mse") -> None:
    """A network with one layer of its own; `source` says where the formula is from."""
    _network("layers", name, source, definition, shapes, layers, loss)


def _loss(name: str, source: str, definition: str, layers: str, uses: str = "", shapes: str = "{x: [5]}") -> None:
    """A network with a loss of its own."""
    _network("losses", name, source, definition, shapes, layers, f"{{type: {name}{uses}}}")


def _network(kind: str, name: str, source: str, definition: str, shapes: str, layers: str, loss: str) -> None:
    SPECS[name] = f"""
# {source}
symbp: 1
name: {name}_net
dtype: float64
input: {shapes}
define:
  {kind}:
    {name}:
{_indented(definition, 6)}
layers:
{_indented(layers, 2)}
loss: {loss}
train: {{optimizer: {{type: adam, lr: 0.01}}, epochs: 2, batch_size: 4, seed: 0}}
"""


def _indented(text: str, by: int) -> str:
    return "\n".join(" " * by + line for line in text.strip("\n").splitlines())


# -- layers ----------------------------------------------------------------------------------------------------------
_layer(
    "maxout",
    "I. Goodfellow et al., Maxout Networks, ICML 2013",
    """
input: "x[n,i]"
sizes: {units: j, pieces: k}
parameters: {W: "[i,j,k]", b: "[j,k]"}
init: {W: glorot_uniform, b: zeros}
formula: "y[n,j] = max[k](sum[i](x[n,i]*W[i,j,k]) + b[j,k])"
""",
    "{x: [5]}",
    """
- {type: maxout, name: a, units: 4, pieces: 3}
- {type: maxout, name: b, units: 2, pieces: 2}
""",
)
_layer(
    "kan",
    "Z. Liu et al., KAN: Kolmogorov-Arnold Networks, arXiv:2404.19756; cubic B-splines on a uniform grid",
    """
input: "x[n,i]"
sizes: {units: j, splines: k}
parameters: {w: "[i,j]", c: "[i,j,k]", h: 0.5}
init: {w: glorot_uniform, c: {type: normal, std: 0.1}}
formula: |
  a[n,i,k] = abs(x[n,i]/h + (K - 1)/2 - k)
  B[n,i,k] = where(a[n,i,k] < 1, 2/3 - a[n,i,k]**2 + a[n,i,k]**3/2, max(0, 2 - a[n,i,k])**3/6)
  y[n,j] = sum[i](w[i,j]*x[n,i]*sigmoid(x[n,i])) + sum[i,k](c[i,j,k]*B[n,i,k])
""",
    "{x: [3]}",
    """
- {type: kan, name: a, units: 4, splines: 6}
- {type: kan, name: b, units: 2, splines: 6}
""",
)
_layer(
    "complex_dense",
    "C. Trabelsi et al., Deep Complex Networks, ICLR 2018; a complex number is an axis of length 2",
    """
input: "x[n,m,i]"
sizes: {units: j}
parameters: {A: "[i,j]", B: "[i,j]"}
init: {A: glorot_uniform, B: glorot_uniform}
formula: |
  u[n,j] = sum[i](x[n,0,i]*A[i,j] - x[n,1,i]*B[i,j])
  v[n,j] = sum[i](x[n,0,i]*B[i,j] + x[n,1,i]*A[i,j])
  y[n,m,j] = [m == 0]*u[n,j] + [m == 1]*v[n,j]
""",
    "{x: [2, 4]}",
    """
- {type: complex_dense, name: a, units: 3, activation: tanh}
- {type: complex_dense, name: b, units: 2}
""",
)
_layer(
    "neural_tensor",
    "R. Socher et al., Reasoning With Neural Tensor Networks, NIPS 2013",
    """
input: ["u[n,i]", "v[n,j]"]
sizes: {units: k}
parameters: {T: "[k,i,j]", V: "[i,k]", W: "[j,k]", b: "[k]"}
init: {T: glorot_uniform, V: glorot_uniform, W: glorot_uniform, b: zeros}
formula: |
  y[n,k] = tanh(sum[i,j](u[n,i]*T[k,i,j]*v[n,j]) + sum[i](u[n,i]*V[i,k]) + sum[j](v[n,j]*W[j,k]) + b[k])
""",
    "{left: [3], right: [4]}",
    "- {type: neural_tensor, name: a, inputs: [left, right], units: 3}",
)
_layer(
    "graph_conv",
    "T. Kipf, M. Welling, Semi-Supervised Classification with Graph Convolutional Networks, ICLR 2017",
    """
input: ["x[n,u,i]", "A[n,u,v]"]
integer: [A]
sizes: {units: j}
parameters: {W: "[i,j]"}
init: {W: glorot_uniform}
formula: |
  e[n,u,v] = [A[n,u,v] > 0]
  r[n,u] = (1 + sum[v](e[n,u,v]))**(-1/2)
  h[n,u,j] = sum[i](x[n,u,i]*W[i,j])
  y[n,u,j] = r[n,u]*sum[v](e[n,u,v]*r[n,v]*h[n,v,j]) + r[n,u]**2*h[n,u,j]
""",
    "{x: [4, 3], A: [4, 4]}\ninput_type: {A: integer}",
    """
- {type: graph_conv, name: a, inputs: [x, A], units: 5, activation: tanh}
- {type: graph_conv, name: b, inputs: [a, A], units: 2}
""",
)
_layer(
    "ntm_addressing",
    "A. Graves, G. Wayne, I. Danihelka, Neural Turing Machines, arXiv:1410.5401",
    """
input: ["k[n,d]", "beta[n,o]", "a[n,o]", "s[n,m]", "g[n,o]", "p[n,i]"]
parameters: {M: "[i,d]"}
init: {M: {type: normal, std: 0.5}}
formula: |
  u[n,i] = sum[d](M[i,d]*k[n,d])/(sqrt(sum[d](M[i,d]**2) + 1/100)*sqrt(sum[d](k[n,d]**2) + 1/100))
  e[n,i] = exp(beta[n,0]*u[n,i])
  c[n,i] = e[n,i]/sum[j](e[n,j])
  b[n,i] = a[n,0]*c[n,i] + (1 - a[n,0])*p[n,i]
  w[n,i] = sum[m](s[n,m]*b[n,(i-m+1)%I])
  v[n,i] = exp((1 + g[n,0])*log(w[n,i]))
  y[n,i] = v[n,i]/sum[j](v[n,j])
""",
    "{x: [5], before: [4]}",
    """
- {type: dense, name: key, inputs: x, units: 3}
- {type: dense, name: strength, inputs: x, units: 1, activation: softplus}
- {type: dense, name: gate, inputs: x, units: 1, activation: sigmoid}
- {type: dense, name: scores, inputs: x, units: 3}
- {type: softmax, name: shift, inputs: scores}
- {type: dense, name: sharp, inputs: x, units: 1, activation: softplus}
- {type: softmax, name: last, inputs: before}
- {type: ntm_addressing, name: address, inputs: [key, strength, gate, shift, sharp, last]}
""",
)
_layer(
    "selective_scan",
    "A. Gu, T. Dao, Mamba: Linear-Time Sequence Modeling with Selective State Spaces, arXiv:2312.00752",
    """
input: "x[n,t,d]"
sizes: {state: s}
parameters: {P: "[e,d]", p: "[d]", Q: "[d,s]", R: "[d,s]", L: "[d,s]", D: "[d]"}
init: {P: glorot_uniform, p: zeros, Q: glorot_uniform, R: glorot_uniform, L: zeros, D: ones}
formula: |
  r[n,t,d] = softplus(sum[e](x[n,t,e]*P[e,d]) + p[d])
  B[n,t,s] = sum[d](x[n,t,d]*Q[d,s])
  C[n,t,s] = sum[d](x[n,t,d]*R[d,s])
  h[n,t,d,s] = exp(-r[n,t,d]*exp(L[d,s]))*h[n,t-1,d,s] + r[n,t,d]*B[n,t,s]*x[n,t,d]
  y[n,t,d] = sum[s](C[n,t,s]*h[n,t,d,s]) + D[d]*x[n,t,d]
""",
    "{x: [T, 4]}\nsizes: {T: any}",
    """
- {type: selective_scan, name: a, state: 3}
- {type: selective_scan, name: b, state: 2}
""",
)
_layer(
    "minimal_gated",
    "G.-B. Zhou et al., Minimal Gated Unit for Recurrent Neural Networks, arXiv:1603.09420",
    """
input: "x[n,t,i]"
sizes: {units: j}
parameters: {W: "[i,j]", U: "[k,j]", b: "[j]", V: "[i,j]", R: "[k,j]", d: "[j]"}
init: {W: glorot_uniform, U: orthogonal, b: zeros, V: glorot_uniform, R: orthogonal, d: zeros}
formula: |
  f[n,t,j] = sigmoid(sum[i](x[n,t,i]*W[i,j]) + sum[k](h[n,t-1,k]*U[k,j]) + b[j])
  c[n,t,j] = tanh(sum[i](x[n,t,i]*V[i,j]) + sum[k](f[n,t,k]*h[n,t-1,k]*R[k,j]) + d[j])
  h[n,t,j] = (1 - f[n,t,j])*h[n,t-1,j] + f[n,t,j]*c[n,t,j]
  y[n,t,j] = h[n,t,j]
""",
    "{x: [T, 3]}\nsizes: {T: any}",
    """
- {type: minimal_gated, name: a, units: 4}
- {type: dense, name: out, units: 2}
""",
)
_layer(
    "poincare_prototypes",
    "M. Nickel, D. Kiela, Poincare Embeddings for Learning Hierarchical Representations, NIPS 2017; distances to "
    "points of the ball, which the hyperboloid gives",
    """
input: "x[n,d]"
sizes: {units: j}
parameters: {C: "[j,d]"}
init: {C: {type: normal, std: 0.5}}
formula: |
  u[n,d] = x[n,d]/(1 + sqrt(1 + sum[e](x[n,e]**2)))
  v[j,d] = C[j,d]/(1 + sqrt(1 + sum[e](C[j,e]**2)))
  q[n,j] = sum[d]((u[n,d] - v[j,d])**2)/((1 - sum[d](u[n,d]**2))*(1 - sum[d](v[j,d]**2)))
  y[n,j] = log(1 + 2*q[n,j] + 2*sqrt(q[n,j]*(1 + q[n,j])))
""",
    "{x: [4]}",
    """
- {type: dense, name: a, units: 3}
- {type: poincare_prototypes, name: b, units: 5}
""",
)
_layer(
    "sinkhorn",
    "M. Cuturi, Sinkhorn Distances, NIPS 2013; in logarithms as in G. Peyre, M. Cuturi, arXiv:1803.00567",
    """
input: "x[n,i,j]"
sizes: {steps: t}
parameters: {eps: 0.7}
formula: |
  f[n,t,i] = -eps*log(sum[j](exp((g[n,t-1,j] - x[n,i,j])/eps))) - eps*log(I)
  g[n,t,j] = -eps*log(sum[i](exp((f[n,t,i] - x[n,i,j])/eps))) - eps*log(J)
  y[n,i,j] = exp((f[n,T-1,i] + g[n,T-1,j] - x[n,i,j])/eps)
""",
    "{x: [3, 4]}",
    """
- {type: dense, name: cost, units: 4}
- {type: sinkhorn, name: plan, steps: 3}
""",
)
_layer(
    "highway",
    "R. Srivastava, K. Greff, J. Schmidhuber, Highway Networks, arXiv:1505.00387",
    """
input: "x[n,j]"
parameters: {W: "[i,j]", b: "[j]", U: "[i,j]", c: "[j]"}
init: {W: glorot_uniform, b: zeros, U: glorot_uniform, c: {type: constant, value: -1}}
formula: |
  t[n,j] = sigmoid(sum[i](x[n,i]*U[i,j]) + c[j])
  y[n,j] = t[n,j]*tanh(sum[i](x[n,i]*W[i,j]) + b[j]) + (1 - t[n,j])*x[n,j]
""",
    "{x: [4]}",
    """
- {type: highway, name: a}
- {type: highway, name: b}
""",
)
_layer(
    "capsules",
    "S. Sabour, N. Frosst, G. Hinton, Dynamic Routing Between Capsules, NIPS 2017; one step of routing",
    """
input: "x[n,i,e]"
sizes: {units: j, width: d}
parameters: {W: "[i,j,e,d]", b: "[i,j]"}
init: {W: glorot_uniform, b: zeros}
formula: |
  u[n,i,j,d] = sum[e](x[n,i,e]*W[i,j,e,d])
  c[i,j] = exp(b[i,j])/sum[k](exp(b[i,k]))
  s[n,j,d] = sum[i](c[i,j]*u[n,i,j,d])
  q[n,j] = sum[d](s[n,j,d]**2)
  y[n,j,d] = sqrt(q[n,j])/(1 + q[n,j])*s[n,j,d]
""",
    "{x: [4, 3]}",
    "- {type: capsules, name: a, units: 2, width: 3}",
)

# -- losses ----------------------------------------------------------------------------------------------------------
_loss(
    "focal",
    "T.-Y. Lin et al., Focal Loss for Dense Object Detection, ICCV 2017",
    """
target: integer
parameters: {gamma: 2.0}
formula: |
  l[n,j] = y[n,j] - log(sum[k](exp(y[n,k])))
  L = -mean[n]((1 - exp(l[n,t[n]]))**gamma*l[n,t[n]])
""",
    "- {type: dense, name: a, units: 4}",
)
_loss(
    "dice",
    "F. Milletari, N. Navab, S.-A. Ahmadi, V-Net, 3DV 2016",
    """
parameters: {eps: 1.0}
formula: |
  p[n,j] = sigmoid(y[n,j])
  L = 1 - mean[n]((2*sum[j](p[n,j]*t[n,j]) + eps)/(sum[j](p[n,j]**2) + sum[j](t[n,j]**2) + eps))
""",
    "- {type: dense, name: a, units: 6}",
)
_loss(
    "contrastive",
    "R. Hadsell, S. Chopra, Y. LeCun, Dimensionality Reduction by Learning an Invariant Mapping, CVPR 2006",
    """
input: ["a[n,d]", "b[n,d]"]
target_axes: "[n]"
parameters: {margin: 2.0}
formula: |
  q[n] = sum[d]((a[n,d] - b[n,d])**2)
  L = mean[n]([t[n] > 0]*q[n] + [t[n] <= 0]*max(0, margin - sqrt(q[n]))**2)/2
""",
    """
- {type: dense, name: left, inputs: x, units: 3}
- {type: dense, name: right, inputs: z, units: 3, share: left}
""",
    ", inputs: [left, right]",
    "{x: [5], z: [5]}\noutputs: [left, right]",
)
_loss(
    "info_nce",
    "A. van den Oord, Y. Li, O. Vinyals, Representation Learning with Contrastive Predictive Coding, arXiv:1807.03748",
    """
input: ["a[n,d]", "b[n,d]"]
target: none
formula: |
  s[n,m] = sum[d](a[n,d]*b[m,d])
  L = -mean[n](s[n,n] - log(sum[m](exp(s[n,m]))))
""",
    """
- {type: dense, name: left, inputs: x, units: 3}
- {type: dense, name: right, inputs: z, units: 3, activation: tanh}
""",
    ", inputs: [left, right]",
    "{x: [5], z: [4]}\noutputs: [left, right]",
)
_loss(
    "wasserstein",
    "C. Villani, Topics in Optimal Transportation (2003), theorem 2.18; distributions over equal steps",
    """
formula: |
  p[n,j] = exp(y[n,j])/sum[k](exp(y[n,k]))
  c[n,j] = sum[k]([k <= j]*(p[n,k] - t[n,k]))
  L = mean[n](sum[j](abs(c[n,j])))
""",
    "- {type: dense, name: a, units: 5}",
)
_loss(
    "quantiles",
    "R. Koenker, G. Bassett, Regression Quantiles, Econometrica 46 (1978); K quantiles at equal distances",
    """
input: "y[n,k]"
target_axes: "[n]"
formula: |
  e[n,k] = t[n] - y[n,k]
  L = mean[n,k](max((k + 1)/(K + 1)*e[n,k], ((k + 1)/(K + 1) - 1)*e[n,k]))
""",
    "- {type: dense, name: a, units: 4}",
)
_loss(
    "evidential",
    "A. Amini et al., Deep Evidential Regression, NeurIPS 2020; a of the prior is fixed",
    """
input: ["y[n,k]", "v[n,k]", "b[n,k]"]
parameters: {a: 2.0, lam: 0.1}
formula: |
  o[n,k] = 2*b[n,k]*(1 + v[n,k])
  q[n,k] = v[n,k]*(t[n,k] - y[n,k])**2 + o[n,k]
  r[n,k] = abs(t[n,k] - y[n,k])*(2*v[n,k] + a)
  L = mean[n,k](log(pi/v[n,k])/2 - a*log(o[n,k]) + (a + 1/2)*log(q[n,k]) + lam*r[n,k])
""",
    """
- {type: dense, name: hidden, inputs: x, units: 4, activation: tanh}
- {type: dense, name: mean, inputs: hidden, units: 2}
- {type: dense, name: evidence, inputs: hidden, units: 2, activation: softplus}
- {type: dense, name: spread, inputs: hidden, units: 2, activation: softplus}
""",
    ", inputs: [mean, evidence, spread]",
    "{x: [5]}\noutputs: [mean, evidence, spread]",
)
_loss(
    "ordinal",
    "W. Cao, V. Mirjalili, S. Raschka, Rank Consistent Ordinal Regression, Pattern Recognition Letters 140 (2020)",
    """
input: "y[n,k]"
target_axes: "[n]"
formula: "L = mean[n](sum[k](softplus(y[n,k]) - [t[n] > k]*y[n,k]))"
""",
    """
- {type: dense, name: hidden, units: 4, activation: tanh}
- {type: dense, name: rank, units: 3}
""",
)
