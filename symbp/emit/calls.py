"""The bodies of a module with one NumPy call a statement, on arrays of the workspace that are made once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from symbp.emit.alignment import aligned
from symbp.emit.brief import number_array, written_briefly
from symbp.emit.buffers import other_shapes, shared
from symbp.emit.compiled.calling import Behind, Kernels, printed
from symbp.emit.each import each, moving_names, window_lists
from symbp.emit.helping import HELPED, helper_call, overflows
from symbp.emit.lookups import Lookups
from symbp.emit.loops import later, step_name, zero_at_first
from symbp.emit.model import Buffer, Line
from symbp.emit.parts import in_parts
from symbp.emit.products import Operand
from symbp.emit.reductions import fold_call
from symbp.emit.remarks import remarks
from symbp.emit.repeating import repeat_lines
from symbp.emit.reshaping import reshaped, view_of
from symbp.emit.scratch import by_layer, scratch
from symbp.emit.sections import Section, only_returned, title_of, titles_of, with_arrays
from symbp.emit.simple import Simple
from symbp.emit.sizes import size_texts, with_sizes
from symbp.emit.slicing import full
from symbp.emit.stepping import stepped
from symbp.emit.strided import product_text
from symbp.emit.tables import table_buffers
from symbp.emit.totals import Totals
from symbp.emit.viewing import sizes_of, viewed
from symbp.emit.windowed import Windowed
from symbp.lower.model import (
    COMPARISONS,
    PROBABILITY,
    UPDATE,
    AddAt,
    Apply,
    Array,
    At,
    Axis,
    Flat,
    Fold,
    Node,
    OneHot,
    Pick,
    Product,
    Program,
    Read,
    Repeat,
    Scalar,
    Scatter,
    Spread,
    Statement,
    Step,
    Window,
    axes_of,
    blocks,
    read_arrays,
    reads,
    targets_of,
    tiles_of,
)

INFIX = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}
COMMUTES = ("add", "multiply")
LOGADDEXP = 'np.logaddexp if dtype.kind == "f" else logaddexp'


@dataclass(slots=True)
class Emitter:
    """Prints the statements of a program; collects the buffers and helpers that the text needs."""

    program: Program
    called: dict[str, None] = field(default_factory=dict)  # helpers with an `out` argument
    plainly: dict[str, None] = field(default_factory=dict)  # helpers that return a new array
    kernels: Kernels = field(default_factory=Kernels)
    behind: Behind = field(default_factory=Behind)
    arrays: dict[str, Array] = field(default_factory=dict)
    owner: dict[str, str] = field(default_factory=dict)
    layers: dict[str, str] = field(default_factory=dict)  # the layer of every node
    used: dict[str, None] = field(default_factory=dict)  # names of the workspace in the body at hand
    needed: dict[str, None] = field(default_factory=dict)  # names of the workspace in any body
    extra: dict[str, Buffer] = field(default_factory=dict)  # constant arrays of the workspace
    flat: set[str] = field(default_factory=set)  # arrays of flat places
    lasting: set[str] = field(default_factory=set)  # scalars that a later body reads
    window_views: dict[str, Buffer] = field(default_factory=dict)  # views of all windows of an array, or of all steps
    views: dict[str, str] = field(default_factory=dict)  # the text of arrays of which a statement changes a part
    reshaped: dict[tuple[str, tuple[int | str, ...]], str] = field(default_factory=dict)  # views in other shapes
    locals: set[str] = field(default_factory=set)  # names that are no arrays of the workspace
    size: Callable[[str], str] = str
    stage: str = ""
    layer: str = ""  # that the statement at hand belongs to
    step: str = ""  # the variable of the loop at hand
    quiet: bool = False  # whether overflows are ignored where the statement at hand stands
    whole_numbers: bool = False  # whether the statement at hand makes integers, which take no real numbers

    def __post_init__(self) -> None:
        self.arrays = {a.name: a for a in self.program.arrays}
        self.owner = {p.name: p.owner for p in self.program.places}
        self.layers = {o.node: o.layer for o in reversed(self.program.origins)}  # the first of a node
        if any(isinstance(s, Statement) and s.kernel for s in self.program.statements):
            self.behind = Behind.of(self.program)
        made: dict[str, str] = {}
        for s in self.program.statements:
            if s.stage == PROBABILITY:
                continue
            if isinstance(s, Statement) and isinstance(s.value, Flat):
                self.flat.add(s.target)
            for name in read_arrays(s, {}):
                alone = not self.arrays[name].shape or self.arrays[name].kind == "block"
                if alone and made.get(name, s.stage) != s.stage:
                    self.lasting.add(name)
            for name in targets_of(s):
                made.setdefault(name, s.stage)

    # ---- names ----

    def shown(self, name: str) -> str:
        """The text of an array."""
        if name in self.views:
            return self.views[name]
        array = self.arrays[name]
        if array.kind == "places":
            return self.constant(name, ("",), f"np.arange({array.shape[0]})", "index")
        if array.kind in ("padded", "filled"):
            shape = tuple(map(str, array.shape))
            return self.constant(name, shape, full(shape, array.data[0]))
        if array.kind == "block" and name in self.lasting:
            self.used[name] = None
            return name
        if array.view_of and self.arrays[array.view_of].kind == "padded":
            self.shown(array.view_of)
        if array.kind != "value" or name in self.locals or (not array.shape and name not in self.lasting):
            return array.text
        self.used[name] = None
        return name

    def seen(self, name: str, axes: Sequence[Axis]) -> str:
        """The text of an array in the shape of `axes`: views of the workspace are made once."""
        array, wanted = self.arrays[name], sizes_of(axes)
        if name in self.views or array.shape == wanted:
            return self.shown(name)
        if array.kind != "value":
            return viewed(self.shown(name), array.shape, wanted, self.size)
        return view_of(self, name, wanted)

    def in_shape(self, text: str, *groups: Sequence[Axis] | None) -> str:
        """An array with each group of axes as one dimension, None for what is left; views are made once."""
        return reshaped(self, text, groups)

    def constant(self, name: str, shape: tuple[str, ...], of: str, dtype: str = "real") -> str:
        """An array of the workspace that never changes."""
        self.extra.setdefault(name, Buffer(name, shape, dtype, of))
        self.used[name] = None
        return name

    def ones(self, axes: Sequence[Axis]) -> str:
        """A vector of ones as long as the axes together, by the name of these or, where that is long, of the layer."""
        sizes = [str(a.size) for a in axes]
        count = " * ".join(sizes)
        if len(sizes) > 1 and any(size.isdigit() for size in sizes):
            return by_layer(self, "ones", (count,), f"np.ones({count}, dtype)")
        return self.constant("_".join(("ones", *sizes)), (count,), f"np.ones({count}, dtype)")

    def scratch(self, purpose: str, axes: Sequence[Axis], dtype: str = "real") -> str:
        """An array that one statement fills and reads."""
        return scratch(self, purpose, [str(a.size) for a in axes], dtype)

    def extent(self, axis: Axis) -> str:
        return self.size(axis.size) if isinstance(axis.size, str) else str(axis.size)

    def leaf(self, node: Node, want: Sequence[Axis]) -> str:
        """An operand: an array turned as wanted, or a number."""
        if isinstance(node, Read):
            return aligned(self.seen(node.name, node.axes), node.axes, want)
        if isinstance(node, Window):
            return self.windowed.operand(node, want)
        text = self.printer().text(node, want).text
        real = isinstance(node, Scalar) and self.program.brief and not self.whole_numbers
        return number_array(self, node.value, text) if real and isinstance(node, Scalar) else text

    @property
    def windowed(self) -> Windowed:
        return Windowed(self)

    def size_of(self, name: str) -> str:
        return self.size(name)

    def printer(self) -> Totals:
        return Totals(self)

    # ---- bodies ----

    @property
    def returned(self) -> set[str]:
        """The names that bodies end with: they are bound even where statements fill views of them."""
        return {*self.program.outputs, *(gradient for _, gradient in self.program.input_gradients)}

    def enter(self, stage: str, names: Mapping[str, str] | None = None) -> None:
        """From here on, names and sizes are those of the body of `stage`."""
        self.stage, self.used = stage, {}
        self.size = str if stage == UPDATE else size_texts(self.program, stage, names)

    def body(self, stage: str) -> tuple[Line, ...]:
        """The calls of a stage, after the sizes that they need and the arrays of the workspace that they use."""
        return with_sizes(self.program, stage, lambda names: self.lines(stage, names))

    def lines(self, stage: str, names: Mapping[str, str]) -> tuple[Line, ...]:
        """The calls of a stage, and the binding of arrays; `names` are those of sizes."""
        self.enter(stage, names)
        sections: list[Section] = []
        made, filled = set[str](), set[str]()
        titles = titles_of(self.program)
        for block in blocks(s for s in self.program.statements if s.stage == stage):
            lines = self.looped(block)
            lines = written_briefly(self, lines, filled) if self.program.brief else lines
            sections.append(Section(title_of(self.program, block[0], titles), tuple(lines)))
            made.update(s.target for s in block if isinstance(s, Statement) and not (s.axes or s.at))
            made.update(name for s in block if isinstance(s, Repeat) for name in s.targets[:1])
        returned = [s.target for s in self.program.plain(stage) if s.target in self.returned and s.axes]
        for name in returned:
            self.shown(name)
        self.needed |= self.used
        return (*remarks(self.program, stage), *with_arrays(sections, list(self.used), made, returned))

    def looped(self, block: Sequence[Step]) -> list[Line]:
        """The lines of one statement, or of the statements of one loop."""
        if isinstance(block[0], Repeat):
            kept = [Line(f"ws.{name} = {name}") for name in block[0].targets[:1] if name in self.lasting]
            return repeat_lines(self.program, block[0], self.shown) + kept
        loop = block[0].loop if isinstance(block[0], Statement) else None
        self.step = step_name(self.program, loop) if loop else ""
        inside = [s for s in block if isinstance(s, Statement)]
        self.quiet = loop is not None and not loop.parts and any(overflows(s) for s in inside)
        if loop is not None and loop.parts:
            return in_parts(self, inside, title_of)
        return printed(self, inside, 0) if loop is None else stepped(self, inside, loop)

    def dimensions(self, name: str) -> int:
        """How many dimensions an array of the workspace has; 0 of what is none, or goes by another text."""
        shapes = {view: wanted for (_, wanted), view in self.reshaped.items()}
        known = name in self.used and name not in self.views
        return len(shapes.get(name) or self.arrays[name].shape) if known else 0

    def texts(self, s: Statement) -> list[str]:
        """One statement as Python statements."""
        self.layer = self.layers.get(s.node, "")
        texts = self.printed(s)
        if s.zero_first and s.loop is not None:
            texts = zero_at_first(texts, self.target(s), later(self.step, s.loop, self.size))
        # in a loop a part may get a name, which an assignment without dots would bind anew; fifteen places print dots
        return texts if s.loop else [text.replace("][...] = ", "] = ") for text in texts]

    def printed(self, s: Statement) -> list[str]:
        """One statement, wherever it stands."""
        self.whole_numbers = self.arrays[s.target].dtype == "index"
        if not (s.axes or s.at):
            return [self.scalar(s)]
        if isinstance(s.value, Read) and s.value.axes != s.axes and only_returned(self.program, s):
            self.locals.add(s.target)  # a view in the order of its axes
            return [f"{s.target} = {self.leaf(s.value, s.axes)}"]
        target = self.target(s)
        if isinstance(s.value, Scatter):
            return self.windowed.filled(s, s.value, target)
        if isinstance(s.value, AddAt):
            zero = [] if s.accumulate or s.value.form else [f"{target}[...] = 0"]
            return [*zero, *Lookups(self).add_at(s.value, s.axes, target)]
        if s.accumulate and target.endswith(")"):  # a call cannot be assigned to
            return [f"np.add({target}, {self.leaf(s.value, s.axes)}, out={target})"]
        if s.accumulate:
            return [f"{target} += {self.leaf(s.value, s.axes)}"]
        return self.calls(s, target)

    def target(self, s: Statement) -> str:
        """The text of what a statement fills: an array, or a part of one."""
        if not s.at:
            return self.seen(s.target, s.axes)
        return f"{self.shown(s.target)}[{self.printer().places(s.at, len(self.arrays[s.target].shape))}]"

    def scalar(self, s: Statement) -> str:
        value = self.printer().text(s.value, ()).text
        if self.arrays[s.target].kind in ("gradient", "state"):
            target = self.shown(s.target)
            return f"{target} += {value}" if s.accumulate else f"{target}[...] = {value}"
        also = f" = ws.{s.target}" if s.target in self.lasting else ""
        if also:
            self.shown(s.target)
        return f"{s.target}{also} {'+=' if s.accumulate else '='} {value}"

    def calls(self, s: Statement, target: str) -> list[str]:
        value = s.value
        match value:
            case Apply():
                return self.apply(value, s.axes, target)
            case Product():
                return [product_text(value, self.filled(s, target), self)]
            case Fold():
                if self.windowed.taps(value):
                    return self.windowed.fold(value, s.axes, target)
                return [fold_call(value, self.filled(s, target), self)]
            case Window():
                return self.windowed.store(value, s.axes, target, self.arrays[s.target].kind == "padded")
            case Flat():
                return Lookups(self).places(value, s.axes, target)
            case Pick():
                return [Lookups(self).pick(value, s.axes, target)]
            case OneHot():
                labels = self.leaf(value.labels, s.axes)
                places = self.constant(f"places_{value.axis.size}", ("",), f"np.arange({value.axis.size})", "index")
                return [f"np.equal({labels}, {places}, out={target})"]
            case Read() | At() | Scalar() | Spread():
                inner = value.body if isinstance(value, Spread) else value
                return [f"{target}[...] = {self.leaf(inner, s.axes)}"]
        raise TypeError(f"not a call: {value!r}")

    def operand(self, node: Node, text: str, axes: tuple[Axis, ...] = ()) -> Operand:
        """The text of an array, with that of the same array as it lies in memory."""
        own = self.arrays[node.name] if isinstance(node, Read) else None
        if own is None or own.shape == sizes_of(axes or axes_of(node)):
            return Operand(text, axes or axes_of(node))
        return Operand(text, axes or axes_of(node), self.shown(own.name), own.shape)

    def filled(self, s: Statement, target: str) -> Operand:
        """What a statement fills."""
        return self.operand(Read(s.target, s.axes) if not s.at else s.value, target, s.axes)

    def apply(self, node: Apply, axes: Sequence[Axis], target: str) -> list[str]:
        function, args = node.function, node.args
        if function == "where":
            return self.where(node, axes, target)
        tiles = tiles_of(node) if function == "add" else None
        if tiles is not None:
            return self.windowed.joined(tiles, axes, target)
        if function in ("add", "subtract") and isinstance(args[1], OneHot | Apply):
            return Lookups(self).at_places(node, axes, target)
        if function == "real":
            return [f"{target}[...] = {self.compared(args[0], axes)}"]
        if function in COMPARISONS or function == "sign":
            texts = [self.compared(a, axes) for a in args]
            return [f"np.{function}({', '.join(texts)}, out={target})"]
        texts = [self.leaf(a, axes) for a in args]
        if function == "logaddexp":
            other = self.constant(function, (), LOGADDEXP, "function")
            self.plainly[function] = None
            return [f"{other}({', '.join(texts)}, {target})"]
        if function in HELPED:
            return [helper_call(self, function, texts[0], axes, target)]
        if function in INFIX and "[" not in target and not target.endswith(")"):
            if texts[0] == target:
                return [f"{target} {INFIX[function]}= {texts[1]}"]
            if texts[1] == target and function in COMMUTES:
                return [f"{target} {INFIX[function]}= {texts[0]}"]
        return [f"np.{function}({', '.join(texts)}, out={target})"]

    def compared(self, node: Node, axes: Sequence[Axis]) -> str:
        """An operand of a comparison: the real part of an array."""
        text = self.leaf(node, axes)
        real = any(self.arrays[name].dtype == "real" for name in reads(node))
        return f"{text}.real" if real else text

    def where(self, node: Apply, axes: Sequence[Axis], target: str) -> list[str]:
        condition, yes, no = (self.leaf(a, axes) for a in node.args)
        first = self.copied(node.args[2], no, target)
        return [*first, f"np.copyto({target}, {yes}, where={condition})"]

    def copied(self, node: Node, text: str, target: str) -> list[str]:
        """The statement that puts an operand where the result will be, unless it lies there."""
        if text == target:
            return []
        if isinstance(node, Read) and target in self.owner and self.owner.get(node.name) == self.owner[target]:
            return [f"# {target} lies in the memory of {text}, which nothing needs any more"]
        return [f"{target}[...] = {text}"]

    def probability(self) -> tuple[Line, ...]:
        """The probabilities as plain expressions: no training step computes them."""
        simple = Simple(self.program)
        lines = simple.body(PROBABILITY)
        self.plainly |= simple.called
        apart = {*self.locals, *(s.target for s in self.program.plain(PROBABILITY))}
        for s in self.program.plain(PROBABILITY):
            self.needed |= {n: None for n in reads(s.value) if n not in apart and self.arrays[n].kind == "value"}
        return lines

    # ---- memory ----

    def buffers(self) -> tuple[Buffer, ...]:
        """The arrays of the workspace: constant ones first, then those that statements fill."""
        constants = [b for name, b in self.extra.items() if name in self.needed]
        scalars = [Buffer(name, ("0",)) for name in self.needed if name in self.lasting]
        apart = {*self.extra, *self.lasting, *self.window_views, *self.reshaped.values()}
        moving = moving_names(self.arrays, self.reshaped)
        apart |= {each(name) for name in (*moving, *self.window_views)}
        windows = window_lists([b for name, b in self.window_views.items() if name in self.needed], moving)
        tables = table_buffers(self.program, self.plainly)
        values = shared([n for n in self.needed if n not in apart], self.arrays, self.owner)
        return (*tables, *constants, *scalars, *values, *other_shapes(self.reshaped, self.arrays), *windows)
