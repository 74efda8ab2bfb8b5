"""Plain scalars by the core schema of YAML 1.2, each of the cases in which YAML 1.1 differs."""

from __future__ import annotations

import math

import pytest
import yaml

from symbp.spec.reading import read
from symbp.spec.scalars import NumberTooLongError, resolve
from symbp.spec.source import Source
from symbp.spec.tree import data_of

CASES = [
    # a float without a point, and with a sign in the exponent
    ("1e-3", 1e-3), ("1e3", 1000.0), ("1E+3", 1000.0), ("-1.5e-7", -1.5e-7), (".5", 0.5), ("+.5", 0.5), ("1.", 1.0),
    # no sexagesimal numbers, no underscores, no octal by a leading zero, no binary
    ("1:30", "1:30"), ("190:20:30.15", "190:20:30.15"), ("1_000", "1_000"), ("010", 10), ("08", 8), ("0b101", "0b101"),
    ("0o17", 15), ("0x1F", 31), ("-0x1F", "-0x1F"), ("12", 12), ("+12", 12), ("-0", 0),
    # booleans are true and false alone
    ("yes", "yes"), ("no", "no"), ("on", "on"), ("off", "off"), ("y", "y"), ("n", "n"), ("Yes", "Yes"), ("ON", "ON"),
    ("true", True), ("True", True), ("TRUE", True), ("false", False), ("tRue", "tRue"),
    # null
    ("null", None), ("~", None), ("NULL", None), ("", None), ("none", "none"), ("None", "None"),
    # no dates, no merge or value keys
    ("2024-01-01", "2024-01-01"), ("=", "="), ("<<", "<<"),
    # infinity and NaN have a point in front
    (".inf", math.inf), ("-.Inf", -math.inf), ("inf", "inf"), ("nan", "nan"),
    # text that begins like a number
    ("1e", "1e"), ("e3", "e3"), ("1.2.3", "1.2.3"), ("-", "-"), (".", "."), ("+", "+"), ("1e3.5", "1e3.5"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), CASES, ids=lambda c: str(c) or "empty")
def test_a_plain_scalar(text: str, value: object) -> None:
    found = resolve(text)
    assert found == value
    assert type(found) is type(value)


def test_nan() -> None:
    assert all(math.isnan(float(str(resolve(t)))) for t in (".nan", ".NaN", ".NAN"))


def test_pyyaml_gets_these_wrong() -> None:
    """Why the scalars are not left to PyYAML."""
    assert yaml.safe_load("1e-3") == "1e-3"
    assert yaml.safe_load("on") is True
    assert yaml.safe_load("010") == 8
    assert yaml.safe_load("1:30") == 90


def test_quotes_make_text() -> None:
    root, problems = read(Source("a.yaml", "a: '1'\nb: \"true\"\nc: |\n  1\nd: >-\n  no\n"))
    assert problems == []
    assert root is not None
    assert data_of(root) == {"a": "1", "b": "true", "c": "1\n", "d": "no"}


def test_a_number_has_a_longest_length() -> None:
    assert resolve("1" * 40) == int("1" * 40)
    with pytest.raises(NumberTooLongError):
        resolve("1" * 41)
    assert resolve("x" * 1000) == "x" * 1000
