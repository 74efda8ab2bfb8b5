"""Rows of convolutions, pooling, padding and upsampling, in one, two and three dimensions.

A sequence is [t, feature] here and [feature, t] in PyTorch: the trials turn it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .model import Row, Tensors, Trial

Function = Callable[[Any, Any, Tensors], Any]  # (torch, x as PyTorch has it, parameters) -> y as PyTorch has it
SHAPES = {1: ((7, 4), (6, 2)), 2: ((4, 7, 6), (2, 5, 9)), 3: ((4, 5, 4, 6), (2, 4, 5, 3))}


def trial(layer: str, dims: int, shape: tuple[int, ...], function: Function, batch: int = 2) -> Trial:
    """A layer called l on one input."""

    def forward(torch: Any, x: Tensors, p: Tensors) -> Any:
        if dims > 1:
            return function(torch, x["x"], p)
        return function(torch, x["x"].transpose(1, 2), p).transpose(1, 2)

    return Trial(f"{{type: {layer}, name: l}}", {"x": shape}, forward, batch=batch)


def _row(module: str, layer: str, dims: int, *variants: tuple[str, Function], note: str = "") -> Row:
    """Every variant (its keys in a spec) at both shapes; the declaration shown is the first."""
    trials = tuple(trial(f"{layer}, {keys}", dims, shape, f) for keys, f in variants for shape in SHAPES[dims])
    return Row(module, f"{{type: {layer}, {variants[0][0]}}}", trials=trials, note=note)


def _conv(dims: int) -> Row:
    def made(**keys: Any) -> Function:
        return lambda torch, x, p: getattr(torch.nn.functional, f"conv{dims}d")(x, p["l.K"], p["l.b"], **keys)

    def same(torch: Any, x: Any, p: Tensors) -> Any:
        return getattr(torch.nn.functional, f"conv{dims}d")(x, p["l.K"], p["l.b"], padding="same", dilation=2)

    return _row(
        f"Conv{dims}d", f"conv{dims}d", dims,
        ("filters: 2, kernel: 3, stride: 2, padding: 1", made(stride=2, padding=1)),
        ("filters: 4, kernel: 2, groups: 2", made(groups=2)),
        ("filters: 2, kernel: 3, padding: same, dilation: 2", same),
        note="padding_mode and groups (depthwise too) as there",
    )  # fmt: skip


def _transposed(dims: int) -> Row:
    def made(**keys: Any) -> Function:
        return lambda torch, x, p: getattr(torch.nn.functional, f"conv_transpose{dims}d")(
            x, p["l.K"], p["l.b"], **keys
        )

    return _row(
        f"ConvTranspose{dims}d", f"conv_transpose{dims}d", dims,
        ("filters: 3, kernel: 3, stride: 2, padding: 1, output_padding: 1",
         made(stride=2, padding=1, output_padding=1)),
        ("filters: 4, kernel: 2, groups: 2, dilation: 2", made(groups=2, dilation=2)),
    )  # fmt: skip


def _pool(kind: str, module: str, dims: int) -> Row:
    def made(**keys: Any) -> Function:
        return lambda torch, x, p: getattr(torch.nn, f"{module}Pool{dims}d")(**keys)(x)

    return _row(
        f"{module}Pool{dims}d", f"{kind}_pool{dims}d", dims,
        ("size: 2", made(kernel_size=2)),
        ("size: 3, stride: 2, padding: 1", made(kernel_size=3, stride=2, padding=1)),
    )  # fmt: skip


def _lp(dims: int) -> Row:
    def positive(keys: str, shape: tuple[int, ...]) -> Trial:
        base = trial(f"lp_pool{dims}d, {keys}", dims, shape, lambda torch, x, p: x)

        def forward(torch: Any, x: Tensors, p: Tensors) -> Any:
            a = x["x"] if dims > 1 else x["x"].transpose(1, 2)
            y = getattr(torch.nn, f"LPPool{dims}d")(3, 2, stride=1)(a)
            return y if dims > 1 else y.transpose(1, 2)

        return Trial(base.layers, base.inputs, forward, batch=2, draw={"x": lambda a: abs(a) + 0.1})

    keys = "norm: 3, size: 2, stride: 1"
    trials = tuple(positive(keys, shape) for shape in SHAPES[dims])
    return Row(f"LPPool{dims}d", f"{{type: lp_pool{dims}d, {keys}}}", trials=trials,
               note="`l2_pool` has the gradient 0 at 0; compared at positive inputs")  # fmt: skip


def _adaptive(kind: str, module: str, dims: int) -> Row:
    def made(size: int) -> Function:
        return lambda torch, x, p: getattr(torch.nn, f"Adaptive{module}Pool{dims}d")(size)(x)

    layer = f"adaptive_{kind}_pool{dims}d"
    return _row(f"Adaptive{module}Pool{dims}d", layer, dims, ("size: 2", made(2)), ("size: 3", made(3)))


def _pad(module: str, mode: str, dims: int, extra: str = "", **keys: Any) -> Row:
    def made(before: int, after: int) -> Function:
        places = (before, after) * dims
        return lambda torch, x, p: torch.nn.functional.pad(x, places, **({"mode": mode} | keys))

    pair = "[" + ", ".join(["[1, 2]"] * dims) + "]"
    return _row(f"{module}Pad{dims}d", f"pad{dims}d", dims, (f"padding: {pair}, mode: {mode}{extra}", made(1, 2)))


def _upsampled(**keys: Any) -> Function:
    return lambda torch, x, p: torch.nn.Upsample(scale_factor=2, **keys)(x)


ROWS = (
    *(_conv(k) for k in (1, 2, 3)),
    *(_transposed(k) for k in (1, 2, 3)),
    *(_pool("max", "Max", k) for k in (1, 2, 3)),
    *(_pool("avg", "Avg", k) for k in (1, 2, 3)),
    *(_lp(k) for k in (1, 2, 3)),
    *(_adaptive("avg", "Avg", k) for k in (1, 2, 3)),
    *(_adaptive("max", "Max", k) for k in (1, 2, 3)),
    *(_pad("Constant", "constant", k, ", value: 0.7", value=0.7) for k in (1, 2, 3)),
    *(_pad("Zero", "constant", k) for k in (1, 2, 3)),
    *(_pad("Reflection", "reflect", k) for k in (1, 2, 3)),
    *(_pad("Replication", "replicate", k) for k in (1, 2, 3)),
    *(_pad("Circular", "circular", k) for k in (1, 2, 3)),
    _row("Upsample", "upsample2d", 2, ("scale: 2, mode: bilinear", _upsampled(mode="bilinear")),
         ("scale: 2", _upsampled(mode="nearest")), note="`upsample1d` and `upsample3d` too"),
    _row("UpsamplingNearest2d", "upsample2d", 2, ("scale: 2, mode: nearest", _upsampled(mode="nearest"))),
    _row("UpsamplingBilinear2d", "upsample2d", 2, ("scale: 2, mode: bilinear, align_corners: true",
         _upsampled(mode="bilinear", align_corners=True))),
    _row("Unfold", "unfold", 2,
         ("kernel: 2, stride: 2, padding: 1", lambda torch, x, p: torch.nn.Unfold(2, stride=2, padding=1)(x)),
         ("kernel: [3, 2], dilation: 2", lambda torch, x, p: torch.nn.Unfold((3, 2), dilation=2)(x))),
    Row("Fold", "{type: fold, size: [5, 6], kernel: [3, 2], stride: [2, 1]}", trials=tuple(
        Trial("{type: fold, name: l, size: [5, 6], kernel: [3, 2], stride: [2, 1]}", {"x": (6 * c, 10)},
              lambda torch, x, p: torch.nn.Fold((5, 6), (3, 2), stride=(2, 1))(x["x"]),
              spec="axes: {x: [channel, place]}") for c in (1, 2))),
)  # fmt: skip
