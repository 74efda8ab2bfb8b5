"""The layers inside a block whose declaration says which they are, as entries that a spec could have had."""

from __future__ import annotations

from collections.abc import Sequence

from symbp.library.choices import applies
from symbp.library.declaration import Block
from symbp.library.inner import Inner, Of
from symbp.spec.vocabulary import Entry, NodeEntry, Vocabulary


def entries_of(declared: Block, entry: Entry, vocabulary: Vocabulary) -> list[NodeEntry]:
    """The entries of the inner layers, with the keys that the entry of the block gives them.

    They read a value that a key of the block names by the name of this key, which is none of a layer inside.
    """
    values = {key.name: key.name for key in declared.keys if key.kind == "value" and entry[key.name] is not None}
    given = {key.name: entry[key.name] for key in declared.keys} | values
    found = []
    for data in _data(declared.inner, given):
        made = vocabulary.model("layer", str(data["type"])).model_validate(data, context=vocabulary)
        assert isinstance(made, NodeEntry)
        found.append(made)
    return found


def _data(inner: Sequence[Inner], given: dict[str, object]) -> list[dict[str, object]]:
    """The entries as a spec says them."""
    found = []
    for layer in inner:
        if not applies(layer.when, given.__getitem__):
            continue
        data: dict[str, object] = {"type": layer.type}
        if layer.name:
            data["name"] = layer.name
        if layer.inputs:
            data["inputs"] = list(layer.inputs)
        for name, value in layer.keys:
            if not isinstance(value, Of):
                data[name] = value
            elif given[value.key] is not None:
                data[name] = given[value.key]
        if layer.layers:
            data["layers"] = _data(layer.layers, given)
        found.append(data)
    return found
