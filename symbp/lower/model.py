"""What a program is: statements over arrays, in the order in which they run, one list for each part of a step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from symbp.graph.model import Graph
from symbp.lower.affine import (
    affine_of,
    is_shift,
    size_bound,
    stays_inside,
)
from symbp.lower.arrays import GRAD, THETA, Array, Rows, lies_whole
from symbp.lower.build import factors_of, last_place, product_of, scaled, size_expr, split_sign, sum_of, terms_of
from symbp.lower.clipped import is_clipped
from symbp.lower.contraction import contraction, factors, grows, in_vectors
from symbp.lower.fresh import free_name, fresh_axis, letters_of
from symbp.lower.nodes import (
    COMPARISONS,
    FIRST_EQUAL,
    STEP,
    AddAt,
    Affine,
    Apply,
    At,
    Axis,
    Flat,
    Fold,
    Node,
    OneHot,
    Pick,
    Places,
    Position,
    Product,
    Read,
    Scalar,
    Scatter,
    Spread,
    Window,
    all_axes,
    axes_of,
    length_of,
    mapped,
    merged,
    reads,
    relettered,
    walk,
    with_children,
)
from symbp.lower.padding import padded, unpadded
from symbp.lower.reaches import FEW, Reach, is_tap_by_tap, loops_of, reaches, scattered, taps_apart, taps_everywhere
from symbp.lower.routines import Copies, MicroBatches, Origin, Place, Repeat, RoutineCall, Scale
from symbp.lower.scalars import is_number, monomial, power, product, total
from symbp.lower.sizes import MOST_IN_ONE, ONE_CALL, numbers_of, same_memory
from symbp.lower.statements import Loop, Routine, Statement
from symbp.lower.strided import Strided, strided
from symbp.lower.tables import Run, runs, table
from symbp.lower.taps import Taps, at_tap, first_equal_parts, taps_axes, taps_of, windows_of
from symbp.lower.text import scalar_text, statement_text
from symbp.lower.tiles import Tiles, tiles_of, with_tiles
from symbp.lower.uses import Step, Uses, read_arrays, rows_apart, targets_of, uses_of, views_of

FORWARD, LOSS, BACKWARD, PROBABILITY, UPDATE = "forward", "loss", "backward", "probability", "update"
INPUT = "input "  # the stage that fills the gradient of the input x is "input x"
BEFORE, AFTER = "before", "after"  # new values of states, around a training step's forward and backward passes


@dataclass(frozen=True, slots=True)
class Program:
    """A training step and an optimiser's update.

    `statements` run in order within their stage; the stages of a step run in the order forward, loss, backward and,
    where asked for, "input x"; "before" comes before them, "after" behind them.  "probability" follows forward.
    `inference` has the stages forward, probability and loss of a prediction, where these are others; `start` gives
    first values to parameters that follow from others, and `hessian`, where that is asked for, has the product of the
    Hessian of the loss with a direction, both in the stage forward.
    `tables` are carried out once, when the memory of a step is made: they depend on no array of a call.
    `bodies` are the blocks that `Repeat`s carry out.  Of such a `block` the output is read until the step is over.
    With `checkpoint` a block's forward pass is carried out again right before its backward pass.
    In a `brief` program calling NumPy's functions takes longer than what they do.  A whole network has a `micro`.
    The update goes through the vectors `update_block` numbers at a time, or (0) through all of them at once.
    With a `scale` the backward pass makes that multiple of each gradient, which is what the update then reads.
    `form` is "trees" (as lowered), "simple" (read by the simplest emission) or "calls" (every statement is one call;
    `places` says which buffers share memory).
    """

    name: str
    arrays: tuple[Array, ...]
    statements: tuple[Step, ...]
    outputs: tuple[str, ...]
    losses: tuple[str, ...]  # the scalar "loss"; where several are added up, each of them behind it
    probabilities: tuple[tuple[str, str], ...]  # an output, and the probabilities that are made from it
    input_gradients: tuple[tuple[str, str], ...]  # input -> the name of its gradient
    sizes: tuple[tuple[str, str, int], ...]  # free size, the input that has it, and along which axis
    parameter_count: int
    origins: tuple[Origin, ...] = ()
    routines: tuple[Routine, ...] = ()
    places: tuple[Place, ...] = ()
    form: str = "trees"
    tables: tuple[Statement, ...] = ()
    inference: Program | None = None
    start: Program | None = None
    hessian: Program | None = None
    bodies: tuple[Body, ...] = ()
    block: bool = False
    checkpoint: bool = False
    brief: bool = False
    update_block: int = 0
    scale: Scale | None = None
    micro: MicroBatches | None = None

    def array(self, name: str) -> Array:
        return next(a for a in self.arrays if a.name == name)

    @property
    def lasting(self) -> frozenset[str]:
        """The values of a step that leave the program."""
        return frozenset((*self.outputs, *self.losses, *(d for _, d in self.input_gradients)))

    def plain(self, stage: str) -> tuple[Statement, ...]:
        """The statements of one stage."""
        return tuple(s for s in self.statements if s.stage == stage and isinstance(s, Statement))

    def check(self) -> None:
        """Raises ValueError where a statement reads what is not there yet, or an axis has two sizes."""
        known = {a.name: a for a in self.arrays}
        views = views_of(self.arrays)
        seen: dict[str, list[str]] = {}  # the views of each array
        for view, owner in views.items():
            seen.setdefault(owner, []).append(view)
        made = {a.name for a in self.arrays if a.kind not in ("value", "gradient")}
        for block in blocks(self.statements):
            carried = {s.target for s in block if isinstance(s, Statement) and s.loop}  # from step to step
            made.update(view for owner in carried for view in seen.get(owner, ()))
            for s in block:
                if isinstance(s, Statement):
                    _check_statement(s, known, made)
                filled = [owner for target in targets_of(s) for owner in (target, views.get(target, target))]
                made.update(filled, (view for owner in filled for view in seen.get(owner, ())))

    def describe(self) -> str:
        """The program as text, stage by stage."""
        lines, stage = [f"program {self.name} ({self.form})"], ""
        for block in blocks(self.statements):
            if block[0].stage != stage:
                stage = block[0].stage
                lines += ["", f"{stage}:"]
            loop = block[0].loop if isinstance(block[0], Statement) else None
            if loop:
                lines.append(f"  {_head(loop)}:")
            lines += _in_kernels(block, "    " if loop else "  ")
        text = "\n".join(lines) + "\n"
        beside = [("in a prediction", self.inference), ("a product with the Hessian", self.hessian)]
        beside += [("a block", body.program) for body in self.bodies]
        return "\n".join((text, *(f"{what}: {other.describe()}" for what, other in beside if other is not None)))


@dataclass(frozen=True, slots=True)
class Body:
    """What each of several equal blocks of a network does: a network of its own, with the names that all blocks use.

    It reads the first of its inputs, the output of the block before, and the arrays `outside` of all blocks, to whose
    gradients `adding` it adds.  Its backward pass is `given` the gradient of its output.
    """

    graph: Graph
    program: Program
    outside: tuple[str, ...]
    adding: tuple[str, ...]
    given: str


def _head(loop: Loop) -> str:
    """What a loop goes through."""
    if loop.parts:
        return f"for each {loop.parts} places of {', '.join(a.letter for a in (loop.axis, *loop.behind))}"
    return f"for {STEP.name} of {loop.axis.letter}{', from the last' if loop.reverse else ''}"


def _in_kernels(block: Sequence[Step], indent: str) -> list[str]:
    """The lines of a block, those of a compiled loop under its name."""
    lines, kernel = list[str](), ""
    for s in block:
        own = s.kernel if isinstance(s, Statement) else ""
        if own and own != kernel:
            lines.append(f"{indent}kernel {own}:")
        kernel = own
        lines.append(f"{indent}{'  ' if own else ''}{_described(s)}")
    return lines


def kept(program: Program) -> frozenset[str]:
    """The values of a block that it must keep for itself while other blocks are at work.

    They are those that a part of a step reads before it has made them, and those that leave the program.  What the
    backward pass reads of the forward pass is not among them where that is carried out again.
    """
    views = views_of(program.arrays)
    found, own = set(program.lasting), {a.name for a in program.arrays if a.kind in ("value", "padded")}
    made: dict[str, set[str]] = {}
    for s in program.statements:
        if s.stage == PROBABILITY:
            continue
        if isinstance(s, Statement) and s.target in program.lasting and isinstance(s.value, Read):
            found.update(read_arrays(s, views))  # what leaves may be a view of it
        here = made.setdefault(s.stage, set())
        read = {*read_arrays(s, views), *(targets_of(s) if isinstance(s, Statement) and s.accumulate else ())}
        again = made.get(FORWARD, set()) if program.checkpoint and s.stage == BACKWARD else set[str]()
        found |= (read & own) - here - again
        here.update(views.get(name, name) for name in targets_of(s))
    return frozenset(found)


def blocks(statements: Iterable[Step]) -> list[list[Step]]:
    """The statements in order: those of one loop or kernel together, every other one alone."""
    made: list[list[Step]] = []
    now: tuple[object, str] = (None, "")
    for s in statements:
        own = ((s.loop or s.kernel or None) if isinstance(s, Statement) else None, s.stage)
        if own[0] is not None and own == now:
            made[-1].append(s)
        else:
            made.append([s])
        now = own
    return made


def _check_statement(s: Statement, known: dict[str, Array], made: set[str]) -> None:
    if s.target not in known:
        raise ValueError(f"{s.target} is computed but not declared")
    for node in walk(s.value):
        if isinstance(node, Read):
            if node.name not in made:
                raise ValueError(f"{s.target} reads {node.name}, which is not computed yet")
            shape = tuple(a.size for a in node.axes)
            if not same_memory(shape, known[node.name].shape):
                raise ValueError(f"{s.target} reads {node.name} as {shape}, it is {known[node.name].shape}")
    shape = tuple(size for k, size in enumerate(known[s.target].shape) if k not in dict(s.at))
    if not same_memory(shape, tuple(a.size for a in s.axes)):
        raise ValueError(f"{s.target} is computed as {s.axes}, of it {shape} is free")
    letters = letters_of(s.axes, s.value)
    if len(letters) != len({*s.axes, *all_axes(s.value)}):
        raise ValueError(f"a letter of {s.target} stands for axes of two sizes")
    own = set(axes_of(s.value))
    if own != set(s.axes) and not (s.accumulate and own < set(s.axes)):  # what is added may broadcast
        raise ValueError(f"{s.target} has the axes {s.axes}, its value {axes_of(s.value)}")


def _described(s: Step) -> str:
    if isinstance(s, RoutineCall):
        return s.describe()
    number = f"   ({s.equation})" if s.equation else ""
    at = ",".join(f"{k}: {scalar_text(place)}" for k, place in s.at)
    target = f"{s.target}[{at}]" if at else s.target
    return statement_text(target, s.axes, s.value, s.accumulate) + number


__all__ = [
    "AFTER",
    "BACKWARD",
    "BEFORE",
    "COMPARISONS",
    "FEW",
    "FIRST_EQUAL",
    "FORWARD",
    "GRAD",
    "INPUT",
    "LOSS",
    "MOST_IN_ONE",
    "ONE_CALL",
    "PROBABILITY",
    "STEP",
    "THETA",
    "UPDATE",
    "AddAt",
    "Affine",
    "Apply",
    "Array",
    "At",
    "Axis",
    "Body",
    "Copies",
    "Flat",
    "Fold",
    "Loop",
    "MicroBatches",
    "Node",
    "OneHot",
    "Origin",
    "Pick",
    "Place",
    "Places",
    "Position",
    "Product",
    "Program",
    "Reach",
    "Read",
    "Repeat",
    "Routine",
    "RoutineCall",
    "Rows",
    "Run",
    "Scalar",
    "Scale",
    "Scatter",
    "Spread",
    "Statement",
    "Step",
    "Strided",
    "Taps",
    "Tiles",
    "Uses",
    "Window",
    "affine_of",
    "all_axes",
    "at_tap",
    "axes_of",
    "blocks",
    "contraction",
    "factors",
    "factors_of",
    "first_equal_parts",
    "free_name",
    "fresh_axis",
    "grows",
    "in_vectors",
    "is_clipped",
    "is_number",
    "is_shift",
    "is_tap_by_tap",
    "kept",
    "last_place",
    "length_of",
    "letters_of",
    "lies_whole",
    "loops_of",
    "mapped",
    "merged",
    "monomial",
    "numbers_of",
    "padded",
    "power",
    "product",
    "product_of",
    "reaches",
    "read_arrays",
    "reads",
    "relettered",
    "rows_apart",
    "runs",
    "scaled",
    "scattered",
    "size_bound",
    "size_expr",
    "split_sign",
    "stays_inside",
    "strided",
    "sum_of",
    "table",
    "taps_apart",
    "taps_axes",
    "taps_everywhere",
    "taps_of",
    "targets_of",
    "terms_of",
    "tiles_of",
    "total",
    "unpadded",
    "uses_of",
    "views_of",
    "walk",
    "windows_of",
    "with_children",
    "with_tiles",
]
