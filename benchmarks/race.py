"""The rounds: one process a peer, all of them loaded, one at work; in every round each has one turn.

Before anything is timed, a peer must have the first losses of the reference and, after it was reset, the first two
again. The order of the turns is rotated from round to round and every second round goes backwards, so that a machine
whose speed drifts treats all alike; ratios are formed within a round.
"""

from __future__ import annotations

import json
import os
import select
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, TypeVar

import numpy as np

from benchmarks import counts, data
from benchmarks.peers import REFERENCE, environment
from benchmarks.peers.generated import FOLDER
from benchmarks.works import Work

ROOT = Path(__file__).resolve().parents[1]
REFERENCES = Path(__file__).resolve().parent / "reference.json"
CHECKED = 5  # losses
TOLERANCE = 1e-3
MOST_STEPS = 20_000  # of a turn
T = TypeVar("T")


class WrongLossesError(Exception):
    """A peer that does not train the same model on the same data."""


class PeerError(Exception):
    """A peer whose process failed or ended."""


@dataclass
class Outcome:
    """What is known of a peer after the race.  `why` is set where it was skipped or refused."""

    why: str = ""
    import_s: float = 0.0
    build_s: float = 0.0
    first_s: float = 0.0
    losses: list[float] = field(default_factory=list)
    deviation: float | None = None  # of the parameters from those of the reference after `CHECKED` steps
    steps: int = 0  # of a turn
    rounds: list[float] = field(default_factory=list)  # seconds of a step, round by round
    cpu: list[float] = field(default_factory=list)  # CPU time over wall time
    peak_mb: float = 0.0


@dataclass
class Race:
    """The result for one work.  `rates` are the measured operations and bytes in a second, round by round."""

    work: str
    threads: int
    flops: int
    traffic: int
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    rates: list[dict[str, float]] = field(default_factory=list)
    load: float = 0.0


@dataclass(frozen=True)
class Options:
    """How a race is run.  `modules` holds the generated modules, LEVEL/WORK.py; `patience` is in seconds."""

    threads: int
    rounds: int
    pinned: bool
    modules: Path
    patience: float = 600.0  # for the answer of a peer: compiling a recurrence takes minutes


def base_environment(threads: int, folder: Path) -> dict[str, str]:
    """Every library at `threads` threads, and caches of compilers that start empty: a first step is a cold one."""
    variables = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "NUMBA")
    found = dict(os.environ) | {f"{name}_NUM_THREADS": str(threads) for name in variables}
    eigen = "true" if threads > 1 else "false"
    return found | {
        "VECLIB_MAXIMUM_THREADS": str(threads),
        "XLA_FLAGS": f"--xla_cpu_multi_thread_eigen={eigen} intra_op_parallelism_threads={threads}",
        "PJRT_NPROC": str(threads),
        "NPROC": str(threads),
        "JAX_PLATFORMS": "cpu",
        "TORCHINDUCTOR_CACHE_DIR": str(folder / "inductor"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


class Peer:
    """The other side of a worker's process."""

    def __init__(self, name: str, work: Work, options: Options, folder: Path, log: IO[str]) -> None:
        self.name, self.patience = name, options.patience
        variables = base_environment(options.threads, folder) | environment(name, work.name, options.threads)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", name, work.name, str(options.threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=ROOT,
            env=variables | {FOLDER: str(options.modules)},
        )

    def __call__(self, *command: Any) -> dict[str, Any]:
        """The answer to a command; PeerError with the reason where there is none in time."""
        assert self.process.stdin is not None and self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps(command) + "\n")
            self.process.stdin.flush()
            if not select.select([self.process.stdout], [], [], self.patience)[0]:
                self.process.kill()
                raise PeerError(f"no answer within {self.patience:.0f} s")
            line = self.process.stdout.readline()
        except OSError as error:
            raise PeerError(str(error)) from None
        if not line:
            raise PeerError(f"the process ended with {self.process.wait()}")
        found: dict[str, Any] = json.loads(line)
        if "error" in found:
            raise PeerError(found["error"])
        return found

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def confined(threads: int) -> Iterator[None]:
    """Confines this process, and those it starts, to as many CPUs as a peer has threads, where the system can."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[-threads:])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def order(names: Sequence[T], k: int) -> list[T]:
    """The order of the turns in round k: rotated, and backwards in every second round."""
    turned = [*names[k % len(names) :], *names[: k % len(names)]] if names else []
    return turned[::-1] if k % 2 else turned


def reference_losses(work: Work) -> list[float]:
    """The first losses of the reference, as `--write-reference` left them."""
    found: dict[str, list[float]] = json.loads(REFERENCES.read_text(encoding="utf-8"))
    return found[work.name]


def require_losses(found: Sequence[float], again: Sequence[float], expected: Sequence[float]) -> None:
    """Raises WrongLossesError unless the losses are those expected, and the same again after a reset."""
    if expected and not (len(found) == len(expected) and np.allclose(found, expected, rtol=TOLERANCE, atol=1e-8)):
        raise WrongLossesError(f"losses {list(found)}, expected {list(expected)}")
    if not np.all(np.isfinite(found)) or not np.allclose(again, found[: len(again)], rtol=TOLERANCE, atol=1e-8):
        raise WrongLossesError(f"losses {list(again)} after a reset, {list(found)} before")


def deviation(mine: Path, reference: Path, work: Work) -> float:
    """The largest over the parameters of |p - reference| / |reference - first|."""
    with np.load(mine) as a, np.load(reference) as b:
        return max(
            float(np.linalg.norm(a[key] - b[key]) / (np.linalg.norm(b[key] - first) + 1e-12))
            for key, (_, first) in zip(b.files, data.parameters(work), strict=True)
        )


def prepare(peer: Peer, work: Work, folder: Path, expected: Sequence[float]) -> Outcome:
    """Imports, builds, checks, and finds the length of a turn."""
    hello = peer("hello")
    if hello["skip"]:
        return Outcome(why=hello["skip"])
    found = Outcome(import_s=hello["import_s"], build_s=peer("build")["build_s"])
    mine, reference = folder / f"{peer.name}.npz", folder / f"{REFERENCE}.npz"
    check = peer("check", CHECKED, str(mine))
    found.first_s = check["first_s"]
    if check["losses"] is not None:
        require_losses(check["losses"], check["again"], expected)
        found.losses = check["losses"]
        found.deviation = deviation(mine, reference, work) if reference.exists() else None
    found.steps = 1
    for _ in range(2):  # a first guess from one step, a second from a quarter of a turn
        one = peer("turn", max(1, found.steps // 4), 1)["s"]
        found.steps = max(1, min(MOST_STEPS, round(work.turn_ms * 1e-3 / one)))
    return found


def reference_first(names: Sequence[str]) -> list[str]:
    """Its parameters are what those of the others are held against."""
    return sorted(names, key=lambda name: name != REFERENCE)


def entered(peer: Peer, work: Work, folder: Path, expected: Sequence[float], race: Race) -> bool:
    """Whether a peer takes part; if not, the race says why."""
    try:
        outcome = prepare(peer, work, folder, expected)
    except (PeerError, WrongLossesError) as error:
        outcome = Outcome(why=f"refused: {error}")
    race.outcomes[peer.name] = outcome
    return not outcome.why


def run(work: Work, names: Sequence[str], options: Options, expected: Sequence[float] | None = None) -> Race:
    """One work: checks, then `options.rounds` rounds of the peers and of the machine itself.

    `expected` takes the place of the losses of the reference; empty, it demands nothing of them.
    """
    expected = reference_losses(work) if expected is None else expected
    inputs = data.batches(work)[0][0].size
    race = Race(work.name, options.threads, counts.flops(work), counts.traffic(work, inputs))
    with tempfile.TemporaryDirectory(prefix="symbp-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        log = stack.enter_context((folder / "log.txt").open("w", encoding="utf-8"))
        if options.pinned:
            stack.enter_context(confined(options.threads))
        made = [Peer(name, work, options, folder, log) for name in reference_first(names)]
        peers = [stack.enter_context(closing(peer)) for peer in made]
        live = [peer for peer in peers if entered(peer, work, folder, expected, race)]
        machine = stack.enter_context(closing(Peer("machine", work, options, folder, log)))
        machine("hello"), machine("build")
        for k in range(options.rounds):
            race.rates.append(machine("turn", 1, 0)["report"])
            for peer in order(live, k):
                outcome = race.outcomes[peer.name]
                turn = peer("turn", outcome.steps, max(1, outcome.steps // 5))
                outcome.rounds.append(turn["s"])
                outcome.cpu.append(turn["cpu"])
        for peer in live:
            race.outcomes[peer.name].peak_mb = peer("end")["peak_mb"]
        race.load = os.getloadavg()[0]
    return race


def ratio(race: Race, one: str, other: str) -> float | None:
    """The median over the rounds of the time of `one` over that of `other`; None where a peer has no times."""
    a, b = (race.outcomes.get(name, Outcome()).rounds for name in (one, other))
    return statistics.median(x / y for x, y in zip(a, b, strict=True)) if a and b else None


def of_roof(race: Race, name: str) -> float | None:
    """The median over the rounds of the shortest time that the machine allows over the time of a step."""
    times = race.outcomes[name].rounds
    if not times or not race.outcomes[name].losses:  # a floor does not do the work
        return None
    roofs = [max(race.flops / r["flops"], race.traffic / r["bytes"]) for r in race.rates]
    return statistics.median(roof / t for roof, t in zip(roofs, times, strict=True))
