"""The closed forms that the derivation must reach, as programs: what is derived may be no longer.

Each text lists all adjoints that are kept, in any order.  Where the derived form differs in shape it must have the same
value, no more operations in all, and read no more saved values.  Nothing but tests reads this file.
"""
# ruff: noqa: E501  (formulas stand on one line)

from .sequences import SEQUENCES

FORMS: dict[str, str] = {
    "sigmoid": "dx[n,j] = dy[n,j]*y[n,j]*(1 - y[n,j])",
    "tanh": "dx[n,j] = dy[n,j]*(1 - y[n,j]**2)",
    "tanh_by_exp": "dx[n,j] = dy[n,j]*(1 - y[n,j]**2)",
    "relu": "dx[n,j] = dy[n,j]*[y[n,j] > 0]",
    "leaky_relu": "dx[n,j] = dy[n,j]*([x[n,j] > 0] + alpha*(1 - [x[n,j] > 0]))",
    "elu": "dx[n,j] = dy[n,j]*((1 - [x[n,j] > 0])*(y[n,j] + alpha) + [x[n,j] > 0])",
    "softplus": "dx[n,j] = dy[n,j]*sigmoid(x[n,j])",
    "silu": "dx[n,j] = dy[n,j]*(s[n,j] + y[n,j]*(1 - s[n,j]))",
    "gelu": "dx[n,j] = dy[n,j]*(Phi[n,j] + exp(-x[n,j]**2/2)*x[n,j]/sqrt(2*pi))",
    "softsign": "dx[n,j] = dy[n,j]/u[n,j]**2",
    "softsign_one_equation": "dx[n,j] = dy[n,j]/(1 + abs(x[n,j]))**2",
    "sqrt": "dx[n,j] = dy[n,j]/(2*y[n,j])",
    "rsqrt": "dx[n,j] = -dy[n,j]*y[n,j]**3/2",
    "exp": "dx[n,j] = dy[n,j]*y[n,j]",
    "log": "dx[n,j] = dy[n,j]/x[n,j]",
    "square": "dx[n,j] = 2*dy[n,j]*x[n,j]",
    "selu": "dx[n,j] = dy[n,j]*((1 - [x[n,j] > 0])*(y[n,j] + alpha*scale) + [x[n,j] > 0]*scale)",
    "abs": "dx[n,j] = dy[n,j]*sign(x[n,j])",
    "mse": "dx[n,j] = 2*(x[n,j] - t[n,j])/(N*J)",
    "huber": "dx[n,j] = max(-1, min(e[n,j], 1))/(N*J)",
    "hinge": "dx[n,j] = -t[n,j]*[1 - t[n,j]*x[n,j] > 0]/N",
    "bilinear": "dx[n,i] = sum[o,j](dy[n,o]*W[o,i,j]*z[n,j])\n"
    "dz[n,j] = sum[i,o](dy[n,o]*W[o,i,j]*x[n,i])\n"
    "dW[o,i,j] = sum[n](dy[n,o]*x[n,i]*z[n,j])",
    "mlp": "da[n,j] = (p[n,j] - t[n,j])/N\ndV[k,j] = sum[n](da[n,j]*h[n,k])\n"
    "dz[n,k] = h[n,k]*(1 - h[n,k])*sum[j](V[k,j]*da[n,j])\ndb[k] = sum[n](dz[n,k])\n"
    "dx[n,i] = sum[k](W[i,k]*dz[n,k])\ndW[i,k] = sum[n](dz[n,k]*x[n,i])",
    "dense": "dx[n,i] = sum[j](dy[n,j]*W[i,j])\ndW[i,j] = sum[n](x[n,i]*dy[n,j])\ndb[j] = sum[n](dy[n,j])",
    "dense_tanh": "dz[n,j] = dy[n,j]*(1 - y[n,j]**2)\ndb[j] = sum[n](dz[n,j])\n"
    "dx[n,i] = sum[j](W[i,j]*dz[n,j])\ndW[i,j] = sum[n](dz[n,j]*x[n,i])",
    "softmax": "dx[n,j] = y[n,j]*(dy[n,j] - sum[k](dy[n,k]*y[n,k]))",
    "softmax_stable": "dx[n,j] = y[n,j]*(dy[n,j] - sum[k](dy[n,k]*y[n,k]))",
    "log_softmax": "dx[n,j] = dy[n,j] - exp(y[n,j])*sum[k](dy[n,k])",
    "log_softmax_stable": "dx[n,j] = dy[n,j] - exp(y[n,j])*sum[k](dy[n,k])",
    "softmax_ce": "dx[n,j] = (p[n,j] - t[n,j])/N",
    "softmax_ce_labels": "dx[n,j] = (p[n,j] - [c[n] == j])/N",
    "softmax_kl": "dx[n,j] = (p[n,j] - t[n,j])/N",
    "ce_from_logits_stable": "dx[n,j] = (exp(x[n,j] - m[n])/exp(l[n]) - t[n,j])/N",
    "sigmoid_bce": "dx[n,j] = (p[n,j] - t[n,j])/(N*J)",
    "layer_norm_plain": "dx[n,j] = r[n]*(dxhat[n,j] - mean[k](dxhat[n,k]) - xhat[n,j]*mean[k](dxhat[n,k]*xhat[n,k]))",
    "layer_norm": "dxhat[n,j] = dy[n,j]*gamma[j]\ndgamma[j] = sum[n](dy[n,j]*xhat[n,j])\ndbeta[j] = sum[n](dy[n,j])\n"
    "dx[n,j] = r[n]*(dxhat[n,j] - mean[k](dxhat[n,k]) - xhat[n,j]*mean[k](dxhat[n,k]*xhat[n,k]))",
    "batch_norm": "dgamma[j] = sum[n](dy[n,j]*xhat[n,j])\ndbeta[j] = sum[n](dy[n,j])\n"
    "dx[n,j] = gamma[j]*r[j]*(dy[n,j] - xhat[n,j]*mean[a](dy[a,j]*xhat[a,j]) - mean[a](dy[a,j]))",
    "rms_norm": "dgamma[j] = sum[n](dy[n,j]*xhat[n,j])\n"
    "dx[n,j] = r[n]*(dy[n,j]*gamma[j] - xhat[n,j]*mean[k](dy[n,k]*y[n,k]))",
    "embedding": "dE[k,j] = sum[n,t](dy[n,t,j]*[ids[n,t] == k])",
    "rnn": "dz[n,t,j] = (1 - h[n,t,j]**2)*(sum[k](U[j,k]*dz[n,t+1,k]) + dy[n,t,j])\n"
    "dU[k,j] = sum[n,t](dz[n,t,j]*h[n,t-1,k])\ndb[j] = sum[n,t](dz[n,t,j])\n"
    "dx[n,t,i] = sum[j](W[i,j]*dz[n,t,j])\ndW[i,j] = sum[n,t](dz[n,t,j]*x[n,t,i])",
    "lstm": "dzi[n,t,j] = dc[n,t,j]*g[n,t,j]*i[n,t,j]*(1 - i[n,t,j])\n"
    "dzf[n,t,j] = c[n,t-1,j]*dc[n,t,j]*f[n,t,j]*(1 - f[n,t,j])\n"
    "dzg[n,t,j] = dc[n,t,j]*i[n,t,j]*(1 - g[n,t,j]**2)\n"
    "dzo[n,t,j] = dh[n,t,j]*h[n,t,j]*(1 - o[n,t,j])\n"
    "dc[n,t,j] = dc[n,t+1,j]*f[n,t+1,j] + dh[n,t,j]*o[n,t,j]*(1 - tanh(c[n,t,j])**2)\n"
    "dh[n,t,j] = sum[k](Uf[j,k]*dzf[n,t+1,k] + Ug[j,k]*dzg[n,t+1,k] + Ui[j,k]*dzi[n,t+1,k] + Uo[j,k]*dzo[n,t+1,k]) + dy[n,t,j]\n"
    + "".join(
        f"dU{m}[k,j] = sum[n,t](dz{m}[n,t,j]*h[n,t-1,k])\ndb{m}[j] = sum[n,t](dz{m}[n,t,j])\n"
        f"dW{m}[i,j] = sum[n,t](dz{m}[n,t,j]*x[n,t,i])\n"
        for m in "ifgo"
    )
    + "dx[n,t,i] = sum[j](Wf[i,j]*dzf[n,t,j] + Wg[i,j]*dzg[n,t,j] + Wi[i,j]*dzi[n,t,j] + Wo[i,j]*dzo[n,t,j])",
    "gru": "dar[n,t,j] = dan[n,t,j]*r[n,t,j]*s[n,t,j]*(1 - r[n,t,j])\n"
    "daz[n,t,j] = dh[n,t,j]*z[n,t,j]*(1 - z[n,t,j])*(h[n,t-1,j] - e[n,t,j])\n"
    "ds[n,t,j] = dan[n,t,j]*r[n,t,j]\n"
    "dan[n,t,j] = dh[n,t,j]*(1 - e[n,t,j]**2)*(1 - z[n,t,j])\n"
    "dh[n,t,j] = sum[k](Un[j,k]*ds[n,t+1,k] + Ur[j,k]*dar[n,t+1,k] + Uz[j,k]*daz[n,t+1,k]) + dy[n,t,j] + dh[n,t+1,j]*z[n,t+1,j]\n"
    "dcn[j] = sum[n,t](ds[n,t,j])\n"
    + "".join(f"dU{m}[k,j] = sum[n,t]({d}[n,t,j]*h[n,t-1,k])\n" for m, d in (("r", "dar"), ("z", "daz"), ("n", "ds")))
    + "".join(f"db{m}[j] = sum[n,t](da{m}[n,t,j])\ndW{m}[i,j] = sum[n,t](da{m}[n,t,j]*x[n,t,i])\n" for m in "rzn")
    + "dx[n,t,i] = sum[j](Wn[i,j]*dan[n,t,j] + Wr[i,j]*dar[n,t,j] + Wz[i,j]*daz[n,t,j])",
    "attention": "dA[n,h,a,k] = sum[e](dy[n,h,a,e]*v[n,h,k,e])\ndv[n,h,k,e] = sum[a](A[n,h,a,k]*dy[n,h,a,e])\n"
    "dS[n,h,a,k] = A[n,h,a,k]*(dA[n,h,a,k] - sum[l](A[n,h,a,l]*dA[n,h,a,l]))\n"
    "dq[n,h,a,e] = sum[k](dS[n,h,a,k]*kk[n,h,k,e])/sqrt(E)\ndkk[n,h,k,e] = sum[a](dS[n,h,a,k]*q[n,h,a,e])/sqrt(E)",
    "pad_reflect": "dx[n,c,i,j] = sum[p,q](dy[n,c,p,q]*[i == I - 1 - abs(I - 1 - abs(p - 2))]*[j == J - 1 - abs(J - 1 - abs(q - 1))])",
    "pad_replicate": "dx[n,c,i,j] = sum[p,q](dy[n,c,p,q]*[i == max(0, min(p - 2, I - 1))]*[j == max(0, min(q - 1, J - 1))])",
    "pad_circular": "dx[n,c,i,j] = sum[p,q](dy[n,c,p,q]*[i == (p - 2) % I]*[j == (q - 1) % J])",
    "resize_nearest": "dx[n,c,i,j] = sum[p,q](dy[n,c,p,q]*[i == p*I//P]*[j == q*J//Q])",
    "shuffle": "dx[n,c,i,j] = dy[n,i*C + c,j]",
    "flat": "dx[n,c,i,j] = dy[n,(c*I + i)*J + j]",
    "unflat": "dx[n,p] = dy[n,p//J//I,p//J % I,p % J]",
    "place_of_label": "dx[n,p,q] = dy[n,k[n,p,q]//J,k[n,p,q] % J]",
    # as the one equation is written, the mean of the squares is r**-2, promoted to a name: r for the root
    "layer_norm_by_squares": "dx[n,j] = r[n]*(dxhat[n,j] - mean[k](dxhat[n,k]) - xhat[n,j]*mean[k](dxhat[n,k]*xhat[n,k]))",
}

# Forms that the formula language cannot write (divisibility, ranges, first maxima), and layers written without names in
# between, whose values the engine names itself: operations of the whole program at most.
SIZES_OF_FORMS: dict[str, int] = {
    "mish": 12,
    "layer_norm_one_equation": 10,
    "conv2d": 9,  # db 1, dK 2, dx: a sum over three factors and two divisibilities
    "conv2d_holes": 9,
    "conv2d_sizes_differ": 9,
    "conv2d_stride_leaves_rest": 9,
    "conv2d_point": 5,  # nothing to divide, nothing to leave out
    "max_pool2d": 7,  # dy where the place is the first maximum of its window and lies in it
    "avg_pool2d": 5,
    "adaptive_max": 23,  # dy where the place is the first maximum of its window; most of it is the place
    "l2_pool2d": 11,  # keeps its ranges: outside, y is 0 and would be divided by
}

FORMS |= {name: sequence.form for name, sequence in SEQUENCES.items()}
