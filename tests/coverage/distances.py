"""Rows of losses of two or three values, of distances, and of bags of rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .model import Row, Tensors, Trial

Compared = Callable[..., Any]  # (torch, values..., targets...) -> loss
NAMES = ("a", "b", "c")


def _loss(module: str, loss: str, function: Compared, count: int, target: str = "none", note: str = "") -> Row:
    """A loss of `count` values, each a layer of an input of its own."""
    names = NAMES[:count]

    def trial(units: int, size: int) -> Trial:
        layers = "\n".join(f"{{type: dense, name: l{n}, inputs: {n}, units: {units}, activation: tanh}}" for n in names)

        def forward(torch: Any, x: Tensors, p: Tensors) -> Any:
            values = [torch.tanh(x[n] @ p[f"l{n}.W"] + p[f"l{n}.b"]) for n in names]
            return function(torch, *values) if target == "none" else lambda t: function(torch, *values, t)

        read = ", ".join(f"l{n}" for n in names)
        entry = f"{{type: {loss}, inputs: [{read}]}}"
        return Trial(layers, dict.fromkeys(names, (size,)), forward, entry, target, spec=f"outputs: [{read}]", batch=5)

    return Row(module, f"loss: {{type: {loss}}}", trials=(trial(4, 3), trial(1, 2)), note=note)


def _of(name: str, **keys: Any) -> Compared:
    return lambda torch, *values: getattr(torch.nn, name)(**keys)(*values)


def _layer(module: str, layer: str, function: Compared, *shapes: tuple[int, ...]) -> Row:
    def forward(torch: Any, x: Tensors, p: Tensors) -> Any:
        return function(torch, x["x"], x["z"]).unsqueeze(-1)

    trials = tuple(Trial(f"{{type: {layer}, inputs: [x, z]}}", {"x": s, "z": s}, forward) for s in shapes)
    return Row(module, f"{{type: {layer}}}", trials=trials, note="the axis that is taken away is left with one number")


def _with_distance() -> Row:
    """A distance that layers compute: 1 minus the cosine."""

    def trial(size: int) -> Trial:
        layers = "\n".join((
            "{type: dense, name: l, inputs: a, units: 4}",
            "{type: cosine_similarity, name: like, inputs: [l, b]}",
            "{type: cosine_similarity, name: unlike, inputs: [l, c]}",
        ))  # fmt: skip

        def forward(torch: Any, x: Tensors, p: Tensors) -> Any:
            similarity = torch.nn.CosineSimilarity(dim=-1)
            loss = torch.nn.TripletMarginWithDistanceLoss(
                distance_function=lambda u, v: 1 - similarity(u, v), margin=0.4
            )
            return loss(x["a"] @ p["l.W"] + p["l.b"], x["b"], x["c"])

        entry = "{type: triplet_distance, inputs: [unlike, like], margin: 0.4}"
        inputs = {"a": (size,), "b": (4,), "c": (4,)}
        return Trial(layers, inputs, forward, entry, "none", spec="outputs: [like, unlike]", batch=6)

    note, here = "the distances are layers, here minus `cosine_similarity`", "loss: {type: triplet_distance}"
    return Row("TripletMarginWithDistanceLoss", here, trials=(trial(3), trial(1)), note=note)


def _bag(mode: str, *shape: int, padding: int | None = None, rows: int = 6) -> Trial:
    keys = f", padding: {padding}" if padding is not None else ""
    layer = f"{{type: embedding_bag, name: l, rows: {rows}, units: 3, mode: {mode}{keys}}}"

    def forward(torch: Any, x: Tensors, p: Tensors) -> Any:
        flat = x["ids"].reshape(-1, shape[-1])
        found = torch.nn.functional.embedding_bag(flat, p["l.E"], mode=mode, padding_idx=padding)
        return found.reshape(*x["ids"].shape[:-1], 3)

    axes = "axes: {ids: [time, item]}" if len(shape) > 1 else ""
    return Trial(layer, {"ids": shape}, forward, integer={"ids": rows}, batch=4, spec=axes)


ROWS = (
    _loss("CosineEmbeddingLoss", "cosine_embedding, margin: 0.2", _of("CosineEmbeddingLoss", margin=0.2), 2, "signs"),
    _loss("MarginRankingLoss", "margin_ranking, margin: 0.3", _of("MarginRankingLoss", margin=0.3), 2, "signs"),
    _loss("TripletMarginLoss", "triplet_margin, margin: 0.5", _of("TripletMarginLoss", margin=0.5), 3,
          note="`norm` and `swap` as there"),
    _with_distance(),
    _layer("CosineSimilarity", "cosine_similarity", lambda torch, x, z: torch.nn.CosineSimilarity(dim=-1)(x, z), (4,),
           (3, 2)),
    _layer("PairwiseDistance", "pairwise_distance", lambda torch, x, z: torch.nn.functional.pairwise_distance(x, z),
           (4,), (3, 1)),
    Row("EmbeddingBag", "{type: embedding_bag, rows: 6, units: 3}",
        trials=(_bag("mean", 5), _bag("sum", 2, 7, padding=1), _bag("mean", 4, padding=0, rows=2),
                _bag("max", 3), _bag("max", 2, 4, padding=1, rows=2)),
        note="bags of one size, without offsets; a padding integer fills them up"),
)  # fmt: skip
