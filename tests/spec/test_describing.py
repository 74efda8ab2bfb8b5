"""Descriptions of keys are those that stand below the fields, and loading a spec does not read them."""

from __future__ import annotations

import subprocess
import sys

from pydantic import Field, create_model

from symbp.spec.describing import described, descriptions
from symbp.spec.strict import Strict


class Base(Strict):
    """A base."""

    first: int
    """what the first
    is for"""
    second: int
    """what the second is for"""
    bare: int


class Derived(Base):
    second: int = Field(description="given")
    """not this one"""
    third: int
    """what the third is for"""


def test_texts_below_fields_describe_them() -> None:
    assert descriptions(Base) == {"first": "what the first\nis for", "second": "what the second is for"}
    assert descriptions(Derived) == {
        "first": "what the first\nis for", "second": "given", "third": "what the third is for",
    }  # fmt: skip
    made = create_model("Made", __base__=Derived, fourth=(int, Field(1, description="the fourth")))
    assert descriptions(made) == descriptions(Derived) | {"fourth": "the fourth"}


def test_a_schema_is_described_in_order() -> None:
    schema = Derived.model_json_schema() | {"$defs": {"Base": Base.model_json_schema()}}
    described(schema, {"Base": Base}, Derived)
    assert list(schema["properties"]["third"]) == ["description", "title", "type"]
    assert schema["$defs"]["Base"]["properties"]["second"]["description"] == "what the second is for"
    assert "description" not in schema["properties"]["bare"]


def test_loading_a_spec_reads_no_sources() -> None:
    program = "import sys; import symbp.graph.build, symbp.spec.load; sys.exit('symbp.spec.describing' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
