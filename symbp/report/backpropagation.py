"""Backpropagation for a chain of dense layers: its equations for any layer and their proof, from the derivations.

Nothing of the mathematics is written down here.  The units' tensors get the names of layer l (see `levels`); what then
stands on the page are the closed forms and the steps of the derivations, put together by substitution and turned into
matrices.  In the layout "columns" the gradients of values are those of the loss of one sample, m times as large: the
factor 1/m moves from the loss to the parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from symbp.derive.model import Derivation, UnitDerivation
from symbp.notation.expr import Call, Equation, Expr, Mul, Num, Ref, Sym
from symbp.report.chain import Chain, batch_size, find_chain
from symbp.report.derivation import of_gradient, reached, targets
from symbp.report.display import equality, equation
from symbp.report.escape import escape
from symbp.report.factors import flat, times
from symbp.report.formula import Printer
from symbp.report.leading import leading_of, merged_size
from symbp.report.levels import COLUMNS, EXACT, ROWS, Style, affine_at, input_of, loss_behind, pointwise_at
from symbp.report.matrix import MatrixPrinter
from symbp.report.names import Name, Names, name_of
from symbp.report.rewrite import reads, reciprocal, renamed, without_factor, without_size
from symbp.report.section import ChainSection, Paragraph

SLOPE = "slope"  # the derivative of the activation, as a function of z
TITLE = "Backpropagation: the equations for every layer, and their proof"


def chain_section(derivation: Derivation, layout: str) -> ChainSection | None:
    """The section, or None where the network is no chain of dense layers."""
    chain = find_chain(derivation)
    if chain is None:
        return None
    story = Story(derivation, chain, ROWS if layout == "rows" else COLUMNS)
    return ChainSection(TITLE, story.setting(), story.result(), story.proof())


class Story:
    """One chain in one layout."""

    def __init__(self, derivation: Derivation, chain: Chain, style: Style) -> None:
        self.chain, self.style = chain, style
        self.affine = derivation.with_bias(chain.fullest)
        self.biased = self.affine is derivation.of(chain.fullest)
        self.pointwise = [derivation.of(node) for node in chain.activations]
        self.loss = derivation.of(chain.loss)
        last = chain.layers[-1].pointwise
        self.last = derivation.of(last) if last is not None else None
        self.joint = "z" if last is None else "a"
        self.g = r"\sigma" if self.pointwise and all(_is_sigmoid(u) for u in self.pointwise) else "g"
        self.linear = sum(layer.pointwise is None for layer in chain.layers[:-1])  # hidden layers without an activation
        self.scaled = style.layout == "columns" and _per_sample(self.loss) is not None

    # --- names -------------------------------------------------------------------------------------------------------

    def names(self, *, matrices: bool) -> Names:
        """The names of the chain's own tensors."""
        return self._names(self.style, matrices)

    def _names(self, style: Style, matrices: bool) -> Names:
        return Names(frozenset(), style.names(self.affine.unit.tensors, matrices=matrices) | self._batch())

    def _batch(self) -> dict[str, Name]:
        sizes = [batch_size(u.unit) for u in (self.affine, *self.pointwise, self.loss)]
        return {size.name: Name(self.style.batch) for size in sizes if size is not None}

    def unit_printer(self, unit: UnitDerivation, names: Mapping[str, str]) -> Printer:
        """A printer for the equations and steps of a unit, under the chain's names."""
        known = self._names(EXACT if self.scaled else self.style, matrices=False).given
        given = {local: known[name] for local, name in names.items() if name in known}
        tensors = frozenset((*(t.name for t in unit.unit.tensors), *(e.name for e in unit.plain.forward)))
        return Printer(Names(tensors, {**given, **self._batch()}), self._functions())

    def _functions(self) -> dict[str, str]:
        return {SLOPE: f"{self.g}'"}

    # --- equations of layer l ----------------------------------------------------------------------------------------

    def output_gradient(self) -> Equation:
        """The gradient of the loss at what it reads."""
        scaled = _per_sample(self.loss) if self.scaled else None
        e = scaled or self.loss.plain.adjoint(input_of(self.loss.unit))
        return renamed(e, loss_behind(self.loss.unit, self.joint))

    def backward(self, level: str, before: str) -> Equation:
        """The gradient of the values of layer `before`, from layer `level`."""
        e = self.affine.plain.adjoint(input_of(self.affine.unit))
        return renamed(e, affine_at(self.affine.unit, level, before))

    def parameter_gradient(self, name: str) -> Equation:
        """The gradient of a parameter of layer l."""
        e, batch = self.affine.plain.adjoint(name), batch_size(self.affine.unit)
        if self.scaled and batch is not None:
            e = Equation(e.lhs, times((reciprocal(batch), *flat(e.rhs))))
        return renamed(e, affine_at(self.affine.unit, "l", "l-1"))

    def through_activation(self, upstream: Equation, level: str) -> Equation:
        """``dz = upstream * slope(z)`` in layer `level`."""
        at = upstream.lhs.at
        return Equation(Ref(f"dz@{level}", at), Mul((upstream.rhs, Call(SLOPE, (Ref(f"z@{level}", at),)))))

    def at_output(self) -> Equation:
        """BP1: the gradient at the last z."""
        e = self.output_gradient()
        return e if self.last is None else self.through_activation(e, "L")

    def hidden(self) -> Equation:
        """BP2: the gradient at z of layer l from that of layer l+1."""
        e = self.backward("l+1", "l")
        if self.linear == len(self.chain.layers) - 1:  # no hidden layer has an activation: a = z
            return Equation(replace(e.lhs, name="dz@l"), e.rhs)
        return self.through_activation(e, "l")

    # --- what is printed ---------------------------------------------------------------------------------------------

    def setting(self) -> tuple[Paragraph, ...]:
        """The network for any layer, and what its gradients are called."""
        count, affine = len(self.chain.layers), affine_at(self.affine.unit, "l", "l-1")
        printer = self.unit_printer(self.affine, affine)
        first, before = (self.style.name(Name("a"), level).latex() for level in ("0", "l-1"))
        text = (
            f"The network is a chain of $L = {count}$ layers.  Layer $l = 1, \\dots, L$ takes the values ${before}$ of "
            f"the layer before it, where ${first} = x$ is the input, to"
        )
        made = [Paragraph(text, tuple(equation(printer, e) for e in self.affine.plain.forward))]
        made += [self._activation(unit) for unit in self.pointwise]
        if self.linear:
            z, a = (self.style.name(Name(v), "l").latex() for v in "za")
            made.append(Paragraph(f"A layer without an activation gives ${a} = {z}$, with the derivative 1."))
        loss = self.unit_printer(self.loss, loss_behind(self.loss.unit, self.joint))
        made.append(Paragraph("The loss is", tuple(equation(loss, e) for e in self.loss.plain.forward)))
        return (*made, *self._remarks())

    def _activation(self, unit: UnitDerivation) -> Paragraph:
        """The activation and, from the closed form of its gradient, its derivative."""
        names = pointwise_at(unit.unit, "l")
        printer = self.unit_printer(unit, names)
        rows = [equation(printer, e) for e in unit.plain.forward]
        rows += [equality(printer.latex(left), (printer.row(right),)) for left, right in _slope(unit)]
        which = f", {escape(unit.unit.title)}," if len(self.pointwise) > 1 else ""
        text = f"and then, by the activation ${self.g}${which} with the derivative ${self.g}'$, to"
        return Paragraph(text, tuple(rows))

    def _remarks(self) -> list[Paragraph]:
        delta = self.style.name(Name("z"), "l", gradient=True).latex()
        ratio = rf"\partial C / \partial {self.style.name(Name('z'), 'l').latex()}"
        text = f"Write ${delta} = {ratio}$.  The gradients are then, in matrices with a sample in each row:"
        if self.style.layout == "columns":
            share = "m\\," if self.scaled else ""
            why = ", the gradient of the loss of each single sample" if self.scaled else ""
            text = f"Write ${delta} = {share}{ratio}${why}.  Then, in matrices with a sample in each column:"
        made = []
        if len(leading_of(self.affine.unit)) > 1:
            made.append(Paragraph("In the matrices all leading axes together are one: each place counts as a sample."))
        for title in dict.fromkeys(node.unit.title for node in self.chain.penalties):
            made.append(Paragraph(f"The penalty {escape(title)} adds its own gradient to those of the weights."))
        if not self.biased:
            b = self.style.name(Name("b"), "l").latex()
            made.append(Paragraph(f"The layers of this network have no biases: ${b}$ is 0, and (BP3) is not used."))
        if self.chain.tied:
            listed = ", ".join(rf"\texttt{{{escape(name)}}}" for name in self.chain.tied)
            made.append(Paragraph(f"Several layers read {listed}; its gradient is the sum of what each of them gives."))
        return [*made, Paragraph(text)]

    def result(self) -> tuple[str, ...]:
        """The equations, as matrices with their shapes."""
        made = [self._display(self.at_output(), "BP1", self._sizes("L", "L"))]
        if len(self.chain.layers) > 1:
            made.append(self._display(self.hidden(), "BP2", self._sizes("l+1", "l")))
        for name, tag in self.parameters():
            made.append(self._display(self.parameter_gradient(name), tag, self._sizes("l", "l-1")))
        if self.style.layout == "columns":
            made.append(self._display(self.backward("l", "l-1"), "", self._sizes("l", "l-1")))
        return tuple(made)

    def parameters(self) -> list[tuple[str, str]]:
        """(parameter, number of its equation): 3 is that of a bias, 4 that of a matrix, others follow."""
        own = [t for t in self.affine.unit.tensors if t.role == "parameter"]
        taken: list[str] = []
        for t in sorted(own, key=lambda t: len(t.indices)):
            tag = f"BP{2 + len(t.indices)}"
            taken.append(tag if tag not in taken else f"BP{4 + len(taken)}")
        return [(t.name, tag) for t, tag in zip(sorted(own, key=lambda t: len(t.indices)), taken, strict=True)]

    def _display(self, e: Equation, tag: str, sizes: Mapping[str, str]) -> str:
        """An equation as matrices with its shape, or in index notation where it has no matrix form."""
        leading = leading_of(self.affine.unit)
        printer = MatrixPrinter(self.names(matrices=True), self.style.layout, leading, self._functions())
        made = printer.equation(e)
        if made is None:
            return equation(Printer(self.names(matrices=False), self._functions()), e, tag, room=33.0)
        shape = r" \times ".join(_size(s, sizes, self.style.batch) for s in made.shape)
        number = rf" \tag{{{tag}}}" if tag else ""
        return equality(made.left, (made.right,), room=24.0) + rf" \qquad ({shape})" + number

    def _sizes(self, level: str, before: str) -> dict[str, str]:
        """The sizes of the affine unit's axes in words of the chain: ``n_l`` units in layer l."""
        unit = self.affine.unit
        inner, outer = unit.tensor(input_of(unit)).indices[-1].size, unit.plain[-1].indices[-1].size
        loss = self.loss.unit.tensor(input_of(self.loss.unit)).indices[-1].size
        pairs = [(loss, "L"), (outer, level), (inner, before)]
        return {size.name: f"n_{{{at}}}" for size, at in pairs if isinstance(size, Sym)} | self._leading()

    def _leading(self) -> dict[str, str]:
        """The size of several leading axes together, such as ``N T_1``."""
        unit = self.affine.unit
        sizes = [i.size.name for i in unit.tensor(input_of(unit)).indices[:-1] if isinstance(i.size, Sym)]
        shown = [self.style.batch, *(name_of(size).latex() for size in sizes[1:])]
        return {merged_size(sizes): r" \, ".join(shown)}

    def proof(self) -> tuple[Paragraph, ...]:
        """Each equation from the chain rule, by the steps of the derivations."""
        made = [Paragraph(r"\subsection*{Proof}" + self._words())]
        for unit in self.pointwise:
            made += self._derived(unit, pointwise_at(unit.unit, "l"), input_of(unit.unit), "Through the activation")
        last = loss_behind(self.loss.unit, self.joint)
        made += self._derived(self.loss, last, input_of(self.loss.unit), "(BP1)")
        made.append(Paragraph("With the activation of layer $L$ this is (BP1)." if self.last else "This is (BP1)."))
        if len(self.chain.layers) > 1:
            behind = affine_at(self.affine.unit, "l+1", "l")
            made += self._derived(self.affine, behind, input_of(self.affine.unit), "(BP2)")
            made.append(Paragraph("With the activation of layer $l$ this is (BP2)."))
        own = affine_at(self.affine.unit, "l", "l-1")
        for name, tag in self.parameters():
            made += self._derived(self.affine, own, name, f"({tag})")
        return (*made, Paragraph(self._end() + r"\hfill$\square$"))

    def _words(self) -> str:
        """What the proof calls the gradients."""
        style = EXACT if self.scaled else self.style
        names = [(style.name(Name(v), "l", gradient=True).latex(), style.name(Name(v), "l").latex()) for v in "za"]
        return "Write " + " and ".join(rf"${d} = \partial C / \partial {v}$" for d, v in names) + "."

    def _end(self) -> str:
        """How the gradients of the proof become those of the result."""
        if not self.scaled:
            return ""
        pairs = [
            (COLUMNS.name(Name(v), "l", gradient=True).latex(), EXACT.name(Name(v), "l", gradient=True).latex())
            for v in "za"
        ]
        listed = " and ".join(rf"${new} = m\,{old}$" for new, old in pairs)
        return f"With {listed}, written as matrices with a sample in each column, these are the equations above."

    def _derived(self, unit: UnitDerivation, names: Mapping[str, str], name: str, head: str) -> list[Paragraph]:
        """The derivation of one gradient of a unit, under the names of the chain, and its closed form."""
        printer, adjoint = self.unit_printer(unit, names), unit.plain.adjoint(name)
        made = [Paragraph(rf"\paragraph{{{head}.}}")]
        for target in targets(unit, (name,)):
            made += of_gradient(printer, unit, target)
        return made if reached(unit, adjoint) else [*made, Paragraph("and so", (equation(printer, adjoint),))]


def _is_sigmoid(unit: UnitDerivation) -> bool:
    """Whether the activation is the logistic function, which has the letter sigma."""
    last = (form.forward[-1].rhs for form in (unit.plain, unit.safe))
    return any(isinstance(e, Call) and e.function == "sigmoid" and isinstance(e.args[0], Ref) for e in last)


def _slope(unit: UnitDerivation) -> list[tuple[Expr, Expr]]:
    """``slope(z) = f`` where the gradient is the upstream one times f; empty where it is not of this form."""
    source, upstream = input_of(unit.unit), f"d{unit.unit.output}"
    adjoint = unit.plain.adjoint(source)
    rest = without_factor(adjoint.rhs, lambda f: f == Ref(upstream, adjoint.lhs.at))
    if rest is None or reads(rest, upstream):
        return []
    return [(Call(SLOPE, (Ref(source, adjoint.lhs.at),)), rest)]


def _per_sample(loss: UnitDerivation) -> Equation | None:
    """The loss's gradient times the number of samples; None where it has no factor 1/N."""
    adjoint, batch = loss.plain.adjoint(input_of(loss.unit)), batch_size(loss.unit)
    rest = without_size(adjoint.rhs, batch) if batch is not None else None
    return Equation(adjoint.lhs, rest) if rest is not None else None


def _size(size: Expr, sizes: Mapping[str, str], batch: str) -> str:
    if isinstance(size, Num):
        return str(size.value)
    return sizes.get(size.name, batch) if isinstance(size, Sym) else "?"
