"""The example specs learn what they are there for, with every seed that they are tried with."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_digits
from sklearn.model_selection import train_test_split

from docs.runs.siamese import accuracy, codes, neighbours, triplets

from .made import example


def test_xor_is_solved_by_fifty_of_fifty_seeds() -> None:
    x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    y = np.array([0.0, 1.0, 1.0, 0.0])
    module = example("xor")
    solved = [module.Network(seed).fit(x, y, verbose=False).score(x, y) == 1.0 for seed in range(50)]
    assert sum(solved) == 50


def test_three_four_one_trains_below_a_hundredth() -> None:
    """Three inputs, the third always 1, and XOR of the first two: no biases are needed."""
    x = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 1.0]])
    y = np.array([[0.0], [1.0], [1.0], [0.0]])
    net = example("three_four_one").Network().fit(x, y, verbose=False)
    assert net.loss_and_grad(x, y)[0] < 0.01
    assert np.abs(net.predict(x) - y).max() < 0.2


def test_mnist_16_16_has_13002_parameters() -> None:
    module = example("mnist_16_16")
    net = module.Network()
    assert net.theta.size == module.SIZE == 13002
    assert "13,002" in str(net)


@pytest.mark.parametrize("split", [0, 1, 2])
def test_digits_reaches_97_percent_for_every_seed(split: int) -> None:
    x, y = load_digits(return_X_y=True)
    x, held, y, labels = train_test_split(x / 16, y, test_size=0.25, stratify=y, random_state=split)
    module = example("digits")
    scores = [module.Network(seed).fit(x, y, verbose=False).score(held, labels) for seed in range(5)]
    assert min(scores) >= 0.97, scores


def test_autoencoder_halves_the_error_of_the_mean() -> None:
    x = load_digits().data / 16
    train, held = train_test_split(x, test_size=0.25, random_state=0)
    net = example("autoencoder").Network().fit(train, verbose=False)
    of_mean = float(((held - train.mean(axis=0)) ** 2).mean())
    assert net.loss_and_grad(held)[0] < of_mean / 2


def test_siamese_orders_triplets_that_it_has_not_seen() -> None:
    x, y = load_digits(return_X_y=True)
    x, held, y, labels = train_test_split(x / 16, y, test_size=0.25, stratify=y, random_state=0)
    rng = np.random.default_rng(0)
    net = example("siamese").Network().fit(triplets(x, y, 3, rng), verbose=False)
    assert accuracy(net, triplets(held, labels, 5, rng)) > 0.95
    assert neighbours(codes(net, x), y, codes(net, held), labels) > 0.85


def test_vae_reconstructs_and_its_codes_stay_near_the_prior() -> None:
    x = load_digits().data / 16
    train, held = train_test_split(x, test_size=0.25, random_state=0)
    net = example("vae").Network().fit(train, epochs=20, verbose=False)
    of_mean = float(((held - train.mean(axis=0)) ** 2).mean())
    assert float(((net.predict_proba(held) - held) ** 2).mean()) < of_mean / 2
    assert 1 < net.evaluate(held)["prior"] < 8
    drawn = [net.step(train[:64]) for _ in range(2)]
    assert drawn[0] != drawn[1]


def test_diabetes_stops_by_itself() -> None:
    x, y = load_diabetes(return_X_y=True)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    module = example("diabetes")
    net = module.Network().fit(x, y, verbose=False)
    assert net.history[-1]["loss"] < 2870 <= net.history[-2]["loss"]
    assert net.epoch < module.EPOCHS


def test_gated_learns_a_gated_function() -> None:
    """The layer and the activation of the user's own, on samples made from a fixed seed."""
    x = np.random.default_rng(0).standard_normal((256, 8))
    y = 0.4 * np.tanh(x[:, 0] - x[:, 1]) / (1 + np.exp(-2 * x[:, 2]))
    net = example("gated").Network()
    before, _ = net.evaluate(x, y)
    after, _ = net.fit(x, y, verbose=False).evaluate(x, y)
    assert after < before / 2
    assert after < y.var() / 2
