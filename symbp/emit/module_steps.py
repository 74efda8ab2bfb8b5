"""What a training step checks first: arrays that are as the network wants them are taken as they are."""

from __future__ import annotations

import math
import re

from symbp.emit.layout import tuple_text
from symbp.emit.model import Buffer, Code, Line
from symbp.emit.module_data import classes, ignored, lookups, target_kind
from symbp.graph.model import Axis, Graph, Tensor

SCRATCH = 2048  # numbers in the buffers of a ufunc
# Products, copies of whole arrays, and the lines that bind or return arrays.
UNGATHERED = re.compile(
    r"(np\.)?(dot|matmul)\(.*\)|\w+\[\.\.\.\] = \w+|return \w+|#.*|[\w, ]+ = (ws\.\w+(, )?)+", re.DOTALL
)
NAME = re.compile(r"(?<![.\w])[a-zA-Z_]\w*")
BOUND = re.compile(r"[\w, ]+ = ws\.")
WIDENED = re.compile(r"\bp\.|\bNone\b")  # vectors of parameters and new axes
TURNED = re.compile(r"\.T\b|transpose|swapaxes|strid")


def unchanged(graph: Graph, code: Code) -> tuple[str, ...]:
    """The body of the function that says whether x and y may be used as they are, by conditions under which not.

    Empty where the network has several inputs, several targets, or labels of which some do not count: they are always
    looked at one by one.  What is compiled takes no arrays that are read only:
    for these numba would compile it anew.
    """
    if not graph.plain or len(graph.inputs) > 1:
        return ()
    target, x = graph.targets[0], graph.tensor(graph.inputs[0])
    sizes = {a.symbol.name: f"x.shape[{k}]" for k, a in enumerate(x.axes) if a.size is None and k}
    free = [a.symbol.name for a in x.axes if a.size is None]
    if len(set(free)) < len(free) or ignored(graph, target) is not None:
        return ()
    if target.tensor in graph.inputs:
        arrays, returned = ["x"], "x, x"
        conditions = ["y is not None", *_types(arrays), *_dtypes({"x": x}), *_input_shape(x)]
    else:
        t = graph.tensor(target.tensor)
        shape = _target_shape(t, sizes)
        if not shape:
            return ()
        arrays, returned = ["x", "y"], "x, y"
        conditions = [*_types(arrays), *_dtypes({"x": x, "y": t}), *_input_shape(x), f"y.shape != {shape}"]
    flag = "carray" if code.compiled else "c_contiguous"  # the former: aligned and writeable too
    conditions += [*(f"not {a}.flags.{flag}" for a in arrays), "not x.size"]
    lines = ["if (", *(f"    {'or ' if k else ''}{c}" for k, c in enumerate(conditions)), "):", "    return None"]
    lines += _ranges(graph, x)
    return (*lines, f"return {returned}")


def taken(graph: Graph, code: Code) -> str:
    """The arrays of a step, from x and y."""
    careful = "_data(x, y, self.dtype, thorough=False)"
    return f"_unchanged(x, y, self.dtype) or {careful}" if unchanged(graph, code) else careful


def _types(arrays: list[str]) -> list[str]:
    return [f"type({a}) is not np.ndarray" for a in arrays]


def _dtypes(tensors: dict[str, Tensor]) -> list[str]:
    return [f"{a}.dtype is not {'INDEX' if t.integer else 'dtype'}" for a, t in tensors.items()]


def _input_shape(x: Tensor) -> list[str]:
    """Conditions on the shape of the input; the number of samples is free."""
    own = x.axes[1:]
    if all(a.size is not None for a in own):
        return [f"x.shape[1:] != {tuple_text([str(a.size) for a in own])}"]
    return [f"x.ndim != {len(x.axes)}", *(f"x.shape[{k}] != {a.size}" for k, a in enumerate(own, 1) if a.size)]


def _target_shape(t: Tensor, sizes: dict[str, str]) -> str:
    """The shape that a target must have; empty where a size of it is no size of the input."""

    def text(axis: Axis) -> str:
        return sizes.get(axis.symbol.name, "") if axis.size is None else str(axis.size)

    own = ["len(x)", *map(text, t.axes[1:])]
    return tuple_text(own) if all(own) else ""


def _ranges(graph: Graph, x: Tensor) -> list[str]:
    """Integers in range; without its sign, a negative one is a large one."""
    most = {"x": lookups(graph).get(graph.inputs[0])} if x.integer else {}
    target = graph.targets[0]
    if target_kind(graph, target) == "labels" and target.tensor not in graph.inputs:
        most["y"] = classes(graph, target)
    lines = []
    for array, count in most.items():
        if count is not None:
            lines.append(f"if np.maximum.reduce({array}.view(np.uintp), axis=None) > {count - 1}:  # or negative")
            lines.append("    return None")
    return lines


def few_samples(graph: Graph, code: Code) -> str:
    """With how many samples no array of a step is larger than the buffers in which NumPy gathers strided operands.

    Their size then does not matter, and setting it would take as long as three calls on a few numbers.  Empty where
    that is known of no batch, or of smaller ones only than those of training.  What products and copies alone read
    never goes through such a buffer.
    """
    if code.blocks:
        return ""
    most = 1
    for buffer in _gathered(code):
        words = [w for size in buffer.shape for w in re.findall(r"\w+", size)]
        if not all(w.isdigit() or w == "n" for w in words):
            return ""
        most = max(most, math.prod(int(w) for w in words if w.isdigit()))
    return str(SCRATCH // most) if SCRATCH // most >= graph.training.batch_size else ""


def straight(code: Code) -> bool:
    """Whether functions of every element meet whole arrays of one shape and type only: then NumPy gathers nothing.

    What is said to be gathered may not be; then a size is set that does not matter.
    """
    lines = [line for line in _gathering(code) if "dot(" not in line.text and not BOUND.match(line.text)]
    if code.blocks or any(line.indent for line in lines):
        return False
    buffers = {b.name: b for b in code.buffers}
    for line in lines:
        met = [buffers[name] for name in dict.fromkeys(NAME.findall(line.text)) if name in buffers]
        alike = len({b.shape for b in met if b.shape}) <= 1 and all(b.dtype == "real" for b in met)
        if not alike or WIDENED.search(line.text) or any(map(_has_gaps, (line.text, *(b.of for b in met)))):
            return False
    return True


def _has_gaps(text: str) -> bool:
    """Whether a text turns an array or cuts it: the first places of all are no cut, nor is a new axis."""
    cuts = (inner for inner in re.findall(r"\[([^\]]*)\]", text) if ":" in inner and "None" not in inner)
    return bool(TURNED.search(text)) or any("," in inner or not inner.startswith(":") for inner in cuts)


def _gathering(code: Code) -> list[Line]:
    """The lines of a step that may gather operands: no products, no copies."""
    bodies = (code.before, code.forward, code.loss, code.backward, code.after)
    return [line for body in bodies for line in body if not UNGATHERED.fullmatch(line.text)]


def _gathered(code: Code) -> list[Buffer]:
    """The arrays in the memory of which functions of every element work."""
    buffers = {b.name: b for b in code.buffers}
    met = {name for line in _gathering(code) for name in NAME.findall(line.text) if name in buffers}
    waiting = sorted(met)
    for name in waiting:  # views of others
        of = [n for n in re.findall(r"\bself\.(\w+)", buffers[name].of) if n in buffers and n not in met]
        met.update(of)
        waiting += of
    return [b for name, b in buffers.items() if name in met and not b.of]
