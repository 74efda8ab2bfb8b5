"""Names that generated code has for its own things, so that a spec cannot give them to anything else."""

from __future__ import annotations

import builtins
import keyword

from symbp.notation.functions import FUNCTIONS

# Variables: the parameters p, their gradients g, a direction pv and the Hessian times it, hv, the workspace ws, ...
_VARIABLES = frozenset((
    "N", "cls", "g", "grad", "hv", "k", "loss", "lr", "n", "p", "path", "pv", "rng", "self", "t", "theta", "ws", "y",
))  # fmt: skip
_MODULES = ("argparse", "json", "math", "np", "numpy", "os", "pathlib", "struct", "sys", "time", "typing")
_FUNCTIONS = (
    "absolute",
    "backward",
    "by_label",
    "check_gradients",
    "erf",
    "forward",
    "hessian_product",
    "hvp",
    "initial_theta",
    "input_backward",
    "input_gradient",
    "learning_rate",
    "loss_and_grad",
    "main",
    "one_hot",
    "optimizer",
    "probability",
    "read_safetensors",
    "sigmoid",
    "softplus",
    "training",
    "update",
    "write_safetensors",
)
_TAKEN = frozenset((*_VARIABLES, *_MODULES, *_FUNCTIONS, *dir(builtins)))


def unusable(name: str) -> str:
    """Why a name cannot be a variable in generated code; empty if it can.

    >>> unusable("x"), unusable("in"), unusable("np")
    ('', 'it is a word of Python', 'generated code uses it for something else')
    """
    if keyword.iskeyword(name):
        return "it is a word of Python"
    return "generated code uses it for something else" if name in _TAKEN else ""


def unusable_type(name: str) -> str:
    """Why a type of a spec's own cannot have a name, which may become that of a function; empty if it can."""
    if name in FUNCTIONS:
        return "it is a function of the formula language"
    return unusable(name)
