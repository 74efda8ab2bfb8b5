"""Names for values by what they are made of: ``one_minus_i_rnn``, ``dq_times_Wq_attn``, ``mean_dxhat_ln1``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import prod

from symbp.lower.model import STEP, Apply, Array, At, Fold, Node, Product, Read, Scalar, Window
from symbp.notation.expr import number

LONGEST = 28  # letters of a name: a longer one says less than what the value is for
BETWEEN = {"multiply": "times", "add": "plus", "subtract": "minus", "divide": "over"}
BEFORE = {"exp": "exp", "log": "log", "sqrt": "root", "tanh": "tanh", "negative": "minus", "reciprocal": "inverse"}


@dataclass(frozen=True, slots=True)
class Describing:
    """The arrays of a program, and what the values in between are made of."""

    arrays: Mapping[str, Array]
    made: Mapping[str, Node]

    def name(self, value: Node, layer: str) -> str:
        """What a value is, in the names of named arrays, with the layer behind it; nothing where that is no name.

        The layer's own arrays go without its name.
        """
        text = self.description(value, layer)
        copied = isinstance(value, Window | Read)  # which goes by the whole name of what it is a copy of
        name = text if copied or not layer or text.endswith(f"_{layer}") else f"{text}_{layer}"
        return name if text and len(name) <= LONGEST else ""

    def description(self, value: Node, layer: str) -> str:
        match value:
            case Apply(function="multiply", args=(Read() as a, Scalar() as b)) if _is_mean(over := self.summed(a), b):
                return _before("mean", self.terms(over, layer))
            case Apply(function=function, args=(a, b)) if function in BETWEEN:
                return _between(BETWEEN[function], self.operand(a, layer), self.operand(b, layer))
            case Product(left=a, right=b):
                return _between("times", self.operand(a, layer), self.operand(b, layer))
            case Apply(function="square", args=(a,)):
                return _behind(self.operand(a, layer), "squared")
            case Apply(function=function, args=(a,)) if function in BEFORE:
                return _before(BEFORE[function], self.operand(a, layer))
            case Fold(op="sum"):
                return _before("sum", self.terms(value, layer))
            case Window(source=source):
                return _before("patches", self.copied(source))
            case Read():
                return _before("turned", self.copied(value))
        return ""

    def summed(self, step: Read) -> Fold | None:
        """The sum that a value in between is."""
        value = self.made.get(step.name) if self.arrays[step.name].part_of else None
        return value if isinstance(value, Fold) and value.op == "sum" else None

    def terms(self, fold: Fold | None, layer: str) -> str:
        """What is summed: a named array, or a value in between by what it is made of."""
        if fold is None or not isinstance(fold.body, Read):
            return ""
        value = self.made.get(fold.body.name) if self.arrays[fold.body.name].part_of else None
        plain = isinstance(value, Apply) and (value.function in BETWEEN or value.function == "square")
        return self.description(value, layer) if value is not None and plain else self.operand(fold.body, layer)

    def operand(self, node: Node, layer: str) -> str:
        """The role of a named array, the square of one, or the number 1."""
        if isinstance(node, Scalar) and node.value == number(1):
            return "one"
        if isinstance(node, At) and node.place == STEP:
            return self.operand(node.body, layer)
        if not isinstance(node, Read):
            return ""
        if self.arrays[node.name].part_of:
            step = self.made.get(node.name)
            return self.description(step, layer) if isinstance(step, Apply) and step.function == "square" else ""
        role, found, rest = node.name.partition(f"_{layer}")
        inside = bool(layer and found) and (not rest or rest.startswith("_"))
        return f"{role}{rest}" if inside else node.name

    def copied(self, node: Node) -> str:
        """The name of what a copy is one of."""
        if not isinstance(node, Read) or self.arrays[node.name].part_of:
            return ""
        return node.name.removeprefix("padded_")


def _is_mean(fold: Fold | None, factor: Scalar) -> bool:
    """Whether a sum is divided by how many terms it has."""
    sizes = [a.size for a in fold.over] if fold is not None else []
    whole = [size for size in sizes if isinstance(size, int)]
    return bool(sizes) and whole == sizes and factor.value == number(Fraction(1, prod(whole)))


def slope(gradient: str) -> str:
    """The name of what a gradient is the product of with the one behind it: ``slope_z_fc`` for ``dz_fc``."""
    return f"slope_{gradient.removeprefix('d')}"


def lengthened(name: str, towards: str) -> str:
    """The name with what the value leads to, where another value has it: ``factor_for_dz_up`` for ``factor_up``."""
    role, _, layer = name.rpartition("_")
    stem = role if role and towards.endswith(f"_{layer}") else name
    longer = f"{stem}_for_{towards.removeprefix('taps_')}"
    return longer if len(longer) <= LONGEST else ""


def _between(word: str, first: str, second: str) -> str:
    return f"{first}_{word}_{second}" if first and second else ""


def _before(word: str, name: str) -> str:
    return f"{word}_{name}" if name else ""


def _behind(name: str, word: str) -> str:
    return f"{name}_{word}" if name else ""
