"""Closed forms kept on disk: the same as derived ones, never older than the code, never trusted when damaged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from symbp import compiler
from symbp.derive import cache as module
from symbp.derive import codec
from symbp.derive.cache import Cache, Forms, user_cache
from symbp.derive.network import closed_forms
from symbp.errors import VerificationError
from symbp.graph.build import build
from symbp.graph.model import Graph, Unit
from symbp.spec.load import loads

SPEC = """
symbp: 1
name: net
input: {x: [6]}
layers:
  - {type: dense, name: fc1, units: 8, activation: gelu}
  - {type: layer_norm, name: norm}
  - {type: dense, name: fc2, units: 3}
loss: {type: cross_entropy, labels: integer}
"""


@dataclass(slots=True)
class Counted:
    """Derives, and remembers what."""

    units: list[Unit] = field(default_factory=list)

    def __call__(self, unit: Unit) -> Forms:
        self.units.append(unit)
        return closed_forms(unit)


def graph() -> Graph:
    return build(loads(SPEC))


def made(folder: Path, derive: Counted) -> str:
    return compiler.compile_graph(graph(), cache=Cache(folder, derive)).module


def test_what_is_kept_is_not_derived_again(tmp_path: Path) -> None:
    first, second = Counted(), Counted()
    text = made(tmp_path, first)
    assert len(first.units) == len(set(first.units)) == len(list(tmp_path.iterdir()))
    assert made(tmp_path, second) == text == compiler.compile_graph(graph()).module
    assert second.units == []


def test_what_is_kept_needs_no_sympy(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(SPEC)
    program = (
        "import sys; from symbp import compiler\n"
        "from symbp.graph.build import build; from symbp.spec.load import load; from pathlib import Path; "
        "from symbp.derive.cache import user_cache; "
        "compiler.generate_graph(build(load(Path('net.yaml'))), cache=user_cache()); print('sympy.core' in sys.modules)"
    )
    places = {"SYMBP_CACHE": str(tmp_path / "kept"), "PYTHONPATH": str(Path(module.__file__).parents[2])}
    loaded = [
        subprocess.run(
            [sys.executable, "-c", program], cwd=tmp_path, env=os.environ | places, capture_output=True, check=True
        ).stdout.decode()
        for _ in range(2)
    ]
    assert loaded == ["True\n", "False\n"]


@pytest.mark.parametrize("node", graph().nodes, ids=lambda n: n.name)
def test_text_and_back_is_the_same(node: object) -> None:
    unit = node.unit  # type: ignore[attr-defined]
    forms = closed_forms(unit)
    found = codec.decoded(codec.encoded(forms))
    assert found == forms
    assert (found[0] is found[1]) == (forms[0] is forms[1])
    assert codec.decoded(codec.encoded(unit)) == unit
    assert codec.encoded(found) == codec.encoded(forms)


def test_numbers_keep_their_kind() -> None:
    values = (1, 1.0, True, 0, False, 0.0, "1", None, float("inf"), 0.1, (1,), ())
    found = codec.decoded(codec.encoded(values))
    assert found == values
    assert [type(v) for v in found] == [type(v) for v in values]


def test_only_formulas_have_a_text() -> None:
    with pytest.raises(TypeError, match="Path has no text"):
        codec.encoded((Path("x"),))
    with pytest.raises(KeyError):
        codec.decoded('[[["Path", "x"]], [0]]')


def damaged_by_a_letter(raw: str) -> str:
    return raw.replace("Equation", "Equatiom", 1)


def changed(raw: str) -> str:
    """Another formula, which can be read."""
    digest, text = raw.split("\n", 1)
    return f"{digest}\n{text.replace('1', '2', 1) if '1' in text else text}"


def cut(raw: str) -> str:
    return raw[: len(raw) // 2]


def emptied(raw: str) -> str:
    return ""


def forged(raw: str) -> str:
    """A well-formed entry that is something else, under its own digest."""
    text = codec.encoded((1, 2))
    return f"{module._digest(text)}\n{text}\n"


def nested(raw: str) -> str:
    text = "[" * 100_000
    return f"{module._digest(text)}\n{text}\n"


@pytest.mark.parametrize("damage", [damaged_by_a_letter, changed, cut, emptied, forged, nested])
def test_a_damaged_entry_is_derived_again(damage: object, tmp_path: Path) -> None:
    text = made(tmp_path, Counted())
    for path in tmp_path.iterdir():
        path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8")  # type: ignore[operator]
    again, after = Counted(), Counted()
    assert made(tmp_path, again) == text
    assert len(again.units) == len(list(tmp_path.iterdir()))
    assert made(tmp_path, after) == text
    assert after.units == []


def test_a_wrong_entry_does_not_pass_the_verification(tmp_path: Path) -> None:
    made(tmp_path, Counted())
    changed = 0
    for path in tmp_path.iterdir():
        plain, safe = codec.decoded(path.read_text(encoding="utf-8").split("\n")[1])
        wrong = tuple(
            replace(q, rhs=codec.expr.Mul((codec.expr.number(2), q.rhs))) if q.name == "dW" else q
            for q in safe.adjoints
        )
        changed += wrong != safe.adjoints
        text = codec.encoded((plain, replace(safe, adjoints=wrong)))
        path.write_text(f"{module._digest(text)}\n{text}\n", encoding="utf-8")
    assert changed
    with pytest.raises(VerificationError):
        compiler.generate_graph(graph(), cache=Cache(tmp_path))


def test_other_code_is_another_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(tmp_path, Counted())
    monkeypatch.setattr(module, "_stamp", lambda: "another version")
    again = Counted()
    made(tmp_path, again)
    assert len(list(tmp_path.iterdir())) == 2 * len(again.units)


def test_the_code_that_derives_is_in_the_stamp() -> None:
    stamp = module._stamp()
    assert all(name in stamp for name in ("sympy 1.", "engine.py", "expr.py", "model.py"))


def test_a_folder_that_cannot_be_written_to_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert made(tmp_path / "file" / "folder", Counted()) == compiler.compile_graph(graph()).module


def test_writers_do_not_disturb_each_other(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        texts = list(pool.map(lambda _: made(tmp_path, Counted()), range(8)))
    assert len(set(texts)) == 1
    assert {path.suffix for path in tmp_path.iterdir()} == {".json"}
    for path in tmp_path.iterdir():
        assert json.loads(path.read_text(encoding="utf-8").split("\n")[1])


def test_the_oldest_entries_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 4)
    for k in range(10):
        old = tmp_path / f"old_{k}.json"
        old.write_text("", encoding="utf-8")
        os.utime(old, (k, k))
    Cache(tmp_path).forms(graph().nodes[0].unit)
    names = {path.name for path in tmp_path.iterdir()}
    assert len(names) == 2
    assert "old_9.json" in names


def test_the_folder_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYMBP_CACHE", "off")
    assert user_cache() is None
    monkeypatch.setenv("SYMBP_CACHE", str(tmp_path))
    assert user_cache() == Cache(tmp_path)
    monkeypatch.delenv("SYMBP_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert user_cache() == Cache(tmp_path / "symbp")
