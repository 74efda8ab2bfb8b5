"""Every planted error is refused by `generate` itself; with nothing planted, nothing is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import jinja2
import pytest

from symbp import compiler
from symbp.emit.environment import environment
from symbp.spec.load import loads

from .planted import CHAIN, MUTANTS, TIED, YES_NO, Mutant, refused

LEVELS = (compiler.SIMPLEST, compiler.DEFAULT)
# The templates are the same at both levels.
CASES = [(n, level) for n, m in MUTANTS.items() for level in LEVELS if m.stage != "template" or level == LEVELS[1]]


@pytest.fixture
def templates(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Callable[[str, str], str]], None]]:
    """Templates read through a change of their text."""
    env = environment("numpy")
    loader = env.loader
    assert loader is not None and env.cache is not None

    def use(change: Callable[[str, str], str]) -> None:
        monkeypatch.setattr(
            env, "loader", jinja2.FunctionLoader(lambda name: change(name, loader.get_source(env, name)[0]))
        )
        env.cache.clear()

    yield use
    env.cache.clear()


def plant(
    mutant: Mutant, monkeypatch: pytest.MonkeyPatch, templates: Callable[[Callable[[str, str], str]], None]
) -> None:
    if mutant.stage == "template":
        templates(mutant.change)
        return
    stage = getattr(compiler, mutant.stage)
    monkeypatch.setattr(compiler, mutant.stage, lambda *given: mutant.change(stage(*given)))


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("text", [CHAIN, TIED, YES_NO], ids=["chain", "tied", "yes_no"])
def test_nothing_planted_nothing_refused(text: str, level: int) -> None:
    _, verdict = compiler.generate(loads(text, "planted.yaml"), level)
    assert verdict.passed


@pytest.mark.parametrize(("name", "level"), CASES)
def test_a_planted_error_is_refused(
    name: str,
    level: int,
    monkeypatch: pytest.MonkeyPatch,
    templates: Callable[[Callable[[str, str], str]], None],
) -> None:
    plant(MUTANTS[name], monkeypatch, templates)
    assert all(problem.code == "V501" for problem in refused(MUTANTS[name].spec, level))


def test_there_are_forty_planted_errors_or_more() -> None:
    stages = [mutant.stage for mutant in MUTANTS.values()]
    assert len(stages) >= 40
    assert min(stages.count(stage) for stage in ("derive", "lower", "template")) >= 10
