"""What a verification found: one row per thing checked and method, and whether all of them passed."""

from __future__ import annotations

from dataclasses import asdict, dataclass

OK, WEAK, FAILED = "ok", "weak", "FAILED"
HEADINGS = ("checked", "method", "points", "worst error", "bound", "verdict")


@dataclass(frozen=True, slots=True)
class Row:
    """One check: `subject` is a parameter, an input, or a behaviour such as "loss".

    `points` is the number of comparisons, `error` the worst of them, `bound` what it may be.  `verdict` is "ok",
    "FAILED", or "weak": no point was found at which this gradient is within a factor of a thousand of the largest one,
    so that only coarse errors would show.  `note` says what was found where it is not plain from the numbers.
    """

    subject: str
    method: str
    points: int
    error: float
    bound: float
    verdict: str
    note: str = ""

    @property
    def failed(self) -> bool:
        return self.verdict == FAILED

    def describe(self) -> str:
        """One line: what was checked, and what was found."""
        note = f": {self.note}" if self.note else ""
        return f"{self.subject} ({self.method}): worst error {self.error:.1e}, allowed {self.bound:.0e}{note}"

    def cells(self) -> tuple[str, ...]:
        verdict = f"{self.verdict} ({self.note})" if self.note else self.verdict
        return (self.subject, self.method, str(self.points), f"{self.error:.1e}", f"{self.bound:.0e}", verdict)


def judged(subject: str, method: str, points: int, error: float, bound: float, note: str = "") -> Row:
    """A row whose verdict follows from the error (an error that is not a number fails)."""
    return Row(subject, method, points, error, bound, OK if error <= bound else FAILED, note)


@dataclass(frozen=True, slots=True)
class Verdict:
    """All rows of one module."""

    module: str  # its name
    rows: tuple[Row, ...]

    @property
    def failures(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.failed)

    @property
    def passed(self) -> bool:
        return bool(self.rows) and not self.failures

    def summary(self) -> str:
        """One line for the terminal."""
        if not self.passed:
            return f"{len(self.failures)} of {len(self.rows)} checks FAILED"
        worst = max((row.error for row in self.rows if row.method == "complex step"), default=0.0)
        weak = sum(row.verdict == WEAK for row in self.rows)
        tail = f"; {weak} weak" if weak else ""
        return f"verified: {len(self.rows)} checks passed, worst gradient error {worst:.1e}{tail}"

    def table(self) -> str:
        """The rows in columns, and the summary under them."""
        lines = [HEADINGS, *(row.cells() for row in self.rows)]
        widths = [max(len(line[k]) for line in lines) for k in range(len(HEADINGS))]
        right = (False, False, True, True, True, False)
        text = [
            "  ".join(c.rjust(w) if r else c.ljust(w) for c, w, r in zip(line, widths, right, strict=True)).rstrip()
            for line in lines
        ]
        return "\n".join([text[0], "  ".join("-" * w for w in widths), *text[1:], self.summary()])

    def to_json(self) -> dict[str, object]:
        """The same as plain data; an error that is not finite becomes text."""
        rows = [asdict(row) for row in self.rows]
        for row in rows:
            if not abs(row["error"]) < float("inf"):
                row["error"] = str(row["error"])
        return {"module": self.module, "passed": self.passed, "rows": rows}
