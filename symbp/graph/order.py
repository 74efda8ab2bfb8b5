"""An order of computation for layers that may name each other in any order; a circle of layers is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from heapq import heapify, heappop, heappush

from symbp.graph.network import Network
from symbp.graph.plan import Planned


def in_order(net: Network, planned: Sequence[Planned]) -> list[Planned]:
    """The same layers, each behind those that it reads, otherwise as in the spec.

    A layer that shares parameters comes behind their owner where it can.  Circles are reported and cut open.
    """
    layers = _cut(net, planned)
    places = {layer.site.name: k for k, layer in enumerate(layers)}
    waits = [{places[name] for name in layer.reads if name in places} for layer in layers]
    readers: list[list[int]] = [[] for _ in layers]
    for k, needed in enumerate(waits):
        for place in needed:
            readers[place].append(k)
    ready = [k for k, needed in enumerate(waits) if not needed]
    heapify(ready)
    order: list[int] = []
    done: set[int] = set()
    while ready:
        k = _next(ready, layers, places, done)
        order.append(k)
        done.add(k)
        for reader in readers[k]:
            waits[reader].discard(k)
            if not waits[reader]:
                heappush(ready, reader)
    return [layers[k] for k in order]


def _next(ready: list[int], layers: Sequence[Planned], places: dict[str, int], done: set[int]) -> int:
    """The first layer whose parameters have their owners before them; if there is none, the first."""
    held: list[int] = []
    chosen = -1
    while ready and chosen < 0:
        k = heappop(ready)
        if all(owner in done for owner in _owners(layers[k], places)):
            chosen = k
        else:
            held.append(k)
    if chosen < 0:
        chosen = held.pop(0)
    for k in held:
        heappush(ready, k)
    return chosen


def _owners(layer: Planned, places: dict[str, int]) -> list[int]:
    if layer.share is None:
        return []
    names = [layer.share] if isinstance(layer.share, str) else [_layer(label) for label in layer.share.values()]
    return [places[name] for name in names if name in places]


def _layer(label: str) -> str:
    """The layer of a parameter: ``emb`` of ``emb.E`` and of ``emb.E.T``."""
    plain = label.removesuffix(".T") if label.count(".") > 1 else label
    return plain.rpartition(".")[0]


def _cut(net: Network, planned: Sequence[Planned]) -> list[Planned]:
    """The layers with every circle reported, and one of its reads taken away."""
    layers = list(planned)
    places = {layer.site.name: k for k, layer in enumerate(layers)}
    while circle := _circle(layers, places):
        _report(net, [layers[k] for k in circle])
        first, last = circle[0], layers[circle[-1]].site.name
        reads = tuple(None if name == last else name for name in layers[first].reads)
        layers[first] = replace(layers[first], reads=reads)
        net.lost = True
    return layers


def _circle(layers: Sequence[Planned], places: dict[str, int]) -> list[int]:
    """The places of layers each of which the next one reads, and the last of which the first reads; else nothing."""
    state = [0] * len(layers)  # 1: on the path, 2: done
    for start in range(len(layers)):
        path: list[int] = []
        stack = [(start, iter(_read(layers[start], places)))] if not state[start] else []
        state[start] = state[start] or 1
        path += [start] if stack else []
        while stack:
            k, rest = stack[-1]
            target = next(rest, None)
            if target is None:
                state[k] = 2
                stack.pop()
                path.pop()
            elif state[target] == 1:
                circle = path[path.index(target) :][::-1]  # in the direction in which values flow
                first = circle.index(min(circle))
                return circle[first:] + circle[:first]
            elif state[target] == 0:
                state[target] = 1
                stack.append((target, iter(_read(layers[target], places))))
                path.append(target)
    return []


def _read(layer: Planned, places: dict[str, int]) -> list[int]:
    return [places[name] for name in layer.reads if name in places]


def _report(net: Network, circle: list[Planned]) -> None:
    """The circle as text, each layer with its line: ``a (line 5) -> b (line 6) -> a``."""
    drawn = []
    for layer in circle:
        line = net.findings.origin.line(layer.site.trail)
        drawn.append(f"{layer.site.name} (line {line})" if line is not None else layer.site.name)
    names = "a layer that reads itself" if len(circle) == 1 else "layers that read each other in a circle"
    message = f"{names}: {' -> '.join([*drawn, circle[0].site.name])}"
    hint = "the values of a network flow one way: let one of them read something else"
    net.findings.add("E320", message, (*circle[0].site.trail, "inputs"), hint)
