"""From the graph of a network to its derivation: every distinct unit once, and the last border merged where that pays.

The work grows with the number of distinct units, not with the number of layers: a thousand equal layers are derived
once, and each node only costs a look at its key.  All adjoints are derived, also those that a training step does not
need (the gradient of the network's input); lowering leaves out what nothing reads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from symbp.derive.adopt import in_letters_of, with_plain_gradients
from symbp.derive.bias import lacks_bias, with_bias
from symbp.derive.border import Border, find_borders, merged
from symbp.derive.engine import derive_equations
from symbp.derive.equality import show_equal
from symbp.derive.model import ClosedForm, Derivation, UnitDerivation
from symbp.derive.price import price
from symbp.graph.model import Graph, LocalTensor, Node, Unit
from symbp.notation.expr import Equation

Forms = tuple[ClosedForm, ClosedForm]  # plain and safe

# A merged border must be this much cheaper than the two units by themselves.  Where terms cancel (softmax into
# cross-entropy, softmax into KL divergence) the price falls to a half or less; where only a constant factor moves it
# stays near 1, and the chain rule of two separate layers reads better.
WORTHWHILE = 0.75
UNITS = 2048  # that are remembered while a process lives: more than the library has


def derive(graph: Graph, forms: Callable[[Unit], Forms] | None = None) -> Derivation:
    """The closed forms of a network: sections are numbered in the order in which units first appear.

    `forms` gives those of one unit, by default by deriving them.
    Raises `DerivationError` where a gradient cannot be derived, or where a safe form differs from its plain form.
    """
    forms = forms or closed_forms
    nodes = _with_border_merged(graph, forms)
    units: dict[str, UnitDerivation] = {}
    for node in nodes:
        if node.unit.key not in units:
            units[node.unit.key] = _derive_node(node, len(units) + 1, forms)
    biased = tuple(_with_bias(u, forms) for u in units.values() if lacks_bias(u.unit))
    return Derivation(graph, nodes, tuple(units.values()), biased)


def _with_bias(derived: UnitDerivation, forms: Callable[[Unit], Forms]) -> UnitDerivation:
    unit = with_bias(derived.unit)
    plain, safe = forms(unit)
    return replace(derived, unit=unit, plain=plain, safe=safe, equality="same")


def _derive_node(node: Node, section: int, forms: Callable[[Unit], Forms]) -> UnitDerivation:
    unit = node.unit
    plain, safe = forms(unit)
    return UnitDerivation(section, unit, plain, safe, _shown_equal(unit, plain, safe, tuple(node.constants)))


@lru_cache(maxsize=UNITS)
def _shown_equal(unit: Unit, plain: ClosedForm, safe: ClosedForm, constants: tuple[tuple[str, float], ...]) -> str:
    return show_equal(unit, plain, safe, dict(constants))


@lru_cache(maxsize=UNITS)
def closed_forms(unit: Unit) -> Forms:
    """The plain and the safe equations of a unit, derived; one object where the two are the same text."""
    tensors = _tensors_of(unit, unit.plain)
    avoid = frozenset(e.name for e in unit.safe)  # one name means one thing in both
    plain = derive_equations(unit.plain, tensors, facts=unit.facts, is_loss=unit.is_loss, avoid=avoid)
    if unit.safe == unit.plain:
        return plain, plain
    safe = derive_equations(unit.safe, _tensors_of(unit, unit.safe), facts=unit.facts, is_loss=unit.is_loss)
    return plain, in_letters_of(plain, with_plain_gradients(plain, safe, frozenset(q.name for q in unit.plain)))


def _tensors_of(unit: Unit, equations: tuple[Equation, ...]) -> tuple[LocalTensor, ...]:
    """Everything that comes from outside, and the values that these equations define."""
    defined = {e.name for e in equations}
    return tuple(t for t in unit.tensors if t.role != "value" or t.name in defined)


def _with_border_merged(graph: Graph, forms: Callable[[Unit], Forms]) -> tuple[Node, ...]:
    """The nodes, a parameter-free node in front of a loss merged into it where the algebra cancels there."""
    nodes = graph.nodes
    for border in find_borders(graph):
        whole = merged(border)
        apart = price(forms(border.before.unit)[1]) + price(forms(border.loss.unit)[1])
        if price(forms(whole.unit)[1]) <= WORTHWHILE * apart:
            nodes = tuple(whole if n is border.loss else n for n in nodes if n is not border.before)
    return nodes


__all__ = ["Border", "closed_forms", "derive"]
