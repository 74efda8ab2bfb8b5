"""The closed forms that the library's entries must reach, for their plain and their safe equations alike.

Nothing but tests reads this file.  A form may come out differently where it is no longer, saves no more, divides by no
more and has the same values.
"""

from .sequence_forms import SEQUENCE_GRADIENTS
from .spatial_forms import SPATIAL

INSIDE = "where(z[n,j] > 0, 1, {})"

ACTIVATIONS: dict[str, str] = {
    "abs": "sign(z[n,j])",
    "celu": INSIDE.format("1 + y[n,j]/alpha"),
    "elu": INSIDE.format("y[n,j] + alpha"),
    "exp": "y[n,j]",
    "gelu": "(Phi[n,j] + exp(-z[n,j]**2/2)*z[n,j]/sqrt(2*pi))",
    "gelu_tanh": "((1 + u[n,j])/2 + z[n,j]*(1 - u[n,j]**2)*sqrt(2/pi)*(0.5 + 0.0670725*z[n,j]**2))",
    "hardshrink": "[abs(z[n,j]) > cut]",
    "hardsigmoid": "[z[n,j] > -3]*[z[n,j] < 3]/6",
    "hardswish": "(r[n,j] + z[n,j]*[z[n,j] > -3]*[z[n,j] < 3]/6)",
    "hardtanh": "[z[n,j] > low]*[z[n,j] < high]",
    "identity": "1",
    "leaky_relu": INSIDE.format("alpha"),
    "logsigmoid": "sigmoid(-z[n,j])",
    "mish": "(u[n,j] + z[n,j]*(1 - u[n,j]**2)*sigmoid(z[n,j]))",
    "prelu": INSIDE.format("alpha[j]"),
    "relu": "[y[n,j] > 0]",
    "rrelu": INSIDE.format("slope[n,j]"),
    "relu6": "[z[n,j] > 0]*[z[n,j] < 6]",
    "selu": "where(z[n,j] > 0, scale, y[n,j] + scale*alpha)",
    "sigmoid": "y[n,j]*(1 - y[n,j])",
    "silu": "(s[n,j] + y[n,j]*(1 - s[n,j]))",
    "sine": "cos(z[n,j])",
    "softplus": "sigmoid(z[n,j])",
    "softshrink": "([z[n,j] > cut] + [z[n,j] < -cut])",
    "softsign": "1/(1 + abs(z[n,j]))**2",
    "square": "2*z[n,j]",
    "tanh": "(1 - y[n,j]**2)",
    "tanhshrink": "u[n,j]**2",
    "threshold": "[z[n,j] > threshold]",
}

_LABELS = {
    "labels=integer, ignore_index=None": "[t[n] == j]",
    "labels=one_hot": "t[n,j]",
}
_CE = "loss cross_entropy"
GRADIENTS: dict[str, str] = {
    "layer bilinear": "dx[n,i] = sum[o,j](dy[n,o]*W[o,i,j]*z[n,j])\ndz[n,j] = sum[i,o](dy[n,o]*W[o,i,j]*x[n,i])\n"
    "dW[o,i,j] = sum[n](dy[n,o]*x[n,i]*z[n,j])",
    "layer dense": "dx[n,i] = sum[j](dy[n,j]*W[i,j])\ndW[i,j] = sum[n](x[n,i]*dy[n,j])",
    "layer log_softmax": "dx[n,j] = dy[n,j] - exp(y[n,j])*sum[k](dy[n,k])",
    "layer softmax": "dx[n,j] = y[n,j]*(dy[n,j] - sum[k](dy[n,k]*y[n,k]))",
    "loss binary_cross_entropy": "dy[n,j] = (p[n,j] - t[n,j])/(N*J)",
    "loss cosine": "dy[n,j] = (c[n]*y[n,j]/a[n] - t[n,j]/b[n])/(N*a[n])",
    "loss gaussian_nll": "dy[n,j] = (y[n,j] - t[n,j])/(variance*N*J)",
    "loss half_squared_error": "dy[n,j] = (y[n,j] - t[n,j])/N",
    "loss hinge": "dy[n,j] = -t[n,j]*[t[n,j]*y[n,j] < 1]/(N*J)",
    "loss huber": "dy[n,j] = max(-delta, min(e[n,j], delta))/(N*J)",
    "loss kl_divergence": "dy[n,j] = -t[n,j]/(y[n,j]*N)",
    "loss mae": "dy[n,j] = sign(y[n,j] - t[n,j])/(N*J)",
    "loss mse": "dy[n,j] = 2*(y[n,j] - t[n,j])/(N*J)",
    "loss nll labels=integer, ignore_index=None": "dy[n,j] = -[t[n] == j]/N",
    "loss nll labels=integer, ignore_index=None, class_weights=True": "dy[n,j] = -c[n]*[t[n] == j]/sum[m](c[m])",
    "loss nll labels=one_hot, class_weights=True": "dy[n,j] = -c[n]*t[n,j]/sum[m](c[m])",
    "loss nll class_weights=True": "dy[n,j] = -class_weights[j]*t[n,j]/N",
    "loss nll": "dy[n,j] = -t[n,j]/N",
    "loss poisson_nll log_input=True": "dy[n,j] = (exp(y[n,j]) - t[n,j])/(N*J)",
    "loss poisson_nll": "dy[n,j] = (1 - t[n,j]/(y[n,j] + eps))/(N*J)",
    "loss smooth_l1": "dy[n,j] = max(-1, min(e[n,j]/beta, 1))/(N*J)",
    "loss squared_hinge": "dy[n,j] = -2*t[n,j]*max(0, 1 - t[n,j]*y[n,j])/(N*J)",
    _CE: "dy[n,j] = (p[n,j] - t[n,j])/N",
    f"{_CE} labels=integer, ignore_index=None": "dy[n,j] = (p[n,j] - [t[n] == j])/N",
    f"{_CE} label_smoothing=True": "dy[n,j] = (p[n,j] - r[n,j])/N",
    f"{_CE} labels=integer, ignore_index=None, label_smoothing=True": (
        "dy[n,j] = (p[n,j] - [t[n] == j]*(1 - label_smoothing) - label_smoothing/J)/N"
    ),
    f"{_CE} class_weights=True": "dy[n,j] = (p[n,j]*sum[k](class_weights[k]*t[n,k]) - class_weights[j]*t[n,j])/N",
    f"{_CE} class_weights=True, label_smoothing=True": "dy[n,j] = (p[n,j]*sum[k](r[n,k]) - r[n,j])/N",
    "penalty l1": "dw[i,j] = a*sign(w[i,j])",
    "penalty l2": "dw[i,j] = a*w[i,j]",
}
for _labels, _target in _LABELS.items():
    GRADIENTS[f"{_CE} {_labels}, class_weights=True"] = f"dy[n,j] = c[n]*(p[n,j] - {_target})/sum[m](c[m])"
GRADIENTS[f"{_CE} labels=one_hot, class_weights=True, label_smoothing=True"] = (
    "dy[n,j] = (p[n,j]*sum[k](r[n,k]) - r[n,j])/sum[m](c[m])"
)
for _layer in ("dense", "bilinear"):
    _bias = "db[j] = sum[n](dy[n,j])" if _layer == "dense" else "db[o] = sum[n](dy[n,o])"
    GRADIENTS[f"layer {_layer} bias=True"] = GRADIENTS[f"layer {_layer}"] + "\n" + _bias
_RUNNING = "dx[n,c] = dy[n,c]*gamma[c]*r[c]"
_BATCH = "r[c]*(dy[n,c] - mean[k](dy[k,c]) - xhat[n,c]*mean[k](dy[k,c]*xhat[k,c]))"
_SCALE = "\ndgamma[c] = sum[n](dy[n,c]*xhat[n,c])\ndbeta[c] = sum[n](dy[n,c])"
_BN = "layer batch_norm"
GRADIENTS[_BN] = GRADIENTS[f"{_BN} track=False"] = f"dx[n,c] = gamma[c]*{_BATCH}" + _SCALE
GRADIENTS[f"{_BN} affine=False"] = f"dx[n,c] = {_BATCH}"
GRADIENTS[f"{_BN} statistics=running"] = _RUNNING + _SCALE
GRADIENTS["layer dropout"] = GRADIENTS["layer alpha_dropout"] = "dx[n] = dy[n]*keep[n]"
_WITHIN = "r[n,c]*(dy[n,c,s] - mean[k](dy[n,c,k]) - xhat[n,c,s]*mean[k](dy[n,c,k]*xhat[n,c,k]))"
_IN = "layer instance_norm"
GRADIENTS[_IN] = GRADIENTS[f"{_IN} track=True"] = f"dx[n,c,s] = {_WITHIN}"
GRADIENTS[f"{_IN} affine=True"] = (
    f"dx[n,c,s] = gamma[c]*{_WITHIN}\n"
    "dgamma[c] = sum[n,s](dy[n,c,s]*xhat[n,c,s])\ndbeta[c] = sum[n,s](dy[n,c,s])"
)
GRADIENTS["layer channel_dropout"] = GRADIENTS["layer feature_alpha_dropout"] = "dx[n,c,s] = dy[n,c,s]*keep[n,c]"
GRADIENTS["layer gaussian_dropout"] = "dx[n] = dy[n]*factor[n]"
GRADIENTS["layer gaussian_noise"] = "dx[n] = dy[n]"
for _name, _factor in ACTIVATIONS.items():
    GRADIENTS[f"activation {_name}"] = f"dz[n,j] = dy[n,j]*{_factor}" if _factor != "1" else "dz[n,j] = dy[n,j]"
GRADIENTS["activation prelu"] += "\ndalpha[j] = sum[n](dy[n,j]*min(z[n,j], 0))"

GRADIENTS |= SPATIAL | SEQUENCE_GRADIENTS

# Safe equations that say more than the plain ones: a norm below eps is a constant.
SAFE_GRADIENTS: dict[str, str] = {
    "loss kl_divergence": "dy[n,j] = where(t[n,j] > 0, -t[n,j]/(y[n,j]*N), 0)",
    "loss cosine": "dy[n,j] = (where(sum[k](y[n,k]**2) > eps**2, c[n]*y[n,j]/a[n], 0) - t[n,j]/b[n])/(N*a[n])",
}
