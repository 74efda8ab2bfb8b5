"""What the rules of a derivation mean, for its reader."""

from __future__ import annotations

from symbp.derive.model import Derivation

MEANINGS = {
    "chain rule": r"what everything that reads the value passes back, summed, with the partial derivatives put in",
    "contract deltas": r"$\sum_{k} f_{k} \, \mathbf{1}[k = i] = f_{i}$; like terms are collected",
    "collect terms": "like terms are added, and what they have in common is taken out",
    "join the branches": "terms under conditions that exclude each other become one choice between them",
    "write out adjoints": "a gradient that is used in one place only is replaced by its own formula",
    "fact": "what is known of a value or a sum, or of an element that a condition singles out, is used",
    "fold": "a forward equation is read from right to left, so that nothing known from going forward is computed again",
    "fold by branch": "the same in each branch of a condition by itself",
    "drop implied ranges": "a condition that always holds is left out",
    "same sign": "a condition on a value is replaced by that on another value of the same sign",
}


def rules_used(derivation: Derivation) -> tuple[tuple[str, str], ...]:
    """(name, meaning) of each rule that a step of the printed forms has used, in the order above."""
    used = {step.rule for unit in derivation.units for step in unit.plain.steps}
    return tuple((rule, meaning) for rule, meaning in MEANINGS.items() if rule in used)
