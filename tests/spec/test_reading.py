"""Reading the structure of a spec: places, limits, and what of YAML is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from symbp.errors import SpecError
from symbp.spec.findings import MOST_PROBLEMS
from symbp.spec.load import load, loads
from symbp.spec.origin import character_offsets
from symbp.spec.reading import LARGEST, read, read_file
from symbp.spec.source import Source
from symbp.spec.tree import Mapping, Scalar, find

TEXT = """\
name: net
layers:
  - type: dense
    units: 3   # three
  - {type: dense, init: {W: [[1, 2], [3, 4]]}}
"""


def tree(text: str) -> Mapping:
    root, problems = read(Source("a.yaml", text))
    assert problems == []
    assert isinstance(root, Mapping)
    return root


@pytest.mark.parametrize(
    ("trail", "line", "column", "width"),
    [
        (("name",), 1, 7, 3),
        (("layers", 0, "units"), 4, 12, 1),
        (("layers", 1, "type"), 5, 12, 5),
        (("layers", 1, "init", "W", 1, 0), 5, 39, 1),
        (("layers", 1, "dense", "init", "W", 1, 0), 5, 39, 1),  # a step that names a type is passed over
    ],
)
def test_every_value_knows_its_place(trail: tuple[str | int, ...], line: int, column: int, width: int) -> None:
    source = Source("a.yaml", TEXT)
    node = find(tree(TEXT), trail).node
    place = source.place(node.start, node.end)
    assert (place.line, place.column, place.width) == (line, column, width)


def test_places_survive_other_line_ends_and_wide_characters() -> None:
    text = "# größe €\r\nname: net\r\nloss: {größe: 3}\r\n"
    source = Source("a.yaml", text)
    node = find(tree(text), ("loss", "größe"))
    assert node.key is not None
    place = source.place(node.key.start, node.key.end)
    assert (place.line, place.column, place.source) == (3, 8, "loss: {größe: 3}")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("f: a + b", "a + b"),
        ("f: 'a + ''b'''", "a + 'b'"),
        ('f: "a\\t+ \\x62\\u0063 \\"d\\""', 'a\t+ bc "d"'),
        ('f: "a\n  b\n\n  c"', "a b\nc"),
        ('f: "a\\\n  b"', "ab"),
        ("f: |\n  a = b\n\n    c = d\n", "a = b\n\n  c = d\n"),
        ("f: |2-\n    a\n   b\n", "  a\n b"),
        ("f: >\n  a\n  b\n\n  c\n", "a b\nc\n"),
        ("f: a\n  b\n\n  c\n", "a b\nc"),
    ],
)
def test_characters_of_a_text_are_found_in_the_file(text: str, value: str) -> None:
    """Every character that is not white, and was not written as an escape, stands where the offset says."""
    node = find(tree(text), ("f",)).node
    assert isinstance(node, Scalar)
    assert node.value == value
    offsets = character_offsets(text, node, value)
    assert len(offsets) == len(value) + 1
    assert offsets == sorted(offsets)
    for character, offset in zip(value, offsets, strict=False):
        if not character.isspace():
            assert text[offset] in (character, "\\")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"E101.*cannot read .*nothing.yaml: No such file"):
        load(tmp_path / "nothing.yaml")
    with pytest.raises(SpecError, match="E101"):
        load(tmp_path)


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    path.write_text("#" * (LARGEST + 1))
    with pytest.raises(SpecError, match=r"E102.*too large"):
        read_file(path)
    with pytest.raises(SpecError, match="E102"):
        loads("#" * (LARGEST + 1))


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"symbp: 1\nname: n\xe9t\n")
    with pytest.raises(SpecError, match=r"E103.*latin.yaml is not UTF-8 text \(byte 16\)"):
        load(path)


def test_of_very_many_problems_the_first_are_shown() -> None:
    layers = "".join("  - {type: dens, units: 1}\n" for _ in range(1000))
    with pytest.raises(SpecError) as error:
        loads(f"symbp: 1\nname: net\ninput: {{x: [2]}}\nlayers:\n{layers}loss: mse\n")
    assert len(error.value.problems) == MOST_PROBLEMS + 1
    assert error.value.problems[-1].code == "E113"
    assert error.value.problems[-1].message == "800 more problems are not shown"


def test_a_byte_order_mark_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "marked.yaml"
    path.write_bytes(b"\xef\xbb\xbfname: net\n")
    assert read_file(path).text == "name: net\n"


HOSTILE = {
    "opening brackets": "[" * 200_000,
    "opening braces": "{" * 100_000,
    "nested lists": "- " * 100_000,
    "nested keys": "".join(" " * k + "a:\n" for k in range(600)),
    "keys in keys": "? " * 100_000,
    "anchors": "&a " * 100_000,
    "tags": "! " * 100_000,
    "bangs": "!" * 300_000,
    "lines of text": "a\n" * 150_000,
    "escaped line ends": '"' + "\\\n" * 100_000,
    "spaces": " " * 400_000,
    "a long list": "a: [" + "1, " * 150_000 + "]",
    "a long line": "a: " + "x" * 400_000,
    "aliases of aliases": "a: &a [x, x]\n"
    + "".join(f"{c}: &{c} [*{d}, *{d}]\n" for c, d in zip("bcdef", "abcde", strict=True)),
    "many duplicates": "a: 1\n" * 40_000,
    "comments": "#\n" * 200_000,
    "documents": "---\n" * 100_000,
    "colons": ":" * 100_000,
    "quotes": "'" * 100_001,
    "percent signs": "%" * 100_000,
    "dashes": "-" * 100_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_refused(name: str) -> None:
    """In time that is not far from linear: some of them would take hours otherwise."""
    with pytest.raises(SpecError) as error:
        loads(HOSTILE[name])
    assert 1 <= len(error.value.problems) <= MOST_PROBLEMS + 1
    assert len(str(error.value)) < 100_000
