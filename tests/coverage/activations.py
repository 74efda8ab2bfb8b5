"""Rows of pointwise functions: each follows a dense layer, since it is a key of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .model import Row, Trial

Function = Callable[[Any, Any], Any]  # (torch, z) -> y


def _row(module: str, entry: str, function: Function, note: str = "") -> Row:
    def trial(units: int, *lead: int) -> Trial:
        layer = f"{{type: dense, name: l, units: {units}, activation: {entry}}}"
        return Trial(layer, {"x": (*lead, 3)}, lambda torch, x, p: function(torch, x["x"] @ p["l.W"] + p["l.b"]))

    return Row(module, f"activation: {entry}", trials=(trial(5), trial(1, 4)), note=note)


def _celu(torch: Any, z: Any) -> Any:
    return torch.where(z > 0, z, 0.7 * torch.expm1(z.clamp(max=0) / 0.7))


def _softplus(torch: Any, z: Any) -> Any:
    return torch.logaddexp(z, torch.zeros((), dtype=z.dtype))


SINGLE = "compared with the definition: the module's own gradient has the accuracy of float32"

ROWS = (
    _row("CELU", "{type: celu, alpha: 0.7}", _celu, SINGLE),
    _row("ELU", "{type: elu, alpha: 1.3}", lambda torch, z: torch.nn.ELU(1.3)(z)),
    _row("GELU", "gelu", lambda torch, z: torch.nn.GELU()(z), "`gelu_tanh` is the form with tanh"),
    _row("Hardshrink", "{type: hardshrink, cut: 0.4}", lambda torch, z: torch.nn.Hardshrink(0.4)(z)),
    _row("Hardsigmoid", "hardsigmoid", lambda torch, z: (z / 6 + 0.5).clamp(0, 1), SINGLE),
    _row("Hardswish", "hardswish", lambda torch, z: torch.nn.Hardswish()(z)),
    _row("Hardtanh", "{type: hardtanh, low: -0.5, high: 0.8}", lambda torch, z: torch.nn.Hardtanh(-0.5, 0.8)(z)),
    _row("LeakyReLU", "{type: leaky_relu, alpha: 0.2}", lambda torch, z: torch.nn.LeakyReLU(0.2)(z)),
    _row("LogSigmoid", "logsigmoid", lambda torch, z: torch.nn.LogSigmoid()(z)),
    _row("Mish", "mish", lambda torch, z: torch.nn.Mish()(z)),
    _row("ReLU", "relu", lambda torch, z: torch.nn.ReLU()(z)),
    _row("ReLU6", "relu6", lambda torch, z: torch.nn.ReLU6()(z)),
    _row(
        "RReLU",
        "{type: rrelu, lower: 0.1, upper: 0.4}",
        lambda torch, z: torch.nn.RReLU(0.1, 0.4).eval()(z),
        "training, with given slopes, is compared in `tests/oracle/test_modes.py`",
    ),
    _row("SELU", "selu", lambda torch, z: torch.nn.SELU()(z)),
    _row("SiLU", "silu", lambda torch, z: torch.nn.SiLU()(z)),
    _row("Sigmoid", "sigmoid", lambda torch, z: torch.nn.Sigmoid()(z)),
    _row("Softplus", "softplus", _softplus, "exact everywhere: the module is linear above its threshold of 20"),
    _row("Softshrink", "{type: softshrink, cut: 0.4}", lambda torch, z: torch.nn.Softshrink(0.4)(z)),
    _row("Softsign", "softsign", lambda torch, z: torch.nn.Softsign()(z)),
    _row("Tanh", "tanh", lambda torch, z: torch.nn.Tanh()(z)),
    _row("Tanhshrink", "tanhshrink", lambda torch, z: torch.nn.Tanhshrink()(z)),
    _row(
        "Threshold",
        "{type: threshold, threshold: 0.3, value: -0.2}",
        lambda torch, z: torch.nn.Threshold(0.3, -0.2)(z),
    ),
    Row(
        "PReLU",
        "activation: prelu",
        trials=tuple(
            Trial(
                f"{{type: dense, name: l, units: {units}, activation: prelu}}",
                {"x": (3,)},
                lambda torch, x, p: torch.nn.functional.prelu(x["x"] @ p["l.W"] + p["l.b"], p["l.alpha"]),
            )
            for units in (5, 1)
        ),
    ),
)
