"""What a row of the coverage table is: a module of ``torch.nn``, the declaration here, and trials that compare the two.

A trial is a piece of a spec and the same computation in PyTorch, as a function of named tensors.  Nothing here imports
PyTorch: the table can be written without it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Tensors = dict[str, Any]
Forward = Callable[[Any, Tensors, Tensors], Any]  # (torch, inputs by name, parameters by label) -> output


@dataclass(frozen=True)
class Trial:
    """One comparison.

    `layers` are the entries of a spec, one a line; `inputs` the shape of each input without the batch axis.  `integer`
    gives the number of values of the inputs that hold integers.  Without `loss` the mean squared error of the output
    against random numbers is compared, else the loss itself; `target` says how its target is drawn ("real", "labels:K",
    "one_hot", "probabilities", "unit", "signs", "counts", or "none").  `spec` holds further lines of the spec; `draw`
    changes the random inputs; `compared` draws (generator, samples) what the loss compares with beside its target.
    """

    layers: str
    inputs: dict[str, tuple[int, ...]]
    forward: Forward
    loss: str = ""
    target: str = "real"
    integer: dict[str, int] = field(default_factory=dict)
    spec: str = ""
    batch: int = 3
    draw: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    compared: dict[str, Callable[[Any, int], Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """A module of ``torch.nn``: `here` is the declaration, or `why` says why there is none.

    `tested` names a test elsewhere where no trial can be written (what is drawn at random).
    """

    module: str
    here: str = ""
    why: str = ""
    trials: tuple[Trial, ...] = ()
    tested: str = ""
    note: str = ""
