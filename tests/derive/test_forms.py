"""The closed forms: as short as expected or shorter, in values that the forward pass has."""

import numpy as np
import pytest

from symbp.notation.expr import tensors

from .cases import CASES
from .forms import FORMS, SIZES_OF_FORMS
from .harness import derived, point, program, setup
from .measure import not_worse, program_operations
from .naive import Naive, gradients


def test_every_layer_has_an_expected_form():
    assert set(FORMS) | set(SIZES_OF_FORMS) == set(CASES)


def expected(name):
    s = setup(name)
    return program(FORMS[name], s.tensors, s.output, tuple(s.case.constants))


@pytest.mark.parametrize("name", FORMS)
def test_the_expected_form_is_right(name):
    s, at = setup(name), point(name, 0)
    data = {**at.data, f"d{s.output}": at.upstream}
    found = Naive((*s.equations, *expected(name)), data, at.sizes, at.constants)
    slopes = gradients(s.equations, s.output, at.upstream, s.wanted, at.data, at.sizes, at.constants)
    for wanted in s.wanted:
        np.testing.assert_allclose(found.array(f"d{wanted}"), slopes[wanted], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", FORMS)
def test_the_derived_form_is_as_good(name):
    worse = not_worse(derived(name), expected(name), {e.name for e in setup(name).equations})
    assert not worse, worse


@pytest.mark.parametrize("name", SIZES_OF_FORMS)
def test_other_forms_stay_short(name):
    assert program_operations(derived(name).adjoints) <= SIZES_OF_FORMS[name]


@pytest.mark.parametrize("name", CASES)
def test_every_value_that_is_read_has_a_name(name):
    form, s = derived(name), setup(name)
    forward = {e.name for e in form.forward}
    read = {t for e in form.adjoints for t in tensors(e.rhs)}
    given = {t.name for t in s.tensors}
    assert read <= forward | given | {e.name for e in form.adjoints} | {f"d{s.output}"}
    assert read & forward == set(form.saved)
    assert {f"d{w}" for w in s.wanted} <= {e.name for e in form.adjoints}
