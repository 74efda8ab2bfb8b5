"""Equal blocks in tables and lists: ``block.0-11.fc`` stands for what is the same in every copy of a `repeat`."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeVar

T = TypeVar("T", bound=Hashable)
Item = tuple[str, T]


def together(items: Sequence[Item[T]], repeats: Sequence[str]) -> list[Item[T]]:
    """Labels with what is said of them; copies of which the same is said, in the same order, stand there once.

    >>> together([("a", 1), ("b.0.c", 2), ("b.1.c", 2), ("b.2.c", 3)], ["b"])
    [('a', 1), ('b.0-1.c', 2), ('b.2.c', 3)]
    """
    found = list(items)
    for label in sorted(repeats, key=lambda name: -name.count(".")):  # inner copies first
        found = _of_one(found, f"{label}.")
    return found


def _of_one(items: list[Item[T]], start: str) -> list[Item[T]]:
    found: list[Item[T]] = []
    runs: list[tuple[int, int, list[Item[T]]]] = []  # first and last copy, and what is in each of them
    k = 0
    while k < len(items):
        number = _number(items[k][0], start)
        block: list[Item[T]] = []
        while k < len(items) and number is not None and _number(items[k][0], start) == number:
            block.append((items[k][0].removeprefix(f"{start}{number}."), items[k][1]))
            k += 1
        if number is None:
            found += [*_written(runs, start), items[k]]
            runs, k = [], k + 1
        elif runs and runs[-1][1] == number - 1 and runs[-1][2] == block:
            runs[-1] = (runs[-1][0], number, block)
        else:
            runs.append((number, number, block))
    return found + _written(runs, start)


def _number(label: str, start: str) -> int | None:
    number, dot, _ = label[len(start) :].partition(".")
    return int(number) if label.startswith(start) and dot and number.isdigit() else None


def _written(runs: list[tuple[int, int, list[Item[T]]]], start: str) -> list[Item[T]]:
    return [
        (f"{start}{first}{f'-{last}' if last > first else ''}.{label}", said)
        for first, last, block in runs
        for label, said in block
    ]
