"""How the network is trained, as mathematics: clips, optimiser, schedule, with the numbers of the spec."""

from __future__ import annotations

from symbp.derive.model import Derivation
from symbp.emit.model import Code
from symbp.graph.model import Training, Update
from symbp.notation.expr import Equation, Ref, Sym, walk
from symbp.report.code import update_listing
from symbp.report.display import equality, equation
from symbp.report.escape import escape
from symbp.report.formula import Printer
from symbp.report.names import Name, Names
from symbp.report.section import Paragraph, TrainingSection

GIVEN = {"w": Name(r"\theta"), "lr": Name(r"\eta")}


def training_section(derivation: Derivation, code: Code | None) -> TrainingSection:
    """The section of the optimiser; its equations are numbered in the order in which a step carries them out."""
    printer, training = Printer(Names(given=GIVEN)), derivation.graph.training
    *clips, (update, own) = derivation.updates()
    paragraphs = [_update(printer, clip, numbers, _title(clip)) for clip, numbers in clips]
    paragraphs.append(_update(printer, update, own, _optimiser(training)))
    paragraphs.append(_schedule(printer, training, derivation.rate_number))
    title = f"The optimiser: {escape(training.optimizer.type)}"
    lines = update_listing(code) if code is not None else ""
    note = _seed(code) if code is not None else ""
    return TrainingSection(derivation.training_section - 1, title, tuple(paragraphs), lines, note)


def _seed(code: Code) -> str:
    """What the update does not multiply the gradient by, since the backward pass begins with it."""
    if not code.scale:
        return ""
    return (
        rf"The backward pass begins with the number \texttt{{{escape(code.scale)}}}, which in a training step is "
        rf"\texttt{{{escape(code.rate)}}}: \texttt{{grad}} is that multiple of $g$."
    )


def _title(clip: Update) -> str:
    return rf"Before the step the gradient is limited (\texttt{{{escape(clip.title)}}})"


def _optimiser(training: Training) -> str:
    source = f" ({escape(training.optimizer.source)})" if training.optimizer.source else ""
    return (
        rf"Each weight $\theta$ with gradient $g$ is changed by \texttt{{{escape(training.optimizer.type)}}}{source}, "
        r"where $k = 1, 2, \dots$ counts the steps"
    )


def _update(printer: Printer, update: Update, numbers: tuple[str, ...], text: str) -> Paragraph:
    made = []
    for e, number in zip((*update.decayed, *update.equations), numbers, strict=True):
        relation = r"\leftarrow" if _changes(e, update) else "="
        made.append(equation(printer, e, number, relation=relation))
    return Paragraph(text + _constants(printer, update), tuple(made))


def _changes(e: Equation, update: Update) -> bool:
    """Whether the equation gives a new value to something that keeps it."""
    return e.name in {"w", "g", *(name for name, _ in update.state)}


def _constants(printer: Printer, update: Update) -> str:
    """``; mu = 0.9; before the first step v = 0:``"""
    numbers = [f"${printer.latex(Sym(name))} = {decimal(value)}$" for name, value in update.constants]
    states = [f"${printer.latex(Ref(name))} = {decimal(value)}$" for name, value in update.state]
    before = f"before the first step {', '.join(states)}" if states else ""
    return "".join(f"; {part}" for part in (", ".join(numbers), before) if part) + ":"


def _schedule(printer: Printer, training: Training, number: str) -> Paragraph:
    rate, formula = decimal(training.lr), training.schedule_formula
    names = {node.name for node in walk(formula) if isinstance(node, Sym)}
    if not names & {"k", "K"}:
        return Paragraph("The learning rate is the same at every step:", (rf"\eta = {rate} \tag{{{number}}}",))
    keys = [f"${printer.latex(Sym(name))} = {decimal(value)}$" for name, value in training.schedule_constants]
    kind, numbered = escape(training.schedule.type), ", ".join([rf"$\eta_0 = {rate}$", *keys])
    text = rf"The learning rate of step $k = 0, 1, \dots, K-1$ (schedule \texttt{{{kind}}}), with {numbered}:"
    base = Printer(Names(given={**GIVEN, "lr": Name(r"\eta", ("0",))}))
    return Paragraph(text, (equality(r"\eta", (base.row(formula),), number),))


def decimal(value: float) -> str:
    """A number as LaTeX, in powers of ten where it is very small or very large."""
    text = f"{value:.6g}"
    mantissa, e, exponent = text.partition("e")
    if not e:
        return text
    power = rf"10^{{{int(exponent)}}}"
    return power if mantissa == "1" else rf"{mantissa} \cdot {power}"
