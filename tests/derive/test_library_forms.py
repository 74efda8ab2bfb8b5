"""The closed forms of the library: plain and safe equations both reach them."""

import numpy as np
import pytest

from symbp.derive.network import closed_forms
from symbp.notation.expr import Call, Reduce, walk
from symbp.notation.text import text

from .entries import entries
from .harness import program
from .library_forms import GRADIENTS
from .measure import canonical, not_worse
from .naive import Naive, gradients

ENTRIES = entries()
SIZES = dict(zip("NIJKO", (2, 3, 4, 5, 2), strict=True))


def expected(key):
    entry = ENTRIES[key]
    return program(GRADIENTS[key], entry.unit.tensors, entry.unit.output, tuple(dict(entry.constants)))


def test_every_entry_has_an_expected_form():
    assert set(ENTRIES) == set(GRADIENTS)


@pytest.mark.parametrize("key", GRADIENTS)
def test_the_expected_form_is_right(key):
    entry = ENTRIES[key]
    unit, rng = entry.unit, np.random.default_rng(5)
    data = {t.name: draw(t, rng) for t in unit.tensors if t.role != "value"}
    upstream = np.ones(()) if unit.is_loss else rng.normal(size=[SIZES[i.size.name] for i in unit.plain[-1].indices])
    wanted = [t.name for t in unit.tensors if t.role in ("input", "parameter")]
    slopes = gradients(unit.plain, unit.output, upstream, wanted, data, SIZES, dict(entry.constants))
    given = {**data, f"d{unit.output}": upstream}
    found = Naive((*unit.plain, *expected(key)), given, SIZES, dict(entry.constants))
    for w in wanted:
        np.testing.assert_allclose(found.array(f"d{w}"), slopes[w], rtol=1e-10, atol=1e-12)


def draw(tensor, rng):
    """Positive numbers everywhere: all entries are defined there, and some pieces are met on both sides."""
    shape = tuple(SIZES[i.size.name] for i in tensor.indices)
    if tensor.integer:
        return rng.integers(0, SIZES["J"], shape)
    values = rng.uniform(0.1, 1.5, shape)
    return values / values.sum(axis=-1, keepdims=True) if tensor.role == "data" else values


@pytest.mark.parametrize("form", ["plain", "safe"])
@pytest.mark.parametrize("key", GRADIENTS)
def test_the_derived_form_is_as_good(key, form):
    unit = ENTRIES[key].unit
    plain, safe = closed_forms(unit)
    worse = not_worse(plain if form == "plain" else safe, expected(key), {e.name for e in unit.plain})
    assert not worse, worse


@pytest.mark.parametrize("key", GRADIENTS)
def test_no_value_is_computed_twice(key):
    """A value that the engine names is read wherever it is needed: its definition stands in one place."""
    for form in closed_forms(ENTRIES[key].unit):
        rights = {e.name: canonical(e.rhs) for e in form.forward}
        for name in form.saved:
            again = [e.name for e in form.forward if e.name != name and stands_in(rights[name], rights[e.name])]
            assert not again, f"{name} = {text(rights[name])} stands in {again} too"


def stands_in(part, whole):
    """Whether `part`, a call or a reduction, is somewhere in `whole` (the letters of both are those of one unit)."""
    return isinstance(part, Call | Reduce) and any(node == part for node in walk(whole))
