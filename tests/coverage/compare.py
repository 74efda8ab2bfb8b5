"""One trial: the generated module and PyTorch at the same random numbers, and the worst difference of anything."""

from __future__ import annotations

from typing import Any
from zlib import crc32

import numpy as np

from tests.oracle.generated import module_of, size, views

from .model import Trial

BOUND = 1e-9


def difference(found: Any, wanted: Any) -> float:
    """The relative difference in norm; infinite where the shapes differ."""
    found, wanted = np.asarray(found), np.asarray(wanted)
    if found.shape != wanted.shape:
        return float("inf")
    return float(np.linalg.norm(found - wanted) / max(float(np.linalg.norm(wanted)), 1e-3))


def spec_of(trial: Trial) -> str:
    """The text of the trial's spec, after the first lines."""
    inputs = ", ".join(f"{name}: [{', '.join(map(str, shape))}]" for name, shape in trial.inputs.items())
    kinds = ", ".join(f"{name}: {'integer' if name in trial.integer else 'real'}" for name in trial.inputs)
    layers = "\n".join(f"  - {line.strip()}" for line in trial.layers.strip().splitlines())
    types = f"input_type: {{{kinds}}}\n" if trial.integer else ""
    more = f"{trial.spec}\n" if trial.spec else ""
    return f"input: {{{inputs}}}\n{types}{more}layers:\n{layers}\nloss: {trial.loss or '{type: mse}'}"


def worst(trial: Trial) -> dict[str, float]:
    """The differences of output or loss, of every parameter's gradient, and of every input's, by name."""
    import torch

    text = spec_of(trial)
    module = module_of(text)
    rng = np.random.default_rng(crc32(text.encode()))
    x = {name: _input(trial, name, (trial.batch, *shape), rng) for name, shape in trial.inputs.items()}
    theta = rng.normal(size=size(module))
    tensors = {name: torch.tensor(array, requires_grad=array.dtype.kind == "f") for name, array in x.items()}
    p = {label: torch.tensor(array, requires_grad=True) for label, array in views(module, theta).items()}
    argument = x if len(x) > 1 else next(iter(x.values()))
    output = trial.forward(torch, tensors, p)
    found: dict[str, float] = {}
    if trial.loss:
        y = _target(trial, module, trial.batch, rng)
        if trial.compared:
            y = {"y": y} | {name: draw(rng, trial.batch) for name, draw in trial.compared.items()}
            loss = output({name: torch.tensor(array) for name, array in y.items()})
        else:
            loss = output(torch.tensor(y)) if y is not None else output
    else:
        net = module.Network(0)
        net.theta = theta
        found["output"] = difference(net.predict(argument), output.detach().numpy())
        y = rng.normal(size=tuple(output.shape))
        loss = torch.nn.functional.mse_loss(output, torch.tensor(y))
    loss.backward()
    value, gradient = module.loss_and_grad(theta, argument, y)
    found["loss"] = difference(value, loss.item())
    for label, view in views(module, gradient).items():
        found[label] = difference(view, _gradient(p[label]))
    for label, array in module.input_gradient(theta, argument, y).items():
        found[label] = difference(array, _gradient(tensors[label]))
    return found


def _gradient(tensor: Any) -> Any:
    return np.zeros(tuple(tensor.shape)) if tensor.grad is None else tensor.grad.numpy()


def _input(trial: Trial, name: str, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    values = rng.integers(0, trial.integer[name], shape) if name in trial.integer else rng.normal(size=shape)
    return trial.draw[name](values) if name in trial.draw else values


def _target(trial: Trial, module: Any, n: int, rng: np.random.Generator) -> Any:
    if trial.target == "none":
        return None
    target = module.TARGET if hasattr(module, "TARGET") else module.TARGETS["y"]
    shape = (n, *target["shape"])
    kind, _, count = trial.target.partition(":")
    match kind:
        case "labels":
            return rng.integers(0, int(count), shape)
        case "one_hot":
            return np.eye(shape[-1])[rng.integers(0, shape[-1], shape[:-1])]
        case "probabilities":
            return rng.dirichlet(np.ones(shape[-1]), shape[:-1])
        case "unit":
            return rng.uniform(size=shape)
        case "signs":
            return rng.choice([-1.0, 1.0], shape)
        case "counts":
            return rng.poisson(3.0, shape).astype(float)
        case "bits":
            return rng.integers(0, 2, shape).astype(float)
    return rng.normal(size=shape)
