"""Recurrences written as formulas against PyTorch's own layers in double precision: values and all gradients."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.oracle.generated import close, module_of, size, views

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here: make test TORCH=1")
Array = npt.NDArray[Any]

X = "sum[i](x[n,t,i]*W[i,{g}])"
H = "sum[k](h[n,t-1,k]*U[k,{g}])"
RNN = f"""
        z[n,t,j] = {X} + {H} + b[j]
        h[n,t,j] = tanh(z[n,t,j])
        y[n,t,j] = h[n,t,j]""".replace("{g}", "j")
LSTM = f"""
        z[n,t,g,j] = {X} + {H} + b[g,j]
        i[n,t,j] = sigmoid(z[n,t,0,j])
        f[n,t,j] = sigmoid(z[n,t,1,j])
        u[n,t,j] = tanh(z[n,t,2,j])
        o[n,t,j] = sigmoid(z[n,t,3,j])
        c[n,t,j] = f[n,t,j]*c[n,t-1,j] + i[n,t,j]*u[n,t,j]
        h[n,t,j] = o[n,t,j]*tanh(c[n,t,j])
        y[n,t,j] = h[n,t,j]""".replace("{g}", "g,j")
GRU = f"""
        v[n,t,g,j] = {X} + b[g,j]
        w[n,t,g,j] = {H} + q[g,j]
        r[n,t,j] = sigmoid(v[n,t,0,j] + w[n,t,0,j])
        z[n,t,j] = sigmoid(v[n,t,1,j] + w[n,t,1,j])
        e[n,t,j] = tanh(v[n,t,2,j] + r[n,t,j]*w[n,t,2,j])
        h[n,t,j] = (1 - z[n,t,j])*e[n,t,j] + z[n,t,j]*h[n,t-1,j]
        y[n,t,j] = h[n,t,j]""".replace("{g}", "g,j")
INITIAL = """
        p[n,t,j] = h[n,t-1,j] + [t == 0]*h0[j]
        h[n,t,j] = tanh(sum[i](x[n,t,i]*W[i,j]) + sum[k](p[n,t,k]*U[k,j]) + b[j])
        y[n,t,j] = h[n,t,j]"""


def spec(formula: str, parameters: dict[str, str], gates: int = 0, time: str = "T") -> str:
    start = ", ".join(f"{name}: {{type: normal, std: 0.7}}" for name in parameters)
    listed = ", ".join(f'{name}: "[{axes}]"' for name, axes in parameters.items())
    extents = f'\n      extents: {{g: "{gates}"}}' if gates else ""
    return f"""sizes: {{T: any}}
input: {{x: [{time}, 3]}}
define:
  layers:
    own:
      input: "x[n,t,i]"
      sizes: {{units: j}}{extents}
      parameters: {{{listed}}}
      init: {{{start}}}
      formula: |{formula}
layers: [{{type: own, name: r, units: 4}}]
loss: {{type: mse}}
train: {{optimizer: {{type: adam, lr: 0.01}}}}"""


SIMPLE = {"W": "i,j", "U": "k,j", "b": "j"}
FUSED = {"W": "i,(g j)", "U": "k,(g j)", "b": "(g j)"}
CASES = {
    "rnn": (spec(RNN, SIMPLE), torch.nn.RNN),
    "lstm": (spec(LSTM, FUSED, 4), torch.nn.LSTM),
    "gru": (spec(GRU, {**FUSED, "q": "(g j)"}, 3), torch.nn.GRU),
    "an initial state": (spec(INITIAL, {**SIMPLE, "h0": "j"}), torch.nn.RNN),
    "from right to left": (spec(RNN.replace("t-1", "t+1"), SIMPLE), torch.nn.RNN),
}


def _oracle(name: str, layer: Any, p: dict[str, Array], x: Array, y: Array) -> tuple[Any, Any, dict[str, Array], Array]:
    """Output, loss, gradients by label, and that of x."""
    net = layer(3, 4, batch_first=True).double()
    given = {label: torch.tensor(value, requires_grad=True) for label, value in p.items()}
    weights = {"weight_ih_l0": given["r.W"].T, "weight_hh_l0": given["r.U"].T, "bias_ih_l0": given["r.b"]}
    weights["bias_hh_l0"] = given.get("r.q", torch.zeros(given["r.b"].shape))
    data = torch.tensor(x, requires_grad=True)
    backwards = name == "from right to left"
    started = (given["r.h0"].expand(1, len(x), -1),) if "r.h0" in given else ()
    found = torch.func.functional_call(net, weights, (data.flip(1) if backwards else data, *started))[0]
    found = found.flip(1) if backwards else found
    loss = ((found - torch.tensor(y)) ** 2).mean()
    loss.backward()
    gradients = {label: value.grad.numpy() for label, value in given.items()}
    return found.detach().numpy(), loss.item(), gradients, data.grad.numpy()


@pytest.mark.parametrize("level", [0, 1])
@pytest.mark.parametrize(("n", "steps"), [(1, 1), (3, 2), (2, 7)])
@pytest.mark.parametrize("name", CASES)
def test_a_layer_of_ones_own_is_that_of_torch(name: str, n: int, steps: int, level: int) -> None:
    text, layer = CASES[name]
    module = module_of(text, level)
    rng = np.random.default_rng((n, steps))
    theta = rng.standard_normal(size(module))
    x, y = rng.standard_normal((n, steps, 3)), rng.standard_normal((n, steps, 4))
    output, loss, gradients, by_input = _oracle(name, layer, views(module, theta), x, y)
    network = module.Network()
    network.theta = theta
    close(network.predict(x), output)
    found, gradient = module.loss_and_grad(theta, x, y)
    assert found == pytest.approx(loss, rel=1e-12)
    for label, wanted in gradients.items():
        close(views(module, gradient)[label], wanted)
    close(module.input_gradient(theta, x, y)["x"], by_input)
    assert network.loss_and_grad(x, y)[0] == found


@pytest.mark.parametrize("name", CASES)
def test_both_levels_take_the_same_steps_whatever_the_length(name: str) -> None:
    text, _ = CASES[name]
    rng = np.random.default_rng(5)
    sizes = ((4, 5), (2, 1), (4, 5), (1, 9))
    batches = [(rng.standard_normal((n, t, 3)), rng.standard_normal((n, t, 4))) for n, t in sizes]
    nets = [module_of(text, level).Network(seed=3) for level in (0, 1)]
    for batch in batches:
        losses = [net.step(*batch) for net in nets]
        assert losses[0] == pytest.approx(losses[1], rel=1e-12)
    close(nets[0].theta, nets[1].theta, 1e-12)
    x, y = batches[0]
    nets[1].fit(x, y, epochs=2, batch_size=3, verbose=False)
    assert np.isfinite(nets[1].history[-1]["loss"])


@pytest.mark.parametrize("name", CASES)
def test_a_step_makes_no_arrays(name: str) -> None:
    module = module_of(CASES[name][0], 1)
    net, rng = module.Network(dtype="float32"), np.random.default_rng(0)
    x = rng.standard_normal((200, 40, 3)).astype(np.float32)
    y = rng.standard_normal((200, 40, 4)).astype(np.float32)
    for _ in range(3):
        net.step(x, y)
    tracemalloc.start()
    try:
        start = tracemalloc.get_traced_memory()[0]
        for _ in range(10):
            net.step(x, y)
        peak = tracemalloc.get_traced_memory()[1] - start
    finally:
        tracemalloc.stop()
    assert peak < 64 * 1024


def test_a_number_of_steps_may_be_fixed() -> None:
    text = spec(RNN, SIMPLE, time="6")
    module, free = module_of(text), module_of(CASES["rnn"][0])
    rng = np.random.default_rng(1)
    theta, x, y = rng.standard_normal(size(module)), rng.standard_normal((2, 6, 3)), rng.standard_normal((2, 6, 4))
    loss, gradient = module.loss_and_grad(theta, x, y)
    wanted, by_free = free.loss_and_grad(theta, x, y)
    assert loss == wanted
    close(gradient, by_free, 1e-14)
    with pytest.raises(ValueError, match=r"expected shape \(n, 6, 3\)"):
        module.loss_and_grad(theta, x[:, :5], y[:, :5])
