"""The prose of `docs/spec.md`: rules that no declaration holds."""

from __future__ import annotations

INTRODUCTION = """\
# The spec language

A spec is a YAML file that declares one network. `symbp check FILE` reads it and reports every problem at once, with
file, line, column and a hint; `symbp init` writes a first one; `symbp schema` prints the JSON schema that makes an
editor complete keys. This page is made from the declarations of the library: `symbp list` and `symbp show TYPE` say
the same in the terminal.

```yaml
symbp: 1
name: xor
input: {x: [2]}                        # the batch axis is implied
layers:
  - {type: dense, name: hidden, units: 8, activation: tanh}
  - {type: dense, name: out, units: 1}
loss: {type: binary_cross_entropy}
train: {optimizer: {type: sgd, lr: 0.5}, epochs: 2000, batch_size: 4, seed: 0}
```

In Python the same spec is `symbp.load("xor.yaml")`, or

```python
symbp.Spec(
    symbp=1,
    name="xor",
    input={"x": [2]},
    layers=[
        {"type": "dense", "name": "hidden", "units": 8, "activation": "tanh"},
        {"type": "dense", "name": "out", "units": 1},
    ],
    loss={"type": "binary_cross_entropy"},
    train={"optimizer": {"type": "sgd", "lr": 0.5}, "epochs": 2000, "batch_size": 4, "seed": 0},
)
```
"""

READING = """\
## How a spec is read

- YAML 1.2 with its core schema: `1e-3` is a number; `on`, `off`, `yes`, `no` and `1:30` are text; `010` is 10. A number
  has at most 40 characters.
- One document, UTF-8, at most 500,000 bytes, 30 levels and 100,000 keys and values. Aliases, anchors, tags, merge keys,
  duplicate keys and keys without a value are refused.
- Nothing is converted: a number in quotes is text, `2.0` is no integer, `true` is no number; NaN and infinities are
  refused.
- Where an entry has no key but its type, the type alone will do: `loss: mse`, `activation: relu`.
- `name` becomes the name of the generated module: lower-case letters, digits and underscores, and not the name of a
  word or builtin of Python, of a module of the standard library, or `numpy`. Layers, inputs and sizes are named with
  letters, digits and underscores, a letter first.
- Of two specs with one name, only one can be generated into a folder.
"""

SHAPES = """\
## Shapes and axes

- Shapes leave out the batch axis, which is always the first. A shape lists integers or names from `sizes:`;
  `sizes: {T: any}` declares a size that each call's array fixes.
- Two axes are a sequence `[time, feature]`, three an image `[channel, height, width]`, four a volume, unless
  `axes: {x: [a, b, feature]}` names them otherwise. Axes are in this order everywhere, whatever the layout in memory.
- A layer without `inputs` reads the layer before it in the list, the first one the only input. Several inputs are a
  list; a layer may name any other layer, as long as no value depends on itself. What nothing reads is an error.
- The last layer is the output unless `outputs:` names another one, or several: `outputs: [mean, classes]`.
- Layers act on the last axis and map over the others; on an image this is an error, and `flatten` comes first.
- A target has the output's shape. (N,) is accepted for (N, 1); nothing else is broadcast. Integer labels have the
  output's shape without its last axis. `target: x` makes the input x the target: `y` is then left out in calls.
- Several inputs are passed as a dict by name, or as a tuple in the order of the spec.
- A layer without a name is called by its type and a number that counts per type: `dense_1`.
"""

BLOCKS = """\
A block has layers inside, which may be blocks again. The first of them reads what the block reads; by the name `input`
the others may read it too. Within a block, names are looked for in the block first, then outside. From outside, a layer
of a block that has a name is `encoder.fc1`, the layer `ln` of the second copy of `repeat` with the name block is
`block.1.ln`; the block's own name is that of the value it gives. `residual` adds no name of its own to those inside.
`share: encoder` shares all parameters of another block of the type; `layers` may then be left out.

Copies of a `repeat` that differ in names alone are one function in generated code, called for each of them: a module is
as long as the distinct blocks of its network, and what `W_fc` is there of one block is `block.1.fc.W` outside. A copy
that differs (another shape, frozen parameters, a value that something outside reads) stands there in full.

The same keys as for layers, but `init`:
"""

PARAMETERS = """\
## Parameters

- Dense weights are `[in, out]`. Weights start as glorot_uniform, biases as 0.
- `init` names parameters: `init: {W: he_normal}`, `init: {W: {type: normal, std: 0.1}}`, or numbers in the parameter's
  shape: `init: {b: [0.1, 0.2]}`. fan_in is the number of inputs of a unit and fan_out that of outputs; `he_normal`
  is not truncated.
- `share: fc1` takes over every parameter of the layer fc1 of the same name; `share: {W: fc1.W}` one of them. `.T` after
  the name transposes, and is always written: a shape that fits by chance never changes the meaning. A shared
  parameter exists once, under its owner; its gradients add up.
- Parameters are called `fc1.W`; in generated code `W_fc1`. An activation's parameters belong to the layer: `fc1.alpha`.
"""

LOSSES = """\
- `loss:` is one loss, or a list of them: the loss of the network is then their sum, each times its `weight`. A loss
  reads the output of the network, or the layers under `inputs`. Its target is the input that `target` names, or the
  part of y with its own name (`y={"classes": ..., "box": ...}`, or a tuple in the order of the spec); two losses may
  share a part: `target: same`. Penalties (`l1`, `l2`) are not multiplied by weights.
- Where there are several losses or outputs, `predict` and `predict_proba` give a dict by output, `evaluate` and each
  record of `history` have every loss by its name, and `score` is the mean of the scores of those losses that read an
  output (minus the loss where none has a score).
- A loss is a mean over all that it is computed for: N samples, N·T labels, or N·M outputs, unless its row says
  otherwise.
- `cross_entropy` and `binary_cross_entropy` take logits; a softmax or sigmoid in front of them is an error.
- `labels: integer | one_hot | probabilities` says what the target is; integer is the default. Probabilities are checked
  to sum to 1.
- `ignore_index: -100` leaves the integer label -100 out: the mean is over the labels that count, and 0 where none does.
  Any other label without a class is refused, as is an integer input that no row of a table, or no place, stands for.
- A loss of several values names them in order: `{type: triplet_margin, inputs: [anchor, like, unlike]}`.
- Penalties are part of the returned loss. They count parameters with two or more axes, embeddings and biases left out.
- `score` is what the table says; `metric: accuracy` on a loss of numbers compares the largest of several outputs,
  `metric: r2` is the score of such a loss anyway. `predict_proba` is there for cross_entropy, and for
  binary_cross_entropy with shape (N, 2).
"""

TRAINING = """\
- Without `train:` the optimizer is adam with lr 1e-3.
- The loss of an epoch is the mean over its samples: a short last batch is weighted by its size. `stop: {loss_below: v}`
  compares this loss.
- With micro-batches (gradient accumulation) a step gives the same loss and gradients, but for rounding, in the memory
  of `micro_batch_size` samples, also for predictions. Each sample must be computed from itself alone, and the loss be
  a mean over the samples; `auto` keeps a batch whole where that is not so, or where parts would take longer. Random
  layers draw for one micro-batch after the other: of several layers, other numbers than for the whole batch.
- `clip_norm` is the norm of the whole gradient, penalties included, before the optimizer; `clip_value` a bound for each
  element.
- Optimizers are as PyTorch defines them. `adamw` decays parameters with two or more axes only; PyTorch decays all.
"""

SCHEDULES = """\
`schedule: {type: cosine}` under the optimizer. `k` is the number of the step from 0, `K` the number of all steps.
"""

INITIALIZERS = """\
`I` is fan_in and `O` fan_out of the parameter.
"""

DEFINITIONS = """\
## Types of your own

`define:` adds types by formula, and nothing tells them apart from the library's: the same derivation, the same speed,
the same checks. The formula language is in [formulas.md](formulas.md). A built-in type cannot be defined again.

```yaml
define:
  activations:
    softsign2: "z / (1 + z**2)"
    bent: {formula: "z*sigmoid(beta*z)", parameters: {beta: 1.5}}
  layers:
    gated:
      input: "x[n,i]"                  # n stands for all leading axes
      sizes: {units: j}                # the key `units` sizes the letter j
      parameters: {W: "[i,j]", V: "[i,j]", b: "[j]"}
      init: {W: glorot_uniform, V: glorot_uniform, b: zeros}
      formula: |
        u[n,j] = sum[i](x[n,i]*W[i,j]) + b[j]
        g[n,j] = sum[i](x[n,i]*V[i,j])
        y[n,j] = tanh(u[n,j]) * sigmoid(g[n,j])
  losses:
    quartic: "mean[n,j]((y[n,j] - t[n,j])**4)"
    weighted:                          # each call gives y={"y": ..., "w": ...}
      targets: {w: {axes: "[n]", range: ">= 0"}}
      formula: "sum[n](w[n]*sum[j]((y[n,j] - t[n,j])**2))/sum[n](w[n])"
    divergence:                        # loss: {type: divergence, inputs: [mean, spread]}
      input: ["m[n,j]", "s[n,j]"]      # several values, no target
      target: none
      formula: "1/2*mean[n](sum[j](m[n,j]**2 + exp(s[n,j]) - s[n,j] - 1))"
  optimizers:
    heavy_ball: {formula: "v = mu*v - lr*g\\nw = w + v", parameters: {mu: 0.9}}
```

Several specs may share definitions: `library: [own.yaml]` reads those of a file that lies in the folder of the spec or
below it, and holds `symbp: 1` and `define:`. A name is defined once. The hash in the header of a generated module
covers the spec and its libraries.
"""

RANDOMNESS = """\
## Randomness and precision

- `Network(seed)` draws the initial values and seeds shuffling; `train.seed` is its default. Arguments of `fit` win over
  the spec.
- Real numbers are float32 unless `dtype: float64`. Float, integer and bool arrays are converted for real inputs;
  complex and object arrays, NaN and infinities are refused.
"""
