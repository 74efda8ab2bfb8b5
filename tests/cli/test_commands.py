"""The command line as a person uses it: exit codes, what goes where, nothing written on a finding."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.inside import symbp

ROOT = Path(__file__).resolve().parents[2]


def process(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "NO_COLOR": "1"}
    command = [sys.executable, "-m", "symbp", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment, check=False)


@pytest.fixture
def xor(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "specs" / "xor.yaml", tmp_path / "xor.yaml")
    return tmp_path


def test_help_and_version_do_not_load_sympy() -> None:
    code = (
        "import sys, symbp.cli; sys.exit('sympy' in sys.modules or 'pydantic' in sys.modules or 'numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert process("--version").stdout.startswith("symbp, version ")
    listed = process("--help").stdout
    for command in ("init", "check", "generate", "verify", "report", "show", "tune", "list", "schema", "explain"):
        assert command in listed


def test_check_does_not_load_sympy() -> None:
    code = (
        "import sys; from symbp.graph.build import build; from symbp.spec.load import load;"
        "build(load('specs/digits.yaml')); sys.exit('sympy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT).returncode == 0


def test_wrong_usage_exits_2_with_a_suggestion() -> None:
    run = process("generat", "x.yaml")
    assert run.returncode == 2
    assert "Did you mean 'generate'?" in run.stderr
    assert process("generate").returncode == 2


def test_a_missing_file_is_a_finding() -> None:
    for command in (["check"], ["generate"], ["verify"], ["report"], ["show"]):
        run = (process if command == ["check"] else symbp)(*command, "nowhere.yaml")
        assert run.returncode == 1, command
        assert "nowhere.yaml" in run.stderr
        assert "Traceback" not in run.stderr


def test_generate_writes_and_says_where(xor: Path) -> None:
    run = process("generate", "xor.yaml", cwd=xor)
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == str(Path("generated") / "xor.py")
    text = (xor / "generated" / "xor.py").read_bytes()
    assert b"\r" not in text
    assert symbp("generate", "xor.yaml", "--check", cwd=xor).returncode == 0
    assert symbp("generate", "xor.yaml", "--stdout", cwd=xor).stdout.encode() == text


def test_generate_adds_products_with_the_hessian(xor: Path) -> None:
    run = symbp("generate", "xor.yaml", "--hvp", cwd=xor)
    assert run.returncode == 0, run.stderr
    text = (xor / "generated" / "xor.py").read_text()
    assert "\ndef hvp(theta: Array, x: Any, y: Any, v: npt.ArrayLike) -> Array:\n" in text
    assert symbp("generate", "xor.yaml", "--check", cwd=xor).returncode == 1  # without --hvp it is another module
    assert r"\mathcal{R}" in symbp("report", "xor.yaml", "--hvp", cwd=xor).stdout


def test_a_hand_edited_file_is_kept_unless_forced(xor: Path) -> None:
    assert symbp("generate", "xor.yaml", cwd=xor).returncode == 0
    path = xor / "generated" / "xor.py"
    written = path.read_text()
    edited = written + "\n# mine\n"
    path.write_text(edited)
    run = symbp("generate", "xor.yaml", cwd=xor)
    assert run.returncode == 1
    assert "edited by hand" in run.stderr
    assert path.read_text() == edited
    assert symbp("generate", "xor.yaml", "--check", cwd=xor).returncode == 1
    shown = symbp("generate", "xor.yaml", "--diff", cwd=xor)
    assert shown.returncode == 1
    assert "-# mine" in shown.stdout
    assert symbp("generate", "xor.yaml", "--force", cwd=xor).returncode == 0
    assert path.read_text() == written


def test_one_bad_spec_among_several_writes_nothing(xor: Path) -> None:
    (xor / "bad.yaml").write_text((xor / "xor.yaml").read_text().replace("units: 8", "unitz: 8"))
    run = symbp("generate", "xor.yaml", "bad.yaml", cwd=xor)
    assert run.returncode == 1
    assert "did you mean 'units'" in run.stderr
    assert not (xor / "generated").exists()


def test_two_specs_of_one_name_are_refused(xor: Path) -> None:
    shutil.copy(xor / "xor.yaml", xor / "again.yaml")
    run = symbp("generate", "xor.yaml", "again.yaml", cwd=xor)
    assert run.returncode == 1
    assert "several specs have the name xor" in run.stderr


def test_a_second_spec_of_one_name_does_not_replace_the_first(xor: Path) -> None:
    shutil.copy(ROOT / "specs" / "xor.yaml", xor / "again.yaml")
    assert symbp("generate", "xor.yaml", cwd=xor).returncode == 0
    written = (xor / "generated" / "xor.py").read_text()
    run = symbp("generate", "again.yaml", cwd=xor)
    assert run.returncode == 1
    assert "O607" in run.stderr
    assert (xor / "generated" / "xor.py").read_text() == written
    assert symbp("generate", "again.yaml", "--force", cwd=xor).returncode == 0


def test_all_specs_of_a_run_are_read_before_it_ends(xor: Path) -> None:
    for name in ("one", "two"):
        (xor / f"{name}.yaml").write_text((xor / "xor.yaml").read_text().replace("units: 8", "unitz: 8"))
    (xor / "three.yaml").write_text((xor / "xor.yaml").read_text().replace("type: dense", "inputs: z, type: dense", 1))
    run = symbp("generate", "one.yaml", "three.yaml", "two.yaml", cwd=xor)
    assert "one.yaml:" in run.stderr
    assert "two.yaml:" in run.stderr
    assert "three.yaml:" in run.stderr
    assert "E301" in run.stderr


def test_the_output_folder_is_not_left_through_a_link(xor: Path) -> None:
    (xor / "generated").mkdir()
    (xor / "generated" / "xor.py").symlink_to(xor / "elsewhere.py")
    run = symbp("generate", "xor.yaml", cwd=xor)
    assert run.returncode == 1
    assert not (xor / "elsewhere.py").exists()


def test_verify_prints_a_table_and_json(xor: Path) -> None:
    assert symbp("generate", "xor.yaml", cwd=xor).returncode == 0
    table = symbp("verify", "generated/xor.py", cwd=xor)
    assert table.returncode == 0
    assert "hidden.W" in table.stdout
    rows = json.loads(symbp("verify", "xor.yaml", "--json", cwd=xor).stdout)
    assert rows["passed"] is True
    path = xor / "generated" / "xor.py"
    broken = path.read_text().replace("np.tanh", "np.sin")
    assert broken != path.read_text()
    path.write_text(broken)
    run = symbp("verify", "generated/xor.py", cwd=xor)
    assert run.returncode == 1
    assert "Traceback" not in run.stderr


def test_init_gives_a_spec_that_generates(tmp_path: Path) -> None:
    assert symbp("init", "mine.yaml", cwd=tmp_path).returncode == 0
    assert "yaml-language-server" in (tmp_path / "mine.yaml").read_text()
    assert symbp("check", "mine.yaml", cwd=tmp_path).returncode == 0
    assert symbp("generate", "mine.yaml", cwd=tmp_path).returncode == 0
    again = symbp("init", "mine.yaml", cwd=tmp_path)
    assert again.returncode == 1
    assert "exists already" in again.stderr


@pytest.mark.parametrize("stage", ["spec", "graph", "derivation", "program", "passes"])
def test_show_each_stage(stage: str) -> None:
    run = symbp("show", "specs/xor.yaml", "--stage", stage)
    assert run.returncode == 0, run.stderr
    assert len(run.stdout.splitlines()) > 3


def test_show_and_list_the_library() -> None:
    entry = symbp("show", "dense")
    assert entry.returncode == 0
    for wanted in ("units", "bias", "dW[i,j]"):
        assert wanted in entry.stdout
    typo = symbp("show", "denze")
    assert typo.returncode == 1
    assert "dense" in typo.stderr
    listed = symbp("list")
    assert "cross_entropy" in listed.stdout
    assert "glorot_uniform" in symbp("list", "initializers").stdout
    assert symbp("list", "layrs").returncode == 1


@pytest.mark.parametrize("option", ["--check", "--diff"])
def test_a_module_is_either_printed_or_compared(option: str) -> None:
    run = symbp("generate", "specs/xor.yaml", "--stdout", option)
    assert (run.returncode, run.stdout) == (2, "")
    assert f"--stdout and {option}" in run.stderr


def test_schema_and_explain() -> None:
    assert json.loads(symbp("schema").stdout)["$schema"].startswith("https://json-schema.org/")
    codes = symbp("explain").stdout.split("\n")
    assert len(codes) > 10
    first = codes[0].split()[0]
    assert symbp("explain", first).stdout.startswith(first)
    assert symbp("explain", "X999").returncode == 1


def test_every_code_in_the_source_is_explained() -> None:
    import re

    from symbp.explanations import EXPLANATIONS

    used = set()
    for path in sorted((ROOT / "symbp").rglob("*.py")):
        used |= set(re.findall(r'Problem\(\s*"([A-Z]\d{3})"', path.read_text()))
    assert used
    assert sorted(used - set(EXPLANATIONS)) == []


def test_report_goes_to_stdout_or_a_file(tmp_path: Path) -> None:
    run = symbp("report", str(ROOT / "specs" / "xor.yaml"))
    assert run.returncode == 0
    assert run.stdout.startswith("%")
    assert r"\end{document}" in run.stdout
    target = tmp_path / "xor.tex"
    assert symbp("report", str(ROOT / "specs" / "xor.yaml"), "-o", str(target)).returncode == 0
    assert target.read_text() == run.stdout
