"""Stochastic gradient descent."""

from symbp.library.declaration import Optimizer

DECLARATION = Optimizer(
    type="sgd",
    summary="a step along minus the gradient",
    source="Robbins and Monro, A stochastic approximation method, 1951",
    equations="w = w - lr*g",
)
