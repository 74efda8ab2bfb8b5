"""The bodies of a module run by themselves: just enough around them to be called."""

from __future__ import annotations

import math
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
from lower.networks import derived, lowered

from symbp.emit.code import code_of
from symbp.emit.model import Buffer, Code, Line
from symbp.lower.model import Program
from symbp.passes.ledger import SAMPLES, default_setting
from symbp.passes.optimize import optimize

MANY = 4096  # samples, of which calls take longer than calling them does


@cache
def coded(text: str, level: int, samples: int = MANY) -> tuple[Program, Code]:
    program, _ = optimize(lowered(text), level, default_setting(samples))
    return program, code_of(program)


def source(lines: tuple[Line, ...]) -> str:
    return "\n".join("    " * (line.indent + 1) + line.text for line in lines) or "    pass"


class Bodies:
    """forward, loss, backward, input gradients, probability and update of a network, compiled."""

    def __init__(self, text: str, level: int, samples: int = SAMPLES) -> None:
        self.program, self.code = coded(text, level, samples)
        self.graph = derived(text).graph
        self.still = {info.tensor.name: info.still for info in self.graph.random}
        self.names: dict[str, Any] = {"np": np, "math": math, "Array": Any, "Any": Any, "Callable": Any}
        self.names |= {name: getattr(np, name) for name in self.code.direct}
        given = ", ".join([*self.graph.inputs, *(t.name for t in self.graph.targets)])
        for helper in self.code.helpers:
            self._define(f"{helper.name}({helper.signature})", helper.lines)
        self._define(f"forward(p, ws, {', '.join(self.graph.inputs)})", self.code.forward, self.code.outputs[0])
        self._define(f"loss_of(p, ws, {given})", self.code.loss, "loss")
        scale = f", {self.code.scale}=1.0" if self.code.scale else ""
        self._define(f"backward(p, g, ws, {given}{scale})", self.code.backward)
        for (name, body), (_, result) in zip(self.code.input_backward, self.code.input_gradient, strict=True):
            self._define(f"d_{name}(p, ws, {given})", body, result)
        result = next((name for _, name in self.code.probabilities), "None")
        self._define(f"probability(ws, {self.code.outputs[0]})", self.code.probability, result)
        scratch = "".join(f", {b.name}" for b in self.code.update_buffers)
        states = "".join(f", {a.name}" for a in self.program.arrays if a.kind == "state")
        self._define(f"update(theta, grad, lr, k{states}{scratch})", self.code.update)

    def _define(self, head: str, lines: tuple[Line, ...], result: str = "") -> None:
        text = f"def {head}:\n{source(lines)}\n" + (f"    return {result}\n" if result else "")
        exec(compile(text, f"<{head}>", "exec"), self.names)  # text that this project emitted

    def shapes(self, kind: str) -> dict[str, tuple]:
        return {a.name: a.shape for a in self.program.arrays if a.kind == kind and a.ones < 0}

    @property
    def units(self) -> dict[str, float]:
        """What the update's arrays are kept in: a state of the optimiser is such a multiple of what it holds."""
        return {a.name: a.unit for a in self.program.arrays}

    def views(self, dtype: Any, arrays: dict[str, np.ndarray] | None = None) -> SimpleNamespace:
        """Parameters, or gradients not filled yet, as views of one vector."""
        own = [a for a in self.program.arrays if a.kind == "parameter" and a.ones < 0]
        flat = np.full(sum(math.prod(a.shape) for a in own), 99, dtype)
        found = {a.name: flat[a.begin : a.begin + math.prod(a.shape)].reshape(a.shape) for a in own}
        for name in found if arrays is not None else ():
            found[name][...] = arrays[name]
        for both in self.code.joined:
            found[both.name] = flat[both.begin : both.begin + math.prod(both.shape)].reshape(both.shape)
        return SimpleNamespace(**found)

    def workspace(self, dtype: Any, sizes: dict[str, int]) -> SimpleNamespace:
        ws = SimpleNamespace()
        for a in self.program.arrays:
            if a.kind == "constant":
                setattr(ws, a.name, np.array(a.data, dtype).reshape(a.shape))
            elif a.kind == "random":  # nothing is drawn
                shape = [size if isinstance(size, int) else sizes[size] for size in a.shape]
                setattr(ws, a.name, np.full(shape, self.still[a.name], dtype))
        for buffer in self.code.buffers:
            setattr(ws, buffer.name, self._made(buffer, ws, np.dtype(dtype), sizes))
        return ws

    def _made(self, b: Buffer, ws: SimpleNamespace, dtype: Any, sizes: dict[str, int]) -> np.ndarray:
        names = {**self.names, "self": ws, "dtype": dtype, **sizes}
        if b.of:
            return eval(b.of, names)
        kind = {"real": dtype, "bool": np.bool_, "index": np.intp}[b.dtype]
        return np.full([eval(s, names) for s in b.shape], 77, kind)  # whatever is read too early is wrong

    def scratch(self) -> dict[str, np.ndarray]:
        """What an update works in."""
        buffers = {b.name: np.full([int(s) for s in b.shape], 55.0) for b in self.code.update_buffers if not b.of}
        names = {"np": np, "dtype": np.dtype(float), "self": SimpleNamespace(**buffers)}
        return buffers | {b.name: eval(b.of, names) for b in self.code.update_buffers if b.of}

    def step(self, arrays: dict[str, np.ndarray], dtype: Any = np.float64, sizes: dict[str, int] | None = None) -> Any:
        """Loss, gradients by parameter, input gradients, and the workspace."""
        sizes = sizes or {"n": 3, "T": 2}
        return self.run(arrays, self.views(dtype, arrays), self.views(dtype), self.workspace(dtype, sizes), dtype)

    def again(self, before: Any, arrays: dict[str, np.ndarray], dtype: Any = np.float64) -> Any:
        """Another step in the memory of the step `before`."""
        p = self.views(dtype, arrays)
        return self.run(arrays, p, before.g, before.ws, dtype)

    def run(self, arrays: dict[str, np.ndarray], p: Any, g: Any, ws: Any, dtype: Any) -> Any:
        x = [_as(arrays[n], dtype) for n in self.graph.inputs]
        t = _as(arrays[self.graph.targets[0].name], dtype)
        output = np.array(self.names["forward"](p, ws, *x))
        loss = self.names["loss_of"](p, ws, *x, t)
        self.names["backward"](p, g, ws, *x, t)
        inputs = {n: np.array(self.names[f"d_{n}"](p, ws, *x, t)) for n in self.graph.inputs}
        own = {name: getattr(g, name) for name in self.shapes("parameter")}
        return SimpleNamespace(loss=loss, output=output, gradients=own, g=g, inputs=inputs, ws=ws, p=p, x=x, t=t)


def _as(array: np.ndarray, dtype: Any) -> np.ndarray:
    return array if array.dtype.kind == "i" else array.astype(dtype)
