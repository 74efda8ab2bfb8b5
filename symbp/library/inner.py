"""The layers inside a block, where its declaration says which they are."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Of:
    """What a key of the block has: a key that is None is left out, the name of a value is one outside of the block."""

    key: str


@dataclass(frozen=True, slots=True)
class Inner:
    """A layer inside a block, as a spec would have it: `keys` are those of its entry, `inputs` what it reads.

    It is there where `when` holds of the keys of the block.  `layers` are inside it.
    """

    type: str
    name: str = ""
    keys: tuple[tuple[str, Of | str | float | bool], ...] = ()
    inputs: tuple[str, ...] = ()
    layers: tuple[Inner, ...] = ()
    when: tuple[tuple[str, bool | str | None], ...] = ()  # keys and the values that they must have
