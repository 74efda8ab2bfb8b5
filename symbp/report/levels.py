"""Names for any layer of a chain: the tensors of a unit as those of layer l, such as ``a`` of layer l-1.

A tensor of the chain has a name such as ``a@l-1`` or ``dW@l``, which no spec can write; `Style` says how it is printed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from symbp.graph.model import LocalTensor, Unit
from symbp.report.names import Name, name_of

LEVELS = ("l-1", "l", "l+1", "L")


@dataclass(frozen=True, slots=True)
class Style:
    """How a layout writes a layer's number (``A^{[l]}``), the gradients of z and a, and the number of samples.

    `slopes` lists letters whose gradient has a letter of its own: ``(("z", "\\delta"),)``.
    """

    layout: str
    bracket: bool
    batch: str
    slopes: tuple[tuple[str, str], ...]

    def name(self, base: Name, level: str, *, gradient: bool = False) -> Name:
        """The name of a tensor of one layer."""
        above = f"[{level}]" if self.bracket else level
        own = dict(self.slopes).get(base.base.lower(), "")
        if gradient and own:
            return Name(own, above=above)
        return replace(base, above=above, gradient=gradient)

    def names(self, tensors: Iterable[LocalTensor], *, matrices: bool) -> dict[str, Name]:
        """All names of a chain whose affine unit has these tensors; as matrices, those with two axes are capitals."""
        bases = {"a": name_of("A" if matrices else "a"), "z": name_of("Z" if matrices else "z")}
        for t in tensors:
            if t.role == "parameter":
                bases[t.name] = name_of(t.name.upper() if matrices and len(t.indices) == 2 else t.name)
        made = {f"{key}@{at}": self.name(base, at) for key, base in bases.items() for at in LEVELS}
        slopes = {f"d{key}@{at}": self.name(base, at, gradient=True) for key, base in bases.items() for at in LEVELS}
        return {**made, **slopes, "C": Name("C")}


ROWS = Style("rows", bracket=False, batch="N", slopes=(("z", r"\delta"),))
COLUMNS = Style("columns", bracket=True, batch="m", slopes=())
EXACT = replace(COLUMNS, slopes=(("z", r"\delta"), ("a", r"\varepsilon")))  # gradients of the loss of the whole batch


def input_of(unit: Unit) -> str:
    """The name of the unit's only input."""
    return next(t.name for t in unit.tensors if t.role == "input")


def affine_at(unit: Unit, level: str, before: str) -> dict[str, str]:
    """An affine unit in layer `level`, reading the values of layer `before`."""
    made = {input_of(unit): f"a@{before}", unit.output: f"z@{level}"}
    made |= {t.name: f"{t.name}@{level}" for t in unit.tensors if t.role == "parameter"}
    return with_gradients(made)


def pointwise_at(unit: Unit, level: str) -> dict[str, str]:
    """A pointwise unit in layer `level`: from z to a."""
    return with_gradients({input_of(unit): f"z@{level}", unit.output: f"a@{level}"})


def loss_behind(unit: Unit, last: str) -> dict[str, str]:
    """The loss, which reads `last` ("a" or "z") of layer L."""
    return {**with_gradients({input_of(unit): f"{last}@L"}), unit.output: "C"}


def with_gradients(names: dict[str, str]) -> dict[str, str]:
    """The same renaming for the gradients: ``dx`` becomes ``da@l-1`` where ``x`` becomes ``a@l-1``."""
    return {**names, **{f"d{key}": f"d{value}" for key, value in names.items()}}
