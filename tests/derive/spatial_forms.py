"""The closed forms of the library's norms, windows and pooling; see `library_forms`."""

from __future__ import annotations

from pathlib import Path

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
_norm("group_norm", "n,g,c,s", "n,g", "c,s", "g,c", "n,s")
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



def printed(name: str) -> dict[str, str]:
    """Gradients as they are printed, such as those that the formula language cannot write: first maxima, ranges."""
    text = Path(__file__).with_name(name).read_text()
    return {part.partition("\n")[0]: part.partition("\n")[2].strip() for part in text.split("# ")[1:]}


PRINTED = printed("spatial_forms.txt")
