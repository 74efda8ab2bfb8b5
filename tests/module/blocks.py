"""Networks of equal blocks, as specs in which TIMES stands for the number of blocks."""

from __future__ import annotations

RESIDUAL = """
input: {x: [3, 5, 5]}
layers:
  - {type: conv2d, name: stem, filters: 4, kernel: 3, padding: 1}
  - type: repeat
    name: block
    times: TIMES
    layers:
      - type: residual
        layers:
          - {type: batch_norm, name: bn, activation: relu}
          - {type: conv2d, name: c, filters: 4, kernel: 3, padding: 1, bias: false}
  - {type: global_avg_pool2d, name: pool}
  - {type: dense, name: out, units: 3}
loss: {type: cross_entropy}
"""
TRANSFORMER = """
input: {tokens: [T]}
input_type: integer
sizes: {T: any}
layers:
  - {type: embedding, name: emb, rows: 7, units: 6}
  - {type: positional_encoding, name: pos}
  - type: repeat
    times: TIMES
    name: block
    layers:
      - type: residual
        layers:
          - {type: layer_norm, name: ln1}
          - {type: self_attention, name: attn, heads: 2, causal: true}
          - {type: dropout, name: drop, rate: 0.3}
      - type: residual
        layers:
          - {type: layer_norm, name: ln2}
          - {type: dense, name: up, units: 8, activation: gelu}
          - {type: dense, name: down, units: 6}
  - {type: dense, name: out, units: 7, share: {W: emb.E.T}}
loss: {type: cross_entropy, l2: 0.01}
"""
# Every block reads what is encoded, and shares the weights of a layer outside.
DECODER = """
input: {x: [4, 6], y0: [5, 6]}
layers:
  - {type: dense, name: memory, inputs: x, units: 6, activation: tanh}
  - {type: dense, name: first, inputs: y0, units: 6}
  - type: repeat
    times: TIMES
    name: block
    inputs: first
    layers:
      - type: residual
        layers:
          - {type: layer_norm, name: ln1}
          - {type: cross_attention, name: attn, heads: 2, inputs: [ln1, memory]}
      - {type: dense, name: fc, units: 6, activation: gelu, share: {W: first.W}}
  - {type: dense, name: out, units: 2}
loss: {type: mse}
"""
# Values of a recurrent layer lie time first.
RECURRENT = """
input: {x: [T, 3]}
sizes: {T: any}
layers:
  - {type: dense, name: first, units: 4}
  - type: repeat
    times: TIMES
    name: block
    layers:
      - {type: rnn, name: cell, units: 4}
  - {type: last_step, name: last}
  - {type: dense, name: out, units: 2}
loss: {type: mse}
"""
NESTED = """
input: {x: [6]}
layers:
  - {type: dense, name: first, units: 4, activation: tanh}
  - type: repeat
    times: TIMES
    name: outer
    layers:
      - {type: dense, name: fc, units: 4, activation: tanh}
      - type: repeat
        times: 3
        name: inner
        layers:
          - type: residual
            layers:
              - {type: dense, name: fc, units: 4, activation: prelu}
              - {type: dropout, name: d, rate: 0.2}
              - {type: batch_norm, name: bn}
  - {type: dense, name: out, units: 2}
loss: {type: mse, l1: 0.1}
"""
# The first block of each has parameters of other shapes, or that the others share.
UNLIKE = """
input: {x: [5]}
frozen: [still]
layers:
  - type: repeat
    times: TIMES
    name: wide
    layers: [{type: dense, name: fc, units: 4, activation: tanh}]
  - type: repeat
    times: TIMES
    tied: true
    name: tied
    layers: [{type: dense, name: fc, units: 4, activation: tanh}]
  - type: repeat
    times: TIMES
    name: still
    layers: [{type: dense, name: fc, units: 4, activation: tanh}]
  - {type: dense, name: out, units: 2}
loss: {type: mse, l2: 0.1}
"""
# Both inputs of the last layer: the gradient of `z` reads the output of the blocks when their backward pass is over.
BESIDE = """
input: {x: [6], z: [4]}
layers:
  - {type: dense, name: first, inputs: x, units: 4, activation: tanh}
  - type: repeat
    times: TIMES
    name: block
    layers: [{type: residual, layers: [{type: dense, name: fc, units: 4, activation: relu}], activation: relu}]
  - {type: multiply, name: both, inputs: [block, z]}
  - {type: dense, name: out, units: 2}
loss: {type: mse}
"""
# What the first block reads is read by nothing else, and must be there when its backward pass comes.
BEFORE = """
input: {x: [6]}
layers:
  - {type: dense, name: first, units: 4}
  - type: repeat
    times: TIMES
    name: block
    layers: [{type: dense, name: fc, units: 4, activation: tanh}]
  - {type: dense, name: second, units: 4}
  - {type: dense, name: third, units: 4}
  - {type: dense, name: out, units: 4}
loss: {type: mse}
"""
# Weights that are computed: with first values that follow from others, and with states that change before a step.
COMPUTED = """
input: {x: [6]}
layers:
  - {type: dense, name: first, units: 4, activation: tanh}
  - type: repeat
    times: TIMES
    name: block
    layers:
      - {type: dense, name: fc1, units: 4, activation: tanh, parametrize: {W: weight_norm}}
      - {type: dense, name: fc2, units: 4, activation: tanh, parametrize: {W: spectral_norm}}
  - {type: dense, name: out, units: 2}
loss: {type: mse}
"""
SPECS = {
    "residual": RESIDUAL,
    "transformer": TRANSFORMER,
    "decoder": DECODER,
    "recurrent": RECURRENT,
    "nested": NESTED,
    "unlike": UNLIKE,
    "beside": BESIDE,
    "before": BEFORE,
    "computed": COMPUTED,
}
TRAIN = "train: {optimizer: {type: adamw, lr: 0.01, weight_decay: 0.1}}\n"


def source(name: str, times: int, dtype: str = "float64") -> str:
    """The spec of a network with so many blocks."""
    return f"symbp: 1\nname: {name}\ndtype: {dtype}\n{SPECS[name].replace('TIMES', str(times)).lstrip()}{TRAIN}"
