"""Layers that only move numbers: values and gradients against PyTorch, at both levels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from symbp.compiler import compile_spec
from symbp.spec.load import loads
from symbp.verify.loading import loaded
from tests.oracle.generated import close

Moved = Callable[[torch.Tensor], torch.Tensor]
N = 3
CASES: dict[str, tuple[str, tuple[int, ...], Moved]] = {
    "identity": ("{type: identity}", (5,), nn.Identity()),
    "flatten": ("{type: flatten}", (2, 3, 4), nn.Flatten()),
    "flatten of a row": ("{type: flatten}", (5,), nn.Flatten()),
    "reshape": ("{type: reshape, shape: [4, 6]}", (2, 3, 4), lambda x: x.reshape(N, 4, 6)),
    "reshape with a size that follows": (
        "{type: reshape, shape: [3, -1, 2]}",
        (12, 2),
        lambda x: x.reshape(N, 3, 4, 2),
    ),
    "reshape of one axis": ("{type: reshape, shape: [1, 2, 3]}", (6,), lambda x: x.reshape(N, 1, 2, 3)),
    "unflatten": ("{type: unflatten, shape: [2, -1]}", (3, 8), nn.Unflatten(2, (2, 4))),
    "unflatten of channels": ("{type: unflatten, shape: [3, 2]}", (6, 2, 5), nn.Unflatten(1, (3, 2))),
    "unflatten of time": ("{type: unflatten, shape: [2, 2], axis: time}", (4, 3), nn.Unflatten(1, (2, 2))),
    "permute": ("{type: permute, order: [height, width, channel]}", (2, 3, 4), lambda x: x.permute(0, 2, 3, 1)),
    "permute by numbers": ("{type: permute, order: [3, 1, 2]}", (2, 3, 4), lambda x: x.permute(0, 3, 1, 2)),
    "transpose": ("{type: transpose}", (3, 8), lambda x: x.transpose(1, 2)),
    "transpose of an image": ("{type: transpose, axes: [channel, width]}", (2, 3, 4), lambda x: x.transpose(1, 3)),
    "slice": ("{type: slice, start: 2, stop: 7, step: 2}", (9,), lambda x: x[:, 2:7:2]),
    "slice from the end": ("{type: slice, start: -4, axis: time}", (9, 2), lambda x: x[:, -4:]),
    "slice up to the end": ("{type: slice, stop: -1, step: 3}", (2, 8), lambda x: x[:, :, :-1:3]),
    "split": ("{type: split, parts: 4, part: 1}", (3, 8), lambda x: x.chunk(4, dim=2)[1]),
    "split of channels": ("{type: split, parts: 2, part: -1}", (6, 2, 3), lambda x: x.chunk(2, dim=1)[-1]),
    "select": ("{type: select, index: -2, axis: time}", (5, 3), lambda x: x[:, -2]),
    "select a channel": ("{type: select, index: 1}", (3, 4, 2), lambda x: x[:, 1]),
    "reverse": ("{type: reverse, axis: time}", (5, 3), lambda x: x.flip(1)),
    "last step": ("{type: last_step}", (5, 3), lambda x: x[:, -1]),
    "first step": ("{type: first_step}", (5, 3), lambda x: x[:, 0]),
    "repeat_vector": ("{type: repeat_vector, times: 4}", (3,), lambda x: x[:, None].expand(N, 4, 3)),
    "pixel_shuffle": ("{type: pixel_shuffle, factor: 2}", (8, 3, 2), nn.PixelShuffle(2)),
    "pixel_unshuffle": ("{type: pixel_unshuffle, factor: 3}", (2, 6, 3), nn.PixelUnshuffle(3)),
    "channel_shuffle": ("{type: channel_shuffle, groups: 3}", (6, 3, 2), nn.ChannelShuffle(3)),
}
SPEC = """\
symbp: 1
name: trial
dtype: float64
input: {{x: [{shape}]}}
layers:
  - {{type: identity, name: a, activation: tanh}}
  - {layer}
  - {{type: identity, name: b, activation: tanh}}
loss: {{type: mse}}
"""


@pytest.mark.parametrize("level", [0, 1])
@pytest.mark.parametrize("case", CASES)
def test_a_layer_that_moves_numbers(case: str, level: int) -> None:
    layer, shape, moved = CASES[case]
    text = SPEC.format(shape=", ".join(map(str, shape)), layer=layer)
    made = compile_spec(loads(text, "trial.yaml"), level)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((N, *shape))
    leaf = torch.tensor(x, requires_grad=True)
    output = torch.tanh(moved(torch.tanh(leaf)))
    y = rng.standard_normal(output.shape)
    loss = nn.functional.mse_loss(output, torch.tensor(y))
    (gradient,) = torch.autograd.grad(loss, leaf)
    with loaded(made.module) as module:
        theta = np.zeros(0)
        close(module.loss_and_grad(theta, x, y)[0], loss.detach())
        close(module.Network().predict(x), output.detach())
        close(module.input_gradient(theta, x, y)["x"], gradient)


def shapes(layer: str, shape: str, sizes: str = "") -> Any:
    text = f"symbp: 1\nname: trial\n{sizes}input: {{x: [{shape}]}}\nlayers:\n  - {layer}\nloss: {{type: mse}}\n"
    return compile_spec(loads(text, "trial.yaml")).graph.rows[-1].shape


def test_a_size_of_each_call_is_kept() -> None:
    free = "sizes: {T: any}\n"
    assert shapes("{type: reshape, shape: [T, 2, -1]}", "T, 6", free) == ("T", "2", "3")
    assert shapes("{type: reshape, shape: [-1, 3, 2]}", "T, 6", free) == ("T", "3", "2")
    assert shapes("{type: transpose}", "T, 6", free) == ("6", "T")


def test_a_reshape_with_a_size_of_each_call_computes_what_numpy_does() -> None:
    text = SPEC.format(shape="T, 6", layer="{type: reshape, shape: [T, 2, 3]}").replace(
        "dtype: float64\n", "dtype: float64\nsizes: {T: any}\n"
    )
    x = np.random.default_rng(0).standard_normal((2, 5, 6))
    for level in (0, 1):
        with loaded(compile_spec(loads(text, "trial.yaml"), level).module) as module:
            close(module.Network().predict(x), np.tanh(np.tanh(x)).reshape(2, 5, 2, 3))
