"""A whole step, and all steps of an epoch, as one compiled call: for networks whose arrays are small.

numba looks at the types of all arguments at each call.  Of an array this takes 30 ns, of a named tuple of thirty arrays
5 us, more than all that xor computes in a step: the arrays of a step are given one by one.  Views of the flat vectors
that are made inside instead of given take as long, and a second more to compile.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from symbp.emit.layout import WIDTH
from symbp.emit.model import Code, Line
from symbp.emit.module_parameters import total
from symbp.graph.model import Graph
from symbp.lower.model import MOST_IN_ONE, ONE_CALL

KNOWN = {"np.dot", "len", "math.sqrt", "range"}
METHODS = {"sum", "reshape"}


def in_one_call(graph: Graph, code: Code) -> bool:
    """Whether a compiler of loops understands every statement of a step.

    Only where all that goes over numbers is a kernel or a product: such is a program whose arrays are small.
    """
    kernels = {function.name for function in code.helpers if function.compiled}
    plain = graph.plain and len(graph.inputs) == 1 and graph.targets[0].tensor not in graph.inputs
    kept = graph.random or graph.states or code.blocks or code.before or code.after or code.inference
    small = total(graph) <= ONE_CALL
    bodies = (code.forward, code.loss, code.backward, code.update)
    plain = plain and not (kept or code.micro_batch_size or code.spends)
    few = sum("(" in line.text and not line.text.startswith("#") for body in bodies for line in body) <= MOST_IN_ONE
    fits = bool(kernels) and small and few and plain and not graph.training.update.decayed
    return fits and _understood(chain(*bodies), kernels)


def _understood(lines: Iterable[Line], kernels: set[str]) -> bool:
    for line in lines:
        text = line.text
        if text.startswith(("#", "if k % ")) or re.match(r"[\w, ]+ = ws\.\w+(, ws\.\w+)*$", text):
            continue
        called = re.findall(r"([A-Za-z_][\w.]*)\(", text)
        methods = [name for name in called if name not in KNOWN | kernels]
        if any(name.rpartition(".")[2] not in METHODS or name.startswith("np.") for name in methods):
            return False
        if "ws." in text or text.startswith("for "):
            return False
    return True


@dataclass(frozen=True, slots=True)
class OneCall:
    """Texts of the compiled step: rows of its arguments, and by holder the tuple that is made of them again."""

    arguments: tuple[str, ...]
    holders: tuple[tuple[str, ...], ...]


def one_call(views: Sequence[str], workspace: Sequence[str], memory: Sequence[str]) -> OneCall:
    """From the statements that make the parameters, the workspace and the memory of the optimiser."""
    arguments = ["lr: float", "k: int", "x: Array", "y: Array", "theta: Array", "grad: Array"]
    holders: list[tuple[str, ...]] = []
    made = (("p", "Parameter", views, ()), ("g", "Parameter", views, ()), ("ws", "Workspace", workspace, ("len(x)",)))
    for holder, kind, lines, first in (*made, ("optimizer", "Optimizer", memory, ("k",))):
        names = _made(lines)
        arguments += [f"{holder}_{name}: Array" for name, same in names.items() if same == name]
        values = [*first, *(f"{holder}_{same}" for same in names.values())]
        holders.append(_rows(f"{holder} = {kind}Arrays(", values, ")", 1))
    return OneCall(_rows("", arguments, "", 1), tuple(holders))


def _made(lines: Sequence[str]) -> dict[str, str]:
    """The attributes that these statements make, and by which name each was made first."""
    names: dict[str, str] = {}
    for found in (re.match(r"self\.(\w+)[^=]* = (.*)", line) for line in lines):
        if found:
            same = found.group(2).removeprefix("self.")
            names[found.group(1)] = names.get(same, found.group(1))
    return names


def _rows(head: str, items: Sequence[str], tail: str, levels: int) -> tuple[str, ...]:
    """The items between head and tail; in rows of their own, filled, where one line has no room for all."""
    if head and len(line := f"{head}{', '.join(items)}{tail}") + 4 * levels <= WIDTH:
        return (line,)
    pad, rows = " " * 4 if head else "", list[str]()
    for item in items:
        if rows and len(rows[-1]) + len(item) + 2 + 4 * levels <= WIDTH:
            rows[-1] += f" {item},"
        else:
            rows.append(f"{pad}{item},")
    return (head, *rows, tail) if head else tuple(rows)
