"""The command line: the only place that talks to a person.  Results go to stdout, all else to stderr.

Exit codes: 0 done, 1 a finding (a wrong spec, a failed check, a file that would change), 2 wrong usage.
SymPy takes most of a second to load: what needs it is imported by the command that needs it.
"""

from __future__ import annotations

import atexit
import difflib
import gc
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import click

from symbp import __version__
from symbp.errors import Problem, SymbpError

SPEC = click.Path(path_type=Path, dir_okay=False)
FORMS = ("text", "latex", "numpy")
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
ARRANGED = ("program", "passes")  # the stages that say how a module computes
STAGES = ("spec", "graph", "derivation", *ARRANGED)


def _coloured() -> bool:
    return sys.stderr.isatty() and not os.environ.get("NO_COLOR")


def _say(text: str) -> None:
    """A line for the person, on stderr."""
    click.echo(text, err=True, color=_coloured() or None)


def _complain(problems: tuple[Problem, ...]) -> None:
    for problem in problems:
        text = problem.render()
        if _coloured():
            text = text.replace(f"error[{problem.code}]", click.style(f"error[{problem.code}]", fg="red", bold=True), 1)
        _say(text + "\n")
    count = len(problems)
    _say(f"{count} problem{'' if count == 1 else 's'} found.  `symbp explain {problems[0].code}` tells more.")


@contextmanager
def _findings() -> Iterator[None]:
    """Problems are printed and end the program with exit code 1."""
    try:
        yield
    except SymbpError as error:
        _complain(error.problems)
        raise click.exceptions.Exit(1) from None


def _each(work: Callable[[Path], Any], paths: tuple[Path, ...]) -> list[Any]:
    """What `work` makes of every path, or SymbpError with the problems of all of them."""
    made: list[Any] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            made.append(work(path))
        except SymbpError as error:
            problems += error.problems
    if problems:
        raise SymbpError(*problems)
    return made


_MACHINE = click.option(
    "--machine", type=SPEC, metavar="FILE", help="Choose by the costs of this machine (`symbp tune`)."
)
_FLAVOUR = click.option(
    "--flavour", type=click.Choice(("numpy", "numba")), default="numpy", show_default=True,
    help="numba: with loops that numba compiles.",
)  # fmt: skip


def _machine(path: Path | None) -> Any:
    from symbp import profiles

    return None if path is None else profiles.read(path)


def _missing(message: str, hint: str = "") -> NoReturn:
    raise SymbpError(Problem("C701", message, hint=hint))


class _Commands(click.Group):
    """Commands in the order in which they are used, and a suggestion for a misspelt one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], self.commands, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            ctx.fail(f"No such command {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="symbp")
def main() -> None:
    """Closed-form gradients of neural networks: derived, emitted as verified NumPy, printed as LaTeX."""
    gc.set_threshold(500_000)  # trees without cycles: looking for cycles every 700 objects took a fifth of a run
    atexit.register(gc.freeze)  # when it ends, Python would look for cycles in all modules: a tenth of a run


@main.command()
@click.argument("path", type=SPEC, required=False)
def init(path: Path | None) -> None:
    """Write a first spec to PATH (default: network.yaml).

    Its first line names the schema that makes editors complete it; the schema is written beside it.
    """
    from symbp.output import Pending, write
    from symbp.spec.schema import SCHEMA_FILE, json_schema, starter_spec

    path = path or Path("network.yaml")
    with _findings():
        if path.exists():
            _missing(f"{path} exists already", "choose another name: symbp init NAME.yaml")
        schema_text = json.dumps(json_schema(), indent=2) + "\n"
        write((Pending(path, starter_spec(path.stem)),))
        write((Pending(path.parent / SCHEMA_FILE, schema_text),), force=True)
    _say(f"wrote {path} and {path.parent / SCHEMA_FILE}; next: symbp check {path}; symbp generate {path}")


@main.command()
@click.argument("specs", nargs=-1, required=True, type=SPEC)
def check(specs: tuple[Path, ...]) -> None:
    """Read each SPEC and check everything in it: keys, names, shapes, formulas."""
    from symbp.graph.build import build
    from symbp.graph.check import load
    from symbp.report.summary import graph_summary

    with _findings():
        _each(lambda path: click.echo(f"{path}: {graph_summary(build(load(path)))}"), specs)


@main.command()
@click.argument("specs", nargs=-1, required=True, type=SPEC)
@click.option("-o", "--output", "folder", type=click.Path(path_type=Path, file_okay=False), default=Path("generated"))
@click.option("--optimize", type=click.IntRange(0, 1), default=1, show_default=True, help="0: the simplest form.")
@_FLAVOUR
@click.option("--hvp", is_flag=True, help="Add hvp(theta, x, y, v): the Hessian of the loss times v.")
@_MACHINE
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit 1 if a file would change.")
@click.option("--diff", is_flag=True, help="Write nothing; print what would change.")
@click.option("--stdout", is_flag=True, help="Print the module instead of writing it.")
@click.option("--force", is_flag=True, help="Overwrite files that were edited by hand.")
@click.option("--no-cache", is_flag=True, help="Derive everything anew, keep nothing (as SYMBP_CACHE=off).")
def generate(
    specs: tuple[Path, ...],
    folder: Path,
    optimize: int,
    flavour: str,
    hvp: bool,
    machine: Path | None,
    only_check: bool,
    diff: bool,
    stdout: bool,
    force: bool,
    no_cache: bool,
) -> None:
    """Generate the module of each SPEC, verify it, and write it to generated/NAME.py."""
    if stdout and (only_check or diff):
        raise click.UsageError(f"--stdout and {'--check' if only_check else '--diff'} cannot be given together.")
    if flavour != "numpy" and not optimize:
        raise click.UsageError(f"--optimize 0 is the simplest form: it has no flavour {flavour}.")
    from symbp import compiler, output
    from symbp.derive.cache import user_cache
    from symbp.graph.build import build
    from symbp.graph.check import load

    pending, cache = [], None if no_cache else user_cache()
    with _findings():
        costs = _machine(machine)
        graphs = _each(lambda path: build(load(path)), specs)
        _refuse_twins(specs, [graph.name for graph in graphs])
        level = compiler.level_of(flavour, optimize)
        for path, graph in zip(specs, graphs, strict=True):
            made, verdict = compiler.generate_graph(graph, level, hvp=hvp, machine=costs, cache=cache)
            _say(f"{path}: {verdict.summary()}")
            pending.append(output.Pending(output.inside(folder, f"{graph.name}.py"), made.module))
        if stdout:
            click.echo("".join(str(p.content) for p in pending), nl=False)
        elif only_check or diff:
            _compare(pending, diff)
        else:
            output.write(tuple(pending), force=force)
            for p in pending:
                click.echo(str(p.path))


def _refuse_twins(paths: tuple[Path, ...], names: list[str]) -> None:
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        where = ", ".join(str(p) for p, name in zip(paths, names, strict=True) if name in twins)
        _missing(f"several specs have the name {', '.join(twins)}: {where}", "give each its own `name:`")


def _compare(pending: list[Any], diff: bool) -> None:
    """Print what would change; exit code 1 if anything would."""
    changed = False
    for p in pending:
        old = p.path.read_text(encoding="utf-8") if p.path.exists() else ""
        if old == p.content:
            continue
        changed = True
        if diff:
            lines = difflib.unified_diff(
                old.splitlines(True), p.content.splitlines(True), f"{p.path} (now)", f"{p.path} (generated)"
            )
            click.echo("".join(lines), nl=False)
        else:
            _say(f"{p.path} would {'change' if p.path.exists() else 'be written'}")
    if changed:
        raise click.exceptions.Exit(1)


@main.command()
@click.argument("path", metavar="MODULE_OR_SPEC", type=SPEC)
@click.option("--json", "as_json", is_flag=True, help="Print the table as JSON.")
def verify(path: Path, as_json: bool) -> None:
    """Check every gradient of a generated MODULE.py, or of the module of a SPEC."""
    from symbp import compiler
    from symbp.graph.check import load
    from symbp.verify.check import verify as run

    with _findings():
        if not path.exists():
            _missing(f"{path} does not exist")
        if path.suffix == ".py":
            verdict = run(path, None)
        else:
            made = compiler.compile_spec(load(path))
            verdict = run(made.module, made.graph)
    click.echo(json.dumps(verdict.to_json(), indent=2) if as_json else verdict.table())
    if not verdict.passed:
        raise click.exceptions.Exit(1)


@main.command()
@click.argument("spec", type=SPEC)
@click.option("-o", "--output", "target", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
@click.option("--pdf", is_flag=True, help="Compile with pdflatex to a PDF (default: NAME.pdf; beside -o NAME.tex too).")
@click.option("--layout", type=click.Choice(["rows", "columns"]), default="rows", show_default=True)
@click.option("--hvp", is_flag=True, help="With the equations of Hessian-vector products.")
@_MACHINE
def report(spec: Path, target: Path | None, pdf: bool, layout: str, hvp: bool, machine: Path | None) -> None:
    """Print the derivation of SPEC as LaTeX."""
    from symbp import compiler, output
    from symbp.graph.check import load
    from symbp.report import latex
    from symbp.report.pdf import compile_pdf

    with _findings():
        made = compiler.compile_spec(load(spec), hvp=hvp, machine=_machine(machine))
        text = latex.render(made.derivation, made.code, layout, made.hessian)
        if pdf:
            target = target or Path(f"{made.graph.name}.pdf")
        pending: list[output.Pending] = []
        if target is not None and (not pdf or target.suffix == ".tex"):
            pending.append(output.Pending(target, text))
        if target is not None and pdf:
            pdf_file = target.with_suffix(".pdf") if target.suffix == ".tex" else target
            pending.append(output.Pending(pdf_file, compile_pdf(text)))
        output.write(tuple(pending), force=True)
    click.echo("\n".join(str(p.path) for p in pending) if target else text, nl=target is not None)


@main.command()
@click.argument("what", metavar="SPEC_OR_TYPE")
@click.option("--stage", type=click.Choice(STAGES), help="Of a SPEC: which stage to show (default: derivation).")
@_FLAVOUR
@_MACHINE
def show(what: str, stage: str | None, flavour: str, machine: Path | None) -> None:
    """Show a stage of a SPEC, or an entry of the library such as `dense`: keys, formula, derived gradient."""
    if flavour != "numpy" and stage not in ARRANGED:
        raise click.UsageError(f"--flavour changes the stages {' and '.join(ARRANGED)} only: name one by --stage.")
    from symbp import entries, stages

    with _findings():
        path = Path(what)
        is_spec = path.suffix in {".yaml", ".yml"} or path.exists()
        costs = _machine(machine)
        text = stages.describe(path, stage or "derivation", costs, flavour) if is_spec else entries.describe(what)
        click.echo(text)


@main.command()
@click.argument("formula")
@click.option("--wrt", multiple=True, required=True, help="Differentiate by this array or number (repeat, or x,W).")
@click.option("--twice", is_flag=True, help="The second derivatives too.")
@click.option("--cotangent", metavar="NAME", default="", help="The gradient of the sum of the result times this array.")
@click.option("--as", "forms", multiple=True, type=click.Choice([*FORMS, "all"]), default=["text"], show_default=True)
@click.option("--array", "arrays", multiple=True, metavar="x[i]", help="An axis that no bare letter of a read names.")
@click.option("--positive", multiple=True, metavar="NAME", help="This array or number is positive (repeat, or x,y).")
@click.option("--integer", multiple=True, metavar="NAME", help="This array holds integers (repeat, or s,t).")
@click.option("--fact", "facts", multiple=True, metavar="EQUATION", help='As "sum[j](t[n,j]) = 1", "P = I - U + 1".')
def derive(formula: str, forms: tuple[str, ...], wrt: tuple[str, ...], **options: Any) -> None:
    """Differentiate FORMULA, such as "f = sum[i,j](x[i]*A[i,j]*x[j])"; arrays are what it reads.

    Several equations are separated by ; or stand on lines of their own ("-" reads them from stdin); the last one is the
    result.  The derivative of a result with indices is the whole Jacobian, its indices first.
    """
    from symbp.formula import derive_formula

    text = sys.stdin.read() if formula == "-" else formula
    for key in ("positive", "integer"):
        options[key] = _names(options[key])
    with _findings():
        derived = derive_formula(text, _names(wrt), **options)
        made = {"text": lambda: str(derived), "latex": derived.latex, "numpy": derived.numpy}
        wanted = FORMS if "all" in forms else tuple(dict.fromkeys(forms))
        click.echo("\n\n".join(made[form]().rstrip("\n") for form in wanted))


def _names(given: tuple[str, ...]) -> list[str]:
    """Names given one by one or with commas between them."""
    return [name.strip() for text in given for name in text.split(",")]


@main.command()
@click.option("-o", "--output", "path", type=SPEC, default=Path("machine.json"), show_default=True)
@click.option("--name", help="What modules call this machine (default: the name of the file).")
@click.option("--seconds", type=click.FloatRange(0.0), default=10.0, show_default=True, help="How long to measure.")
def tune(path: Path, name: str | None, seconds: float) -> None:
    """Measure what NumPy calls cost on this machine, for `symbp generate --machine FILE`."""
    os.environ.update(dict.fromkeys(THREADS, "1"))  # read when NumPy is loaded
    from symbp import profiles, tune

    def progress(done: float) -> None:
        if sys.stderr.isatty():
            click.echo(f"\rmeasuring: {done:4.0%}", err=True, nl=done >= 1)

    with _findings():
        profiles.refuse_other(path, name := name or path.stem)
        profiles.write(path, tune.measure(name, seconds, progress))
    _say("one thread, float32; use it with `symbp generate SPEC --machine FILE`")
    click.echo(str(path))


@main.command("list")
@click.argument("kind", required=False)
def list_(kind: str | None) -> None:
    """List the library: layers, activations, losses, penalties, optimizers, clips, schedules, initializers."""
    from symbp.library import registry

    with _findings():
        kinds = registry.kinds()
        if kind is not None and kind not in kinds:
            near = difflib.get_close_matches(kind, kinds, n=1)
            _missing(
                f"there is no kind {kind!r}", f"did you mean {near[0]!r}?" if near else f"one of {', '.join(kinds)}"
            )
        for name in [kind] if kind else list(kinds):
            click.echo(f"{name}:")
            for key, declaration in kinds[name].items():
                click.echo(f"  {key:24}{declaration.summary}")


@main.command()
def schema() -> None:
    """Print the JSON schema of a spec, for editors."""
    from symbp.spec.schema import json_schema

    click.echo(json.dumps(json_schema(), indent=2))


@main.command()
@click.argument("code", required=False)
def explain(code: str | None) -> None:
    """Explain an error CODE, or list all codes."""
    from symbp.explanations import EXPLANATIONS

    with _findings():
        if code is None:
            for key, (title, _) in EXPLANATIONS.items():
                click.echo(f"{key}  {title}")
            return
        if code.upper() not in EXPLANATIONS:
            _missing(f"there is no error code {code!r}", "`symbp explain` lists all codes")
        title, body = EXPLANATIONS[code.upper()]
        click.echo(f"{code.upper()}: {title}\n\n{body}")
