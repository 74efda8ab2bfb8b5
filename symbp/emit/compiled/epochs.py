"""Whether all steps of an epoch can be one compiled call: for networks whose arrays are small."""

from __future__ import annotations

import re
from collections.abc import Iterable

from symbp.emit.model import Code, Line
from symbp.emit.module_parameters import total
from symbp.graph.model import Graph

KNOWN = {"np.dot", "len", "math.sqrt", "range"}
METHODS = {"sum", "reshape"}
SMALL = 65_536  # parameters: beyond, a step takes so long that its calls do not count


def in_one_call(graph: Graph, code: Code) -> bool:
    """Whether a compiler of loops understands every statement of a step.

    Only where all that goes over numbers is a kernel or a product: such is a program whose arrays are small.
    """
    kernels = {function.name for function in code.helpers if function.compiled}
    plain = graph.plain and len(graph.inputs) == 1 and graph.targets[0].tensor not in graph.inputs
    kept = graph.random or graph.states or code.blocks or code.before or code.after or code.inference
    small = total(graph) <= SMALL
    bodies = (*code.forward, *code.loss, *code.backward, *code.update)
    plain = plain and not (kept or code.micro_batch_size)
    fits = bool(kernels) and small and plain and not graph.training.update.decayed
    return fits and _understood(bodies, kernels)


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
