"""The closed forms of the library's norms, windows and pooling; see `library_forms`."""

from __future__ import annotations

SPATIAL: dict[str, str] = {}


def _norm(type_: str, x: str, own: str, over: str, scale: str, samples: str) -> None:
    """A norm with the mean taken out, affine and not.

    `x` are the letters of the input, `own` those of the mean, `over` what it is taken over, `scale` the parameters',
    `samples` what they are summed over.
    """
    letters = x.split(",")
    other = ",".join(f"{i}1" if i in over.split(",") else i for i in letters)
    over = ",".join(f"{i}1" for i in over.split(","))

    def three_terms(g: str, y: str) -> str:
        return f"{g}[{x}] - mean[{over}]({g}[{other}]) - {y}[{x}]*mean[{over}]({g}[{other}]*{y}[{other}])"

    SPATIAL[f"layer {type_}"] = f"dx[{x}] = r[{own}]*({three_terms('dy', 'y')})"
    parameters = f"dgamma[{scale}] = sum[{samples}](dy[{x}]*xhat[{x}])\ndbeta[{scale}] = sum[{samples}](dy[{x}])\n"
    if set(scale.split(",")) <= set(own.split(",")):
        slope = f"dx[{x}] = gamma[{scale}]*r[{own}]*({three_terms('dy', 'xhat')})"
    else:
        slope = f"dxhat[{x}] = dy[{x}]*gamma[{scale}]\ndx[{x}] = r[{own}]*({three_terms('dxhat', 'xhat')})"
    SPATIAL[f"layer {type_} affine=True"] = parameters + slope


_norm("layer_norm", "n,j", "n", "j", "j", "n")
_norm("group_norm", "n,g,c,h,w", "n,g", "c,h,w", "g,c", "n,h,w")
_norm("group_norm1d", "n,t,g,c", "n,g", "t,c", "g,c", "n,t")
_norm("group_norm3d", "n,g,c,d,h,w", "n,g", "c,d,h,w", "g,c", "n,d,h,w")
_norm("instance_norm", "n,c,h,w", "n,c", "h,w", "c", "n,h,w")
_norm("instance_norm1d", "n,t,f", "n,f", "t", "f", "n,t")
_norm("instance_norm3d", "n,c,d,h,w", "n,c", "d,h,w", "c", "n,d,h,w")
SPATIAL["layer rms_norm"] = "dx[n,j] = r[n]*(dy[n,j] - y[n,j]*mean[k](dy[n,k]*y[n,k]))"
SPATIAL["layer rms_norm affine=True"] = (
    "dgamma[j] = sum[n](dy[n,j]*xhat[n,j])\n"
    "dx[n,j] = r[n]*(dy[n,j]*gamma[j] - xhat[n,j]*mean[k](dy[n,k]*gamma[k]*xhat[n,k]))"
)
SPATIAL["layer softmin"] = "dx[n,j] = y[n,j]*(sum[k](dy[n,k]*y[n,k]) - dy[n,j])"
SPATIAL["layer softmax2d"] = "dx[n,c,h,w] = y[n,c,h,w]*(dy[n,c,h,w] - sum[k](dy[n,k,h,w]*y[n,k,h,w]))"
SPATIAL["layer glu"] = "dx[n,g,j] = [g == 0]*dy[n,j]*s[n,j] + [g == 1]*dy[n,j]*s[n,j]*x[n,0,j]*(1 - s[n,j])"

for _n, _axes, _channel in ((1, "t", "f"), (2, "h,w", "c"), (3, "d,h,w", "c")):
    _x = f"n,{_axes},f" if _n == 1 else f"n,c,{_axes}"
    _size = "*".join(a.upper() for a in _axes.split(","))
    SPATIAL[f"layer global_avg_pool{_n}d"] = f"dx[{_x}] = dy[n,{_channel}]/({_size})"

# What the formula language cannot write (first maxima, divisibility, ranges): the derived gradients as they are printed.
PRINTED: dict[str, str] = {
    "layer global_max_pool1d": "dx[n,t,f] = dy[n,f]*[(t) is the first maximum over t1 of x[n,t1,f]]",
    "layer global_max_pool2d": "dx[n,c,h,w] = dy[n,c]*[(h,w) is the first maximum over h1,w1 of x[n,c,h1,w1]]",
    "layer global_max_pool3d": "dx[n,c,d,h,w] = dy[n,c]"
    "*[(d,h,w) is the first maximum over d1,h1,w1 of x[n,c,d1,h1,w1]]",
    # e is b**(-beta), saved; no channel outside is divided by
    "layer local_response_norm": "dx[n,c,h,w] = dy[n,c,h,w]*e[n,c,h,w] - 2*alpha*beta*x[n,c,h,w]"
    "*mean[u](dy[n,c+1-u,h,w]*y[n,c+1-u,h,w]*[0 <= c + 1 - u < C]/b[n,c+1-u,h,w])",
}
