"""The process of one peer: commands and answers are lines of JSON; whatever its libraries print goes to stderr."""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers import MACHINE, PEERS
from benchmarks.stepper import Stepper
from benchmarks.works import WORKS

Answer = dict[str, Any]
STATUS = Path("/proc/self/status")


def peak_mb() -> float:
    """The largest resident memory of this process so far, in MB.

    Linux keeps in ru_maxrss what the process that started this one had; VmHWM is this one's own.
    """
    if STATUS.exists():
        rows = dict(line.split(":", 1) for line in STATUS.read_text(encoding="utf-8").splitlines())
        return int(rows["VmHWM"].split()[0]) * 1024 / 1e6
    unit = 1 if sys.platform == "darwin" else 1024  # macOS counts in bytes
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


class Worker:
    """Answers the commands hello, build, check, turn and end, in this order."""

    stepper: Stepper

    def __init__(self, peer: str, work: str, threads: int) -> None:
        self.work, self.threads = WORKS[work], threads
        name, self.part = PEERS.get(peer, MACHINE)
        start = time.perf_counter()
        self.module, self.missing = None, ""
        try:
            self.module = importlib.import_module(f"benchmarks.peers.{name}")
        except ImportError as error:
            self.missing = str(error)
        self.import_s = time.perf_counter() - start

    def hello(self) -> Answer:
        """Whether this peer can do the work, and how long it took to import."""
        reason = self.missing if self.module is None else self.module.supports(self.work, self.part)
        return {"skip": reason, "import_s": self.import_s}

    def build(self) -> Answer:
        assert self.module is not None
        start = time.perf_counter()
        self.stepper = self.module.build(self.work, self.threads, self.part)
        return {"build_s": time.perf_counter() - start}

    def losses(self, count: int) -> list[float]:
        found = []
        for i in range(count):
            handle = self.stepper.step(i)
            self.stepper.sync(handle)
            found.append(self.stepper.loss(handle))
        return found

    def check(self, count: int, path: str) -> Answer:
        """The first step with what it compiles, `count` losses, the parameters after them, and two losses again."""
        start = time.perf_counter()
        handle = self.stepper.step(0)
        self.stepper.sync(handle)
        first_s = time.perf_counter() - start
        if not self.stepper.trains:
            return {"first_s": first_s, "losses": None}
        self.stepper.reset()
        losses = self.losses(count)
        np.savez(path, *self.stepper.params())
        self.stepper.reset()
        return {"first_s": first_s, "losses": losses, "again": self.losses(2)}

    def turn(self, count: int, warm: int) -> Answer:
        """From the first parameters: `warm` steps, then `count` steps that are timed."""
        stepper = self.stepper
        stepper.reset()
        stepper.sync(stepper.run(0, warm))
        cpu, start = time.process_time(), time.perf_counter()
        stepper.sync(stepper.run(warm, count))
        wall = time.perf_counter() - start
        cpu = time.process_time() - cpu
        return {"s": wall / count, "cpu": cpu / max(wall, 1e-9), "report": stepper.report()}

    def end(self) -> Answer:
        return {"peak_mb": peak_mb()}


def main() -> None:
    peer, work, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)  # what a library prints is no answer
        worker = None
        for line in sys.stdin:
            command, *arguments = json.loads(line)
            try:
                worker = worker or Worker(peer, work, threads)
                found = getattr(worker, command)(*arguments)
            except Exception as error:  # told to the other side, whatever it is
                found = {"error": f"{type(error).__name__}: {error}"}
            answers.write(json.dumps(found) + "\n")
            answers.flush()


if __name__ == "__main__":
    main()
