"""Recurrent layers both ways, and stacked, against PyTorch in double precision."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.oracle.generated import close, module_of, size, views

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here: make test TORCH=1")
Array = npt.NDArray[Any]
KINDS = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
BOUND = 1e-9


def spec(layers: str) -> str:
    return f"""sizes: {{T: any}}
input: {{x: [T, 3]}}
layers: [{layers}]
loss: {{type: mse}}
train: {{optimizer: {{type: adam, lr: 0.01}}}}"""


def weights(p: dict[str, Any], kind: str, layer: str, suffix: str) -> dict[str, Any]:
    """Those of one layer and direction, as PyTorch names them."""
    w, u, b = (p[f"{layer}.{name}"] for name in ("W", "U", "b"))
    c = torch.zeros_like(b)
    if kind == "gru":
        c = torch.cat([c[: 2 * len(u)], p[f"{layer}.c_n"]])
    return dict(zip((f"{n}_{suffix}" for n in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")), (w.T, u.T, b, c),
                    strict=True))  # fmt: skip


def compare(module: Any, oracle: Any, shape: tuple[int, int]) -> None:
    """Output, loss and all gradients; `oracle` is a function of parameters by label and of x."""
    rng = np.random.default_rng(shape)
    theta, x = rng.standard_normal(size(module)), rng.standard_normal((*shape, 3))
    p = {label: torch.tensor(v, requires_grad=True) for label, v in views(module, theta).items()}
    given = torch.tensor(x, requires_grad=True)
    wanted = oracle(p, given)
    network = module.Network()
    network.theta = theta
    close(network.predict(x), wanted.detach().numpy(), BOUND)
    y = rng.standard_normal(tuple(wanted.shape))
    ((wanted - torch.tensor(y)) ** 2).mean().backward()
    _, gradient = module.loss_and_grad(theta, x, y)
    for label, value in views(module, gradient).items():
        close(value, p[label].grad.numpy(), BOUND)
    close(module.input_gradient(theta, x, y)["x"], given.grad.numpy(), BOUND)


@pytest.mark.parametrize("level", [0, 1])
@pytest.mark.parametrize("kind", KINDS)
def test_both_ways(kind: str, level: int) -> None:
    module = module_of(spec(f"{{type: bidirectional, name: b, layers: [{{type: {kind}, name: r, units: 4}}]}}"), level)

    def oracle(p: dict[str, Any], x: Any) -> Any:
        net = KINDS[kind](3, 4, batch_first=True, bidirectional=True).double()
        found = {**weights(p, kind, "b.forwards.r", "l0"), **weights(p, kind, "b.backwards.r", "l0_reverse")}
        return torch.func.functional_call(net, found, (x,))[0]

    for shape in ((1, 1), (3, 2), (2, 7)):
        compare(module, oracle, shape)


@pytest.mark.parametrize("level", [0, 1])
@pytest.mark.parametrize("kind", KINDS)
def test_the_last_state_of_each_way(kind: str, level: int) -> None:
    inner = f"{{type: {kind}, name: r, units: 4, output: last}}"
    module = module_of(spec(f"{{type: bidirectional, name: b, layers: [{inner}]}}"), level)

    def oracle(p: dict[str, Any], x: Any) -> Any:
        net = KINDS[kind](3, 4, batch_first=True, bidirectional=True).double()
        found = {**weights(p, kind, "b.forwards.r", "l0"), **weights(p, kind, "b.backwards.r", "l0_reverse")}
        state = torch.func.functional_call(net, found, (x,))[1]
        state = state[0] if kind == "lstm" else state
        return torch.cat([state[0], state[1]], 1)

    for shape in ((1, 1), (2, 7)):
        compare(module, oracle, shape)


@pytest.mark.parametrize("level", [0, 1])
@pytest.mark.parametrize("kind", KINDS)
def test_stacked_both_ways(kind: str, level: int) -> None:
    inner = f"{{type: bidirectional, name: b, layers: [{{type: {kind}, name: r, units: 4}}]}}"
    module = module_of(spec(f"{{type: repeat, name: s, times: 2, layers: [{inner}]}}"), level)

    def oracle(p: dict[str, Any], x: Any) -> Any:
        net = KINDS[kind](3, 4, num_layers=2, batch_first=True, bidirectional=True).double()
        found: dict[str, Any] = {}
        for k in (0, 1):
            found |= weights(p, kind, f"s.{k}.b.forwards.r", f"l{k}")
            found |= weights(p, kind, f"s.{k}.b.backwards.r", f"l{k}_reverse")
        return torch.func.functional_call(net, found, (x,))[0]

    compare(module, oracle, (2, 5))


@pytest.mark.parametrize("merge", ["add", "average", "multiply"])
def test_other_ways_of_joining(merge: str) -> None:
    inner = "{type: gru, name: r, units: 4}"
    module = module_of(spec(f"{{type: bidirectional, name: b, merge: {merge}, layers: [{inner}]}}"))

    def oracle(p: dict[str, Any], x: Any) -> Any:
        net = torch.nn.GRU(3, 4, batch_first=True, bidirectional=True).double()
        found = {**weights(p, "gru", "b.forwards.r", "l0"), **weights(p, "gru", "b.backwards.r", "l0_reverse")}
        one, two = torch.func.functional_call(net, found, (x,))[0].chunk(2, 2)
        return {"add": one + two, "average": (one + two) / 2, "multiply": one * two}[merge]

    compare(module, oracle, (3, 4))
