"""Breaking rows into lines."""

from __future__ import annotations

from symbp.report.lines import Atom, Row, broken
from symbp.report.width import measure


def row(*atoms: tuple[str, int]) -> Row:
    return Row(tuple(Atom(latex, depth) for latex, depth in atoms))


def test_what_fits_stays_on_one_line() -> None:
    assert broken(row(("a", 0), ("+ b", 0)), 20.0) == (("a + b", 0),)


def test_a_break_at_a_shallow_place_is_better_than_a_full_line() -> None:
    terms = row(("aaaaaaaaaa", 0), ("+ (bbbbb", 0), ("+ ccccc)", 1))
    assert [text for text, _ in broken(terms, 14.0)] == ["aaaaaaaaaa", "+ (bbbbb + ccccc)"]


def test_no_line_is_wider_than_the_room_where_atoms_allow_it() -> None:
    long = row(*((f"+ x_{{{k}}}", k % 3) for k in range(60)))
    lines = broken(long, 15.0)
    assert all(measure(text) <= 15.0 for text, _ in lines)
    assert " ".join(text for text, _ in lines) == long.latex


def test_an_atom_wider_than_the_room_stands_alone() -> None:
    lines = broken(row(("a", 0), ("+ " + "m" * 40, 0), ("+ c", 0)), 10.0)
    assert [text for text, _ in lines] == ["a", "+ " + "m" * 40, "+ c"]


def test_the_first_line_may_have_another_width() -> None:
    terms = row(*(("+ aaaa", 0) for _ in range(6)))
    assert [text.count("aaaa") for text, _ in broken(terms, 8.0, 16.0)] == [4, 2]
    assert [text.count("aaaa") for text, _ in broken(terms, 8.0)] == [2, 2, 2]
    more = row(*(("+ aaaa", 0) for _ in range(8)))
    assert [text.count("aaaa") for text, _ in broken(more, 8.0, 16.0)] == [4, 2, 2]
