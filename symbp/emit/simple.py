"""The bodies of a module in their simplest form: one expression a statement, new arrays, names where they are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from symbp.emit.expression import Printer
from symbp.emit.layout import tuple_text
from symbp.emit.loops import loop_line, standing, standing_buffers, step_name
from symbp.emit.model import BlockCode, Buffer, Code, Line
from symbp.emit.primitives import plain
from symbp.emit.repeating import copies_of, repeat_lines, with_shared
from symbp.emit.routines import functions_of, same_functions, shaped
from symbp.emit.sizes import size_texts, with_sizes
from symbp.emit.tables import table_buffers
from symbp.emit.viewing import Viewer, sizes_of, viewed
from symbp.emit.windowed import Windowed
from symbp.emit.wrapping import bound, statement
from symbp.lower.model import (
    AFTER,
    BACKWARD,
    BEFORE,
    FORWARD,
    GRAD,
    INPUT,
    LOSS,
    PROBABILITY,
    THETA,
    UPDATE,
    Apply,
    Array,
    Axis,
    Fold,
    Node,
    Product,
    Program,
    Read,
    Repeat,
    RoutineCall,
    Scatter,
    Statement,
    Step,
    blocks,
    reads,
    targets_of,
    walk,
)


def simple_code(program: Program) -> Code:
    """The code of a program in form "simple" or "trees"; what a prediction needs stands with what training needs."""
    called: dict[str, None] = {}
    blocks = tuple(BlockCode(body, block_code(body.program, called)) for body in program.bodies)
    emitter = Simple(program, called)
    code, beside = _bodies(emitter), (program.inference, program.hessian)
    inference, hessian = (None if other is None else _bodies(Simple(other, called)) for other in beside)
    start = start_code(program, called)
    routines = [r for part in (program, *beside) if part is not None for r in part.routines]
    functions = functions_of(routines, called)
    helpers = (*plain(called), *functions)
    return replace(code, helpers=helpers, inference=inference, hessian=hessian, start=start, blocks=blocks)


def start_code(program: Program, called: dict[str, None]) -> tuple[Line, ...]:
    """The statements that give first values to parameters that follow from others."""
    return () if program.start is None else Simple(program.start, called).body(FORWARD)


def block_code(program: Program, called: dict[str, None]) -> Code:
    """The code of a body; `called` collects the helpers."""
    blocks = tuple(BlockCode(body, block_code(body.program, called)) for body in program.bodies)
    code, inference = (
        # It keeps all that a backward pass reads, which blocks therefore do not share.
        None if part is None else with_shared(replace(part, checkpoint=False), _bodies(Simple(part, called)))
        for part in (program, program.inference)
    )
    assert code is not None
    return replace(code, inference=inference, start=start_code(program, called), blocks=blocks)


def _bodies(emitter: Simple) -> Code:
    program = emitter.program
    body = {stage: emitter.body(stage) for stage in (BEFORE, FORWARD, LOSS, BACKWARD, AFTER, PROBABILITY)}
    inputs = tuple((name, emitter.body(f"{INPUT}{name}")) for name, _ in program.input_gradients)
    return Code(
        helpers=(),
        buffers=(
            *table_buffers(program, emitter.called),
            *(Buffer(name, ("0",)) for name in emitter.kept),
            *standing_buffers(emitter.standing.values()),
        ),
        forward=body[FORWARD],
        outputs=program.outputs,
        losses=program.losses,
        loss=body[LOSS],
        probability=body[PROBABILITY],
        probabilities=program.probabilities,
        backward=body[BACKWARD],
        input_backward=inputs,
        input_gradient=tuple(program.input_gradients),
        update=emitter.update(),
        update_buffers=(),
        spends=any(emitter.kinds[s.target] == "grad" for s in program.plain(UPDATE)),
        before=body[BEFORE],
        after=body[AFTER],
        copies=copies_of(program),
    )


@dataclass(slots=True)
class Simple:
    """Prints the bodies of a program; what a later body reads goes to the workspace."""

    program: Program
    called: dict[str, None] = field(default_factory=dict)
    kept: dict[str, None] = field(default_factory=dict)
    readers: dict[str, set[str]] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    shapes: dict[str, tuple[int | str, ...]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, str] = field(default_factory=dict)  # what to write for a size; others are lengths of arrays
    doubles: bool = False  # outside of a network: what has no dtype of its own is of double precision
    grown: set[str] = field(default_factory=set)  # what a later statement adds to
    given: set[str] = field(default_factory=set)  # outputs that the function of the probabilities takes
    standing: dict[str, Array] = field(default_factory=dict)  # arrays of the workspace that are made once
    same: dict[str, str] = field(default_factory=dict)  # a function that another one is equal to

    def __post_init__(self) -> None:
        self.standing, self.same = standing(self.program), same_functions(self.program.routines)
        self.texts = {a.name: a.text for a in self.program.arrays}
        self.shapes = {a.name: a.shape for a in self.program.arrays}
        self.kinds = {a.name: a.kind for a in self.program.arrays}
        self.grown = {s.target for s in self.program.statements if isinstance(s, Statement) and s.accumulate}
        self.grown |= {t for s in self.program.statements if isinstance(s, Repeat) for t in s.targets}
        self.given = {output for output, _ in self.program.probabilities}
        again = {t for s in self.program.statements if s.stage == PROBABILITY for t in targets_of(s)}
        for s in self.program.statements:
            for name in _inputs_of(s):
                if s.stage != PROBABILITY or name not in again:
                    self.readers.setdefault(name, set()).add(s.stage)
            for target in targets_of(s) if s.stage != PROBABILITY else ():
                self.made.setdefault(target, s.stage)
        for name, stages in self.readers.items():
            given = {PROBABILITY} if name in self.given else set()
            if self.kinds.get(name) == "state":
                continue  # it has a place of its own
            if self.made.get(name, UPDATE) != UPDATE and stages - {self.made[name]} - given:
                self.kept[name] = None
        self.kept = {name: None for name in self.made if name in self.kept and name not in self.standing}

    def viewer(self, stage: str, names: Mapping[str, str]) -> Viewer:
        length_of = size_texts(self.program, stage, names)
        viewer = Viewer(self.texts, self.shapes, lambda size: self.sizes.get(size) or length_of(size))
        viewer.expect(self.program.plain(stage))
        return viewer

    def printer(self, viewer: Viewer) -> Printer:
        return Printer(viewer.text, viewer.size, self.called, doubles=self.doubles, own=viewer.own)

    def body(self, stage: str) -> tuple[Line, ...]:
        """The statements of a stage, after the sizes that they need and what earlier stages kept."""
        if self.sizes:
            return tuple(self.lines(stage, {}))
        return with_sizes(self.program, stage, lambda names: self.lines(stage, names))

    def lines(self, stage: str, names: Mapping[str, str]) -> list[Line]:
        """The statements of a stage, after binding what earlier stages kept; `names` are those of sizes."""
        statements = [s for s in self.program.statements if s.stage == stage]
        own = {t for s in statements for t in targets_of(s)}
        given = self.given if stage == PROBABILITY else set()
        skip = own | given | self.loose(stage)
        outer = dict.fromkeys(
            n
            for s in statements
            for n in (*targets_of(s), *_inputs_of(s))
            if n in self.standing or (n in self.kept and n not in skip)
        )
        lines, viewer = bound(list(outer)), self.viewer(stage, names)
        for block in blocks(statements):
            first = block[0]
            for s in block:
                lines += self.views(s, viewer) if isinstance(s, Statement) else []
            if isinstance(first, Statement) and first.loop:
                lines.append(loop_line(self.program, first.loop, viewer.size))
            for s in block:
                if isinstance(s, Repeat):
                    lines += self.repeated(s)
                else:
                    lines += self.call(s) if isinstance(s, RoutineCall) else self.assignment(s, viewer)
        return lines

    def views(self, s: Statement, viewer: Viewer) -> list[Line]:
        return [line for text in viewer.lines(s) for line in statement(text, "")]

    def assignment(self, s: Statement, viewer: Viewer) -> list[Line]:
        if isinstance(s.value, Scatter):
            return self.scattered(s, viewer)
        printer = self.printer(viewer)
        if s.loop:
            printer.step = step_name(self.program, s.loop)
        if s.loop or s.target in self.standing:
            return self.filled(s, printer)
        return self.assigned(s, shaped(printer, s, self.shapes[s.target]))

    def filled(self, s: Statement, printer: Printer) -> list[Line]:
        """An array of the workspace, or a part of it, filled; in a loop also an array that lasts for one step."""
        value, numbers, level = printer.line(s.value, s.axes), numbers_of(s), int(s.loop is not None)
        if s.target not in self.standing:
            return statement(f"{s.target} = {value}", numbers, level)
        at = printer.places(s.at, len(self.shapes[s.target])) or "..."
        return statement(f"{s.target}[{at}] {'+=' if s.accumulate else '='} {value}", numbers, level)

    def scattered(self, s: Statement, viewer: Viewer) -> list[Line]:
        """An array of zeros, and loops that add to parts of it."""
        assert isinstance(s.value, Scatter)
        printer, numbers = self.printer(viewer), numbers_of(s)
        target = viewed(self.texts[s.target], self.shapes[s.target], sizes_of(s.axes), viewer.size)
        arrays = {a.name: a for a in self.program.arrays}
        rows = _Windows(_Plain(printer, arrays)).scatter(s, s.value, target)
        if not s.accumulate and self.kinds[s.target] == "gradient":
            rows.insert(0, f"{self.texts[s.target]}[...] = 0")
        elif not s.accumulate:
            sizes = self.shapes[s.target]
            shape = tuple_text([str(size) if isinstance(size, int) else printer.size(size) for size in sizes])
            (first, *_) = [self.texts[name] for name in reads(s.value.body) if arrays[name].dtype == "real"]
            also = f" = ws.{s.target}" if s.target in self.kept and s.stage != PROBABILITY else ""
            rows.insert(0, f"{s.target}{also} = np.zeros({shape}, {first}.dtype)")
        return [line for row in rows for line in statement(row.lstrip(), numbers, (len(row) - len(row.lstrip())) // 4)]

    def assigned(self, s: Statement, value: str) -> list[Line]:
        numbers = numbers_of(s)
        kind = self.kinds[s.target]
        if kind in ("gradient", "state", "parameter"):
            sign = "+=" if s.accumulate else "="
            target = self.texts[s.target] + ("" if s.accumulate else "[...]")
            return statement(f"{target} {sign} {value}", numbers)
        if s.accumulate:
            return statement(f"{s.target} += {value}", numbers)
        if value.startswith("np.zeros("):
            value = self.typed(s.target, value)
        elif s.axes and s.target in self.grown and not isinstance(s.value, Apply | Fold | Product):
            value = f"np.array({value})"  # what is added to it must not reach the array that this is a view of
        also = f" = ws.{s.target}" if s.target in self.kept and s.stage != PROBABILITY else ""
        return statement(f"{s.target}{also} = {value}", numbers)

    def typed(self, target: str, value: str) -> str:
        """Zeros that blocks add to have the dtype of the gradients that they are given."""
        loops = (r for r in self.program.statements if isinstance(r, Repeat) and target in r.targets[1:])
        given = next((self.texts[r.arguments[0]] for r in loops), "")
        return f"{value[:-1]}, {given}.dtype)" if given else value

    def call(self, s: RoutineCall) -> list[Line]:
        """A call of a routine.  What other bodies read stands in the workspace, where this body need not name it."""
        again = {n for other in self.program.statements if other.stage == s.stage and other is not s
                 for n in _inputs_of(other)} | self.program.lasting  # fmt: skip
        direct = {n for n in self.kept if n not in again or self.made[n] != s.stage}
        targets = ", ".join(f"ws.{t}" if t in direct else t for t in s.targets)
        arguments = ", ".join(f"ws.{a}" if a in direct and a in self.loose(s.stage) else a for a in s.arguments)
        kept = [t for t in s.targets if t in self.kept and t not in direct]
        if len(s.targets) == 1 and kept:
            targets, kept = f"{targets} = ws.{targets}", []
        numbers = " ".join(s.equations)
        lines = statement(f"{targets} = {self.same[s.routine]}({arguments})", numbers)
        return lines + [Line(f"ws.{t} = {t}", numbers) for t in kept]

    def repeated(self, s: Repeat) -> list[Line]:
        """A loop over equal blocks; what other bodies read stands in the workspace."""
        kept = [Line(f"ws.{name} = {name}") for name in s.targets[:1] if name in self.kept]
        return repeat_lines(self.program, s, lambda name: self.texts[name]) + kept

    def loose(self, stage: str) -> set[str]:
        """Kept values of earlier stages that only one statement of this stage reads, a call: they are not bound."""
        statements = [s for s in self.program.statements if s.stage == stage]
        count = Counter(n for s in statements for n in _inputs_of(s))
        calls = (s for s in statements if isinstance(s, RoutineCall) and not isinstance(s, Repeat))
        called = {n for s in calls for n in s.arguments}
        return {n for n in called if count[n] == 1 and n in self.kept and self.made[n] != stage}

    def update(self) -> tuple[Line, ...]:
        lines: list[Line] = []
        for s in self.program.plain(UPDATE):
            printer = Printer(lambda r: self.texts[r.name], str, self.called)
            if s.where:
                lines += [Line("for part in DECAYED:")]
                lines += statement(f"{s.target}[part] = {self._part(s)}", numbers_of(s), 1)
                continue
            lines += statement(self._changed(s, printer), numbers_of(s))
        return tuple(lines)

    def _changed(self, s: Statement, printer: Printer) -> str:
        """An assignment; what changes by a sum or difference is written so."""
        value = s.value
        lasting = self.kinds[s.target] in (THETA, GRAD, "state")
        if lasting and isinstance(value, Apply) and value.function in ("add", "subtract"):
            first, second = value.args
            if isinstance(first, Read) and first.name == s.target:
                return f"{s.target} {'+' if value.function == 'add' else '-'}= {printer.line(second, s.axes)}"
        return f"{s.target}{'[...]' if lasting else ''} = {printer.line(value, s.axes)}"

    def _part(self, s: Statement) -> str:
        return Printer(lambda r: f"{self.texts[r.name]}[part]", str, self.called).line(s.value, s.axes)


class _Windows(Windowed):
    """What holds windows, where nothing has memory of its own."""

    def met(
        self, body: Apply, order: Sequence[Axis], names: dict[Axis, str], part: str
    ) -> tuple[list[str], list[str], str]:
        value, hit = body.args
        assert isinstance(hit, Apply)
        return [], [], f"{self.memory.leaf(value, order)} * ({' == '.join(self.compared(hit, order, names))})"


class _Plain:
    """The names that the printing of windows needs, where nothing has memory of its own."""

    def __init__(self, printer: Printer, arrays: dict[str, Array]) -> None:
        self.printer, self.arrays = printer, arrays
        self.plainly, self.used, self.window_views = printer.called, dict[str, None](), dict[str, Buffer]()

    def seen(self, name: str, axes: Sequence[Axis]) -> str:
        return self.printer.name(Read(name, tuple(axes)))

    def leaf(self, node: Node, want: Sequence[Axis]) -> str:
        return self.printer.text(node, want).text

    def size_of(self, name: str) -> str:
        return self.printer.size(name)

    def constant(self, name: str, shape: tuple[str, ...], of: str, dtype: str = "real") -> str:
        raise TypeError(f"{name} has no memory of its own")

    def scratch(self, purpose: str, axes: Sequence[Axis], dtype: str = "real") -> str:
        raise TypeError(f"{purpose} has no memory of its own")


def numbers_of(s: Statement) -> str:
    """The numbers of all equations that a statement carries out, in order."""
    found = {s.equation, *(n.equation for n in walk(s.value))} - {""}
    return " ".join(sorted(found, key=lambda n: [int(p) for p in n.split(".") if p.isdigit()]))


def _inputs_of(s: Step) -> tuple[str, ...]:
    if isinstance(s, RoutineCall):
        return s.arguments
    return (*reads(s.value), *((s.target,) if s.accumulate else ()))
