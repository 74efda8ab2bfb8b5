"""PyTorch in three ways.

eager: modules and optimisers as they come.  fused: kernels of the optimiser fused, images with the channels last.
compile: forward, loss and backward compiled by torch.compile, the optimiser fused.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from benchmarks import data
from benchmarks.data import Array
from benchmarks.peers.torch_models import LOSSES, model
from benchmarks.stepper import Stepper
from benchmarks.works import Work

torch.set_num_interop_threads(1)


def native(work: Work, channels_last: bool) -> list[tuple[Any, Any]]:
    """The batches as tensors, made beforehand."""
    found = []
    for x, y in data.batches(work):
        a, b = torch.from_numpy(x), torch.from_numpy(y)
        if channels_last:
            a = a.contiguous(memory_format=torch.channels_last)
        if work.family == "resnet":
            a = a.transpose(1, 2).contiguous()
        found.append((a, b.flatten() if b.dtype == torch.int64 else b))
    return found


def optimizer(work: Work, params: list[Any], fused: bool) -> Any:
    chosen = {"fused": True} if fused else {}
    if work.optimizer == "adam":
        return torch.optim.Adam(params, lr=work.lr, betas=(work.beta1, work.beta2), eps=work.eps, **chosen)
    momentum = work.momentum if work.optimizer == "momentum" else 0.0
    return torch.optim.SGD(params, lr=work.lr, momentum=momentum, **chosen)


class Torch(Stepper):
    def __init__(self, work: Work, threads: int, fused: bool) -> None:
        torch.set_num_threads(threads)
        channels_last = fused and work.family == "conv"
        self.model = model(work)
        if channels_last:
            self.model = self.model.to(memory_format=torch.channels_last)
        self.data = native(work, channels_last)
        self.loss_of = LOSSES[work.cfg["loss"]]
        self.trained = [p for p in self.model.parameters() if p.requires_grad]
        self.first = [p.detach().clone() for p in self.trained]
        self.optimizer = optimizer(work, self.trained, fused)

    def reset(self) -> None:
        with torch.no_grad():
            for p, a in zip(self.trained, self.first, strict=True):
                p.copy_(a)
            for state in self.optimizer.state.values():
                for value in state.values():
                    if torch.is_tensor(value):
                        value.zero_()

    def forward(self, x: Any, y: Any) -> Any:
        return self.loss_of(self.model(x), y)

    def step(self, i: int) -> Any:
        x, y = self.data[i % len(self.data)]
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.forward(x, y)
        loss.backward()
        self.optimizer.step()
        return loss.detach()

    def params(self) -> list[Array]:
        return [np.array((p.detach().T if t else p.detach()).contiguous()) for p, t in self.model.slots()]


class Compiled(Torch):
    def __init__(self, work: Work, threads: int) -> None:
        super().__init__(work, threads, fused=True)
        torch._dynamo.config.allow_rnn = True
        of_model, of_loss = self.model, self.loss_of
        self.compiled = torch.compile(
            lambda x, y: of_loss(of_model(x), y), dynamic=False, fullgraph=work.family not in ("lstm", "gru")
        )

    def forward(self, x: Any, y: Any) -> Any:
        return self.compiled(x, y)


def supports(work: Work, part: str) -> str | None:
    return None


def build(work: Work, threads: int, part: str) -> Stepper:
    return Compiled(work, threads) if part == "compile" else Torch(work, threads, fused=part == "fused")
