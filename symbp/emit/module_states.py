"""What a module keeps from step to step: states of the network in one flat vector, and those of each sample."""

from __future__ import annotations

import math
from dataclasses import dataclass

from symbp.emit import blocks
from symbp.emit.layout import dict_text, tuple_text
from symbp.emit.model import Code
from symbp.emit.module_parameters import number
from symbp.graph.model import Graph, StateInfo


@dataclass(frozen=True, slots=True)
class StateText:
    """Texts for the templates; what a network does not have is empty.

    `state` are the shapes by label as a dict, `size` that of the flat vector, `views` its parts by name, `start` how it
    starts.  `carried` are the shapes of what is carried of each sample, `fresh` the entries of a dict of such arrays.
    `arguments` are those of the class of states, `of_one` what it is made of for one sample, `own` what the network
    makes it of; `and_carried` goes on behind the dict of the states.
    """

    state: str
    size: str
    views: tuple[str, ...]
    start: tuple[str, ...]
    arguments: str
    of_one: str
    own: str
    carried: str
    fresh: tuple[str, ...]
    and_carried: str


def state_text(graph: Graph, code: Code, room: int) -> StateText:
    """`room` is the width that is left for a dict."""
    kept, carried = _apart(graph)
    return StateText(
        state=dict_text(((i.tensor.label, _shape(i)) for i in kept), room) if graph.states else "",
        size=f"{sum(_count(i) for i in kept):_}",
        views=(*views_of_states(graph, code), *(_carried(i) for i in carried)),
        start=tuple(_started(graph, code, "s", "block")),
        arguments="flat: Array, carried: dict[str, Array]" if carried else "flat: Array",
        of_one="state, from_start(1, state.dtype)" if carried else "state",
        own="self._state, self._carried" if carried else "self._state",
        carried=dict_text(((i.tensor.label, _shape(i)) for i in carried), room) if carried else "",
        fresh=tuple(_fresh(i) for i in carried),
        and_carried=" | self._carried" if carried else "",
    )


def _apart(graph: Graph) -> tuple[list[StateInfo], list[StateInfo]]:
    """The states of the network, and those of each sample."""
    return [i for i in graph.states if not i.carried], [i for i in graph.states if i.carried]


def _shape(info: StateInfo) -> str:
    """The shape without the batch axis, if the array has one."""
    return tuple_text([str(axis.size) for axis in info.tensor.axes[info.carried :]])


def _carried(info: StateInfo) -> str:
    return f'self.{info.tensor.name} = carried["{info.tensor.label}"]'


def _fresh(info: StateInfo) -> str:
    """``"rnn.last_h": np.zeros((n, 128), dtype),``"""
    shape = tuple_text(["n", *(str(axis.size) for axis in info.tensor.axes[1:])])
    made = f"np.full({shape}, {number(info.start)}, dtype)" if info.start else f"np.zeros({shape}, dtype)"
    return f'"{info.tensor.label}": {made},'


def _count(info: StateInfo) -> int:
    return math.prod(axis.size or 1 for axis in info.tensor.axes)


def views_of_states(graph: Graph, code: Code) -> tuple[str, ...]:
    """``self.u_fc1 = flat[0:12].reshape(3, 4)`` for every state; a list of views for equal blocks."""
    lines: list[str] = []
    kept, _ = _apart(graph)
    counts = [_count(info) for info in kept]
    for k, copies in blocks.by_blocks([info.tensor.label for info in kept], code.copies):
        at, info = sum(counts[:k]), kept[k]
        if copies is not None:
            own = blocks.block_of(code, copies).body.graph.states
            lines += blocks.views(copies, "State", at, sum(map(_count, own)))
            continue
        shape = ", ".join(str(axis.size) for axis in info.tensor.axes)
        view = "" if len(info.tensor.axes) == 1 else f".reshape({shape or '()'})"
        lines.append(f"self.{info.tensor.name} = flat[{at}:{at + counts[k]}]{view}")
    return tuple(lines)


def _started(graph: Graph, code: Code, owner: str, variable: str) -> list[str]:
    """The statements that fill the states, which `owner` holds, with the numbers that they start from."""
    lines: list[str] = []
    kept, _ = _apart(graph)
    for k, copies in blocks.by_blocks([info.tensor.label for info in kept], code.copies):
        if copies is not None:
            b = blocks.block_of(code, copies)
            own = _started(b.body.graph, b.code, variable, blocks.inner(variable))
            lines += blocks.over(owner, copies, variable, own)
        elif kept[k].start:
            lines.append(f"{owner}.{kept[k].tensor.name}[...] = {number(kept[k].start)}")
    return lines
