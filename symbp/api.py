"""What a notebook uses: a spec in, objects that show themselves as formulas out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from symbp import compiler, output, profiles
from symbp.derive.model import Derivation
from symbp.derive.network import derive as derive_graph
from symbp.graph.build import build
from symbp.graph.check import load
from symbp.report import latex
from symbp.report.text import derivation_text
from symbp.spec.model import Spec
from symbp.verify.model import Verdict

__all__ = ["Derived", "Module", "Spec", "derive", "generate", "load", "report"]


@dataclass(frozen=True, slots=True)
class Derived:
    """The derivation of a network: ``print`` gives its closed forms as text, a notebook shows them as LaTeX."""

    derivation: Derivation

    def __str__(self) -> str:
        return derivation_text(self.derivation)

    def _repr_latex_(self) -> str:
        return latex.notebook(self.derivation)


@dataclass(frozen=True, slots=True)
class Module:
    """A generated and verified module: `source` is its text, `verdict` what was checked."""

    name: str
    source: str
    verdict: Verdict
    artifacts: compiler.Artifacts

    def write(self, folder: str | Path = "generated", *, force: bool = False) -> Path:
        """Write ``folder/name.py``, completely or not at all; raises OutputError over a file edited by hand."""
        path = output.inside(Path(folder), f"{self.name}.py")
        output.write((output.Pending(path, self.source),), force=force)
        return path

    def _repr_latex_(self) -> str:
        return latex.notebook(self.artifacts.derivation)


def _spec(spec: Spec | str | Path) -> Spec:
    return spec if isinstance(spec, Spec) else load(spec)


def derive(spec: Spec | str | Path) -> Derived:
    """Derive the gradients of a spec, or of the spec in a file.  Raises SpecError and DerivationError."""
    return Derived(derive_graph(build(_spec(spec))))


def generate(
    spec: Spec | str | Path,
    *,
    optimize: int = compiler.DEFAULT,
    flavour: str = "numpy",
    hvp: bool = False,
    machine: str | Path | None = None,
) -> Module:
    """Generate and verify the module of a spec, with `hvp` one that multiplies with the Hessian of the loss.

    `flavour` is "numpy", or "numba" for a module whose loops numba compiles.
    `machine` is the file of a profile that `symbp tune` wrote: how the module computes is then chosen by its costs.

    Raises SpecError, DerivationError, VerificationError and MachineError."""
    costs = None if machine is None else profiles.read(Path(machine))
    made, verdict = compiler.generate(_spec(spec), compiler.level_of(flavour, optimize), hvp=hvp, machine=costs)
    return Module(made.graph.name, made.module, verdict, made)


def report(spec: Spec | str | Path, *, layout: str = "rows", hvp: bool = False) -> str:
    """The LaTeX report of a spec; `layout` is "rows" (a sample is a row) or "columns", `hvp` as in `generate`."""
    made = compiler.compile_spec(_spec(spec), hvp=hvp)
    return latex.render(made.derivation, made.code, layout, made.hessian)
