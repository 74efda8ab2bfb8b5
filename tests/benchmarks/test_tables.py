"""The text of tables, and what a saved one says of the machine."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import surroundings, tables
from benchmarks.race import ROOT, Outcome, Race

LOSSES = [0.5]


@pytest.fixture
def race() -> Race:
    found = Race("xor", 1, flops=2_000_000, traffic=500_000)
    found.outcomes = {
        "torch_eager": Outcome("", 1.5, 0.25, 0.5, LOSSES, None, 3, [30e-6, 40e-6, 50e-6], [1.0] * 3, 300.4),
        "symbp": Outcome("", 0.1, 0.05, 0.001, LOSSES, None, 3, [10e-6, 20e-6, 10e-6], [0.99] * 3, 40.2),
        "numpy_hand": Outcome("", 0.1, 0.05, 0.001, LOSSES, None, 3, [5e-6, 10e-6, 5e-6], [1.0] * 3, 40.2),
        "floor_products": Outcome("", 0.1, 0.0, 0.0, [], None, 3, [2e-6, 4e-6, 2e-6], [1.0] * 3, 30.0),
        "floor_update": Outcome("", 0.1, 0.0, 0.0, [], None, 3, [1e-6, 2e-6, 1e-6], [1.0] * 3, 30.0),
        "jax_jit": Outcome(why="No module named 'jax'"),
    }
    found.rates = [{"flops": 500e9, "bytes": 100e9}] * 3  # 4 us for the products, 5 us for the memory
    return found


def test_text(race: Race) -> None:
    lines = tables.text(race, "symbp").splitlines()
    words = [" ".join(line.split()) for line in lines]
    assert words[0] == "xor: 2 MFLOP, 0.5 MB; measured 500.0 G/s operations, 100.0 G/s bytes"
    assert words[1] == "peer median min max / symbp CPU import+build s first step s peak MB of roof"
    names = [line.split()[0] for line in lines[2:]]
    assert names == ["floor_update", "floor_products", "numpy_hand", "symbp", "torch_eager", "jax_jit"]
    assert words[5] == "symbp 10.0 us 10.0 us 20.0 us 1.00 0.99 0.15 0.001 40 50 %"
    assert words[6] == "torch_eager 40.0 us 30.0 us 50.0 us 3.00 1.00 1.75 0.500 300 12 %"
    assert lines[7] == "jax_jit         -- No module named 'jax'"
    assert len({len(line.rstrip()) for line in lines[4:7]}) == 1  # columns end together
    assert "%" not in lines[2] and "%" not in lines[3]  # a floor has no roof


def test_another_base_where_the_wanted_one_has_no_times(race: Race) -> None:
    assert "/ torch_eager" in tables.text(race, "jax_jit")
    assert tables.base_of(Race("xor", 1, 0, 0), "symbp") == "symbp"


def test_summary(race: Race) -> None:
    head, line = tables.summary([race], "symbp")
    assert dict(zip(head, line, strict=True)) == {
        "work": "xor",
        "symbp": "10.0 us",
        "best torch": "torch_eager",
        "best torch / it": "3.00",
        "numpy_hand / it": "0.50",
        "floor / it": "0.30",
        "of roof": "50 %",
    }
    del race.outcomes["torch_eager"], race.outcomes["floor_update"]
    assert tables.summary([race], "symbp")[1] == ("xor", "10.0 us", "", "", "0.50", "", "50 %")


def test_markdown(race: Race) -> None:
    text = tables.markdown([race], "symbp", {"cores": "2"}, "Training steps")
    assert text.startswith("# Training steps\n\n| measured with |  |\n| --- | ---: |\n| cores | 2 |\n")
    assert "| symbp | 10.0 us | 10.0 us | 20.0 us | 1.00 | 0.99 | 0.15 | 0.001 | 40 | 50 % |" in text
    assert "Without times:\n\n- jax_jit: No module named 'jax'\n" in text
    widths = {line.count("|") for line in text.split("## xor")[1].splitlines() if line.startswith("|")}
    assert widths == {len(tables.HEAD) + 1}
    assert tables.markdown_table([("a", "b"), ("x|y",)]).splitlines()[2] == "| x\\|y |  |"


@pytest.mark.parametrize(
    ("seconds", "text"), [(1.23e-6, "1.2 us"), (99.94e-6, "99.9 us"), (1.5e-3, "1500 us"), (0.0123, "12.3 ms")]
)
def test_durations(seconds: float, text: str) -> None:
    assert tables.duration(seconds) == text


def test_surroundings_name_no_machine(tmp_path: Path) -> None:
    found = surroundings.facts()
    assert set(found) == {"processor", "cores", "system", "BLAS of NumPy", "versions"}
    assert "numpy" in found["versions"] and found["BLAS of NumPy"]
    node = platform.node()
    assert not node or all(node not in text.split() for text in found.values())
    info = tmp_path / "cpuinfo"
    info.write_text("cpu family\t: 6\nmodel\t\t: 143\nmodel name\t: A processor\nflags\t\t: sse avx avx2 avx512f\n")
    assert surroundings.processor(info) == "A processor, family 6 model 143, AVX512F"
    assert surroundings.processor(tmp_path / "none")


@pytest.mark.parametrize(
    ("option", "said"), [("--work=lstm", "no work lstm"), ("--peers=symbp,tensor", "no peer tensor")]
)
def test_a_name_that_is_not_known_is_told_of(option: str, said: str) -> None:
    command = [sys.executable, "-m", "benchmarks", option]
    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert run.returncode == 1 and said in run.stderr and "there are" in run.stderr


def test_saved_results_name_what_they_were_measured_with() -> None:
    for path in sorted((ROOT / "benchmarks" / "results").glob("2*.md")):
        text = path.read_text(encoding="utf-8")
        assert all(f"| {key} |" in text for key in ("processor", "cores", "BLAS of NumPy", "versions")), path
