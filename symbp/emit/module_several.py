"""Texts of a module with several outputs, losses or targets, or without a target: what calls take and give by name."""

from __future__ import annotations

from dataclasses import dataclass

from symbp.emit.layout import WIDTH, bracketed, dict_text, docstring, listed, tuple_text
from symbp.emit.module_data import (
    PREDICTIONS,
    TARGET_KINDS,
    ignored,
    scoring,
    shape_note,
    shape_texts,
    target_kind,
    target_text,
)
from symbp.graph.model import Graph, LossTerm, Output


@dataclass(frozen=True, slots=True)
class Score:
    """A function that scores one output against one target."""

    name: str
    doc: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """A condition on the targets of a kind, in Python and in words."""

    kind: str
    condition: str
    words: str


@dataclass(frozen=True, slots=True)
class SampleText:
    """How to draw a target."""

    label: str
    sample: str


@dataclass(frozen=True, slots=True)
class Several:
    """What the templates in ``several/`` are given."""

    targets: str
    outputs: str
    losses: str
    losses_note: str
    metrics: str
    labels: bool
    ignoring: bool  # whether one of the labels does not count
    checks: tuple[Check, ...]
    samples: tuple[SampleText, ...]
    scores: tuple[Score, ...]
    scores_doc: str
    score_lines: tuple[str, ...]
    score_doc: str
    predict_type: str
    predict_doc: str
    predict: str
    proba_type: str
    proba_doc: str
    proba: str
    forward: str
    forward_of_data: str
    probabilities: str


def several_of(graph: Graph, forward: str, held: str) -> Several | None:
    """None for a plain network.  `forward` is the function of the forward pass in a prediction, `held` its first
    arguments."""
    if graph.plain:
        return None
    kinds = {t.label: target_kind(graph, t) for t in graph.targets}
    scored = [term for term in graph.losses if _scored(graph, term)]
    names = ["loss", *(term.name for term in graph.losses)] if len(graph.losses) > 1 else ["loss"]
    shapes = [(o.label, tuple_text(shape_texts(graph.tensor(o.tensor).axes[1:]))) for o in graph.outputs]
    drawn = [o for o in graph.outputs if o.term and graph.term(o.term).loss.probability]
    outputs = f"{forward}({held}, *%s)" if len(graph.outputs) > 1 else f"({forward}({held}, *%s),)"
    return Several(
        targets=dict_text(((t.label, target_text(graph, t)) for t in graph.targets), WIDTH - 40),
        outputs=dict_text(shapes),
        losses=tuple_text([f'"{name}"' for name in names]),
        losses_note="  # the loss, and the terms that it is the sum of" if len(names) > 1 else "",
        metrics=dict_text(((term.name, f'"{term.metric}"') for term in scored), WIDTH - 60),
        labels="labels" in kinds.values(),
        ignoring=any(kinds[t.label] == "labels" and ignored(graph, t) is not None for t in graph.targets),
        checks=tuple(_checks(sorted(set(kinds.values())))),
        samples=tuple(SampleText(label, _sample(label, kind)) for label, kind in kinds.items()),
        scores=tuple(dict.fromkeys(_score(graph, term) for term in scored)),
        scores_doc=docstring(_scores_doc(scored)),
        score_lines=_score_lines(graph, scored),
        score_doc=docstring(_score_doc(graph, scored), 2),
        predict_type="Array" if len(graph.outputs) == 1 else "dict[str, Array]",
        predict_doc=docstring(_by_output(graph, graph.outputs, _predicted), 2),
        predict=_given(graph, [(o, _prediction(graph, o, k)) for k, o in enumerate(graph.outputs)]),
        proba_type="Array" if len(graph.outputs) == 1 else "dict[str, Array]",
        proba_doc=docstring(_by_output(graph, drawn, _probable), 2),
        proba=_given(graph, [(o, _probability(graph, o, k)) for k, o in enumerate(drawn)]),
        forward=outputs % "block",
        forward_of_data=outputs % "block[: len(INPUTS)]",
        probabilities=_probabilities(graph, drawn),
    )


# --- targets ---


def _checks(kinds: list[str]) -> list[Check]:
    return [Check(k, TARGET_KINDS[k].condition, TARGET_KINDS[k].words) for k in kinds if TARGET_KINDS[k].condition]


def _sample(label: str, kind: str) -> str:
    return TARGET_KINDS[kind].sample.replace("TARGET[", f'TARGETS["{label}"][')


# --- scores ---


def _scored(graph: Graph, term: LossTerm) -> bool:
    """Whether a loss has a score: it compares an output of the network with a target."""
    return bool(term.metric and term.target) and term.reads[0] in {o.tensor for o in graph.outputs}


def _score(graph: Graph, term: LossTerm) -> Score:
    target = graph.target(term.target)
    labels, label, suffix = target_kind(graph, target) == "labels", ignored(graph, target), ""
    if term.metric == "accuracy":
        suffix = "_of_rows" if not labels else f"_without_{label}".replace("-", "minus_") if label is not None else ""
    found = scoring(graph, term)
    return Score(f"_{term.metric}{suffix}", docstring(found.doc), found.lines)


def _scores_doc(scored: list[LossTerm]) -> str:
    if not scored:
        return "No loss compares an output with a target: the score is minus the loss."
    return "The score of the network." if len(scored) == 1 else "The score of each loss that has one, and their mean."


def _score_doc(graph: Graph, scored: list[LossTerm]) -> str:
    if not scored:
        return "Minus the loss: nothing else says how good the network is."
    if len(scored) == 1:
        return scoring(graph, scored[0]).doc
    return f"The mean of the scores of {listed(f'{term.name} ({term.metric})' for term in scored)}."


def _score_lines(graph: Graph, scored: list[LossTerm]) -> tuple[str, ...]:
    if not scored:
        return ('return {"score": -loss}',)
    calls = [(term, _call(graph, term)) for term in scored]
    if len(scored) == 1:
        return (f'return {{"score": {calls[0][1]}}}',)
    items = [f'"{term.name}_score": {call}' for term, call in calls]
    found = bracketed("found = {", items, "}", WIDTH - 4)
    return (*found.split("\n"), 'return {**found, "score": sum(found.values()) / len(found)}')


def _call(graph: Graph, term: LossTerm) -> str:
    output = next(k for k, o in enumerate(graph.outputs) if o.tensor == term.reads[0])
    target = next(k for k, t in enumerate(graph.targets) if t.name == term.target)
    return f"{_score(graph, term).name}(outputs[{output}], targets[{target}])"


# --- predictions ---

EXPRESSIONS = {
    "argmax": "np.argmax({y}, axis=-1)",
    "positive": "({y} > 0.0).astype(np.int64)",
    "sign": "np.where({y} > 0.0, 1, -1)",
    "raw": "{y}",
}


def _kind(graph: Graph, output: Output) -> str:
    return graph.term(output.term).loss.predict if output.term else "raw"


def _prediction(graph: Graph, output: Output, place: int) -> str:
    return EXPRESSIONS[_kind(graph, output)].format(y=f"y[{place}]")


def _probability(graph: Graph, output: Output, place: int) -> str:
    """The probabilities of an output; two columns for a single yes or no."""
    axes = graph.tensor(output.tensor).axes
    if _kind(graph, output) == "positive" and len(axes) == 2 and axes[-1].size == 1:
        return f"np.hstack([1.0 - p[{place}], p[{place}]])"
    return f"p[{place}]"


def _given(graph: Graph, found: list[tuple[Output, str]]) -> str:
    """What a prediction returns: a dict by output, or the array of the only one."""
    if len(graph.outputs) == 1:
        return found[0][1] if found else ""
    return bracketed("{", (f'"{o.label}": {text}' for o, text in found), "}", WIDTH - len("        return "), 2)


def _by_output(graph: Graph, outputs: tuple[Output, ...] | list[Output], said: object) -> str:
    assert callable(said)
    if len(graph.outputs) == 1:
        return str(said(graph, graph.outputs[0]))
    lines = (f"{shape_note(graph.tensor(o.tensor), o.label)}: {said(graph, o)}" for o in outputs)
    return "By output:\n" + "\n".join(lines)


def _predicted(graph: Graph, output: Output) -> str:
    return PREDICTIONS[_kind(graph, output)].doc


def _probable(graph: Graph, output: Output) -> str:
    classes = _kind(graph, output) == "argmax"
    return "The probability of each class." if classes else "The probability of 1, or of 0 and of 1 where it is one."


def _probabilities(graph: Graph, drawn: list[Output]) -> str:
    places = [k for k, o in enumerate(graph.outputs) if o in drawn]
    call = f"probability_of({', '.join(['ws', *(f'y[{k}]' for k in places)])})"
    return call if len(places) > 1 else f"({call},)"
