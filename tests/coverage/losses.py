"""Rows of losses of one output and one target."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .model import Row, Tensors, Trial

ACTIVATIONS = ("sigmoid",)
Loss = Callable[[Any, Any, Any], Any]  # (torch, y, t) -> loss


def _row(module: str, loss: str, target: str, function: Loss, front: str = "", note: str = "") -> Row:
    def trial(units: int, *lead: int) -> Trial:
        own = f", activation: {front}" if front in ACTIVATIONS else ""
        behind = f"\n{{type: {front}}}" if front and not own else ""
        layers = f"{{type: dense, name: l, units: {units}{own}}}{behind}"

        def forward(torch: Any, x: Tensors, p: Tensors) -> Callable[[Any], Any]:
            y = x["x"] @ p["l.W"] + p["l.b"]
            if front:
                y = torch.sigmoid(y) if front in ACTIVATIONS else getattr(torch, front)(y, dim=-1)
            return lambda t: function(torch, y, t)

        kind = f"labels:{units}" if target == "labels" else target
        return Trial(layers, {"x": (*lead, 3)}, forward, f"{{type: {loss}}}", kind, batch=4)

    return Row(module, f"loss: {{type: {loss}}}", trials=(trial(5), trial(2)), note=note)


def _of(name: str, **keys: Any) -> Loss:
    return lambda torch, y, t: getattr(torch.nn, name)(**keys)(y, t)


def _listed(torch: Any, t: Any) -> Any:
    """Rows of 0 and 1 as lists of places, -1 behind them."""
    size = t.shape[-1]
    places = torch.where(t > 0, torch.arange(size), size).sort(dim=-1).values
    return torch.where(places < size, places, -1)


def _image(height: int, width: int) -> Trial:
    layers = "\n".join((
        "{type: conv2d, name: l, filters: 3, kernel: 1}",
        "{type: permute, order: [height, width, channel]}",
        "{type: log_softmax}",
    ))  # fmt: skip

    def forward(torch: Any, x: Tensors, p: Tensors) -> Callable[[Any], Any]:
        y = torch.nn.functional.conv2d(x["x"], p["l.K"], p["l.b"]).log_softmax(1)
        return lambda t: torch.nn.NLLLoss2d()(y, t)

    return Trial(layers, {"x": (2, height, width)}, forward, "{type: nll}", "labels:3", batch=2)


def _linear(units: int, *lead: int) -> Trial:
    """The loss with the layer that it holds in PyTorch."""

    def forward(torch: Any, x: Tensors, p: Tensors) -> Callable[[Any], Any]:
        flat = x["x"].reshape(-1, 3)
        return lambda t: torch.nn.functional.linear_cross_entropy(flat, p["l.W"].T, t.reshape(-1))

    layer = f"{{type: dense, name: l, units: {units}, bias: false}}"
    return Trial(layer, {"x": (*lead, 3)}, forward, "{type: cross_entropy}", f"labels:{units}", batch=4)


def _ctc(length: int, steps: int, classes: int) -> Trial:
    """Labels of every number, none and all among them, over sequences of several lengths; the blank is the last."""
    layers = f"{{type: dense, name: l, units: {classes + 1}}}\n{{type: log_softmax}}"

    def forward(torch: Any, x: Tensors, p: Tensors) -> Callable[[Any], Any]:
        y = (x["x"] @ p["l.W"] + p["l.b"]).log_softmax(-1).transpose(0, 1)
        return lambda t: torch.nn.CTCLoss(blank=classes)(y, t["y"], t["steps"], t["labels"])

    compared = {
        "steps": lambda rng, n: rng.integers(2 * length + 1, steps + 1, n),
        "labels": lambda rng, n: rng.permutation(n) % (length + 1),
    }
    loss = f"{{type: ctc, length: {length}, blank: {classes}}}"
    return Trial(layers, {"x": (steps, 3)}, forward, loss, f"labels:{classes}", batch=5, compared=compared)


ROWS = (
    Row("CTCLoss", "loss: {type: ctc}", trials=(_ctc(3, 9, 2), _ctc(1, 4, 3)),
        note="a dynamic programme as a recurrence in the steps; samples come first here"),
    Row("AdaptiveLogSoftmaxWithLoss",
        why="the head and each tail are `dense` and `log_softmax` layers here; no declaration joins their "
        "log-probabilities, of which each sample needs those of two at most"),
    Row("NLLLoss2d", "loss: {type: nll}", trials=(_image(3, 4), _image(1, 2)), note="behind a permute: channels last"),
    Row("LinearCrossEntropyLoss", "type: dense, loss: {type: cross_entropy}", trials=(_linear(5), _linear(2, 3)),
        note="a layer and a loss here; the largest part of both gradients is one product"),
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
    _row("BCELoss", "binary_nll", "unit", _of("BCELoss"), "sigmoid"),
    _row("HingeEmbeddingLoss", "hinge_embedding, margin: 0.8", "signs", _of("HingeEmbeddingLoss", margin=0.8)),
    _row("SoftMarginLoss", "soft_margin", "signs", _of("SoftMarginLoss")),
    _row("MultiMarginLoss", "multi_margin, norm: 2, margin: 0.7", "labels", _of("MultiMarginLoss", p=2, margin=0.7)),
    _row("MultiLabelMarginLoss", "multilabel_margin", "bits",
         lambda torch, y, t: torch.nn.MultiLabelMarginLoss()(y, _listed(torch, t)),
         note="targets are rows of 0 and 1, not lists of classes"),
    _row("MultiLabelSoftMarginLoss", "multilabel_soft_margin", "bits", _of("MultiLabelSoftMarginLoss"),
         note="`class_weights` as there"),
    _row("PoissonNLLLoss", "poisson_nll", "counts", _of("PoissonNLLLoss")),
    _row("GaussianNLLLoss", "gaussian_nll, variance: 0.6", "real",
         lambda torch, y, t: torch.nn.GaussianNLLLoss()(y, t, torch.full_like(y, 0.6))),
)  # fmt: skip
