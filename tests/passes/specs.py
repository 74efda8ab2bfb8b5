"""Specs that tests of more than one stage read."""

from __future__ import annotations

IMAGES = """
symbp: 1
name: images
input: {x: [3, 32, 32]}
layers:
  - {type: conv2d, name: c1, filters: 32, kernel: 3, padding: 1, activation: relu}
  - {type: conv2d, name: c2, filters: 64, kernel: 3, padding: 1, activation: relu}
  - {type: max_pool2d, name: p, size: 2}
  - {type: flatten}
  - {type: dense, name: out, units: 10}
loss: {type: cross_entropy}
train: {optimizer: {type: adam, lr: 1e-3}, batch_size: 32MORE}
"""
STEPS = """
symbp: 1
name: steps
input: {x: [T, 3]}
sizes: {T: any}
layers:
  - {type: gru, name: rnn, units: 4}
  - {type: dense, name: out, units: 2}
loss: {type: cross_entropy, labels: integer}
train: {optimizer: {type: sgd, lr: 0.1}, epochs: 1, batch_size: 4, seed: 0}
"""


def two_layers(units: int, activation: str, inputs: int = 784) -> str:
    """A network with one hidden layer, which classifies digits."""
    return f"""
symbp: 1
name: net
input: {{x: [{inputs}]}}
layers:
  - {{type: dense, name: fc1, units: {units}, activation: {activation}}}
  - {{type: dense, name: fc2, units: 10}}
loss: {{type: cross_entropy, labels: integer}}
train: {{optimizer: {{type: adam, lr: 0.001}}, epochs: 1, batch_size: 64, seed: 0}}
"""
