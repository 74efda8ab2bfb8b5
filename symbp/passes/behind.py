"""What commutes with a maximum over windows is done behind it, where there are fewer numbers.

A monotone function of every number, or something added to all numbers of a window, can wait until the largest is known:
``max[u,v](maximum(z + b, 0)) = maximum(max[u,v](z) + b, 0)``.  Likewise backwards.  A window gives its gradient to the
first place that holds its maximum, so that what this place multiplies it by, if it follows from the number there alone,
follows from the maximum; and the sum of all that is given is the sum of what there was to give.

Where the function is flat, as relu is below 0, it makes ties that were none.  The gradient of such a window is 0 then,
whichever place it is given to: this is seen from the factor ``[y > 0]``, and where there is none nothing is moved.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product

from symbp.lower.model import (
    FORWARD,
    Apply,
    Array,
    Axis,
    Fold,
    Node,
    Places,
    Program,
    Read,
    Scalar,
    Scatter,
    Statement,
    Step,
    Window,
    affine_of,
    all_axes,
    axes_of,
    factors_of,
    free_name,
    fresh_axis,
    letters_of,
    mapped,
    product_of,
    read_arrays,
    reads,
    relettered,
    stays_inside,
    sum_of,
    terms_of,
    views_of,
    walk,
)
from symbp.notation.expr import Num
from symbp.passes.ledger import Setting, counted
from symbp.passes.scatters import one_place

INCREASING = frozenset(("tanh", "sigmoid", "exp", "expm1", "arctan", "sinh", "softplus", "erf"))
Letters = dict[Axis, Axis]
Extent = Callable[[tuple[Axis, ...]], int]


def behind_maxima(program: Program, setting: Setting) -> tuple[Program, str]:
    """Functions and gradients of single numbers moved behind the maxima over windows that these numbers go into."""
    count = 0
    for name in [s.target for s in program.statements if isinstance(s, Statement) and _maximum(s) is not None]:
        for move in (_gradient_behind, _function_behind):
            moved = move(program, name, setting.extent)
            while moved is not None:
                program, count = moved, count + 1
                moved = move(program, name, setting.extent)
    program, sums = _with_short_sums(program)
    did = f"{counted(count, 'step')} behind a maximum" if count else ""
    return program, f"{did}, {counted(sums, 'sum')} shorter" if sums else did


# ---- what a program holds ----


def _plain(s: object) -> bool:
    """Whether a statement gives a whole array its value, once."""
    return isinstance(s, Statement) and bool(s.axes) and s.definition


def _made(program: Program, name: str) -> Statement | None:
    """The only statement that makes a value, if that is a plain one."""
    found = [s for s in program.statements if isinstance(s, Statement) and s.target == name]
    return found[0] if len(found) == 1 and _plain(found[0]) and program.array(name).kind == "value" else None


def _inner(program: Program, name: str) -> Statement | None:
    """The same of a value that nothing outside of the program reads."""
    return _made(program, name) if name not in program.lasting else None


def _readers(program: Program, name: str) -> list[Step]:
    views = views_of(program.arrays)
    return [s for s in program.statements if name in read_arrays(s, views)]


def _maximum(s: Statement) -> Fold | None:
    """The maximum over windows of an array that a statement takes."""
    found = [n for n in walk(s.value) if isinstance(n, Fold) and n.op == "max" and _windowed(n)]
    return found[0] if len(found) == 1 and s.stage == FORWARD and _plain(s) else None


def _windowed(fold: Fold) -> bool:
    """Whether a fold is over windows of an array, and each of them meets it: what lies beyond is never the largest."""
    body = fold.body
    return isinstance(body, Window) and isinstance(body.source, Read) and (stays_inside(body.at) or _met(body.at))


def _met(at: Places) -> bool:
    """Whether every window has a place on each axis of known size."""
    for axis, place in at:
        sizes = [a.size for a in (axis, *place.axes) if isinstance(a.size, int)]
        if len(sizes) != 1 + len(place.axes) or place.sizes:
            return False
        starts, *taps = [range(0, f * a.size, f) for a, f in sorted(place.terms, key=_run) if isinstance(a.size, int)]
        every = [tuple(sum(t) for t in product(*taps))] if taps else [(0,)]
        if not all(any(0 <= place.offset + s + t < sizes[0] for t in every[0]) for s in starts):
            return False
    return True


def _run(term: tuple[Axis, int]) -> int:
    """The axis that counts the windows first: the longer one."""
    return -term[0].size if isinstance(term[0].size, int) else 0


def _same(known: Fold, other: Fold) -> Letters | None:
    """The letters of another fold by those of a known one, where both are taken over the same numbers."""
    numbers = [{axis: Axis(str(k), axis.size) for k, axis in enumerate(all_axes(f))} for f in (known, other)]
    keys = [relettered(replace(f, op="max"), n) for f, n in zip((known, other), numbers, strict=True)]
    if keys[0] != keys[1]:
        return None
    back = {number: axis for axis, number in numbers[1].items()}
    return {axis: back[number] for axis, number in numbers[0].items()}


@dataclass(frozen=True, slots=True)
class _Given:
    """What windows give to the first place that holds their maximum: ``scatter(value*[argmax == place])``."""

    node: Scatter
    value: Node
    hit: Apply
    first: Fold

    @property
    def letters(self) -> tuple[Axis, ...]:
        """The axes that count the taps."""
        place = affine_of(self.hit.args[1])
        return place.axes if place is not None else ()

    def of(self, value: Node, first: Fold) -> Scatter:
        """The same places with another value, and those of the first maximum of something else."""
        hit = replace(self.hit, args=(first, self.hit.args[1]))
        return replace(self.node, body=Apply("multiply", (value, hit), equation=self.node.body.equation))


def _given(node: Node) -> _Given | None:
    if not isinstance(node, Scatter):
        return None
    for n in walk(node.body):
        match n:
            case Apply("equal", (Fold(op="argmax", body=Window()) as first, place)):
                affine = affine_of(place)
                found = one_place(node.body, affine.axes) if affine is not None else None
                return _Given(node, *found, first) if found is not None and found[1] is n else None
    return None


# ---- gradients ----


def _gradient_behind(program: Program, name: str, extent: Extent) -> Program | None:
    """``dz = da*g(a)`` for the gradient da that windows give, as what they give of ``dy*g(y)``."""
    y = _made(program, name)
    fold = _maximum(y) if y is not None else None
    if y is None or fold is None or y.value is not fold or extent(y.axes) >= extent(axes_of(fold.body.children[0])):
        return None
    for d in program.statements:
        given = _given(d.value) if isinstance(d, Statement) and _plain(d) else None
        letters = _same(fold, given.first) if given is not None else None
        if given is None or letters is None or not isinstance(d, Statement) or _inner(program, d.target) is not d:
            continue
        after = _readers(program, d.target)
        z = after[0] if len(after) == 1 else None
        if isinstance(z, Statement) and _plain(z) and z.stage == d.stage:
            done = _multiplied(program, y, d, z, given, letters)
            if done is not None:
                return done
    return None


def _multiplied(
    program: Program, y: Statement, d: Statement, z: Statement, given: _Given, letters: Letters
) -> Program | None:
    """The program with the product `z` of what windows give, `d`, taken before it is given."""
    (a,) = reads(given.first)
    factors, scalar = factors_of(z.value)
    own = [f for f in factors if isinstance(f, Read) and f.name == d.target]
    others = [f for f in factors if f not in own]
    if len(own) != 1 or not isinstance(own[0], Read) or not all(_elementwise(f, a, own[0].axes) for f in others):
        return None
    axes = tuple(letters[axis] for axis in y.axes)

    def pooled(node: Node) -> Node:
        return Read(y.target, axes) if isinstance(node, Read) else node

    behind = [mapped(f, pooled) for f in others]
    value = product_of([given.value, *behind, Scalar(scalar)])
    name = free_name(_behind_name(z.target, y.target), {s.name: s for s in program.arrays})
    before = replace(z, target=name, axes=axes, value=replace(value, equation=z.equation))
    by_place = dict(zip(own[0].axes, d.axes, strict=True))
    body = given.of(Read(name, axes), given.first)
    after = replace(d, target=z.target, axes=tuple(by_place[axis] for axis in z.axes), value=body)
    statements = tuple(
        part
        for s in program.statements
        if s is not d
        for part in ((before, after) if s is z else (s,))
    )
    arrays = tuple(other for other in program.arrays if other.name != d.target)
    new = Array(name, tuple(axis.size for axis in axes))
    return replace(program, arrays=(*arrays, new), statements=statements)


def _elementwise(node: Node, name: str, axes: tuple[Axis, ...]) -> bool:
    """Whether a value follows from the number of one array at the same place alone."""
    kinds = all(isinstance(n, Apply | Scalar | Read) for n in walk(node))
    return kinds and all(n.name == name and n.axes == axes for n in walk(node) if isinstance(n, Read))


def _behind_name(value: str, maximum: str) -> str:
    """``dz_p1`` for dz_c1 behind the maximum y_p1."""
    return f"{value.partition('_')[0]}_{maximum.partition('_')[2] or maximum}"


# ---- functions ----


@dataclass(frozen=True, slots=True)
class _Peeled:
    """A value as a function of another one; `flat`: where that is not above this number, its values are equal."""

    inner: Node
    function: str = ""
    beside: tuple[Node, ...] = ()
    flat: Node | None = None

    def around(self, value: Node, equation: str) -> Node:
        if self.function:
            return Apply(self.function, (value, *self.beside), equation=equation)
        return replace(sum_of([value, *self.beside]), equation=equation)


def _peeled(value: Node, windowed: frozenset[Axis]) -> _Peeled | None:
    """The outermost function of a value, if it commutes with a maximum along the axes `windowed`."""
    match value:
        case Apply("maximum", (Scalar() as c, x)) | Apply("maximum", (x, Scalar() as c)):
            return _Peeled(x, "maximum", (c,), c)
        case Apply(function=function, args=(x,)) if function in INCREASING:
            return _Peeled(x, function)
        case Apply("multiply", (x, Scalar(value=Num(value=c)) as by)) if c > 0:
            return _Peeled(x, "multiply", (by,))
        case Apply(function="add" | "subtract"):
            terms = terms_of(value)
            moving = tuple(t for t in terms if not windowed & set(axes_of(t)))
            staying = [t for t in terms if windowed & set(axes_of(t))]
            return _Peeled(sum_of(staying), "", moving) if moving and staying else None
    return None


def _function_behind(program: Program, name: str, extent: Extent) -> Program | None:
    """The maximum `name` with the outermost function of what it is taken of behind it; None where that is not so."""
    y = _made(program, name)
    fold = _maximum(y) if y is not None else None
    if y is None or fold is None or not isinstance(fold.body, Window) or not isinstance(fold.body.source, Read):
        return None
    a = _inner(program, fold.body.source.name)
    if a is None or a.stage != FORWARD or extent(axes_of(fold)) >= extent(a.axes):
        return None
    if [axis.size for axis in a.axes] != [axis.size for axis in fold.body.source.axes]:
        return None  # made by other letters than it is read by: (g c) for the channels
    letters = dict(zip(a.axes, fold.body.source.axes, strict=True))
    gone = {axis for axis, _ in fold.body.at}
    peeled = _peeled(a.value, frozenset(own for own, axis in letters.items() if axis in gone))
    if peeled is None or set(axes_of(peeled.inner)) != set(a.axes):
        return None
    others = [s for s in _readers(program, a.target) if s is not y]
    if not all(isinstance(s, Statement) and _commutes(program, s, y, fold, peeled) for s in others):
        return None
    return _commuted(program, y, a, peeled)


def _commutes(program: Program, s: Statement, y: Statement, fold: Fold, peeled: _Peeled) -> bool:
    """Whether a statement that reads what the maximum is taken of only asks where the first maximum is.

    Where the function has made ties, what is given there must be 0 anyway.
    """
    (a,) = reads(fold)
    given = _given(s.value)
    if given is None or _same(fold, given.first) is None or a in reads(given.value):
        return False
    return peeled.flat is None or _vanishes(program, given.value, y, peeled.flat)


def _vanishes(program: Program, value: Node, y: Statement, flat: Node) -> bool:
    """Whether a product is 0 where the maximum is not above a number."""
    if isinstance(value, Read) and value.name != y.target:
        made = _made(program, value.name)
        return made is not None and _vanishes(program, made.value, y, flat)
    tests = (f for f in factors_of(value)[0] if isinstance(f, Apply) and f.function == "greater")
    return any(isinstance(f.args[0], Read) and f.args[0].name == y.target and f.args[1] == flat for f in tests)


def _commuted(program: Program, y: Statement, a: Statement, peeled: _Peeled) -> Program:
    """The program with the maximum of the inner value, and the function behind it."""
    inner, arrays = peeled.inner, {array.name: array for array in program.arrays}
    made: tuple[Statement, ...] = ()
    if not isinstance(inner, Read):
        step = Array(free_name(f"{a.target} in front of {y.target}", arrays), arrays[a.target].shape, part_of=y.target)
        arrays[step.name] = step
        made = (replace(a, target=step.name, value=inner),)
        inner = Read(step.name, a.axes)

    def change(node: Node) -> Node:
        """A fold over windows of a as one over those of the inner value."""
        match node:
            case Fold(body=Window(source=Read(name=name) as source) as window) if name == a.target:
                own = dict(zip(a.axes, source.axes, strict=True))
                inside = replace(window, source=relettered(inner, own))
                fold = replace(node, body=inside, equation=node.equation or y.equation)
                if node.op == "argmax":
                    return fold
                beside = tuple(relettered(b, own) for b in peeled.beside)
                return replace(peeled, beside=beside).around(fold, a.equation)
        return node

    statements: list[Step] = []
    for s in program.statements:
        if s is a:
            statements += made
        elif isinstance(s, Statement) and a.target in reads(s.value):
            value = mapped(s.value, change)
            statements.append(replace(s, value=value, equation=value.equation if s is y else s.equation))
        else:
            statements.append(s)
    del arrays[a.target]
    # what was a step towards a, for a maximum in front of this one, is one towards y
    kept = (replace(x, part_of=y.target) if x.part_of == a.target else x for x in arrays.values())
    return replace(program, arrays=tuple(kept), statements=tuple(statements))


# ---- sums ----


def _with_short_sums(program: Program) -> tuple[Program, int]:
    """Sums of all that windows give as sums of what there was to give."""
    given = {}
    for s in program.statements:
        found = _given(s.value) if isinstance(s, Statement) and _plain(s) else None
        if found is not None and isinstance(s, Statement) and stays_inside(found.node.at):
            given[s.target] = s, found
    count, statements = 0, list[Step]()
    for s in program.statements:
        short = _short(s, given) if isinstance(s, Statement) else None
        count += short is not None
        statements.append(short or s)
    return replace(program, statements=tuple(statements)), count


def _short(s: Statement, given: dict[str, tuple[Statement, _Given]]) -> Statement | None:
    match s.value:
        case Fold(op="sum", body=Read(name=name) as read) as fold if name in given:
            made, found = given[name]
        case _:
            return None
    if len(read.axes) != len(made.axes):
        return None
    whole = {axis for axis, _ in found.node.at}
    letters = dict(zip(made.axes, read.axes, strict=True))
    if not isinstance(found.value, Read) or not {letters[axis] for axis in whole} <= set(fold.over):
        return None
    taken = letters_of(s.axes, fold)
    new = {axis: letters[axis] if axis in letters else fresh_axis(axis, taken) for axis in found.value.axes}
    over = tuple(new[axis] for axis in found.value.axes if new[axis] not in s.axes)
    body = relettered(found.value, new)
    return replace(s, value=replace(fold, over=over, body=body)) if set(axes_of(body)) == {*s.axes, *over} else None
