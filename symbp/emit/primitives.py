"""Functions that NumPy lacks, as a module has them: stable for both signs, and analytic on each branch.

A branch is decided by the real part (``np.minimum`` and ``np.maximum`` order complex numbers by it), so that the
complex step sees the branch that real numbers take.
"""

from __future__ import annotations

from collections.abc import Iterable

from symbp.emit.model import Function, Line

# A value has a name of type Array before it is returned: to a type checker a sum of two arrays is anything.


def _lines(text: str) -> tuple[Line, ...]:
    rows = text.strip("\n").split("\n")
    return tuple(Line(r.strip(), "", (len(r) - len(r.lstrip())) // 4) for r in rows)


SIGMOID = """
e = np.exp(np.minimum(z, -z))
result: Array = np.where(z.real < 0, e, 1) / (1 + e)
return result
"""
SOFTPLUS = """
result: Array = np.maximum(z, 0) + np.log1p(np.exp(np.minimum(z, -z)))
return result
"""
ABSOLUTE = """
result: Array = np.where(z.real < 0, -z, z)
return result
"""
ONE_HOT = """
result: Array = labels[..., None] == np.arange(classes)
return result
"""
WINDOWS = """
result: Array = np.lib.stride_tricks.sliding_window_view(x, sizes, axes)
return result
"""
# W. J. Cody, Rational Chebyshev approximations for the error function, Mathematics of Computation 23 (1969).  His third
# range, beyond 4, is left out: up to 6 the second one gives erfc to 1e-12 of itself, which is less than 1e-19 there.
NEAR_RATIO = """
(3.16112374387056560e00, 2.36012909523441209e01),
(1.13864154151050156e02, 2.44024637934444173e02),
(3.77485237685302021e02, 1.28261652607737228e03),
"""
FAR_RATIO = """
(5.64188496988670089e-1, 1.57449261107098347e01),
(8.88314979438837594e00, 1.17693950891312499e02),
(6.61191906371416295e01, 5.37181101862009858e02),
(2.98635138197400131e02, 1.62138957456669019e03),
(8.81952221241769090e02, 3.29079923573345963e03),
(1.71204761263407058e03, 4.36261909014324716e03),
(2.05107837782607147e03, 3.43936767414372164e03),
"""


def _loop(ratio: str, body: str) -> str:
    """A loop over pairs of coefficients."""
    rows = "\n".join(f"    {row}" for row in ratio.strip().split("\n"))
    lines = "\n".join(f"    {row}" for row in body.split("; "))
    return f"for c, d in (\n{rows}\n):\n{lines}"


ERF = f"""
square: Array = np.minimum(z * z, 0.25)
top, bottom = 1.85777706184603153e-1 * square, square
{_loop(NEAR_RATIO, "top, bottom = (top + c) * square, (bottom + d) * square")}
near = z * (top + 3.20937758913846947e03) / (bottom + 2.84423683343917062e03)
a: Array = np.maximum(np.minimum(np.maximum(z, -z), 6.0), 0.46875)
top, bottom = 2.15311535474403846e-8 * a, a
{_loop(FAR_RATIO, "top, bottom = (top + c) * a, (bottom + d) * a")}
tail = np.exp(-a * a) * (top + 1.23033935479799725e03) / (bottom + 1.23033935480374942e03)
far = np.where(z.real < 0, tail - 1, 1 - tail)
result: Array = np.where(a.real > 0.46875, far, near)
return result
"""
ERF_OUT = f"""
a, top, bottom = work
np.negative(z, out=a)
np.maximum(z, a, out=a)
np.greater(a.real, 0.46875, out=far)
np.minimum(a, 6.0, out=a)
np.maximum(a, 0.46875, out=a)
np.multiply(a, 2.15311535474403846e-8, out=top)
bottom[...] = a
{_loop(FAR_RATIO, "top += c; top *= a; bottom += d; bottom *= a")}
top += 1.23033935479799725e03
bottom += 1.23033935480374942e03
top /= bottom
np.square(a, out=a)
np.negative(a, out=a)
np.exp(a, out=a)
top *= a
np.subtract(1.0, top, out=top)
np.sign(z.real, out=bottom)
top *= bottom
np.square(z, out=a)
np.minimum(a, 0.25, out=a)
np.multiply(a, 1.85777706184603153e-1, out=out)
bottom[...] = a
{_loop(NEAR_RATIO, "out += c; out *= a; bottom += d; bottom *= a")}
out += 3.20937758913846947e03
bottom += 2.84423683343917062e03
out /= bottom
out *= z
np.copyto(out, top, where=far)
"""

ADD_AT = """
result: Array = np.zeros((size, *values.shape[labels.ndim :]), values.dtype)
np.add.at(result, labels, values)
return result
"""

LOGADDEXP = """
out[...] = np.maximum(a, b) + np.log1p(np.exp(np.minimum(a - b, b - a)))
"""

PLAIN = {
    "sigmoid": Function(
        "sigmoid", "z: Array", "Array", "1/(1 + exp(-z)); the exponent is never positive.", _lines(SIGMOID)
    ),
    "softplus": Function("softplus", "z: Array", "Array", "log(1 + exp(z)), without overflow.", _lines(SOFTPLUS)),
    "abs": Function("absolute", "z: Array", "Array", "The absolute value, decided by the real part.", _lines(ABSOLUTE)),
    "erf": Function("erf", "z: Array", "Array", "The error function, after Cody (1969).", _lines(ERF)),
    "logaddexp": Function(
        "logaddexp", "a: Array, b: Array, out: Array", "None",
        "log(exp(a) + exp(b)) of complex numbers: NumPy's own function takes real ones only.", _lines(LOGADDEXP),
    ),
    "windows": Function(
        "windows", "x: Array, sizes: tuple[int, ...], axes: tuple[int, ...]", "Array",
        "All windows of these sizes along axes of x, as a view; their places come last.", _lines(WINDOWS),
    ),
    "add_at": Function(
        "add_at", "labels: Array, values: Array, size: int", "Array",
        "Row v is the sum of the rows of values whose label is v.", _lines(ADD_AT),
    ),
    "one_hot": Function(
        "one_hot", "labels: Array, classes: int", "Array", "1 at the place of each label, else 0.", _lines(ONE_HOT)
    ),
}


def _sigmoid(y: str, exponential: str) -> str:
    """1/(1 + exp(-z)) in the array `y`.

    Tried and left: (1 + tanh(z/2))/2, which takes a third longer in float32, and loses what is small.
    """
    return f"""
np.negative(z, out={y})
if {y}.dtype.kind == "c":  # infinity divides no complex number
    {y}.clip(-709.0, 709.0, out={y})
{exponential}
{y} += 1.0
np.divide(1.0, {y}, out={y})
"""


QUIETLY = """with np.errstate(over="ignore"):  # 1/(1 + infinity) is 0; in less time than a clip takes
    np.exp(y, out=y)"""
SIGMOID_OUT = f"y: Array = np.empty_like(z) if out is None else out{_sigmoid('y', QUIETLY)}return y"
SIGMOID_INTO = _sigmoid("out", "np.exp(out, out=out)")

# Measured within a step, for 1,024 rows of 512 numbers with 64 labels, and for 960 of 288 with 200: 630 and 860
# microseconds where the rows of every label are taken on their own, 760 and 620 where all rows are brought into order
# first, which moves them out of the cache and back, 580 and 570 so.
# Tried and left: the first rows of all labels in one block, the second ones in another, and so on, each block added in
# one call: 20 % less for the 960 rows with labels drawn evenly, but 40 % more for those of words, of which few are
# frequent.
ADD_BY_LABEL = """
count, some = len(rows), 16
keys, order, changes = work
np.multiply(labels, count, out=keys.reshape(labels.shape))
keys += places
keys.sort()  # in place: no two are equal
np.remainder(keys, count, out=order)
np.floor_divide(keys, count, out=keys)
np.subtract(keys[1:], keys[:-1], out=changes[:-1])
changes[-1] = 1
last = np.flatnonzero(changes)
present, ends = keys[last].tolist(), (last + 1).tolist()
out[...] = 0
start = 0
for k in range(0, len(ends), some):  # the rows of so many labels stay in the cache
    first, near = start, ends[k : k + some]
    np.take(rows, order[first : near[-1]], axis=0, out=turned[: near[-1] - first], mode="clip")
    for label, end in zip(present[k : k + some], near, strict=True):
        np.dot(ones[start:end], turned[start - first : end - first], out=out[label])
        start = end
"""

INTO = {
    "add_by_label": Function(
        "add_by_label",
        "labels: Array, rows: Array, places: Array, work: Array, turned: Array, ones: Array, out: Array",
        "None",
        "Row v of out is the sum of the rows whose label is v: rows with equal labels are brought together.",
        _lines(ADD_BY_LABEL),
    ),
    "erf": Function(
        "erf_into", "z: Array, work: Array, far: Array, out: Array", "None",
        "The error function in out, after Cody (1969); work has room for three arrays like z.", _lines(ERF_OUT),
    ),
    "sigmoid": Function(
        "sigmoid", "z: Array, out: Array | None = None", "Array",
        "1/(1 + exp(-z)), which is 0 where the exponential is infinite.", _lines(SIGMOID_OUT),
    ),
    "sigmoid_into": Function(
        "sigmoid_into", "z: Array, out: Array", "None",
        "1/(1 + exp(-z)) in out, which is 0 where the exponential is infinite: overflow is no error.",
        _lines(SIGMOID_INTO),
    ),
}  # fmt: skip


def in_place(into: Iterable[str], plainly: Iterable[str]) -> tuple[Function, ...]:
    """The helpers that write into an array, and those that return a new one."""
    writing = {INTO[name].name: INTO[name] for name in into}
    return (*writing.values(), *(PLAIN[name] for name in plainly if PLAIN[name].name not in writing))


def plain(names: Iterable[str]) -> tuple[Function, ...]:
    """The helpers of these names in their simplest form."""
    return tuple(PLAIN[name] for name in names)
