"""Specs, networks, derivations and library entries as text for the terminal, in the formula language."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Protocol

from symbp.derive.model import Derivation, UnitDerivation
from symbp.graph.model import Graph, Training
from symbp.notation import text as notation
from symbp.notation.expr import Equation
from symbp.report.prose import plain as sentence
from symbp.report.summary import graph_summary, shape_of, start_of

WORD = re.compile(
    r"(?!(?:true|false|null)\b)[A-Za-z_][A-Za-z0-9_.]*", re.IGNORECASE
)  # text that needs no quotes in YAML
WIDEST = 110  # characters: a longer equation is broken behind its equals sign
STEPS = 6  # rewritings of a gradient that are shown; of more, the first and the last ones


class Dumped(Protocol):
    """A spec: anything that gives its contents as plain data."""

    def model_dump(self, *, exclude_none: bool) -> dict[str, object]: ...


def spec_text(spec: Dumped) -> str:
    """The spec as it was understood: YAML that reads back as the same spec.  What is empty is left out."""
    return "\n".join(_yaml(_pruned(spec.model_dump(exclude_none=True)), 0))


def _pruned(value: Mapping[str, object]) -> dict[str, object]:
    """The mapping without entries that are empty or hold nothing but empty ones."""
    inner = {k: _pruned(v) if isinstance(v, Mapping) else v for k, v in value.items()}
    return {k: v for k, v in inner.items() if v not in ("", {}, [], ())}


def _yaml(value: Mapping[str, object], level: int) -> list[str]:
    """The lines of a mapping."""
    pad, lines = "  " * level, []
    for key, inner in value.items():
        if isinstance(inner, Mapping):
            lines += [f"{pad}{key}:", *_yaml(inner, level + 1)]
        elif _holds_maps(inner):
            lines += [f"{pad}{key}:", *(f"{pad}  - {_flow(entry)}" for entry in _entries(inner))]
        elif isinstance(inner, str) and "\n" in inner:
            lines += [f"{pad}{key}: |", *(f"{pad}  {line}" for line in inner.strip("\n").split("\n"))]
        else:
            lines.append(f"{pad}{key}: {_flow(inner)}")
    return lines


def _entries(value: object) -> Sequence[object]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


def _holds_maps(value: object) -> bool:
    return any(isinstance(entry, Mapping) for entry in _entries(value))


def _flow(value: object) -> str:
    """A value on one line."""
    match value:
        case Mapping():
            return "{" + ", ".join(f"{k}: {_flow(v)}" for k, v in _pruned(value).items()) + "}"
        case bool():
            return "true" if value else "false"
        case str():
            return value if WORD.fullmatch(value) else json.dumps(value, ensure_ascii=False)
        case Sequence():
            return "[" + ", ".join(_flow(v) for v in value) + "]"
    return str(value)


def graph_text(graph: Graph) -> str:
    """The network with everything resolved: layers, parameters, what is computed in which order, training."""
    parts = [graph_summary(graph), "", *_layers(graph), "", *_parameters(graph), "", *_nodes(graph), ""]
    return "\n".join((*parts, *_training(graph.training)))


def _layers(graph: Graph) -> list[str]:
    rows = [(r.name, r.description, " x ".join(r.shape), f"{r.parameters:,}") for r in graph.rows]
    return table(("layer", "type", "shape", "parameters"), rows, right=(2, 3))


def _parameters(graph: Graph) -> list[str]:
    rows = [(p.tensor.label, p.tensor.name, " x ".join(shape_of(p.tensor)), start_of(p.init)) for p in graph.parameters]
    return table(("parameter", "in code", "shape", "first values"), rows, right=(2,))


def _nodes(graph: Graph) -> list[str]:
    rows = []
    for node in graph.nodes:
        reads = [node.bound(t.name) for t in node.unit.tensors if t.role != "value"]
        turned = {node.bound(name) for name in node.transposed}
        shown = ", ".join(f"{name}.T" if name in turned else name for name in reads)
        rows.append((node.name, node.unit.title, shown, node.bound(node.unit.output)))
    return table(("node", "equations", "reads", "gives"), rows)


def _training(training: Training) -> list[str]:
    lines = [
        f"training: {training.optimizer.type}, {training.epochs} epochs, batches of {training.batch_size}, "
        f"seed {training.seed}"
    ]
    for update in (*training.clips, training.update):
        lines += [f"  {equation_text(e)}" for e in (*update.decayed, *update.equations)]
        lines += [f"  {name} = {value:g}" for name, value in update.constants]
    lines += [f"  lr = {training.lr:g}", f"  schedule: {notation.text(training.schedule_formula)}"]
    return lines + [f"  {name} = {value:g}" for name, value in training.schedule_constants]


def table(head: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> list[str]:
    """Columns under their heads; those numbered in `right` are flush right."""
    widths = [max(len(line[k]) for line in (head, *rows)) for k in range(len(head))]
    lines = []
    for line in (head, *rows):
        cells = [c.rjust(w) if k in right else c.ljust(w) for k, (c, w) in enumerate(zip(line, widths, strict=True))]
        lines.append("  ".join(cells).rstrip())
    return [lines[0], "  ".join("-" * w for w in widths), *lines[1:]]


def derivation_text(derivation: Derivation) -> str:
    """Every distinct unit: its formula, its closed forms with their numbers, and how they were reached."""
    parts = []
    for unit in derivation.units:
        users = [n.name for n in derivation.nodes if n.unit.key == unit.unit.key]
        more = f", ... ({len(users)} in all)" if len(users) > STEPS else ""
        head = f"{unit.section}  {unit.unit.title}   (used by {', '.join(users[:STEPS])}{more})"
        parts.append("\n".join((head, "=" * len(head), *unit_lines(unit))))
    return "\n\n".join(parts)


def unit_lines(unit: UnitDerivation) -> list[str]:
    """The lines of one unit: formula, gradients, safe form, facts, subgradient, steps."""
    rows = (*unit.safe.forward, *unit.safe.adjoints)
    plain, numbers = {*unit.plain.forward, *unit.plain.adjoints}, {e.name: unit.number(e) for e in rows}
    primes = {e.name: "'" for e in rows if e not in plain}  # the emitted form of this equation is another one
    lines = ["formula", *_numbered(unit.plain.forward, numbers, primes)]
    lines += ["gradients", *_numbered(unit.plain.adjoints, numbers, primes)]
    safe = [e for e in rows if e not in plain]
    if safe:
        lines += [f"as computed, safe from overflow ({unit.equality})", *_numbered(safe, numbers, {})]
    for heading, equations in unit.beside:
        lines += [heading, *(f"  {f'({unit.number(e)})':9}{equation_text(e)}" for e in equations)]
    for fact in unit.plain.facts:
        proof = f"   ({fact.proof})" if fact.proof else ""
        lines.append(f"fact: {notation.text(fact.left)} = {notation.text(fact.right)}{proof}")
    if unit.unit.subgradient:
        lines.append(f"subgradient: {sentence(unit.unit.subgradient)}")
    return [*lines, *_steps(unit)]


def _numbered(equations: Sequence[Equation], numbers: Mapping[str, str], primes: Mapping[str, str]) -> list[str]:
    """Each equation behind its number; one whose emitted form differs has a prime on it."""
    marks = {e.name: f"({numbers[e.name]}{primes.get(e.name, '')})" for e in equations if e.name in numbers}
    return [f"  {marks.get(e.name, ''):9}{equation_text(e)}" for e in equations]


def equation_text(e: Equation) -> str:
    """``y[n,j] = ...``; a long right-hand side on a line of its own."""
    whole = notation.equation_text(e)
    return whole if len(whole) < WIDEST else whole.replace(" = ", f" =\n{'':12}", 1)


def _steps(unit: UnitDerivation) -> list[str]:
    lines: list[str] = []
    for target in dict.fromkeys(s.target for s in unit.plain.steps):
        steps = [s for s in unit.plain.steps if s.target == target and s.before != s.after]
        shown = steps if len(steps) <= STEPS else [*steps[: STEPS // 2], *steps[-STEPS // 2 :]]
        lines += [f"  {f'{target}: {step.rule}':26} {notation.text(step.after)}" for step in shown]
    return ["steps", *lines] if lines else []
