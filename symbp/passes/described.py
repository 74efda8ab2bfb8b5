"""Names for values by what they are made of: ``one_minus_i_rnn``, ``f_times_c_before_rnn``, ``turned_K_c3``."""

from __future__ import annotations

from collections.abc import Mapping

from symbp.lower.model import STEP, Apply, Array, At, Fold, Node, Read, Scalar, Window
from symbp.notation.expr import number

LONGEST = 28  # letters of a name: a longer one says less than what the value is for
BETWEEN = {"multiply": "times", "add": "plus", "subtract": "minus", "divide": "over"}
BEFORE = {"exp": "exp", "log": "log", "sqrt": "root", "tanh": "tanh", "negative": "minus", "reciprocal": "inverse"}


def described(value: Node, arrays: Mapping[str, Array], layer: str) -> str:
    """What a value is, in the names of named arrays, with the layer behind it; nothing where that is no name.

    The layer's own arrays go without its name.
    """
    text = _description(value, arrays, layer)
    copied = isinstance(value, Window | Read)  # which goes by the whole name of what it is a copy of
    name = text if copied or not layer or text.endswith(f"_{layer}") else f"{text}_{layer}"
    return name if text and len(name) <= LONGEST else ""


def lengthened(name: str, towards: str) -> str:
    """The name with what the value leads to, where another value has it: ``factor_for_dz_up`` for ``factor_up``."""
    role, _, layer = name.rpartition("_")
    stem = role if role and towards.endswith(f"_{layer}") else name
    longer = f"{stem}_for_{towards.removeprefix('taps_')}"
    return longer if len(longer) <= LONGEST else ""


def _description(value: Node, arrays: Mapping[str, Array], layer: str) -> str:
    match value:
        case Apply(function=function, args=(a, b)) if function in BETWEEN:
            texts = [_operand(n, arrays, layer) for n in (a, b)]
            return f"{texts[0]}_{BETWEEN[function]}_{texts[1]}" if all(texts) else ""
        case Apply(function="square", args=(a,)):
            return _behind(_operand(a, arrays, layer), "squared")
        case Apply(function=function, args=(a,)) if function in BEFORE:
            return _before(BEFORE[function], _operand(a, arrays, layer))
        case Fold(op="sum", body=body):
            return _before("sum", _operand(body, arrays, layer))
        case Window(source=source):
            return _before("patches", _copied(source, arrays))
        case Read():
            return _before("turned", _copied(value, arrays))
    return ""


def _operand(node: Node, arrays: Mapping[str, Array], layer: str) -> str:
    """The role of a named array, or the number 1."""
    if isinstance(node, Scalar) and node.value == number(1):
        return "one"
    if isinstance(node, At) and node.place == STEP:
        return _operand(node.body, arrays, layer)
    if not isinstance(node, Read) or arrays[node.name].part_of:
        return ""
    role, found, rest = node.name.partition(f"_{layer}")
    inside = bool(layer and found) and (not rest or rest.startswith("_"))
    return f"{role}{rest}" if inside else node.name


def _copied(node: Node, arrays: Mapping[str, Array]) -> str:
    """The name of what a copy is one of."""
    if not isinstance(node, Read) or arrays[node.name].part_of:
        return ""
    return node.name.removeprefix("padded_")


def _before(word: str, name: str) -> str:
    return f"{word}_{name}" if name else ""


def _behind(name: str, word: str) -> str:
    return f"{name}_{word}" if name else ""
