"""The whole program: a spec in, a verified module and its report out, one line per stage."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, replace

from symbp.derive.cache import Cache
from symbp.derive.hessian import derive_hessian
from symbp.derive.model import Derivation, HessianDerivation
from symbp.derive.network import derive
from symbp.emit.code import code_of
from symbp.emit.model import Code
from symbp.emit.module import render
from symbp.errors import Problem, VerificationError
from symbp.graph.build import build
from symbp.graph.model import Graph
from symbp.lower.hessian import lower_hessian
from symbp.lower.lower import lower
from symbp.lower.model import Program
from symbp.passes.account import Ledger
from symbp.passes.ledger import Setting
from symbp.passes.machine import Machine
from symbp.passes.optimize import optimize
from symbp.passes.profile import default_machine
from symbp.spec.model import Spec
from symbp.verify.check import verify
from symbp.verify.model import Verdict

SIMPLEST, DEFAULT, COMPILED = 0, 1, 2  # the levels of --optimize, and that of a compiled module


@dataclass(frozen=True, slots=True)
class Artifacts:
    """Everything that one compilation makes, stage by stage."""

    graph: Graph
    derivation: Derivation
    program: Program
    ledger: Ledger
    code: Code
    module: str
    hessian: HessianDerivation | None = None


def compile_graph(
    graph: Graph, level: int = DEFAULT, *, hvp: bool = False, machine: Machine | None = None, cache: Cache | None = None
) -> Artifacts:
    """The stages after the graph, with `hvp` those of Hessian-vector products too.  The module is not verified yet.

    A module with Hessian-vector products has every block of a `repeat` in full.  Choices are made by the costs of the
    `machine`, without one by those of the default profile.  A `cache` keeps closed forms from run to run.
    """
    machine = machine or default_machine()
    graph = replace(graph, repeats=()) if hvp else graph
    derivation = derive(graph, None if cache is None else cache.forms)
    hessian = derive_hessian(derivation) if hvp else None
    lowered = lower(derivation)
    if hessian is not None:
        lowered = replace(lowered, hessian=lower_hessian(hessian))
    setting = Setting(machine, graph.training.batch_size, graph.training.typical_sizes)
    program, ledger = optimize(lowered, level, setting)
    code = code_of(program)
    module = render(derivation, code, level, machine.name)
    return Artifacts(graph, derivation, program, ledger, code, module, hessian)


def level_of(flavour: str, optimize: int = DEFAULT) -> int:
    """The level that makes a module of a flavour: "numpy", or "numba", whose loops numba compiles.

    Raises VerificationError where numba is missing: what cannot be executed cannot be verified.
    """
    if flavour == "numpy":
        return optimize
    missing = [name for name in ("numba", "scipy") if importlib.util.find_spec(name) is None]
    if missing:
        message = f"a compiled module cannot be verified: {' and '.join(missing)} is not installed"
        raise VerificationError(Problem("V506", message, hint="pip install 'symbp[numba]'"))
    return COMPILED


def compile_spec(
    spec: Spec, level: int = DEFAULT, *, hvp: bool = False, machine: Machine | None = None
) -> Artifacts:
    """All stages.  Raises SpecError and DerivationError with every problem found."""
    return compile_graph(build(spec), level, hvp=hvp, machine=machine)


def generate(
    spec: Spec, level: int = DEFAULT, *, hvp: bool = False, machine: Machine | None = None
) -> tuple[Artifacts, Verdict]:
    """All stages and the verification of the emitted text; raises VerificationError if one check fails."""
    return generate_graph(build(spec), level, hvp=hvp, machine=machine)


def generate_graph(
    graph: Graph, level: int = DEFAULT, *, hvp: bool = False, machine: Machine | None = None, cache: Cache | None = None
) -> tuple[Artifacts, Verdict]:
    """As `generate`, from the graph on."""
    made = compile_graph(graph, level, hvp=hvp, machine=machine, cache=cache)
    return made, require(verify(made.module, made.graph))


def require(verdict: Verdict) -> Verdict:
    """The verdict itself if it passed; otherwise VerificationError with one problem per failed row."""
    if not verdict.passed:
        failed = tuple(Problem("V501", row.describe()) for row in verdict.failures)
        raise VerificationError(*failed)
    return verdict
