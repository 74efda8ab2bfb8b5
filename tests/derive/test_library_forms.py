"""The closed forms of the library: plain and safe equations both reach them."""

from dataclasses import replace

import numpy as np
import pytest

from symbp.derive.network import closed_forms
from symbp.notation.expr import Call, Index, Reduce, bound_by, rebuild, tensors, walk
from symbp.notation.text import equation_text, text

from .entries import entries, entry_point
from .harness import program
from .library_forms import GRADIENTS, SAFE_GRADIENTS
from .measure import canonical, not_worse
from .moving_forms import MOVING_PRINTED
from .naive import Naive, gradients
from .sequence_forms import SEQUENCE_PRINTED
from .spatial_forms import PRINTED as SPATIAL_PRINTED
from .spatial_forms import printed

ENTRIES = entries()
SAFE = ", safe"
PRINTED = SPATIAL_PRINTED | SEQUENCE_PRINTED | MOVING_PRINTED | printed("other_forms.txt")


def expected(key, form="plain"):
    entry = ENTRIES[key]
    forms = {**GRADIENTS, **SAFE_GRADIENTS} if form == "safe" else GRADIENTS
    bound = tuple(i for e in entry.unit.plain for n in walk(e.rhs) for i in bound_by(n))
    return program(forms[key], entry.unit.tensors, entry.unit.output, tuple(dict(entry.constants)), bound)


def test_every_entry_has_an_expected_form():
    assert set(ENTRIES) == set(GRADIENTS) | {key.removesuffix(SAFE) for key in PRINTED}


@pytest.mark.parametrize("key", PRINTED)
def test_a_form_that_no_formula_writes_is_the_expected_one(key):
    form = closed_forms(ENTRIES[key.removesuffix(SAFE)].unit)[key.endswith(SAFE)]
    assert "\n".join(map(equation_text, form.adjoints)) == PRINTED[key]


@pytest.mark.parametrize("key", GRADIENTS)
def test_the_expected_form_is_right(key):
    unit, at = ENTRIES[key].unit, entry_point(key, positive=True)
    wanted = [t.name for t in unit.tensors if t.role in ("input", "parameter")]
    slopes = gradients(unit.plain, unit.output, at.upstream, wanted, at.data, at.sizes, at.constants)
    given = {**at.data, f"d{unit.output}": at.upstream}
    found = Naive((*unit.plain, *expected(key)), given, at.sizes, at.constants)
    for w in wanted:
        np.testing.assert_allclose(found.array(f"d{w}"), slopes[w], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("form", ["plain", "safe"])
@pytest.mark.parametrize("key", GRADIENTS)
def test_the_derived_form_is_as_good(key, form):
    unit = ENTRIES[key].unit
    plain, safe = closed_forms(unit)
    worse = not_worse(plain if form == "plain" else safe, expected(key, form), {e.name for e in unit.plain})
    assert not worse, worse


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu"])
def test_only_the_output_is_kept(name):
    """The pre-activation may be overwritten by the activation."""
    for form in closed_forms(ENTRIES[f"activation {name}"].unit):
        assert tensors(form.adjoint("z").rhs) == {"dy", "y"}


@pytest.mark.parametrize("key", GRADIENTS)
def test_no_value_is_computed_twice(key):
    """A value that the engine names is read wherever it is needed: its definition stands in one place."""
    for form in closed_forms(ENTRIES[key].unit):
        own = {e.name: e.rhs for e in form.forward if e.name in form.saved and isinstance(e.rhs, Call | Reduce)}
        for name, right in own.items():
            pattern = lettered(right)
            again = [e.name for e in form.forward if e.name != name and pattern in patterns(e.rhs)]
            assert not again, f"{name} = {text(right)} stands in {again} too"


def patterns(e):
    return {lettered(node) for node in walk(e) if isinstance(node, Call | Reduce)}


def lettered(e):
    """The expression with its indices named in the order in which they appear."""
    seen = {}
    for node in walk(canonical(e)):
        for index in (node,) if isinstance(node, Index) else bound_by(node):
            seen.setdefault(index, Index(f"#{len(seen)}", index.size))
    return with_indices(canonical(e), seen)


def with_indices(e, names):
    if isinstance(e, Index):
        return names[e]
    e = replace(e, bound=tuple(names[i] for i in e.bound)) if isinstance(e, Reduce) else e
    return rebuild(e, tuple(with_indices(c, names) for c in e.children))
