"""How peers are checked, in which order they take their turns, and what their times are divided by."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import data, race
from benchmarks.peers import PEERS, environment, generated
from benchmarks.peers.generated import paired
from benchmarks.race import Options, Outcome, Race, WrongLossesError, of_roof, order, ratio, require_losses
from benchmarks.works import WORKS

EXPECTED = [0.7, 0.6, 0.5]


def made(**rounds: list[float]) -> Race:
    found = Race("xor", 1, flops=100, traffic=40)
    for name, times in rounds.items():
        found.outcomes[name] = Outcome(rounds=times, losses=EXPECTED)
    return found


def test_a_ratio_is_the_median_of_the_ratios_within_rounds() -> None:
    """The machine slows down threefold in the second round; the ratio does not see it."""
    found = made(a=[1.0, 3.0, 1.2], b=[2.0, 6.0, 2.0])
    assert ratio(found, "b", "a") == pytest.approx(2.0)
    assert ratio(found, "a", "b") == pytest.approx(0.5)
    assert ratio(found, "a", "missing") is None
    found.outcomes["c"] = Outcome(why="not installed")
    assert ratio(found, "c", "a") is None


def test_the_roof_is_the_slower_of_products_and_memory() -> None:
    found = made(a=[2.0, 2.0, 4.0])
    found.rates = [{"flops": 100.0, "bytes": 1000.0}, {"flops": 1000.0, "bytes": 40.0}, {"flops": 50.0, "bytes": 1e3}]
    assert of_roof(found, "a") == pytest.approx(0.5)  # roofs of 1, 1 and 2 seconds
    found.outcomes["a"].losses = []  # a floor does not do the work
    assert of_roof(found, "a") is None


def test_turns_rotate_and_alternate() -> None:
    names = ["a", "b", "c"]
    rounds = [order(names, k) for k in range(6)]
    assert rounds[0] == ["a", "b", "c"] and rounds[1] == ["a", "c", "b"] and rounds[2] == ["c", "a", "b"]
    assert all(sorted(r) == names for r in rounds)
    assert Counter(r[0] for r in rounds) == dict.fromkeys(names, 2)
    assert order([], 3) == []


def test_wrong_losses_are_refused() -> None:
    require_losses(EXPECTED, EXPECTED[:2], EXPECTED)
    require_losses([0.7 * 1.0005, 0.6, 0.5], EXPECTED[:2], EXPECTED)
    for wrong in ([0.7, 0.6, 0.502], [0.7, 0.6], [0.7, 0.6, float("nan")]):
        with pytest.raises(WrongLossesError, match="expected"):
            require_losses(wrong, wrong[:2], EXPECTED)
    with pytest.raises(WrongLossesError, match="after a reset"):
        require_losses(EXPECTED, [0.6, 0.5], EXPECTED)
    with pytest.raises(WrongLossesError):
        require_losses([float("nan")], [float("nan")], [])


def test_a_peer_that_trains_another_model_gets_no_times(tmp_path: Path) -> None:
    """In its own process, as in a race: here the reference is what is wrong."""
    options = Options(threads=1, rounds=1, pinned=False, modules=tmp_path)
    found = race.run(WORKS["xor"], ["numpy_hand"], options, expected=[0.1] * 5).outcomes["numpy_hand"]
    assert found.why.startswith("refused: losses [0.68") and not found.rounds


def test_a_race(tmp_path: Path) -> None:
    """All of it, over two peers; one has nothing to race with."""
    options = Options(threads=1, rounds=2, pinned=True, modules=tmp_path)
    found = race.run(WORKS["xor"], ["symbp", "numpy_hand", "floor_update"], options)
    assert found.outcomes["symbp"].why == "no generated module" and not found.outcomes["symbp"].rounds
    for name in ("numpy_hand", "floor_update"):
        outcome = found.outcomes[name]
        assert not outcome.why and len(outcome.rounds) == len(outcome.cpu) == 2
        assert outcome.steps >= 1 and outcome.peak_mb > 1
    assert len(found.outcomes["numpy_hand"].losses) == race.CHECKED
    assert len(found.rates) == 2 and all(value > 0 for r in found.rates for value in r.values())


class Answers(race.Peer):
    """A peer of a few lines of Python."""

    def __init__(self, program: str, patience: float = 60) -> None:
        self.name, self.patience = "answers", patience
        pipe: Any = race.subprocess.PIPE
        command = [sys.executable, "-c", program]
        self.process = race.subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)


def test_a_process_that_ends_or_fails_is_told_of() -> None:
    ended = Answers("raise SystemExit(3)")
    with pytest.raises(race.PeerError):
        ended("hello")
    failed = Answers("""input(); print('{"error": "ValueError: no"}')""")
    with pytest.raises(race.PeerError, match="ValueError: no"):
        failed("build")
    silent = Answers("import time; time.sleep(60)", patience=0.05)
    with pytest.raises(race.PeerError, match="no answer within"):
        silent("build")
    for peer in (ended, failed, silent):
        peer.close()


def test_parameters_pair_in_order_and_split() -> None:
    canonical = [("W", np.zeros((2, 6))), ("b", np.zeros(6))]
    mine = {"q": np.zeros((2, 3)), "k": np.zeros((2, 3)), "c": np.zeros(6)}
    assert paired(canonical, mine) == [("W", slice(0, 3), "q"), ("W", slice(3, 6), "k"), ("b", slice(0, 6), "c")]
    for wrong in ({"q": np.zeros((2, 3))}, mine | {"more": np.zeros(1)}, {"q": np.zeros((3, 6)), "c": np.zeros(6)}):
        with pytest.raises(ValueError, match=r"match|counterpart"):
            paired(canonical, wrong)


def test_deviation_is_relative_to_how_far_training_went(tmp_path: Path) -> None:
    work = WORKS["xor"]
    first = [a for _, a in data.parameters(work)]
    np.savez(tmp_path / "reference.npz", *[a + 1 for a in first])
    np.savez(tmp_path / "mine.npz", *[a + 1.5 for a in first])
    assert race.deviation(tmp_path / "mine.npz", tmp_path / "reference.npz", work) == pytest.approx(0.5, rel=1e-5)


def test_every_library_is_held_to_its_threads(tmp_path: Path) -> None:
    found = race.base_environment(2, tmp_path)
    assert {found[f"{name}_NUM_THREADS"] for name in ("OMP", "OPENBLAS", "MKL", "NUMBA")} == {"2"}
    assert "intra_op_parallelism_threads=2" in found["XLA_FLAGS"]
    assert environment("numpy_hand", "lenet", 2) == {"OPENBLAS_NUM_THREADS": "1"}
    assert environment("numpy_hand", "lenet", 1) == environment("symbp", "lenet", 2) == {}
    assert environment("symbp_halves", "mlp_wide", 2) == {"OPENBLAS_NUM_THREADS": "1"}
    assert all(environment(peer, "mlp_wide", 2) == {} for peer in PEERS if peer != "symbp_halves")


def test_halves_of_a_batch_are_the_default_module_on_two_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(generated.FOLDER, str(tmp_path))
    (tmp_path / "default").mkdir()
    path = tmp_path / "default" / "xor.py"
    path.write_text(
        "import numpy as np\n"
        "class Network:\n"
        "    def __init__(self, seed, threads=1):\n"
        "        shapes = {'w1': (2, 4), 'b1': (4,), 'w2': (4, 1), 'b2': (1,)}\n"
        "        self.threads, self.parameters = threads, {k: np.zeros(s) for k, s in shapes.items()}\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    assert generated.supports(WORKS["xor"], "halves") is None
    threads = {part: generated.build(WORKS["xor"], 2, part).net.threads for part in ("default", "halves")}
    assert threads == {"default": 1, "halves": 2}
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert generated.supports(WORKS["xor"], "halves") == "two halves of a batch want two threads"
    assert generated.supports(WORKS["xor"], "default") is None
