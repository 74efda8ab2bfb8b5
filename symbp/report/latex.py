"""The report: the network, every distinct layer derived, the losses, the optimiser, and backpropagation for a chain.

The text is arranged by the templates in ``templates/latex``; what stands in it is decided here and in the modules that
this one calls.  It compiles with pdflatex.
"""

from __future__ import annotations

from symbp.derive.model import Derivation, HessianDerivation, UnitDerivation
from symbp.emit.environment import environment
from symbp.emit.model import Code
from symbp.graph.model import Node
from symbp.notation.expr import Expr, Index, Reduce, Sym, walk
from symbp.report.backpropagation import chain_section
from symbp.report.blocks import together
from symbp.report.code import listing
from symbp.report.derivation import beside, closed, emitted, forward, paragraphs, printer_of
from symbp.report.display import equality
from symbp.report.escape import escape
from symbp.report.hessian import hessian_section
from symbp.report.leading import leading_of
from symbp.report.matrix import MatrixPrinter
from symbp.report.names import Names, name_of
from symbp.report.network import code as code_text
from symbp.report.network import network_section
from symbp.report.prose import prose
from symbp.report.section import UnitSection
from symbp.report.training import decimal, training_section

LAYOUTS = {"rows": "with a sample in each row", "columns": "with a sample in each column and weights transposed alike"}
NAMED = 8  # layers named in a sentence; of more, the first ones


def render(
    derivation: Derivation, code: Code | None, layout: str = "rows", hessian: HessianDerivation | None = None
) -> str:
    """The report as LaTeX text.  `layout` is "rows" or "columns": how the matrix forms are written.

    With `hessian` it has a section of Hessian-vector products."""
    graph = derivation.graph
    text = environment("latex").get_template("report.tex.jinja").render(
        title=escape(graph.name),
        source_name=graph.source_name,
        network=network_section(derivation),
        units=[_unit_section(derivation, unit, code, layout) for unit in derivation.units],
        matrix_note=_matrix_note(derivation, layout),
        training=training_section(derivation, code),
        hessian=hessian_section(derivation, hessian) if hessian is not None else (),
        chain=chain_section(derivation, layout),
    )  # fmt: skip
    return text.rstrip("\n") + "\n"


def _matrix_note(derivation: Derivation, layout: str) -> str:
    several = any(len(leading_of(unit.unit)) > 1 for unit in derivation.units)
    return LAYOUTS[layout] + (" (all leading axes together count as samples)" if several else "")


def notebook(derivation: Derivation) -> str:
    """The closed forms of all units for a notebook: displays that MathJax reads."""
    parts = []
    for unit in derivation.units:
        parts.append(rf"$$\textbf{{{escape(unit.unit.title)}}}$$")
        parts += [f"$${display}$$" for display in (*forward(unit), *closed(unit))]
    return "\n\n".join(parts)


def _unit_section(derivation: Derivation, unit: UnitDerivation, code: Code | None, layout: str) -> UnitSection:
    nodes = [n for n in derivation.nodes if n.unit.key == unit.unit.key]
    lines, note = listing(code, unit.section) if code is not None else ("", "")
    return UnitSection(
        before=unit.section - 1,
        title=escape(unit.unit.title.replace("_", " ")),
        users=_users(nodes, derivation.graph.repeats),
        source=escape(unit.unit.source).rstrip("."),
        letters=_letters(unit, nodes),
        forward=forward(unit),
        derivation=paragraphs(unit),
        closed=closed(unit),
        matrices=_matrices(unit, layout),
        notes=_notes(unit),
        emitted=emitted(unit),
        beside=beside(unit),
        code=lines,
        code_note=note,
    )


def _users(nodes: list[Node], repeats: tuple[str, ...]) -> str:
    """``Used by fc1, fc2.``"""
    layers = [(n.layer if n.name.startswith(f"{n.layer}.") else n.name, n.unit.key) for n in nodes]
    names = [code_text(name) for name, _ in together(layers, repeats)]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"Used by {', '.join(names[:NAMED])}{more}."


def _letters(unit: UnitDerivation, nodes: list[Node]) -> str:
    """What the letters run over: ``n = 0..N-1 over the samples; in fc1, I = 64``; and the values of constants."""
    letters = {i.name: i for t in unit.unit.tensors for i in t.indices}
    ranges = [_range(i) for i in letters.values()]
    text = f"The letters: {', '.join(ranges)}." if ranges else ""
    sizes = [f"${name_of(s).latex()} = {v}$" for s, v in nodes[0].sizes if v is not None]
    if sizes:
        text += f"  In {code_text(nodes[0].name)}, {', '.join(sizes)}."
    constants = [f"${name_of(c).latex()} = {decimal(v)}$" for c, v in nodes[0].constants]
    if constants:
        text += f"  {'Constants' if len(constants) > 1 else 'Constant'}: {', '.join(constants)}."
    return text


def _range(index: Index) -> str:
    size = name_of(index.size.name).latex() if isinstance(index.size, Sym) else str(index.size.value)
    return rf"${name_of(index.name).latex()} = 1, \dots, {size}$"


def _matrices(unit: UnitDerivation, layout: str) -> tuple[str, ...]:
    """The equations as matrices, where one of them is a product of matrices and most of them have such a form."""
    names = Names(printer_of(unit.unit, unit.plain).names.tensors)
    printer = MatrixPrinter(names, layout, leading_of(unit.unit))
    made = [(e, printer.equation(e)) for e in (*unit.plain.forward, *unit.plain.adjoints)]
    found = [m for _, m in made if m is not None]
    if 2 * len(found) < len(made) or not any(m is not None and _contracts(e.rhs) for e, m in made):
        return ()
    return tuple(equality(m.left, (m.right,)) for m in found)


def _contracts(node: Expr) -> bool:
    return any(isinstance(part, Reduce) for part in walk(node))


def _notes(unit: UnitDerivation) -> tuple[str, ...]:
    """Facts that were used, and the subgradient that is taken at a kink."""
    printer = printer_of(unit.unit, unit.plain)
    notes = []
    for fact in unit.plain.facts:
        proof = f" ({escape(fact.proof)})" if fact.proof else ""
        notes.append(rf"\emph{{Fact}}: ${printer.latex(fact.left)} = {printer.latex(fact.right)}${proof}.")
    if unit.unit.subgradient:
        notes.append(rf"\emph{{Subgradient}}: {prose(unit.unit.subgradient, printer).rstrip('.')}.")
    return tuple(notes)
