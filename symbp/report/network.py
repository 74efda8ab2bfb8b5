"""The first page of a report: the network, its layers and parameters, and what the letters mean."""

from __future__ import annotations

from symbp.derive.model import Derivation
from symbp.graph.model import Graph, Tensor
from symbp.report.blocks import together
from symbp.report.escape import escape, shortened
from symbp.report.names import name_of
from symbp.report.rules import rules_used
from symbp.report.section import LayerLine, NetworkSection, ParameterLine
from symbp.report.summary import shape_of, start_of

SHOWN = 60  # rows of a table
NAME, TEXT = 24, 34  # characters of a name, of a description in a table
START = 46  # characters of the text about first values


def network_section(derivation: Derivation) -> NetworkSection:
    """What the template of the first page is given."""
    graph = derivation.graph
    rows = [(r.name, (r.description, r.shape, r.parameters)) for r in graph.rows]
    layers = tuple(
        LayerLine(
            code(shortened(name, NAME)),
            escape(shortened(description, TEXT)),
            _product(shape),
            f"{count:,}",
        )
        for name, (description, shape, count) in together(rows, graph.repeats)
    )
    starts = [(p.tensor.label, (shape_of(p.tensor), start_of(p.init))) for p in graph.parameters]
    parameters = tuple(_parameter(label, *said) for label, said in together(starts, graph.repeats))
    total = sum(r.parameters for r in graph.rows)
    shown = parameters if len(parameters) <= SHOWN else ()
    return NetworkSection(_summary(graph), _shortened(layers), f"{total:,}", shown, NOTATION, rules_used(derivation))


def code(text: str) -> str:
    """A name as the spec writes it."""
    return rf"\texttt{{{escape(text)}}}"


def _shortened(rows: tuple[LayerLine, ...]) -> tuple[LayerLine, ...]:
    if len(rows) <= SHOWN:
        return rows
    gap = LayerLine(r"\dots", f"{len(rows) - SHOWN} more", "", "")
    return (*rows[: SHOWN - 10], gap, *rows[-10:])


def _summary(graph: Graph) -> str:
    inputs = ", ".join(f"${_math(graph.tensor(name))}$" for name in graph.inputs)
    loss = " and ".join(escape(term.loss.type.replace("_", " ")) for term in graph.losses)
    training = graph.training
    return (
        f"From the spec {code(graph.source_name)}.  Input: {inputs}.  Loss: {loss}.  "
        f"Trained by {escape(training.optimizer.type)}, {training.epochs} epochs in batches of {training.batch_size}, "
        f"in {code(graph.dtype)}."
    )


def _math(tensor: Tensor) -> str:
    return rf"{name_of(tensor.name).latex()} \in \mathbb{{{'Z' if tensor.integer else 'R'}}}^{{{_sizes(tensor)}}}"


def _sizes(tensor: Tensor) -> str:
    return r" \times ".join(str(a.size) if a.size is not None else a.symbol.name for a in tensor.axes)


def _product(shape: tuple[str, ...]) -> str:
    return "$" + r" \times ".join(escape(s) for s in shape) + "$" if shape else ""


def _parameter(label: str, shape: tuple[str, ...], start: str) -> ParameterLine:
    return ParameterLine(code(shortened(label, NAME)), _product(shape), escape(shortened(start, START)))


NOTATION = (
    r"\paragraph{Notation.} Every array is written by its elements: $x_{n,i}$ is feature $i$ of sample $n$, and $N$ is "
    r"the number of samples in a batch.  $\mathrm{d}v$ stands for $\partial L / \partial v$, the gradient of the loss "
    r"with respect to $v$; it has the shape of $v$, and $\mathrm{d}L = 1$.  $\mathbf{1}[\,\cdot\,]$ is 1 where the "
    r"condition holds, else 0; $\sigma(z) = 1/(1 + e^{-z})$.  The numbers of the equations stand beside the lines of "
    r"the program that carry them out."
)
