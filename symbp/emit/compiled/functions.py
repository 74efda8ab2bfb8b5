"""The functions of a compiled module: those of single numbers first, then its kernels."""

from __future__ import annotations

from collections.abc import Iterable

from symbp.emit.compiled.calling import Kernels
from symbp.emit.model import Function, Line


def _lines(text: str) -> tuple[Line, ...]:
    """The lines of a body as it stands."""
    rows = text.strip("\n").split("\n")
    return tuple(Line(row.lstrip(), "", (len(row) - len(row.lstrip())) // 4) for row in rows)


EXPONENTIAL = """
if not isinstance(z, numba.types.Float):
    def exp(z: Any) -> Any:
        return np.exp(z)
    return exp
single = z.bitwidth == 32
number: Any = np.float32 if single else np.float64
whole: Any = np.int32 if single else np.int64
bits = whole(23 if single else 52)
one, two, round_off = number(1), number(2), number(1.5 * 2.0**bits)
lowest, highest = (number(-87.3), number(88.7)) if single else (number(-708.3), number(709.7))
nothing, infinite = number(0), number(np.inf)
log2_e, ln_2 = number(1.4426950408889634), number(0.693145751953125)
rest = number(1.4286068203094172e-6)  # of log(2); ln_2 has few digits, so that k * ln_2 is exact
p_2, p_1, p_0 = map(number, (1.2617719307481059e-4, 3.0299440770744196e-2, 1.0))
q_3, q_2, q_1 = map(number, (3.001985051386645e-6, 2.5244834034968410e-3, 0.22726554820815503))

def vector_exp(z: Any) -> Any:
    shifted = z * log2_e + round_off  # its last bits are the whole number k
    k = shifted - round_off
    r = (z - k * ln_2) - k * rest
    s = r * r
    p = r * ((p_2 * s + p_1) * s + p_0)
    e = one + two * p / ((((q_3 * s + q_2) * s + q_1) * s + two) - p)
    e = whole(number(e).view(whole) + (number(shifted).view(whole) << bits)).view(number)
    e = e if z > lowest else (nothing if z <= lowest else z)
    return e if z < highest else (infinite if z >= highest else z)

return vector_exp
"""
TANGENT = """
if not isinstance(z, numba.types.Float):
    def tanh(z: Any) -> Any:
        return np.tanh(z)
    return tanh
number: Any = np.float32 if z.bitwidth == 32 else np.float64
one, two, near = number(1), number(2), number(0.625)
p_2, p_1, p_0 = map(number, (-0.9643991794250523, -99.28772310019185, -1614.6876844170845))
q_2, q_1, q_0 = map(number, (112.81167849163293, 2235.4883906010045, 4844.063053251255))

def vector_tanh(z: Any) -> Any:
    s = z * z
    small = z + z * s * (((p_2 * s + p_1) * s + p_0) / (((s + q_2) * s + q_1) * s + q_0))
    size = math.fabs(z)
    large = math.copysign(one - two / (exponential(size + size) + one), z)
    return small if size < near else large

return vector_tanh
"""
NUMBERS = {
    "larger": Function(
        "larger", "a: Any, b: Any", "Any", "a where its real part is larger than that of b, or not a number.",
        (Line("return a if a.real > b.real or a.real != a.real else b"),), compiled=True,
    ),
    "smaller": Function(
        "smaller", "a: Any, b: Any", "Any", "a where its real part is smaller than that of b, or not a number.",
        (Line("return a if a.real < b.real or a.real != a.real else b"),), compiled=True,
    ),
    "exponential": Function(
        "exponential", "z: Any", "Any", "exp(z); compiled, it is what the next function makes: many at once.",
        (Line("return np.exp(z)"),),
    ),
    "exponential_of": Function(
        "exponential_of", "z: Any", "Any",
        "exp(z) = 2**k * (1 + 2 p / (q - p)), to 1.2 units in the last place (Cephes, S. Moshier).\n\n"
        "The whole number k is added to the bits of the exponent.  A library's function takes one number at a time.",
        _lines(EXPONENTIAL), instead_of="exponential",
    ),
    "tangent": Function(
        "tangent", "z: Any", "Any", "tanh(z); compiled, it is what the next function makes: many at once.",
        (Line("return np.tanh(z)"),),
    ),
    "tangent_of": Function(
        "tangent_of", "z: Any", "Any", "tanh(z), to 1.3 units in the last place (Cephes, S. Moshier).",
        _lines(TANGENT), instead_of="tangent",
    ),
    "logistic": Function(
        "logistic", "z: Any, one: Any, limit: Any", "Any", "1/(1 + exp(-z)); the exponent stays below overflow.",
        (Line("return one / (one + exponential(smaller(-z, limit)))"),), compiled=True,
    ),
}  # fmt: skip
VECTORS = ("exponential", "exponential_of")
NEEDS = {
    "logistic": ("smaller", *VECTORS, "logistic"),
    "exponential": VECTORS,
    "tangent": (*VECTORS, "tangent", "tangent_of"),
}


def compiled(kernels: Kernels) -> tuple[Function, ...]:
    """The functions of numbers that kernels call, and the kernels."""
    return (*of_numbers(kernels.helpers), *kernels.functions.values())


def of_numbers(names: Iterable[str]) -> tuple[Function, ...]:
    """These functions of numbers, and those that they call, in an order in which they can be defined."""
    needed = dict.fromkeys(need for name in names for need in NEEDS.get(name, (name,)))
    return tuple(NUMBERS[name] for name in needed)
