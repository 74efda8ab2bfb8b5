"""Calls of the module's own functions that write into an array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from symbp.emit.model import Buffer
from symbp.emit.scratch import by_layer
from symbp.lower.model import Apply, Array, Axis, Statement

HELPED = ("sigmoid", "erf")


class Body(Protocol):
    """What is asked of the body that the call stands in."""

    called: dict[str, None]
    arrays: dict[str, Array]
    extra: dict[str, Buffer]
    layer: str
    quiet: bool

    def constant(self, name: str, shape: tuple[str, ...], of: str, dtype: str = "real") -> str: ...
    def scratch(self, purpose: str, axes: Sequence[Axis], dtype: str = "real") -> str: ...


def helper_call(body: Body, function: str, text: str, axes: Sequence[Axis], target: str) -> str:
    """The call of one of the functions; `erf` needs room to work in.

    Where overflows are ignored already, a sigmoid need not see to that itself.
    """
    function = "sigmoid_into" if function == "sigmoid" and body.quiet else function
    body.called[function] = None
    if function != "erf":
        return f"{function}({text}, {target})"
    sizes = [str(a.size) for a in axes]
    work = by_layer(body, "work", ("3", *sizes), f"np.empty((3, {', '.join(sizes)}), dtype)")
    return f"erf_into({text}, {work}, {body.scratch('far', axes, 'bool')}, {target})"


def overflows(s: Statement) -> bool:
    """Whether numbers in between may be infinite in the call that a statement is, as the exponential in a sigmoid."""
    return not s.kernel and isinstance(s.value, Apply) and s.value.function == "sigmoid"
