"""Training: what `fit` reports, when it stops, what it leaves behind; the same numbers from every way of stepping."""

from __future__ import annotations

import copy
import pickle
import warnings

import numpy as np
import pytest

from .generated import CASES, SPECS, data, made


@pytest.mark.parametrize(("name", "level"), CASES)
def test_training_lowers_the_loss(name: str, level: int) -> None:
    module, arrays = made(name, level), data(name)
    net = module.Network(seed=1)
    before, _ = net.evaluate(*arrays)
    assert net.fit(*arrays, epochs=15, batch_size=8, verbose=False) is net
    after, score = net.evaluate(*arrays)
    assert after < 0.95 * before
    assert score == net.score(*arrays)
    assert [record["epoch"] for record in net.history] == list(range(1, len(net.history) + 1))
    assert net.theta.dtype == np.dtype(module.DTYPE)


@pytest.mark.parametrize("name", SPECS)
def test_both_levels_train_alike(name: str) -> None:
    nets = [made(name, level).Network(dtype="float64").fit(*data(name), verbose=False) for level in (0, 1)]
    np.testing.assert_allclose(nets[0].theta, nets[1].theta, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", SPECS)
def test_a_step_is_a_fit_of_one_batch(name: str) -> None:
    module, arrays = made(name), data(name, n=12)
    fitted, stepped = module.Network(), module.Network()
    fitted.fit(*arrays, epochs=3, batch_size=12, shuffle=False, verbose=False)
    stepped.total_steps = 3
    losses = [stepped.step(*arrays) for _ in range(3)]
    assert np.array_equal(fitted.theta, stepped.theta)
    assert losses == pytest.approx([record["loss"] for record in fitted.history], rel=1e-14)


def test_a_step_follows_the_schedule_and_counts() -> None:
    module, arrays = made("yes_no"), data("yes_no")
    net = module.Network()
    net.total_steps = 5
    for k in range(3):
        before, (_, grad) = net.theta.copy(), net.loss_and_grad(*arrays)
        net.step(*arrays)
        np.testing.assert_allclose(net.theta, before - module.learning_rate(k, 5) * grad, rtol=1e-14)
    net.fit(*arrays, epochs=2, batch_size=20, verbose=False)  # goes on: 3 steps are done, 2 x 3 are to come
    assert net.total_steps == 9
    assert module.learning_rate(0, 5) == module.LEARNING_RATE == 0.5 > module.learning_rate(1, 5)
    module, arrays = made("classes"), data("classes")
    net = module.Network(dtype="float64")
    before, (_, grad) = net.theta.copy(), net.loss_and_grad(*arrays)
    net.step(*arrays)  # the first step of adam is lr times the sign, but for eps
    np.testing.assert_allclose(net.theta, before - 0.01 * grad / (np.abs(grad) + 1e-8), rtol=1e-12)


def test_a_step_returns_the_loss_before_it_and_its_gradient_can_be_kept() -> None:
    module, arrays = made("classes"), data("classes")
    net, twin = module.Network(keep_gradients=True), module.Network()
    loss, grad = twin.loss_and_grad(*arrays)
    assert net.step(*arrays) == loss
    flat = np.concatenate([view.ravel() for view in net.gradients.values()])
    assert np.array_equal(flat, grad)
    assert list(net.gradients) == list(module.PARAMETERS) == list(net.parameters)


def test_the_loss_of_an_epoch_counts_batches_by_their_size() -> None:
    module, (x, y) = made("classes"), data("classes", n=10)
    net, twin = module.Network(), module.Network()
    net.fit(x, y, epochs=1, batch_size=8, shuffle=False, verbose=False)
    first, second = twin.step(x[:8], y[:8]), twin.step(x[8:], y[8:])
    assert net.history[0]["loss"] == pytest.approx((8 * first + 2 * second) / 10, rel=1e-15)
    assert np.array_equal(net.theta, twin.theta)


def test_samples_are_shuffled_from_the_seed() -> None:
    module, arrays = made("classes"), data("classes")
    start = module.Network(seed=5).theta.copy()

    def trained(seed: int, shuffle: bool = True) -> np.ndarray:
        net = module.Network(seed=seed)
        net.theta = start
        return net.fit(*arrays, epochs=2, shuffle=shuffle, verbose=False).theta.copy()

    assert np.array_equal(trained(1), trained(1))
    assert not np.array_equal(trained(1), trained(2))
    assert np.array_equal(trained(1, False), trained(2, False))


def test_validation_is_reported_and_changes_nothing() -> None:
    module, (x, y) = made("classes"), data("classes")
    held = data("classes", n=20, seed=9)
    net = module.Network().fit(x, y, validation=held, verbose=False)
    assert np.array_equal(net.theta, module.Network().fit(x, y, verbose=False).theta)
    record = net.history[-1]
    assert (record["validation_loss"], record["validation_score"]) == net.evaluate(*held)
    tied = made("tied").Network().fit(*data("tied"), validation=data("tied", seed=3)[0], verbose=False)
    assert tied.history[-1]["validation_loss"] == tied.evaluate(*data("tied", seed=3))[0]


def test_patience_restores_the_best_weights() -> None:
    module, arrays = made("classes"), data("classes")
    held = (arrays[0], (arrays[1] + 1) % 3)  # learning the one unlearns the other
    weights: list[np.ndarray] = []
    net = module.Network()
    net.fit(*arrays, epochs=50, validation=held, patience=3, verbose=False,
            callback=lambda n, epoch, record: weights.append(n.theta.copy()))  # fmt: skip
    losses = [record["validation_loss"] for record in net.history]
    best = int(np.argmin(losses))
    assert len(losses) == best + 4 < 50
    assert np.array_equal(net.theta, weights[best])
    assert not np.array_equal(net.theta, weights[-1])


def test_training_stops_below_a_loss() -> None:
    module, arrays = made("line"), data("line")
    net = module.Network().fit(*arrays, epochs=500, loss_below=2.0, verbose=False)
    losses = [record["loss"] for record in net.history]
    assert losses[-1] < 2.0 <= min(losses[:-1])
    assert module.LOSS_BELOW == 1e-9
    assert len(module.Network().fit(*arrays, loss_below=None, verbose=False).history) == module.EPOCHS


def test_a_callback_sees_each_epoch_and_may_stop() -> None:
    module, arrays = made("classes"), data("classes")
    seen: list[tuple[int, float]] = []

    def watch(net: object, epoch: int, record: dict[str, float]) -> bool:
        seen.append((epoch, record["loss"]))
        return epoch == 3

    calls: list[int] = []
    net = module.Network().fit(*arrays, callback=[watch, lambda n, e, r: calls.append(e)], verbose=False)
    assert seen == [(record["epoch"], record["loss"]) for record in net.history]
    assert calls == [1, 2, 3]


def test_an_interrupt_leaves_the_network_usable() -> None:
    module, arrays = made("classes"), data("classes")

    def interrupt(net: object, epoch: int, record: dict[str, float]) -> None:
        if epoch == 2:
            raise KeyboardInterrupt

    with pytest.warns(UserWarning, match="interrupted"):
        net = module.Network().fit(*arrays, callback=interrupt, verbose=False)
    assert len(net.history) == net.epoch == 2
    assert np.isfinite(net.fit(*arrays, epochs=1, verbose=False).theta).all()


def test_divergence_is_told() -> None:
    module, (x, y) = made("line"), data("line")
    net = module.Network()
    net.lr = 1e300
    with pytest.warns(UserWarning, match="not finite"), np.errstate(all="ignore"):
        net.fit(x, y, epochs=50, verbose=False)
    assert len(net.history) < 50


def test_progress_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    module, arrays = made("classes"), data("classes")
    module.Network().fit(*arrays, epochs=30)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("epoch 3/30  loss ")
    assert err.count("\n") == 10
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        module.Network().fit(*arrays, verbose=False)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("name", SPECS)
def test_copies_and_pickles_train_on_alike_and_apart(name: str) -> None:
    module, arrays = made(name), data(name)
    net = module.Network().fit(*arrays, epochs=1, verbose=False)
    others = [net.copy(), copy.copy(net), copy.deepcopy(net), pickle.loads(pickle.dumps(net))]
    before = net.theta.copy()
    for other in others:
        other.fit(*arrays, epochs=2, verbose=False)
    assert np.array_equal(net.theta, before)
    net.fit(*arrays, epochs=2, verbose=False)
    for other in others:
        assert np.array_equal(other.theta, net.theta)
        assert other.history == net.history
        other.parameters[next(iter(module.PARAMETERS))][...] = 0.0
        assert not np.array_equal(other.theta, net.theta)


def test_bad_arguments_of_fit() -> None:
    module, arrays = made("classes"), data("classes")
    for name, value in (("epochs", -1), ("epochs", 1.5), ("batch_size", 0), ("batch_size", True), ("patience", 0)):
        with pytest.raises(ValueError, match=f"{name}: expected a whole number"):
            module.Network().fit(*arrays, verbose=False, **{name: value})
    with pytest.raises(ValueError, match="dtype: expected float32 or float64"):
        module.Network(dtype="int32")
    with pytest.raises(ValueError, match="dtype: expected float32 or float64, found 'foo'"):
        module.Network(dtype="foo")
    for seed in ("a", -1, 1.5, True):
        with pytest.raises(ValueError, match="seed: expected a whole number of at least 0"):
            module.Network(seed=seed)
    assert module.Network(seed=np.int64(3)).seed == 3


def test_callbacks_and_limits_of_other_kinds_are_refused() -> None:
    module, arrays = made("classes"), data("classes")
    for wrong in (3, "stop", [print, 3], None):
        with pytest.raises(ValueError, match=r"^callback: expected a function or several, found "):
            module.Network().fit(*arrays, callback=wrong, verbose=False)
    for wrong in ("a", "1", True, [0.1], np.nan, 1j):
        net = module.Network()
        with pytest.raises(ValueError, match=r"^loss_below: expected a number, found "):
            net.fit(*arrays, loss_below=wrong, verbose=False)
        assert net.epoch == 0
    for limit in (100, np.float32(100.0), np.int64(100)):
        assert module.Network().fit(*arrays, loss_below=limit, verbose=False).epoch == 1


def test_theta_and_parameters_are_views_of_one_vector() -> None:
    module = made("classes")
    net = module.Network()
    net.parameters["fc1.b"][...] = 7.0
    assert net.theta[48:56].tolist() == [7.0] * 8
    net.theta[...] = 0.0
    assert not net.parameters["fc1.b"].any()
    kept = net.theta
    net.theta = np.arange(module.SIZE)
    assert kept is net.theta and kept[1] == 1.0
    with pytest.raises(ValueError, match=r"theta: expected shape \(83,\), found shape \(3,\)"):
        net.theta = np.zeros(3)


def test_the_table_of_layers() -> None:
    net = made("classes").Network()
    table = str(net)
    for words in ("fc1", "dense", "relu", "8", "56", "fc2", "27", "83", "float32"):
        assert words in table
    assert repr(net) == "<classes1.Network: 83 parameters, 0 epochs trained>"
    assert net.state == {}
