"""Rows of transformers."""

from __future__ import annotations

from typing import Any

from .model import Row, Tensors, Trial

PRODUCTS = (("up", "linear1"), ("down", "linear2"))


def _attention(torch: Any, p: Tensors, ours: str, theirs: str) -> Tensors:
    return {
        f"{theirs}.in_proj_weight": torch.cat([p[f"{ours}.W{c}"].T for c in "qkv"]),
        f"{theirs}.in_proj_bias": torch.cat([p[f"{ours}.b{c}"] for c in "qkv"]),
        f"{theirs}.out_proj.weight": p[f"{ours}.Wo"].T,
        f"{theirs}.out_proj.bias": p[f"{ours}.bo"],
    }


def _norm(p: Tensors, ours: str, theirs: str) -> Tensors:
    return {f"{theirs}.weight": p[f"{ours}.gamma"], f"{theirs}.bias": p[f"{ours}.beta"]}


def _layer(torch: Any, p: Tensors, ours: str, theirs: str, norms: int) -> Tensors:
    """The weights of a layer of an encoder (two norms) or of a decoder (three), as PyTorch names them."""
    found = _attention(torch, p, f"{ours}attn", f"{theirs}self_attn")
    if norms == 3:
        found |= _attention(torch, p, f"{ours}cross", f"{theirs}multihead_attn")
    for name, other in PRODUCTS:
        found |= {f"{theirs}{other}.weight": p[f"{ours}{name}.W"].T, f"{theirs}{other}.bias": p[f"{ours}{name}.b"]}
    for k in range(1, norms + 1):
        found |= _norm(p, f"{ours}norm{k}", f"{theirs}norm{k}")
    return found


def _stack(torch: Any, p: Tensors, ours: str, theirs: str, norms: int, count: int) -> Tensors:
    found: Tensors = {}
    for k in range(count):
        found |= _layer(torch, p, f"{ours}{k}.", f"{theirs}layers.{k}.", norms)
    return found


def _keys(size: int, heads: int, hidden: int, first: bool) -> str:
    more = ", norm_first: true, nonlinearity: gelu" if first else ""
    return f"units: {size}, heads: {heads}, hidden: {hidden}{more}"


def _made(torch: Any, kind: str, size: int, heads: int, hidden: int, first: bool) -> Any:
    module = getattr(torch.nn, kind)
    activation = "gelu" if first else "relu"
    keys = {"batch_first": True, "norm_first": first, "activation": activation, "dropout": 0.0}
    return module(size, heads, hidden, dtype=torch.float64, **keys)


def _later(torch: Any, steps: int) -> Any:
    """What a step must not read: the steps behind it."""
    return torch.ones(steps, steps).triu(1).bool()


def _encoder(size: int, heads: int, hidden: int, length: int, first: bool, count: int = 0) -> Trial:
    def forward(torch: Any, x: Tensors, p: Tensors) -> Any:
        layer = _made(torch, "TransformerEncoderLayer", size, heads, hidden, first)
        if not count:
            return torch.func.functional_call(layer, _layer(torch, p, "l.0.", "", 2), (x["x"],))
        stack = torch.nn.TransformerEncoder(layer, count, enable_nested_tensor=False)
        return torch.func.functional_call(stack, _stack(torch, p, "l.", "", 2, count), (x["x"],))

    times = f", times: {count}" if count else ""
    entry = f"{{type: transformer_encoder, name: l, {_keys(size, heads, hidden, first)}{times}}}"
    return Trial(entry, {"x": (length, size)}, forward)


def _decoder(size: int, heads: int, hidden: int, length: int, first: bool, count: int = 0) -> Trial:
    def forward(torch: Any, x: Tensors, p: Tensors) -> Any:
        layer = _made(torch, "TransformerDecoderLayer", size, heads, hidden, first)
        given, mask = (x["x"], x["memory"]), {"tgt_mask": _later(torch, length)}
        if not count:
            return torch.func.functional_call(layer, _layer(torch, p, "l.0.", "", 3), given, mask)
        stack = torch.nn.TransformerDecoder(layer, count)
        return torch.func.functional_call(stack, _stack(torch, p, "l.", "", 3, count), given, mask)

    times = f", times: {count}" if count else ""
    keys = f"inputs: [x, memory], {_keys(size, heads, hidden, first)}{times}"
    return Trial(f"{{type: transformer_decoder, name: l, {keys}}}", {"x": (length, size), "memory": (3, size)}, forward)


def _transformer(size: int, heads: int, hidden: int, length: int, first: bool, counts: tuple[int, int]) -> Trial:
    def forward(torch: Any, x: Tensors, p: Tensors) -> Any:
        keys = {"batch_first": True, "norm_first": first, "activation": "gelu" if first else "relu", "dropout": 0.0}
        whole = torch.nn.Transformer(size, heads, *counts, hidden, dtype=torch.float64, **keys)
        weights = _stack(torch, p, "l.encoder.", "encoder.", 2, counts[0])
        weights |= _stack(torch, p, "l.decoder.", "decoder.", 3, counts[1])
        weights |= _norm(p, "l.memory", "encoder.norm") | _norm(p, "l.norm", "decoder.norm")
        mask = {"tgt_mask": _later(torch, length)}
        return torch.func.functional_call(whole, weights, (x["x"], x["z"]), mask)

    layers = f"encoder_layers: {counts[0]}, decoder_layers: {counts[1]}"
    entry = f"{{type: transformer, name: l, inputs: [x, z], {_keys(size, heads, hidden, first)}, {layers}}}"
    return Trial(entry, {"x": (4, size), "z": (length, size)}, forward)


KEYS = "units: 512, heads: 8, hidden: 2048"
SMALL, OTHER = (6, 2, 5, 3, False), (4, 1, 3, 2, True)
ROWS = (
    Row("TransformerEncoderLayer", f"{{type: transformer_encoder, {KEYS}}}",
        trials=(_encoder(*SMALL), _encoder(*OTHER)), note="without dropout of the attention weights"),
    Row("TransformerEncoder", f"{{type: transformer_encoder, {KEYS}, times: 6}}",
        trials=(_encoder(*SMALL, 2), _encoder(*OTHER, 2))),
    Row("TransformerDecoderLayer", f"{{type: transformer_decoder, inputs: [x, memory], {KEYS}}}",
        trials=(_decoder(*SMALL), _decoder(*OTHER)), note="`causal: false` where no step is to be hidden"),
    Row("TransformerDecoder", f"{{type: transformer_decoder, inputs: [x, memory], {KEYS}, times: 6}}",
        trials=(_decoder(*SMALL, 2), _decoder(*OTHER, 2))),
    Row("Transformer", f"{{type: transformer, inputs: [x, y], {KEYS}}}",
        trials=(_transformer(*SMALL, (2, 1)), _transformer(*OTHER, (1, 2)))),
)  # fmt: skip
