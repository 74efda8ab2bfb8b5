"""Functions that NumPy lacks, as a module has them: stable for both signs, and analytic on each branch.

A branch is decided by the real part (``np.minimum`` and ``np.maximum`` order complex numbers by it), so that the
complex step sees the branch that real numbers take.
"""

from __future__ import annotations

from collections.abc import Iterable

from symbp.emit.model import Function, Line


def _lines(text: str) -> tuple[Line, ...]:
    rows = text.strip("\n").split("\n")
    return tuple(Line(r.strip(), "", (len(r) - len(r.lstrip())) // 4) for r in rows)


SIGMOID = """
e = np.exp(np.minimum(z, -z))
return np.where(z.real < 0, e, 1) / (1 + e)
"""
SOFTPLUS = """
return np.maximum(z, 0) + np.log1p(np.exp(np.minimum(z, -z)))
"""
ABSOLUTE = """
return np.where(z.real < 0, -z, z)
"""
ONE_HOT = """
return labels[..., None] == np.arange(classes)
"""
ERF = """
a = absolute(z)
square = z * z
small = np.minimum(square, 0.25)
near = z * _ratio(small, ERF_NEAR_TOP, ERF_NEAR_BOTTOM)
b = np.minimum(np.maximum(a, 0.46875), 4.0)
middle = np.exp(-b * b) * _ratio(b, ERF_MIDDLE_TOP, ERF_MIDDLE_BOTTOM)
c = 1 / np.maximum(square, 16.0)
far = np.exp(-np.minimum(square, 700.0)) * np.sqrt(c)
far = far * (0.5641895835477563 - c * _ratio(c, ERF_FAR_TOP, ERF_FAR_BOTTOM))
tail = 1 - np.where(a.real <= 4.0, middle, far)
return np.where(a.real <= 0.46875, near, np.where(z.real < 0, -tail, tail))
"""

PLAIN = {
    "sigmoid": Function(
        "sigmoid", "z: Array", "Array", "1/(1 + exp(-z)); the exponent is never positive.", _lines(SIGMOID)
    ),
    "softplus": Function("softplus", "z: Array", "Array", "log(1 + exp(z)), without overflow.", _lines(SOFTPLUS)),
    "abs": Function("absolute", "z: Array", "Array", "The absolute value, decided by the real part.", _lines(ABSOLUTE)),
    "one_hot": Function(
        "one_hot", "labels: Array, classes: int", "Array", "1 at the place of each label, else 0.", _lines(ONE_HOT)
    ),
}


SIGMOID_OUT = """
y: Array = np.negative(z, out=out)
np.minimum(y, 88.0 if y.itemsize == 4 else 709.0, out=y)
np.exp(y, out=y)
y += 1.0
np.reciprocal(y, out=y)
return y
"""

INTO = {
    "sigmoid": Function(
        "sigmoid", "z: Array, out: Array | None = None", "Array",
        "1/(1 + exp(-z)); the exponent stays below overflow.", _lines(SIGMOID_OUT),
    ),
}  # fmt: skip


def in_place(into: Iterable[str], plainly: Iterable[str]) -> tuple[Function, ...]:
    """The helpers that write into an array, and those that return a new one."""
    named = dict.fromkeys((*into, *plainly))
    return tuple(INTO[name] if name in into else PLAIN[name] for name in named)


def plain(names: Iterable[str]) -> tuple[Function, ...]:
    """The helpers of these names in their simplest form."""
    return tuple(PLAIN[name] for name in names)
