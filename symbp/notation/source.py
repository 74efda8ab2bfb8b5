"""What `elaborate` takes and gives: a formula with everything declared that it may read, and the resolved equations."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from symbp.notation.expr import Equation, Expr, Index, Sym
from symbp.notation.problems import FormulaErrors, FormulaProblem
from symbp.notation.sizes import SizeTie

_DECLARED = re.compile(r"\s*([A-Za-z][A-Za-z0-9_]*)\s*(?:\[([^\[\]]*)\])?\s*")
_LETTER = r"[a-z][a-z0-9_]*"
_AXIS = re.compile(rf"\s*(?:\*?({_LETTER})|\*?\(\s*({_LETTER}(?:\s+{_LETTER})*)\s*\))\s*")
Axes = tuple[tuple[str, ...], ...]  # the letters of each axis of an array


def axes_in(text: str) -> Axes | None:
    """The letters of axes written as ``n,(g c),h``, each axis by itself; None where that is no list of axes.

    A star in front of the last one is left out: it stands for all axes from there on.

    >>> axes_in("n,(g c),h")
    (('n',), ('g', 'c'), ('h',))
    """
    if "*" in text.rpartition(",")[0]:
        return None
    found = [_AXIS.fullmatch(part) for part in text.split(",")] if text.strip() else []
    axes = tuple(tuple((m.group(1) or m.group(2)).split()) for m in found if m is not None)
    letters = [letter for axis in axes for letter in axis]
    return axes if len(axes) == len(found) and len(set(letters)) == len(letters) else None


@dataclass(frozen=True, slots=True)
class TensorSource:
    """A tensor that a formula may read: `letters` as declared, the first one of an input or target being ``n``.

    `role` is "input", "parameter" or "data" (no gradient is asked).  `grouped` lists the letters of each axis of the
    array where several letters are one axis: ``(g c)``; formulas read the letters one by one.  `joined` says of each
    axis whether it was written in parentheses: all axes that a letter in them stands for are one.  With a `star` the
    letters of the last axis stand for all axes of the array from there on, taken together in C order.
    """

    name: str
    letters: tuple[str, ...] = ()
    role: str = "input"
    integer: bool = False
    positive: bool = False
    grouped: Axes = ()
    joined: tuple[bool, ...] = ()
    star: bool = False

    @property
    def axes(self) -> Axes:
        """The letters of each axis of the array."""
        return self.grouped or tuple((letter,) for letter in self.letters)

    @staticmethod
    def read(text: str, role: str = "input", *, integer: bool = False, positive: bool = False) -> TensorSource:
        """From text such as ``x[n,i]`` or ``x[n,(g c)]``; a name alone has no letters.  Raises FormulaErrors.

        >>> TensorSource.read("W[i,j]", "parameter").letters
        ('i', 'j')
        """
        match = _DECLARED.fullmatch(text)
        axes = axes_in(match.group(2) or "") if match else None
        if match is None or axes is None:
            message = f"{text.strip()!r} does not declare an array"
            raise FormulaErrors(
                text, [FormulaProblem("F120", message, None, "write a name and distinct lower-case letters: x[n,i]")]
            )
        letters = tuple(letter for axis in axes for letter in axis)
        written = (match.group(2) or "").split(",")
        joined = tuple("(" in axis for axis in written)
        star = "*" in written[-1]
        own = (axes, joined) if any(joined) or star else ((), ())
        return TensorSource(match.group(1), letters, role, integer, positive, *own, star)


@dataclass(frozen=True, slots=True)
class FormulaSource:
    """A formula and all that it may read.

    `constants` are real numbers known when the module is generated (``alpha``), those in `positive` known to be > 0;
    `variables` are numbers that change from step to step (``lr``, ``k``); `integers` are replaced by their values,
    since they belong to what the layer is (a stride).
    `leading` are the letters that the letter ``n`` stands for; `several` are other letters that stand for several axes,
    perhaps for none: (("r", ("h", "w")),).  `sized` are the letters that get a size from outside of
    the formula, apart from those of inputs and data; None: every declared letter has one.
    `pointwise`: the letters that every name without brackets has (activations); None: no such rule.  `output` is the
    name that the last line defines; a single line without ``=`` defines it.  `facts` are equations known of the data.
    `reassign`: values may be defined several times, and declared tensors be given new values (optimisers).
    """

    text: str
    tensors: tuple[TensorSource, ...] = ()
    constants: tuple[str, ...] = ()
    positive: frozenset[str] = frozenset()
    variables: tuple[str, ...] = ()
    integers: tuple[tuple[str, int], ...] = ()
    leading: tuple[str, ...] = ("n",)
    several: tuple[tuple[str, tuple[str, ...]], ...] = ()
    sized: tuple[str, ...] | None = None
    pointwise: tuple[str, ...] | None = None
    output: str = ""
    facts: tuple[str, ...] = ()
    reassign: bool = False

    def expanded(self) -> FormulaSource:
        """The same source with ``n``, and every other letter for several axes, replaced by the letters of these."""
        return replace(
            self,
            tensors=tuple(
                replace(t, letters=self.spread(t.letters), grouped=self.grouped_axes(t)) for t in self.tensors
            ),
            pointwise=None if self.pointwise is None else self.spread(self.pointwise),
        )

    def spread(self, letters: tuple[str, ...]) -> tuple[str, ...]:
        """`letters` with those for several axes replaced (once: they may be replaced already)."""
        if letters[: len(self.leading)] == self.leading and len(self.leading) > 1:
            return letters[: len(self.leading)] + self.spread(letters[len(self.leading) :])
        return tuple(m for letter in letters for m in self.axes(letter))

    def grouped_axes(self, tensor: TensorSource) -> Axes:
        """The letters of each axis of an array, spread out; empty where every axis has one letter."""
        axes = self.spread_axes(tensor.grouped, tensor.joined)
        return axes if tensor.star or any(len(axis) != 1 for axis in axes) else ()

    def spread_axes(self, axes: Axes, joined: tuple[bool, ...]) -> Axes:
        """As `spread`: a letter for several axes becomes as many axes, in an axis that is `joined` letters of it."""
        found: list[tuple[str, ...]] = []
        for axis, together in zip(axes, joined, strict=True):
            found += [self.spread(axis)] if together else [(m,) for m in self.spread(axis)]
        return tuple(found)

    def axes(self, letter: str) -> tuple[str, ...]:
        """The letters of the axes that a letter stands for: itself, or several, or none."""
        return self.leading if letter == "n" else dict(self.several).get(letter, (letter,))


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """A tensor of the resolved equations.  `role` is that of its declaration, or "value"."""

    name: str
    indices: tuple[Index, ...]
    role: str
    integer: bool = False
    positive: bool = False


@dataclass(frozen=True, slots=True)
class Elaborated:
    """Resolved equations.  `tensors` are the declared ones in order, then the values in order of definition.

    `sizes` gives the size symbol of each declared letter, in order; `ties` the letters with sizes of their own that the
    formula forces to be equal (the caller compares the numbers); `constants` the `Sym`s that are read, sorted by name.
    """

    equations: tuple[Equation, ...]
    tensors: tuple[TensorInfo, ...]
    facts: tuple[tuple[Expr, Expr], ...] = ()
    sizes: tuple[tuple[str, Sym], ...] = ()
    ties: tuple[SizeTie, ...] = ()
    constants: tuple[Sym, ...] = ()

    def tensor(self, name: str) -> TensorInfo:
        return next(t for t in self.tensors if t.name == name)
