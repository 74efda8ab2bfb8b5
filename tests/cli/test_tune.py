"""`symbp tune` and the profiles that it writes: used by name, refused with a place and a remedy."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from module.compiling import needs_numba

from symbp import loops, tune
from symbp.errors import MachineError
from symbp.explanations import EXPLANATIONS
from symbp.passes.machine import LOOPS, STRIDES
from symbp.passes.profile import DEFAULT_FILE
from symbp.profiles import machine_from, read

ROOT = Path(__file__).resolve().parents[2]
TEXT = DEFAULT_FILE.read_text(encoding="utf-8")


def symbp(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, "-m", "symbp", *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment,
        check=False,
    )


def test_a_measured_profile_is_used_by_name(tmp_path: Path) -> None:
    shutil.copy(ROOT / "specs" / "xor.yaml", tmp_path / "xor.yaml")
    run = symbp("tune", "-o", "here.json", "--seconds", "0", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == "here.json"
    machine = read(tmp_path / "here.json")
    assert machine.name == "here"
    assert machine.call > 0
    assert [name for name, _ in machine.loops] == [name for name, _ in LOOPS]
    assert all(nanoseconds > 0 for _, nanoseconds in machine.loops)
    assert (machine.strides.rows, machine.strides.bytes) == (STRIDES.rows, STRIDES.bytes)
    made = symbp("generate", "xor.yaml", "--machine", "here.json", "--stdout", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert "# arranged by the costs of the machine here\n" in made.stdout[:400]
    again = symbp("generate", "xor.yaml", "--machine", "here.json", "--stdout", cwd=tmp_path)
    assert again.stdout == made.stdout
    shown = symbp("show", "xor.yaml", "--stage", "passes", "--machine", "here.json", cwd=tmp_path)
    assert "choices by the costs of the machine 'here'" in shown.stdout
    assert "estimated time of a step: " in shown.stdout


def test_what_compiled_loops_cost_is_stated_where_numba_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert loops.measured() == LOOPS


def test_all_that_compiled_loops_do_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each by a loop of its own, which computes what it is named after; none keeps the stated cost."""
    needs_numba()
    x = np.linspace(0.5, 1.75, 6, dtype=np.float32)
    wanted = {"exp": np.exp, "tanh": np.tanh, "log": np.log, "divide": lambda z: 1.5 / z, "sqrt": np.sqrt,
              "sigmoid": lambda z: 1 / (1 + np.exp(-z)), "where": lambda z: np.where(z > 1, z, 0)}  # fmt: skip
    given = list[dict[str, Any]]()

    def best(works: dict[str, Any]) -> dict[str, float]:
        given.append(works)
        return {name: 1000.0 * k for k, name in enumerate(works)}

    monkeypatch.setattr(loops, "_best", best)
    found = loops.measured()
    for name, function in wanted.items():
        work, (_, out) = given[0][name]
        work(x, out[:6])
        assert np.allclose(out[:6], function(x), rtol=1e-6), name
    for name in ("product", "blas"):
        work, (left, right, out) = given[0][name]
        work(left, right, out)
        assert np.allclose(out, left @ right, rtol=1e-5), name
    work, (left, right, out) = given[0]["growing"]
    out[...] = 0
    work(left, right, out)
    assert np.allclose(out, left.T @ right, rtol=1e-5)
    assert [name for name, _ in found] == [name for name, _ in LOOPS]
    assert not [name for (name, value), (_, stated) in zip(found, LOOPS, strict=True) if value == stated]


def test_a_profile_that_knows_less_of_compiled_loops_takes_what_is_stated() -> None:
    data = json.loads(TEXT)
    data["loops"] = {"exp": 7.0}
    assert dict(machine_from(json.dumps(data), "m.json").loops) == {**dict(LOOPS), "exp": 7.0}
    del data["loops"]
    assert machine_from(json.dumps(data), "m.json").loops == LOOPS


def test_a_profile_without_distances_of_rows_takes_what_is_stated() -> None:
    data = json.loads(TEXT)
    del data["strides"]
    assert machine_from(json.dumps(data), "m.json").strides == STRIDES
    data["strides"] = {"rows": [4, 8], "bytes": [512, 4096], "each": [[0, 1], [2, 3]]}
    assert machine_from(json.dumps(data), "m.json").aliased(8, 512) == pytest.approx(2e-9)


def test_the_simplest_form_and_the_default_name_their_machine(tmp_path: Path) -> None:
    shutil.copy(ROOT / "specs" / "xor.yaml", tmp_path / "xor.yaml")
    assert "machine" not in symbp("generate", "xor.yaml", "--optimize", "0", "--stdout", cwd=tmp_path).stdout[:400]
    made = symbp("generate", "xor.yaml", "--stdout", cwd=tmp_path).stdout
    assert "# arranged by the costs of the machine default\n" in made[:400]


def test_tune_writes_over_profiles_alone_and_refuses_before_it_measures(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text('{"a": 1}')
    run = symbp("tune", "-o", "mine.json", "--seconds", "0", cwd=tmp_path)
    assert (run.returncode, "M801" in run.stderr) == (1, True)
    assert (tmp_path / "mine.json").read_text() == '{"a": 1}'
    run = symbp("tune", "-o", "new.json", "--name", "two\nlines", cwd=tmp_path)
    assert (run.returncode, "M803" in run.stderr) == (1, True)


def changed(*path: Any, to: Any) -> str:
    """The default profile with another value at a place."""
    data = json.loads(TEXT)
    part = data
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = to
    return json.dumps(data, indent=1)


BAD = {
    "no JSON": (TEXT.replace('"name": "default",', '"name": "default"', 1), "M802", '"processor"'),
    "a list": ("[1, 2]", "M803", "["),
    "another version": (changed("profile", to=2), "M804", "2"),
    "no version": (changed("profile", to="new"), "M803", '"new"'),
    "a name of two lines": (changed("name", to="a\nb"), "M803", '"a\\nb"'),
    "a key too many": (changed("speed", to=1), "M803", "1"),
    "a negative time": (changed("streams", "inner", "call", to=-5), "M803", "-5"),
    "not a number": (changed("streams", "outer", "each", 1, 2, to="fast"), "M803", '"fast"'),
    "infinite": (changed("products", "plain", 3, 4, to=float("inf")), "M803", "Infinity"),
    "true": (changed("products", "call", to=True), "M803", "true"),
    "a row too short": (changed("streams", "copies", "each", 0, to=[1.0]), "M803", "["),
    "sizes that fall": (changed("products", "sizes", to=[4, 2]), "M803", "["),
    "distances that fall": (changed("strides", "bytes", to=[4096, 1024, 2048]), "M803", "["),
    "a distance without times": (changed("strides", "each", to=[[1.0]]), "M803", "["),
    "a gain by distances": (changed("strides", "each", 0, 0, to=-1), "M803", "-1"),
    "a missing table": (changed("streams", to={}), "M803", "{"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_profile_is_refused_at_its_place(name: str) -> None:
    text, code, at = BAD[name]
    with pytest.raises(MachineError) as caught:
        machine_from(text, "m.json")
    problem = caught.value.problems[0]
    assert problem.code == code
    assert code in EXPLANATIONS
    place = problem.place
    assert place is not None
    assert place.source[place.column - 1 - place.skipped :].startswith(at), problem.render()
    assert problem.hint


def test_a_later_version_says_what_to_do() -> None:
    with pytest.raises(MachineError) as caught:
        machine_from(changed("profile", to=7), "m.json")
    (problem,) = caught.value.problems
    assert problem.render() == (
        "m.json:2:13: error[M804]: a profile of version 7; this symbp reads version 1\n"
        '    2 |  "profile": 7,\n'
        "      |             ^\n"
        "  hint: measure again with `symbp tune -o FILE`, or use the symbp that wrote it: `pip install --upgrade symbp`"
    )


def test_a_profile_that_cannot_be_read_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "empty.json").write_text("")
    (tmp_path / "latin.json").write_bytes(b'{"name": "\xe9"}')
    for name in ("nowhere.json", "empty.json", "latin.json"):
        with pytest.raises(MachineError) as caught:
            read(tmp_path / name)
        assert caught.value.problems[0].code == "M801"
    for command in ("generate", "report", "show"):
        run = symbp(command, str(ROOT / "specs" / "xor.yaml"), "--machine", "nowhere.json", cwd=tmp_path)
        assert (run.returncode, "M801" in run.stderr, "Traceback" in run.stderr) == (1, True, False), command


def test_nothing_that_is_timed_warns() -> None:
    """A warning takes longer than the call: maxima so looked four times as dear as sums."""
    pool = np.random.default_rng(0).standard_normal(1 << 17).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for key, work, _ in tune._calls(pool):
            assert key
            work()
