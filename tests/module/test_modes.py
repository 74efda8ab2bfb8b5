"""Draws and states of a network: seeds, predictions, batch statistics, what is refused."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from symbp.compiler import compile_spec
from symbp.spec.load import loads

from .generated import data, imported, made

LEVELS = (0, 1)


def network(level: int, seed: int = 0, dtype: str = "float64") -> tuple[Any, Any]:
    module = made("draws", level)
    return module, module.Network(seed, dtype=dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("level", LEVELS)
def test_a_seed_fixes_every_bit(level: int, dtype: str) -> None:
    nets = [network(level, seed, dtype)[1].fit(*data("draws"), verbose=False) for seed in (3, 3, 4)]
    assert np.array_equal(nets[0].theta, nets[1].theta)
    assert all(np.array_equal(array, nets[1].state[label]) for label, array in nets[0].state.items())
    assert nets[0].history == nets[1].history
    assert not np.array_equal(nets[0].theta, nets[2].theta)


@pytest.mark.parametrize("level", LEVELS)
def test_predictions_draw_nothing_and_change_nothing(level: int) -> None:
    _, net = network(level)
    x, y = data("draws")
    net.fit(x, y, epochs=1, verbose=False)
    before = pickle.dumps((net.generator.bit_generator.state, net.state))
    first = net.predict_proba(x), net.score(x, y), net.evaluate(x, y), net.loss_and_grad(x, y)[0]
    second = net.predict_proba(x), net.score(x, y), net.evaluate(x, y), net.loss_and_grad(x, y)[0]
    assert np.array_equal(first[0], second[0])
    assert first[1:] == second[1:]
    np.testing.assert_allclose(net.predict_proba(x[:1]), first[0][:1], rtol=1e-12)  # no matter what else is predicted
    assert pickle.dumps((net.generator.bit_generator.state, net.state)) == before


@pytest.mark.parametrize("level", LEVELS)
def test_training_draws_anew_every_time(level: int) -> None:
    module, net = network(level)
    x, y = data("draws")
    first, second = (net.loss_and_grad(x, y, training=True)[0] for _ in range(2))
    assert len({first, second, net.loss_and_grad(x, y)[0]}) == 3
    rngs = [np.random.default_rng(seed) for seed in (1, 1, 2)]
    losses = [module.loss_and_grad(net.theta, x, y, rng=rng)[0] for rng in rngs]
    assert losses[0] == losses[1] != losses[2]
    assert module.loss_and_grad(net.theta, x, y)[0] == pytest.approx(net.loss_and_grad(x, y)[0], rel=1e-12)


@pytest.mark.parametrize("level", LEVELS)
def test_a_step_uses_its_draws_in_the_backward_pass(level: int) -> None:
    module, _ = network(level)
    net = module.Network(keep_gradients=True)
    x, y = data("draws", n=20)
    rng = np.random.default_rng(np.random.SeedSequence(0).spawn(3)[2])
    _, gradient = module.loss_and_grad(net.theta, x, y, rng=rng)
    net.step(x, y)
    np.testing.assert_allclose(np.concatenate([g.ravel() for g in net.gradients.values()]), gradient, rtol=1e-9)


@pytest.mark.parametrize("level", LEVELS)
def test_one_sample_has_no_batch_statistics(level: int) -> None:
    module, net = network(level)
    x, y = data("draws")
    calls: tuple[Callable[[], object], ...] = (
        lambda: net.step(x[:1], y[:1]),
        lambda: net.loss_and_grad(x[:1], y[:1]),
        lambda: net.input_gradient(x[:1], y[:1]),
        lambda: module.loss_and_grad(net.theta, x[:1], y[:1]),
    )
    for call in calls:
        with pytest.raises(ValueError, match="batch statistics need two samples at least, found one"):
            call()
    with pytest.raises(ValueError, match="need 2 samples; 50 samples in batches of 7 leave 1 for the last one"):
        net.fit(x, y, batch_size=7, verbose=False)
    assert net.epoch == 0
    net.predict(x[:1])


@pytest.mark.parametrize("level", LEVELS)
def test_one_step_of_time_has_no_variance(level: int) -> None:
    spec = "input: {x: [T, 3]}\nsizes: {T: any}\nlayers: [{type: instance_norm, name: norm, track: true}]\nloss: mse"
    made = compile_spec(loads(f"symbp: 1\nname: norm\n{spec}", "norm.yaml"), level).module
    net = imported(f"of_one_step_{level}", made).Network()
    x, start = np.ones((4, 1, 3)), {label: array.copy() for label, array in net.state.items()}
    calls: tuple[Callable[[], object], ...] = (lambda: net.step(x, x), lambda: net.fit(x, x, epochs=1, verbose=False))
    for call in calls:
        with pytest.raises(ValueError, match="a step of norm divides by T - 1, which is 0 here"):
            call()
    assert all(np.array_equal(array, start[label]) for label, array in net.state.items())
    assert net.predict(x).shape == x.shape
    net.step(np.ones((1, 2, 3)), np.ones((1, 2, 3)))


@pytest.mark.parametrize("level", LEVELS)
def test_states_are_written_through_their_views_and_given_to_the_pure_functions(level: int) -> None:
    module, net = network(level)
    x, y = data("draws")
    before = net.predict_proba(x)
    net.state["bn.running_mean"][...] = 1.0
    assert not np.allclose(net.predict_proba(x), before)
    for state, message in (
        ({"bn.running_mean": np.zeros(8)}, "state: expected the arrays bn.running_mean, bn.running_var"),
        ({**net.state, "bn.running_var": np.zeros(7)}, r"bn.running_var: expected shape \(8,\)"),
    ):
        with pytest.raises(ValueError, match=message):
            module.loss_and_grad(net.theta, x, y, state=state)


@pytest.mark.parametrize("level", LEVELS)
def test_copies_have_their_own_states_and_draws(level: int) -> None:
    _, net = network(level)
    arrays = data("draws")
    net.fit(*arrays, epochs=1, verbose=False)
    other, thawed = net.copy(), pickle.loads(pickle.dumps(net))
    for each in (net, other, thawed):
        each.fit(*arrays, epochs=1, verbose=False)
    for each in (other, thawed):
        assert np.array_equal(each.theta, net.theta)
        assert np.array_equal(each.state["bn.running_var"], net.state["bn.running_var"])
    other.state["bn.running_var"][...] = 7.0
    assert not np.any(net.state["bn.running_var"] == 7.0)


def test_the_best_epoch_is_restored_with_its_states() -> None:
    _, net = network(1)
    x, y = data("draws")
    kept: list[Any] = []

    def watch(each: Any, _epoch: int, record: dict[str, float]) -> None:
        kept.append((record["validation_loss"], {k: v.copy() for k, v in each.state.items()}))

    net.fit(x, y, epochs=8, patience=2, validation=(x[:20], 2 - y[:20]), callback=watch, verbose=False)
    best = min(kept, key=lambda pair: pair[0])
    assert all(np.array_equal(net.state[label], array) for label, array in best[1].items())
