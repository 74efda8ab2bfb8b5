"""States carried from step to step: truncated back-propagation as PyTorch does it with detached states."""

from __future__ import annotations

import copy
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from symbp.compiler import compile_spec, generate
from symbp.spec.load import loads
from symbp.verify.check import verify
from tests.oracle.generated import close, module_of, size, views

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here: make test TORCH=1")
Array = npt.NDArray[Any]
KINDS = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
BOUND, RATE = 1e-9, 0.1


def spec(kind: str, more: str = "", inputs: str = "{x: [T, 3]}") -> str:
    return f"""sizes: {{T: any}}
input: {inputs}
layers: [{{name: r, type: {kind}, units: 4, initial: carried{more}}}]
loss: {{type: mse}}
train: {{optimizer: {{type: sgd, lr: {RATE}}}, batch_size: 2}}"""


def started(module: ModuleType, seed: int = 0) -> Any:
    net = module.Network(dtype="float64")
    net.theta = np.random.default_rng(seed).standard_normal(size(module))
    return net


def chunks(count: int, n: int = 3, steps: int = 5) -> list[tuple[Array, Array]]:
    rng = np.random.default_rng(count)
    return [(rng.standard_normal((n, steps, 3)), rng.standard_normal((n, steps, 4))) for _ in range(count)]


def by_torch(kind: str, module: ModuleType, theta: Array, x: Array, y: Array, state: Any) -> tuple[float, Array, Any]:
    """Loss, gradient and last state of one chunk."""
    p = {label: torch.tensor(v, requires_grad=True) for label, v in views(module, theta).items()}
    zero = torch.zeros_like(p["r.b"])
    hidden = torch.cat([zero[:8], p["r.c_n"]]) if kind == "gru" else zero
    weights = {"weight_ih_l0": p["r.W"].T, "weight_hh_l0": p["r.U"].T, "bias_ih_l0": p["r.b"], "bias_hh_l0": hidden}
    net = KINDS[kind](3, 4, batch_first=True).double()
    given = (torch.tensor(x),) if state is None else (torch.tensor(x), state)
    output, last = torch.func.functional_call(net, weights, given)
    loss = ((output - torch.tensor(y)) ** 2).mean()
    loss.backward()
    gradient = np.concatenate([v.grad.numpy().ravel() for v in p.values()])
    last = tuple(a.detach() for a in last) if kind == "lstm" else last.detach()
    return loss.item(), gradient, last


@pytest.mark.parametrize("level", [0, 1])
@pytest.mark.parametrize("kind", KINDS)
def test_steps_over_chunks_of_long_sequences(kind: str, level: int) -> None:
    """The state goes on, the gradient stops at the border of two chunks."""
    module = module_of(spec(kind), level)
    net, state = started(module), None
    for x, y in chunks(4):
        theta = net.theta.copy()
        loss, gradient, state = by_torch(kind, module, theta, x, y, state)
        found_loss, found = net.loss_and_grad(x, y)
        assert found_loss == pytest.approx(loss, rel=1e-12)
        close(found, gradient, BOUND)
        pure_loss, pure = module.loss_and_grad(theta, x, y, state=net.state)
        assert (pure_loss, pure.tolist()) == (found_loss, found.tolist())
        assert net.step(x, y) == pytest.approx(loss, rel=1e-12)
        close(net.theta, theta - RATE * gradient, BOUND)
        last = state[0] if kind == "lstm" else state
        close(net.state["r.last_h"], last[0].numpy(), BOUND)


def test_a_mask_holds_what_is_carried() -> None:
    """A sequence that ends early hands on its state behind its own last step."""
    module = module_of(spec("lstm", ", mask: mask, inputs: x", "{x: [T, 3], mask: [T]}\ninput_type: {mask: integer}"))
    net, ((x, y), (more, target)) = started(module), chunks(2)
    mask = np.ones((3, 5), int)
    mask[1, 2:] = 0
    net.step({"x": x, "mask": mask}, y)
    theta = net.theta.copy()
    _, _, state = by_torch("lstm", module, started(module).theta, x[1:2, :2], y[1:2, :2], None)
    loss, _, _ = by_torch("lstm", module, theta, more[1:2], target[1:2], state)
    kept = {label: array[1:2] for label, array in net.state.items()}
    arguments = {"x": more[1:2], "mask": np.ones((1, 5), int)}
    assert module.loss_and_grad(theta, arguments, target[1:2], state=kept)[0] == pytest.approx(loss, rel=1e-12)


def test_another_batch_size_and_reset_state_begin_anew() -> None:
    module = module_of(spec("gru"))
    net, ((x, y), (more, target)) = started(module), chunks(2)
    fresh = module.loss_and_grad(net.theta, x, y)[0]
    net.step(x, y)
    theta, after = net.theta.copy(), net.loss_and_grad(more, target)[0]
    from_start = module.loss_and_grad(theta, more, target)[0]
    assert abs(after - from_start) > 1e-6
    assert net.loss_and_grad(more[:2], target[:2])[0] == module.loss_and_grad(theta, more[:2], target[:2])[0]
    assert net.loss_and_grad(more, target)[0] == after  # looking changes nothing
    net.step(more[:2], target[:2])
    assert net.state["r.last_h"].shape == (2, 4)
    net.theta = theta
    net.step(more, target)
    net.reset_state()
    assert not np.any(net.state["r.last_h"])
    net.theta = started(module).theta
    assert net.loss_and_grad(x, y)[0] == fresh


def test_predictions_begin_from_the_start() -> None:
    module = module_of(spec("lstm"))
    net, ((x, y), _) = started(module), chunks(2)
    theta, before = net.theta.copy(), net.predict(x)
    net.step(x, y)
    net.theta = theta
    kept = net.state["r.last_h"].copy()
    assert np.array_equal(net.predict(x), before)
    assert net.evaluate(x, y)[0] == pytest.approx(module.loss_and_grad(theta, x, y)[0], rel=1e-12)
    assert np.array_equal(net.state["r.last_h"], kept)


def test_what_is_carried_is_saved_loaded_and_copied(tmp_path: Path) -> None:
    module = module_of(spec("lstm"))
    net, ((x, y), (more, target)) = started(module), chunks(2)
    for _ in range(2):
        path = tmp_path / "net.safetensors"
        net.save(path)  # before the first step there is nothing to carry
        for other in (module.Network.load(path), copy.deepcopy(net), copy.copy(net)):
            assert {k: v.tolist() for k, v in other.state.items()} == {k: v.tolist() for k, v in net.state.items()}
            assert other.loss_and_grad(more, target)[0] == net.loss_and_grad(more, target)[0]
            other.step(more, target)
            assert other.state["r.last_h"].shape == (3, 4)
        net.step(x, y)


def test_an_epoch_of_fit_begins_from_the_start_and_goes_on_from_batch_to_batch() -> None:
    module = module_of(spec("gru"))
    net, other = started(module), started(module)
    x, y = np.concatenate([c[0] for c in chunks(3, 2)]), np.concatenate([c[1] for c in chunks(3, 2)])
    net.fit(x, y, epochs=2, verbose=False)
    for _ in range(2):
        other.reset_state()
        for k in (0, 2, 4):
            other.step(x[k : k + 2], y[k : k + 2])
    assert np.array_equal(net.theta, other.theta)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("    s.last_h_r[...] = y_r[-1]", "    s.last_h_r[...] = y_r[0]"),
        ("follow(self._p, self._s, ws, ", "follow(self._p, self._fresh(len(data[0])), ws, "),
        ('        if len(data[0]) != len(self._carried["r.last_h"]):', "        if not self.state['r.last_h'].size:"),
        ("[0] = s.last_h_r", "[0] = 0.0 * s.last_h_r"),
        ("y = forward(self._p, self._fresh(len(block[0])), ws", "y = forward(self._p, self._before(len(block[0])), ws"),
    ],
)
def test_planted_errors_are_found(right: str, wrong: str) -> None:
    text = f"symbp: 1\nname: trial\n{spec('gru')}\n"
    made = compile_spec(loads(text, "trial.yaml"))
    assert right in made.module
    assert not verify(made.module.replace(right, wrong), made.graph).passed


def test_a_layer_of_ones_own_carries_too() -> None:
    text = """symbp: 1
name: trial
sizes: {T: any}
input: {x: [T, 3]}
define:
  layers:
    smooth:
      input: "x[n,t,i]"
      parameters: {a: "[i]"}
      init: {a: {type: uniform, low: 0.2, high: 0.8}}
      state: {s: {axes: "[n,i]", start: 0.5}}
      formula: |
        p[n,t,i] = h[n,t-1,i] + [t == 0]*s[n,i]
        h[n,t,i] = a[i]*p[n,t,i] + (1 - a[i])*x[n,t,i]
        y[n,t,i] = h[n,t,i]
      after: "s[n,i] = h[n,T-1,i]"
layers: [{type: smooth, name: r}, {type: batch_norm, name: b}, {type: dense, name: o, units: 2}]
loss: {type: mse}
"""
    for level in (0, 1):
        made, verdict = generate(loads(text, "trial.yaml"), level)
        assert verdict.passed
        assert "CARRIED: dict[str, tuple[int, ...]] = {\"r.s\": (3,)}" in made.module
