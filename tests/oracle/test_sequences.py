"""The library's sequence layers against PyTorch in double precision: values and all gradients, at both levels."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.oracle.generated import close, module_of, size, views

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here: make test TORCH=1")
from tests.oracle import sequences as s  # noqa: E402  (it imports torch)

Array = npt.NDArray[Any]
BOUND = 1e-9


@dataclass(frozen=True)
class Case:
    """`layer` is the entry of the spec; `inputs` gives the shape of each input; those in `integers` are below 5."""

    layer: str
    oracle: s.Oracle
    inputs: dict[str, str] = field(default_factory=lambda: {"x": "[T, 3]"})
    integers: tuple[str, ...] = ()
    sizes: tuple[int, ...] = (1, 2, 7)  # of T

    def spec(self) -> str:
        listed = ", ".join(f"{name}: {shape}" for name, shape in self.inputs.items())
        kinds = ", ".join(f"{name}: {'integer' if name in self.integers else 'real'}" for name in self.inputs)
        return f"""sizes: {{T: any, S: any}}
input: {{{listed}}}
input_type: {{{kinds}}}
layers: [{{name: r, {self.layer}}}]
loss: {{type: mse}}
train: {{optimizer: {{type: adam, lr: 0.01}}}}"""


MASK = {"x": "[T, 3]", "mask": "[T]"}
WIDE, TWO = {"x": "[T, 8]"}, {"x": "[T, 8]", "memory": "[S, 5]"}
WIDE_MASK = {"x": "[T, 8]", "mask": "[T]"}
IDS = {"ids": "[T]"}
RNN, LSTM, GRU = "type: rnn, units: 4", "type: lstm, units: 4", "type: gru, units: 4"
SELF, CROSS = "type: self_attention, heads: 2", "type: cross_attention, heads: 2, inputs: [x, memory]"
CASES = {
    "rnn": Case(RNN, s.simple()),
    "rnn relu": Case(f"{RNN}, nonlinearity: relu", s.simple(relu=True)),
    "rnn backwards": Case(f"{RNN}, backwards: true", s.simple(backwards=True)),
    "rnn last": Case(f"{RNN}, output: last", s.last_of(s.simple())),
    "rnn backwards last": Case(f"{RNN}, output: last, backwards: true", s.last_of(s.simple(backwards=True), 0)),
    "rnn without bias": Case(f"{RNN}, bias: false", s.simple()),
    "rnn learned": Case(f"{RNN}, initial: learned", s.simple(start="h0")),
    "rnn given": Case(f"{RNN}, inputs: x, state: h0", s.simple(start="h0"), {"x": "[T, 3]", "h0": "[4]"}),
    "rnn mask": Case(f"{RNN}, inputs: x, mask: mask", s.by_steps(s.rnn_step), MASK, ("mask",)),
    "lstm": Case(LSTM, s.lstm()),
    "lstm backwards": Case(f"{LSTM}, backwards: true", s.lstm(backwards=True)),
    "lstm last": Case(f"{LSTM}, output: last", s.last_of(s.lstm())),
    "lstm cell": Case(f"{LSTM}, output: cell", s.last_of(s.by_steps(s.lstm_step, 2, 1))),
    "lstm without bias": Case(f"{LSTM}, bias: false", s.lstm()),
    "lstm learned": Case(f"{LSTM}, initial: learned", s.lstm(state="h0", cell="c0")),
    "lstm given": Case(
        f"{LSTM}, inputs: x, state: h0, cell: c0",
        s.lstm(state="h0", cell="c0"),
        {"x": "[T, 3]", "h0": "[4]", "c0": "[4]"},
    ),
    "lstm peephole": Case(f"{LSTM}, peephole: true", s.by_steps(s.lstm_step, 2)),
    "lstm mask": Case(f"{LSTM}, inputs: x, mask: mask", s.by_steps(s.lstm_step, 2), MASK, ("mask",)),
    "gru": Case(GRU, s.gru()),
    "gru backwards": Case(f"{GRU}, backwards: true", s.gru(backwards=True)),
    "gru last": Case(f"{GRU}, output: last", s.last_of(s.gru())),
    "gru without bias": Case(f"{GRU}, bias: false", s.gru()),
    "gru learned": Case(f"{GRU}, initial: learned", s.gru(start="h0")),
    "gru mask": Case(f"{GRU}, inputs: x, mask: mask", s.by_steps(s.gru_step), MASK, ("mask",)),
    "self attention": Case(SELF, s.multi_head(2), WIDE),
    "self attention, one head": Case("type: self_attention, heads: 1", s.multi_head(1), WIDE),
    "self attention, four heads": Case("type: self_attention, heads: 4, causal: true", s.multi_head(4, True), WIDE),
    "self attention causal": Case(f"{SELF}, causal: true", s.multi_head(2, True), WIDE),
    "self attention mask": Case(
        f"{SELF}, inputs: x, mask: mask", s.multi_head(2, mask="mask"), WIDE_MASK, ("mask",)
    ),
    "self attention without bias": Case(f"{SELF}, bias: false", s.multi_head(2), WIDE),
    "self attention output bias": Case(f"{SELF}, bias: output", s.multi_head(2), WIDE),
    "self attention groups": Case(
        "type: self_attention, heads: 4, kv_heads: 2, causal: true", s.scaled(4, 2, causal=True), WIDE
    ),
    "self attention, one head of keys": Case("type: self_attention, heads: 4, kv_heads: 1", s.scaled(4, 1), WIDE),
    "self attention rotary": Case(
        f"{SELF}, positions: rotary, causal: true", s.scaled(2, causal=True, turn=True), WIDE
    ),
    "self attention alibi": Case(
        f"{SELF}, positions: alibi, causal: true", s.scaled(2, causal=True, slopes=True), WIDE
    ),
    "cross attention": Case(CROSS, s.multi_head(2, memory="memory"), TWO),
    "cross attention mask": Case(
        f"{CROSS}, mask: mask", s.multi_head(2, memory="memory", mask="mask"), {**TWO, "mask": "[S]"}, ("mask",)
    ),
    "attention": Case(
        "type: attention, inputs: [queries, keys, values]",
        s.bare(),
        {"queries": "[T, 4]", "keys": "[S, 4]", "values": "[S, 3]"},
    ),
    "attention causal": Case(
        "type: attention, inputs: [queries, keys, values], causal: true",
        s.bare(causal=True),
        {"queries": "[T, 4]", "keys": "[T, 4]", "values": "[T, 3]"},
    ),
    "embedding": Case("type: embedding, rows: 5, units: 3", s.looked_up(), IDS, ("ids",)),
    "embedding padding": Case("type: embedding, rows: 5, units: 3, padding: 0", s.looked_up(0), IDS, ("ids",)),
    "embedding bag": Case("type: embedding_bag, rows: 5, units: 3", s.bag("mean"), IDS, ("ids",)),
    "embedding bag sum": Case("type: embedding_bag, rows: 5, units: 3, mode: sum", s.bag("sum"), IDS, ("ids",)),
    "embedding bag max": Case("type: embedding_bag, rows: 5, units: 3, mode: max", s.bag("max"), IDS, ("ids",)),
    "embedding bag padding": Case(
        "type: embedding_bag, rows: 5, units: 3, padding: 2", s.bag("mean", 2), IDS, ("ids",)
    ),
    "positional encoding": Case("type: positional_encoding", s.waves, {"x": "[T, 6]"}),
}


def numbers(case: Case, n: int, steps: int) -> dict[str, Array]:
    """The inputs: S is one more than T; a mask leaves the first step."""
    rng = np.random.default_rng((n, steps))
    found: dict[str, Array] = {}
    for name, text in case.inputs.items():
        listed = text.strip("[]").split(", ")
        shape = (n, *({"T": steps, "S": steps + 1}.get(entry) or int(entry) for entry in listed))
        if name == "mask":
            found[name] = rng.integers(0, 2, shape)
            found[name][:, 0] = 1
        else:
            found[name] = rng.integers(0, 5, shape) if name in case.integers else rng.standard_normal(shape)
    return found


@pytest.mark.parametrize("level", [0, 1])
@pytest.mark.parametrize("name", CASES)
def test_a_layer_is_that_of_torch(name: str, level: int) -> None:
    case = CASES[name]
    module = module_of(case.spec(), level)
    for n, steps in zip((1, 3, 2), case.sizes, strict=True):
        compare(module, case, numbers(case, n, steps), (n, steps))


def compare(module: Any, case: Case, given: dict[str, Array], seed: tuple[int, int]) -> None:
    rng = np.random.default_rng(seed)
    theta = rng.standard_normal(size(module))
    x = given if len(given) > 1 else next(iter(given.values()))
    network = module.Network()
    network.theta = theta
    output = network.predict(x)
    y = rng.standard_normal(output.shape)
    wanted, loss, gradients = by_torch(case, views(module, theta), given, y)
    close(output, wanted, BOUND)
    found, gradient = module.loss_and_grad(theta, x, y)
    assert found == pytest.approx(loss, rel=1e-12)
    for label, value in views(module, gradient).items():
        close(value, gradients[label.removeprefix("r.")], BOUND)
    for label, value in module.input_gradient(theta, x, y).items() if set(given) - set(case.integers) else ():
        close(value, gradients[label], BOUND)


def by_torch(
    case: Case, p: dict[str, Array], given: dict[str, Array], y: Array
) -> tuple[Array, float, dict[str, Array]]:
    """Output, loss, and the gradients of parameters and inputs by name."""
    tensors = {label.removeprefix("r."): torch.tensor(v, requires_grad=True) for label, v in p.items()}
    inputs = {name: torch.tensor(v, requires_grad=name not in case.integers) for name, v in given.items()}
    output = case.oracle(tensors, inputs)
    loss = ((output - torch.tensor(y)) ** 2).mean()
    loss.backward()
    every = {**tensors, **{name: t for name, t in inputs.items() if name not in case.integers}}
    gradients = {name: np.zeros(t.shape) if t.grad is None else t.grad.numpy() for name, t in every.items()}
    return output.detach().numpy(), loss.item(), gradients


@pytest.mark.parametrize("level", [0, 1])
def test_a_step_that_may_read_nothing_sees_values_of_zero(level: int) -> None:
    """PyTorch gives nan there."""
    module = module_of(CASES["self attention mask"].spec(), level)
    rng = np.random.default_rng(0)
    theta = rng.standard_normal(size(module))
    x, mask = rng.standard_normal((2, 3, 8)), np.array([[0, 0, 0], [1, 0, 1]])
    network = module.Network()
    network.theta = theta
    output = network.predict({"x": x, "mask": mask})
    close(output[0], np.broadcast_to(views(module, theta)["r.bo"], (3, 8)), BOUND)
    loss, gradient = module.loss_and_grad(theta, {"x": x, "mask": mask}, rng.standard_normal(output.shape))
    assert np.isfinite(loss) and np.isfinite(gradient).all()


@pytest.mark.parametrize("level", [0, 1])
@pytest.mark.parametrize("name", ["self attention", "self attention causal", "self attention mask"])
def test_scores_of_ten_thousand_are_finite(name: str, level: int) -> None:
    case = CASES[name]
    module = module_of(case.spec(), level)
    given = numbers(case, 2, 5)
    x = {**given, "x": 100 * given["x"]} if len(given) > 1 else 100 * given["x"]
    theta = np.random.default_rng(1).standard_normal(size(module))
    loss, gradient = module.loss_and_grad(theta, x, np.zeros((2, 5, 8)))
    assert np.isfinite(loss) and np.isfinite(gradient).all()
