"""What a loss by formula may compare with beside its target."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator

from symbp.library.declaration import Compared
from symbp.spec.drawing import Axes
from symbp.spec.strict import Strict


def _with_axes(value: object) -> object:
    return {"axes": value} if isinstance(value, str) else value


class ComparedDefinition(Strict):
    """An array that each call gives beside the target; text alone is its axes."""

    axes: Axes
    """its letters: "[n]\""""
    type: Literal["real", "integer"] = "real"
    """real numbers, or integers"""
    range: Literal["", "0..1", "0 or 1", "-1 or 1", ">= 0", "sums to 1"] = ""
    """what the numbers must be; default: any"""

    def declaration(self, name: str) -> Compared:
        return Compared(name, self.axes, self.type == "integer", self.range)


Others = Annotated[ComparedDefinition, BeforeValidator(_with_axes, json_schema_input_type=str | ComparedDefinition)]
