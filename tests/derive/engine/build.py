"""Short ways to write polynomials over atoms, and to derive a formula given as text."""

from symbp.derive.engine import derive_equations
from symbp.derive.indices import Indices
from symbp.derive.terms import atom, index, number, of, scalar, value
from symbp.graph.model import LocalTensor
from symbp.notation.elaborate import elaborate
from symbp.notation.source import FormulaSource, TensorSource
from symbp.notation.text import text

CALCULUS = Indices(())


def size(name):
    return of(scalar(name, "size", True))


def i(name, axis=None):
    """An index; `axis` names the size of its axis, the capital of the letter where left out."""
    return index(name, number(axis) if isinstance(axis, int) else size(axis or name.upper()))


def at(name, *indices, positive=False):
    """An element of a tensor; indices are atoms or polynomials."""
    return of(value(name, tuple(of(k) if not hasattr(k, "terms") else k for k in indices), positive))


def constant(name, positive=False):
    return of(scalar(name, "constant", positive))


def kernel(name, argument):
    return atom("kernel", (name,), (argument,))


def setup(formula, tensors, constants=(), facts=(), sized=None, is_loss=False, positive=()):
    sources = tuple(TensorSource.read(t, "data" if r == "integer" else r, integer=r == "integer") for t, r in tensors)
    known = {"constants": tuple(constants), "positive": frozenset(positive)}
    found = elaborate(FormulaSource(formula, sources, facts=facts, sized=sized, **known))
    own = tuple(LocalTensor(t.name, t.indices, t.role, t.integer, t.positive) for t in found.tensors)
    return found.equations, own, found.facts, is_loss


def derived(formula, tensors, **options):
    equations, own, facts, is_loss = setup(formula, tensors, **options)
    return derive_equations(equations, own, facts=facts, is_loss=is_loss)


def gradient(form, name):
    """The printed right side of an adjoint."""
    return text(form.adjoint(name).rhs)


X = (("x[n,j]", "input"),)
