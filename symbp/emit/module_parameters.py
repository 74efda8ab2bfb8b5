"""Parameters of a module: the views of the flat vector, the initial values, which weights decay."""

from __future__ import annotations

import math
from collections.abc import Sequence

from symbp.emit import blocks
from symbp.emit.layout import WIDTH, bracketed, indented, tuple_text
from symbp.emit.model import Code, Function, Line
from symbp.graph.model import Graph, ParameterInfo


def shape_of(info: ParameterInfo) -> tuple[int, ...]:
    """The shape of a parameter; all its sizes are known."""
    return tuple(int(axis.size or 0) for axis in info.tensor.axes)


def number(value: float) -> str:
    """A Python float that reads as itself."""
    return repr(float(value))


def spans(graph: Graph) -> list[tuple[ParameterInfo, int, int]]:
    """Each parameter with its begin and end in the flat vector."""
    found, at = [], 0
    for info in graph.parameters:
        end = at + math.prod(shape_of(info))
        found.append((info, at, end))
        at = end
    return found


def total(graph: Graph) -> int:
    """How many numbers all parameters have together."""
    return sum(math.prod(shape_of(info)) for info in graph.parameters)


def trained(graph: Graph) -> int:
    """How many numbers are trained; the others of the flat vector keep their values."""
    return sum(math.prod(shape_of(info)) for info in graph.parameters if not info.frozen)


def views(graph: Graph, code: Code) -> tuple[str, ...]:
    """``self.W_fc1 = flat[0:12].reshape(3, 4)`` for every parameter; a list of views for equal blocks."""
    lines: list[str] = []
    found, empty = spans(graph), dict.fromkeys(code.copies)
    for k, copies in blocks.by_blocks([info.tensor.label for info, _, _ in found], code.copies):
        info, begin, end = found[k]
        if copies is not None:
            lines += blocks.views(copies, "Parameters", begin, total(blocks.block_of(code, copies).body.graph))
            empty.pop(copies)
            continue
        shape = shape_of(info)
        view = "" if len(shape) == 1 else f".reshape({', '.join(map(str, shape)) or '()'})"
        lines.append(f"self.{info.tensor.name} = flat[{begin}:{end}]{view}")
    for both in dict.fromkeys((*code.joined, *(code.hessian.joined if code.hessian else ()))):
        end = both.begin + math.prod(both.shape)
        lines.append(f"self.{both.name} = flat[{both.begin}:{end}].reshape({', '.join(map(str, both.shape))})")
    lines += (line for copies in empty for line in blocks.views(copies, "Parameters", 0, 0))
    return tuple(lines) or ("del flat  # there are none",)


def decayed(graph: Graph) -> str:
    """The slices of theta that hold decaying parameters, as a tuple; neighbours are joined."""
    slices: list[tuple[int, int]] = []
    for info, begin, end in spans(graph):
        if info.decayed:
            joined = bool(slices) and slices[-1][1] == begin
            slices[-1:] = [(slices[-1][0], end)] if joined else [*slices[-1:], (begin, end)]
    return tuple_text([f"slice({begin}, {end})" for begin, end in slices], WIDTH - 40)


def initial_lines(graph: Graph, code: Code) -> tuple[str, ...]:
    """Statements that fill ``theta`` (zeros so far), each parameter from ``rng`` in turn; then those that follow."""
    lines = _all_initial(graph, code, "p", "each")
    lines += indented(code.start, 0).split("\n") if code.start else []
    return ("p = Parameters(theta)", *lines) if lines else ()


def _all_initial(graph: Graph, code: Code, owner: str, variable: str, levels: int = 1) -> list[str]:
    """The statements for the parameters of a network or of a block, which `owner` holds."""
    lines: list[str] = []
    for k, copies in blocks.by_blocks([info.tensor.label for info in graph.parameters], code.copies):
        if copies is None:
            lines += _initial(graph.parameters[k], owner, levels)
        else:
            b = blocks.block_of(code, copies)
            body = _all_initial(b.body.graph, b.code, variable, blocks.inner(variable), levels + 1)
            lines += blocks.over(owner, copies, variable, body)
    return lines


def _initial(info: ParameterInfo, owner: str, levels: int) -> list[str]:
    init, target, where = info.init, f"{owner}.{info.tensor.name}", "..."
    sizes = list(shape_of(info))
    if init.part is not None:
        axis, begin, end = init.part
        sizes[axis] = end - begin
        where = ", ".join([*(":" for _ in range(axis)), f"{begin}:{end}"])
    shape = tuple_text([str(size) for size in sizes])
    match init.distribution:
        case "constant" if init.scale == 0.0:
            return []
        case "computed":
            return []
        case "constant":
            value = number(init.scale)
        case "values":
            return _listed(target, init.values, shape_of(info))
        case "uniform":
            low = -init.scale if init.low is None else init.low
            value = _drawn("rng.uniform", number(low), number(init.scale), shape, target)
        case "normal":
            value = _drawn("rng.normal", number(init.mean or 0.0), number(init.scale), shape, target)
        case "truncated_normal":
            mean = f"{number(init.mean)} + " if init.mean else ""
            value = f"{mean}{_times(init.scale)}truncated_normal(rng, {shape})"
        case "orthogonal":
            value = f"{_times(init.scale)}orthogonal(rng, {shape})"
        case other:
            raise ValueError(f"no such distribution: {other}")
    line = f"{target}[{where}] = {value}"
    if init.initializer in {"constant", "normal", "uniform"} or f"{init.initializer}(" in value:  # the line says it
        return [line]
    commented = f"{line}  # {init.initializer}"
    return [commented] if len(commented) <= WIDTH - 4 * levels else [f"# {init.initializer}", line]


def _times(scale: float) -> str:
    """A number in front of what it multiplies, where that is not the same."""
    return "" if scale == 1.0 else f"{number(scale)} * "


def _drawn(function: str, first: str, second: str, shape: str, target: str) -> str:
    return bracketed(f"{function}(", [first, second, shape], ")", WIDTH - 4 - len(f"{target}[...] = "), 1)


def _listed(target: str, values: Sequence[float], shape: tuple[int, ...]) -> list[str]:
    """``target[...] = [[0.15, 0.25], [0.2, 0.3]]``, over several lines where it is long."""
    rows = [number(value) for value in values]
    for size in reversed(shape[1:]):
        rows = [f"[{', '.join(rows[at : at + size])}]" for at in range(0, len(rows), size)]
    return bracketed(f"{target}[...] = [", rows, "]", WIDTH - 4).split("\n")


def initial_functions(graph: Graph) -> tuple[Function, ...]:
    """The functions that the initial values need."""
    used = {info.init.distribution for info in graph.parameters}
    return tuple(function for name, function in sorted(FUNCTIONS.items()) if name in used)


def _lines(*texts: str) -> tuple[Line, ...]:
    return tuple(Line(text.lstrip(), indent=(len(text) - len(text.lstrip())) // 4) for text in texts)


FUNCTIONS = {
    "truncated_normal": Function(
        "truncated_normal",
        "rng: np.random.Generator, shape: tuple[int, ...]",
        "Array",
        "Standard normal numbers between -2 and 2: those outside are drawn again.",
        _lines(
            "values: Array = rng.standard_normal(shape)",
            "while (outside := np.abs(values) > 2.0).any():",
            "    values[outside] = rng.standard_normal(np.count_nonzero(outside))",
            "return values",
        ),
    ),
    "orthogonal": Function(
        "orthogonal",
        "rng: np.random.Generator, shape: tuple[int, ...]",
        "Array",
        "A matrix with orthonormal rows or columns, whichever are fewer; axes from the second on count as one.",
        _lines(
            "rows, columns = shape[0], math.prod(shape[1:])",
            "q, r = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))",
            "q = q * np.where(np.diag(r) < 0.0, -1.0, 1.0)  # so that every such matrix is as likely",
            "result: Array = np.reshape(q if rows >= columns else q.T, shape)",
            "return result",
        ),
    ),
}
