"""Formulas from the literature that the library does not hold: what the engine meets in users' own layers and losses.

What a formula reads and does not define is declared by being read.  A result with indices has an upstream gradient.
"""
# ruff: noqa: E501  (formulas stand on one line)

from __future__ import annotations

from dataclasses import dataclass, field

SIZES = {"N": 3, "I": 3, "J": 4, "K": 2, "T": 4, "D": 2, "S": 3, "U": 2, "V": 3, "C": 3, "H": 4, "W": 5, "E": 2, "M": 3}


@dataclass(frozen=True)
class Work:
    """`by` are the arrays and numbers to differentiate by; `make` says how others are drawn (see harness)."""

    source: str
    text: str
    by: str
    arrays: tuple[str, ...] = ()
    positive: tuple[str, ...] = ()
    integer: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    constants: dict[str, float] = field(default_factory=dict)
    make: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

LITERATURE: dict[str, Work] = {
    # -- layers ------------------------------------------------------------------------------------------------------
    "maxout": Work(
        "I. Goodfellow et al., Maxout Networks, ICML 2013",
        "y[n,j] = max[k](sum[i](x[n,i]*W[i,j,k]) + b[j,k])",
        "x,W,b",
    ),
    "kan_spline": Work(
        "Z. Liu et al., KAN: Kolmogorov-Arnold Networks, arXiv:2404.19756; cubic B-splines on a uniform grid",
        "a[n,i,k] = abs(x[n,i]/h - k + 1)\n"
        "B[n,i,k] = where(a[n,i,k] < 1, 2/3 - a[n,i,k]**2 + a[n,i,k]**3/2, max(0, 2 - a[n,i,k])**3/6)\n"
        "y[n,j] = sum[i](w[i,j]*x[n,i]*sigmoid(x[n,i])) + sum[i,k](c[i,j,k]*B[n,i,k])",
        "x,w,c",
        constants={"h": 0.5},
        sizes={"K": 4},
    ),
    "complex_dense": Work(
        "C. Trabelsi et al., Deep Complex Networks, ICLR 2018; a complex number is an axis of length 2",
        "y[n,c,j] = [c == 0]*sum[i](x[n,0,i]*A[i,j] - x[n,1,i]*B[i,j]) + [c == 1]*sum[i](x[n,0,i]*B[i,j] + x[n,1,i]*A[i,j])",
        "x,A,B",
        arrays=("x[n,c,i]",),
        sizes={"C": 2},
    ),
    "mod_relu": Work(
        "M. Arjovsky, A. Shah, Y. Bengio, Unitary Evolution Recurrent Neural Networks, ICML 2016; pairs",
        "r[n,j] = sqrt(u[n,j]**2 + v[n,j]**2)\ns[n,j] = max(0, r[n,j] + b[j])/r[n,j]\ny[n,c,j] = s[n,j]*([c == 0]*u[n,j] + [c == 1]*v[n,j])",
        "u,v,b",
        arrays=("u[n,j]", "v[n,j]"),
        facts=("C = 2",),
    ),
    "neural_tensor_layer": Work(
        "R. Socher et al., Reasoning With Neural Tensor Networks, NIPS 2013",
        "y[n,k] = tanh(sum[i,j](p[n,i]*T[k,i,j]*q[n,j]) + sum[i](p[n,i]*V[i,k]) + sum[j](q[n,j]*W[j,k]) + b[k])",
        "p,q,T,V,W,b",
    ),
    "highway": Work(
        "R. Srivastava, K. Greff, J. Schmidhuber, Highway Networks, arXiv:1505.00387",
        "t[n,j] = sigmoid(sum[i](x[n,i]*U[i,j]) + c[j])\ny[n,j] = t[n,j]*tanh(sum[i](x[n,i]*W[i,j]) + b[j]) + (1 - t[n,j])*x[n,j]",
        "x,W,b,U,c",
    ),
    "glu": Work(
        "Y. Dauphin et al., Language Modeling with Gated Convolutional Networks, ICML 2017",
        "y[n,j] = (sum[i](x[n,i]*W[i,j]) + b[j])*sigmoid(sum[i](x[n,i]*V[i,j]) + c[j])",
        "x,W,b,V,c",
    ),
    "swiglu": Work(
        "N. Shazeer, GLU Variants Improve Transformer, arXiv:2002.05202",
        "u[n,k] = sum[i](x[n,i]*W[i,k])\nh[n,k] = u[n,k]*sigmoid(u[n,k])*sum[i](x[n,i]*V[i,k])\ny[n,j] = sum[k](h[n,k]*U[k,j])",
        "x,W,V,U",
    ),
    "geglu": Work(
        "N. Shazeer, GLU Variants Improve Transformer, arXiv:2002.05202",
        "u[n,k] = sum[i](x[n,i]*W[i,k])\nh[n,k] = u[n,k]*(1 + erf(u[n,k]/sqrt(2)))/2*sum[i](x[n,i]*V[i,k])\ny[n,j] = sum[k](h[n,k]*U[k,j])",
        "x,W,V,U",
    ),
    "squeeze_excitation": Work(
        "J. Hu, L. Shen, G. Sun, Squeeze-and-Excitation Networks, CVPR 2018",
        "z[n,c] = mean[h,w](x[n,c,h,w])\ne[n,k] = max(0, sum[c](z[n,c]*W[c,k]) + b[k])\n"
        "s[n,c] = sigmoid(sum[k](e[n,k]*V[k,c]) + d[c])\ny[n,c,h,w] = s[n,c]*x[n,c,h,w]",
        "x,W,b,V,d",
        sizes={"H": 2, "W": 3},
    ),
    "film": Work(
        "E. Perez et al., FiLM: Visual Reasoning with a General Conditioning Layer, AAAI 2018",
        "g[n,c] = sum[i](z[n,i]*W[i,c]) + 1\nb[n,c] = sum[i](z[n,i]*V[i,c])\ny[n,c,h,w] = max(0, g[n,c]*x[n,c,h,w] + b[n,c])",
        "x,z,W,V",
        sizes={"H": 2, "W": 2},
    ),
    "capsule_squash": Work(
        "S. Sabour, N. Frosst, G. Hinton, Dynamic Routing Between Capsules, NIPS 2017",
        "q[n,j] = sum[d](s[n,j,d]**2)\nv[n,j,d] = q[n,j]/(1 + q[n,j])*s[n,j,d]/sqrt(q[n,j])",
        "s",
    ),
    "capsule_routing": Work(
        "S. Sabour, N. Frosst, G. Hinton, Dynamic Routing Between Capsules, NIPS 2017; one step of routing",
        "c[n,i,j] = exp(b[n,i,j])/sum[k](exp(b[n,i,k]))\ns[n,j,d] = sum[i](c[n,i,j]*u[n,i,j,d])\nq[n,j] = sum[d](s[n,j,d]**2)\n"
        "v[n,j,d] = sqrt(q[n,j])/(1 + q[n,j])*s[n,j,d]\na[n,i,j] = b[n,i,j] + sum[d](u[n,i,j,d]*v[n,j,d])",
        "u,b",
        sizes={"N": 2, "J": 2},
    ),
    "radial_basis": Work(
        "D. Broomhead, D. Lowe, Multivariable Functional Interpolation and Adaptive Networks, Complex Systems 2 (1988)",
        "y[n,j] = exp(-g[j]*sum[i]((x[n,i] - c[j,i])**2))",
        "x,c,g",
        positive=("g",),
    ),
    "bilinear_pooling": Work(
        "T.-Y. Lin, A. RoyChowdhury, S. Maji, Bilinear CNN Models, ICCV 2015; signed root and normalisation",
        "p[n,c,d] = sum[k](x[n,k,c]*z[n,k,d])\ns[n,c,d] = sign(p[n,c,d])*sqrt(abs(p[n,c,d]))\ny[n,c,d] = s[n,c,d]/sqrt(sum[e,u](s[n,e,u]**2))",
        "x,z",
        arrays=("x[n,k,c]", "z[n,k,d]"),
        sizes={"K": 3},
    ),
    "deep_sets": Work(
        "M. Zaheer et al., Deep Sets, NIPS 2017",
        "f[n,s,k] = tanh(sum[i](x[n,s,i]*W[i,k]) + b[k])\np[n,k] = sum[s](f[n,s,k])\ny[n,j] = tanh(sum[k](p[n,k]*V[k,j]) + c[j])",
        "x,W,b,V,c",
    ),
    "attention_pooling": Work(
        "M. Ilse, J. Tomczak, M. Welling, Attention-based Deep Multiple Instance Learning, ICML 2018; gated",
        "g[n,s] = sum[k](w[k]*tanh(sum[i](x[n,s,i]*V[i,k]))*sigmoid(sum[i](x[n,s,i]*U[i,k])))\n"
        "a[n,s] = exp(g[n,s])/sum[t](exp(g[n,t]))\ny[n,i] = sum[s](a[n,s]*x[n,s,i])",
        "x,V,U,w",
    ),
    "fourier_features": Work(
        "M. Tancik et al., Fourier Features Let Networks Learn High Frequency Functions, NeurIPS 2020",
        "z[n,k] = 2*pi*sum[i](x[n,i]*B[i,k])\ny[n,j] = sum[k](cos(z[n,k])*W[k,j] + sin(z[n,k])*V[k,j])",
        "x,B,W,V",
    ),
    "factorisation_machine": Work(
        "S. Rendle, Factorization Machines, ICDM 2010",
        "y[n] = b + sum[i](x[n,i]*w[i]) + sum[k](sum[i](x[n,i]*V[i,k])**2 - sum[i](x[n,i]**2*V[i,k]**2))/2",
        "x,b,w,V",
    ),
    "field_aware_interactions": Work(
        "Y. Juan et al., Field-aware Factorization Machines for CTR Prediction, RecSys 2016",
        "y[n] = sum[i,j,k]([i < j]*V[i,f[j],k]*V[j,f[i],k]*x[n,i]*x[n,j])",
        "x,V",
        arrays=("V[i,m,k]",),
        make={"f": "below:M"},
        sizes={"M": 2},
    ),
    # -- graphs ------------------------------------------------------------------------------------------------------
    "graph_convolution": Work(
        "T. Kipf, M. Welling, Semi-Supervised Classification with Graph Convolutional Networks, ICLR 2017",
        "r[u] = (1 + sum[v](A[u,v]))**(-1/2)\nh[u,j] = sum[i](x[u,i]*W[i,j])\n"
        "z[u,j] = r[u]*sum[v](A[u,v]*r[v]*h[v,j]) + r[u]**2*h[u,j]\ny[u,j] = max(0, z[u,j])",
        "x,W,A",
        positive=("A",),
        make={"A": "positive"},
        sizes={"U": 4},
    ),
    "graph_attention": Work(
        "P. Velickovic et al., Graph Attention Networks, ICLR 2018; one head",
        "h[u,j] = sum[i](x[u,i]*W[i,j])\np[u] = sum[j](h[u,j]*a[j])\nq[u] = sum[j](h[u,j]*b[j])\n"
        "s[u,v] = where(p[u] + q[v] > 0, p[u] + q[v], alpha*(p[u] + q[v]))\n"
        "e[u,v] = [G[u,v] > 0]*exp(s[u,v])\nc[u,v] = e[u,v]/sum[w](e[u,w])\ny[u,j] = sum[v](c[u,v]*h[v,j])",
        "x,W,a,b",
        positive=("G",),
        constants={"alpha": 0.2},
        make={"G": "positive"},
        sizes={"U": 4},
    ),
    # -- attention and memory ----------------------------------------------------------------------------------------
    "linear_attention": Work(
        "A. Katharopoulos et al., Transformers are RNNs, ICML 2020; feature map elu(x) + 1",
        "f[n,t,d] = where(q[n,t,d] > 0, q[n,t,d] + 1, exp(q[n,t,d]))\ng[n,s,d] = where(k[n,s,d] > 0, k[n,s,d] + 1, exp(k[n,s,d]))\n"
        "M[n,d,e] = sum[s](g[n,s,d]*v[n,s,e])\nz[n,d] = sum[s](g[n,s,d])\ny[n,t,e] = sum[d](f[n,t,d]*M[n,d,e])/sum[d](f[n,t,d]*z[n,d])",
        "q,k,v",
    ),
    "causal_linear_attention": Work(
        "A. Katharopoulos et al., Transformers are RNNs, ICML 2020; the recurrent form",
        "f[t,d] = exp(q[t,d])\ng[t,d] = exp(k[t,d])\nM[t,d,e] = M[t-1,d,e] + g[t,d]*v[t,e]\nz[t,d] = z[t-1,d] + g[t,d]\n"
        "y[t,e] = sum[d](f[t,d]*M[t,d,e])/sum[d](f[t,d]*z[t,d])",
        "q,k,v",
    ),
    "relative_bias_attention": Work(
        "C. Raffel et al., Exploring the Limits of Transfer Learning (T5), JMLR 21 (2020); a bias for each distance",
        "S[n,t,s] = sum[d](q[n,t,d]*k[n,s,d]) + b[t-s+T-1]\nA[n,t,s] = exp(S[n,t,s])/sum[u](exp(S[n,t,u]))\ny[n,t,e] = sum[s](A[n,t,s]*v[n,s,e])",
        "q,k,v,b",
        arrays=("q[n,t,d]", "k[n,t,d]", "b[r]"),
        facts=("R = 2*T - 1",),
        sizes={"R": 7},
    ),
    "ntm_addressing": Work(
        "A. Graves, G. Wayne, I. Danihelka, Neural Turing Machines, arXiv:1410.5401",
        "u[n,i] = sum[d](M[n,i,d]*k[n,d])/sqrt(sum[d](M[n,i,d]**2)*sum[d](k[n,d]**2))\n"
        "e[n,i] = exp(beta[n]*u[n,i])\nc[n,i] = e[n,i]/sum[j](e[n,j])\ng[n,i] = a[n]*c[n,i] + (1 - a[n])*p[n,i]\n"
        "w[n,i] = sum[s](r[n,s]*(g[n,i-s+1] + g[n,i-s+1+I] + g[n,i-s+1-I]))\ny[n,i] = w[n,i]**gamma[n]/sum[j](w[n,j]**gamma[n])",
        "M,k,beta,a,p,r,gamma",
        positive=("a", "p", "r", "gamma"),
        make={"p": "positive", "r": "positive", "a": "probability", "gamma": "positive"},
        sizes={"S": 3, "I": 4, "N": 2},
    ),
    "selective_state_space": Work(
        "A. Gu, T. Dao, Mamba: Linear-Time Sequence Modeling with Selective State Spaces, arXiv:2312.00752",
        "r[n,t,d] = softplus(sum[e](x[n,t,e]*P[e,d]) + p[d])\nB[n,t,s] = sum[d](x[n,t,d]*Q[d,s])\nC[n,t,s] = sum[d](x[n,t,d]*R[d,s])\n"
        "h[n,t,d,s] = exp(-r[n,t,d]*A[d,s])*h[n,t-1,d,s] + r[n,t,d]*B[n,t,s]*x[n,t,d]\n"
        "y[n,t,d] = sum[s](C[n,t,s]*h[n,t,d,s]) + D[d]*x[n,t,d]",
        "x,P,p,Q,R,A,D",
        arrays=("D[d]",),
        positive=("A",),
        make={"A": "positive"},
        sizes={"S": 2, "N": 2},
    ),
    # -- recurrences -------------------------------------------------------------------------------------------------
    "echo_state": Work(
        "H. Jaeger, The Echo State Approach, GMD Report 148 (2001); leaky integration, all weights trained",
        "h[n,t,j] = (1 - a)*h[n,t-1,j] + a*tanh(sum[i](x[n,t,i]*W[i,j]) + sum[k](h[n,t-1,k]*U[k,j]))\ny[n,t,j] = h[n,t,j]",
        "x,W,U",
        constants={"a": 0.3},
    ),
    "minimal_gated_unit": Work(
        "G.-B. Zhou et al., Minimal Gated Unit for Recurrent Neural Networks, arXiv:1603.09420",
        "f[n,t,j] = sigmoid(sum[i](x[n,t,i]*W[i,j]) + sum[k](h[n,t-1,k]*U[k,j]) + b[j])\n"
        "c[n,t,j] = tanh(sum[i](x[n,t,i]*V[i,j]) + sum[k](f[n,t,k]*h[n,t-1,k]*R[k,j]) + d[j])\n"
        "h[n,t,j] = (1 - f[n,t,j])*h[n,t-1,j] + f[n,t,j]*c[n,t,j]\ny[n,t,j] = h[n,t,j]",
        "x,W,U,b,V,R,d",
        sizes={"J": 3, "N": 2},
    ),
    "sru": Work(
        "T. Lei et al., Simple Recurrent Units for Highly Parallelizable Recurrence, EMNLP 2018",
        "z[n,t,j] = sum[i](x[n,t,i]*W[i,j])\nf[n,t,j] = sigmoid(sum[i](x[n,t,i]*V[i,j]) + v[j]*c[n,t-1,j] + b[j])\n"
        "c[n,t,j] = f[n,t,j]*c[n,t-1,j] + (1 - f[n,t,j])*z[n,t,j]\n"
        "r[n,t,j] = sigmoid(sum[i](x[n,t,i]*R[i,j]) + u[j]*c[n,t-1,j] + d[j])\nh[n,t,j] = r[n,t,j]*c[n,t,j] + (1 - r[n,t,j])*x[n,t,j]",
        "x,W,V,v,b,R,u,d",
        sizes={"N": 2},
    ),
    "qrnn_pooling": Work(
        "J. Bradbury et al., Quasi-Recurrent Neural Networks, ICLR 2017; fo-pooling",
        "f[n,t,j] = sigmoid(a[n,t,j])\nc[n,t,j] = f[n,t,j]*c[n,t-1,j] + (1 - f[n,t,j])*tanh(z[n,t,j])\nh[n,t,j] = sigmoid(o[n,t,j])*c[n,t,j]",
        "a,z,o",
    ),
    "ind_rnn": Work(
        "S. Li et al., Independently Recurrent Neural Network (IndRNN), CVPR 2018",
        "h[n,t,j] = max(0, sum[i](x[n,t,i]*W[i,j]) + u[j]*h[n,t-1,j] + b[j])\ny[n,t,j] = h[n,t,j]",
        "x,W,u,b",
    ),
    "legendre_memory_unit": Work(
        "A. Voelker, I. Kajic, C. Eliasmith, Legendre Memory Units, NeurIPS 2019",
        "u[n,t] = sum[i](x[n,t,i]*e[i]) + sum[k](h[n,t-1,k]*p[k]) + sum[s](m[n,t-1,s]*q[s])\n"
        "m[n,t,s] = sum[r](A[s,r]*m[n,t-1,r]) + B[s]*u[n,t]\n"
        "h[n,t,j] = tanh(sum[i](x[n,t,i]*W[i,j]) + sum[k](h[n,t-1,k]*U[k,j]) + sum[s](m[n,t,s]*V[s,j]))\ny[n,t,j] = h[n,t,j]",
        "x,e,p,q,W,U,V",
        sizes={"N": 2, "J": 3, "T": 3},
    ),
}
