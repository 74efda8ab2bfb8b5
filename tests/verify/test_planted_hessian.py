"""Errors planted in tangents: a product with the Hessian that is wrong is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from symbp import compiler
from symbp.derive.model import HessianDerivation
from symbp.errors import DerivationError, VerificationError
from symbp.notation.expr import Equation, Expr
from symbp.spec.load import loads
from symbp.verify.contract import as_module
from symbp.verify.hessian import check_hessian
from symbp.verify.loading import loaded

from .planted import HAIR, YES_NO, times, without_term

LEVELS = pytest.mark.parametrize("level", [compiler.SIMPLEST, compiler.DEFAULT])
CHAIN = """
symbp: 1
name: chain
dtype: float64
input: {x: [3]}
layers:
  - {type: dense, name: a, units: 4, activation: tanh}
  - {type: batch_norm, name: n}
  - {type: dense, name: b, units: 3, activation: relu}
  - {type: dense, name: c, units: 3}
loss: {type: cross_entropy, labels: integer, l2: 0.1}
"""
RECURRENT = """
symbp: 1
name: recurrent
dtype: float64
sizes: {T: any}
input: {x: [T, 2]}
layers:
  - {type: rnn, name: a, units: 3}
  - {type: dense, name: b, units: 2}
loss: {type: mse}
"""
SPECS = {"chain": CHAIN, "recurrent": RECURRENT, "yes_no": YES_NO}
Change = Callable[[Expr], Expr]


def tangents(text: str) -> list[tuple[int, str]]:
    """The numbers of units with the names of the tangents in them."""
    made = compiler.compile_spec(loads(text, "planted.yaml"), hvp=True).hessian
    assert made is not None
    units = enumerate(made.network.units)
    rows = [(k, e) for k, u in units for e in (*u.safe.forward, *u.safe.adjoints)]
    return [(k, e.name) for k, e in rows if e.name.startswith(made.mark)]


def planted(unit: int, name: str, change: Change) -> Callable[[HessianDerivation], HessianDerivation]:
    def everywhere(rows: tuple[Equation, ...]) -> tuple[Equation, ...]:
        return tuple(Equation(e.lhs, change(e.rhs)) if e.name == name else e for e in rows)

    def changed(hessian: HessianDerivation) -> HessianDerivation:
        units = list(hessian.network.units)
        safe = units[unit].safe
        units[unit] = replace(
            units[unit], safe=replace(safe, forward=everywhere(safe.forward), adjoints=everywhere(safe.adjoints))
        )
        return replace(hessian, network=replace(hessian.network, units=tuple(units)))

    return changed


def failures(text: str, level: int) -> int:
    """How many checks fail; an equation that has no array form any more is one."""
    try:
        module = compiler.compile_spec(loads(text, "planted.yaml"), level, hvp=True).module
    except DerivationError:
        return 1
    with loaded(module) as imported, np.errstate(all="ignore"):
        return sum(row.failed for row in check_hessian(as_module(imported)))


@LEVELS
@pytest.mark.parametrize("name", SPECS)
def test_nothing_planted_nothing_refused(name: str, level: int) -> None:
    _, verdict = compiler.generate(loads(SPECS[name], "planted.yaml"), level, hvp=True)
    assert any(row.subject.startswith("hvp: ") for row in verdict.rows)


@pytest.mark.parametrize("name", SPECS)
def test_every_tangent_is_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A factor of 1 + 1e-8 in any of them, and a dropped term wherever there is a sum."""
    derive = compiler.derive_hessian
    for unit, tangent in tangents(SPECS[name]):
        for change in (times(HAIR), without_term(-1)):
            dropped: list[bool] = []

            def noted(e: Expr, change: Change = change, dropped: list[bool] = dropped) -> Expr:
                dropped.append(change(e) != e)
                return change(e)

            plant = planted(unit, tangent, noted)
            monkeypatch.setattr(compiler, "derive_hessian", lambda d, plant=plant: plant(derive(d)))
            count = failures(SPECS[name], compiler.DEFAULT)
            assert count > 0 or not any(dropped), f"{tangent} of unit {unit}"


def test_generate_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    derive = compiler.derive_hessian
    unit, name = tangents(CHAIN)[0]
    monkeypatch.setattr(compiler, "derive_hessian", lambda d: planted(unit, name, times(HAIR))(derive(d)))
    with pytest.raises(VerificationError, match="hvp: "):
        compiler.generate(loads(CHAIN, "planted.yaml"), hvp=True)


def test_a_value_taken_for_a_constant_has_no_hessian() -> None:
    text = """
symbp: 1
name: held
input: {x: [3]}
define:
  layers:
    held: {input: "x[n,i]", formula: "y[n,i] = x[n,i]*stop_gradient(x[n,i])"}
layers:
  - {type: dense, name: a, units: 2}
  - {type: held, name: b}
loss: {type: mse}
"""
    with pytest.raises(DerivationError, match="layer b takes a value for a constant"):
        compiler.compile_spec(loads(text, "held.yaml"), hvp=True)
