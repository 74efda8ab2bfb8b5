"""The forty-four layers are the ones that PyTorch has under these names: values and derived gradients agree with it."""

import numpy as np
import pytest

from .cases import FORTY_FOUR
from .harness import evaluator, point, setup

torch = pytest.importorskip("torch")
F = torch.nn.functional


def steps(t, cell):
    """A recurrence over the time axis from a state of zeros; `cell` takes (time, state) and gives the new state."""
    width = next(v for k, v in t.items() if k.startswith("U")).shape[1]
    state = memory = torch.zeros(len(t["x"]), width, dtype=torch.float64)
    states = []
    for k in range(t["x"].shape[1]):
        state, memory = cell(t["x"][:, k], state, memory)
        states.append(state)
    return torch.stack(states, 1)


def lstm(t):
    def cell(x, h, c):
        z = {f: x @ t["W" + f] + h @ t["U" + f] + t["b" + f] for f in "ifgo"}
        c = z["f"].sigmoid() * c + z["i"].sigmoid() * z["g"].tanh()
        return z["o"].sigmoid() * c.tanh(), c

    return steps(t, cell)


def gru(t):
    def cell(x, h, c):
        r, z = (torch.sigmoid(x @ t["W" + f] + h @ t["U" + f] + t["b" + f]) for f in "rz")
        e = torch.tanh(x @ t["Wn"] + r * (h @ t["Un"] + t["cn"]) + t["bn"])
        return (1 - z) * e + z * h, c

    return steps(t, cell)


def perceptron(t):
    return F.cross_entropy(torch.sigmoid(t["x"] @ t["W"] + t["b"]) @ t["V"], t["t"])


def norm(t, function, **parameters):
    return function(t["x"], t["x"].shape[1:], eps=1e-3, **{k: t[v] for k, v in parameters.items()})


SAME = {
    "sigmoid": lambda t: torch.sigmoid(t["x"]),
    "tanh": lambda t: torch.tanh(t["x"]),
    "tanh_by_exp": lambda t: torch.tanh(t["x"]),
    "relu": lambda t: F.relu(t["x"]),
    "leaky_relu": lambda t: F.leaky_relu(t["x"], 0.7),
    "elu": lambda t: F.elu(t["x"], 0.7),
    "softplus": lambda t: F.softplus(t["x"], threshold=100),
    "silu": lambda t: F.silu(t["x"]),
    "gelu": lambda t: F.gelu(t["x"]),
    "softsign": lambda t: F.softsign(t["x"]),
    "softsign_one_equation": lambda t: F.softsign(t["x"]),
    "sqrt": lambda t: torch.sqrt(t["x"]),
    "rsqrt": lambda t: torch.rsqrt(t["x"]),
    "exp": lambda t: torch.exp(t["x"]),
    "log": lambda t: torch.log(t["x"]),
    "square": lambda t: torch.square(t["x"]),
    "selu": lambda t: F.selu(t["x"]),
    "abs": lambda t: torch.abs(t["x"]),
    "mish": lambda t: F.mish(t["x"]),
    "mse": lambda t: F.mse_loss(t["x"], t["t"]),
    "huber": lambda t: F.huber_loss(t["x"], t["t"]),
    "hinge": lambda t: F.relu(1 - t["t"] * t["x"]).sum() / len(t["x"]),
    "bilinear": lambda t: F.bilinear(t["x"], t["z"], t["W"]),
    "mlp": perceptron,
    "dense": lambda t: t["x"] @ t["W"] + t["b"],
    "dense_tanh": lambda t: torch.tanh(t["x"] @ t["W"] + t["b"]),
    "softmax": lambda t: t["x"].softmax(1),
    "softmax_stable": lambda t: t["x"].softmax(1),
    "log_softmax": lambda t: t["x"].log_softmax(1),
    "softmax_ce": lambda t: F.cross_entropy(t["x"], t["t"]),
    "sigmoid_bce": lambda t: F.binary_cross_entropy_with_logits(t["x"], t["t"]),
    "layer_norm_plain": lambda t: norm(t, F.layer_norm),
    "layer_norm": lambda t: norm(t, F.layer_norm, weight="gamma", bias="beta"),
    "batch_norm": lambda t: F.batch_norm(t["x"], None, None, t["gamma"], t["beta"], True, eps=1e-3),
    "rms_norm": lambda t: norm(t, F.rms_norm, weight="gamma"),
    "conv2d": lambda t: F.conv2d(t["x"], t["K"], t["b"], stride=2, padding=1, dilation=2),
    "max_pool2d": lambda t: F.max_pool2d(t["x"], 3, 2, 1),
    "avg_pool2d": lambda t: F.avg_pool2d(t["x"], 3, 2),
    "l2_pool2d": lambda t: F.lp_pool2d(t["x"], 2.0, 3, 2),
    "embedding": lambda t: F.embedding(t["ids"], t["E"]),
    "rnn": lambda t: steps(t, lambda x, h, c: (torch.tanh(x @ t["W"] + h @ t["U"] + t["b"]), c)),
    "lstm": lstm,
    "gru": gru,
    "attention": lambda t: F.scaled_dot_product_attention(t["q"], t["kk"], t["v"], is_causal=True),
}


@pytest.mark.parametrize("name", FORTY_FOUR)
def test_values_and_gradients_are_those_of_torch(name):
    s, at = setup(name), point(name, 0)
    given = {k: torch.tensor(v, requires_grad=k in s.wanted) for k, v in at.data.items()}
    y = SAME[name](given)
    y.backward(torch.tensor(at.upstream))
    found = evaluator(name, at)
    np.testing.assert_allclose(found.array(s.output), y.detach().numpy(), rtol=1e-9, atol=1e-11)
    for w in s.wanted:
        np.testing.assert_allclose(found.array(f"d{w}"), given[w].grad.numpy(), rtol=1e-9, atol=1e-11, err_msg=w)
