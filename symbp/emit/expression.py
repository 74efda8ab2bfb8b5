"""Array expressions as one line of Python, the way a person writes them: ``(dz_fc3 @ p.W_fc3.T) * (1 - a_fc2**2)``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from symbp.emit.alignment import aligned
from symbp.emit.fractions import fraction, halves
from symbp.emit.layout import tuple_text
from symbp.emit.matrices import Products
from symbp.emit.scalar import python_scalar
from symbp.emit.slicing import padded_text, view_axes, view_text
from symbp.emit.texts import ATOM, COMPARISON, POWER, PRODUCT, SIGN, SUM, Text
from symbp.lower.model import (
    COMPARISONS,
    STEP,
    AddAt,
    Apply,
    At,
    Axis,
    Fold,
    Node,
    OneHot,
    Pick,
    Position,
    Product,
    Read,
    Scalar,
    Spread,
    Tiles,
    Window,
    axes_of,
    is_number,
    is_shift,
    last_place,
    padded,
    stays_inside,
    tiles_of,
)
from symbp.notation.expr import Add, Expr, Num, Sym, walk

WHOLE = {"floor_divide": "//", "remainder": "%"}


@dataclass(slots=True)
class Printer:
    """Prints trees.  `name` gives the text of an array, `size` of a free size; `called` collects helper functions.

    `doubles`: what has no dtype of its own may be of double precision.
    """

    name: Callable[[Read], str]
    size: Callable[[str], str]
    called: dict[str, None]
    step: str = "step"  # the variable of the loop at hand
    doubles: bool = False
    own: Callable[[Read], tuple[str, tuple[int | str, ...]]] = lambda read: ("", ())  # as an array lies in memory

    def line(self, node: Node, axes: Sequence[Axis]) -> str:
        """The expression with exactly the axes `axes`, in this order."""
        return self.real(node, axes).text

    def real(self, node: Node, want: Sequence[Axis]) -> Text:
        """The text of a node as numbers: 0/1 arrays that stand alone are converted."""
        text = self.text(node, want)
        if not text.bare:
            return text
        return Text(f"np.where({text.text}, 1.0, 0.0)")

    def scalar(self, e: Expr) -> Text:
        """A number; what is divided by stands below one fraction bar."""
        above, below = halves(e)
        if not isinstance(below, Num):
            divisor = self.scalar(below)
            return Text(f"{self.scalar(above).at(SIGN)} / {divisor.at(SIGN)}", PRODUCT)
        names = {s.name: self.size(s.name) if s.kind == "size" else s.name for s in walk(e) if isinstance(s, Sym)}
        names["inf"] = "np.inf"
        return Text(python_scalar(e, names), _scalar_level(e))

    def text(self, node: Node, want: Sequence[Axis]) -> Text:
        """A text that broadcasts against the axes `want`."""
        match node:
            case Read():
                return Text(aligned(self.name(node), node.axes, want))
            case Scalar():
                return self.scalar(node.value)
            case At():
                return self.part(node, want)
            case Position():
                return Text(aligned(f"np.arange({self.extent(node.axis)})", (node.axis,), want))
            case Apply():
                return self.apply(node, want)
            case Fold():
                return self.fold(node, want)
            case Product():
                return self.product(node, want)
            case Pick():
                return self.pick(node, want)
            case Window():
                return self.window(node, want)
            case OneHot():
                return self.one_hot(node, want)
            case AddAt():
                return self.add_at(node, want)
            case Spread(body=Scalar(value=value)) if self.doubles or is_number(value, 0):
                shape = tuple_text([self.extent(a) for a in want])
                zeros = is_number(value, 0)
                return Text(f"np.zeros({shape})" if zeros else f"np.full({shape}, {self.scalar(value).text})")
            case Spread():
                shape = ", ".join(self.extent(a) for a in want)
                comma = "," if len(want) == 1 else ""
                return Text(f"np.broadcast_to({self.real(node.body, want).text}, ({shape}{comma}))")
        raise TypeError(f"not an array expression: {node!r}")

    def part(self, node: At, want: Sequence[Axis]) -> Text:
        """``h[step]``, ``z[:, 0]``: the part of an array at one place, or at one place along each of several axes."""
        fixed: dict[Axis, Expr] = {}
        body: Node = node
        while isinstance(body, At):
            fixed[body.axis] = body.place
            body = body.body
        if isinstance(body, Position):
            return self.place(fixed[body.axis], body.axis)
        have = body.axes if isinstance(body, Read) else axes_of(body)
        text = self.name(body) if isinstance(body, Read) else self.real(body, have).at(ATOM)
        kept = [a for a in have if a not in fixed]
        if kept == [a for a in want if a in kept]:
            return Text(f"{text}[{self.index(have, fixed, want)}]")
        at = self.places(tuple((k, fixed[a]) for k, a in enumerate(have) if a in fixed), len(have), have)
        return Text(aligned(f"{text}[{at}]", kept, want))

    def index(self, have: Sequence[Axis], fixed: dict[Axis, Expr], want: Sequence[Axis]) -> str:
        """The index that takes places along some dimensions; None where `want` has an axis that is not there."""
        first = next((k for k, a in enumerate(want) if a in have), len(want))
        parts, rest = list[str](), list(have)
        for a in [*want[first:], None]:
            while rest and rest[0] in fixed:
                parts.append(self.place(fixed[rest[0]], rest.pop(0)).text)
            if a is not None:
                parts.append(":" if a in rest else "None")
                rest = rest[1:] if a in rest else rest
        while parts[-1] == ":":
            parts.pop()
        return ", ".join(parts)

    def places(self, at: tuple[tuple[int, Expr], ...], count: int, axes: Sequence[Axis] = ()) -> str:
        """The index that says places along some of `count` dimensions: ``:, 0``; nothing where there are none."""
        fixed = dict(at)
        texts = [self.place(fixed[k], axes[k] if axes else None).text if k in fixed else ":" for k in range(count)]
        while texts and texts[-1] == ":":
            texts.pop()
        return ", ".join(texts)

    def place(self, e: Expr, axis: Axis | None = None) -> Text:
        """One place along an axis."""
        if e == STEP:
            return Text(self.step)
        if axis is not None and isinstance(axis.size, str) and e == last_place(axis.size):
            return Text("-1", SIGN)
        return self.scalar(e)

    def extent(self, axis: Axis) -> str:
        return self.size(axis.size) if isinstance(axis.size, str) else str(axis.size)

    def window(self, node: Window, want: Sequence[Axis]) -> Text:
        """A view of all windows, of the padded array where they leave it."""
        source = node.source
        text = self.text(source, axes_of(source)).at(ATOM)
        if not stays_inside(node.at) and is_shift(node):
            return Text(aligned(padded_text(text, node), axes_of(node), want))
        if not stays_inside(node.at):
            shift, node = padded(node)
            text = padded_text(text, shift)
        text = view_text(text, node, self.size)
        if "windows(" in text:
            self.called["windows"] = None
        return Text(aligned(text, view_axes(node), want))

    def apply(self, node: Apply, want: Sequence[Axis]) -> Text:
        function, args = node.function, node.args
        if function in ("add", "subtract"):
            return self.sum(node, want)
        if function in ("multiply", "reciprocal"):
            return self.quotient(node, want)
        if function == "negative":
            return Text(f"-{self.real(args[0], want).at(PRODUCT)}", SUM)
        if function == "square":
            return Text(f"{self.real(args[0], want).at(ATOM)}**2", POWER)
        if function in WHOLE:
            above, below = (self.real(a, want) for a in args)
            return Text(f"{above.at(PRODUCT)} {WHOLE[function]} {below.at(SIGN)}", PRODUCT)
        if function == "power":
            base, exponent = (self.real(a, want) for a in args)
            point = ".0" if base.text.isdigit() else ""  # NumPy refuses negative powers of integers
            return Text(f"{base.at(ATOM)}{point}**{exponent.at(POWER)}", POWER)
        if function == "equal" and all(isinstance(a, Position) for a in args):
            return self.identity(node, want)
        if function in COMPARISONS:
            left, right = (self.compared(a, want) for a in args)
            return Text(f"{left} {COMPARISONS[function]} {right}", COMPARISON, bare=True)
        if function == "where":
            condition = self.text(args[0], want).text
            return Text(f"np.where({condition}, {self.real(args[1], want).text}, {self.real(args[2], want).text})")
        if function == "real":  # of a complex step, the part that is not a derivative
            return Text(self.compared(args[0], want))
        if function == "sign":
            return Text(f"np.sign({self.compared(args[0], want)})")
        return Text(f"{self.function(function)}({', '.join(self.real(a, want).text for a in args)})")

    def identity(self, node: Apply, want: Sequence[Axis]) -> Text:
        """1 where two places are equal; of axes of one size, a unit matrix."""
        row, column = (axes_of(a)[0] for a in node.args)
        if row.size != column.size:
            left, right = (self.compared(a, want) for a in node.args)
            return Text(f"{left} == {right}", COMPARISON, bare=True)
        if self.doubles:
            return Text(aligned(f"np.eye({self.extent(row)})", (row, column), want))
        return Text(aligned(f"np.eye({self.extent(row)}, dtype=bool)", (row, column), want), bare=True)

    def function(self, name: str) -> str:
        """The text of a function; one that NumPy lacks is a helper of the module."""
        if name in ("sigmoid", "softplus", "erf", "abs"):
            self.called[name] = None
            return "absolute" if name == "abs" else name
        return f"np.{name}"

    def compared(self, node: Node, want: Sequence[Axis]) -> str:
        """An operand of a comparison: decided by the real part."""
        text = self.text(node, want)
        if isinstance(node, Scalar | Position):
            return text.at(SUM)
        if isinstance(node, Fold) and node.op == "argmax":
            return text.at(SUM)
        return f"{text.at(ATOM)}.real"

    def joined(self, tiles: Tiles, axes: tuple[Axis, ...], want: Sequence[Axis]) -> Text:
        """``np.concatenate((a, b), axis=1)``: arrays that follow each other along an axis."""
        own = tuple(a for a in want if a in axes)
        orders = [[part.own if a == tiles.axis else a for a in own] for part in tiles.parts]
        parts = [self.real(part.source, order).text for part, order in zip(tiles.parts, orders, strict=True)]
        return Text(aligned(f"np.concatenate(({', '.join(parts)}), axis={own.index(tiles.axis)})", own, want))

    def sum(self, node: Apply, want: Sequence[Axis]) -> Text:
        tiles = tiles_of(node) if node.function == "add" else None
        if tiles is not None:
            return self.joined(tiles, axes_of(node), want)
        left, right = (self.text(a, want) for a in node.args)
        if left.bare and (right.bare or isinstance(node.args[1], Scalar)):
            left = self.real(node.args[0], want)
        if right.bare and isinstance(node.args[0], Scalar):
            right = self.real(node.args[1], want)
        sign = "+" if node.function == "add" else "-"
        last = node.args[1]
        flat = node.function == "add" and isinstance(last, Apply) and last.function == "add"  # a + b + c
        return Text(f"{left.at(PRODUCT if left.bare else SUM)} {sign} {right.at(SUM if flat else PRODUCT)}", SUM)

    def quotient(self, node: Apply, want: Sequence[Axis]) -> Text:
        """A product: numbers first, what is inverted below one fraction bar."""
        above, below, scalar = fraction(node)
        numerator, denominator = halves(scalar)
        texts = [self.text(a, want) for a in above]
        if texts and all(t.bare for t in texts):
            texts[0] = self.real(above[0], want)
        texts.sort(key=lambda t: t.bare)  # a mask does not come first: it may not follow a minus sign
        head = [] if is_number(numerator, 1) else [self.scalar(numerator)]
        parts = [t.at(PRODUCT if i == 0 and _flat(t) else SIGN) for i, t in enumerate([*head, *texts])]
        tail = [] if is_number(denominator, 1) else [self.scalar(denominator)]
        divisors = [t.at(SIGN) for t in [*(self.real(b, want) for b in below), *tail]]
        text = " * ".join(parts) or "1"
        if len(divisors) == 1:
            text += f" / {divisors[0]}"
        elif divisors:
            text += f" / ({' * '.join(divisors)})"
        return Text(text, PRODUCT)

    def fold(self, node: Fold, want: Sequence[Axis]) -> Text:
        body_axes = axes_of(node.body)
        places = tuple(sorted(body_axes.index(a) for a in node.over))
        rest = tuple(a for a in body_axes if a not in node.over)
        if node.op == "argmax" and len(node.over) > 1:
            return Text(aligned(self.place_of_maximum(node, rest), rest, want))
        body = self.text(node.body, body_axes)
        text = body.text
        if node.op in ("max", "min", "mean") and body.bare:
            text = self.real(node.body, body_axes).text
        if node.op == "argmax":
            text = f"{body.at(ATOM)}.real"
        if not rest:
            return Text(f"np.{node.op}({text})")
        axis = str(places[0]) if len(places) == 1 else f"({', '.join(map(str, places))})"
        if len(places) == 1 and aligned("", rest, want) == aligned("", rest, body_axes) != "":
            return Text(f"np.{node.op}({text}, axis={axis}, keepdims=True)")
        return Text(aligned(f"np.{node.op}({text}, axis={axis})", rest, want))

    def place_of_maximum(self, node: Fold, rest: tuple[Axis, ...]) -> str:
        """The place of the first maximum over several axes, counted in C order of them."""
        body = self.text(node.body, (*rest, *node.over)).at(ATOM)
        shape = ", ".join([*(self.extent(a) for a in rest), "-1"])
        return f"np.argmax({body}.real.reshape({shape}), axis=-1)"

    def product(self, node: Product, want: Sequence[Axis]) -> Text:
        return Products(self).product(node, want)

    def size_of(self, name: str) -> str:
        return self.size(name)

    def as_it_lies(self, node: Node) -> tuple[str, tuple[int | str, ...]]:
        """The text of an array and its shape in memory; nothing of what is no array."""
        return self.own(node) if isinstance(node, Read) else ("", ())

    def pick(self, node: Pick, want: Sequence[Axis]) -> Text:
        own, have = axes_of(node), axes_of(node.source)
        labels = axes_of(node.labels)
        apart = not set(labels) & set(have)
        at = []
        for axis in have:
            if axis == node.axis:
                at.append(self.text(node.labels, labels if apart else own).text)
            else:
                at.append(":" if apart else aligned(f"np.arange({self.extent(axis)})", (axis,), own))
        while at[-1] == ":":
            at.pop()
        source = self.text(node.source, have).at(ATOM)
        return Text(aligned(f"{source}[{', '.join(at)}]", own, want))

    def one_hot(self, node: OneHot, want: Sequence[Axis]) -> Text:
        self.called["one_hot"] = None
        labels = axes_of(node.labels)
        text = f"one_hot({self.text(node.labels, labels).text}, {self.extent(node.axis)})"
        return Text(aligned(text, (*labels, node.axis), want), ATOM, bare=True)

    def add_at(self, node: AddAt, want: Sequence[Axis]) -> Text:
        """Rows added up by label; where a label has axes of its own, a sum over one-hot rows."""
        labels = axes_of(node.labels)
        if set(labels) != set(node.over):
            hot = Apply("multiply", (node.body, OneHot(node.labels, node.axis)))
            return self.text(Fold("sum", node.over, hot), want)
        self.called["add_at"] = None
        rest = tuple(a for a in axes_of(node.body) if a not in node.over)
        values = self.real(node.body, (*labels, *rest)).text
        text = f"add_at({self.text(node.labels, labels).text}, {values}, {self.extent(node.axis)})"
        return Text(aligned(text, (node.axis, *rest), want))


def _flat(text: Text) -> bool:
    """Whether the text may open a product without parentheses: not another product with a division or a ``@``."""
    return text.level >= PRODUCT and "/" not in text.text and "@" not in text.text


def _scalar_level(e: Expr) -> int:
    """How tightly the text of a number holds together: a fraction that no float is exactly is a quotient."""
    match e:
        case Num(value=value):
            return ATOM if value >= 0 and float(value) == value else PRODUCT
        case Sym():
            return ATOM
        case Add():
            return SUM
    return PRODUCT
