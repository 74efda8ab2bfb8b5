"""Names and letters that nothing else has."""

from __future__ import annotations

from collections.abc import Container, Iterable

from symbp.lower.nodes import Axis, Node, all_axes


def free_name(stem: str, taken: Container[str]) -> str:
    """The stem itself, or with the first number from 2 on that makes it free: ``part``, ``part_2``.

    >>> free_name("part", {"part", "part_2"})
    'part_3'
    """
    name, k = stem, 1
    while name in taken:
        k += 1
        name = f"{stem}_{k}"
    return name


def letters_of(axes: Iterable[Axis], value: Node) -> set[str]:
    """The letters of a statement: what a new one in it must not be."""
    return {a.letter for a in (*axes, *all_axes(value))}


def fresh_axis(axis: Axis, taken: set[str]) -> Axis:
    """The axis under a letter that is not taken, which is then taken too."""
    return axis._replace(letter=fresh_letter(axis.letter, taken))


def fresh_letter(wanted: str, taken: set[str]) -> str:
    """The letter, or with the first number from 2 on that makes it free, which is then taken too: ``n``, ``n2``."""
    letter, k = wanted, 1
    while letter in taken:
        k += 1
        letter = f"{wanted}{k}"
    taken.add(letter)
    return letter
