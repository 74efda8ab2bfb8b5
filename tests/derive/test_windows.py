"""Windows: the delta is contracted exactly, with divisibility, and ranges are kept only where they are needed."""

from collections import Counter

import pytest

from symbp.notation.expr import Divides, FirstMax, InRange, Quotient, Reduce, walk

from .harness import derived

CONVOLUTIONS = ["conv2d", "conv2d_holes", "conv2d_sizes_differ", "conv2d_stride_leaves_rest"]


def nodes(name, adjoint):
    equation = next(e for e in derived(name).adjoints if e.name == adjoint)
    return Counter(type(n) for n in walk(equation.rhs))


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_the_gradient_of_the_kernel_is_a_plain_correlation(name):
    found = nodes(name, "dK")
    assert found[Reduce] == 1
    assert not {Divides, InRange, Quotient, FirstMax} & set(found)


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_the_gradient_of_the_image_divides_once_an_axis_and_needs_no_range(name):
    found = nodes(name, "dx")
    assert found[Reduce] == 1
    assert found[Divides] <= 2
    assert found[InRange] == 0


def test_stride_one_needs_no_divisibility():
    found = nodes("conv2d_point", "dx")
    assert not {Divides, Quotient} & set(found)


def test_a_maximum_is_taken_once_and_needs_its_window():
    found = nodes("max_pool2d", "dx")
    assert found[FirstMax] == 1
    assert found[InRange] == 2


def test_what_is_divided_by_a_value_of_a_window_is_divided_once():
    """The quotient is a value of the window's own, 0 outside: no range is needed where it is read."""
    assert nodes("l2_pool2d", "dx")[InRange] == 0
    assert [e.name for e in derived("l2_pool2d").adjoints] == ["ds", "dx"]
