"""The arrays of a layer that are drawn in every training step, and those that are kept from step to step."""

from __future__ import annotations

import math

from symbp.graph.model import RandomInfo, StateInfo, Tensor
from symbp.graph.network import Network
from symbp.graph.site import Site
from symbp.graph.wiring import Wiring
from symbp.library.choices import Options
from symbp.library.declaration import Random
from symbp.notation.evaluate import evaluate
from symbp.notation.problems import FormulaErrors
from symbp.notation.scalar import scalar
from symbp.spec.tree import Trail


def bind(net: Network, site: Site, wiring: Wiring, options: Options) -> list[tuple[str, str]]:
    """Makes them known to the network; returns the unit's name and the network's name of each."""
    bound: list[tuple[str, str]] = []
    for drawn in wiring.built.random:
        tensor = _tensor(net, site, wiring, drawn.name, "random")
        info = _random_info(net, site, drawn, tensor, options, wiring)
        net.random += [] if info is None else [info]
        bound.append((drawn.name, tensor.name))
    for kept in wiring.built.states:
        tensor = _tensor(net, site, wiring, kept.name, "state")
        batch = tensor.axes[:1] == wiring.of_value(wiring.built.unit.output)[:1]  # one for each sample: it is carried
        free = next((a.symbol.name for a in tensor.axes[batch:] if a.size is None), "")
        if free:
            message = f"the state `{kept.name}` of {site} has an axis of the size {free}, which each call fixes"
            net.findings.add("E305", message, site.trail, "give the size a number under `sizes:`")
        net.states.append(StateInfo(tensor, kept.start))
        bound.append((kept.name, tensor.name))
    return bound


def _tensor(net: Network, site: Site, wiring: Wiring, local: str, role: str) -> Tensor:
    made = Tensor(f"{local}_{site.code}", wiring.of_value(local), role, f"{site.name}.{local}")
    return net.add_tensor(made, site.trail)


def _random_info(
    net: Network, site: Site, drawn: Random, tensor: Tensor, options: Options, wiring: Wiring
) -> RandomInfo | None:
    """The formulas of a drawn array, which read the keys of the layer, as numbers; None where one is wrong."""
    unit = wiring.built.unit
    kind, type_ = ("layers", site.type) if unit.title == site.type else ("activations", unit.title)
    known = {name: float(str(options(name))) for name in wiring.built.numbers}
    found: dict[str, float] = {}
    for key in ("scale", "shift", "still", "probability"):
        trail: Trail = ("define", kind, type_, "random", drawn.name, key)
        try:
            found[key] = evaluate(scalar(getattr(drawn, key), constants=tuple(known)), known)
        except FormulaErrors as error:
            net.findings.add_formula(error, trail)
            continue
        if not math.isfinite(found[key]) or (key == "probability" and not 0.0 <= found[key] <= 1.0):
            message = f"`{key}` of `{drawn.name}` in {site} is {found[key]:g}"
            net.findings.add("E204", message, site.trail, "a probability is a number from 0 to 1")
    return RandomInfo(tensor, drawn.distribution, **found) if len(found) == 4 else None
