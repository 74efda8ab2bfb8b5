"""The tables of races, as plain text and as Markdown: the same rows."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from benchmarks.race import Outcome, Race, of_roof, ratio

HEAD = ("peer", "median", "min", "max", "/ base", "CPU", "import+build s", "first step s", "peak MB", "of roof")
TORCH = ("torch_eager", "torch_fused", "torch_compile")
FLOORS = ("floor_products", "floor_update")
NOTE = (
    "A time is that of one training step: the median over the rounds, with the shortest and the longest. A ratio is the"
    " median of the ratios within a round; above 1 the base is faster. CPU is CPU time over wall time. Of roof: the"
    " shortest time that the measured rates of matrix products and of memory allow for the counted operations and bytes"
    " (whichever takes longer; counted from the sizes of the work, benchmarks/counts.py), over the time of the step."
)


def duration(seconds: float) -> str:
    """Three digits or more, in a unit that suits."""
    micro = seconds * 1e6
    if micro < 100:
        return f"{micro:.1f} us"
    return f"{micro:.0f} us" if micro < 10_000 else f"{micro / 1e3:.1f} ms"


def rate(values: Sequence[float]) -> str:
    return f"{statistics.median(values) / 1e9:.1f} G/s" if values else "not measured"


def base_of(race: Race, wanted: str) -> str:
    """The peer that the others are divided by: the one wanted, or else the first that has times."""
    timed = [name for name, outcome in race.outcomes.items() if outcome.rounds]
    return wanted if wanted in timed else next(iter(timed), wanted)


def row(race: Race, name: str, base: str) -> tuple[str, ...]:
    """One peer; its reason where it has no times."""
    outcome = race.outcomes[name]
    if not outcome.rounds:
        return (name, outcome.why or "no rounds")
    relative, roof = ratio(race, name, base), of_roof(race, name)
    times = (statistics.median(outcome.rounds), min(outcome.rounds), max(outcome.rounds))
    return (
        name,
        *map(duration, times),
        "" if relative is None else f"{relative:.2f}",
        f"{statistics.median(outcome.cpu):.2f}",
        f"{outcome.import_s + outcome.build_s:.2f}",
        f"{outcome.first_s:.3f}",
        f"{outcome.peak_mb:.0f}",
        "" if roof is None else f"{100 * roof:.0f} %",
    )


def rows(race: Race, base: str) -> list[tuple[str, ...]]:
    """The peers by their median time, those without times last."""

    def key(name: str) -> tuple[bool, float]:
        times = race.outcomes[name].rounds
        return (not times, statistics.median(times) if times else 0.0)

    return [row(race, name, base) for name in sorted(race.outcomes, key=key)]


def head(base: str) -> tuple[str, ...]:
    return tuple(f"/ {base}" if cell == "/ base" else cell for cell in HEAD)


def text(race: Race, wanted: str) -> str:
    """One work for the terminal."""
    base = base_of(race, wanted)
    cells = rows(race, base)
    full = [head(base), *[c for c in cells if len(c) > 2]]
    wide = [max(len(line[k]) for line in full) for k in range(len(HEAD))]
    wide[0] = max(len(c[0]) for c in [*full, *cells])
    lines = [caption(race)]
    for line in [head(base), *cells]:
        first, *others = line
        if len(line) == 2:
            lines.append(f"{first:{wide[0]}}  -- {' '.join(others[0].split())[:100]}")
        else:
            lines.append(
                "  ".join([f"{first:{wide[0]}}", *[f"{c:>{w}}" for c, w in zip(others, wide[1:], strict=True)]])
            )
    return "\n".join(lines)


def caption(race: Race) -> str:
    """What the work counts and what the machine did meanwhile."""
    return (
        f"{race.work}: {race.flops / 1e6:.4g} MFLOP, {race.traffic / 1e6:.4g} MB;"
        f" measured {rate([r['flops'] for r in race.rates])} operations, {rate([r['bytes'] for r in race.rates])} bytes"
    )


def markdown_table(lines: Sequence[Sequence[str]]) -> str:
    """The first line is the head."""
    first, *others = [[cell.replace("|", "\\|") for cell in line] for line in lines]
    filled = [[*line, *[""] * (len(first) - len(line))] for line in others]
    rule = ["---", *["---:"] * (len(first) - 1)]
    return "\n".join("| " + " | ".join(line) + " |" for line in [first, rule, *filled])


def best(race: Race, names: Sequence[str]) -> str | None:
    """The fastest of these peers by its median."""
    timed = [n for n in names if race.outcomes.get(n, Outcome()).rounds]
    return min(timed, key=lambda n: statistics.median(race.outcomes[n].rounds), default=None)


def summary(races: Sequence[Race], wanted: str) -> list[tuple[str, ...]]:
    """A line for every work: the time of the base, and the others over it."""
    found: list[tuple[str, ...]] = [
        ("work", wanted, "best torch", "best torch / it", "numpy_hand / it", "floor / it", "of roof")
    ]
    for race in races:
        base = base_of(race, wanted)
        torch = best(race, TORCH)
        times = race.outcomes[base].rounds if base in race.outcomes else []
        ratios = [ratio(race, name, base) if name else None for name in (torch, "numpy_hand")]
        floors = [ratio(race, name, base) for name in FLOORS]
        ratios.append(sum(r for r in floors if r is not None) if all(floors) else None)
        roof = of_roof(race, base) if times else None
        found.append(
            (
                race.work if base == wanted else f"{race.work} ({base})",
                duration(statistics.median(times)) if times else "",
                torch or "",
                *["" if r is None else f"{r:.2f}" for r in ratios],
                "" if roof is None else f"{100 * roof:.0f} %",
            )
        )
    return found


def markdown(races: Sequence[Race], wanted: str, facts: Mapping[str, str], title: str) -> str:
    """The whole file of a dated result."""
    parts = [f"# {title}", markdown_table([("measured with", ""), *facts.items()]), NOTE]
    parts.append(markdown_table(summary(races, wanted)))
    for race in races:
        base = base_of(race, wanted)
        timed = [r for r in rows(race, base) if len(r) > 2]
        missing = [f"- {name}: {why}" for name, why in (r for r in rows(race, base) if len(r) == 2)]
        parts += [f"## {race.work}", caption(race), markdown_table([head(base), *timed])]
        parts += ["Without times:\n\n" + "\n".join(missing)] if missing else []
    return "\n\n".join(parts) + "\n"
