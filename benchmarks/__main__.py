"""``python -m benchmarks``: the time of a training step, for symbp and its peers.

Starts one process for every peer, checks that all of them train alike, then times them in turns.  A peer whose library
is not installed is left out, with the reason.  How it is measured: benchmarks/race.py; generation and derivation have
commands of their own, ``python -m benchmarks.generation`` and ``python -m benchmarks.derivation``.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import race as racing
from benchmarks import surroundings, tables
from benchmarks.peers import PEERS, REFERENCE
from benchmarks.peers.generated import level_of
from benchmarks.works import WORKS

RESULTS = Path(__file__).resolve().parent / "results"


def names(text: str, known: Sequence[str], what: str) -> list[str]:
    """The names in a list with commas; all of them for "all"."""
    chosen = list(known) if text == "all" else text.split(",")
    wrong = [name for name in chosen if name not in known]
    if wrong:
        sys.exit(f"no {what} {', '.join(wrong)}; there are {', '.join(known)}")
    return chosen


def generate(folder: Path, works: Sequence[str], peers: Sequence[str]) -> None:
    """The modules of symbp that are not there yet, each in a process of its own."""
    levels = {level_of(part) for peer in peers for module, part in [PEERS[peer]] if module == "generated"}
    for level in sorted(levels):
        for work in works:
            if (folder / level / f"{work}.py").exists():
                continue
            command = [sys.executable, "-m", "benchmarks.modules", str(folder), level, work]
            if subprocess.run(command, cwd=racing.ROOT, check=False).returncode:
                print(f"  {work}: no module ({level})", file=sys.stderr)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--work", default="all", help=f"with commas: {', '.join(WORKS)}")
    parser.add_argument("--peers", default="all", help=f"with commas: {', '.join(PEERS)}")
    parser.add_argument("--skip", default="", help="peers to leave out")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--patience", type=float, default=600, help="seconds to wait for an answer of a peer")
    parser.add_argument("--base", default="symbp", choices=list(PEERS), help="the others are divided by it")
    parser.add_argument("--no-pin", action="store_true", help="do not confine a peer to as many CPUs as it has threads")
    parser.add_argument("--modules", type=Path, help="keep generated modules in this folder, and use those in it")
    parser.add_argument("--json", type=Path, help="write everything that was measured to this file")
    parser.add_argument("--save", action="store_true", help="write the tables to benchmarks/results/, dated")
    parser.add_argument("--write-reference", action="store_true", help=f"take the losses of {REFERENCE} as reference")
    return parser.parse_args()


def save(races: Sequence[racing.Race], options: argparse.Namespace) -> Path:
    """The dated file; a second one of a day gets a number."""
    now = datetime.now(UTC)
    title = f"Training steps, {now:%Y-%m-%d}, {options.threads} thread{'s' if options.threads > 1 else ''}"
    facts = surroundings.facts() | {
        "rounds": str(options.rounds),
        "load": f"{races[0].load:.1f} runnable processes (average of a minute, at the end of the first work)",
    }
    stem = f"{now:%Y-%m-%d}-threads-{options.threads}"
    path = next(
        p for k in range(1, 1000) if not (p := RESULTS / (f"{stem}.md" if k == 1 else f"{stem}-{k}.md")).exists()
    )
    RESULTS.mkdir(exist_ok=True)
    path.write_text(tables.markdown(races, options.base, facts, title), encoding="utf-8")
    return path


def write_reference(works: Sequence[str], options: argparse.Namespace) -> None:
    """The losses of the reference peer, for runs without its library."""
    found = json.loads(racing.REFERENCES.read_text(encoding="utf-8")) if racing.REFERENCES.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        choice = racing.Options(options.threads, 0, not options.no_pin, Path(folder))
        for work in works:
            outcome = racing.run(WORKS[work], [REFERENCE], choice, expected=()).outcomes[REFERENCE]
            if outcome.why:
                sys.exit(f"{work}: {outcome.why}")
            found[work] = outcome.losses
    ordered = {work: found[work] for work in WORKS if work in found}
    racing.REFERENCES.write_text(json.dumps(ordered, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    options = parsed()
    works = names(options.work, list(WORKS), "work")
    peers = [p for p in names(options.peers, list(PEERS), "peer") if p not in options.skip.split(",")]
    if options.write_reference:
        write_reference(works, options)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = (options.modules or Path(temporary)).resolve()
        generate(folder, works, peers)
        choice = racing.Options(options.threads, options.rounds, not options.no_pin, folder, options.patience)
        races = []
        for work in works:
            races.append(racing.run(WORKS[work], peers, choice))
            print(tables.text(races[-1], options.base), "\n", flush=True)
    if options.json:
        everything = {"surroundings": surroundings.facts(), "races": [dataclasses.asdict(r) for r in races]}
        options.json.write_text(json.dumps(everything, indent=1) + "\n", encoding="utf-8")
    if options.save:
        print(save(races, options))


if __name__ == "__main__":
    main()
