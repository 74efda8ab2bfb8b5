"""Choices by cost: of candidates for the same thing the cheapest one, or by a rule that is printed beside it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from math import isfinite
from pathlib import Path

import pytest

from symbp import compiler
from symbp.compiler import DEFAULT, compile_spec
from symbp.lower.model import Repeat
from symbp.passes.account import Ledger
from symbp.passes.estimate import estimate
from symbp.passes.ledger import ByCost, Choice, Margin, Near, cheapest
from symbp.passes.optimize import CALLS, COMPILED, FIRST, INSTEAD, SIMPLE, Pass
from symbp.passes.unpriced import REASONS
from symbp.spec.load import load, loads

from .specs import IMAGES, STEPS, two_layers

SPECS = Path(__file__).resolve().parents[2] / "specs"

NETS = {
    "images": IMAGES.replace("MORE", ""),
    "steps": STEPS,
    "tiny": two_layers(4, "sigmoid", 3),
    "digits": two_layers(256, "relu"),
}


@cache
def ledger(name: str, level: int) -> Ledger:
    return compile_spec(loads(NETS[name], "probe.yaml"), level).ledger


def choices(name: str, level: int) -> list[Choice]:
    found = ledger(name, level)
    return [c for e in found.entries for c in e.choices] + ([found.micro] if found.micro else [])


@pytest.mark.parametrize("level", [DEFAULT, compiler.COMPILED])
@pytest.mark.parametrize("name", NETS)
def test_a_dearer_candidate_is_chosen_by_a_rule_that_is_printed(name: str, level: int) -> None:
    for choice in choices(name, level):
        costs = dict(choice.candidates)
        assert len(costs) > 1 and choice.chosen in costs and all(map(isfinite, costs.values())), choice
        if costs[choice.chosen] > min(costs.values()):
            assert choice.rules, choice
            assert any(phrase in choice.describe()[0] for phrase in ("has to save", "is paid for")), choice


def test_a_pass_chooses_by_cost_or_says_why_it_need_not() -> None:
    unpriced = {name for name, run in (*SIMPLE, *CALLS, *COMPILED, *FIRST, *INSTEAD.items()) if not is_priced(run)}
    assert unpriced == set(REASONS)


def is_priced(run: Pass) -> bool:
    return isinstance(run, ByCost)


@pytest.mark.parametrize("level", [DEFAULT, compiler.COMPILED])
def test_what_acts_says_why_in_the_list(level: int) -> None:
    found = ledger("images", level)
    for entry in found.entries:
        text = "\n".join(replace(found, entries=(entry,)).describe().split("\n\n")[1:])
        assert ("whatever calls cost: " in text) == bool(entry.did and not entry.choices and entry.unpriced), entry.name
    assert any(e.did and e.name == "known maxima" for e in found.entries)


@pytest.mark.parametrize("name", NETS)
def test_no_choice_weighs_more_than_the_step_that_stands_above_it(name: str) -> None:
    for entry in ledger(name, DEFAULT).entries:
        # fewer calls are counted by what functions are made of, which is more than the step shows at that point
        priced = [dict(c.candidates)[c.chosen] for c in entry.choices] if entry.name != "few calls" else []
        step = estimate(entry.old, entry.setting).total if priced else 0.0
        assert all(seconds <= step for seconds in priced), entry.name
        stated = f"estimated time of a step at this point: {1e6 * step:,.1f} us"
        assert not priced or any(line.strip().startswith(stated) for line in entry.describe()), entry.name


A, B, C = ("a", 10e-6), ("b", 9.7e-6), ("c", 9.6e-6)


def test_the_first_of_equal_candidates() -> None:
    assert cheapest("it", (A, ("e", 10e-6)), "why").chosen == "a"


@pytest.mark.parametrize(
    ("rule", "chosen", "text"),
    [
        (Margin("a", 0.05), "a", 'anything but "a" has to save 5% of its time (0.5 us)'),
        (Margin("a", 0.03), "c", 'anything but "a" has to save 3% of its time (0.3 us)'),
        (Margin("a", 0.0, 1e-6), "a", 'anything but "a" has to save 1.0 us'),
        (Margin("a", 0.03, 1e-6), "a", 'anything but "a" has to save 3% of its time and 1.0 us'),
        (
            Margin("a", 0.05, beside=4e-6, without="products"),
            "c",
            'anything but "a" has to save 5% of its time without products (0.3 us)',
        ),
        (Near(0.02, ("a", "b", "c"), "less memory"), "b", "up to 2% more (0.2 us) is paid for less memory"),
        (Near(0.0, ("a", "b", "c"), "less memory"), "c", "up to 0% more (0.0 us) is paid for less memory"),
    ],
)
def test_rules(rule: Margin | Near, chosen: str, text: str) -> None:
    choice = cheapest("it", (A, B, C), "calls", rule)
    assert choice.chosen == chosen
    assert choice.describe()[0] == f"it: {chosen} (calls; {text})"


def test_what_saves_nothing_is_not_taken_whatever_the_margin() -> None:
    assert cheapest("it", (("b", 1e-6), ("a", 1e-6)), "calls", Margin("a", 0.0)).chosen == "a"


def test_the_time_of_a_prediction_counts_its_loops_over_blocks() -> None:
    made = compile_spec(load(SPECS / "resnet.yaml"))
    assert "\nprediction: " in made.ledger.describe()
    entry = next(e for e in made.ledger.entries if e.name.startswith("prediction: ") and e.choices)
    blocks = [s for s in entry.new.statements if isinstance(s, Repeat)]
    alone = replace(entry.new, statements=tuple(s for s in entry.new.statements if s not in blocks))
    assert blocks and estimate(entry.new, entry.setting).total > estimate(alone, entry.setting).total
