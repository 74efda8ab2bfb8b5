"""Networks over sequences are generated and pass their own verification, at both levels."""

from __future__ import annotations

import pytest

from symbp import compiler
from symbp.spec.load import loads

MASK, TWO = "{x: [T, 4], kept: [T]}", "{x: [T, 4], memory: [S, 5], kept: [S]}"
LAYERS = {
    "rnn mask": (MASK, "type: rnn, inputs: x, units: 3, mask: kept, zero_masked: true"),
    "lstm mask": (MASK, "type: lstm, inputs: x, units: 3, mask: kept, peephole: true"),
    "gru mask": (MASK, "type: gru, inputs: x, units: 3, mask: kept, output: last, initial: learned"),
    "rnn carried": ("{x: [T, 4]}", "type: rnn, units: 3, initial: carried"),
    "lstm carried": ("{x: [T, 4]}", "type: lstm, units: 3, initial: carried"),
    "gru carried": (MASK, "type: gru, inputs: x, units: 3, initial: carried, mask: kept"),
    "both ways": (MASK, "type: bidirectional, inputs: x, layers: [{type: lstm, units: 3, mask: kept}]"),
    "stacked": ("{x: [T, 4]}", "type: repeat, times: 2, layers: [{type: gru, units: 4, initial: carried}]"),
    "attention mask": (MASK, "type: self_attention, inputs: x, heads: 2, mask: kept, causal: true"),
    "groups, rotary": ("{x: [T, 4]}", "type: self_attention, heads: 2, kv_heads: 1, positions: rotary"),
    "alibi": ("{x: [T, 4]}", "type: self_attention, heads: 2, positions: alibi, causal: true"),
    "cross mask": (TWO, "type: cross_attention, inputs: [x, memory], heads: 2, mask: kept"),
}


@pytest.mark.parametrize("level", [0, 1])
@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_is_verified(name: str, level: int) -> None:
    inputs, layer = LAYERS[name]
    kinds = "\ninput_type: {kept: integer}" if "kept" in inputs else ""
    text = f"""symbp: 1
name: trial
sizes: {{T: any, S: any}}
input: {inputs}{kinds}
layers: [{{{layer}}}]
loss: {{type: mse}}
"""
    _, verdict = compiler.generate(loads(text, "trial.yaml"), level)
    assert verdict.passed
