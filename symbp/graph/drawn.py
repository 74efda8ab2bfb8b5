"""The arrays of a layer that are drawn in every training step, and those that are kept from step to step."""

from __future__ import annotations

from symbp.graph.model import RandomInfo, StateInfo, Tensor
from symbp.graph.network import Network
from symbp.graph.wiring import Site, Wiring
from symbp.library.choices import Options
from symbp.library.declaration import Random
from symbp.notation.evaluate import evaluate
from symbp.notation.scalar import scalar


def bind(net: Network, site: Site, wiring: Wiring, options: Options) -> list[tuple[str, str]]:
    """Makes them known to the network; returns the unit's name and the network's name of each."""
    bound: list[tuple[str, str]] = []
    for drawn in wiring.built.random:
        tensor = _tensor(net, site, wiring, drawn.name, "random")
        net.random.append(random_info(drawn, tensor, options, wiring))
        bound.append((drawn.name, tensor.name))
    for kept in wiring.built.states:
        tensor = _tensor(net, site, wiring, kept.name, "state")
        free = next((a.symbol.name for a in tensor.axes if a.size is None), "")
        if free:
            message = f"the state `{kept.name}` of {site} has an axis of the size {free}, which each call fixes"
            net.findings.add("E305", message, site.trail, "give the size a number under `sizes:`")
        net.states.append(StateInfo(tensor, kept.start))
        bound.append((kept.name, tensor.name))
    return bound


def _tensor(net: Network, site: Site, wiring: Wiring, local: str, role: str) -> Tensor:
    made = Tensor(f"{local}_{site.code}", wiring.of_value(local), role, f"{site.name}.{local}")
    return net.add_tensor(made, site.trail)


def random_info(drawn: Random, tensor: Tensor, options: Options, wiring: Wiring) -> RandomInfo:
    """The formulas of a drawn array, which read the keys of the layer, as numbers."""
    known = {name: float(str(options(name))) for name in wiring.built.numbers}
    texts = (drawn.scale, drawn.shift, drawn.still, drawn.probability)
    return RandomInfo(
        tensor, drawn.distribution, *(evaluate(scalar(text, constants=tuple(known)), known) for text in texts)
    )
