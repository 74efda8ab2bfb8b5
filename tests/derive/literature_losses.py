"""Losses and distances from the literature, and algorithms that are differentiated through; see literature.py."""
# ruff: noqa: E501  (formulas stand on one line)

from __future__ import annotations

from .literature import Work

UNIT = "a[n,d] = z[n,d]/sqrt(sum[e](z[n,e]**2)); b[n,d] = w[n,d]/sqrt(sum[e](w[n,e]**2))"
LOSSES: dict[str, Work] = {
    "poincare_distance": Work(
        "M. Nickel, D. Kiela, Poincare Embeddings for Learning Hierarchical Representations, NIPS 2017",
        "g[n] = 1 + 2*sum[d]((u[n,d] - v[n,d])**2)/((1 - sum[d](u[n,d]**2))*(1 - sum[d](v[n,d]**2)))\ny[n] = log(g[n] + sqrt(g[n]**2 - 1))",
        "u,v",
        make={"u": "small", "v": "small"},
    ),
    "sinkhorn": Work(
        "M. Cuturi, Sinkhorn Distances, NIPS 2013; two steps of scaling",
        "K[i,j] = exp(-C[i,j]/eps)\nu[i] = a[i]/sum[j](K[i,j])\nv[j] = b[j]/sum[i](K[i,j]*u[i])\np[i] = a[i]/sum[j](K[i,j]*v[j])\n"
        "q[j] = b[j]/sum[i](K[i,j]*p[i])\nL = sum[i,j](p[i]*K[i,j]*q[j]*C[i,j])",
        "C,a,b",
        positive=("a", "b", "eps"),
        constants={"eps": 0.7},
        make={"a": "positive", "b": "positive"},
    ),
    "sinkhorn_in_logarithms": Work(
        "G. Peyre, M. Cuturi, Computational Optimal Transport (2019), section 4.4; T steps as a recurrence",
        "f[t,i] = eps*(log(a[i]) - log(sum[j](exp((g[t-1,j] - C[i,j])/eps))))\n"
        "g[t,j] = eps*(log(b[j]) - log(sum[i](exp((f[t,i] - C[i,j])/eps))))\nL = sum[i](a[i]*f[T-1,i]) + sum[j](b[j]*g[T-1,j])",
        "C,a,b",
        positive=("a", "b", "eps"),
        facts=("T = 3",),
        constants={"eps": 0.7},
        make={"a": "positive", "b": "positive"},
        sizes={"T": 3},
    ),
    "mixture_density": Work(
        "C. Bishop, Mixture Density Networks, Aston University NCRG/94/004 (1994)",
        "p[n,k] = exp(a[n,k])/sum[j](exp(a[n,j]))\ns[n,k] = exp(b[n,k])\n"
        "L = -mean[n](log(sum[k](p[n,k]*exp(-sum[d]((t[n,d] - m[n,k,d])**2)/(2*s[n,k]**2))/(s[n,k]*sqrt(2*pi))**D)))",
        "a,b,m",
        sizes={"K": 3},
    ),
    "nt_xent": Work(
        "T. Chen et al., A Simple Framework for Contrastive Learning (SimCLR), ICML 2020; the loss of the first view",
        f"{UNIT}; p[n,m] = [n != m]*exp(sum[d](a[n,d]*a[m,d])/tau); q[n,m] = exp(sum[d](a[n,d]*b[m,d])/tau); "
        "L = -mean[n](log(q[n,n]/(sum[m](p[n,m]) + sum[m](q[n,m]))))",
        "z,w",
        positive=("tau",),
        constants={"tau": 0.5},
    ),
    "info_nce": Work(
        "A. van den Oord, Y. Li, O. Vinyals, Representation Learning with Contrastive Predictive Coding, arXiv:1807.03748",
        "s[n,m] = sum[i,j](z[n,i]*W[i,j]*c[m,j])\nL = -mean[n](s[n,n] - log(sum[m](exp(s[n,m]))))",
        "z,W,c",
    ),
    "barlow_twins": Work(
        "J. Zbontar et al., Barlow Twins, ICML 2021",
        "a[n,i] = (z[n,i] - mean[m](z[m,i]))/sqrt(mean[m]((z[m,i] - mean[k](z[k,i]))**2) + eps)\n"
        "b[n,i] = (w[n,i] - mean[m](w[m,i]))/sqrt(mean[m]((w[m,i] - mean[k](w[k,i]))**2) + eps)\n"
        "c[i,j] = mean[n](a[n,i]*b[n,j])\nL = sum[i]((1 - c[i,i])**2) + lam*sum[i,j]([i != j]*c[i,j]**2)",
        "z,w",
        positive=("eps",),
        constants={"eps": 0.01, "lam": 0.005},
    ),
    "vicreg_variance": Work(
        "A. Bardes, J. Ponce, Y. LeCun, VICReg, ICLR 2022; the variance term",
        "m[i] = mean[n](z[n,i])\ns[i] = sqrt(sum[n]((z[n,i] - m[i])**2)/(N - 1) + eps)\nL = mean[i](max(0, gamma - s[i]))",
        "z",
        positive=("eps",),
        constants={"eps": 0.01, "gamma": 1.5},
    ),
    "focal": Work(
        "T.-Y. Lin et al., Focal Loss for Dense Object Detection, ICCV 2017",
        "p[n,j] = exp(x[n,j])/sum[k](exp(x[n,k]))\nL = -mean[n]((1 - p[n,t[n]])**gamma*log(p[n,t[n]]))",
        "x",
        positive=("gamma",),
        constants={"gamma": 2.0},
        make={"t": "below:J"},
        arrays=("x[n,j]",),
    ),
    "binary_focal": Work(
        "T.-Y. Lin et al., Focal Loss for Dense Object Detection, ICCV 2017; sigmoids, exponent 2",
        "p[n,j] = sigmoid(x[n,j])\na[n,j] = alpha*t[n,j]\nb[n,j] = (1 - alpha)*(1 - t[n,j])\n"
        "L = -mean[n,j](a[n,j]*(1 - p[n,j])**2*log(p[n,j]) + b[n,j]*p[n,j]**2*log(1 - p[n,j]))",
        "x",
        constants={"alpha": 0.25},
        make={"t": "probabilities"},
    ),
    "dice": Work(
        "F. Milletari, N. Navab, S.-A. Ahmadi, V-Net, 3DV 2016",
        "p[n,j] = sigmoid(x[n,j])\nL = 1 - mean[n]((2*sum[j](p[n,j]*t[n,j]) + eps)/(sum[j](p[n,j]**2) + sum[j](t[n,j]**2) + eps))",
        "x",
        positive=("eps",),
        constants={"eps": 1.0},
        make={"t": "probabilities"},
    ),
    "tversky": Work(
        "S. Salehi, D. Erdogmus, A. Gholipour, Tversky Loss Function for Image Segmentation, MLMI 2017",
        "p[n,j] = sigmoid(x[n,j])\na[n] = sum[j](p[n,j]*t[n,j])\n"
        "L = 1 - mean[n](a[n]/(a[n] + alpha*sum[j](p[n,j]*(1 - t[n,j])) + beta*sum[j]((1 - p[n,j])*t[n,j])))",
        "x",
        positive=("alpha", "beta"),
        constants={"alpha": 0.3, "beta": 0.7},
        make={"t": "probabilities"},
    ),
    "wasserstein_1d": Work(
        "C. Villani, Topics in Optimal Transportation (2003), theorem 2.18; distributions over equal steps",
        "p[n,j] = exp(x[n,j])/sum[k](exp(x[n,k]))\nL = mean[n](sum[j](abs(sum[k]([k <= j]*(p[n,k] - t[n,k])))))",
        "x",
        make={"t": "probabilities"},
    ),
    "squared_earth_mover": Work(
        "L. Hou, C.-P. Yu, D. Samaras, Squared Earth Mover's Distance-based Loss, arXiv:1611.05916",
        "p[n,j] = exp(x[n,j])/sum[k](exp(x[n,k]))\nL = mean[n](sum[j](sum[k]([k <= j]*(p[n,k] - t[n,k]))**2))",
        "x",
        make={"t": "probabilities"},
    ),
    "pinball": Work(
        "R. Koenker, G. Bassett, Regression Quantiles, Econometrica 46 (1978)",
        "L = mean[n,k](max(q[k]*(t[n] - y[n,k]), (q[k] - 1)*(t[n] - y[n,k])))",
        "y",
        make={"q": "probability"},
    ),
    "evidential_regression": Work(
        "A. Amini et al., Deep Evidential Regression, NeurIPS 2020; a of the prior is fixed, which makes its gamma functions constants",
        "o[n] = 2*b[n]*(1 + v[n])\n"
        "L = mean[n](log(pi/v[n])/2 - a*log(o[n]) + (a + 1/2)*log(v[n]*(t[n] - g[n])**2 + o[n]) + lam*abs(t[n] - g[n])*(2*v[n] + a))",
        "g,v,b",
        positive=("v", "b", "a"),
        constants={"a": 2.0, "lam": 0.1},
        make={"v": "positive", "b": "positive"},
    ),
    "evidential_classification": Work(
        "M. Sensoy, L. Kaplan, M. Kandemir, Evidential Deep Learning, NeurIPS 2018; equation 5",
        "a[n,j] = 1 + softplus(x[n,j])\ns[n] = sum[j](a[n,j])\np[n,j] = a[n,j]/s[n]\n"
        "q[n] = 1 - sum[j](p[n,j]**2)\nL = mean[n](sum[j]((t[n,j] - p[n,j])**2) + q[n]/(s[n] + 1))",
        "x",
        make={"t": "one_hot"},
    ),
    "contrastive": Work(
        "R. Hadsell, S. Chopra, Y. LeCun, Dimensionality Reduction by Learning an Invariant Mapping, CVPR 2006",
        "q[n] = sum[d]((u[n,d] - v[n,d])**2)\nL = mean[n](where(t[n] > 0, q[n], max(0, margin - sqrt(q[n]))**2))/2",
        "u,v",
        make={"t": "signs"},
        constants={"margin": 3.0},
    ),
    "coral": Work(
        "W. Cao, V. Mirjalili, S. Raschka, Rank Consistent Ordinal Regression (CORAL), Pattern Recognition Letters 140 (2020)",
        "p[n,k] = sigmoid(g[n] + b[k])\nL = -mean[n](sum[k]([t[n] > k]*log(p[n,k]) + [t[n] <= k]*log(1 - p[n,k])))",
        "g,b",
        integer=("t",),
        make={"t": "below:M"},
        sizes={"K": 3, "M": 4},
    ),
    "triplet": Work(
        "F. Schroff, D. Kalenichenko, J. Philbin, FaceNet, CVPR 2015",
        "L = mean[n](max(0, sum[d]((a[n,d] - p[n,d])**2) - sum[d]((a[n,d] - q[n,d])**2) + margin))",
        "a,p,q",
        constants={"margin": 0.3},
    ),
    "center_loss": Work(
        "Y. Wen et al., A Discriminative Feature Learning Approach for Deep Face Recognition, ECCV 2016",
        "L = sum[n,d]((x[n,d] - C[t[n],d])**2)/2",
        "x,C",
        make={"t": "below:C"},
        arrays=("C[c,d]",),
    ),
    "cos_face": Work(
        "H. Wang et al., CosFace, CVPR 2018",
        "a[n,d] = x[n,d]/sqrt(sum[e](x[n,e]**2))\nb[j,d] = W[j,d]/sqrt(sum[e](W[j,e]**2))\n"
        "z[n,j] = s*(sum[d](a[n,d]*b[j,d]) - margin*[t[n] == j])\nL = -mean[n](z[n,t[n]] - log(sum[j](exp(z[n,j]))))",
        "x,W",
        positive=("s",),
        constants={"s": 4.0, "margin": 0.35},
        make={"t": "below:J"},
    ),
    "arc_face": Work(
        "J. Deng et al., ArcFace, CVPR 2019; cos(angle + margin) by the addition theorem",
        "a[n,d] = x[n,d]/sqrt(sum[e](x[n,e]**2))\nb[j,d] = W[j,d]/sqrt(sum[e](W[j,e]**2))\nc[n,j] = sum[d](a[n,d]*b[j,d])\n"
        "z[n,j] = s*where(t[n] == j, c[n,j]*cos(margin) - sqrt(1 - c[n,j]**2)*sin(margin), c[n,j])\n"
        "L = -mean[n](z[n,t[n]] - log(sum[j](exp(z[n,j]))))",
        "x,W",
        positive=("s",),
        constants={"s": 4.0, "margin": 0.5},
        make={"t": "below:J"},
    ),
    "log_cosh": Work(
        "R. Saleh, A. Saleh, Statistical Properties of the log-cosh Loss Function, arXiv:2208.04564",
        "L = mean[n,j](log(cosh(y[n,j] - t[n,j])))",
        "y",
    ),
    "charbonnier": Work(
        "P. Charbonnier et al., Two Deterministic Half-Quadratic Regularization Algorithms, ICIP 1994",
        "L = mean[n,j](sqrt((y[n,j] - t[n,j])**2 + eps**2))",
        "y",
        positive=("eps",),
        constants={"eps": 0.1},
    ),
    "ssim": Work(
        "Z. Wang et al., Image Quality Assessment: From Error Visibility to Structural Similarity, IEEE TIP 13 (2004); a flat window",
        "m[n,p,q] = mean[u,v](x[n,p+u,q+v])\nk[n,p,q] = mean[u,v](z[n,p+u,q+v])\n"
        "a[n,p,q] = mean[u,v](x[n,p+u,q+v]**2) - m[n,p,q]**2\nb[n,p,q] = mean[u,v](z[n,p+u,q+v]**2) - k[n,p,q]**2\n"
        "c[n,p,q] = mean[u,v](x[n,p+u,q+v]*z[n,p+u,q+v]) - m[n,p,q]*k[n,p,q]\n"
        "L = mean[n,p,q]((2*m[n,p,q]*k[n,p,q] + e)*(2*c[n,p,q] + f)/((m[n,p,q]**2 + k[n,p,q]**2 + e)*(a[n,p,q] + b[n,p,q] + f)))",
        "x,z",
        arrays=("x[n,h,w]", "z[n,h,w]"),
        positive=("e", "f"),
        facts=("U = 2", "V = 2", "P = H - 1", "Q = W - 1"),
        constants={"e": 0.01, "f": 0.03},
        sizes={"H": 3, "W": 4, "U": 2, "V": 2, "P": 2, "Q": 3, "N": 2},
    ),
    "total_variation": Work(
        "L. Rudin, S. Osher, E. Fatemi, Nonlinear Total Variation Based Noise Removal, Physica D 60 (1992)",
        "L = sum[n,p,q](sqrt((x[n,p+1,q+0] - x[n,p+0,q+0])**2 + (x[n,p+0,q+1] - x[n,p+0,q+0])**2 + eps))",
        "x",
        arrays=("x[n,h,w]",),
        positive=("eps",),
        facts=("P = H - 1", "Q = W - 1"),
        constants={"eps": 0.01},
        sizes={"H": 4, "W": 4, "P": 3, "Q": 3},
    ),
    "gamma_deviance": Work(
        "P. McCullagh, J. Nelder, Generalized Linear Models, second edition (1989), section 2.3",
        "m[n] = exp(sum[i](x[n,i]*w[i]))\nL = 2*mean[n]((t[n] - m[n])/m[n] - log(t[n]/m[n]))",
        "x,w",
        positive=("t",),
        make={"t": "positive"},
    ),
    "tweedie_deviance": Work(
        "B. Jorgensen, Exponential Dispersion Models, JRSS B 49 (1987); power p between 1 and 2",
        "m[n] = exp(sum[i](x[n,i]*w[i]))\nL = 2*mean[n](t[n]**(2 - p)/((1 - p)*(2 - p)) - t[n]*m[n]**(1 - p)/(1 - p) + m[n]**(2 - p)/(2 - p))",
        "x,w",
        positive=("t",),
        constants={"p": 1.5},
        make={"t": "positive"},
    ),
    "cox_partial_likelihood": Work(
        "D. Cox, Regression Models and Life-Tables, JRSS B 34 (1972)",
        "s[n] = sum[i](x[n,i]*w[i])\nL = -sum[n](c[n]*(s[n] - log(sum[m]([t[m] >= t[n]]*exp(s[m])))))",
        "x,w",
        make={"t": "positive", "c": "positive"},
        sizes={"N": 4},
    ),
    "vq_commitment": Work(
        "A. van den Oord, O. Vinyals, K. Kavukcuoglu, Neural Discrete Representation Learning, NIPS 2017; zs and Es are z and E held fixed",
        "L = mean[n](min[k](sum[d]((zs[n,d] - E[k,d])**2))) + beta*mean[n](min[k](sum[d]((z[n,d] - Es[k,d])**2)))",
        "z,E",
        constants={"beta": 0.25},
        sizes={"K": 4},
    ),
    "gaussian_kl": Work(
        "D. Kingma, M. Welling, Auto-Encoding Variational Bayes, ICLR 2014",
        "L = mean[n](sum[d](exp(v[n,d]) + m[n,d]**2 - 1 - v[n,d]))/2",
        "m,v",
    ),
    "linear_chain_crf": Work(
        "J. Lafferty, A. McCallum, F. Pereira, Conditional Random Fields, ICML 2001; the forward recurrence",
        "a[n,t,j] = x[n,t,j] + [t > 0]*log(sum[i](exp(a[n,t-1,i] + A[i,j])))\n"
        "L = mean[n](log(sum[j](exp(a[n,T-1,j]))) - sum[t](x[n,t,y[n,t]]))",
        "x,A",
        make={"y": "below:J"},
        sizes={"J": 3, "T": 3, "N": 2},
    ),
    "gumbel_softmax": Work(
        "E. Jang, S. Gu, B. Poole, Categorical Reparameterization with Gumbel-Softmax, ICLR 2017; g is the noise",
        "e[n,j] = exp((x[n,j] + g[n,j])/tau)\ny[n,j] = e[n,j]/sum[k](e[n,k])",
        "x,tau",
        positive=("tau",),
        make={"tau": "positive"},
    ),
    "lorentz_ranking": Work(
        "M. Nickel, D. Kiela, Learning Continuous Hierarchies in the Lorentz Model, ICML 2018; the loss of one positive",
        "p[n] = sqrt(1 + sum[d](u[n,d]**2))*sqrt(1 + sum[d](v[n,d]**2)) - sum[d](u[n,d]*v[n,d])\n"
        "q[n,k] = sqrt(1 + sum[d](u[n,d]**2))*sqrt(1 + sum[d](w[k,d]**2)) - sum[d](u[n,d]*w[k,d])\n"
        "a[n] = log(p[n] + sqrt(p[n]**2 - 1))\nb[n,k] = log(q[n,k] + sqrt(q[n,k]**2 - 1))\n"
        "L = mean[n](a[n] + log(exp(-a[n]) + sum[k](exp(-b[n,k]))))",
        "u,v,w",
    ),
}
