"""The rules of the house: who may import whom, how long a file and a function may be, where a library may appear."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "symbp"
SOURCES = sorted(PACKAGE.rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
BENCHMARKS = sorted((ROOT / "benchmarks").rglob("*.py"))

# A stage may import these, and of the stages named in MODELS their model module only.
MAY_IMPORT = {
    "errors": set(),
    "explanations": set(),
    "notation": {"errors"},
    "library": {"errors", "notation"},
    "spec": {"errors", "notation", "library"},
    "graph": {"errors", "notation", "library", "spec"},
    "derive": {"errors", "notation", "library", "graph.model"},
    "lower": {"errors", "notation", "library", "graph.model", "derive.model"},
    "passes": {"errors", "notation", "library", "graph.model", "derive.model", "lower.model"},
    "emit": {"errors", "notation", "library", "graph.model", "derive.model", "lower.model"},
    "report": {"errors", "notation", "library", "graph.model", "derive.model", "emit.model", "spec.model",
               "emit.environment"},
    "verify": {"errors", "notation", "graph.model"},
    "output": {"errors"},
    "loops": {"emit.compiled", "emit.layout", "passes.machine", "verify.loading"},
    "tune": {"loops", "passes.machine"},
    "profiles": {"errors", "output", "passes.machine", "passes.profile", "spec.source"},
}  # fmt: skip
ONLY_IN = {
    "sympy": {"derive", "report"},
    "jinja2": {"emit", "report"},
    "pydantic": {"spec"},
    "pydantic_core": {"spec"},
    "yaml": {"spec"},
    "click": {"cli"},
}


def room(path: Path) -> str:
    """The stage that a file belongs to: "derive" for symbp/derive/fold.py, "cli" for symbp/cli.py."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[0]


def imports(path: Path) -> list[tuple[str, bool]]:
    """(module, is at the top of the file) for every import; ``from a import b`` counts as a and a.b."""
    tree = ast.parse(path.read_text())
    top = {id(n) for n in tree.body}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, id(node) in top) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found += [(f"{node.module}.{alias.name}", id(node) in top) for alias in node.names]
    return found


def modules() -> dict[str, Path]:
    return {".".join(p.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): p for p in SOURCES}


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_one_way(path: Path) -> None:
    here = room(path)
    allowed = MAY_IMPORT.get(here)
    for module, _ in imports(path):
        outer = module.split(".")[0]
        if outer in ONLY_IN:
            assert here in ONLY_IN[outer], f"{path} imports {outer}"
        if outer != "symbp" or allowed is None or (module.count(".") == 1 and module.split(".")[1] == "__version__"):
            continue
        target = module.removeprefix("symbp.")
        ok = target.split(".")[0] == here or any(target == a or target.startswith(a + ".") for a in allowed)
        assert ok, f"{path.relative_to(ROOT)} imports {module}"


@pytest.mark.parametrize("path", [*SOURCES, *BENCHMARKS], ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_stand_at_the_top(path: Path) -> None:
    if path.name == "cli.py":  # SymPy is loaded by the commands that need it
        return
    assert [m for m, top in imports(path) if not top] == []


def test_what_runs_in_the_process_of_a_peer_loads_nothing_of_symbp() -> None:
    """Its memory and its time to import are the peer's own; the modules are generated elsewhere."""
    generating = {"modules.py", "derivation.py"}
    for path in BENCHMARKS:
        found = {module for module, _ in imports(path) if module.split(".")[0] == "symbp"}
        assert not found or path.name in generating, f"{path} imports {found}"
        if "peers" in path.parts or path.name == "worker.py":
            assert not {m for m, _ in imports(path) if m.removeprefix("benchmarks.") in ("modules", "derivation")}, path


def test_no_import_cycles() -> None:
    known = modules()
    graph = {
        name: sorted(
            {t for m, _ in imports(p) for t in (m, m.rsplit(".", 1)[0]) if t in known and t not in (name, "symbp")}
        )
        for name, p in known.items()
    }
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " -> ".join((*path[path.index(name) :], name))
        if name not in done:
            for target in graph[name]:
                visit(target, (*path, name))
            done.add(name)

    for name in sorted(graph):
        visit(name, ())


@pytest.mark.parametrize("path", [*SOURCES, *TESTS, *BENCHMARKS], ids=lambda p: str(p.relative_to(ROOT)))
def test_files_and_functions_are_short(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") < 400, f"{path} is too long"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            start = node.body[0].lineno if len(node.body) > 1 else node.lineno
            docstring = ast.get_docstring(node) is not None
            first = node.body[1].lineno if docstring and len(node.body) > 1 else start
            assert node.end_lineno is not None
            assert node.end_lineno - first < 40, f"{path}:{node.lineno}: {node.name} is too long"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_only_the_command_line_prints(path: Path) -> None:
    if path.name == "cli.py":
        return
    calls = [
        n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
    ]
    assert [c.lineno for c in calls if c.func.id == "print"] == []


@pytest.mark.parametrize("path", [*SOURCES, *BENCHMARKS], ids=lambda p: str(p.relative_to(ROOT)))
def test_nothing_evaluates_text(path: Path) -> None:
    """No eval or its kin on anything; the verifier alone runs a module, and does so by importing its file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Name | ast.Attribute):
            name = node.id if isinstance(node, ast.Name) else node.attr
            assert name not in {"eval", "sympify", "parse_expr", "lambdify"}, f"{path}:{node.lineno}: {name}"
            assert name != "exec" and (name != "compile" or isinstance(node, ast.Attribute)), f"{path}:{node.lineno}"


def test_no_drawers_for_odds_and_ends() -> None:
    assert [p for p in [*SOURCES, *BENCHMARKS] if p.stem in {"utils", "helpers", "common", "misc", "util"}] == []


DECLARATION_FOLDERS = (
    "layers",
    "blocks",
    "activations",
    "losses",
    "penalties",
    "optimizers",
    "clips",
    "schedules",
    "initializers",
)


def test_declarations_hold_no_logic() -> None:
    files = [
        p for f in DECLARATION_FOLDERS for p in sorted((PACKAGE / "library" / f).glob("*.py")) if p.stem != "__init__"
    ]
    assert len(files) > 60
    for path in files:
        logic = (
            ast.FunctionDef,
            ast.AsyncFunctionDef,
            ast.Lambda,
            ast.ClassDef,
            ast.For,
            ast.While,
            ast.If,
            ast.comprehension,
        )
        found = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, logic)]
        assert not found, f"{path} holds logic"


def test_the_project_speaks_of_itself_alone() -> None:
    ours = re.compile(r"/work/|/home/|/root/|\bthe architect\b|\bspike\b|\bhelper [A-H]\b")
    tops = ("symbp", "templates", "specs", "tests", "docs", "benchmarks", "generated")
    files = [p for top in tops for p in (ROOT / top).rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    for path in [*files, *ROOT.glob("*.md"), ROOT / "pyproject.toml", ROOT / "Makefile"]:
        if path == Path(__file__).resolve() or path.suffix in {".png", ".pdf", ".npz"}:
            continue
        found = ours.search(path.read_text(encoding="utf-8"))
        assert found is None, f"{path}: {found}"
