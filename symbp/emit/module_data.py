"""What a module takes and what it makes of its output: shapes, the checks of the target, predictions, the score."""

from __future__ import annotations

from dataclasses import dataclass

from symbp.emit.layout import dict_text, tuple_text
from symbp.graph.model import Axis, Graph, LossTerm, Node, Output, Target, Tensor
from symbp.notation.expr import Call, Compare, Expr, Index, Num, Ref, walk


@dataclass(frozen=True, slots=True)
class TargetKind:
    """A kind of target: a condition on the array ``t`` in Python, its wording, and how to draw one of ``shape``."""

    condition: str
    words: str
    sample: str


MANY = 2**31 - 2  # counts that a size which calls fix does not bound
TARGET_KINDS = {
    "real": TargetKind("", "real numbers", "rng.standard_normal(shape)"),
    "labels": TargetKind("", "integer labels", 'rng.integers(0, TARGET["classes"], shape)'),
    "one_hot": TargetKind(
        "np.isin(t, (0, 1)).all() and (t.sum(axis=-1) == 1).all()",
        "rows of zeros and a single 1",
        "np.eye(shape[-1])[rng.integers(0, shape[-1], shape[:-1])]",
    ),
    "probabilities": TargetKind(
        "(t >= 0).all() and np.allclose(t.sum(axis=-1), 1, atol=1e-4)",
        "probabilities that sum to 1",
        "rng.dirichlet(np.ones(shape[-1]), shape[:-1])",
    ),
    "signs": TargetKind("np.isin(t, (-1, 1)).all()", "the numbers -1 and 1", "rng.choice([-1.0, 1.0], shape)"),
    "bits": TargetKind("np.isin(t, (0, 1)).all()", "the numbers 0 and 1", "rng.integers(0, 2, shape).astype(float)"),
    "unit": TargetKind("((t >= 0) & (t <= 1)).all()", "numbers from 0 to 1", "rng.uniform(0.0, 1.0, shape)"),
    "counts": TargetKind("(t >= 0).all()", "numbers of at least 0", "rng.poisson(3.0, shape).astype(float)"),
}

# The range that a loss declares for its targets, as a kind.
RANGES = {
    "": "real",
    "0..1": "unit",
    "0 or 1": "bits",
    "sums to 1": "probabilities",
    "-1 or 1": "signs",
    ">= 0": "counts",
}


@dataclass(frozen=True, slots=True)
class Metric:
    """A score of the output ``y`` and the target ``t``: what it is, and the lines that return it."""

    doc: str
    lines: tuple[str, ...]


METRICS = {
    "accuracy": Metric("The part of the samples whose class is right.", ("return float(np.mean({classes}))",)),
    "binary_accuracy": Metric(
        "The part of the targets on whose side of 1/2 the probability is, that is, the logit of 0.",
        ("return float(np.mean((y > 0.0) == (t > 0.5)))",),
    ),
    "sign_accuracy": Metric(
        "The part of the targets whose sign is right.", ("return float(np.mean((y > 0.0) == (t > 0.0)))",)
    ),
    "r2": Metric(
        "R squared, the mean over the outputs; an output whose target is constant counts 1 if it is met, else 0.",
        (
            "y, t = (np.reshape(a, (-1, a.shape[-1])).astype(np.float64) for a in (y, t))",
            "missed, spread = ((y - t) ** 2).sum(axis=0), ((t - t.mean(axis=0)) ** 2).sum(axis=0)",
            "constant = np.where(missed == 0.0, 1.0, 0.0)",
            "varies = spread > 0.0",
            "return float(np.mean(np.where(varies, 1.0 - missed / np.where(varies, spread, 1.0), constant)))",
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Prediction:
    """What `predict` returns of the output ``y``: in words, and as statements."""

    doc: str
    lines: tuple[str, ...]


PREDICTIONS = {
    "argmax": Prediction(
        "The class of each sample: the place of its largest output.",
        ("classes: Array = np.argmax(y, axis=-1)", "return classes"),
    ),
    "positive": Prediction("1 where the output is positive, else 0.", ("return (y > 0.0).astype(np.int64)",)),
    "sign": Prediction("1 where the output is positive, else -1.", ("return np.where(y > 0.0, 1, -1)",)),
    "raw": Prediction("The output of the network.", ("return y",)),
}


def shape_texts(axes: tuple[Axis, ...]) -> list[str]:
    """Sizes as Python text, free ones as names in quotes."""
    return [str(axis.size) if axis.size is not None else f'"{axis.symbol.name}"' for axis in axes]


def shape_note(tensor: Tensor, name: str = "") -> str:
    """``z_fc2 [n, 10]``, for docstrings; `name` is that of the array where it is not the tensor's."""
    sizes = ["n", *(str(axis.size or axis.symbol.name) for axis in tensor.axes[1:])]
    return f"{name or tensor.name} [{', '.join(sizes)}]"


def free_sizes(graph: Graph) -> tuple[tuple[str, str], ...]:
    """Sizes beside n that a call's arrays fix: (name, the expression that reads it from ``data``)."""
    found: dict[str, str] = {}
    for place, name in enumerate(graph.inputs):
        for at, axis in enumerate(graph.tensor(name).axes):
            if at > 0 and axis.size is None:
                found.setdefault(axis.symbol.name, f"data[{place}].shape[{at}]")
    return tuple(found.items())


def inputs(graph: Graph) -> str:
    """The shapes of the inputs without the batch, by their labels, as a dict."""
    shapes = [(graph.tensor(n).label, tuple_text(shape_texts(graph.tensor(n).axes[1:]))) for n in graph.inputs]
    return dict_text(shapes)


def stopped(graph: Graph) -> bool:
    """Whether gradients take a value for a constant: differences of losses then say nothing of them."""
    units = {node.unit.key: node.unit for node in graph.nodes}.values()
    rows = (node for unit in units for equation in unit.safe for node in walk(equation.rhs))
    return any(isinstance(node, Call) and node.function == "stop_gradient" for node in rows)


def input_kinds(graph: Graph) -> str:
    """Whether each input holds integers or real numbers, by their labels, as a dict."""
    tensors = [graph.tensor(name) for name in graph.inputs]
    return dict_text((tensor.label, '"integer"' if tensor.integer else '"real"') for tensor in tensors)


def limits(graph: Graph) -> str:
    """How many rows the tables have that each integer input looks up: its numbers are below; empty where none does."""
    found = {graph.tensor(name).label: rows for name, rows in lookups(graph).items() if name in graph.inputs}
    return dict_text((label, str(rows)) for label, rows in found.items()) if found else ""


def lookups(graph: Graph) -> dict[str, int]:
    """The smallest of the axes on which the numbers of each integer tensor are places."""
    found: dict[str, int] = {}
    for node in graph.nodes:
        bound, sizes = dict(node.binding), dict(node.sizes)
        for local, index in (place for e in node.unit.safe for read in walk(e.rhs) for place in _places(node, read)):
            rows = int(index.size.value) if isinstance(index.size, Num) else sizes.get(index.size.name)
            name = bound.get(local, "")
            if rows is not None:
                found[name] = min(rows, found.get(name, rows))
    return found


def _places(node: Node, read: Expr) -> list[tuple[str, Index]]:
    """The tensors whose numbers are places on an axis here, as in ``E[ids[n],j]`` and ``[ids[n] == j]``."""
    if isinstance(read, Compare) and read.op == "==":
        pairs = ((read.left, read.right), (read.right, read.left))
        return [(a.name, b) for a, b in pairs if isinstance(a, Ref) and isinstance(b, Index)]
    if not isinstance(read, Ref):
        return []
    indices = node.unit.tensor(read.name).indices
    return [(place.name, index) for place, index in zip(read.at, indices, strict=True) if isinstance(place, Ref)]


def target_kind(graph: Graph, target: Target) -> str:
    """The kind of a target, a key of `TARGET_KINDS`: the first that a loss has a condition for."""
    tensor = graph.tensor(target.tensor)
    if tensor.integer:
        return "labels"
    if tensor.role != "target":
        return "real"
    kinds = [_kind(term, target) for term in _readers(graph, target)]
    return next((kind for kind in kinds if kind != "real"), "real")


def _readers(graph: Graph, target: Target) -> list[LossTerm]:
    """The losses that compare with a target."""
    return [term for term in graph.losses if target.name in (term.target, *term.compared)]


def _kind(term: LossTerm, target: Target) -> str:
    if target.name != term.target:
        return RANGES[term.loss.compared[term.compared.index(target.name)].range]
    chosen = str(dict(term.keys).get(term.loss.target, ""))
    return chosen if chosen in TARGET_KINDS else RANGES[term.loss.target_range]


def classes(graph: Graph, target: Target) -> int:
    """How many classes labels tell apart: the places of an axis that they name, else the outputs of the loss.

    Of counts, how many there are: a size that each call fixes is no bound."""
    term = _readers(graph, target)[0]
    most = term.loss.compared[term.compared.index(target.name)].most if target.name in term.compared else ""
    if most:
        node = next(node for node in graph.nodes if node.name == term.node)
        return (dict(node.sizes)[most.upper()] or MANY) + 1
    size = graph.tensor(_readers(graph, target)[0].reads[0]).axes[-1].size or 0
    return lookups(graph).get(target.tensor, int(size))


def ignored(graph: Graph, target: Target) -> int | None:
    """The label that does not count, where all losses that compare with the labels have the same one."""
    found = {dict(term.keys).get(term.loss.ignored) for term in _readers(graph, target)}
    return int(value) if len(found) == 1 and (value := found.pop()) is not None else None


def target_text(graph: Graph, target: Target) -> str:
    """The dict that says what a target is."""
    tensor, kind = graph.tensor(target.tensor), target_kind(graph, target)
    entries = [
        ("name", f'"{target.name}"'),
        ("shape", tuple_text(shape_texts(tensor.axes[1:]))),
        ("kind", f'"{kind}"'),
    ]
    if kind == "labels":
        entries.append(("classes", str(classes(graph, target))))
        label = ignored(graph, target)
        entries += [] if label is None else [("ignored", str(label))]
    if tensor.role != "target":
        entries.append(("input", f'"{tensor.label}"'))
    return dict_text(entries)


def scoring(graph: Graph, term: LossTerm) -> Metric:
    """The score of a loss: what it is, and the lines that return it."""
    target, metric = graph.target(term.target), METRICS[term.metric]
    labels = "t" if target_kind(graph, target) == "labels" else "np.argmax(t, axis=-1)"
    matches, label = f"np.argmax(y, axis=-1) == {labels}", ignored(graph, target)
    if label is not None and term.metric == "accuracy":
        doc = f"The part of the samples whose class is right, those with the label {label} left out."
        share = "return float(right[counted].sum() / max(1, counted.sum()))"
        return Metric(doc, (f"right, counted = {matches}, t != {label}", share))
    return Metric(metric.doc, tuple(line.replace("{classes}", matches) for line in metric.lines))


def prediction(graph: Graph, output: Output) -> Prediction:
    """What is predicted from an output."""
    return PREDICTIONS[graph.term(output.term).loss.predict if output.term else "raw"]


def probabilities(graph: Graph, output: Output) -> Prediction:
    """What `predict_proba` returns: two columns for a single yes or no."""
    axes = graph.tensor(output.tensor).axes
    sizes = ", ".join(["n", *(str(axis.size or axis.symbol.name) for axis in axes[1:])])
    found = "self._outputs(_inputs(x, self.dtype), probabilities=True)"
    if output.term and graph.term(output.term).loss.predict == "argmax":
        return Prediction(f"The probability of each class [{sizes}].", (f"return {found}",))
    if len(axes) == 2 and axes[-1].size == 1:
        lines = (f"yes = {found}", "return np.hstack([1.0 - yes, yes])")
        return Prediction("The probabilities of 0 and of 1 [n, 2].", lines)
    return Prediction(f"The probability of 1 for each output [{sizes}].", (f"return {found}",))
