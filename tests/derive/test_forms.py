"""The closed forms: as short as expected or shorter, in values that the forward pass has."""

from functools import cache

import numpy as np
import pytest

from symbp.notation.elaborate import elaborate
from symbp.notation.expr import Equation, Ref, Sym, tensors
from symbp.notation.source import FormulaSource, TensorSource

from .cases import CASES
from .forms import FORMS, SIZES_OF_FORMS
from .harness import derived, evaluator, point, setup
from .measure import canonical, divisors, kernels, operations, program_operations, renamed_sizes
from .naive import Naive, gradients


@cache
def expected(name):
    """The expected program with the names, indices and sizes of the case."""
    s = setup(name)
    letters = {t.name: tuple(i.name for i in t.indices) for t in s.tensors}
    given = [TensorSource(t.name, letters[t.name], "data", t.integer) for t in s.tensors]
    heads = [line.split(" = ")[0] for line in FORMS[name].splitlines()]
    adjoints = {h.split("[")[0]: TensorSource.read(h, "data") for h in heads}
    adjoints.setdefault(f"d{s.output}", TensorSource(f"d{s.output}", letters[s.output], "data"))
    sizes = {i.name.upper(): i.size for t in s.tensors for i in t.indices if isinstance(i.size, Sym)}
    out = []
    for line in FORMS[name].splitlines():
        head, text = line.split(" = ", 1)
        source = TensorSource.read(head)
        read = f"{source.name}_[{','.join(source.letters)}] = {text}"
        names = tuple(s.case.constants)
        found = elaborate(FormulaSource(read, (*given, *adjoints.values()), constants=names, positive=frozenset(names)))
        (equation,) = found.equations
        left = Ref(source.name, tuple(renamed_sizes(i, sizes) for i in equation.lhs.at))
        out.append(Equation(left, renamed_sizes(equation.rhs, sizes)))
    return tuple(out)


@pytest.mark.parametrize("name", FORMS)
def test_the_expected_form_is_right(name):
    s, at = setup(name), point(name, 0)
    data = {**at.data, f"d{s.output}": at.upstream}
    program = Naive((*s.equations, *expected(name)), data, at.sizes, at.constants)
    slopes = gradients(s.equations, s.output, at.upstream, s.wanted, at.data, at.sizes, at.constants)
    for wanted in s.wanted:
        np.testing.assert_allclose(program.array(f"d{wanted}"), slopes[wanted], rtol=1e-10, atol=1e-12)


def same(name):
    left = {e.name: canonical(e.rhs) for e in derived(name).adjoints}
    right = {e.name: canonical(e.rhs) for e in expected(name)}
    return left == right


@pytest.mark.parametrize("name", FORMS)
def test_the_derived_form_is_as_good(name):
    if same(name):
        return
    form, wish = derived(name), expected(name)
    mine, most = program_operations(form.adjoints), program_operations(wish)
    assert mine <= most, lengths(name)
    values = {e.name for e in setup(name).equations}
    read = {t for e in wish for t in tensors(e.rhs)} & values
    most = len(read) + kernels(wish)
    assert len(form.saved) <= most
    mine, most = divisors(form.adjoints), divisors(wish)
    assert len(mine) <= len(most)


def lengths(name):
    mine, wish = ({e.name: operations(e.rhs) for e in p} for p in (derived(name).adjoints, expected(name)))
    return f"operations {mine}, expected at most {wish}"


@pytest.mark.parametrize("name", SIZES_OF_FORMS)
def test_forms_without_author_names_stay_short(name):
    assert program_operations(derived(name).adjoints) <= SIZES_OF_FORMS[name]


@pytest.mark.parametrize("name", CASES)
def test_every_value_that_is_read_has_a_name(name):
    form, s = derived(name), setup(name)
    forward = {e.name for e in form.forward}
    known = forward | {t.name for t in s.tensors} | {e.name for e in form.adjoints} | {f"d{s.output}"}
    assert {t for e in form.adjoints for t in tensors(e.rhs)} <= known
    assert set(form.saved) <= forward
    assert {t for e in form.adjoints for t in tensors(e.rhs)} & forward == set(form.saved)
    assert {f"d{w}" for w in s.wanted} <= {e.name for e in form.adjoints}
    assert len(evaluator(name, point(name, 0)).equations) == len(form.forward) + len(form.adjoints)
