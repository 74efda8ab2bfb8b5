"""Whatever the library has is generated and passes its verification, at both levels of optimisation."""

from __future__ import annotations

import pytest

from symbp import compiler
from symbp.library import registry
from symbp.spec.load import loads
from tests.library.sources import OUTPUT

LEVELS = (compiler.SIMPLEST, compiler.DEFAULT)
REQUIRED = {
    "exponential": ", gamma: 0.9",
    "step": ", step_size: 3",
    "warmup": ", steps: 4",
    "uniform": ", low: -0.5, high: 0.5",
    "constant": ", value: 0.3",
}
# What stands in front of a loss that does not take any real number, and further keys to try.
FRONT = {"kl_divergence": "softmax", "nll": "log_softmax"}
VARIANTS = {
    "cross_entropy": ["labels: one_hot", "labels: probabilities", "label_smoothing: 0.1", "class_weights: [1, 2, 3]",
                      "labels: one_hot, class_weights: [1, 2, 3], label_smoothing: 0.1", "ignore_index: -100",
                      "ignore_index: 1, class_weights: [1, 2, 3]", "ignore_index: 7, label_smoothing: 0.1",
                      "ignore_index: 7, label_smoothing: 0.1, class_weights: [1, 2, 3]"],
    "nll": ["labels: one_hot", "class_weights: [1, 2, 3]", "ignore_index: -100",
            "ignore_index: 1, class_weights: [1, 2, 3]"],
    "poisson_nll": ["log_input: false"],
    "mse": ["l1: 0.1, l2: 0.1"],
    "multi_margin": ["norm: 2", "class_weights: [1, 2, 3]", "norm: 2, class_weights: [1, 2, 3]"],
    "multilabel_soft_margin": ["class_weights: [1, 2, 3]"],
}  # fmt: skip

# Of losses of several values, the keys to try.
SEVERAL = {
    "cosine_embedding": [", margin: 0.2"],
    "margin_ranking": [", margin: 0.3"],
    "triplet_distance": [""],
    "triplet_margin": ["", ", norm: 1", ", norm: 3", ", swap: true", ", norm: 1, swap: true", ", norm: 3, swap: true"],
}


def several(loss: str, count: int) -> str:
    """A loss of several values, each a layer of an input of its own."""
    names = "abc"[:count]
    return "\n".join([
        "symbp: 1", "name: entry", f"input: {{{', '.join(f'{n}: [4]' for n in names)}}}",
        f"outputs: [{', '.join(f'l{n}' for n in names)}]", "layers:",
        *(f"  - {{type: dense, name: l{n}, inputs: {n}, units: 3, activation: tanh}}" for n in names),
        f"loss: {{type: {loss}, inputs: [{', '.join(f'l{n}' for n in names)}]}}",
    ])  # fmt: skip


def spec(layer: str = "", front: str = "", loss: str = "mse", train: str = "type: sgd, lr: 0.1", init: str = "") -> str:
    layers = [f"  - {{type: dense, name: a, units: 3{layer}{init}}}"]
    layers += [f"  - {{type: {front}, name: f}}"] if front else []
    return "\n".join([
        "symbp: 1", "name: entry", "input: {x: [4]}", "layers:", *layers, f"loss: {{type: {loss}}}",
        f"train: {{optimizer: {{{train}}}, epochs: 2, batch_size: 2, seed: 0}}",
    ])  # fmt: skip


def entries() -> dict[str, str]:
    found = {f"activation {name}": spec(layer=f", activation: {name}") for name in registry.activations()}
    for name, loss in registry.losses().items():
        if loss.extents:
            continue  # ctc: tests/oracle/test_ctc.py
        if loss.inputs != OUTPUT:
            found |= {f"loss {name}, {keys}": several(f"{name}{keys}", len(loss.inputs)) for keys in SEVERAL[name]}
            continue
        found[f"loss {name}"] = spec(front=FRONT.get(name, ""), loss=name)
        for keys in VARIANTS.get(name, []):
            found[f"loss {name}, {keys}"] = spec(front=FRONT.get(name, ""), loss=f"{name}, {keys}")
    for name in registry.optimizers():
        found[f"optimizer {name}"] = spec(layer=", activation: tanh", train=f"type: {name}, lr: 0.05")
    for name in registry.clips():
        found[f"clip {name}"] = spec(train=f"type: adam, lr: 0.05, {name}: 0.3")
    for name in registry.schedules():
        schedule = f"schedule: {{type: {name}{REQUIRED.get(name, '') if name != 'constant' else ''}}}"
        found[f"schedule {name}"] = spec(train=f"type: sgd, lr: 0.05, {schedule}")
    for name in registry.initializers():
        if name != "numbers":
            found[f"initializer {name}"] = spec(init=f", init: {{W: {{type: {name}{REQUIRED.get(name, '')}}}}}")
    return found


ENTRIES = entries()


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_is_generated_and_verified(name: str, level: int) -> None:
    _, verdict = compiler.generate(loads(ENTRIES[name], "entry.yaml"), level)
    assert verdict.passed


@pytest.mark.parametrize("bias", ["true", "false"])
@pytest.mark.parametrize("level", LEVELS)
def test_two_inputs(level: int, bias: str) -> None:
    text = f"""
symbp: 1
name: pairs
input: {{x: [3], z: [4]}}
layers:
  - {{type: dense, name: a, inputs: x, units: 3, activation: gelu}}
  - {{type: bilinear, name: b, inputs: [a, z], units: 2, bias: {bias}}}
loss: {{type: half_squared_error}}
"""
    _, verdict = compiler.generate(loads(text, "pairs.yaml"), level)
    assert {row.subject for row in verdict.rows} >= {"x", "z", "b.W"}


@pytest.mark.parametrize("level", LEVELS)
def test_a_free_size(level: int) -> None:
    text = """
symbp: 1
name: sequence
sizes: {T: any}
input: {x: [T, 3]}
layers:
  - {type: dense, name: a, units: 4, activation: tanh}
  - {type: dense, name: b, units: 5}
loss: {type: cross_entropy, labels: integer}
"""
    _, verdict = compiler.generate(loads(text, "sequence.yaml"), level)
    assert verdict.passed


def test_a_clip_with_a_loss_that_overflows_far_from_its_target() -> None:
    """The data grow until the clip has something to clip, and no further than the loss can be computed."""
    text = spec(loss="steep", train="type: sgd, lr: 0.1, clip_norm: 1e6")
    text += '\ndefine: {losses: {steep: "mean[n,j](log(cosh(y[n,j] - t[n,j])))"}}'
    _, verdict = compiler.generate(loads(text, "entry.yaml"), compiler.DEFAULT)
    assert verdict.passed
