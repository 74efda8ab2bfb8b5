"""The layers inside a block whose declaration says which they are, as entries that a spec could have had."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from symbp.library.choices import applies
from symbp.library.declaration import Block, Inner, Of
from symbp.spec.vocabulary import Entry, NodeEntry, Vocabulary

Whole = Callable[[str], str]  # the whole name of a value that is named outside of the block


def entries_of(declared: Block, entry: Entry, vocabulary: Vocabulary, whole: Whole) -> list[NodeEntry]:
    """The entries of the inner layers, with the keys that the entry of the block gives them."""
    values = {key.name for key in declared.keys if key.kind == "value"}
    found = []
    for data in _data(declared.inner, entry, lambda key: whole(str(entry[key])) if key in values else entry[key]):
        made = vocabulary.model("layer", str(data["type"])).model_validate(data, context=vocabulary)
        assert isinstance(made, NodeEntry)
        found.append(made)
    return found


def _data(inner: Sequence[Inner], entry: Entry, value: Callable[[str], object]) -> list[dict[str, object]]:
    """The entries as a spec says them."""
    found = []
    for layer in inner:
        if not applies(layer.when, entry.__getitem__):
            continue
        data: dict[str, object] = {"type": layer.type}
        if layer.name:
            data["name"] = layer.name
        if layer.inputs:
            data["inputs"] = list(layer.inputs)
        for name, given in layer.keys:
            if not isinstance(given, Of):
                data[name] = given
            elif entry[given.key] is not None:
                data[name] = value(given.key)
        if layer.layers:
            data["layers"] = _data(layer.layers, entry, value)
        found.append(data)
    return found
