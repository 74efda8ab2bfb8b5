"""Sequences of different lengths, ended by a mask, against PyTorch's packed sequences in double precision."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.oracle.generated import close, module_of, size, views

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here: make test TORCH=1")
Array = npt.NDArray[Any]
KINDS = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
LENGTHS = (5, 1, 4, 2)
BOUND = 1e-9


def spec(layers: str) -> str:
    return f"""sizes: {{T: any}}
input: {{x: [T, 3], mask: [T]}}
input_type: {{mask: integer}}
layers: [{layers}]
loss: {{type: mse}}"""


def weights(p: dict[str, Any], kind: str, layer: str, suffix: str) -> dict[str, Any]:
    w, u, b = (p[f"{layer}.{name}"] for name in ("W", "U", "b"))
    zero = torch.zeros_like(b)
    hidden = torch.cat([zero[: 2 * len(u)], p[f"{layer}.c_n"]]) if kind == "gru" else zero
    return dict(zip((f"{n}_{suffix}" for n in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")), (w.T, u.T, b, hidden),
                    strict=True))  # fmt: skip


def packed(kind: str, p: dict[str, Any], x: Any, last: bool) -> Any:
    """Both directions of an inner layer `r` side by side, 0 behind the end; or the last state of each."""
    net = KINDS[kind](3, 4, batch_first=True, bidirectional=True).double()
    found = {**weights(p, kind, "b.forwards.r", "l0"), **weights(p, kind, "b.backwards.r", "l0_reverse")}
    given = torch.nn.utils.rnn.pack_padded_sequence(x, torch.tensor(LENGTHS), batch_first=True, enforce_sorted=False)
    output, state = torch.func.functional_call(net, found, (given,))
    state = state[0] if kind == "lstm" else state
    if last:
        return torch.cat([state[0], state[1]], 1)
    return torch.nn.utils.rnn.pad_packed_sequence(output, batch_first=True)[0]


@pytest.mark.parametrize("level", [0, 1])
@pytest.mark.parametrize("output", ["sequence", "last"])
@pytest.mark.parametrize("kind", KINDS)
def test_packed_sequences(kind: str, output: str, level: int) -> None:
    inner = f"{{type: {kind}, name: r, units: 4, mask: mask, zero_masked: true, output: {output}}}"
    module = module_of(spec(f"{{type: bidirectional, name: b, inputs: x, layers: [{inner}]}}"), level)
    rng = np.random.default_rng(5)
    theta, x = rng.standard_normal(size(module)), rng.standard_normal((4, 5, 3))
    mask = (np.arange(5) < np.array(LENGTHS)[:, None]).astype(int)
    p = {label: torch.tensor(v, requires_grad=True) for label, v in views(module, theta).items()}
    given = torch.tensor(x, requires_grad=True)
    wanted = packed(kind, p, given, output == "last")
    y = rng.standard_normal(tuple(wanted.shape))
    ((wanted - torch.tensor(y)) ** 2).mean().backward()
    net = module.Network(dtype="float64")
    net.theta = theta
    arguments = {"x": x, "mask": mask}
    close(net.predict(arguments), wanted.detach().numpy(), BOUND)
    _, gradient = module.loss_and_grad(theta, arguments, y)
    for label, value in views(module, gradient).items():
        close(value, p[label].grad.numpy(), BOUND)
    found = module.input_gradient(theta, arguments, y)["x"]
    close(found, given.grad.numpy(), BOUND)
    assert not np.any(found[mask == 0])
