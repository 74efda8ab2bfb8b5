"""The number that a training step multiplies all gradients by from the start, in signatures and calls."""

from __future__ import annotations

from dataclasses import dataclass

from symbp.emit.model import Code


@dataclass(frozen=True, slots=True)
class ScaleText:
    """Texts for the templates, empty where gradients are made as they are.

    `name` is that of the number, `rate` what it is in a training step.  `given` is the last argument of what fills
    gradients, `here`, `there` and `both` those of the halves of a batch; `gradients` says what is filled.
    """

    name: str = ""
    rate: str = ""
    given: str = ""
    here: str = ""
    there: str = ""
    both: str = ""
    gradients: str = "the gradients"


def scale_text(code: Code) -> ScaleText:
    name = code.scale
    if not name:
        return ScaleText()
    given, gradients = f", {name}", f"`{name}` times the gradients"
    return ScaleText(name, code.rate, given, ", here", ", there", ", here, there", gradients)
