"""Rows of losses of one output and one target."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .model import Row, Tensors, Trial

Loss = Callable[[Any, Any, Any], Any]  # (torch, y, t) -> loss


def _row(module: str, loss: str, target: str, function: Loss, front: str = "", note: str = "") -> Row:
    def trial(units: int, *lead: int) -> Trial:
        layers = f"{{type: dense, name: l, units: {units}}}" + (f"\n{{type: {front}}}" if front else "")

        def forward(torch: Any, x: Tensors, p: Tensors) -> Callable[[Any], Any]:
            y = x["x"] @ p["l.W"] + p["l.b"]
            if front:
                y = getattr(torch, front)(y, dim=-1)
            return lambda t: function(torch, y, t)

        kind = f"labels:{units}" if target == "labels" else target
        return Trial(layers, {"x": (*lead, 3)}, forward, f"{{type: {loss}}}", kind, batch=4)

    return Row(module, f"loss: {{type: {loss}}}", trials=(trial(5), trial(2)), note=note)


def _of(name: str, **keys: Any) -> Loss:
    return lambda torch, y, t: getattr(torch.nn, name)(**keys)(y, t)


ROWS = (
    _row("L1Loss", "mae", "real", _of("L1Loss")),
    _row("MSELoss", "mse", "real", _of("MSELoss")),
    _row("HuberLoss", "huber, delta: 0.7", "real", _of("HuberLoss", delta=0.7)),
    _row("SmoothL1Loss", "smooth_l1, beta: 0.6", "real", _of("SmoothL1Loss", beta=0.6)),
    _row("CrossEntropyLoss", "cross_entropy", "labels", _of("CrossEntropyLoss")),
    _row("NLLLoss", "nll", "labels", _of("NLLLoss"), "log_softmax"),
    _row("BCEWithLogitsLoss", "binary_cross_entropy", "unit", _of("BCEWithLogitsLoss")),
    _row("KLDivLoss", "kl_divergence", "probabilities",
         lambda torch, y, t: torch.nn.KLDivLoss(reduction="batchmean")(y.log(), t), "softmax",
         "of probabilities; the module takes their logarithms"),
    _row("PoissonNLLLoss", "poisson_nll", "counts", _of("PoissonNLLLoss")),
    _row("GaussianNLLLoss", "gaussian_nll, variance: 0.6", "real",
         lambda torch, y, t: torch.nn.GaussianNLLLoss()(y, t, torch.full_like(y, 0.6))),
)  # fmt: skip
