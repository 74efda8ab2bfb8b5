"""Which loops of a kernel take in which statements."""

from __future__ import annotations

from symbp.emit.compiled.nests import Nest, nests
from symbp.lower.model import BACKWARD, Apply, Axis, Fold, Node, Read, Statement

N, S, T = Axis("n", "n"), Axis("s", 3), Axis("t", 3)


def own_memory(name: str) -> tuple[str, tuple[int, ...]]:
    return name, ()


def statement(target: str, axes: tuple[Axis, ...], value: Node) -> Statement:
    return Statement(target, axes, value, BACKWARD, "1.1")


def test_a_sum_over_an_axis_is_not_put_into_a_loop_over_that_axis() -> None:
    """The sum goes over t for each s: in the loop over t that is there, s and t would be one number."""
    doubled = Apply("add", (Read("a", (N, T)), Read("a", (N, T))))
    weighted = Apply("multiply", (Read("w", (N, T, S)), Read("a", (N, T))))
    statements = [statement("b", (N, T), doubled), statement("c", (N, S), Fold("sum", (T,), weighted))]
    shapes = {"b": ("n", 3), "c": ("n", 3)}
    (over_samples,) = nests(statements, shapes, own_memory)
    assert isinstance(over_samples, Nest) and over_samples.axis == N
    first, second = over_samples.items
    assert isinstance(first, Nest) and first.axis == T
    assert isinstance(second, Nest) and second.axis == S
    assert any(isinstance(item, Nest) and item.axis == T for item in second.items)
